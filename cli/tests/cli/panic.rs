//! A panic is told with a report, without anything of the input, and ends with 70.

use std::fs;
use std::process::Command;

use meshglot::process::guarded;

/// Set where this test runs itself.
const INSIDE: &str = "MESHGLOT_TEST_PANIC";

#[test]
fn a_panic_writes_a_report_and_ends_with_70() {
    if std::env::var_os(INSIDE).is_some() {
        let arguments = ["meshglot", "can", "-H", "cookie: 7"].map(Into::into);
        std::process::exit(guarded(&arguments, || panic!("of the input")).into());
    }
    let folder = tempfile::tempdir().expect("a folder");
    let said = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "panic::a_panic_writes_a_report_and_ends_with_70", "--nocapture"])
        .env(INSIDE, "1")
        .env("TMPDIR", folder.path())
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(70), "{told}");
    let path = told.lines().find_map(|line| line.strip_prefix("  = report: ")).expect("the path of the report");
    assert!(path.starts_with(folder.path().to_str().expect("UTF-8")), "{path}");
    let report = fs::read_to_string(path).expect("the report");
    assert!(report.starts_with(concat!("meshglot ", env!("CARGO_PKG_VERSION"))), "{report}");
    assert!(report.contains("arguments: can -H ***\n") && report.contains("panic.rs:"), "{report}");
    assert!(report.contains("guarded"), "a backtrace: {report}");
    assert!(!report.contains("of the input") && !report.contains("cookie") && !told.contains("of the input"), "{report}{told}");
}
