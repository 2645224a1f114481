//! Callers without a proxy: plain text, straight to a pod.

use meshglot_translator::eval::{Fraction, Outcome, Request, Verdict};
use meshglot_translator::ir::PodSet;

use super::fields::Read;
use super::{Part, Reading, catalog};

impl Reading {
    /// Proxies speak mutual TLS and cut the rest, unless the service is permissive: then its own port is open and
    /// no intention is asked.
    pub(super) fn plain(&self, request: &Request) -> Read<Vec<Part>> {
        let unreached = || Ok(vec![Part::ended(Verdict::Error, None)]);
        let Some(service) = self.inventory.service(&request.service) else { return unreached() };
        let Some(port) = service.port(request.port) else { return unreached() };
        let callees = self.inventory.behind(service, port);
        if callees.is_empty() {
            return match self.inventory.workloads() {
                // Whatever pods there are have proxies.
                [] if !self.entries.is_permissive(&service.key.name)? => Ok(vec![Part::ended(Verdict::Deny, None)]),
                [] => Err("which port of the pods is the service's is not known".to_owned()),
                _ => unreached(),
            };
        }
        let share = Fraction::of(1, callees.len() as u64);
        let mut parts = Vec::with_capacity(callees.len());
        for callee in &callees {
            let open = self.is_open(&callee.workload, callee.port)?;
            let outcome = if open { Outcome::Workload(callee.workload.key.clone()) } else { Outcome::Ended(Verdict::Deny) };
            let name = self.catalog.name_of(&callee.workload.key);
            let rule = name.filter(|_| open).map(|name| format!("ServiceDefaults/{name} mutualTLSMode"));
            parts.push(Part { outcome, share, rule });
        }
        Ok(parts)
    }

    fn is_open(&self, workload: &PodSet, port: Option<u16>) -> Read<bool> {
        if !catalog::is_injected(workload) {
            return Ok(true);
        }
        // They take ports out of the redirection, or switch it off: the pod is then open beside its proxy.
        const REDIRECTION: &str = "consul.hashicorp.com/transparent-proxy";
        if let Some(name) = workload.annotations.keys().find(|name| name.starts_with(REDIRECTION)) {
            return Err(format!("the annotation {name} is not modelled"));
        }
        let Some(name) = self.catalog.name_of(&workload.key) else { return Ok(true) };
        if !self.entries.is_permissive(name)? {
            return Ok(false);
        }
        match workload.ports.as_slice() {
            _ if workload.annotations.contains_key("consul.hashicorp.com/connect-service-port") => {
                Err("the annotation connect-service-port is not modelled".to_owned())
            }
            [(_, only)] => Ok(port == Some(*only)),
            _ => Err("which port of the pod is the service's is not known".to_owned()),
        }
    }
}
