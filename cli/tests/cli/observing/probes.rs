//! Probes and logs, also while the API server is away.

use meshglot_apiserver::{ApiServer, installed};
use serde_json::Value;

use super::{Controller, ask, until};

#[test]
fn probes_tell_what_is_and_the_log_what_is_asked_for() {
    if !installed() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut server = runtime.block_on(ApiServer::start()).expect("a server");
    let kubeconfig = server.kubeconfig(server.admin()).expect("written");
    let controller = Controller::start(&kubeconfig, &["--log-format", "json"]);
    until("it is ready", || controller.ask("GET", "/readyz", "") == (200, "ok".to_owned()));
    let (code, text) = controller.ask("GET", "/readyz?verbose", "");
    assert!(code == 200 && text.contains("[+]listed/services ok\n") && text.ends_with("readyz check passed\n"), "{text}");
    assert!(text.contains("[+]listed/virtualservices.networking.istio.io ok\n"), "what is not installed is known not to be: {text}");
    assert_eq!(controller.ask("GET", "/healthz", ""), (200, "ok".to_owned()));
    let (code, text) = controller.ask("GET", "/metrics", "");
    assert!(
        code == 200 && text.contains("\nmeshglot_build_info{version=\"") && text.contains("\nprocess_resident_memory_bytes "),
        "{text}"
    );

    server.kill();
    until("it notices", || controller.log().iter().any(|line| line.contains("does not answer")));
    assert_eq!(controller.ask("GET", "/livez", "").0, 200, "no restart of this would bring the API server back");
    assert_eq!(controller.ask("GET", "/readyz", "").0, 200, "it knows the cluster");
    runtime.block_on(server.restart()).expect("it comes back");

    let lines = controller.log();
    let read = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    let lines: Vec<Value> = read.collect();
    let absent = lines.iter().find(|line| line["message"] == "VirtualService is not installed").expect("it is told");
    assert!(absent["level"] == "WARN" && absent["target"] == "meshglot::controller::logs" && absent["timestamp"].is_string(), "{absent}");
    assert!(lines.iter().all(|line| matches!(line["level"].as_str(), Some("INFO" | "WARN"))));

    assert_eq!(controller.ask("GET", "/loglevel", ""), (200, "kube=off,info\n".to_owned()));
    let (code, why) = controller.ask("PUT", "/loglevel", "inof");
    assert!(code == 400 && why.contains("`inof` is no level: error, warn, info, debug, trace, off, or MODULE=LEVEL"), "{why}");
    assert_eq!(ask(controller.address, "rebound.example", "PUT", "/loglevel", "trace").0, 403);
    let (code, now) = controller.ask("PUT", "/loglevel", "info,meshglot_controller=debug");
    assert!(code == 200 && now.contains("info") && now.contains("meshglot_controller=debug"), "{now}");
    assert_eq!(controller.ask("PUT", "/loglevel", "trace").0, 200);
    until("it says more", || controller.log().iter().any(|line| line.contains("\"TRACE\"") || line.contains("\"DEBUG\"")));
    until("it asks the API server meanwhile", || controller.log().iter().any(|line| line.contains("\"target\":\"kube_client")));
    let token = server.admin().token();
    assert!(!token.is_empty() && !controller.log().iter().any(|line| line.contains(token)), "a secret is in the log");
    controller.end();
}

#[test]
fn an_address_can_be_off_and_one_that_is_taken_is_told() {
    if !installed() {
        return;
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let told = |words: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_meshglot"));
        let folder = tempfile::tempdir().expect("a folder");
        command.args(["controller", "--backend", "istio"]).args(words).env_remove("KUBECONFIG").env("HOME", folder.path());
        let output = command.output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, text) = told(&["--metrics-address", &address]);
    assert!(code == Some(6) && text.contains(&format!("--metrics-address: cannot listen on {address}")), "{text}");
    let (code, text) = told(&["--metrics-address", "8080"]);
    assert!(code == Some(2) && text.contains("neither an address with a port, such as 0.0.0.0:9090, nor off"), "{text}");
    let (code, text) = told(&["--log-level", "loud"]);
    assert!(code == Some(2) && text.contains("`loud` is no level"), "{text}");
    // It goes on to look for a cluster.
    assert_eq!(told(&["--metrics-address", "off", "--log-level", "warn,kube=debug"]).0, Some(4));
}
