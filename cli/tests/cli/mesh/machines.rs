//! Workloads on machines of their own, each with a proxy that has joined by a token: what `docs/run.md` tells, typed on three machines.
//! A machine is a network namespace, and every call of a workload is redirected to its proxy.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::{self, BufRead as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use meshglot_suite::{Answer, Application, Call, Connection, GATEWAY, Missing, Namespace, Network, PROXY_USER, Serves, missing_network};
use rustix::process::Signal;
use serde_json::Value;

use super::envoy::envoy;
use super::running::{Running, json, policy, until};

/// The port of both applications.
const PORT: u16 = 8080;

/// The Service of the ledger, an address at which nobody answers.
const SERVICE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(10, 96, 0, 7)), 80);

/// One machine of a workload, with what a proxy needs there.
struct Machine {
    name: &'static str,
    /// It ends before its namespace does.
    _application: Application,
    space: Namespace,
    address: Ipv4Addr,
    folder: PathBuf,
}

/// Three machines; the control plane runs on the one in the middle.
struct Machines {
    ledger: Machine,
    teller: Machine,
    network: Network,
    /// Where `meshglot` is, and Envoy, for everybody to start.
    programs: PathBuf,
    /// The folder of `meshglot run`.
    config: PathBuf,
    _root: tempfile::TempDir,
}

/// Where machines can be made. `None` says once why not; what could be installed may not be skipped by continuous integration.
fn network() -> Option<Network> {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let Some(missing) = missing_network() else { return Some(Network::new().expect("namespaces")) };
    let (Missing::Program(why) | Missing::Right(why)) = &missing;
    // Not by `eprintln`, which a test that passes keeps to itself.
    let _ = writeln!(io::stderr(), "skip: proxies on other machines: {why}");
    assert!(matches!(missing, Missing::Right(_)) || !set("CI") || set("MESHGLOT_ALLOW_SKIP"), "{why}");
    None
}

impl Machines {
    /// `envoy`: a program that is needed besides.
    fn new(network: Network, envoy: Option<&Path>) -> Self {
        let root = tempfile::Builder::new().prefix("mgr").tempdir().expect("a folder");
        let (programs, config) = (root.path().join("bin"), root.path().join("mesh"));
        for folder in [&programs, &config] {
            fs::create_dir(folder).expect("a folder");
        }
        // The user of proxies may enter; the folder in which a checkout is built is nobody's business.
        fs::set_permissions(root.path(), Permissions::from_mode(0o755)).expect("it is ours");
        for program in [Some(Path::new(env!("CARGO_BIN_EXE_meshglot"))), envoy].into_iter().flatten() {
            let place = programs.join(program.file_name().expect("a name"));
            // A link to a link would lead nowhere from here.
            let program = fs::canonicalize(program).expect("it is there");
            if fs::hard_link(&program, &place).is_err() {
                fs::copy(&program, &place).expect("a copy");
            }
        }
        let machine = |name: &'static str, number: u8| {
            let address = Ipv4Addr::new(10, 77, 1, number);
            let space = network.host(address, None).expect("a machine");
            let application = Application::start(&space, name, PORT, Serves::Http).expect("an application");
            let folder = root.path().join(name);
            fs::create_dir(&folder).expect("a folder");
            fs::set_permissions(&folder, Permissions::from_mode(0o700)).expect("it is ours");
            chown(&folder, Some(PROXY_USER), Some(PROXY_USER)).expect("root may");
            Machine { name, _application: application, space, address, folder }
        };
        let (ledger, teller) = (machine("ledger", 1), machine("teller", 2));
        let service = "{apiVersion: v1, kind: Service, metadata: {name: ledger, namespace: bank},\n spec: {clusterIP: 10.96.0.7, \
                       selector: {app: ledger}, ports: [{name: http, port: 80, targetPort: web}]}}\n";
        let services = [&ledger, &teller].into_iter().fold(service.to_owned(), |text, machine| text + &machine.workload());
        fs::write(config.join("services.yaml"), services).expect("a file");
        let made = Self { ledger, teller, network, programs, config, _root: root };
        made.edit("/accounts");
        made
    }

    /// Lets the teller read what is below a path, and nothing else.
    fn edit(&self, path: &str) {
        fs::write(self.config.join("policy.yaml"), policy(path)).expect("a file");
    }

    /// A command in a namespace, as root or as the user of proxies. It ends with this process.
    fn command(&self, space: &Namespace, is_proxy: bool, words: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", space.path().display())).args(["setpriv", "--pdeathsig", "TERM"]);
        if is_proxy {
            let user = PROXY_USER.to_string();
            command.args(["--reuid", &user, "--regid", &user, "--clear-groups"]);
        }
        command.arg(self.programs.join("meshglot")).args(words).stdin(Stdio::null());
        command
    }

    /// `meshglot run` on the machine in the middle.
    fn run(&self) -> Running {
        let words = ["run", "--config-dir", ".", "--listen", &format!("{GATEWAY}:15010")];
        let mut mesh = Running::of(self.command(self.network.middle(), false, &words).current_dir(&self.config));
        let mut line = String::new();
        mesh.stdout.read_line(&mut line).expect("a line");
        assert!(line.starts_with(&format!("control plane  {GATEWAY}:15010")), "{line}{}", mesh.rest());
        mesh.hears("in force:");
        mesh
    }

    /// `meshglot proxy token`, brought to the machine.
    fn invite(&self, machine: &Machine) -> Value {
        let invitation = json(&["proxy", "token", &format!("bank/{}", machine.name), "--config-dir", "."], &self.config);
        assert_eq!(invitation["controlPlane"], format!("{GATEWAY}:15010"));
        machine.keep("join", &invitation);
        invitation
    }

    /// `meshglot proxy run` beside a workload.
    fn proxy(&self, machine: &Machine, join: &str, folder: &str, words: &[String]) -> Running {
        let own = ["proxy", "run", "--join", join, "--folder", folder].map(str::to_owned);
        Running::of(self.command(&machine.space, true, &[&own[..], words].concat()).current_dir(&machine.folder))
    }

    /// `meshglot proxy capture | nft -f -`.
    fn capture(&self, machine: &Machine) {
        let words = ["proxy", "capture", "--user", &PROXY_USER.to_string(), "--served", &PORT.to_string()];
        let rules = self.command(&machine.space, false, &words).output().expect("it runs").stdout;
        machine.space.run("nft", &["-f", "-"], &String::from_utf8(rules).expect("a text")).expect("nft takes the rules");
    }

    /// What the teller's application is answered, in a connection of its own.
    fn get(&self, path: &str) -> Option<(u16, String)> {
        get(&self.teller.space, SERVICE, path)
    }

    /// The words of `meshglot proxy status`, or nothing where nobody answers.
    fn synced(&self) -> Vec<String> {
        let words = ["proxy", "status", "--config-dir", ".", "-o", "json"];
        let output = self.command(self.network.middle(), false, &words).current_dir(&self.config).output().expect("it runs");
        let status: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let proxies = status["proxies"].as_array().into_iter().flatten();
        proxies.map(|proxy| format!("{} {}", proxy["workload"], proxy["sync"]).replace('"', "")).collect()
    }

    /// Both have what they should, and are who they should be.
    fn are_synced(&self) -> bool {
        self.synced() == ["bank/ledger SYNCED", "bank/teller SYNCED"]
    }
}

impl Machine {
    fn workload(&self) -> String {
        let Self { name, address, .. } = self;
        format!(
            "---\n{{apiVersion: meshglot.dev/v1alpha1, kind: Workload, metadata: {{name: {name}, namespace: bank, labels: {{app: {name}}}}},\n \
             spec: {{serviceAccountName: {name}, address: {address}, ports: [{{name: web, port: {PORT}}}]}}}}\n"
        )
    }

    /// Writes a file that only the user of proxies reads.
    fn keep(&self, name: &str, invitation: &Value) {
        let path = self.folder.join(name);
        fs::write(&path, invitation.to_string()).expect("a file");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("it is ours");
        chown(&path, Some(PROXY_USER), Some(PROXY_USER)).expect("root may");
    }

    /// What `meshglot proxy log` shows of its proxy.
    fn log(&self, programs: &Path) -> String {
        let mut command = Command::new(programs.join("meshglot"));
        let output = command.args(["proxy", "log", "-f"]).arg(self.folder.join("proxy/log")).output().expect("it runs");
        String::from_utf8(output.stdout).expect("a text")
    }
}

/// The status, and who has answered; empty: a proxy.
fn get(from: &Namespace, to: SocketAddr, path: &str) -> Option<(u16, String)> {
    let call = Call::Http { method: "GET".to_owned(), target: path.to_owned(), headers: Vec::new(), body: 0 };
    match Connection::new(from, to, "ledger.bank".to_owned()).ok()?.call(&call).ok()? {
        Answer::Http { status, served_by, .. } => Some((status, served_by)),
        _ => None,
    }
}

fn join_from_afar(network: Network, words: &[String], envoy: Option<&Path>) {
    let machines = Machines::new(network, envoy);
    let Machines { ledger, teller, .. } = &machines;
    let answered = Some((200, "ledger".to_owned()));
    let denied = Some((403, String::new()));

    let mut mesh = machines.run();
    let mut invitation = Value::Null;
    let mut proxies: Vec<Running> = Vec::new();
    for machine in [ledger, teller] {
        // First, as the pages say: it cuts what is open, such as the proxy's own connection to the control plane.
        machines.capture(machine);
        invitation = machines.invite(machine);
        let mut proxy = machines.proxy(machine, "join", "proxy", words);
        proxy.hears("has a certificate until");
        proxies.push(proxy);
    }
    until("both proxies have what they should", || machines.are_synced());

    // What is allowed passes, as the teller: the ledger's proxy knows that by its certificate alone.
    until("the teller reads its account", || machines.get("/accounts/1") == answered);
    assert_eq!(machines.get("/other/1"), denied);
    until("the ledger's proxy tells who has called", || {
        let log = ledger.log(&machines.programs);
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(" in ") && line.contains("/accounts/1 200")).collect();
        !lines.is_empty() && lines.iter().all(|line| line.contains("peer=spiffe://") && line.contains("/ns/bank/sa/teller"))
    });
    for proxy in &mut proxies {
        assert!(!proxy.said("warning"), "{}", proxy.rest());
    }
    // From a machine without a proxy nobody is the teller.
    assert_eq!(get(machines.network.middle(), (ledger.address, PORT).into(), "/accounts/1"), denied);

    // A copy of the invitation is worth nothing, and neither is one that somebody has made up.
    let mut thief = machines.proxy(teller, "join", "thief", words);
    let line = thief.hears("warning: bank/teller: ");
    assert!(line.contains("was used before: ask for a new one"), "{line}");
    assert_eq!(thief.end(), 0);
    let token = invitation["token"].as_str().expect("a token");
    let (head, _) = token.split_once('_').expect("its kind comes first");
    invitation["token"] = format!("{head}_{}", "A".repeat(token.len() - head.len() - 1)).into();
    teller.keep("forged", &invitation);
    let mut forger = machines.proxy(teller, "forged", "forger", words);
    let line = forger.hears("warning: bank/teller: ");
    assert!(line.contains("unknown"), "{line}");
    assert_eq!(forger.end(), 0);

    // An edit reaches machines that have never seen the folder.
    machines.edit("/other");
    until("the teller reads the other", || machines.get("/other/1") == answered);
    until("and its account no more", || machines.get("/accounts/1") == denied);

    // Nobody has to ask the control plane for anything while a call is made.
    mesh.signal(Signal::KILL);
    mesh.is_gone();
    for _ in 0..20 {
        assert_eq!(machines.get("/other/1"), answered);
        assert_eq!(machines.get("/accounts/1"), denied);
    }
    assert_eq!(machines.synced(), Vec::<String>::new(), "nobody answers");
    // What is edited meanwhile they have when it is back.
    machines.edit("/accounts");
    let mesh = machines.run();
    until("both are back", || machines.are_synced());
    until("the teller reads its account again", || machines.get("/accounts/1") == answered);
    until("and the other no more", || machines.get("/other/1") == denied);

    for proxy in proxies {
        assert_eq!(proxy.end(), 0);
    }
    assert_eq!(machines.get("/accounts/1"), None, "nobody is behind the door");
    assert_eq!(mesh.end(), 0);
}

#[test]
fn proxies_of_ours_join_from_other_machines() {
    let Some(network) = network() else { return };
    join_from_afar(network, &["--proxy", "meshglot"].map(str::to_owned), None);
}

#[test]
fn envoys_join_from_other_machines() {
    let (Some(envoy), Some(network)) = (envoy(), network()) else { return };
    let name = envoy.file_name().expect("a name").to_string_lossy().into_owned();
    join_from_afar(network, &["--proxy".to_owned(), "envoy".to_owned(), "--envoy".to_owned(), format!("../bin/{name}")], Some(&envoy));
}
