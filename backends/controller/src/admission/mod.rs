//! Admission: what is said of an object of policy before the API server keeps it.

mod judge;
mod review;
mod serve;
mod words;

pub use review::ReviewError;
pub use serve::serve_reviews;
pub(crate) use words::Remark;
