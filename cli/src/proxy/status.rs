//! `meshglot proxy status`: whether each proxy has what it should.

use meshglot_observed::{Proxies, ProxyAnswer, Sync};
use serde_json::Value;

use super::{from_file, from_plane};
use crate::Io;
use crate::age::age;
use crate::args::StatusArgs;
use crate::exit::{Exit, Failure, Outcome};

pub(super) fn run(args: &StatusArgs, io: &mut Io<'_>) -> Outcome {
    let mut status = match from_plane(&args.mesh)? {
        Some(admin) => admin.get("/proxies")?,
        None => read(from_file(&args.mesh.from, io)?)?,
    };
    if let Some(workload) = &args.workload {
        let names: Vec<String> = status.proxies.iter().map(|one| one.workload.clone()).collect();
        status.proxies.retain(|one| one.workload == *workload);
        if status.proxies.is_empty() {
            let failure = Failure::new(Exit::Invalid, format!("no workload `{workload}` has a proxy"));
            return Err(failure.did_you_mean(workload, names.iter().map(String::as_str)));
        }
    }
    match args.output.as_str() {
        "json" => io.answer(&status)?,
        "yaml" => io.answer_yaml(&status)?,
        output => table(&status, output == "wide", io)?,
    }
    let behind = status.proxies.iter().any(|one| matches!(one.sync, Sync::Stale | Sync::Refused));
    Ok(if behind { Exit::No } else { Exit::Ok })
}

fn read(json: Value) -> Result<Proxies, Failure> {
    let wrong = |error| Failure::new(Exit::Invalid, format!("this is not what `meshglot proxy status -o json` printed: {error}"));
    serde_json::from_value(json).map_err(wrong)
}

fn table(status: &Proxies, wide: bool, io: &mut Io<'_>) -> std::io::Result<()> {
    let head = ["WORKLOAD", "INSTANCE", "SYNC", "REVISION", "CONNECTED", "RESOURCES"];
    let head = head.into_iter().chain(wide.then_some(["IDENTITY", "SOFTWARE"]).into_iter().flatten());
    let mut rows = vec![head.map(str::to_owned).collect::<Vec<_>>()];
    rows.extend(status.proxies.iter().map(|one| row(one, status, wide)));
    io.columns(&rows)?;
    for one in &status.proxies {
        for refused in &one.refused {
            writeln!(io.stdout, "\n{} refuses {} {}: {}", one.workload, refused.kind, refused.name, refused.why)?;
        }
    }
    Ok(())
}

fn row(one: &ProxyAnswer, status: &Proxies, wide: bool) -> Vec<String> {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let word = match one.sync {
        Sync::Synced => "SYNCED",
        Sync::Stale => "STALE",
        Sync::Refused => "REFUSED",
        Sync::Absent => "ABSENT",
    };
    let revision = one.revision.map(|revision| format!("{revision}/{}", status.revision));
    let connected = one.since.as_deref().and_then(|since| age(since, &status.at));
    let resources: Vec<String> = one.resources.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let resources = Some(resources.join(" ")).filter(|text| !text.is_empty());
    let mut row = vec![
        one.workload.clone(),
        or_dash(one.instance.clone()),
        word.to_owned(),
        or_dash(revision),
        or_dash(connected),
        or_dash(resources),
    ];
    if wide {
        row.extend([or_dash(one.identity.clone()), or_dash(one.software.clone())]);
    }
    row
}
