//! A server in place of an application: it keeps what it receives, and says what it is told to.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use libtest_mimic::Failed;
use meshglot_suite::Mesh;

use super::message::{Message, Parsed, parse};

/// The workload whose application it replaces.
pub(crate) const ON: &str = "api-v2";

/// What it says to a request; `false`: and closes.
pub(crate) type Says = dyn Fn(&Message) -> (Vec<u8>, bool) + Send + Sync;

/// It ends when this is dropped, and its connections with it.
pub(crate) struct Backend {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    stop: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
    received: Mutex<Vec<Message>>,
    doubtful: Mutex<Vec<String>>,
    says: Box<Says>,
}

/// Plays something with a server in place of the application of [`ON`], which comes back afterwards.
pub(crate) fn with_backend(
    mesh: &mut Mesh,
    says: impl Fn(&Message) -> (Vec<u8>, bool) + Send + Sync + 'static,
    play: impl FnOnce(&Mesh, &Backend) -> Result<(), Failed>,
) -> Result<(), Failed> {
    mesh.apply("")?;
    in_place(mesh, says, play)
}

/// The same under whatever policy there is.
pub(crate) fn in_place(
    mesh: &mut Mesh,
    says: impl Fn(&Message) -> (Vec<u8>, bool) + Send + Sync + 'static,
    play: impl FnOnce(&Mesh, &Backend) -> Result<(), Failed>,
) -> Result<(), Failed> {
    mesh.stop_applications(ON);
    let played = Backend::start(mesh, Box::new(says)).and_then(|backend| play(mesh, &backend));
    mesh.start_applications(ON)?;
    played
}

/// Tells the request as it came.
pub(crate) fn told(request: &Message) -> (Vec<u8>, bool) {
    let mut body = request.first.clone();
    request.headers.iter().for_each(|(name, value)| body.push_str(&format!("\n{name}: {value}")));
    (format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes(), true)
}

impl Backend {
    fn start(mesh: &Mesh, says: Box<Says>) -> Result<Self, Failed> {
        let listener = mesh.listen(ON, 8080)?;
        listener.set_nonblocking(true)?;
        let shared =
            Shared { stop: AtomicBool::new(false), open: Mutex::default(), received: Mutex::default(), doubtful: Mutex::default(), says };
        let shared = Arc::new(shared);
        let own = shared.clone();
        Ok(Self { shared, thread: Some(std::thread::spawn(move || accept(&listener, &own))) })
    }

    /// Requests that came.
    pub(crate) fn received(&self) -> Vec<Message> {
        self.shared.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What came that others may read otherwise.
    pub(crate) fn doubtful(&self) -> Vec<String> {
        self.shared.doubtful.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Backend {
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
        std::thread::spawn(move || serve(stream, &shared));
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) {
    if stream.set_nonblocking(false).and_then(|()| stream.set_nodelay(true)).is_err() {
        return;
    }
    let (mut bytes, mut part) = (Vec::new(), [0; 16 * 1024]);
    loop {
        match parse(&bytes, false) {
            Parsed::Whole(request, length) => {
                bytes.drain(..length);
                let (says, stays) = (shared.says)(&request);
                shared.received.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                if stream.write_all(&says).is_err() || !stays {
                    let _ = stream.shutdown(Shutdown::Both);
                    return;
                }
            }
            Parsed::Doubtful(why) => {
                shared.doubtful.lock().unwrap_or_else(PoisonError::into_inner).push(why);
                let _ = stream.shutdown(Shutdown::Both);
                return;
            }
            Parsed::Part => match stream.read(&mut part) {
                Ok(count) if count > 0 => bytes.extend_from_slice(&part[..count]),
                _ => return,
            },
        }
    }
}
