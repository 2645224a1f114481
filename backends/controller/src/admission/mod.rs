//! Admission: what is said of an object of policy before the API server keeps it.

mod judge;
mod review;
mod words;

pub use review::ReviewError;
pub(crate) use words::Remark;
