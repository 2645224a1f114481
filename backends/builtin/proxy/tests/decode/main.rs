//! Resources are read as they are written, and each field that is not obeyed refuses its resource.

mod bytes;
mod fields;
mod goldens;
mod hostile;
mod obeyed;
mod refusals;
mod samples;
mod values;
mod walk;
