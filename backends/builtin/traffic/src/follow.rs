//! Listens to the calls of one proxy: at its tap, or, of an Envoy, in its log.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::line::{Told, told};
use crate::log::Log;
use crate::names::Names;
use crate::places::Place;
use crate::ring::Ring;
use crate::socket::{Silence, lines};

/// How long until a proxy that has gone is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// How often a log is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// A line that is longer is left out: a head that a proxy takes has 60 KiB, and each of its bytes may take six in JSON.
const LONGEST: usize = 512 << 10;

/// One proxy, and where its calls go.
pub(crate) struct Follower {
    pub(crate) place: Place,
    pub(crate) names: Arc<dyn Names>,
    pub(crate) ring: Arc<Ring>,
}

impl Follower {
    /// Listens until it is aborted, and comes back where the proxy does.
    pub(crate) async fn run(self) {
        loop {
            match lines(&*self.place.way, "/tap").await {
                Ok(mut lines) => {
                    let mut pieces = Pieces::default();
                    while let Ok(Some(piece)) = lines.next().await {
                        pieces.add(&piece, |line| self.take(line));
                    }
                }
                Err(Silence::Unknown) => self.read_log().await,
                Err(_) => {}
            }
            sleep(PAUSE).await;
        }
    }

    /// Until it is gone: an Envoy that is started again goes on with the same.
    async fn read_log(&self) {
        let Some(path) = self.place.way.log() else { return };
        let Ok(Ok(mut log)) = tokio::task::spawn_blocking(move || Log::end(path)).await else { return };
        let mut pieces = Pieces::default();
        loop {
            let read = tokio::task::spawn_blocking(move || (log.more(), log)).await;
            let Ok((Ok(piece), back)) = read else { return };
            log = back;
            if piece.is_empty() {
                sleep(LOOK).await;
            }
            pieces.add(&piece, |line| self.take(line));
        }
    }

    fn take(&self, line: &str) {
        match told(line, &self.place.workload, &*self.names) {
            Some(Told::Call(call)) => self.ring.put(*call),
            Some(Told::LeftOut(count)) => self.ring.lose(count),
            None => {}
        }
    }
}

/// Lines that come in pieces.
#[derive(Default)]
struct Pieces {
    begun: Vec<u8>,
    /// The line that is begun is too long.
    is_long: bool,
}

impl Pieces {
    fn add(&mut self, piece: &[u8], mut take: impl FnMut(&str)) {
        let mut rest = piece;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.begin(&rest[..end]);
            rest = &rest[end + 1..];
            let line = std::mem::take(&mut self.begun);
            if !std::mem::take(&mut self.is_long) {
                take(&String::from_utf8_lossy(&line));
            }
        }
        self.begin(rest);
    }

    fn begin(&mut self, piece: &[u8]) {
        self.is_long |= self.begun.len() + piece.len() > LONGEST;
        if self.is_long {
            self.begun = Vec::new();
        } else {
            self.begun.extend_from_slice(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_however_they_come() {
        let mut pieces = Pieces::default();
        let mut lines = Vec::new();
        for piece in ["a", "b\n", "", "c\nd\ne", "f\n"] {
            pieces.add(piece.as_bytes(), |line| lines.push(line.to_owned()));
        }
        assert_eq!(lines, ["ab", "c", "d", "ef"]);
    }

    #[test]
    fn a_line_without_end_is_left_out_and_not_kept() {
        let mut pieces = Pieces::default();
        let mut lines = Vec::new();
        for _ in 0..20 {
            pieces.add(&[b'x'; 64 << 10], |line| lines.push(line.len()));
            assert!(pieces.begun.len() <= LONGEST);
        }
        pieces.add(b"x\nshort\n", |line| lines.push(line.len()));
        assert_eq!(lines, [5]);
    }
}
