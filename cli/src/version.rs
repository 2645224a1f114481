//! `meshglot version`.

use meshglot_translator::answer::Answer;
use schemars::JsonSchema;
use serde::Serialize;

use crate::Io;
use crate::args::VersionArgs;
use crate::exit::{Exit, Outcome};

/// Which program this is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Version {
    /// This binary.
    pub(crate) client: Client,
    /// The meshes that it renders to, by the words of `--backend`.
    pub(crate) backends: Vec<&'static str>,
}

/// The binary.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Client {
    /// Semantic version.
    pub(crate) version: &'static str,
}

impl Answer for Version {
    const KIND: &'static str = "Version";
}

pub(crate) fn run(args: &VersionArgs, io: &mut Io<'_>) -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    if args.output == "json" {
        let backends = meshglot_registry::all().into_iter().map(|backend| backend.name()).collect();
        io.answer(&Version { client: Client { version }, backends })?;
    } else {
        writeln!(io.stdout, "meshglot {version}")?;
    }
    Ok(Exit::Ok)
}
