//! What a mesh does with one request: the words that the neutral reading and every vendor's reading share.
//!
//! Readings are written from the rules of the vendor, never from our renderers, so that one can judge the other.

pub mod asked;
mod by_label;
pub mod fields;
mod inventory;
mod matcher;
pub mod maybe;
pub(crate) mod neutral;
mod path;
mod request;
mod sample;

pub use by_label::ByLabel;
pub use inventory::{Callee, Inventory};
pub(crate) use neutral::Admission;
pub use neutral::Neutral;
pub use path::{Spelling, normalised};
pub use request::{Call, Caller, Decision, Fraction, Outcome, Request, Verdict};
pub use sample::sample;

/// Reads one mesh's objects and tells what becomes of requests.
pub trait Evaluate: Send + Sync {
    /// What becomes of this request. What cannot be read is [`Verdict::Unknown`], never an allow.
    fn evaluate(&self, request: &Request) -> Decision;

    /// The same for a caller with this SPIFFE ID, without `spiffe://`, of whatever trust domain, in place of its
    /// account's. `None`: this reading knows callers by their account alone.
    fn evaluate_as(&self, _id: &str, _request: &Request) -> Option<Decision> {
        None
    }
}
