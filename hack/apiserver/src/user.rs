//! Who asks the API server.

use std::fmt;

/// Somebody with a token.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    name: String,
    groups: Vec<String>,
    token: String,
}

impl User {
    /// May do everything.
    pub(crate) fn admin() -> Self {
        Self::new("admin", &["system:masters"])
    }

    /// Somebody whom the API server is told at its start. Whoever is in no group of the system's may do what RBAC says, at first nothing.
    pub fn new(name: &str, groups: &[&str]) -> Self {
        // The server is of this process alone, and listens on 127.0.0.1: a token has to be another for each user, and no secret.
        let token = format!("token-of-{}", name.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
        Self { name: name.to_owned(), groups: groups.iter().map(|&group| group.to_owned()).collect(), token }
    }

    /// A service account, by a token that the API server has made.
    pub(crate) fn service_account(namespace: &str, name: &str, token: String) -> Self {
        Self { name: format!("system:serviceaccount:{namespace}:{name}"), groups: Vec::new(), token }
    }

    /// As RBAC calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What goes behind `Bearer`.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Its line in the file of `--token-auth-file`.
    pub(crate) fn line(&self) -> String {
        format!("{},{},{},\"{}\"\n", self.token, self.name, self.name, self.groups.join(","))
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("name", &self.name).field("groups", &self.groups).finish_non_exhaustive()
    }
}
