//! Walks the golden folders: each case and backend is a named test, and each vendor judges what stands there.
//!
//! `UPDATE_GOLDEN=1 cargo test -p meshglot-golden` writes the files; read every line of them before you commit.

mod cases;
mod convert;
mod corpus;
mod judges;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    // Reports show paths as users give them; the folders stand beside this crate's manifest.
    std::env::set_current_dir(env!("CARGO_MANIFEST_DIR")).expect("the crate's own folder");
    let arguments = Arguments::from_args();
    if std::env::var_os("UPDATE_GOLDEN").is_some() && !arguments.list {
        cases::update();
        convert::update();
    }
    let judges = judges::Judges::start(arguments.list);
    let mut trials = cases::trials(&judges);
    trials.extend(convert::trials(&judges));
    trials.extend(corpus::trials(&judges));
    libtest_mimic::run(&arguments, trials).exit_code()
}
