//! The pure core of meshglot: text in, values out. No clock, file system, network or async, so that the same
//! bytes give the same output in the command line, the controller and the web view.
//!
//! [`parse`] text to documents with positions, [`resolve`] documents to the model ([`ir`]), [`render`] the
//! model to backend objects. What is wrong with the input is a [`diagnostic`]; what a backend cannot say is a
//! [`render::Loss`]. [`eval`] reads what a policy and a mesh do with a request, [`verify`] with all requests;
//! [`effect`] tells what two readings do otherwise, [`diff`] how two objects differ, [`review`] how two states of policy
//! do, and [`lint`] what a reviewer would point at. [`convert`] writes documents in other versions of their kinds. [`edit`]
//! writes one object of a text anew, [`status`] says how an object stands. A [`plan`] is all of it at once, for whoever answers questions of people.

pub mod answer;
mod code;
pub mod convert;
pub mod diagnostic;
pub mod diff;
pub mod edit;
pub mod effect;
pub mod eval;
pub mod ir;
pub mod lint;
pub mod name;
pub mod parse;
pub mod plan;
pub mod render;
pub mod resolve;
pub mod review;
pub mod sorts;
pub mod status;
pub mod verify;
