//! Ten thousand connections that say little: what each costs a proxy, and that it serves others meanwhile.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ExitCode, Stdio};

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Caller, Mesh};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::scenario::{Shared, answered, get, timed, trial};

/// The first argument of the process that holds them.
const WORD: &str = "meshglot-crowd";

/// How many they are, where so many files may be open.
const CROWD: u64 = 10_000;

/// Files that everything else needs.
const OTHERS: u64 = 500;

/// What one may cost a proxy, in KiB: of those that have said nothing, and of those that have asked once.
const OURS: (f64, f64) = (12.0, 40.0);

/// Another proxy takes what it takes; it has to be bounded.
const OTHER: (f64, f64) = (128.0, 256.0);

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![trial("crowd/many idle connections", mesh, crowd)]
}

/// Lets this process, and those that it starts, open as many files as anybody allows.
pub(crate) fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    // Where that is not allowed there are fewer of them.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// Holds connections until its input ends; `None`: this program was not started for that.
pub(crate) fn as_crowd() -> Option<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [word, server, count] = &words[..] else { return None };
    let (server, count) = (word == WORD).then_some((server.parse().ok()?, count.parse().ok()?))?;
    Some(match hold(server, count) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stdout(), "{error}");
            ExitCode::FAILURE
        }
    })
}

/// At each line it goes on: opens them, then asks once on each.
fn hold(server: SocketAddr, count: usize) -> io::Result<()> {
    let mut lines = io::stdin().lock().lines();
    let connections = (0..count).map(|_| TcpStream::connect(server)).collect::<io::Result<Vec<_>>>()?;
    writeln!(io::stdout(), "{}", connections.len())?;
    if lines.next().is_none() {
        return Ok(());
    }
    let mut part = [0; 4096];
    for some in connections.chunks(100) {
        for mut connection in some {
            connection.write_all(b"GET / HTTP/1.1\r\nhost: api.shop\r\n\r\n")?;
        }
        for mut connection in some {
            let count = connection.read(&mut part)?;
            if !part[..count].starts_with(b"HTTP/1.1 200 ") {
                return Err(io::Error::other(format!("{:?}", String::from_utf8_lossy(&part[..count]))));
            }
        }
    }
    writeln!(io::stdout(), "{}", connections.len())?;
    // Until there is no more of it.
    lines.next();
    Ok(())
}

/// It is ended in any case.
struct Crowd(Child);

impl Drop for Crowd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn crowd(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let count = CROWD.min(limit.saturating_sub(OTHERS));
    if count < CROWD {
        eprintln!("crowd: {count} connections, as no more than {limit} files may be open");
    }
    let caller = mesh.caller_of_instance("legacy", "api", 8080);
    answered(caller.call(&get("/")), 200, "api")?;
    let before = mesh.taken("api")?;
    let mut command = mesh.command("legacy", &std::env::current_exe()?);
    command.args([WORD, &caller.called().0.to_string(), &count.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut crowd = Crowd(command.spawn()?);
    let mut told = BufReader::new(crowd.0.stdout.take().ok_or("it says nothing")?);
    let (silent, asked) = if mesh.data_plane().name() == "meshglot" { OURS } else { OTHER };
    for (what, most) in [("silent", silent), ("asked once", asked)] {
        let mut line = String::new();
        told.read_line(&mut line)?;
        if line.trim() != count.to_string() {
            return Err(format!("{what}: {line}").into());
        }
        serves(&caller)?;
        let each = mesh.taken("api")?.resident.saturating_sub(before.resident) as f64 / count as f64;
        eprintln!("crowd: {count} connections, {what}: {each:.2} KiB each");
        if each > most {
            return Err(format!("{what}: {each:.2} KiB each").into());
        }
        crowd.0.stdin.as_mut().ok_or("it hears nothing")?.write_all(b"\n")?;
    }
    drop(crowd);
    serves(&caller)
}

/// Ten requests are answered, and soon.
fn serves(caller: &Caller) -> Result<(), Failed> {
    let (answered, took) = timed(|| (0..10).try_for_each(|_| answered(caller.call(&get("/")), 200, "api").map(drop)));
    answered?;
    if took.as_secs() < 3 { Ok(()) } else { Err(format!("ten requests took {took:?}").into()) }
}
