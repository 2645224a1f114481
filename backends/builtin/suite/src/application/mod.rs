//! Applications: what they answer tells who answered, and what came.

mod bytes;
mod grpc;
mod http;
mod http2;

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::namespace::Namespace;
use crate::workload::Serves;

pub(crate) use bytes::WELCOME;
pub(crate) use http::converse;

/// How often an application looks whether it is to end.
const LOOK: Duration = Duration::from_millis(2);

/// One port of one application; it ends when this is dropped, and its connections with it.
pub struct Application {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What all connections of an application know.
pub(crate) struct Shared {
    /// Who answers.
    pub(crate) name: &'static str,
    stop: AtomicBool,
    /// Before every answer, in milliseconds.
    delay: AtomicU64,
    open: Mutex<HashMap<u64, TcpStream>>,
}

impl Application {
    /// Listens on a port of a host.
    ///
    /// # Errors
    /// The port is taken.
    pub fn start(host: &Namespace, name: &'static str, port: u16, serves: Serves) -> io::Result<Self> {
        let listener = host.within(|| TcpListener::bind(SocketAddr::from(([0, 0, 0, 0], port))))?;
        listener.set_nonblocking(true)?;
        let shared = Arc::new(Shared { name, stop: AtomicBool::new(false), delay: AtomicU64::new(0), open: Mutex::default() });
        let own = shared.clone();
        let thread = std::thread::spawn(move || match serves {
            Serves::Grpc | Serves::GrpcUnsaid => grpc::serve(listener, &own),
            Serves::Http | Serves::Echo | Serves::Banner | Serves::Either => accept(&listener, &own, serves),
        });
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Lets it wait so long before every answer to a request.
    pub(crate) fn set_delay(&self, delay: Duration) {
        self.shared.delay.store(delay.as_millis().try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        for stream in self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn has_ended(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn wait(&self) {
        std::thread::sleep(Duration::from_millis(self.delay.load(Ordering::Relaxed)));
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>, serves: Serves) {
    let mut count = 0;
    while !shared.has_ended() {
        let Ok((stream, _)) = listener.accept() else {
            std::thread::sleep(LOOK);
            continue;
        };
        count += 1;
        let shared = shared.clone();
        std::thread::spawn(move || {
            if let Ok(own) = stream.try_clone() {
                shared.open.lock().unwrap_or_else(PoisonError::into_inner).insert(count, own);
            }
            // Who hangs up in the middle is no mistake of the application.
            let _ = serve(stream, &shared, serves);
            shared.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&count);
        });
    }
}

fn serve(stream: TcpStream, shared: &Shared, serves: Serves) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let requests = match serves {
        Serves::Http => {
            if http2::begins(&stream)? {
                return http2::serve(stream, shared.name);
            }
            true
        }
        Serves::Either => {
            let mut first = [0];
            stream.peek(&mut first)?;
            first[0].is_ascii_uppercase()
        }
        Serves::Echo | Serves::Banner | Serves::Grpc | Serves::GrpcUnsaid => false,
    };
    if requests { converse(stream, shared.name, &|| shared.wait()) } else { bytes::serve(stream, shared.name, serves) }
}
