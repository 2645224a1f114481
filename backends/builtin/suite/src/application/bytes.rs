//! An application of bytes: it says who it is, and sends back what comes.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use crate::workload::Serves;

/// How the first line of a server that speaks first begins; its name follows.
pub(crate) const WELCOME: &str = "welcome to ";

/// One connection to its end.
pub(super) fn serve(mut stream: TcpStream, name: &str, serves: Serves) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    if serves == Serves::Banner {
        stream.write_all(format!("{WELCOME}{name}\n").as_bytes())?;
    }
    let mut is_known = serves == Serves::Banner;
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        if !is_known {
            // Only now: who speaks first is another sort of server.
            stream.write_all(format!("{name}\n").as_bytes())?;
            is_known = true;
        }
        stream.write_all(&buffer[..count])?;
    }
}
