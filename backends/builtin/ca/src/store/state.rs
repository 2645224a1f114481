//! What is written of an authority besides its keys, as JSON.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::certificate::{Certificate, chain_pem};
use crate::lifetime::Lifetime;
use crate::signing_ca::SigningCa;

/// The form of the file; another one is of another version of meshglot.
pub(super) const VERSION: u32 = 1;

/// How the names of key files end.
pub(super) const KEY: &str = ".key.pem";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub(super) version: u32,
    pub(super) trust_domain: String,
    pub(super) lifetime_seconds: i64,
    pub(super) longest_lifetime_seconds: i64,
    pub(super) active: Ca,
    pub(super) rotation: Rotation,
}

/// A key by the name of its file, and certificates in PEM.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ca {
    pub(super) key: String,
    pub(super) chain: String,
    pub(super) roots: String,
}

/// Times are seconds since 1970.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Rotation {
    Steady,
    Introduced { next: Ca, introduced_at: i64 },
    Switched { previous_roots: String, switched_at: i64, retire_after: i64 },
}

impl Ca {
    pub(super) fn of(ca: &SigningCa) -> Self {
        Self { key: key_name(ca), chain: chain_pem(ca.path()), roots: chain_pem(ca.roots()) }
    }
}

/// The file of a key is named after its certificate, so that no file is ever written twice with different keys.
pub(super) fn key_name(ca: &SigningCa) -> String {
    format!("{}{KEY}", ca.fingerprint())
}

pub(super) fn lifetime(seconds: i64) -> Option<Lifetime> {
    Lifetime::new(Duration::seconds(seconds)).ok()
}

pub(super) fn moment(seconds: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

pub(super) fn certificates(pem: &str) -> Option<Vec<Certificate>> {
    Certificate::from_pem(pem).ok()
}
