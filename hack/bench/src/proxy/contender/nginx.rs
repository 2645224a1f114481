//! nginx: one process, connections to the server used again, a line of log per request. It speaks HTTP/2 to gRPC servers alone.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use super::super::child::Running;
use super::{Contender, Place, Sort, certificates, free_port, program, started};

/// Where distributions keep the module for bytes.
const STREAM: &str = "/usr/lib/nginx/modules/ngx_stream_module.so";

pub(super) fn start(sort: Sort, place: &Place<'_>) -> io::Result<Option<Contender>> {
    let program = program("nginx")?;
    let port = free_port()?;
    let texts = match sort {
        Sort::Plain => vec![http(port, "", place.server.http1, "proxy_pass http://server;")],
        Sort::Http2 | Sort::Grpc => vec![http(port, " http2", place.server.http2, "grpc_pass grpc://server;")],
        Sort::Bytes => vec![format!("stream {{ server {{ listen 127.0.0.1:{port}; proxy_pass 127.0.0.1:{}; }} }}", place.server.bytes)],
        Sort::Mutual => {
            let (entry, (own, roots)) = (free_port()?, certificates(place, "nginx")?);
            let (own, roots) = (own.display(), roots.display());
            let certificate =
                |before: &str| format!("{before}ssl_certificate {own}; {before}ssl_certificate_key {own}; {before}ssl_protocols TLSv1.3;");
            let verify = format!("ssl_client_certificate {roots}; ssl_verify_client on; ssl_verify_depth 3;");
            let ends = format!(" ssl; {} {verify}", certificate(""));
            // It verifies names of DNS alone, and those of SPIFFE are none.
            let begins = format!("{} proxy_pass https://server;", certificate("proxy_"));
            vec![http(entry, ends.trim_end_matches(';'), place.server.http1, "proxy_pass http://server;"), http(port, "", entry, &begins)]
        }
    };
    let module = if sort == Sort::Bytes && Path::new(STREAM).exists() { format!("load_module {STREAM};") } else { String::new() };
    let processes = texts.iter().enumerate().map(|(number, text)| {
        let file = place.folder.join(format!("nginx-{number}.conf"));
        let pid = file.with_extension("pid");
        let head = "daemon off; master_process off; worker_processes 1; error_log /dev/null; events { worker_connections 4096; }";
        fs::write(&file, format!("{module}\n{head}\npid {};\n{text}\n", pid.display()))?;
        let mut command = Command::new(&program);
        Running::start(command.arg("-p").arg(place.folder).args(["-e", "/dev/null"]).arg("-c").arg(&file))
    });
    started("nginx", port, processes.collect::<io::Result<_>>()?).map(Some)
}

/// A server whose `listen` ends with these words and whose calls go to a port.
fn http(port: u16, words: &str, server: u16, location: &str) -> String {
    format!(
        "http {{
  log_format json escape=json '{LOG}';
  access_log /dev/null json;
  keepalive_requests 1000000000;
  upstream server {{ server 127.0.0.1:{server}; keepalive 128; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port}{words};
    http2_max_concurrent_streams 1024;
    location / {{ proxy_http_version 1.1; proxy_set_header Connection \"\"; {location} }}
  }}
}}"
    )
}

/// A line of about as much as a sidecar tells.
const LOG: &str = r#"{"source":"$remote_addr:$remote_port","upstream":"$upstream_addr","status":$status,"bytes_out":$body_bytes_sent,"method":"$request_method","path":"$uri","duration":$request_time,"start":"$time_iso8601"}"#;
