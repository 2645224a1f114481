//! What a controller tells whoever has started it.

use std::fmt;

use meshglot_translator::render::ObjectId;

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Everything was listed once: from now on it writes. How many objects of policy, and how many rendered ones are wanted.
    Ready(usize, usize),
    /// Another controller writes, by this name if it is known; this one is ready to.
    Standby(Option<String>),
    /// An object of ours was written.
    Applied(ObjectId),
    /// Somebody had changed an object of ours, and it is as it was.
    Corrected(ObjectId),
    /// An object of ours was deleted.
    Deleted(ObjectId),
    /// An object cannot be written, in words.
    Refused(ObjectId, String),
    /// Nothing is written for a backend: it would allow more than was written. The codes that say why.
    Withheld(&'static str, Vec<&'static str>),
    /// A Mesh is on its way from a backend to another one, or has arrived, in words.
    Passage(String),
    /// A kind is not installed, or is again.
    Installed(&'static str, bool),
    /// The certificate of the webhook, or who trusts it, is otherwise, in words.
    Webhook(String),
    /// The API server does not answer as it should, in words.
    Trouble(String),
}

impl Told {
    /// Whether somebody should look at it.
    pub fn is_warning(&self) -> bool {
        matches!(self, Self::Refused(..) | Self::Withheld(..) | Self::Installed(_, false) | Self::Trouble(_))
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(policy, wanted) => write!(f, "in force: policy objects {policy}, rendered objects {wanted}"),
            Self::Standby(Some(holder)) => write!(f, "standing by: {holder} writes"),
            Self::Standby(None) => f.write_str("standing by"),
            Self::Applied(id) => write!(f, "applied {}", id.path()),
            Self::Corrected(id) => write!(f, "corrected {}: somebody else had changed it", id.path()),
            Self::Deleted(id) => write!(f, "deleted {}", id.path()),
            Self::Refused(id, why) => write!(f, "{}: {why}", id.path()),
            Self::Withheld(backend, codes) => {
                write!(f, "nothing is written for {backend}: it would allow more than the policy says ({})", codes.join(", "))
            }
            Self::Installed(kind, true) => write!(f, "{kind} is installed"),
            Self::Installed(kind, false) => write!(f, "{kind} is not installed"),
            Self::Webhook(what) => write!(f, "webhook: {what}"),
            Self::Passage(words) | Self::Trouble(words) => f.write_str(words),
        }
    }
}
