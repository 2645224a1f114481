//! The server that everything is sent to: it keeps each request as it came, and answers the very bytes that it is told to.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use libtest_mimic::Failed;
use meshglot_suite::Mesh;

use super::told::Told;
use super::wire::{Sort, message};
use super::{http2, wire};

/// The workload whose application it replaces.
pub(super) const ON: &str = "api-v2";

/// What it answers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Says {
    /// These bytes, and waits for the next request.
    Stays(&'static [u8]),
    /// These bytes, and ends.
    Ends(&'static [u8]),
    /// Nothing.
    Nothing,
    /// By HTTP/2.
    Http2(&'static http2::Answer),
}

/// It ends when this is dropped, and its connections with it.
pub(super) struct Server {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

pub(super) struct Shared {
    stop: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
    received: Mutex<Vec<Told>>,
    says: Mutex<Says>,
}

impl Server {
    pub(super) fn start(mesh: &Mesh) -> Result<Self, Failed> {
        let listener = mesh.listen(ON, 8080)?;
        listener.set_nonblocking(true)?;
        let says = Mutex::new(Says::Nothing);
        let shared = Arc::new(Shared { stop: AtomicBool::new(false), open: Mutex::default(), received: Mutex::default(), says });
        let own = shared.clone();
        Ok(Self { shared, thread: Some(std::thread::spawn(move || accept(&listener, &own))) })
    }

    /// From now on it answers so.
    pub(super) fn says(&self, says: Says) {
        *self.shared.says.lock().unwrap_or_else(PoisonError::into_inner) = says;
    }

    /// Requests that came since this was asked last.
    pub(super) fn received(&self) -> Vec<Told> {
        std::mem::take(&mut self.shared.received.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shared {
    pub(super) fn note(&self, request: Told) -> Says {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        *self.says.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        for stream in self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while !shared.stop.load(Ordering::Relaxed) {
        let Ok((stream, _)) = listener.accept() else {
            std::thread::sleep(Duration::from_millis(1));
            continue;
        };
        if let Ok(own) = stream.try_clone() {
            shared.open.lock().unwrap_or_else(PoisonError::into_inner).push(own);
        }
        let shared = shared.clone();
        // Who ends in the middle is no mistake of the server.
        std::thread::spawn(move || drop(serve(stream, &shared)));
    }
}

fn serve(mut stream: TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    let mut first = [0; 3];
    if stream.peek(&mut first)? == first.len() && first == *b"PRI" {
        return http2::serve(stream, shared);
    }
    let (mut bytes, mut part) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let Some((request, length)) = message(&bytes, Sort::Request, false) else {
            match stream.read(&mut part)? {
                0 if bytes.is_empty() => return Ok(()),
                0 => {
                    // Half a request is a request, too, and nobody is left to be answered.
                    let half = Told { head: vec!["half a request".to_owned()], body: wire::text(&bytes), ..Told::default() };
                    shared.note(half);
                    return Ok(());
                }
                count => bytes.extend_from_slice(&part[..count]),
            }
            continue;
        };
        bytes.drain(..length);
        match shared.note(request) {
            Says::Stays(answer) => stream.write_all(answer)?,
            Says::Ends(answer) => {
                stream.write_all(answer)?;
                return stream.shutdown(Shutdown::Both);
            }
            Says::Nothing | Says::Http2(_) => {}
        }
    }
}
