//! The live look at a mesh that runs: calls through real proxies of this machine, as each command tells them.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::Ipv4Addr;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use meshglot::schemas;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use super::super::contract::closed;
use super::envoy::{application, envoy};
use super::machine::{REST, addresses, get, workload};
use super::running::{Running, folder, json, meshglot, until};

/// The rule of [`REST`].
const RULE: &str = "TrafficTarget/bank/ledger";

/// A ledger, a teller who may read it, and a batch that may not, each with a proxy.
struct Bank {
    mesh: Running,
    folder: TempDir,
    ledger: Ipv4Addr,
    teller: Ipv4Addr,
    batch: Ipv4Addr,
    /// What the folder says.
    text: String,
}

impl Bank {
    fn open(first: u8, words: &[&str]) -> Self {
        let [ledger, teller, batch] = addresses(first);
        let callers = workload("teller", teller, application("teller")) + &workload("batch", batch, application("batch"));
        let text = workload("ledger", ledger, application("ledger")) + &callers + REST;
        let folder = folder(&[("mesh.yaml", &text)]);
        let mut mesh = Running::mesh(folder.path(), words);
        mesh.hears("in force:");
        until("teller reads its account", || get(teller, "/accounts/1") == Some(200));
        until("batch has a proxy", || get(batch, "/accounts/1") == Some(403));
        let bank = Self { mesh, folder, ledger, teller, batch, text };
        until("all proxies were seen", || {
            let edges = json(&["edges", "--config-dir", ".", "-o", "json"], bank.folder.path());
            let silent = edges.get("silent").map(Value::to_string).unwrap_or_default();
            !silent.contains("no proxy of it") && !silent.contains("does not run")
        });
        bank
    }

    fn edges(&self, words: &[&str]) -> Vec<Value> {
        let answer = json(&[&["edges", "-t", "10m", "--config-dir", ".", "-o", "json"], words].concat(), self.folder.path());
        is_as_its_schema_says(&answer);
        answer["edges"].as_array().expect("a list").clone()
    }

    /// How many calls of one to the ledger its proxy has counted, and by which rule.
    fn counted(&self, source: &str, verdict: &str) -> Option<(u64, Option<String>)> {
        let edges = self.edges(&["--verdict", verdict]);
        let is_it = |edge: &&Value| edge["direction"] == "inbound" && edge["source"]["workload"] == source;
        let edge = edges.iter().find(is_it)?;
        Some((edge["calls"].as_u64()?, edge["policy"].as_str().map(str::to_owned)))
    }
}

fn is_as_its_schema_says(answer: &Value) {
    let kind = answer["kind"].as_str().expect("a kind");
    let (_, schema) = schemas().into_iter().find(|(of, _)| *of == kind).expect("a schema");
    let schema = closed(schema.to_value());
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let wrong: Vec<String> = validator.iter_errors(answer).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(wrong, [""; 0], "{answer:#}");
}

/// What a socket answers.
fn asked(socket: &Path, path: &str) -> Value {
    let mut stream = UnixStream::connect(socket).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

/// A command that goes on, its lines collected. It ends with the test.
struct Looking {
    child: Child,
    lines: Receiver<String>,
    heard: Vec<String>,
}

impl Looking {
    fn begin(inside: &Path, words: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
        command.args(words).args(["--config-dir", "."]).current_dir(inside).env("LC_ALL", "C.UTF-8");
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let (tell, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().expect("a stream"));
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { child, lines, heard: Vec::new() }
    }

    /// Calls again until a line has all of these words.
    fn hears(&mut self, words: &[&str], mut call: impl FnMut() -> Option<u16>) -> String {
        let mut found = None;
        until(&format!("{words:?}"), || {
            let _ = call();
            while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(100)) {
                self.heard.push(line.clone());
                if found.is_none() && words.iter().all(|word| line.contains(word)) {
                    found = Some(line);
                }
            }
            found.is_some()
        });
        found.expect("a line")
    }

    /// Ends it as a user does.
    fn end(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), Signal::INT).expect("it runs");
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn calls_are_told_with_the_rule_that_decided() {
    let bank = Bank::open(41, &["--proxy", "meshglot"]);
    let inside = bank.folder.path();
    // Two who look, and neither takes anything from the other.
    let mut text = Looking::begin(inside, &["tap", "svc/ledger", "-n", "bank"]);
    let mut machine = Looking::begin(inside, &["tap", "--verdict", "denied", "-o", "json"]);
    let line = text.hears(&["allowed", "/accounts/7"], || get(bank.teller, "/accounts/7?a=b"));
    assert!(line.contains("✔ allowed  bank/teller → bank/ledger  GET /accounts/7") && line.contains(&format!("  200  {RULE}#")), "{line}");
    let line = text.hears(&["denied", "bank/batch"], || get(bank.batch, "/accounts/8"));
    assert!(line.contains("✘ denied   bank/batch → bank/ledger  GET /accounts/8  403  default  "), "{line}");
    let line = machine.hears(&["/accounts/8"], || get(bank.batch, "/accounts/8"));
    let call: Value = serde_json::from_str(&line).expect("a document");
    is_as_its_schema_says(&call);
    assert_eq!((&call["verdict"], &call["status"], call.get("policy")), (&"denied".into(), &403.into(), None), "{call:#}");
    assert_eq!(call["source"]["workload"], "bank/batch");
    assert_eq!((&call["destination"]["workload"], &call["destination"]["service"]), (&"bank/ledger".into(), &"bank/ledger".into()));
    // What was allowed was not asked for there, and what the callers' proxies told besides was not shown twice.
    machine.hears(&["/accounts/9"], || {
        let _ = get(bank.teller, "/accounts/9");
        get(bank.batch, "/accounts/9")
    });
    assert!(
        machine.heard.iter().all(|line| line.contains("\"verdict\":\"denied\"") && line.contains("\"inbound\"")),
        "{:?}",
        machine.heard
    );
    assert_eq!((text.end(), machine.end()), (Some(0), Some(0)));

    // Where the mesh is, a variable can say as well, and a flag says it better.
    let exit = |words: &[&str], variable: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
        command.arg("edges").args(words).env("MESHGLOT_CONFIG_DIR", variable).current_dir(inside).stdin(Stdio::null());
        command.env_remove("KUBECONFIG").env("HOME", inside);
        command.output().expect("it runs").status.code()
    };
    let socket = ["--admin", ".meshglot/admin.sock"];
    assert_eq!([exit(&[], "."), exit(&socket, "nowhere"), exit(&["--config-dir", "."], "nowhere")], [Some(0); 3]);
    // Where nothing says it, there is a cluster to ask, and here is none.
    assert_eq!([exit(&[], "nowhere"), exit(&[], "")], [Some(4), Some(4)]);

    // What comes to an end by itself.
    let counted = meshglot(&["tap", "--config-dir", ".", "--for", "300ms"], inside);
    assert_eq!(counted.status.code(), Some(0));
    assert_eq!(bank.mesh.end(), 0);
}

#[test]
fn calls_are_counted_by_who_and_why() {
    let bank = Bank::open(51, &["--proxy", "meshglot"]);
    let inside = bank.folder.path();
    let before = |verdict: &str, source: &str| bank.counted(source, verdict).map_or(0, |(calls, _)| calls);
    // What was called until all was there is counted, too.
    until("all is counted", || before("allowed", "bank/teller") > 0 && before("denied", "bank/batch") > 0);
    std::thread::sleep(Duration::from_millis(1500));
    let (allowed, denied) = (before("allowed", "bank/teller"), before("denied", "bank/batch"));
    // Calls that came before all was there have failed, and that is told as well.
    let stat = || {
        let stat = json(&["stat", "bank/ledger", "-t", "10m", "--config-dir", ".", "-o", "json"], inside);
        is_as_its_schema_says(&stat);
        assert_eq!(stat["rows"].as_array().map(Vec::len), Some(1), "what never arrived is the ledger's, too: {stat:#}");
        stat["rows"][0].clone()
    };
    let numbers = |row: &Value| ["calls", "denied", "failed"].map(|name| row[name].as_u64().expect("a number"));
    let [calls_before, denied_before, failed] = numbers(&stat());
    for _ in 0..5 {
        assert_eq!(get(bank.teller, "/accounts/1"), Some(200));
    }
    for _ in 0..3 {
        assert_eq!(get(bank.batch, "/accounts/1"), Some(403));
    }
    until("those that came are counted", || {
        let (teller, batch) = (bank.counted("bank/teller", "allowed"), bank.counted("bank/batch", "denied"));
        let rule = teller.as_ref().and_then(|(_, policy)| policy.as_deref()).is_some_and(|policy| policy.starts_with(RULE));
        rule && teller.is_some_and(|(calls, _)| calls == allowed + 5) && batch == Some((denied + 3, None))
    });
    let table = meshglot(&["edges", "bank/batch", "-t", "10m", "--config-dir", "."], inside);
    let table = String::from_utf8(table.stdout).expect("a text");
    let words: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(words[0], ["FROM", "TO", "VERDICT", "POLICY", "CALLS", "RPS", "OK%", "P50", "P99"]);
    let calls = (denied + 3).to_string();
    let known = words.iter().any(|words| words[..5] == ["bank/batch", "bank/ledger", "denied", "default", &calls]);
    assert!(known && !table.contains("allowed"), "what the caller saw is not told again: {table}");

    let row = stat();
    assert_eq!(numbers(&row), [calls_before + 8, denied_before + 3, failed], "{row:#}");
    let passed = calls_before - denied_before + 5;
    let success = (passed - failed) as f64 / passed as f64 * 100.0;
    assert!(row["successPercent"].as_f64().is_some_and(|percent| (percent - success).abs() < 0.01), "{success}: {row:#}");
    assert!(row["latency"]["p50Ms"].as_f64().is_some_and(|millis| millis >= 1.0), "{row:#}");

    let mut top = Looking::begin(inside, &["top", "svc/ledger", "--for", "3s"]);
    let line = top.hears(&["/accounts/top"], || get(bank.teller, "/accounts/top?a=1"));
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[..4], ["bank/teller", "bank/ledger", "GET", "/accounts/top"], "{line}");
    assert_eq!(words.last(), Some(&"100%"), "{line}");
    assert!(words[4].parse::<u64>().is_ok_and(|count| count > 1), "{line}");

    // What has happened until now is told on the socket.
    let events = asked(&inside.join(".meshglot/admin.sock"), "/events");
    is_as_its_schema_says(&events);
    let has = |kind: &str, about: Option<&str>| {
        events["events"]
            .as_array()
            .expect("a list")
            .iter()
            .any(|one| one["kind"] == kind && one.get("about").and_then(Value::as_str) == about)
    };
    assert!(has("inForce", None) && has("started", Some("bank/ledger")), "{events:#}");
    assert_eq!(bank.mesh.end(), 0);
}

#[test]
fn a_proxy_that_comes_back_is_heard_and_counted_on() {
    let mut bank = Bank::open(61, &["--proxy", "meshglot"]);
    let inside = bank.folder.path().to_owned();
    let mut tap = Looking::begin(&inside, &["tap", "--to", "bank/ledger", "--direction", "in"]);
    tap.hears(&["/accounts/before"], || get(bank.teller, "/accounts/before"));
    until("it is counted", || bank.counted("bank/teller", "allowed").is_some());
    std::thread::sleep(Duration::from_millis(1500));
    let (before, _) = bank.counted("bank/teller", "allowed").expect("an edge");
    // A Workload that goes away takes its proxy with it, and gets another when it is there again.
    let elsewhere = bank.text.replace(&format!("address: {}", bank.ledger), "address: 192.0.2.99");
    fs::write(inside.join("mesh.yaml"), elsewhere).expect("a file");
    bank.mesh.hears("(revision 2)");
    until("it is told that the proxy is away", || {
        let answer = json(&["edges", "--config-dir", ".", "-o", "json"], &inside);
        answer["silent"].to_string().contains("bank/ledger: its proxy does not run")
    });
    fs::write(inside.join("mesh.yaml"), &bank.text).expect("a file");
    bank.mesh.hears("bank/ledger: meshglot runs");
    let teller = bank.teller;
    tap.hears(&["/accounts/after", "allowed"], || get(teller, "/accounts/after"));
    until("what both have counted is one", || bank.counted("bank/teller", "allowed").is_some_and(|(calls, _)| calls > before));
    assert_eq!(tap.end(), Some(0));
    assert_eq!(bank.mesh.end(), 0);
}

#[test]
fn who_reads_no_more_ends_it_quietly() {
    let bank = Bank::open(71, &["--proxy", "meshglot"]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
    command.args(["tap", "-o", "json", "--config-dir", "."]).current_dir(bank.folder.path());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut stdout = child.stdout.take().expect("a stream");
    // As `head -c 1` does.
    let calling = std::sync::atomic::AtomicBool::new(true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while calling.load(std::sync::atomic::Ordering::Relaxed) {
                let _ = get(bank.teller, "/accounts/1");
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        let mut first = [0];
        stdout.read_exact(&mut first).expect("a line begins, though nothing more has to come");
        drop(stdout);
        until("it ends", || child.try_wait().expect("a process").is_some());
        calling.store(false, std::sync::atomic::Ordering::Relaxed);
    });
    let output = child.wait_with_output().expect("it ended");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    assert_eq!(bank.mesh.end(), 0);
}

#[test]
fn the_calls_of_an_envoy_are_told_by_its_log() {
    let Some(envoy) = envoy() else { return };
    let bank = Bank::open(81, &["--proxy", "envoy", "--envoy", &envoy.display().to_string()]);
    let mut tap = Looking::begin(bank.folder.path(), &["tap", "svc/ledger"]);
    let line = tap.hears(&["allowed", "/accounts/7"], || get(bank.teller, "/accounts/7"));
    assert!(line.contains("bank/teller → bank/ledger  GET /accounts/7") && line.contains(&format!("  200  {RULE}#")), "{line}");
    let line = tap.hears(&["denied", "bank/batch"], || get(bank.batch, "/accounts/8"));
    assert!(line.contains("GET /accounts/8  403  default  "), "{line}");
    assert_eq!(tap.end(), Some(0));
    let table = meshglot(&["edges", "--config-dir", "."], bank.folder.path());
    let told = String::from_utf8(table.stderr).expect("a text");
    assert!(told.contains("bank/ledger: an Envoy, whose calls are told (tap) and not counted"), "{told}");
    assert_eq!(bank.mesh.end(), 0);
}
