//! `meshglot demo` as a newcomer meets it: how long until it says something, until all of it is ready, until an edit is in force
//! at every proxy, and until nothing is left of it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// The word that asks for it alone.
pub(super) const WORD: &str = "demo";

/// Demos that are started, one after the other.
const RUNS: usize = 11;

/// What takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The four times of one demo, with the design's targets.
const HEAD: &str = "| `meshglot demo`, release, 11 runs | median ms | worst ms | target ms |\n|---|---|---|---|";

/// Prints the table.
pub(super) fn run(tool: &Path) {
    let times: Vec<[Duration; 4]> = (0..RUNS).map(|_| once(tool)).collect();
    println!("{HEAD}");
    let rows = [
        ("first line", 100),
        ("all 6 services and proxies ready", 2000),
        ("edit to the last proxy's acknowledgement", 500),
        ("Ctrl-C to its end", 1000),
    ];
    for (at, (name, target)) in rows.into_iter().enumerate() {
        let mut column: Vec<Duration> = times.iter().map(|times| times[at]).collect();
        column.sort();
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!("| {name} | {:.0} | {:.0} | {target} |", ms(column[RUNS / 2]), ms(column[RUNS - 1]));
    }
}

fn once(tool: &Path) -> [Duration; 4] {
    let here = tempfile::tempdir().expect("a folder");
    let start = Instant::now();
    let mut child = Command::new(tool)
        .arg("demo")
        .current_dir(here.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the demo starts");
    let lines = lines(&mut child);
    let first = until(&lines, "", start);
    let ready = until(&lines, "does all of it hold?", start);
    let file = here.path().join("meshglot-demo/policies/ratings.yaml");
    let text = std::fs::read_to_string(&file).expect("the demo has written it");
    let edited = Instant::now();
    std::fs::write(&file, text.replace("PUT", "GET")).expect("written");
    let in_force = until(&lines, "all 6 proxies have it", edited);
    let asked = Instant::now();
    kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    child.wait().expect("it ends");
    [first, ready, in_force, asked.elapsed()]
}

fn lines(child: &mut Child) -> Receiver<(Instant, String)> {
    let (tell, told) = channel();
    let stdout = BufReader::new(child.stdout.take().expect("a stream"));
    std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| tell.send((Instant::now(), line))));
    told
}

/// How long it took from `since` until a line has said these words.
fn until(lines: &Receiver<(Instant, String)>, words: &str, since: Instant) -> Duration {
    loop {
        let (at, line) = lines.recv_timeout(PATIENCE).expect("the demo says it");
        if line.contains(words) {
            return at - since;
        }
    }
}
