//! Admission: what is said of an object of policy before the API server keeps it.

mod certificate;
mod judge;
mod own;
mod review;
mod serve;
mod words;

pub use certificate::{CertificateError, Certificates};
pub use own::{CONFIGURATION, Clock, HOOK, OwnCertificate, webhook_stands};
pub use review::ReviewError;
pub use serve::serve_reviews;
pub(crate) use words::Remark;
