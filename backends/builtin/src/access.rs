//! Access to a workload: who may call its ports, as RBAC of its own proxy.
//!
//! The server's proxy decides alone; callers see every destination. Requests are decided in the route
//! configuration, so that a revocation holds for the next one on a live connection. Connections are decided in
//! the chain: by the certificate, before the server could say a word, and then by the rule that the log tells.

use std::collections::BTreeSet;
use std::sync::Arc;

use meshglot_translator::ir::{MeshSettings, ObjectKey, PodSet, Protocol, WorkloadAccess, WorkloadRule};
use meshglot_translator::render::{Capability, Provenance, Verdict};
use meshglot_translator::resolve::View;
use serde_json::{Value, json};

use crate::constant::rbac::{self, Policies};
use crate::message::message;
use crate::permission::{any, permission};
use crate::trust_domain;

pub(crate) const CAPABILITIES: &[Capability] = &[
    Capability { feature: "access.path", verdict: Verdict::Exact, note: "403; not on TCP ports (MG1413)", proof: "access/builtin-http" },
    Capability {
        feature: "access.tcp",
        verdict: Verdict::Exact,
        note: "refused in the handshake, before the server speaks",
        proof: "access/builtin-tcp",
    },
    Capability { feature: "access.port", verdict: Verdict::Exact, note: "one rule set per port", proof: "access/builtin-port-and-route" },
    Capability {
        feature: "access.default",
        verdict: Verdict::Exact,
        note: "undeclared ports too; not without a proxy (MG1415)",
        proof: "access/builtin-closed-by-default",
    },
    Capability {
        feature: "access.header",
        verdict: Verdict::Exact,
        note: "an expression over the whole value",
        proof: "access/header-condition",
    },
    Capability { feature: "access.identity", verdict: Verdict::Exact, note: "SPIFFE ID of the certificate", proof: "access/builtin-http" },
    Capability { feature: "access.audit", verdict: Verdict::Exact, note: "told in the access log", proof: "access/builtin-audit" },
];

/// What becomes of calls that no rule allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// They pass.
    Open,
    /// They pass and are told.
    Audit,
    /// They are refused.
    Closed,
}

/// Access to one workload.
#[derive(Debug)]
pub(crate) struct Access {
    neutral: Option<Arc<WorkloadAccess>>,
    trust_domain: Arc<str>,
}

/// What is allowed on one side of a port.
#[derive(Debug, Default)]
pub(crate) struct Allowed {
    /// By `TARGET#RULE`; the first that matches is told in the log.
    pub(crate) policies: Policies,
    /// SPIFFE IDs that any of them names, sorted.
    pub(crate) sans: BTreeSet<String>,
    /// Below `policies`.
    pub(crate) provenance: Vec<Provenance>,
}

impl Access {
    pub(crate) fn of(pods: &Arc<PodSet>, mesh: &MeshSettings, view: &View<'_>) -> Self {
        Self { neutral: view.access(pods), trust_domain: trust_domain::signed(mesh, view) }
    }

    pub(crate) fn mode(&self) -> Mode {
        match &self.neutral {
            Some(access) if access.closed => Mode::Closed,
            Some(access) if access.audit => Mode::Audit,
            Some(_) => Mode::Open,
            // A workload is asked for only on a Mesh: one that is on none is nobody's to open.
            None => Mode::Closed,
        }
    }

    pub(crate) fn trust_domain(&self) -> &str {
        &self.trust_domain
    }

    /// The objects behind it.
    pub(crate) fn sources(&self) -> Vec<ObjectKey> {
        self.neutral.as_ref().map(|access| access.sources.clone()).unwrap_or_default()
    }

    /// Whether a rule about requests decides that the port carries requests. Not under audit, which closes nothing.
    pub(crate) fn needs_http(&self, port: u16) -> bool {
        self.mode() == Mode::Closed && self.protocol(port).is_http() && self.on(port).any(|rule| rule.rule.matches.is_some())
    }

    /// Which requests are allowed.
    pub(crate) fn requests(&self, port: u16) -> Allowed {
        // Who declares a port as TCP says that nothing on it is a request, whatever it looks like.
        let read = self.protocol(port) != Protocol::Tcp;
        self.allowed(self.on(port).filter(|rule| read || rule.rule.matches.is_none()))
    }

    /// Which connections are allowed, whatever is said on them.
    pub(crate) fn connections(&self, port: u16) -> Allowed {
        self.allowed(self.on(port).filter(|rule| rule.rule.matches.is_none()))
    }

    /// Overrides of the filters for all requests to a port, and what decided them.
    pub(crate) fn overrides(&self, port: u16) -> (Value, Vec<Provenance>) {
        let (rules, write): (_, fn(Policies) -> Value) = match self.mode() {
            Mode::Open => return (rbac::open(), Vec::new()),
            Mode::Audit => ("shadow_rules", rbac::audited),
            Mode::Closed => ("rules", rbac::closed),
        };
        let Allowed { policies, sans: _, mut provenance } = self.requests(port);
        for field in &mut provenance {
            let overrides = "typed_per_filter_config[\"meshglot.allow\"]";
            field.path = format!(".resource.virtual_hosts[0].{overrides}.rbac.{rules}.policies{}", field.path);
        }
        (write(policies), provenance)
    }

    fn protocol(&self, port: u16) -> Protocol {
        let known = self.neutral.iter().flat_map(|access| &access.ports).find(|known| known.number == port);
        known.map_or(Protocol::Unknown, |known| known.protocol)
    }

    fn on(&self, port: u16) -> impl Iterator<Item = &WorkloadRule> {
        self.neutral.iter().flat_map(|access| &access.rules).filter(move |rule| rule.ports.contains(&port))
    }

    fn allowed<'r>(&self, rules: impl Iterator<Item = &'r WorkloadRule>) -> Allowed {
        let mut allowed = Allowed::default();
        for WorkloadRule { rule, ports: _, every_port: _ } in rules {
            let key = format!("{}#{}", rule.target.key, rule.name);
            let at = |field: String, origin| Provenance { path: format!("[\"{key}\"].{field}"), origin };
            let mut provenance = Vec::new();
            let permissions = match &rule.matches {
                None => {
                    provenance.push(at("permissions[0]".into(), rule.origin.clone()));
                    vec![any()]
                }
                Some(matches) => {
                    let said = matches.iter().filter_map(|one| Some((permission(one)?, one.origin.clone())));
                    let said = said.enumerate().map(|(index, (one, origin))| {
                        provenance.push(at(format!("permissions[{index}]"), origin));
                        one
                    });
                    said.collect()
                }
            };
            let mut ids: Vec<_> = rule.sources.iter().map(|(who, origin)| (who.spiffe_id(&self.trust_domain), origin)).collect();
            ids.sort_by(|(a, _), (b, _)| a.cmp(b));
            ids.dedup_by(|(a, _), (b, _)| a == b);
            // Envoy refuses a policy without one of them; whoever left it out would have meant nothing, not all.
            if permissions.is_empty() || ids.is_empty() {
                continue;
            }
            for (index, (_, origin)) in ids.iter().enumerate() {
                provenance.push(at(format!("principals[{index}]"), (*origin).clone()));
            }
            let principals: Vec<Value> =
                ids.iter().map(|(id, _)| json!({ "authenticated": { "principal_name": { "exact": id } } })).collect();
            allowed.provenance.append(&mut provenance);
            allowed.sans.extend(ids.into_iter().map(|(id, _)| id));
            allowed.policies.insert(key, message! { "permissions": permissions, "principals": principals });
        }
        allowed
    }
}
