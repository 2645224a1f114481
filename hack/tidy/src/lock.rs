//! What a crate pulls in, link by link, from `Cargo.lock`: there without network, and the same on every machine.

use std::collections::{BTreeMap, VecDeque};

use crate::Findings;
use crate::workspace::{Kind, Member};

/// Crates that bring a runtime, a client or a socket into whatever depends on them.
const OUTSIDE_WORLD: [&str; 9] = ["async-std", "hyper", "kube", "kube-client", "mio", "reqwest", "socket2", "tokio", "ureq"];

/// `name version` to the same of what it depends on. Of crates of a registry that is what is built, never tests.
type Lock = BTreeMap<String, Vec<String>>;

/// Chains by which the normal dependencies of a member reach the world outside of the process.
pub fn check(member: &Member, lock: &str) -> Findings {
    let lock = read(lock);
    let direct = member.dependencies.iter().filter(|dependency| dependency.kind == Kind::Normal);
    let mut queue: VecDeque<Vec<String>> = direct.map(|dependency| vec![dependency.name.clone()]).collect();
    let mut seen = Vec::new();
    let mut findings = Findings::new();
    while let Some(chain) = queue.pop_front() {
        let Some(last) = chain.last().filter(|last| !seen.contains(*last)).cloned() else { continue };
        seen.push(last.clone());
        let name = last.split(' ').next().unwrap_or_default();
        if OUTSIDE_WORLD.contains(&name) {
            findings.push(format!("{} reaches {name} by {}: it has no network and no async", member.name, chain.join(" -> ")));
        }
        for next in entries(&lock, &last).flat_map(|(_, dependencies)| dependencies) {
            queue.push_back(chain.iter().chain([next]).cloned().collect());
        }
    }
    findings
}

/// Entries called `name`, or `name version` where the lock file has several.
fn entries<'l>(lock: &'l Lock, called: &str) -> impl Iterator<Item = (&'l String, &'l Vec<String>)> {
    let called = called.to_owned();
    lock.iter().filter(move |(entry, _)| **entry == called || entry.split(' ').next() == Some(called.as_str()))
}

fn read(text: &str) -> Lock {
    let mut lock = Lock::new();
    for package in text.split("[[package]]").skip(1) {
        let value = |key: &str| package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'));
        let (Some(name), Some(version)) = (value("name"), value("version")) else { continue };
        let list = package.split_once("dependencies = [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(list, _)| list);
        let dependencies = list.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\","));
        lock.insert(format!("{name} {version}"), dependencies.map(str::to_owned).collect());
    }
    lock
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    const LOCK: &str = r#"
version = 4

[[package]]
name = "regex"
version = "1.0.0"
dependencies = [
 "memchr 2.0.0",
]

[[package]]
name = "memchr"
version = "1.0.0"
dependencies = [
 "tokio",
]

[[package]]
name = "memchr"
version = "2.0.0"

[[package]]
name = "tokio"
version = "1.0.0"

[[package]]
name = "client"
version = "3.0.0"
dependencies = [
 "regex",
 "memchr 1.0.0",
]
"#;

    fn found(name: &str, kind: Kind) -> Findings {
        let dependencies = vec![Dependency { name: name.into(), kind }];
        check(&Member { name: "translator".into(), folder: "translator".into(), dependencies }, LOCK)
    }

    #[test]
    fn a_runtime_is_found_at_the_end_of_its_chain() {
        let want = "translator reaches tokio by client -> memchr 1.0.0 -> tokio: it has no network and no async";
        assert_eq!(found("client", Kind::Normal), [want]);
    }

    #[test]
    fn other_versions_and_tests_are_left_in_peace() {
        assert_eq!(found("regex", Kind::Normal), Findings::new());
        assert_eq!(found("client", Kind::Dev), Findings::new());
    }
}
