//! When something last happened on a connection: enough to end those that only wait, without a timer for each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Seconds since the process began, as whoever looks after connections last set them.
#[derive(Debug, Default)]
pub(crate) struct Seconds(AtomicU32);

impl Seconds {
    pub(crate) fn now(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self, now: u32) {
        self.0.store(now, Ordering::Relaxed);
    }
}

/// What happens on one connection.
#[derive(Debug)]
pub(crate) struct Activity {
    seconds: Arc<Seconds>,
    /// When bytes came last; where they come in frames, when a request ended.
    last: AtomicU32,
    /// When bytes came of a request that is not there yet, plus one; 0: none did.
    head: AtomicU32,
    /// How many requests are being answered.
    requests: AtomicU32,
    /// Whether there was a request at all.
    begun: AtomicBool,
    /// Whether bytes come in frames, of which few belong to the head of a request.
    framed: AtomicBool,
}

impl Activity {
    pub(crate) fn new(seconds: Arc<Seconds>) -> Arc<Self> {
        let last = AtomicU32::new(seconds.now());
        Arc::new(Self {
            seconds,
            last,
            head: AtomicU32::new(0),
            requests: AtomicU32::new(0),
            begun: AtomicBool::new(false),
            framed: AtomicBool::new(false),
        })
    }

    /// Bytes came.
    pub(crate) fn came(&self) {
        if self.framed.load(Ordering::Relaxed) {
            return;
        }
        let now = self.seconds.now();
        self.last.store(now, Ordering::Relaxed);
        if self.requests.load(Ordering::Relaxed) == 0 && self.head.load(Ordering::Relaxed) == 0 {
            self.head.store(now + 1, Ordering::Relaxed);
        }
    }

    /// From now on bytes come in frames: what comes may be a ping, which is no request, nor need one follow.
    pub(crate) fn framed(&self) {
        self.framed.store(true, Ordering::Relaxed);
        self.head.store(0, Ordering::Relaxed);
    }

    /// A request is there.
    pub(crate) fn begin(&self) {
        self.head.store(0, Ordering::Relaxed);
        self.begun.store(true, Ordering::Relaxed);
        // One thread alone writes.
        self.requests.store(self.requests.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Whether there was a request at all.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// It was answered.
    pub(crate) fn end(&self) {
        self.requests.store(self.requests.load(Ordering::Relaxed).saturating_sub(1), Ordering::Relaxed);
        self.last.store(self.seconds.now(), Ordering::Relaxed);
    }

    /// For how many seconds nothing came while nothing was asked.
    pub(crate) fn idle(&self) -> Option<u32> {
        let is_idle = self.requests.load(Ordering::Relaxed) == 0;
        is_idle.then(|| self.seconds.now().saturating_sub(self.last.load(Ordering::Relaxed)))
    }

    /// For how many seconds a request has been coming that is not there yet.
    pub(crate) fn head(&self) -> Option<u32> {
        let began = self.head.load(Ordering::Relaxed).checked_sub(1)?;
        Some(self.seconds.now().saturating_sub(began))
    }
}
