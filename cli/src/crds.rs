//! `meshglot crds`: what a cluster needs to take neutral policy.

use meshglot_translator::render::write::yaml_stream;
use serde_json::{Value, json};

use crate::Io;
use crate::args::CrdsArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::unwritable;

pub(crate) fn run(args: &CrdsArgs, io: &mut Io<'_>) -> Outcome {
    let mut kinds = Vec::new();
    for name in &args.kinds {
        let Some(kind) = meshglot_crds::find(name) else {
            let known: Vec<&str> = meshglot_crds::all().iter().map(|kind| kind.kind).collect();
            return Err(Failure::new(Exit::Invalid, format!("there is no kind `{name}`")).help(format!("one of {}", known.join(", "))));
        };
        kinds.push(kind);
    }
    if kinds.is_empty() {
        kinds.extend(meshglot_crds::all());
    }
    let crds: Vec<Value> = kinds.into_iter().map(|kind| kind.crd()).collect();
    if args.output == "json" {
        writeln!(io.stdout, "{:#}", json!({"apiVersion": "v1", "kind": "List", "items": crds}))?;
    } else {
        write!(io.stdout, "{}", yaml_stream(&crds).map_err(unwritable)?)?;
    }
    Ok(Exit::Ok)
}
