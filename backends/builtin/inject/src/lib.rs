//! Puts the sidecar of the built-in mesh into the template of a pod: JSON in, JSON out, and words on what was done or why not.
//!
//! Pure: it asks no cluster and reads no file, so that text, and an admission webhook, get the same sidecar.

mod containers;
mod object;
mod ports;
mod probes;
mod settings;
mod template;
mod volumes;

pub use object::{Found, found};
pub use probes::{Asks, Probe};
pub use settings::{Roots, Settings};
pub use template::{InjectError, Left, Outcome, inject, leaves};

/// The user that the proxy runs as: what it sends itself is not captured.
pub const USER: u32 = 2102;

/// The init container that redirects the pod's connections.
pub const CAPTURE: &str = "meshglot-capture";

/// The sidecar.
pub const PROXY: &str = "meshglot-proxy";

/// Where the sidecar shows counters, and whether it is ready.
pub const METRICS_PORT: u16 = 15020;

/// Where the control plane looks at calls, with a certificate.
pub const LOOK_PORT: u16 = 15023;

/// Where the sidecar answers the kubelet's probes of the application.
pub const PROBES_PORT: u16 = 15022;
