//! Long answers on a terminal go through a pager: `MESHGLOT_PAGER` > `PAGER` > `less -FRX` > none.

use std::io::{self, Write};
use std::process::{Command, Stdio};

/// Shows an answer, through a pager if one is set and starts.
pub(crate) fn show(answer: &[u8], direct: &mut dyn Write, variable: &dyn Fn(&str) -> Option<String>) -> io::Result<()> {
    let lines = answer.iter().filter(|byte| **byte == b'\n').count();
    let height = variable("LINES").and_then(|lines| lines.parse().ok()).unwrap_or(24);
    let pager = variable("MESHGLOT_PAGER").or_else(|| variable("PAGER")).unwrap_or_else(|| "less -FRX".to_owned());
    let mut words = pager.split_whitespace();
    let (Some(program), true) = (words.next(), lines >= height) else { return direct.write_all(answer) };
    let child = Command::new(program).args(words).stdin(Stdio::piped()).spawn();
    let Ok(mut child) = child else { return direct.write_all(answer) };
    if let Some(mut stdin) = child.stdin.take() {
        // A reader who quits early has seen enough.
        let _ = stdin.write_all(answer);
    }
    child.wait().map(|_| ())
}
