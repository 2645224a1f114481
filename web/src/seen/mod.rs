//! What is seen of a running mesh, each call once: the proxy of the caller and that of the called both tell it.
//!
//! What the called proxy tells holds. What the caller's tells counts where nobody else can: the called has no proxy, or the
//! call never arrived there.

mod ends;
mod window;

pub(crate) use ends::{Ends, service_key};
pub(crate) use window::{Window, number};
