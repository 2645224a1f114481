//! The data plane against others: what a call costs, how fast it is answered, what is held in memory.
//!
//! Callers, proxies and server are processes of their own on 127.0.0.1; the control plane is in this one.

mod bare;
mod cases;
pub(crate) mod child;
mod contender;
pub(crate) mod load;
mod options;
mod ours;
mod part;
mod plane;
mod resources;
mod server;
pub(crate) mod table;

use std::io;

use child::Running;
use options::Options;
use server::Ports;

pub(crate) use part::run as part;

/// The word of the command line, and that of the processes that are started from here.
pub(crate) const WORD: &str = "proxy";
pub(crate) const WORD_PART: &str = "proxy-part";

/// Prints the tables of all cases, or of those that are named.
pub(crate) fn run(words: &[&str]) {
    let options = match Options::read(words) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}");
            std::process::exit(2);
        }
    };
    for (name, case) in &options.cases {
        if let Err(error) = case(&options) {
            println!("{name} cannot be measured: {error}");
        }
    }
}

/// The server that all calls end at, and a folder for whoever needs files.
struct Behind {
    server: Running,
    ports: Ports,
    folder: tempfile::TempDir,
}

fn server_behind() -> io::Result<Behind> {
    let mut server = Running::part(&["server"])?;
    let ports = Ports::read(&server.line()?)?;
    Ok(Behind { server, ports, folder: tempfile::Builder::new().prefix("meshglot-bench-").tempdir()? })
}
