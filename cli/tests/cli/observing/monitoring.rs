//! The alerts, rules and the dashboard of `config/monitoring` against what a controller tells, by Prometheus' own programs.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use meshglot_apiserver::{ApiServer, crds, installed, peer};
use serde_json::{Value, json};

use super::cluster::{applied, edited};
use super::{Controller, ask, until};

/// A program that ends with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/monitoring")
}

fn read(name: &str) -> String {
    fs::read_to_string(folder().join(name)).expect("it is there")
}

/// What a panel asks, with its variables filled in as Grafana does.
fn asked() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&read("dashboard.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let filled = |text: &str| text.replace("$job", ".*").replace("$namespace", ".*").replace("$__rate_interval", "4m");
    targets.map(|target| filled(target["expr"].as_str().expect("a question"))).collect()
}

/// Names of our metrics in a text, recorded ones apart.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric() && !"_:".contains(character));
    words.filter(|word| word.starts_with("meshglot_") || word.starts_with("process_")).map(str::to_owned).collect()
}

/// Whether promtool is content, and what it says.
fn promtool(program: &Path, words: &[&str], file: &Path) -> (bool, String) {
    let output = Command::new(program).args(words).arg(file).output().expect("it runs");
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn rules_and_questions_are_as_prometheus_wants_them() {
    let Some(program) = peer("promtool") else { return };
    let (is_good, told) = promtool(&program, &["check", "rules", "--lint=all", "--lint-fatal"], &folder().join("rules.yaml"));
    assert!(is_good, "{told}");
    let (is_good, told) = promtool(&program, &["test", "rules"], &folder().join("rules.test.yaml"));
    assert!(is_good, "{told}");
    // Each question of the dashboard as a rule: that reads it.
    let rule = |(at, expr): (usize, String)| json!({"record": format!("dashboard:question:{at}"), "expr": expr});
    let rules: Vec<Value> = asked().into_iter().enumerate().map(rule).collect();
    assert!(rules.len() > 20);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("questions.yaml");
    fs::write(&file, json!({"groups": [{"name": "questions", "rules": rules}]}).to_string()).expect("written");
    let (is_good, told) = promtool(&program, &["check", "rules"], &file);
    assert!(is_good, "{told}");
}

#[test]
fn an_alert_that_comes_too_late_is_found() {
    let Some(program) = peer("promtool") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("rules.test.yaml"), read("rules.test.yaml")).expect("written");
    for (from, to) in
        [("== 0\n    for: 2m", "== 0\n    for: 20m"), ("reason!~\"InForce|Untold\"", "reason!~\"InForce\""), ("> 1\n", "> 2\n")]
    {
        let rules = read("rules.yaml");
        assert!(rules.contains(from), "{from}");
        fs::write(folder.path().join("rules.yaml"), rules.replacen(from, to, 1)).expect("written");
        let (is_good, told) = promtool(&program, &["test", "rules"], &folder.path().join("rules.test.yaml"));
        assert!(!is_good, "{to} is no mistake to it: {told}");
    }
}

/// A Prometheus with our rules that reads one address every second.
fn prometheus(program: &Path, folder: &Path, target: &str) -> (Running, std::net::SocketAddr) {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let config = json!({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [self::folder().join("rules.yaml").canonicalize().expect("it is there")],
        "scrape_configs": [{"job_name": "meshglot", "static_configs": [{"targets": [target], "labels": {"namespace": "mesh"}}]}],
    });
    fs::write(folder.join("prometheus.yml"), config.to_string()).expect("written");
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).arg(program).arg(format!("--config.file={}", folder.join("prometheus.yml").display()));
    command.arg(format!("--storage.tsdb.path={}", folder.join("data").display())).arg(format!("--web.listen-address={free}"));
    let child = command.current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let running = Running(child);
    until("Prometheus is ready", || std::net::TcpStream::connect(free).is_ok() && ask(free, "localhost", "GET", "/-/ready", "").0 == 200);
    (running, free)
}

/// The answer to a question, or why there is none.
fn query(prometheus: std::net::SocketAddr, question: &str) -> Result<Vec<Value>, String> {
    let escaped: String = question.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let (code, body) = ask(prometheus, "localhost", "GET", &format!("/api/v1/query?query={escaped}"), "");
    let answer: Value = serde_json::from_str(&body).map_err(|error| format!("{code}: {error}: {body}"))?;
    answer["data"]["result"].as_array().cloned().ok_or_else(|| answer.to_string())
}

#[test]
fn everything_that_is_asked_for_is_told() {
    if !installed() || crds().is_none() {
        return;
    }
    let Some(program) = peer("prometheus") else { return };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = runtime.block_on(ApiServer::start()).expect("a server");
    runtime.block_on(applied(&server));
    let kubeconfig = server.kubeconfig(server.admin()).expect("written");
    let controller = Controller::start(&kubeconfig, &[]);
    let scraped = || controller.ask("GET", "/metrics", "").1;
    until("the split is in force", || scraped().contains("meshglot_policy_objects{kind=\"TrafficSplit\",reason=\"InForce\"} 1\n"));
    until("it is told what is lost", || scraped().contains("meshglot_losses{backend=\"istio\",code=\"MG1101\"} 1\n"));

    let text = scraped();
    let told: BTreeSet<&str> = text.lines().filter_map(|line| line.split(['{', ' ']).next()).collect();
    let mut named = names(&read("rules.yaml"));
    named.extend(asked().iter().flat_map(|question| names(question)));
    let unknown: Vec<&String> = named.iter().filter(|name| !told.contains(name.as_str())).collect();
    assert!(unknown.is_empty() && named.len() >= 15, "nobody tells {unknown:?}");

    // The page names each of them, and no other but those of the webhook, which this one has not.
    let page = fs::read_to_string(folder().join("../../docs/controller.md")).expect("the page");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `meshglot_")?.split('`').next());
    let rows = rows.filter(|name| !name.starts_with("admission_") && !name.starts_with("webhook_"));
    let documented: BTreeSet<String> = rows.map(|name| format!("meshglot_{name}")).collect();
    let families = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    assert_eq!(documented, families.filter(|name| name.starts_with("meshglot_")).map(str::to_owned).collect());

    let folder = tempfile::tempdir().expect("a folder");
    let (_prometheus, address) = prometheus(&program, folder.path(), &controller.address.to_string());
    until("it has read twice", || query(address, "count_over_time(meshglot_leader[1m]) > 2").is_ok_and(|found| !found.is_empty()));
    runtime.block_on(edited(&server));
    // Rates need two readings, and quantiles something that happened between them.
    let is_counted = |text: &str| text.contains("meshglot_reconcile_seconds_count{stage=\"applied\"} 1\n");
    until("the edit is applied", || is_counted(&scraped()));
    std::thread::sleep(Duration::from_secs(3));
    for question in asked() {
        let found = query(address, &question).unwrap_or_else(|why| panic!("{question}: {why}"));
        let may_be_empty = question.contains("> 0") && question.contains("meshglot_watch_restarts_total");
        assert!(!found.is_empty() || may_be_empty, "nothing is known of {question}");
    }
    let firing = query(address, "ALERTS{alertstate=\"firing\"}").expect("an answer");
    assert!(firing.is_empty(), "{firing:?}");
    let rules: Value = serde_json::from_str(&ask(address, "localhost", "GET", "/api/v1/rules", "").1).expect("JSON");
    let all = rules["data"]["groups"].as_array().expect("groups").iter().flat_map(|group| group["rules"].as_array().expect("rules"));
    let ill: Vec<&Value> = all.filter(|rule| rule["health"] == "err").collect();
    assert!(ill.is_empty(), "{ill:?}");
}
