//! haproxy: one thread, connections to the server used again, a line of log per request.

use std::fs;
use std::io;
use std::process::Command;

use super::super::child::Running;
use super::{Contender, Place, Sort, certificates, free_port, program, started};

/// A line of about as much as a sidecar tells.
const LOG: &str = r#"  log-format '{"source":"%ci:%cp","upstream":"%b/%s","status":%ST,"bytes_out":%B,"method":"%HM","path":"%HP","duration":%Ta,"start":"%t"}'
"#;

const HEAD: &str = "global
  nbthread 1
  maxconn 4096
  log stdout format raw local0 info
defaults
  mode http
  log global
  timeout client 1h
  timeout server 1h
  timeout connect 5s
  timeout http-request 10s
  http-reuse always
";

pub(super) fn start(sort: Sort, place: &Place<'_>) -> io::Result<Option<Contender>> {
    let program = program("haproxy")?;
    let port = free_port()?;
    let forward = |name: &str, port: u16, bind: &str, to: u16, server: &str| {
        format!("listen {name}\n  bind 127.0.0.1:{port} {bind}\n  server {name} 127.0.0.1:{to} {server}\n")
    };
    let texts = match sort {
        Sort::Plain => vec![forward("plain", port, "", place.server.http1, "")],
        Sort::Http2 | Sort::Grpc => vec![forward("http2", port, "proto h2", place.server.http2, "proto h2")],
        Sort::Bytes => {
            vec![format!("listen bytes\n  mode tcp\n  bind 127.0.0.1:{port}\n  server bytes 127.0.0.1:{}\n", place.server.bytes)]
        }
        Sort::Mutual => {
            let (entry, (own, roots)) = (free_port()?, certificates(place, "haproxy")?);
            let tls = format!("ssl verify required crt {} ca-file {} ssl-min-ver TLSv1.3", own.display(), roots.display());
            vec![forward("server", entry, &tls, place.server.http1, ""), forward("caller", port, "", entry, &tls)]
        }
    };
    let processes = texts.iter().enumerate().map(|(number, text)| {
        let file = place.folder.join(format!("haproxy-{sort:?}-{number}.cfg"));
        fs::write(&file, format!("{HEAD}{}{text}", if sort == Sort::Bytes { "" } else { LOG }))?;
        Running::start(Command::new(&program).arg("-db").arg("-f").arg(&file))
    });
    started("haproxy", port, processes.collect::<io::Result<_>>()?).map(Some)
}
