//! Who may do what: rules as an index by caller and path, of which a request looks at few.

mod compiled;
mod decision;
mod subject;

pub(crate) use decision::{Access, Decision};
pub(crate) use subject::Subject;
