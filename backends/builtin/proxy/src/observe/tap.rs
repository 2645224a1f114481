//! What passes, told to whoever watches; nothing is written where nobody does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use tokio::sync::broadcast::{Receiver, Sender, channel};

use super::line::{Told, write};
use crate::table::{LogField, LogFormat, LogValue};

/// So many lines wait for who reads slowly.
const WAITING: usize = 1024;

/// Where lines are told.
#[derive(Clone, Debug)]
pub(crate) struct Tap {
    sender: Sender<Bytes>,
    /// How many watch: the channel would take a lock to say so, and each call asks.
    watching: Arc<AtomicUsize>,
}

/// Somebody who watches.
pub(crate) struct Watch {
    pub(crate) lines: Receiver<Bytes>,
    watching: Arc<AtomicUsize>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.watching.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Tap {
    pub(crate) fn new() -> Self {
        Self { sender: channel(WAITING).0, watching: Arc::default() }
    }

    /// Lines from now on.
    pub(crate) fn watch(&self) -> Watch {
        let lines = self.sender.subscribe();
        self.watching.fetch_add(1, Ordering::Relaxed);
        Watch { lines, watching: self.watching.clone() }
    }

    /// Tells one, if somebody watches.
    pub(crate) fn tell(&self, kind: TapKind, told: &dyn Told) {
        if self.watching.load(Ordering::Relaxed) == 0 {
            return;
        }
        let format = match kind {
            TapKind::Inbound => &FORMATS[0],
            TapKind::Outbound => &FORMATS[1],
        };
        let mut line = Vec::with_capacity(512);
        write(format, told, &mut line);
        // Who watched a moment ago may be gone.
        let _ = self.sender.send(line.into());
    }
}

/// Whose call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TapKind {
    Inbound,
    Outbound,
}

impl From<crate::table::Direction> for TapKind {
    fn from(direction: crate::table::Direction) -> Self {
        match direction {
            crate::table::Direction::Inbound => Self::Inbound,
            crate::table::Direction::Outbound => Self::Outbound,
        }
    }
}

/// Of calls that come, and of calls that go: the same whatever the access log is told to be.
static FORMATS: LazyLock<[LogFormat; 2]> = LazyLock::new(|| ["inbound", "outbound"].map(format));

fn format(direction: &str) -> LogFormat {
    let values = [
        ("attempts", LogValue::Attempts),
        ("authority", LogValue::Authority),
        ("bytes_in", LogValue::BytesReceived),
        ("bytes_out", LogValue::BytesSent),
        ("cluster", LogValue::Cluster),
        ("destination", LogValue::LocalAddress),
        ("details", LogValue::Details),
        ("direction", LogValue::Text(direction.into())),
        ("duration_ms", LogValue::Duration),
        ("flags", LogValue::Flags),
        ("method", LogValue::Method),
        ("path", LogValue::Path),
        ("peer", LogValue::PeerId),
        ("policy", LogValue::Access("allow_enforced_effective_policy_id".into())),
        ("policy_denied_by", LogValue::Access("deny_enforced_effective_policy_id".into())),
        ("protocol", LogValue::Protocol),
        ("route", LogValue::Route),
        ("source", LogValue::RemoteAddress),
        ("start", LogValue::Start),
        ("status", LogValue::Status),
        ("upstream", LogValue::Upstream),
    ];
    LogFormat { fields: values.map(|(key, value)| LogField { key: format!("\"{key}\"").into(), value }).into() }
}
