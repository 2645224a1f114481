//! How resources come into force: read when they come, and given to all threads together.

mod known;
mod publisher;
mod sockets;

pub(crate) use known::Config;
pub(crate) use publisher::Publisher;
