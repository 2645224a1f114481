//! What stands beside a proxy: it holds the key and the certificate. For an unmodified Envoy it hands them over a Unix socket (SDS),
//! writes the bootstrap, and starts and ends the process.

mod agent;
mod bootstrap;
mod capture;
mod envoy;
mod invitation;
mod kept;
mod sds;
mod secrets;
mod secrets_kept;

pub use agent::{Agent, AgentError, Event};
pub use bootstrap::{Bootstrap, CONTROL_PLANE};
pub use capture::Capture;
pub use envoy::{Envoy, StartError};
pub use invitation::{Invitation, InvitationError};
pub use kept::Kept;
pub use sds::SecretService;
pub use secrets_kept::SecretsKept;
