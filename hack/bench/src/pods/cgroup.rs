//! A container as the kernel accounts for it: its control group (of version 1, as `hack/cluster` needs it), and its processes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) struct Container {
    cpu: PathBuf,
    memory: PathBuf,
}

/// In MiB.
#[derive(Clone, Copy)]
pub(super) struct Memory {
    /// What the group is charged for, without files that nobody has used lately: what the kubelet tells and evicts by.
    pub(super) working_set: f64,
    /// Resident, of all processes, with pages of the program's file that others may share.
    pub(super) resident: f64,
    /// What of it is no file.
    pub(super) own: f64,
}

impl Container {
    /// By the identifier that the runtime gave it.
    pub(super) fn new(id: &str) -> Self {
        let group = |of: &str| find(&Path::new("/sys/fs/cgroup").join(of), id).unwrap_or_else(|| panic!("no group {of} of container {id}"));
        Self { cpu: group("cpuacct"), memory: group("memory") }
    }

    /// Time of processors so far, of all that ever ran in it.
    pub(super) fn cpu(&self) -> Duration {
        Duration::from_nanos(number(&read(&self.cpu.join("cpuacct.usage"))))
    }

    pub(super) fn memory(&self) -> Memory {
        let stat = read(&self.memory.join("memory.stat"));
        let inactive = stat.lines().find_map(|line| line.strip_prefix("total_inactive_file ")).map_or(0, number);
        let used = number(&read(&self.memory.join("memory.usage_in_bytes")));
        let processes = read(&self.memory.join("cgroup.procs"));
        assert!(!processes.is_empty(), "no process in {}", self.memory.display());
        let sum = |what: &str| processes.lines().map(|id| status(id, what)).sum::<u64>() as f64 / 1024.0;
        Memory { working_set: used.saturating_sub(inactive) as f64 / f64::from(1 << 20), resident: sum("VmRSS:"), own: sum("RssAnon:") }
    }
}

/// In KiB.
fn status(process: &str, what: &str) -> u64 {
    let text = read(&Path::new("/proc").join(process).join("status"));
    text.lines().find_map(|line| line.strip_prefix(what)).map_or(0, |rest| number(rest.trim_end_matches("kB")))
}

fn number(text: &str) -> u64 {
    text.trim().parse().expect("a number")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// A folder of this name below another.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let inner = fs::read_dir(folder).ok()?.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let inner: Vec<PathBuf> = inner.map(|entry| entry.path()).collect();
    inner.iter().find(|path| path.ends_with(name)).cloned().or_else(|| inner.iter().find_map(|path| find(path, name)))
}
