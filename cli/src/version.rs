//! `meshglot version`.

use serde_json::json;

use crate::Io;
use crate::args::VersionArgs;
use crate::exit::{Exit, Outcome};
use crate::output::json::API_VERSION;

pub(crate) fn run(args: &VersionArgs, io: &mut Io<'_>) -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    if args.output == "json" {
        let backends: Vec<&str> = meshglot_registry::all().into_iter().map(|backend| backend.name()).collect();
        writeln!(
            io.stdout,
            "{:#}",
            json!({"apiVersion": API_VERSION, "kind": "Version", "client": {"version": version}, "backends": backends})
        )?;
    } else {
        writeln!(io.stdout, "meshglot {version}")?;
    }
    Ok(Exit::Ok)
}
