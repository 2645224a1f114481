//! `meshglot proxy status`: whether each proxy has what it should.

use meshglot_observed::{Proxies, ProxyAnswer, Sync};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{from_file, from_plane};
use crate::Io;
use crate::args::StatusArgs;
use crate::exit::{Exit, Failure, Outcome};

pub(super) fn run(args: &StatusArgs, io: &mut Io<'_>) -> Outcome {
    let mut status = match from_plane(&args.from)? {
        Some(admin) => admin.get("/proxies")?,
        None => read(from_file(&args.from, io)?)?,
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
    let connected = one.since.as_deref().and_then(|since| Some(age(moment(&status.at)? - moment(since)?)));
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

fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

/// As kubectl writes it: `12s`, `3m`, `7h`, `5d`.
fn age(age: time::Duration) -> String {
    let seconds = age.whole_seconds().max(0);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(-5, "0s")]
    #[test_case(119, "119s")]
    #[test_case(120, "2m")]
    #[test_case(7_200, "2h")]
    #[test_case(172_800, "2d")]
    fn ages(seconds: i64, want: &str) {
        assert_eq!(age(time::Duration::seconds(seconds)), want);
    }
}
