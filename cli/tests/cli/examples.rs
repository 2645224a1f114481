//! The examples of every command's help run as they are written, in a folder with some policy.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use meshglot::args::{commands, examples};
use rustix::process::{Pid, Signal, kill_process};

use super::GOOD;
use super::mesh::{Running, alone};

/// Workloads of the Services of [`GOOD`], which may call each other.
const WORKLOADS: &str = "\
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: shop}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {serviceAccountName: web, containers: [{name: main, image: web, ports: [{containerPort: 80}]}]}
";

/// What must hold of it.
const TESTS: &str = "\
apiVersion: test.meshglot.dev/v1alpha1
kind: PolicyTest
metadata: {name: web}
namespace: shop
tests:
- name: web can call itself
  can: {from: web, to: GET http://web/}
";

/// What runs where, for a mesh without Kubernetes.
const SERVICES: &str = "\
{apiVersion: v1, kind: Service, metadata: {name: ledger, namespace: bank},
 spec: {clusterIP: 10.96.0.7, selector: {app: ledger}, ports: [{name: http, port: 80}]}}
---
{apiVersion: meshglot.dev/v1alpha1, kind: Workload, metadata: {name: ledger, namespace: bank, labels: {app: ledger}},
 spec: {address: 127.0.0.1, ports: [{name: http, port: 80}]}}
---
{apiVersion: meshglot.dev/v1alpha1, kind: Workload, metadata: {name: teller, namespace: bank, labels: {app: teller}},
 spec: {address: 192.0.2.17, ports: [{name: http, port: 80}]}}
";

/// What its control plane and its proxies would say.
const FILES: [(&str, &str); 3] = [
    ("status.json", r#"{"revision": 7, "at": "2026-11-22T02:00:00Z", "proxies": []}"#),
    ("config_dump.json", r#"{"configs": [{"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": "closed"}]}"#),
    ("ledger-proxy.log", "{\"direction\": \"inbound\"}\n"),
];

/// A proxy that is none: what is tried here is the command.
const ENVOY: &str = "#!/bin/sh\nexec sleep 60\n";

/// What a cluster would say: objects for `get`, nothing for the rest.
const KUBECTL: &str = "\
#!/bin/sh
if [ \"$1\" = get ]; then meshglot render -q -f policies --backend istio; else cat > /dev/null; fi
";

/// How kubectl would reach a cluster of which nobody answers.
const KUBECONFIG: &str = "\
apiVersion: v1
kind: Config
clusters: [{name: gone, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: nobody, user: {token: none}}]
contexts: [{name: production, context: {cluster: gone, user: nobody}}]
current-context: production
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let policies = folder.path().join("policies");
    fs::create_dir(&policies).expect("made");
    fs::write(policies.join("split.yaml"), GOOD).expect("written");
    fs::write(policies.join("workloads.yaml"), WORKLOADS).expect("written");
    in_a_commit(folder.path());
    // What was deployed before, and what is in no commit yet.
    let edited = GOOD.replace("weight: 90", "weight: 70");
    fs::create_dir(folder.path().join("deployed")).expect("made");
    fs::write(folder.path().join("deployed/split.yaml"), GOOD).expect("written");
    fs::write(policies.join("split.yaml"), edited).expect("written");
    fs::create_dir(folder.path().join("tests")).expect("made");
    fs::write(folder.path().join("tests/web.yaml"), TESTS).expect("written");
    for (name, text) in FILES {
        fs::write(folder.path().join(name), text).expect("written");
    }
    for mesh in ["mesh", "other"] {
        fs::create_dir_all(folder.path().join(mesh).join(".meshglot/proxies/bank:ledger")).expect("made");
        fs::write(folder.path().join(mesh).join("services.yaml"), SERVICES).expect("written");
    }
    fs::write(folder.path().join("mesh/.meshglot/proxies/bank:ledger/log"), "").expect("written");
    let mesh = "{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {name: main}, spec: {backend: istio, namespaceSelector: {}}}\n";
    fs::write(folder.path().join("mesh.yaml"), mesh).expect("written");
    fs::create_dir(folder.path().join(".kube")).expect("made");
    for kubeconfig in [".kube/config", "cluster.yaml"] {
        fs::write(folder.path().join(kubeconfig), KUBECONFIG).expect("written");
    }
    let key = rcgen::KeyPair::generate().expect("a key");
    let own = rcgen::CertificateParams::default().self_signed(&key).expect("a certificate");
    fs::create_dir(folder.path().join("webhook-tls")).expect("made");
    for (name, text) in [("tls.crt", own.pem()), ("tls.key", key.serialize_pem())] {
        fs::write(folder.path().join("webhook-tls").join(name), text).expect("written");
    }
    fs::create_dir(folder.path().join("bin")).expect("made");
    for (name, script) in [("bin/kubectl", KUBECTL), ("bin/man", "#!/bin/sh\nexec cat\n"), ("bin/envoy", ENVOY), ("envoy", ENVOY)] {
        let program = folder.path().join(name);
        fs::write(&program, script).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("executable");
    }
    folder
}

fn in_a_commit(folder: &Path) {
    for words in [&["init", "-q", "-b", "main"][..], &["add", "policies"], &["commit", "-q", "-m", "first"]] {
        let settings = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
        let done = Command::new("git").args(settings).args(words).current_dir(folder).status().expect("git runs");
        assert!(done.success(), "git {words:?}");
    }
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port().to_string()
}

/// A command that lasts says where it is, and ends well on a signal.
fn ends_when_asked(mut command: Command, example: &str) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("bash runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a stream")).read_line(&mut line).expect("a line");
    kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    let status = child.wait().expect("it ends");
    let is_up = ["http://", "control plane  ", "meshglot ", "proxy          "].iter().any(|start| line.starts_with(start));
    assert!(is_up && status.code() == Some(0), "{example}: {status}: {line}");
}

#[test]
fn examples_run_and_each_command_has_two() {
    let _alone = alone();
    let folder = folder();
    let mut mesh = Running::mesh(&folder.path().join("mesh"), &[]);
    mesh.hears("in force:");
    let meshglot = Path::new(env!("CARGO_BIN_EXE_meshglot")).parent().expect("a folder");
    let path = format!("{}:{}:{}", folder.path().join("bin").display(), meshglot.display(), std::env::var("PATH").unwrap_or_default());
    let mut count: BTreeMap<String, usize> = commands().into_iter().map(|command| (command, 0)).collect();
    for (command, example) in examples() {
        let is_of_cluster = command == "controller" || example.contains("--context production");
        let is_long = ["dashboard", "demo", "run"].contains(&command.as_str()) && !example.contains("--manifests");
        let lasts = !is_of_cluster && is_long || example.contains(" proxy run ");
        // A mesh that runs already has its folder alone, and ports are those that are free.
        let line = match command.as_str() {
            "run" => {
                let line = example.replace(" --listen 10.0.0.5:15010", "").replace("mesh/", "other/");
                format!("exec {line} --listen 127.0.0.1:0").replace("8080", "0")
            }
            _ if lasts => format!("exec {}", example.replace("8080", &free_port())),
            _ => example.clone(),
        };
        let mut bash = Command::new("bash");
        bash.args(["-o", "pipefail", "-c", &line]).current_dir(folder.path()).env_clear();
        bash.envs([("PATH", path.as_str()), ("HOME", folder.path().to_str().expect("UTF-8")), ("LC_ALL", "C.UTF-8")]);
        *count.entry(command.clone()).or_default() += 1;
        if lasts {
            ends_when_asked(bash, &example);
            continue;
        }
        let said = bash.output().expect("bash runs");
        let told = String::from_utf8_lossy(&said.stderr);
        // The help of some tells of a cluster, which is not there.
        if is_of_cluster {
            assert_eq!(said.status.code(), Some(4), "{example}: {told}");
            assert!(told.contains("the API server at https://127.0.0.1:1/ does not answer"), "{example}: {told}");
            continue;
        }
        // The answer may be no.
        assert!(matches!(said.status.code(), Some(0 | 1)), "{example}: {:?}: {told}", said.status.code());
    }
    let few: Vec<_> = count.iter().filter(|(_, examples)| **examples < 2).collect();
    assert_eq!(few, [], "two examples at least");
}
