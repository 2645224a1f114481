//! Recorded verdicts: what real meshes did with real requests. Our reading of each mesh's objects must come to
//! the same, row by row; `verdicts/README.md` says how the rows were made.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use meshglot_translator::eval::{Call, Caller, Decision, Evaluate, Inventory, Outcome, Request};
use meshglot_translator::ir::{PodSet, ServiceKey};
use meshglot_translator::parse::{Source, parse};
use meshglot_translator::render::Backend;
use meshglot_translator::resolve::{Model, ReadOptions};
use serde_json::Value;

fn main() -> ExitCode {
    std::env::set_current_dir(env!("CARGO_MANIFEST_DIR")).expect("the crate's own folder");
    let trials = meshglot_registry::all()
        .into_iter()
        .flat_map(|backend| cases(backend.name()).into_iter().map(move |case| trial(backend, case)))
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The folders of a backend; the built-in mesh was not recorded.
fn cases(backend: &str) -> Vec<String> {
    let entries = fs::read_dir(format!("verdicts/{backend}")).into_iter().flatten().flatten();
    let mut cases: Vec<String> = entries.map(|entry| format!("{backend}/{}", entry.file_name().to_string_lossy())).collect();
    cases.sort();
    cases
}

fn trial(backend: &'static dyn Backend, case: String) -> Trial {
    Trial::test(format!("verdict/{case}"), move || {
        let folder = Path::new("verdicts").join(&case);
        let values = |name: &str| values(&folder.join(name));
        let inventory = inventory(&folder.join("inventory.yaml"));
        let defaults = values("defaults.yaml").into_iter().next().unwrap_or_default();
        let rows = values("verdicts.yaml").into_iter().next().unwrap_or_default();
        let reader = backend.reader(values("rendered.yaml"), inventory.clone(), &defaults);
        let rows = rows.as_array().cloned().unwrap_or_default();
        assert!(!rows.is_empty(), "{case} has rows");
        let wrong: Vec<String> = rows.iter().filter_map(|row| check(&*reader, &inventory, row).err()).collect();
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(Failed::from(format!("{} of {} rows differ:\n{}", wrong.len(), rows.len(), wrong.join("\n")))),
        }
    })
}

fn values(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (documents, diagnostics) = parse(&[Source::new(path.display().to_string(), text)]);
    assert!(diagnostics.is_empty(), "{}: {diagnostics:?}", path.display());
    documents.iter().map(|document| document.root().to_json()).collect()
}

fn inventory(path: &Path) -> Inventory {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (documents, _) = parse(&[Source::new(path.display().to_string(), text)]);
    Inventory::of(&Model::new(documents, ReadOptions::default()))
}

fn check(reader: &dyn Evaluate, inventory: &Inventory, row: &Value) -> Result<(), String> {
    let request = request(inventory, row);
    let decision = reader.evaluate(&request);
    let seen = &row["seen"];
    let wrong = |what: String| Err(format!("- {row}\n  {what}; rule {:?}", decision.rule));
    if decision.verdict.to_string() != seen["verdict"].as_str().unwrap_or_default() {
        return wrong(format!("read as {} {:?}", decision.verdict, decision.shares));
    }
    match &seen["by"] {
        Value::String(workload) if share(&decision, workload) < 1.0 => wrong(format!("{workload} gets not all, of {:?}", decision.shares)),
        Value::String(_) => Ok(()),
        Value::Object(by) => {
            let shares = by["shares"].as_object().ok_or("shares")?;
            let outside = shares.iter().find(|(who, seen)| {
                let got = share(&decision, who);
                got < seen["low"].as_f64().unwrap_or(1.0) || got > seen["high"].as_f64().unwrap_or(0.0)
            });
            let sum: f64 = shares.keys().map(|who| share(&decision, who)).sum();
            match outside {
                Some((who, seen)) => wrong(format!("{who} gets {}, seen {seen}", share(&decision, who))),
                None if (sum - 1.0).abs() > 1e-9 => wrong(format!("somebody else gets a share: {:?}", decision.shares)),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// The share of `NAMESPACE/WORKLOAD`, or of a way to end.
fn share(decision: &Decision, who: &str) -> f64 {
    let is = |outcome: &Outcome| match outcome {
        Outcome::Workload(key) => format!("{}/{}", key.namespace, key.name) == who,
        Outcome::Service(key) => key.to_string() == who,
        Outcome::Ended(verdict) => verdict.to_string() == who,
    };
    decision.shares.iter().filter(|(outcome, _)| is(outcome)).map(|(_, share)| share.value()).sum()
}

fn request(inventory: &Inventory, row: &Value) -> Request {
    let from = row["from"].as_str().expect("from");
    let is_caller = |workload: &&Arc<PodSet>| format!("{}/{}", workload.key.namespace, workload.key.name) == from;
    let caller = inventory.workloads().iter().find(is_caller).unwrap_or_else(|| panic!("workload {from}"));
    let url = row["request"]["url"].as_str().expect("url");
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    let (host, port) = authority.rsplit_once(':').expect("a port");
    let (service, namespace) = host.split_once('.').expect("SERVICE.NAMESPACE");
    let call = match scheme {
        "tcp" => Call::Tcp,
        _ => {
            let method = row["request"]["method"].as_str().expect("method").to_owned();
            Call::Http {
                headers: headers(row, authority, &method),
                target: if target.is_empty() { "/".into() } else { target.into() },
                method,
            }
        }
    };
    Request {
        caller: Caller {
            namespace: caller.key.namespace.clone(),
            service_account: caller.service_account.clone(),
            workload: Some(caller.key.clone()),
            meshed: is_meshed(caller),
        },
        service: ServiceKey { namespace: namespace.into(), name: service.into() },
        port: port.parse().expect("a port number"),
        call,
    }
}

fn headers(row: &Value, authority: &str, method: &str) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for (name, value) in row["request"]["headers"].as_object().into_iter().flatten() {
        let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        headers.extend(values.iter().map(|value| (name.clone(), value.as_str().unwrap_or_default().to_owned())));
    }
    let mut or = |name: &str, value: &str| {
        if !headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name)) {
            headers.push((name.to_owned(), value.to_owned()));
        }
    };
    or("host", authority);
    or("user-agent", "verdict-probe");
    if matches!(method, "POST" | "PUT" | "PATCH") {
        or("content-length", "0");
    }
    headers
}

/// A pod says itself that it has no proxy.
fn is_meshed(workload: &PodSet) -> bool {
    let says = |name: &str, value: &str| {
        let label = workload.labels.get(name).or_else(|| workload.annotations.get(name));
        label.is_some_and(|said| said == value)
    };
    !says("sidecar.istio.io/inject", "false") && !says("linkerd.io/inject", "disabled")
}
