//! Who of a mesh does not tell, said once.

use meshglot_observed::{Edges, Proxies};

use crate::Io;
use crate::exit::Failure;
use crate::proxy::Admin;

/// So many are named.
const NAMED: usize = 5;

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Counters,
    Calls,
}

/// Says it on standard error, unless nobody wants to hear it.
pub(super) fn tell(edges: &Edges, admin: &Admin, of: Of, io: &mut Io<'_>) -> Result<(), Failure> {
    let mut workloads: Vec<String> = admin.get::<Proxies>("/proxies")?.proxies.into_iter().map(|one| one.workload).collect();
    workloads.dedup();
    for line in lines(edges, workloads.len(), of) {
        if !io.quiet {
            writeln!(io.stderr, "note: {line}")?;
        }
    }
    io.stderr.flush()?;
    Ok(())
}

fn lines(edges: &Edges, workloads: usize, of: Of) -> Vec<String> {
    // Of an Envoy nobody counts the calls, and yet they are told.
    let is_silent = |line: &&String| of == Of::Counters || !line.ends_with(meshglot_traffic::UNCOUNTED);
    let silent: Vec<&String> = edges.silent.iter().filter(is_silent).collect();
    let mut lines: Vec<String> = silent.iter().take(NAMED).map(|line| crate::lint::line::plain(line)).collect();
    if silent.len() > NAMED {
        lines.push(format!("and {} more", silent.len() - NAMED));
    }
    if silent.len() >= workloads {
        let how = "`meshglot run --config-dir DIR --proxy` starts one for each Workload of its machine";
        lines.push(format!("no proxy of this mesh tells anything: {how}"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(silent: &[String], workloads: usize, of: Of) -> Vec<String> {
        let edges = Edges { at: String::new(), window_seconds: 0.0, edges: Vec::new(), silent: silent.to_vec() };
        lines(&edges, workloads, of)
    }

    #[test]
    fn who_is_silent_is_named_and_where_all_are_there_is_a_way_out() {
        let envoy = format!("bank/ledger: {}", meshglot_traffic::UNCOUNTED);
        assert_eq!(told(&[], 2, Of::Counters), [""; 0]);
        assert_eq!(told(std::slice::from_ref(&envoy), 2, Of::Counters), [envoy.as_str()]);
        assert_eq!(told(std::slice::from_ref(&envoy), 2, Of::Calls), [""; 0], "its calls are told");
        let all = told(&["a/b: away".to_owned()], 1, Of::Calls);
        assert!(all.len() == 2 && all[1].contains("--proxy"), "{all:?}");
        assert_eq!(told(&[], 0, Of::Calls).len(), 1, "there is nobody at all");
        let many: Vec<String> = (0..9).map(|number| format!("a/{number}: away")).collect();
        assert_eq!(told(&many, 10, Of::Counters).last().map(String::as_str), Some("and 4 more"));
    }
}
