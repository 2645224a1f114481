//! `meshglot demo`, driven as a newcomer does: what it prints is read, opened and typed.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::running::{Running, until};

/// A demo that has said everything it says at first.
pub(super) struct Demo {
    running: Running,
    /// Lines that it has said.
    lines: Receiver<String>,
    /// What it was started in.
    here: PathBuf,
    said: String,
    /// In the environment of every process of it, and of no other.
    mark: String,
}

impl Demo {
    fn start(here: &Path, words: &[&str]) -> Self {
        Self::with_path(here, words, None)
    }

    /// `path`: where programs are; `None`: where they are for the test.
    pub(super) fn with_path(here: &Path, words: &[&str], path: Option<&str>) -> Self {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let mark = format!("MESHGLOT_TEST_DEMO={}-{}", std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
        let (name, value) = mark.split_once('=').expect("a variable");
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
        command.arg("demo").args(words).current_dir(here).env(name, value).env_remove("HOME").env("TERM", "dumb");
        command.envs(path.map(|path| ("PATH", path)));
        let mut running = Running::of(command.stdin(Stdio::null()));
        let stdout = std::mem::replace(&mut running.stdout, BufReader::new(Box::new(std::io::empty())));
        let (tell, lines) = channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let mut demo = Self { running, lines, here: here.to_owned(), said: String::new(), mark };
        demo.said = demo.hears("does all of it hold?");
        demo
    }

    /// What stands behind a word.
    fn told(&self, word: &str) -> &str {
        let line = self.said.lines().find_map(|line| line.trim_start().strip_prefix(word)).expect("it is said");
        line.split_whitespace().next().expect("a value")
    }

    pub(super) fn said(&self) -> &str {
        &self.said
    }

    pub(super) fn shop(&self) -> SocketAddr {
        let address = self.told("Bookshop").trim_start_matches("http://").trim_end_matches('/');
        address.parse().expect("an address")
    }

    fn folder(&self) -> PathBuf {
        let line = self.said.lines().next().expect("a line");
        self.here.join(line.split_whitespace().nth(4).expect("a folder"))
    }

    /// Types a command as it was printed.
    fn types(&self, number: u8) -> Output {
        let line = self.told_line(number);
        Command::new("sh").args(["-c", &line]).current_dir(&self.here).stdin(Stdio::null()).output().expect("a shell")
    }

    fn told_line(&self, number: u8) -> String {
        let start = format!("  {number}  ");
        self.said.lines().find_map(|line| line.strip_prefix(&start)).expect("a command").to_owned()
    }

    /// The next lines, up to one with these words.
    pub(super) fn hears(&mut self, words: &str) -> String {
        let mut said = String::new();
        while !said.contains(words) {
            match self.lines.recv_timeout(Duration::from_secs(60)) {
                Ok(line) => said.push_str(&(line + "\n")),
                Err(error) => panic!("it never said {words:?} ({error}), but {said}{}", self.running.rest()),
            }
        }
        said
    }

    /// Its processes, those that it started included.
    fn processes(&self) -> Vec<i32> {
        let all = fs::read_dir("/proc").expect("processes").flatten();
        let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let ours = |number: &i32| {
            let variables = fs::read(format!("/proc/{number}/environ")).unwrap_or_default();
            variables.split(|byte| *byte == 0).any(|variable| variable == self.mark.as_bytes())
        };
        numbers.filter(ours).collect()
    }

    /// Ends as Ctrl-C ends it; nothing is left of it.
    pub(super) fn ends(mut self, keeps: bool) {
        let (folder, shop) = (self.folder(), self.shop());
        self.running.signal(Signal::INT);
        assert_eq!(self.running.wait(), 0);
        assert_eq!(self.processes(), Vec::<i32>::new());
        assert_eq!(folder.exists(), keeps);
        TcpListener::bind(shop).expect("nobody is left");
    }
}

pub(super) fn page(shop: SocketAddr) -> String {
    let mut stream = TcpStream::connect(shop).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a socket");
    write!(stream, "GET / HTTP/1.1\r\nhost: {shop}\r\nconnection: close\r\n\r\n").expect("it is open");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A folder that a demo has kept names addresses that another may have taken meanwhile: held by a test that starts one.
pub(in super::super) fn alone() -> MutexGuard<'static, ()> {
    static DEMOS: Mutex<()> = Mutex::new(());
    DEMOS.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn here() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("mgd").tempdir().expect("a folder")
}

#[test]
fn the_journey_of_a_newcomer() {
    let _alone = alone();
    let here = here();
    let mut demo = Demo::start(here.path(), &["--backend", "all"]);
    let shop = demo.shop();
    until("the page is there but for its stars", || {
        let page = page(shop);
        page.contains("200 OK") && page.contains("Proxies, and Other Comedies") && page.contains("the ratings answered 403")
    });
    // Why are the stars missing?
    let why = demo.types(1);
    assert_eq!(why.status.code(), Some(1));
    assert!(text(&why.stdout).contains("ratings-readers#ratings allows the caller, but read: PUT only"), "{}", text(&why.stdout));
    let diff = demo.types(3);
    assert!(text(&diff.stdout).contains("0 access differences in "), "{}{}", text(&diff.stdout), text(&diff.stderr));
    until("both are seen to be denied", || {
        let edges = text(&demo.types(4).stdout);
        let denied = |from: &str| edges.lines().any(|line| line.starts_with(from) && line.contains(" denied "));
        // What a caller's proxy takes for an answer is told as what it was by that of the called.
        let twice = edges.lines().any(|line| line.starts_with("bookshop/batch ") && line.contains(" allowed "));
        denied("bookshop/batch ") && denied("bookshop/reviews ") && !twice
    });
    let tap = demo.types(5);
    let calls = text(&tap.stdout);
    assert_eq!(tap.status.code(), Some(0));
    assert!(
        calls.contains("✔ allowed  bookshop/frontend → ") && calls.contains("TrafficTarget/bookshop/reviews-readers#reviews"),
        "{calls}"
    );
    assert!(calls.contains("✘ denied   bookshop/batch → ") && calls.contains("GET /reviews/9  403  default"), "{calls}");
    let test = demo.types(6);
    assert_eq!(test.status.code(), Some(1));
    assert!(text(&test.stdout).contains("FAIL  the reviews read stars"), "{}", text(&test.stdout));
    // The edit, and what it does.
    let rendered = demo.folder().join("rendered/istio");
    until("what each mesh gets is there", || rendered.is_dir());
    assert_eq!(demo.types(2).status.code(), Some(0));
    let said = demo.hears("all 6 proxies have it");
    assert!(said.contains("policies/ratings.yaml: in force"), "{said}");
    assert!(said.contains("+ sa/bookshop/reviews → ratings.bookshop:9080   GET /ratings/*"), "{said}");
    until("the stars are there", || page(shop).contains("★"));
    assert_eq!(demo.types(6).status.code(), Some(0));
    let says_get = |folder: &Path| {
        let files = fs::read_dir(folder.join("bookshop")).into_iter().flatten().flatten();
        files
            .map(|file| fs::read_to_string(file.path()).unwrap_or_default())
            .any(|text| text.contains("/ratings/*") && text.contains("GET"))
    };
    until("each mesh gets it", || says_get(&rendered));
    // A mistake changes nothing.
    fs::write(demo.folder().join("policies/ratings.yaml"), "kind: [").expect("a file");
    demo.running.hears("what was in force stays");
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
    let events = text(&command.args(["events", "--config-dir"]).arg(demo.folder()).output().expect("it runs").stdout);
    assert!(events.contains(" in force  revision 2: ") && events.contains(" blocked   "), "{events}");
    assert!(events.contains("started   bookshop/details: meshglot runs"), "{events}");
    assert!(page(shop).contains("★"));
    demo.ends(false);
}

#[test]
fn two_stand_side_by_side_and_one_that_is_kept_goes_on() {
    let _alone = alone();
    let here = here();
    let one = Demo::start(here.path(), &["--keep"]);
    let other = Demo::start(here.path(), &["--dir", "other"]);
    assert_ne!(one.shop(), other.shop());
    for demo in [&one, &other] {
        until("each has its page", || page(demo.shop()).contains("the ratings answered 403"));
    }
    // Whose folder it is knows who is in it.
    assert_eq!(other.types(2).status.code(), Some(0));
    until("the stars of one", || page(other.shop()).contains("★"));
    assert!(!page(one.shop()).contains("★"));
    let kept = one.folder();
    other.ends(false);
    one.ends(true);
    let mut mesh = Running::mesh(&kept, &["--proxy", "meshglot"]);
    mesh.hears("in force: ");
    until("its proxies are there", || {
        let status =
            Command::new(env!("CARGO_BIN_EXE_meshglot")).args(["proxy", "status", "--config-dir", "."]).current_dir(&kept).output();
        text(&status.expect("it runs").stdout).matches("SYNCED").count() == 6
    });
    assert_eq!(mesh.end(), 0);
}

#[test]
fn nothing_outlives_one_that_is_killed() {
    let _alone = alone();
    let here = here();
    let mut demo = Demo::start(here.path(), &[]);
    assert!(demo.processes().len() > 12);
    demo.running.signal(Signal::KILL);
    demo.running.is_gone();
    until("all have ended", || demo.processes().is_empty());
}

#[test]
fn what_is_killed_comes_back() {
    let _alone = alone();
    let here = here();
    let demo = Demo::start(here.path(), &[]);
    let shop = demo.shop();
    until("the page is whole", || page(shop).contains("200 OK"));
    let before = demo.processes();
    for number in &before {
        let command = fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
        if command.windows(7).any(|word| word == b"details") {
            kill_process(Pid::from_raw(*number).expect("a process"), Signal::KILL).expect("it runs");
        }
    }
    until("the same number is there", || demo.processes().len() == before.len() && demo.processes() != before);
    until("the page is whole again", || page(shop).contains("200 OK"));
    demo.ends(false);
}

#[test]
fn a_folder_that_has_files_stays_as_it_is() {
    let here = here();
    fs::write(here.path().join("mine.yaml"), "mine").expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
    let output = command.args(["demo", "--dir", "."]).current_dir(here.path()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(6));
    assert!(text(&output.stderr).contains("it has files"), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(here.path().join("mine.yaml")).expect("a file"), "mine");
    assert_eq!(fs::read_dir(here.path()).expect("a folder").count(), 1);
}

#[test]
fn where_nothing_can_be_written_it_goes_elsewhere() {
    let _alone = alone();
    // Nobody makes a folder there, not even root.
    let demo = Demo::start(Path::new("/proc"), &[]);
    assert!(demo.folder().starts_with(std::env::temp_dir()), "{}", demo.said);
    assert_eq!(demo.types(4).status.code(), Some(0));
    demo.ends(false);
}

#[test]
fn programs_of_ones_own_are_kept_running() {
    let here = here();
    let folder = super::running::folder(&[("services.yaml", super::running::SERVICES)]);
    let log = folder.path().join(".meshglot/units/one.log");
    let script = format!("one=sh -c 'echo begun; test -e {0} || exec sleep 600; rm {0}; exit 3'", here.path().join("fail").display());
    fs::write(here.path().join("fail"), "").expect("a file");
    let mut mesh = Running::mesh(folder.path(), &["--exec", &script]);
    let told = mesh.hears("one: it has ended");
    assert!(told.contains("exit status: 3") && told.contains("started again in 0.2 s"), "{told}");
    until("it has begun twice", || fs::read_to_string(&log).unwrap_or_default().matches("begun").count() == 2);
    assert_eq!(mesh.end(), 0);
    let mut again = Command::new(env!("CARGO_BIN_EXE_meshglot"));
    again.args(["run", "--config-dir", ".", "--exec", "x"]).current_dir(folder.path());
    assert_eq!(again.output().expect("it runs").status.code(), Some(2));
}

#[test]
fn what_was_seen_and_denied_is_suggested_and_passes_then() {
    let _alone = alone();
    let here = here();
    let demo = Demo::start(here.path(), &[]);
    let shop = demo.shop();
    let folder = demo.folder();
    let suggested = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
        command.args(["suggest", "--for", "1s", "--config-dir"]).arg(&folder).args(words);
        command.output().expect("it runs")
    };
    until("the page is there", || page(shop).contains("the ratings answered 403"));
    // Everything that passes does so by a rule.
    let nothing = suggested(&["svc/details"]);
    assert_eq!((nothing.status.code(), text(&nothing.stdout)), (Some(0), String::new()), "{}", text(&nothing.stderr));
    assert!(text(&nothing.stderr).contains("let in by a rule that exists"), "{}", text(&nothing.stderr));
    let rules = suggested(&["svc/ratings", "--denied"]);
    let (rules, told) = (text(&rules.stdout), text(&rules.stderr));
    assert!(rules.contains("pathRegex: /ratings/7$") && rules.contains("name: ratings-from-reviews"), "{rules}");
    assert!(told.contains("+ sa/bookshop/reviews → ratings.bookshop:9080   GET /ratings/7   was denied"), "{told}");
    fs::write(folder.join("policies/suggested.yaml"), rules).expect("a file");
    until("the stars are there", || page(shop).contains("★"));
    fs::remove_file(folder.join("policies/suggested.yaml")).expect("it is there");
    demo.ends(false);
}
