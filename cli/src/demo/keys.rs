//! Keys that are pressed while the demo runs, one by one; the terminal is as it was when this is dropped.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use std::io::{IsTerminal as _, stdin};

/// How soon a thread that waits for a key learns that nobody wants it.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// A terminal that gives keys as they are pressed.
pub(super) struct Keys(Termios);

impl Keys {
    /// `None`: there is no terminal, or it is another's at the moment. Each key goes to `press` until that says no.
    pub(super) fn listen(press: impl Fn(u8) -> bool + Send + 'static) -> Option<Self> {
        let terminal = stdin();
        // Whoever reads from the background is stopped.
        if !terminal.is_terminal() || tcgetpgrp(&terminal).ok()? != getpgrp() {
            return None;
        }
        let before = tcgetattr(&terminal).ok()?;
        let mut now = before.clone();
        // Ctrl-C stays a signal.
        now.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        tcsetattr(&terminal, OptionalActions::Now, &now).ok()?;
        std::thread::spawn(move || {
            let terminal = stdin();
            let mut key = [0];
            loop {
                let mut ready = [PollFd::new(&terminal, PollFlags::IN)];
                let pressed = match poll(&mut ready, Some(&LOOK)) {
                    Ok(0) => press(0),
                    // Not by the stream of the library: another thread holds its lock.
                    Ok(_) => rustix::io::read(&terminal, &mut key).is_ok_and(|read| read == 1) && press(key[0]),
                    Err(rustix::io::Errno::INTR) => true,
                    Err(_) => false,
                };
                if !pressed {
                    return;
                }
            }
        });
        Some(Self(before))
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.0);
    }
}
