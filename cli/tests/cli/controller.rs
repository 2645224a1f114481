//! `meshglot controller` with a real Kubernetes API server.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use meshglot_apiserver::{ApiServer, installed};
use rustix::process::{Pid, Signal, kill_process};

fn meshglot(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
    command.args(["controller", "--backend"]).args(words).env_remove("KUBECONFIG");
    command
}

#[test]
fn it_says_where_it_is_and_ends_soon_after_a_signal() {
    if !installed() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = runtime.block_on(ApiServer::start()).expect("a server");
    let kubeconfig = server.kubeconfig(server.admin()).expect("written");
    let words = ["istio", "--kubeconfig", kubeconfig.to_str().expect("UTF-8")];
    let mut child = meshglot(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a stream")).read_line(&mut line).expect("a line");
    assert_eq!(line, format!("cluster        https://{}/\n", server.access().address()));
    let mut told = BufReader::new(child.stderr.take().expect("a stream")).lines().map(|line| line.expect("UTF-8"));
    // Nothing is installed, and that is told.
    assert!(told.any(|line| line.contains("VirtualService is not installed")));
    for signal in [Signal::TERM, Signal::INT] {
        // The first ends it; the second finds nobody.
        let begin = Instant::now();
        let _ = kill_process(Pid::from_child(&child), signal);
        let status = child.wait().expect("it ends");
        assert!(status.code() == Some(0) && begin.elapsed() < Duration::from_secs(5), "{status} after {:?}", begin.elapsed());
        if signal == Signal::TERM {
            child = meshglot(&words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
            let mut line = String::new();
            BufReader::new(child.stdout.take().expect("a stream")).read_line(&mut line).expect("a line");
        }
    }
}

#[test]
fn what_cannot_be_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("broken"), "clusters: 7\n").expect("written");
    let told = |words: &[&str]| {
        let output = meshglot(words).env("HOME", folder.path()).current_dir(folder.path()).output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, text) = told(&["builtin"]);
    assert!(code == Some(2) && text.contains("--backend builtin: it renders nothing that a cluster could keep"), "{text}");
    let (code, text) = told(&["istio", "--consul-address", "http://127.0.0.1:8500"]);
    assert!(code == Some(2) && text.contains("--backend istio renders nothing for a Consul server"), "{text}");
    let (code, text) = told(&["consul", "--consul-address", "127.0.0.1:8500"]);
    assert!(code == Some(2) && text.contains("it begins with http:// or https://"), "{text}");
    let (code, text) = told(&["istio", "--kubeconfig", "broken"]);
    assert!(code == Some(3) && text.contains("the kubeconfig cannot be used"), "{text}");
    let (code, text) = told(&["istio"]);
    assert!(code == Some(4) && text.contains("there is no cluster"), "{text}");
}
