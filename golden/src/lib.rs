//! Golden folders, and the vendors that judge them.

pub mod judge;
