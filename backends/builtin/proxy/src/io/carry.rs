//! Carries bytes to and fro between two ends.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much is read at once, and how much waits in either direction for who reads slowly.
const LARGEST: usize = 64 << 10;

thread_local! {
    /// What is read into. Bytes stay there only until they are written on, so that connections of a thread share it, and those that carry
    /// nothing hold no memory for what they may carry.
    static SCRATCH: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// Until both ends have said all, each of which is told when the other has.
///
/// # Errors
/// An end breaks.
pub(crate) async fn carry(
    one: &mut (impl AsyncRead + AsyncWrite + Unpin),
    other: &mut (impl AsyncRead + AsyncWrite + Unpin),
) -> io::Result<()> {
    let (mut there, mut back) = (Way::default(), Way::default());
    poll_fn(|context| {
        let there = there.poll(context, one, other)?;
        let back = back.poll(context, other, one)?;
        if there.is_ready() && back.is_ready() { Poll::Ready(Ok(())) } else { Poll::Pending }
    })
    .await
}

/// One direction.
#[derive(Default)]
struct Way {
    /// What was read and the other end has not taken yet, from `taken` on.
    left: Vec<u8>,
    taken: usize,
    /// Whether what was written may wait to be sent.
    is_behind: bool,
    phase: Phase,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    /// Nothing more comes; the other end is to be told.
    Ended,
    /// It has been told.
    Told,
}

impl Way {
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        from: &mut (impl AsyncRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.write_left(context, to))?;
            match self.phase {
                Phase::Open => {
                    let mut scratch = SCRATCH.take().unwrap_or_else(|| vec![0; LARGEST].into_boxed_slice());
                    let passed = self.pass(context, from, to, &mut scratch);
                    SCRATCH.set(Some(scratch));
                    if passed.is_pending() && self.left.is_empty() {
                        // Nothing is under way: no memory is held for it.
                        self.left = Vec::new();
                        if self.is_behind {
                            ready!(Pin::new(&mut *to).poll_flush(context))?;
                            self.is_behind = false;
                        }
                    }
                    ready!(passed)?;
                }
                Phase::Ended => {
                    ready!(Pin::new(&mut *to).poll_shutdown(context))?;
                    self.phase = Phase::Told;
                }
                Phase::Told => return Poll::Ready(Ok(())),
            }
        }
    }

    fn write_left(&mut self, context: &mut Context<'_>, to: &mut (impl AsyncWrite + Unpin)) -> Poll<io::Result<()>> {
        while self.taken < self.left.len() {
            let written = ready!(Pin::new(&mut *to).poll_write(context, &self.left[self.taken..]))?;
            self.taken += some(written)?;
        }
        self.left.clear();
        self.taken = 0;
        Poll::Ready(Ok(()))
    }

    /// Reads once, and writes what it can of that.
    fn pass(
        &mut self,
        context: &mut Context<'_>,
        from: &mut (impl AsyncRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
        scratch: &mut [u8],
    ) -> Poll<io::Result<()>> {
        let mut buffer = ReadBuf::new(scratch);
        ready!(Pin::new(from).poll_read(context, &mut buffer))?;
        let bytes = buffer.filled();
        if bytes.is_empty() {
            self.phase = Phase::Ended;
            return Poll::Ready(Ok(()));
        }
        self.is_behind = true;
        let written = match Pin::new(to).poll_write(context, bytes)? {
            Poll::Ready(written) => some(written)?,
            Poll::Pending => 0,
        };
        self.left.extend_from_slice(&bytes[written..]);
        Poll::Ready(Ok(()))
    }
}

/// Who takes none of some bytes takes none ever.
fn some(written: usize) -> io::Result<usize> {
    if written == 0 { Err(io::ErrorKind::WriteZero.into()) } else { Ok(written) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    fn run<T>(test: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(test)
    }

    /// Says all in pieces, and hears all.
    async fn converse(mut end: DuplexStream, pieces: Vec<Vec<u8>>) -> Vec<u8> {
        let (mut read, mut write) = tokio::io::split(&mut end);
        let said = async {
            for piece in pieces {
                write.write_all(&piece).await.expect("it is open");
                tokio::task::yield_now().await;
            }
            write.shutdown().await.expect("it is open");
        };
        let mut heard = Vec::new();
        let (_, read) = tokio::join!(said, read.read_to_end(&mut heard));
        read.expect("it is open");
        heard
    }

    fn any_pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
        prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..10)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

        /// Whatever is said on either side, and however little fits in between, the other side hears it, and that it was all.
        #[test]
        fn everything_comes_through(one in any_pieces(), other in any_pieces(), sizes in (1..300_usize, 1..300_usize)) {
            let heard = run(async {
                let ((a, mut b), (mut c, d)) = (duplex(sizes.0), duplex(sizes.1));
                tokio::join!(converse(a, one.clone()), carry(&mut b, &mut c), converse(d, other.clone()))
            });
            prop_assert_eq!(heard.0, other.concat());
            prop_assert!(heard.1.is_ok());
            prop_assert_eq!(heard.2, one.concat());
        }
    }

    #[test]
    fn who_reads_slowly_slows_who_writes() {
        run(async {
            let ((mut a, mut b), (mut c, d)) = (duplex(1 << 20), duplex(10));
            let text = vec![1; 4 * LARGEST];
            a.write_all(&text).await.expect("it fits");
            let carrying = async { carry(&mut b, &mut c).await };
            tokio::select! {
                biased;
                _ = carrying => panic!("nobody has ended"),
                () = tokio::task::yield_now() => {}
            }
            let mut kept = vec![0; text.len()];
            assert_eq!(b.read(&mut kept).await.expect("it is open"), 3 * LARGEST, "one piece was taken, and no more");
            drop(d);
        });
    }

    #[test]
    fn who_says_nothing_holds_nothing() {
        run(async {
            let ((mut a, mut b), (mut c, mut d)) = (duplex(1000), duplex(10));
            let mut way = Way::default();
            a.write_all(&[7; 500]).await.expect("it fits");
            let mut poll = || {
                let polled = poll_fn(|context| Poll::Ready(way.poll(context, &mut b, &mut c).is_pending()));
                futures_util::FutureExt::now_or_never(polled).map(|pending| (pending, way.left.capacity()))
            };
            assert!(poll().is_some_and(|(pending, held)| pending && held >= 490));
            let mut heard = [0; 500];
            for piece in heard.chunks_mut(10) {
                d.read_exact(piece).await.expect("it is open");
                poll();
            }
            assert_eq!(poll(), Some((true, 0)));
            assert_eq!(heard, [7; 500]);
        });
    }
}
