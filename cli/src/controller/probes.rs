//! What probes are told, as Kubernetes' own programs word it.

use std::fmt::Write as _;

use meshglot_controller::Pulse;

/// One thing that is looked at.
struct Check {
    name: String,
    is_good: bool,
    why: &'static str,
}

/// Whether the process works; only a restart would mend what is wrong. An API server that is away is none of it.
pub(super) fn live(pulse: &Pulse) -> (bool, String) {
    told("livez", &[heart(pulse)])
}

/// Whether it knows the cluster. One that is not the leader does, too. `serves`: whether its control plane, if it is one, has something for
/// proxies.
pub(super) fn ready(pulse: &Pulse, serves: Option<bool>) -> (bool, String) {
    let listed = pulse.listed().into_iter();
    let kinds = listed.map(|(kind, is_good)| Check { name: format!("listed/{kind}"), is_good, why: "not listed yet" });
    let all = Check { name: "listed".to_owned(), is_good: pulse.is_ready(), why: "not everything has been listed once" };
    let why = "no policy could be put in force on proxies yet";
    let plane = serves.map(|is_good| Check { name: "control-plane".to_owned(), is_good, why });
    let checks: Vec<Check> = [heart(pulse)].into_iter().chain(kinds).chain([all]).chain(plane).collect();
    told("readyz", &checks)
}

fn heart(pulse: &Pulse) -> Check {
    Check { name: "core".to_owned(), is_good: pulse.is_alive(), why: "the thread that decides has been silent for a minute" }
}

fn told(probe: &str, checks: &[Check]) -> (bool, String) {
    let is_good = checks.iter().all(|check| check.is_good);
    let mut text = String::new();
    for Check { name, is_good, why } in checks {
        // A string takes whatever is written to it.
        let _ = if *is_good { writeln!(text, "[+]{name} ok") } else { writeln!(text, "[-]{name} failed: {why}") };
    }
    let _ = writeln!(text, "{probe} check {}", if is_good { "passed" } else { "failed" });
    (is_good, text)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn nothing_is_known_at_first_and_silence_is_no_life() {
        let (is_live, text) = live(&Pulse::default());
        assert!(is_live && text == "[+]core ok\nlivez check passed\n", "{text}");
        let (is_ready, text) = ready(&Pulse::default(), None);
        assert!(!is_ready && text.ends_with("[-]listed failed: not everything has been listed once\nreadyz check failed\n"), "{text}");
        let silent = Pulse::within(Duration::ZERO);
        std::thread::sleep(Duration::from_millis(2));
        assert!(!live(&silent).0 && !ready(&silent, Some(true)).0);
    }
}
