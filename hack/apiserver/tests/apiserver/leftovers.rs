//! What a server leaves behind: nothing, however it ends.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use meshglot_apiserver::{ApiServer, installed};

/// Set where this program is started by itself, to be killed.
const VICTIM: &str = "MESHGLOT_APISERVER_VICTIM";

/// Whether it runs. One that has ended and that its parent has not looked at yet does not.
fn runs(process: u32) -> bool {
    let status = std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status"));
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_lives_after_a_drop() {
    if !installed() {
        return;
    }
    let server = ApiServer::start().await.expect("a server");
    let (processes, folder) = (server.processes(), server.folder().to_owned());
    assert_eq!(processes.len(), 2);
    assert!(processes.iter().all(|&process| runs(process)) && folder.exists());
    drop(server);
    assert!(!processes.iter().any(|&process| runs(process)), "{processes:?}");
    assert!(!folder.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_lives_after_its_test_was_killed() {
    if !installed() {
        return;
    }
    if std::env::var_os(VICTIM).is_some() {
        let server = ApiServer::start().await.expect("a server");
        eprintln!("victim {:?} {}", server.processes(), server.folder().display());
        tokio::time::sleep(Duration::from_secs(60)).await;
        return;
    }
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "leftovers::nothing_lives_after_its_test_was_killed", "--nocapture"]).env(VICTIM, "1");
    let mut victim = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let lines = BufReader::new(victim.stderr.take().expect("a stream")).lines().map_while(Result::ok);
    let line = lines.filter_map(|line| line.strip_prefix("victim [").map(str::to_owned)).next().expect("it tells");
    let (processes, folder) = line.split_once("] ").expect("two things");
    let processes: Vec<u32> = processes.split(", ").map(|number| number.parse().expect("a number")).collect();
    let folder = PathBuf::from(folder);
    assert!(processes.len() == 2 && processes.iter().all(|&process| runs(process)) && folder.exists());
    victim.kill().expect("it runs");
    victim.wait().expect("a process");
    let end = Instant::now() + Duration::from_secs(10);
    while folder.exists() || processes.iter().any(|&process| runs(process)) {
        assert!(Instant::now() < end, "{line} is left");
        std::thread::sleep(Duration::from_millis(20));
    }
}
