//! `meshglot crds`: what a cluster needs to take neutral policy.

use serde_json::Value;

use crate::Io;
use crate::args::CrdsArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::manifests;

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
    manifests::print(&crds, &args.output, io)?;
    Ok(Exit::Ok)
}
