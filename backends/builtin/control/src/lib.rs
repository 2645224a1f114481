//! The control plane of the built-in mesh as a whole: discovery, joining and the authority behind one address, and an
//! administration for those who may open its socket.

mod admin;
mod answers;
mod authority;
mod control;
mod error;
mod health;
mod published;

pub use admin::router;
pub use admin::{Reload, SourceState};
pub use answers::{Problem, Proxies, ProxyAnswer, RefusalAnswer, RefusedAnswer, ResourceAnswer, Resources, Sync};
pub use authority::Given;
pub use control::{Control, Settings, Tell};
pub use error::ControlError;
pub use meshglot_ca::StoreError;
