//! A panic is a mistake of ours: it ends with 70 and a report that can be sent, with nothing of the user's files in it.

use std::backtrace::Backtrace;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::path::PathBuf;

use crate::Exit;

/// Runs the process. A panic in it writes a report, tells its path on stderr and gives 70.
pub fn guarded(arguments: &[OsString], run: impl FnOnce() -> u8) -> u8 {
    let words = masked(arguments);
    set_hook(Box::new(move |panic| tell(&report(&words, panic))));
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Exit::Internal.code())
}

fn tell(report: &str) {
    let mut stderr = std::io::stderr();
    // Whom to tell if stderr is gone?
    let _ = match written(report) {
        Ok(path) => writeln!(
            stderr,
            "error: a mistake of meshglot, not of your input\n  = report: {}\n  = help: file it as an issue, with the report: it holds the version, the arguments and where it happened, nothing of your files",
            path.display()
        ),
        Err(_) => write!(stderr, "error: a mistake of meshglot, not of your input; file it as an issue, with this report:\n{report}"),
    };
}

/// The message is left out: it may quote input.
fn report(words: &[String], panic: &PanicHookInfo<'_>) -> String {
    let (version, os, arch) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    let mut report = format!("meshglot {version} {os} {arch}\narguments: {}\n", words.join(" "));
    if let Some(at) = panic.location() {
        let _ = writeln!(report, "at: {at}");
    }
    let _ = writeln!(report, "{}", Backtrace::force_capture());
    report
}

fn written(report: &str) -> std::io::Result<PathBuf> {
    let mut file = tempfile::Builder::new().prefix("meshglot-report-").suffix(".txt").tempfile()?;
    file.write_all(report.as_bytes())?;
    let (_, path) = file.keep().map_err(|error| error.error)?;
    Ok(path)
}

/// The arguments without the values of headers, which may be secrets.
fn masked(arguments: &[OsString]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in arguments.iter().skip(1).map(|word| word.to_string_lossy()) {
        let is_value = words.last().is_some_and(|before| before == "-H" || before == "--header");
        let glued = ["--header=", "-H"].into_iter().find(|flag| word.len() > flag.len() && word.starts_with(flag));
        words.push(match glued {
            _ if is_value => "***".to_owned(),
            Some(flag) => format!("{flag}***"),
            None => word.into_owned(),
        });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::masked;
    use test_case::test_case;

    #[test_case("can web GET http://web/ -H", "can web GET http://web/ -H" ; "nothing behind it")]
    #[test_case("can -H secret x", "can -H *** x" ; "short")]
    #[test_case("can --header secret x", "can --header *** x" ; "long")]
    #[test_case("can --header=secret -Hsecret x", "can --header=*** -H*** x" ; "glued")]
    #[test_case("can -H -H x", "can -H *** x" ; "a value that looks like a flag")]
    fn values_of_headers_are_left_out(written: &str, want: &str) {
        let words: Vec<_> = std::iter::once("meshglot").chain(written.split(' ')).map(Into::into).collect();
        assert_eq!(masked(&words).join(" "), want);
    }
}
