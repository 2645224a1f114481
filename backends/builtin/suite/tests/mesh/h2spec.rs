//! What h2spec says of HTTP/2 as proxies speak it: RFC 7540 and RFC 7541, case by case.

use std::process::Stdio;

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Mesh, peer};

use super::scenario::{Shared, trial};

/// Its name among peers.
const PEER: &str = "h2spec";

/// Cases that fail, by section and title. Above each stands why that is as it should be.
const KNOWN: [&str; 1] = [
    // It is no HTTP/2: who does not begin with the preface is answered in HTTP/1.1, of which h2spec reads no frame.
    "http2/3.5: Sends invalid connection preface",
];

/// Why it cannot be asked.
pub(crate) fn missing() -> Option<&'static str> {
    peer(PEER).is_none().then_some("h2spec is not installed: run hack/peers/install")
}

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    // Envoy ends connections a second late, so that most of the cases fail; what it does is for its own project to say.
    if mesh.data_plane().name() != "meshglot" {
        return Vec::new();
    }
    vec![trial("h2spec/every case", mesh, every_case).with_ignored_flag(missing().is_some())]
}

fn every_case(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    let program = peer(PEER).ok_or("it is gone")?;
    let report = tempfile::NamedTempFile::new()?;
    let server = mesh.caller_of_instance("legacy", "api", 8080).called().0;
    let mut command = mesh.command("legacy", &program);
    command.args(["-h", &server.ip().to_string(), "-p", &server.port().to_string(), "-o", "1", "-j"]).arg(report.path());
    let output = command.stdin(Stdio::null()).output()?;
    let text = std::fs::read_to_string(report.path())?;
    let cases: Vec<Case> = text.split("<testcase ").skip(1).map(Case::read).collect();
    if cases.len() < 140 {
        return Err(format!("{} cases: {}", cases.len(), String::from_utf8_lossy(&output.stdout)).into());
    }
    let new = cases.iter().filter(|case| case.failed && !KNOWN.contains(&case.name.as_str())).map(|case| format!("fails: {}", case.name));
    let passes = |name: &&&str| cases.iter().any(|case| !case.failed && case.name == ***name);
    let old = KNOWN.iter().filter(passes).map(|name| format!("passes, and is said to fail: {name}"));
    let wrong: Vec<String> = new.chain(old).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// One of its report.
struct Case {
    name: String,
    failed: bool,
}

impl Case {
    fn read(text: &str) -> Self {
        let value =
            |name: &str| text.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split_once('"')).map_or("", |(value, _)| value);
        let name = format!("{}: {}", value("package"), value("classname"));
        let own = text.split_once("</testcase>").map_or(text, |(own, _)| own);
        Self { name, failed: own.contains("<failure") || own.contains("<error") }
    }
}
