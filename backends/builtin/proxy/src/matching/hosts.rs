//! Which virtual host a request is for.

use std::collections::HashMap;

use crate::table::VirtualHost;

/// Virtual hosts by their names.
#[derive(Debug)]
pub(crate) struct Hosts {
    exact: HashMap<Box<[u8]>, usize>,
    rest: Option<usize>,
}

impl Hosts {
    pub(crate) fn new(hosts: &[VirtualHost]) -> Self {
        let mut found = Self { exact: HashMap::new(), rest: None };
        for (at, host) in hosts.iter().enumerate() {
            for domain in &host.domains {
                if &**domain == "*" {
                    found.rest = Some(at);
                } else {
                    found.exact.insert(domain.to_ascii_lowercase().into_bytes().into(), at);
                }
            }
        }
        found
    }

    /// The place of the one that serves a host; `None`: nobody does.
    pub(crate) fn find(&self, authority: &[u8]) -> Option<usize> {
        if self.exact.is_empty() {
            return self.rest;
        }
        let found = if authority.iter().any(u8::is_ascii_uppercase) {
            self.exact.get(&*authority.to_ascii_lowercase())
        } else {
            self.exact.get(authority)
        };
        found.copied().or(self.rest)
    }
}
