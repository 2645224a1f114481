//! The dashboard as a process: what it prints, how it follows files, how it ends.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use meshglot::page_schemas;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::GOOD;
use super::contract::closed;

/// A dashboard; it is ended when the test does, however that is.
struct Dashboard {
    child: Child,
    /// `127.0.0.1:PORT`.
    authority: String,
    /// With the token.
    path: String,
    stderr: BufReader<ChildStderr>,
}

impl Dashboard {
    fn start(words: &[&str], folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
        command.arg("dashboard").args(words).args(["-f", "."]).current_dir(folder);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a stream")).read_line(&mut line).expect("a line");
        let rest = line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("an address: {line}"));
        let (authority, path) = rest.split_once('/').expect("a path");
        let stderr = BufReader::new(child.stderr.take().expect("a stream"));
        Self { authority: authority.to_owned(), path: format!("/{path}"), child, stderr }
    }

    /// Status line, headers and body.
    fn get(&self, path: &str, cookie: &str) -> String {
        let mut stream = TcpStream::connect(&self.authority).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n", self.authority)
            .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    fn data(&self, path: &str) -> Value {
        let answer = self.get(path, "");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{path}: {error}: {answer}"))
    }

    fn log_in(&self) -> String {
        let answer = self.get(&self.path, "");
        assert!(answer.starts_with("HTTP/1.1 303 "), "{answer}");
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
        cookie.split(';').next().expect("a value").to_owned()
    }

    fn told(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).expect("a line");
        line
    }

    fn end(mut self) -> i32 {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it runs");
        self.child.wait().expect("it ends").code().expect("no signal ended it")
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("policy.yaml"), text).expect("a file");
    folder
}

#[test]
fn an_address_opens_once_and_the_next_one_is_told() {
    let folder = folder(GOOD);
    let mut dashboard = Dashboard::start(&["--base-path", "mesh"], folder.path());
    assert!(dashboard.path.starts_with("/mesh/session?token="), "{}", dashboard.path);
    assert!(dashboard.get("/mesh/index.json", "").starts_with("HTTP/1.1 401 "));
    let cookie = dashboard.log_in();
    assert!(dashboard.get("/mesh/index.json", &cookie).contains("\"kind\": \"Overview\""));
    assert!(dashboard.get(&dashboard.path, "").starts_with("HTTP/1.1 401 "));
    let told = dashboard.told();
    assert!(told.starts_with("opened; in another browser: http://127.0.0.1:") && !told.contains(&dashboard.path), "{told}");
    assert_eq!(dashboard.end(), 0);
}

#[test]
fn an_edit_shows_and_what_cannot_be_read_keeps_the_state_before() {
    let folder = folder(GOOD);
    let mut dashboard = Dashboard::start(&["--no-token"], folder.path());
    let wait = |dashboard: &Dashboard, part: &str| {
        let end = Instant::now() + Duration::from_secs(30);
        while !dashboard.get("/index.json", "").contains(part) {
            assert!(Instant::now() < end, "{part} never came");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    wait(&dashboard, "\"errors\": 0");
    std::fs::write(folder.path().join("policy.yaml"), GOOD.replace("weight: 90", "weight: -1")).expect("a file");
    wait(&dashboard, "\"errors\": 1");
    assert_eq!(dashboard.told(), "read again: 1 file, 1 mistake\n");

    // A link to itself can be read by nobody.
    let path = folder.path().join("loop.yaml");
    std::os::unix::fs::symlink("loop.yaml", &path).expect("a link");
    let told = dashboard.told();
    assert!(told.starts_with("warning: ") && told.ends_with(": the state before stays\n"), "{told}");
    assert!(dashboard.get("/services", "").contains("Not the newest state."));
    std::fs::remove_file(&path).expect("a link");
    assert!(dashboard.told().starts_with("read again: "));
    assert!(!dashboard.get("/services", "").contains("Not the newest state."));
    assert_eq!(dashboard.end(), 0);
}

#[test]
fn a_port_that_is_taken_is_a_conflict_and_a_missing_file_is_invalid() {
    let folder = folder(GOOD);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
        let output = command.arg("dashboard").args(words).current_dir(folder.path()).output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("a text"))
    };
    let (code, told) = run(&["-f", ".", "--port", &port]);
    assert!(code == Some(6) && told.contains("--port 0"), "{code:?} {told}");
    let (code, told) = run(&["-f", "polcy.yaml"]);
    assert!(code == Some(3) && told.contains("did you mean policy.yaml?"), "{code:?} {told}");
}

#[test]
fn every_page_of_data_is_as_its_schema_says() {
    let folder = folder(GOOD);
    // More callers by ports than a file of the matrix has cells.
    let ports: Vec<String> = (1..=600).map(|port| format!("{{name: p{port}, port: {port}}}")).collect();
    let ports = ports.join(", ");
    let service = format!("apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: many}}\nspec: {{ports: [{ports}]}}\n");
    let workload = |n: usize| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d-{n}, namespace: many}}\n\
             spec: {{selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, spec: {{containers: []}}}}}}\n"
        )
    };
    let many = (0..420).map(workload).fold(service, |text, one| text + &one);
    std::fs::write(folder.path().join("many.yaml"), many).expect("a file");
    let dashboard = Dashboard::start(&["--no-token"], folder.path());
    let overview = dashboard.data("/index.json");
    let policies = dashboard.data("/policies.json");
    let split = policies["policies"].as_array().and_then(|all| all.iter().find(|one| one["kind"] == "TrafficSplit")).expect("a split");
    let policy = |form: &str| format!("/policies/trafficsplit/{}/{}{form}", text(&split["namespace"]), text(&split["name"]));
    let mut documents = vec![overview, policies.clone()];
    let paths = ["/about", "/keys", "/access", "/services", "/ns/many/services/web", "/topology", "/playground", "/nowhere"];
    documents.extend(paths.iter().map(|path| dashboard.data(&format!("{path}.json"))));
    documents.push(dashboard.data("/switch.json?to=linkerd"));
    documents.extend([policy(".json"), policy(".json?tab=effect")].iter().map(|path| dashboard.data(path)));
    let mut seen = BTreeSet::new();
    for document in documents {
        let kind = text(&document["kind"]);
        let (_, schema) = page_schemas().into_iter().find(|(of, _)| *of == kind).unwrap_or_else(|| panic!("{kind} has a schema"));
        let schema = closed(schema.to_value());
        let validator = jsonschema::draft202012::new(&schema).expect("a schema");
        let wrong: Vec<String> = validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(wrong, [""; 0], "{kind}");
        seen.insert(kind.to_owned());
    }
    // Nothing runs by these files: calls are held to their schema where a mesh is scripted, in `web/tests/pages/live.rs`.
    let of_a_mesh = ["LiveCalls"];
    let kinds = page_schemas().into_iter().map(|(kind, _)| kind).filter(|kind| !of_a_mesh.contains(kind));
    assert_eq!(seen, kinds.map(str::to_owned).collect());
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// What a page gives as the same on the command line.
fn command(page: &str) -> String {
    let line = page.split("<code id=\"command\">").nth(1).and_then(|rest| rest.split("</code>").next()).expect("a command");
    [("&#39;", "'"), ("&#34;", "\""), ("&#38;", "&")].iter().fold(line.to_owned(), |line, (from, to)| line.replace(from, to))
}

#[test]
fn the_command_at_the_foot_of_a_page_runs_and_says_the_same() {
    let folder = folder(include_str!("../../../examples/zero-trust/policy.yaml"));
    std::fs::write(folder.path().join("shop.yaml"), include_str!("../../../examples/zero-trust/shop.yaml")).expect("a file");
    let dashboard = Dashboard::start(&["--no-token"], folder.path());
    let binary = Path::new(env!("CARGO_BIN_EXE_meshglot")).parent().expect("a folder");
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    let said = |page: &str| {
        let line = command(&dashboard.get(page, ""));
        let run = Command::new("bash").args(["-c", &line]).current_dir(folder.path()).env("PATH", &path).output().expect("bash runs");
        assert!(matches!(run.status.code(), Some(0 | 1)), "{page}: {line}: {}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).expect("UTF-8")
    };
    let body = |page: &str| dashboard.get(page, "").split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).expect("a body");
    let policy = "/policies/traffictarget/shop/storefront-orders";

    for mesh in ["istio", "linkerd", "consul", "builtin"] {
        let whole = said(&format!("/rendered/{mesh}"));
        assert_eq!(body(&format!("/rendered/{mesh}.yaml")), whole, "{mesh}");
        for document in body(&format!("{policy}.yaml?tab={mesh}")).split("---\n") {
            assert!(whole.contains(document), "{mesh}: {document}");
        }
        let with_provenance = said(&format!("{policy}?tab={mesh}"));
        assert!(with_provenance.lines().any(|line| line.starts_with("# .")), "{mesh}: {with_provenance}");
    }
    let effect = said(&format!("{policy}?tab=effect"));
    assert!(effect.contains("+ sa/shop/storefront → orders.shop:80   POST /orders; GET /orders/*   was denied"), "{effect}");
    let fields = said(&format!("{policy}?tab=diff&a=istio&b=linkerd&all=yes"));
    assert!(fields.contains("TrafficTarget/shop/storefront-orders"), "{fields}");
    assert!(said(&format!("{policy}?tab=diff&a=istio&b=linkerd&view=text")).starts_with("--- istio\n+++ linkerd\n"));
    for page in ["/policies", policy, "/codes", "/codes/MG1103"] {
        assert!(!said(page).is_empty(), "{page}");
    }
    assert_eq!(dashboard.end(), 0);
}
