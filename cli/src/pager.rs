//! Long answers on a terminal go through a pager: `MESHGLOT_PAGER` > `PAGER` > `less -FRX` > none.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::SIGINT;

/// How much a terminal shows at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    rows: usize,
    columns: usize,
}

impl Screen {
    /// Of the terminal that standard output is; where it does not say, what the environment says.
    pub(crate) fn of_stdout(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let told = terminal_size::terminal_size_of(io::stdout()).filter(|(columns, rows)| columns.0 > 0 && rows.0 > 0);
        let number = |name: &str, otherwise| variable(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
        match told {
            Some((columns, rows)) => Self { rows: rows.0.into(), columns: columns.0.into() },
            None => Self { rows: number("LINES", 24), columns: number("COLUMNS", 80) },
        }
    }

    /// Whether the text fits above the next prompt. Escapes of colour count as text, so that it may be called too long.
    fn holds(self, text: &[u8]) -> bool {
        let text = String::from_utf8_lossy(text);
        let rows: usize = text.lines().map(|line| line.chars().count().div_ceil(self.columns.max(1)).max(1)).sum();
        rows < self.rows
    }
}

/// Shows an answer, through a pager if it is too long for the screen and one is set and starts.
pub(crate) fn show(answer: &[u8], screen: Screen, direct: &mut dyn Write, variable: &dyn Fn(&str) -> Option<String>) -> io::Result<()> {
    let words = words(variable);
    let Some((program, arguments)) = words.split_first().filter(|_| !screen.holds(answer)) else {
        return direct.write_all(answer);
    };
    // Ctrl-C is the pager's while it runs: if we ended, it would be left alone with the terminal.
    let interrupted = signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)))?;
    let child = Command::new(program).args(arguments).stdin(Stdio::piped()).spawn();
    let shown = match child {
        Err(_) => direct.write_all(answer),
        Ok(mut child) => {
            if let Some(mut stdin) = child.stdin.take() {
                // A reader who quits early has seen enough.
                let _ = stdin.write_all(answer);
            }
            child.wait().map(|_| ())
        }
    };
    signal_hook::low_level::unregister(interrupted);
    shown
}

/// The pager and its arguments; none where it is empty or `cat`, which shows what is shown without it.
fn words(variable: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let pager = variable("MESHGLOT_PAGER").or_else(|| variable("PAGER")).unwrap_or_else(|| "less -FRX".to_owned());
    let words: Vec<String> = pager.split_whitespace().map(str::to_owned).collect();
    if words == ["cat"] { Vec::new() } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(&[], "less -FRX" ; "the usual one")]
    #[test_case(&[("PAGER", "more")], "more" ; "of the system")]
    #[test_case(&[("PAGER", "more"), ("MESHGLOT_PAGER", "most -w")], "most -w" ; "our own comes first")]
    #[test_case(&[("PAGER", "more"), ("MESHGLOT_PAGER", "")], "" ; "our own may be none")]
    #[test_case(&[("PAGER", "cat")], "" ; "cat is none")]
    fn pagers(set: &[(&str, &str)], want: &str) {
        let variable = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(words(&variable).join(" "), want);
    }

    #[test_case("a\nb\n", 3, true ; "room for the prompt")]
    #[test_case("a\nb\nc\n", 3, false ; "no room for the prompt")]
    #[test_case("123456\n", 3, true ; "wrapped once")]
    #[test_case("12345678901\n", 3, false ; "wrapped twice")]
    #[test_case("ééééé\n", 2, true ; "characters, not bytes")]
    fn screens(text: &str, rows: usize, want: bool) {
        assert_eq!(Screen { rows, columns: 5 }.holds(text.as_bytes()), want);
    }
}
