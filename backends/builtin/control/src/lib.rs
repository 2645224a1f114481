//! The control plane of the built-in mesh as a whole: discovery, joining and the authority behind one address, and an
//! administration for those who may open its socket.

mod admin;
mod answers;
mod authority;
mod caller;
mod cluster;
mod control;
mod error;
mod health;
mod published;
mod token_review;

pub use admin::{Reload, SourceState, resources_router, router};
pub use answers::{Problem, ResourceAnswer, Resources};
pub use authority::{Given, Terms, saved_trust_domain};
pub use caller::Caller;
pub use cluster::{AUTHORITY, Cluster, LABEL, ROOTS, ROTATE, RootsError, roots_stand};
pub use control::{Control, Reviews, Settings, Tell};
pub use error::ControlError;
pub use meshglot_builtin::{NAME as BACKEND, shares_machine};
pub use meshglot_ca::{Lifetime, StoreError, TrustDomain};
pub use token_review::{AUDIENCE, TokenReviewer};
