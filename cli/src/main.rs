//! The binary `meshglot`: everything is in the library, so that tests run what users run.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(meshglot::process::main())
}
