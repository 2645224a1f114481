//! How a proxy gets its certificate, and the next one: a service of the control plane, its client, and a task that keeps both fresh.
//!
//! The protocol stands in `join.proto`. The connection is TLS 1.3; [`connect`] trusts one SPIFFE ID and no name of DNS.

mod caller;
mod causes;
mod clock;
mod connect;
mod dial;
mod held;
mod holder;
mod joiner;
mod messages;
mod refusal;
mod reviewer;
mod server;
mod service;
mod verifier;

pub use clock::{Clock, SystemClock};
pub use connect::{ConnectError, Own, connect};
pub use dial::{Dialled, dial};
pub use held::{Held, HeldError};
pub use holder::{Backoff, Holder, Settings, random};
pub use joiner::Joiner;
pub use messages::{SignRequest, SignResponse, TrustRequest, TrustResponse};
pub use refusal::Refusal;
pub use reviewer::{Review, ReviewError, Reviewer};
pub use service::{Admits, JoinService};
