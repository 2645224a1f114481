//! `meshglot with-parent`, with which other commands start processes; it is not shown.

use std::ffi::OsString;

use clap::Args;

/// `meshglot with-parent`.
#[derive(Debug, Args)]
pub struct WithParentArgs {
    /// Number of the process whose end ends it
    #[arg(value_name = "PARENT")]
    pub parent: i32,
    /// What to become
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    pub program: Vec<OsString>,
}
