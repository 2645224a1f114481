//! Callers who take their time: they are cut off, or waited for in little memory, and nobody else waits for them.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Caller, Mesh};

use super::frames::{HEADERS, Http2, block, request};
use super::raw::send;
use super::scenario::{Shared, answered, get, trial};

/// A head may take ten seconds; the proxies look once in a while.
const HEAD: (Duration, Duration) = (Duration::from_millis(8500), Duration::from_secs(13));

/// A handshake may take as long, after the first bytes were looked at for five seconds.
const HANDSHAKE: (Duration, Duration) = (Duration::from_millis(4500), Duration::from_secs(17));

/// How many answers nobody reads, of each version, and how long each is.
const READERS: usize = 8;
const LONG: usize = 8 << 20;

/// What may be kept of one, in KiB: by both proxies together, the kernel apart.
const KEPT: u64 = 1 << 10;

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![trial("slow/heads, handshakes, and connections of HTTP/2", mesh, cut_off), trial("slow/readers and writers", mesh, waited_for)]
}

/// What is begun, how it goes on every second, and when it has to end; `None`: not yet.
struct Slow {
    name: &'static str,
    stream: TcpStream,
    drop: &'static [u8],
    within: Option<(Duration, Duration)>,
}

fn begun(caller: &Caller, name: &'static str, text: &[u8], drop: &'static [u8], within: Option<(Duration, Duration)>) -> io::Result<Slow> {
    let mut stream = caller.stream()?;
    stream.write_all(text)?;
    Ok(Slow { name, stream, drop, within })
}

/// A hello of TLS without its end: a record of 512 bytes, of which 100 have come.
fn hello() -> Vec<u8> {
    let mut hello = vec![0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    hello.resize(100, 7);
    hello
}

fn cut_off(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    let (service, instance) = (mesh.caller("web", "api", 80), mesh.caller_of_instance("legacy", "api", 8080));
    let head = b"GET / HTTP/1.1\r\nhost: api.shop\r\n";
    let mut open = Http2::begin(&instance, &[])?;
    open.send(HEADERS, 0, 1, &block(&request("GET", "/", "api.shop")))?;
    let mut idle = [Http2::begin(&service, &[])?, Http2::begin(&instance, &[])?];
    for connection in &mut idle {
        // Asked and answered once, so that it is one that is kept.
        connection.get(1, "/")?;
        connection.is_answered(1)?;
    }
    let slow = [
        begun(&service, "a head to the caller's proxy", head, b"x-a: 1\r\n", Some(HEAD))?,
        begun(&instance, "a head to the server's proxy", head, b"x-a: 1\r\n", Some(HEAD))?,
        begun(&service, "a first line", b"GET /aaa", b"a", Some((HEAD.0, HEAD.1 + Duration::from_secs(5))))?,
        begun(&instance, "a hello of TLS", &hello(), b"", Some(HANDSHAKE))?,
        begun(&instance, "a hello of TLS, byte by byte", &hello(), b"\x07", Some(HANDSHAKE))?,
        // It costs no more than an idle connection, and is one.
        Slow { name: "a block of HTTP/2", stream: open.stream.try_clone()?, drop: b"", within: None },
        Slow { name: "an idle connection to the caller's proxy", stream: idle[0].stream.try_clone()?, drop: PING, within: None },
        Slow { name: "an idle connection to the server's proxy", stream: idle[1].stream.try_clone()?, drop: PING, within: None },
    ];
    let begin = Instant::now();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let watched: Vec<_> = slow.into_iter().map(|slow| scope.spawn(move || watch(slow, begin))).collect();
        let meanwhile: Vec<String> = (0..10)
            .flat_map(|_| {
                std::thread::sleep(Duration::from_secs(1));
                [&service, &instance].map(|caller| answered(caller.call(&get("/")), 200, "api").err().map(|why| format!("{why:?}")))
            })
            .flatten()
            .collect();
        watched
            .into_iter()
            .filter_map(|watched| watched.join().unwrap_or_else(|_| Some("a watcher panicked".to_owned())))
            .chain(meanwhile)
            .collect()
    });
    if !wrong.is_empty() {
        return Err(wrong.join("\n").into());
    }
    for connection in &mut idle {
        connection.get(3, "/")?;
        if !connection.is_answered(3)? {
            return Err("an idle connection of HTTP/2 is not served any more".into());
        }
    }
    Ok(())
}

/// A ping of HTTP/2.
const PING: &[u8] = &[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];

/// Drops something in every second, and looks when the connection ends.
fn watch(mut slow: Slow, begin: Instant) -> Option<String> {
    let end = slow.within.map_or(HEAD.1, |(_, most)| most);
    if let Err(error) = slow.stream.set_read_timeout(Some(Duration::from_millis(100))) {
        return Some(error.to_string());
    }
    let (mut drops, mut part) = (0, [0; 4096]);
    while begin.elapsed() < end {
        let is_open = match slow.stream.read(&mut part) {
            Ok(count) => count > 0,
            Err(error) => matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
        };
        if !is_open {
            let took = begin.elapsed();
            let is_right = slow.within.is_some_and(|(least, _)| took >= least);
            return (!is_right).then(|| format!("{}: ended after {took:?}", slow.name));
        }
        if begin.elapsed().as_secs() > drops {
            drops += 1;
            let _ = slow.stream.write_all(slow.drop);
        }
    }
    slow.within.map(|_| format!("{}: goes on after {:?}", slow.name, begin.elapsed()))
}

fn waited_for(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    let caller = mesh.caller("web", "api", 80);
    answered(caller.call(&get("/")), 200, "api")?;
    let both = || -> io::Result<u64> { Ok(mesh.taken("web")?.resident + mesh.taken("api")?.resident) };
    let before = both()?;
    let mut readers = (0..READERS).map(|_| caller.stream()).collect::<io::Result<Vec<_>>>()?;
    for reader in &mut readers {
        reader.write_all(format!("GET /bytes/{LONG} HTTP/1.1\r\nhost: api.shop\r\n\r\n").as_bytes())?;
    }
    let mut others = (0..READERS).map(|_| Http2::begin(&caller, &[])).collect::<io::Result<Vec<_>>>()?;
    for other in &mut others {
        other.get(1, &format!("/bytes/{LONG}"))?;
    }
    let mut writer = caller.stream()?;
    writer.write_all(b"POST / HTTP/1.1\r\nhost: api.shop\r\ncontent-length: 20\r\nconnection: close\r\n\r\n")?;
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(100));
        answered(caller.call(&get("/")), 200, "api")?;
        writer.write_all(b"x")?;
    }
    let kept = both()?.saturating_sub(before) / (2 * READERS as u64);
    eprintln!("slow: {kept} KiB are kept of an answer that nobody reads");
    // The windows of Envoy are of 256 MiB where nothing is said.
    if kept > KEPT && mesh.data_plane().name() != "envoy" {
        return Err(format!("{kept} KiB are kept of an answer that nobody reads").into());
    }
    let written = super::raw::read(&mut writer)?;
    if !matches!(&written.answers[..], [one] if one.all("x-received") == ["20"]) {
        return Err(format!("who wrote slowly is answered {written}: {written:?}").into());
    }
    // What was waited for comes whole.
    let mut part = vec![0; 1 << 20];
    for reader in &mut readers {
        let mut came = 0;
        while came < LONG {
            match reader.read(&mut part)? {
                0 => return Err(format!("{came} bytes came").into()),
                count => came += count,
            }
        }
    }
    let next = send(&caller, b"GET / HTTP/1.1\r\nhost: api.shop\r\nconnection: close\r\n\r\n")?;
    if next.to_string() == "200 x" { Ok(()) } else { Err(format!("afterwards: {next}").into()) }
}
