//! Exit codes: one table for every command, the same for every output format.

use std::io;

use meshglot_translator::diagnostic::nearest;

use crate::Io;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, or the answer is yes.
    Ok,
    /// 1: the answer is no: differences, findings, losses that were not accepted.
    No,
    /// The same, by the number that the user asked for.
    Chosen(u8),
    /// 2: the command line makes no sense.
    Usage,
    /// 3: input is unreadable or invalid.
    Invalid,
    /// 4: nobody answers, or what is asked for is not there.
    Unreachable,
    /// 5: it took longer than it may.
    TimedOut,
    /// 6: something of somebody else stands in the way; nothing was overwritten.
    Conflict,
    /// 70: a mistake of ours.
    Internal,
}

impl Exit {
    /// Of an address that cannot be listened on.
    pub(crate) fn of_address(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::AddrInUse { Self::Conflict } else { Self::Usage }
    }

    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::No => 1,
            Self::Chosen(code) => code,
            Self::Usage => 2,
            Self::Invalid => 3,
            Self::Unreachable => 4,
            Self::TimedOut => 5,
            Self::Conflict => 6,
            Self::Internal => 70,
        }
    }
}

/// What stopped a command.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Told to the user, then the exit code.
    Told { exit: Exit, message: String, help: Option<String> },
    /// A stream could not be written. A closed pipe is no failure.
    Stream(io::Error),
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self::Told { exit, message: message.into(), help: None }
    }

    pub(crate) fn help(self, text: impl Into<String>) -> Self {
        match self {
            Self::Told { exit, message, .. } => Self::Told { exit, message, help: Some(text.into()) },
            stream @ Self::Stream(_) => stream,
        }
    }

    /// Says which of these words was meant, if one is near.
    pub(crate) fn did_you_mean<'w>(self, written: &str, words: impl IntoIterator<Item = &'w str>) -> Self {
        match nearest(written, words) {
            Some(word) => self.help(format!("did you mean {word}?")),
            None => self,
        }
    }

    /// What happened, in one line.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Told { message, .. } => message.clone(),
            Self::Stream(error) => error.to_string(),
        }
    }

    /// Says it on stderr and gives the exit code.
    pub(crate) fn tell(self, io: &mut Io<'_>) -> Exit {
        match self {
            Self::Told { exit, message, help } => {
                let help = help.map(|text| format!(" ({text})")).unwrap_or_default();
                // If stderr is gone too there is nobody left to tell.
                let _ = writeln!(io.stderr, "error: {message}{help}");
                exit
            }
            Self::Stream(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Ok,
            Self::Stream(error) => {
                let _ = writeln!(io.stderr, "error: cannot write: {error}");
                Exit::Internal
            }
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Stream(error)
    }
}

/// The answer of a command that may be stopped.
pub(crate) type Outcome = Result<Exit, Failure>;
