//! Admission: what is said of an object of policy before the API server keeps it, and what is put into pods.

mod certificate;
mod judge;
mod own;
mod pods;
mod review;
mod serve;
mod words;

pub use certificate::{CertificateError, Certificates};
pub use own::{CONFIGURATION, Clock, HOOK, OwnCertificate, webhook_stands};
pub use pods::{Inject, Injected};
pub use review::ReviewError;
pub use serve::{Reviewers, serve_reviews};
pub(crate) use words::Remark;
