//! This program as one of the processes that a measurement is made of.

use std::io::{self, Read as _};

use super::{bare, load, ours, server};
use crate::pods::probe;

/// Does what the words say, until its standard input ends.
pub(crate) fn run(words: &[&str]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let number = |word: &str| word.parse::<u16>().expect("a port");
    let ended = runtime.block_on(async {
        match words {
            ["ours", workload, control_plane, folder] => ours::run(workload, control_plane, folder).await,
            ["server"] => {
                end_with_input();
                server::run().await
            }
            ["bare", port, server, protocol] => {
                end_with_input();
                bare::run(number(port), number(server), *protocol == "http2").await
            }
            ["serve", address] => server::serve(address.parse().expect("an address")).await,
            ["probe", what] => {
                end_with_input();
                probe::run(&serde_json::from_str(what).expect("what is asked for")).await
            }
            ["load", what] => load::run(serde_json::from_str(what).expect("what is asked for")).await,
            _ => panic!("no part of the bench: {words:?}"),
        }
    });
    if let Err(error) = ended {
        eprintln!("{words:?}: {error}");
        std::process::exit(1);
    }
}

/// Nothing is left behind where the bench is killed.
pub(crate) fn end_with_input() {
    std::thread::spawn(|| {
        let _ = io::stdin().lock().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
}
