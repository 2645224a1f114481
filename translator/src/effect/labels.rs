//! How the rows and columns of a matrix are called: as short as they are told apart.

use std::collections::BTreeSet;

use super::matrix::{Column, Matrix};
use super::party::Party;

impl Matrix {
    /// Names of Services, with the namespace where there are several and the port where a Service has several.
    pub fn port_labels(&self) -> Vec<String> {
        let namespaces: BTreeSet<&str> = self.ports.iter().map(|column| &*column.service.namespace).collect();
        let label = |column: &Column| {
            let name = if namespaces.len() > 1 { column.service.to_string() } else { column.service.name.to_string() };
            let several = self.ports.iter().filter(|other| other.service == column.service).count() > 1;
            if several { format!("{name}:{}", column.port) } else { name }
        };
        self.ports.iter().map(label).collect()
    }

    /// Names of accounts, with the namespace where there are several.
    pub fn caller_labels(&self) -> Vec<String> {
        let namespace = |party: &Party| match party {
            Party::Account(account) => Some(account.namespace.clone()),
            Party::Spiffe(_) | Party::Others | Party::OthersIn(_) | Party::NoProxy => None,
        };
        let several = self.callers.iter().filter_map(namespace).collect::<BTreeSet<_>>().len() > 1;
        let label = |party: &Party| match party {
            Party::Account(account) if several => account.to_string(),
            Party::Account(account) => account.name.to_string(),
            Party::Spiffe(_) | Party::Others | Party::OthersIn(_) | Party::NoProxy => party.to_string(),
        };
        self.callers.iter().map(label).collect()
    }
}
