//! What a proxy tells of calls: in its log and by its counters. The whole proxy runs, with resources from its store and without a
//! control plane.

mod cut;
mod given;
mod grpc;
mod identity;
mod peers;
mod share;
mod under_test;
