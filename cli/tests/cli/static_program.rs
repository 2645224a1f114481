//! The program as images have it: one file that needs no other, linked from the same library as `meshglot`, by the flag of `hack/static`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// Linked once a run.
pub(crate) fn static_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(link)
}

fn link() -> PathBuf {
    let ours = Path::new(env!("CARGO_BIN_EXE_meshglot"));
    let built = ours.parent().expect("a folder").join("deps");
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let made = folder.path().join("meshglot");
    let mut compiler = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    compiler.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs")).args(["--crate-name", "meshglot", "--edition", "2024"]);
    compiler.args(["-C", "target-feature=+crt-static", "-C", "strip=debuginfo"]);
    compiler.arg("-L").arg(format!("dependency={}", built.display()));
    compiler.arg("--extern").arg(format!("meshglot={}", library(&built).display())).arg("-o").arg(&made);
    let said = compiler.output().expect("rustc starts");
    assert!(said.status.success(), "{compiler:?}: {}", String::from_utf8_lossy(&said.stderr));
    // Another run may be executing the one before.
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("meshglot-static");
    fs::rename(&made, &program).expect("moved");
    program
}

/// The library that was compiled last: cargo keeps those of other features beside it, of the same sources or of older ones.
fn library(built: &Path) -> PathBuf {
    let name = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libmeshglot-"));
    let entries = fs::read_dir(built).expect("a folder").map(|entry| entry.expect("an entry").path());
    let all = entries.filter(|path| name(path) && path.extension().is_some_and(|extension| extension == "rlib"));
    let age = |path: &PathBuf| path.metadata().and_then(|metadata| metadata.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    all.max_by_key(age).expect("tests are linked with it")
}

#[test]
fn it_needs_no_other_file() {
    let said = Command::new("ldd").arg(static_program()).output().expect("it runs");
    assert!(String::from_utf8_lossy(&said.stdout).contains("statically linked"), "{said:?}");
    let said = Command::new(static_program()).arg("version").output().expect("it runs");
    assert!(said.status.success() && String::from_utf8_lossy(&said.stdout).contains(env!("CARGO_PKG_VERSION")));
}
