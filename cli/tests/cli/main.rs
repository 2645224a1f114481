//! The command line as users meet it: exit codes, streams, files, and input that means no good.

mod can;
mod capabilities;
mod cluster;
mod code_pages;
mod commands;
mod completion;
mod contract;
mod controller;
mod convert;
mod crds;
mod dashboard;
mod deploy;
mod diff;
mod docs;
mod examples;
mod explain;
mod folder;
mod hostile;
mod images;
mod inject;
mod lint;
mod look;
mod man;
mod matrix;
mod mesh;
mod observing;
mod pages;
mod panic;
mod pods;
mod policy_test;
mod reference;
mod rendered_folders;
mod schemas;
mod shell;
mod simulate;
mod sources;
mod static_program;
mod status;
mod terminal;
mod transcripts;
mod verify;

use meshglot::{Captured, capture};

/// A split and what it refers to, valid on every backend.
const GOOD: &str = "\
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {name: canary, namespace: shop}
spec: {service: web, backends: [{service: web-v1, weight: 90}, {service: web-v2, weight: 10}]}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web-v1, namespace: shop}, spec: {ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web-v2, namespace: shop}, spec: {ports: [{name: http, port: 80}]}}
";

/// Renders a text from standard input for Istio.
fn render(text: impl AsRef<[u8]>) -> Captured {
    capture(&["render", "-f", "-", "--backend", "istio"], text.as_ref())
}
