//! A view of a scripted mesh, for the tests in a browser: `live PORT FOLDER`. It prints its address, and obeys lines on its standard
//! input until that ends:
//!
//! | Line | Does |
//! |---|---|
//! | `calls N PATH` | so many calls that are allowed, of `PATH/1` and so on |
//! | `denied N PATH` | the same of calls that are denied |
//! | `every MS` | a call each so many milliseconds from then on; 0: none |
//! | `happens WORDS` | an event |
//! | `stale WORKLOAD` | a proxy that is behind |

#[path = "../tests/pages/scripted.rs"]
mod scripted;

use std::error::Error;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use meshglot_observed::{Kind, ProxyAnswer, Sync};
use meshglot_translator::parse::Source;
use meshglot_translator::resolve::ReadOptions;
use meshglot_web::{Host, Hosts, Settings, Snapshot, router};
use tokio::net::TcpListener;

use scripted::{Running, Scripted, call, denied, proxy};

/// What the folder's files say, by name.
fn snapshot(folder: &Path) -> std::io::Result<Snapshot> {
    let entries: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.sort();
    let source = |path: &PathBuf| Ok(Source::new(path.display().to_string(), std::fs::read_to_string(path)?));
    let sources: std::io::Result<Vec<_>> = files.iter().map(source).collect();
    Ok(Snapshot::new(1, sources?, Vec::new(), ReadOptions::default()))
}

/// A mesh in which a little has happened; callers send markup, too.
fn mesh() -> Scripted {
    let live = Scripted::new();
    ["shop/reviews-v1", "shop/reviews-v2", "shop/web"].into_iter().for_each(|workload| live.proxy(proxy(workload)));
    live.proxy(ProxyAnswer { sync: Sync::Absent, instance: None, since: None, revision: None, ..proxy("shop/batch") });
    live.happens(Kind::InForce, "", "policy 7 is in force");
    live.happens(Kind::Trouble, "shop/batch", "no proxy is connected");
    for nth in 0..40 {
        live.call(call(&format!("/reviews/{nth}")));
    }
    live.call(denied("/reviews/\"><xss-probe onclick=window.__xss=1>"));
    live
}

fn obey(live: &Scripted, line: &str, every: &AtomicU64) {
    let words: Vec<&str> = line.split(' ').collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse().ok()).unwrap_or_default();
    match words[..] {
        ["calls", _, path] => (1..=number(1)).for_each(|nth| _ = live.call(call(&format!("{path}/{nth}")))),
        ["denied", _, path] => (1..=number(1)).for_each(|nth| _ = live.call(denied(&format!("{path}/{nth}")))),
        ["every", _] => every.store(number(1), Ordering::SeqCst),
        ["happens", ..] => _ = live.happens(Kind::Note, "", &words[1..].join(" ")),
        ["stale", workload] => live.proxy(ProxyAnswer { sync: Sync::Stale, revision: Some(5), ..proxy(workload) }),
        _ => eprintln!("not understood: {line}"),
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, folder] = &arguments[..] else { return Err("live PORT FOLDER".into()) };
    let listener = TcpListener::bind(("127.0.0.1", port.parse::<u16>()?)).await?;
    let address = listener.local_addr()?;
    let live = mesh();
    // On any port: a test may stand between.
    let hosts = Hosts::new(vec![Host::new("127.0.0.1")]);
    let input = ["-f", "mesh", "-R"].map(str::to_owned).into();
    // Without a door a browser that comes back after a restart is let in.
    let settings = Settings { base: "/".to_owned(), hosts, door: None, input, pipe: None };
    let source = Running { snapshot: Arc::new(snapshot(Path::new(folder))?), live: live.clone() };
    let every = Arc::new(AtomicU64::new(0));
    let (told, often) = (live.clone(), every.clone());
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            obey(&told, &line, &often);
        }
        // Whoever started it is gone.
        std::process::exit(0);
    });
    tokio::spawn(async move {
        loop {
            let pause = every.load(Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(if pause == 0 { 20 } else { pause })).await;
            if pause > 0 {
                live.call(call("/steady"));
            }
        }
    });
    eprintln!("http://{address}/");
    axum::serve(listener, router(source, settings)).await?;
    Ok(())
}
