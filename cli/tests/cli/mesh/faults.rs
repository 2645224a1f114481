//! Parts of a mesh die at random: what is allowed goes on, and what is denied never passes.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::machine::{DOOR, REST, addresses, workload};
use super::running::{Running, folder, meshglot, until};

/// The same victims each time.
const SEED: u64 = 7;

/// So long parts die where nobody says how long.
const SECONDS: u64 = 8;

/// So many calls that pass one after the other say that nothing is lost any more.
const IN_A_ROW: usize = 30;

/// What dies, each at least once.
const KINDS: [&str; 3] = ["control plane", "proxy", "service"];

/// A process that is killed and started again.
struct Part {
    kind: &'static str,
    start: Box<dyn Fn() -> Running>,
    running: Option<Running>,
}

impl Part {
    fn new(kind: &'static str, start: impl Fn() -> Running + 'static) -> Self {
        let running = Some(start());
        Self { kind, start: Box::new(start), running }
    }

    fn dies(&mut self) {
        let mut running = self.running.take().expect("it runs");
        running.signal(Signal::KILL);
        running.is_gone();
    }

    fn comes_back(&mut self) {
        self.running = Some((self.start)());
    }
}

/// Somebody who calls all the time.
struct Caller {
    stop: Arc<AtomicBool>,
    /// Calls that were answered with 200, and those that were not.
    passed: Arc<AtomicUsize>,
    other: Arc<AtomicUsize>,
    thread: JoinHandle<()>,
}

impl Caller {
    fn start(to: SocketAddr, method: &'static str) -> Self {
        let (stop, passed, other) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (stopped, yes, no) = (stop.clone(), passed.clone(), other.clone());
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let count = if call(to, method) == Some(200) { &yes } else { &no };
                count.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        Self { stop, passed, other, thread }
    }

    fn passed(&self) -> usize {
        self.passed.load(Ordering::Relaxed)
    }

    fn other(&self) -> usize {
        self.other.load(Ordering::Relaxed)
    }

    fn end(self) -> (usize, usize) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("it ends");
        (self.passed.load(Ordering::Relaxed), self.other.load(Ordering::Relaxed))
    }
}

fn call(to: SocketAddr, method: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(to).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "{method} /details/7 HTTP/1.1\r\nhost: ledger.bank\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}

fn listener() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port")
}

/// A service that is handed its socket, so that only what it was answering is lost when it dies.
fn service(listener: TcpListener) -> Part {
    Part::new("service", move || {
        let handed = OwnedFd::from(listener.try_clone().expect("a socket"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
        Running::of(command.args(["demo-service", "details", "--door", "127.0.0.1:1"]).stdin(handed))
    })
}

fn proxy(inside: &Path, name: &str) -> Part {
    let join = format!("{name}.join");
    let invited = meshglot(&["proxy", "token", &format!("bank/{name}"), "--config-dir", "."], inside);
    assert!(invited.status.success(), "{}", String::from_utf8_lossy(&invited.stderr));
    std::fs::write(inside.join(&join), invited.stdout).expect("a file");
    let (inside, folder) = (inside.to_owned(), format!(".{name}"));
    Part::new("proxy", move || Running::start(&["proxy", "run", "--join", &join, "--folder", &folder, "--proxy", "meshglot"], &inside))
}

#[test]
fn what_is_allowed_goes_on_and_what_is_denied_never_passes() {
    let [ledger, teller, batch] = addresses(21);
    let other: Ipv4Addr = (u32::from(batch) + 1).into();
    let sockets = [(); 4].map(|()| listener());
    let port = |at: usize| sockets[at].local_addr().expect("an address").port();
    let text = [
        workload("ledger", ledger, port(0)),
        workload("teller", teller, port(1)),
        workload("batch", batch, port(2)),
        workload("ledger", other, port(3)).replace("{name: ledger, namespace", "{name: ledger-2, namespace"),
        REST.replace("/accounts/.*", "/details/"),
    ];
    let folder = folder(&[("mesh.yaml", &text.concat())]);
    let inside = folder.path().to_owned();
    // Proxies look for it where it was.
    let control = listener().local_addr().expect("an address").to_string();
    let here = inside.clone();
    let plane = Part::new("control plane", move || {
        let mut running = Running::start(&["run", "--config-dir", ".", "--listen", &control], &here);
        running.hears("in force:");
        running
    });
    let mut parts = vec![plane];
    parts.extend(["ledger", "ledger-2", "teller", "batch"].map(|name| proxy(&inside, name)));
    let [one, _, _, two] = sockets;
    parts.extend([one, two].map(service));

    let door = |address: Ipv4Addr| SocketAddr::from((address, DOOR));
    until("teller reads its account", || call(door(teller), "GET") == Some(200));
    until("batch has a proxy", || call(door(batch), "GET") == Some(403));
    let allowed = Caller::start(door(teller), "GET");
    let denied = [Caller::start(door(batch), "GET"), Caller::start(door(teller), "PUT")];

    let seconds = std::env::var("MESHGLOT_SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SECONDS);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut died = std::collections::BTreeMap::<&str, usize>::new();
    while Instant::now() < end || died.len() < KINDS.len() {
        let victim = &mut parts[random.usize(..7)];
        let failed = allowed.other();
        victim.dies();
        std::thread::sleep(Duration::from_millis(random.u64(50..600)));
        victim.comes_back();
        *died.entry(victim.kind).or_default() += 1;
        if victim.kind == "control plane" {
            assert_eq!(allowed.other(), failed, "proxies need no control plane for calls");
        }
        // It is back when a number of calls pass one after the other.
        until("what is allowed goes on", || {
            let (passed, failed) = (allowed.passed(), allowed.other());
            while allowed.passed() < passed + IN_A_ROW && allowed.other() == failed {
                std::thread::sleep(Duration::from_millis(5));
            }
            allowed.other() == failed
        });
    }
    let (passed, lost) = allowed.end();
    for caller in denied {
        let (passed, refused) = caller.end();
        assert_eq!(passed, 0, "of {refused} calls");
        assert!(refused > 100);
    }
    // Calls by a proxy that is not there fail, and half of those to a Service of two that has lost one.
    assert!(passed > lost, "{passed} passed and {lost} did not, while {died:?}");
    eprintln!("{passed} passed, {lost} did not, while {died:?}");
}
