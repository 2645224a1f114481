//! A request arrives at pods: mutual TLS, what the port speaks, and authorization.

use meshglot_translator::eval::{Fraction, Outcome, Verdict};

use super::authorization::Ruling;
use super::authorization_condition::Question;
use super::destination_rule::Connects;
use super::message::Received;
use super::mtls::Mode;
use super::object::selects;
use super::part::{Part, Parts, ended, scaled, whole};
use super::reading::Reading;
use super::virtual_service::Weighted;
use super::world::{Host, Speaks};

/// A request on its way.
#[derive(Clone, Copy)]
pub(super) struct Delivery<'d> {
    pub(super) received: &'d Received<'d>,
    /// SPIFFE ID of the proxy that sends; `None`: no proxy does.
    pub(super) identity: Option<&'d str>,
    /// Namespace of the sender.
    pub(super) namespace: &'d str,
    /// The proxy that sends took it for mere bytes.
    pub(super) as_bytes: bool,
    /// The proxy that sends is a gateway.
    pub(super) by_gateway: bool,
    /// The Service whose address was called.
    pub(super) called: &'d Host,
    /// Its port; of a gateway, the Gateway's port.
    pub(super) port: u16,
}

impl Reading {
    /// Sends everything to a destination of a route.
    pub(super) fn send(&self, to: &Weighted, delivery: &Delivery<'_>) -> Parts {
        let found = self.world.full(&to.host);
        // A gateway, and a TCP route, know the only port of a Service; a sidecar's HTTP route takes the caller's.
        let only = found.filter(|host| (delivery.by_gateway || delivery.as_bytes) && host.ports.len() == 1);
        let number = to.port.or(only.map(|host| host.ports[0].number)).unwrap_or(delivery.port);
        if let Some(entry) = self.unmodelled.entry(&to.host, number) {
            return ended(Verdict::Unknown, Some(entry));
        }
        let Some((host, port)) = found.and_then(|host| Some((host, host.port(number)?))) else { return ended(Verdict::Error, None) };
        // The cluster of a headless Service goes to whatever address was called.
        let elsewhere = host.service.headless && !delivery.by_gateway && delivery.called.service.key != host.service.key;
        if host.odd || elsewhere {
            return ended(Verdict::Unknown, None);
        }
        let namespaces = [delivery.namespace, &*host.service.key.namespace, &self.config.root];
        let effect = match self.destination_rules.effect(&to.host, number, to.subset.as_deref(), namespaces) {
            Some(Some(effect)) => effect,
            Some(None) => return ended(Verdict::Error, None),
            None => return ended(Verdict::Unknown, None),
        };
        let labels = effect.labels.as_ref();
        let in_subset = |at: usize| labels.is_none_or(|labels| selects(labels, &self.world.workloads[at].pods.labels));
        let callees: Vec<(usize, u16)> = port.callees.iter().copied().filter(|(at, _)| in_subset(*at)).collect();
        let plain = port.callees.iter().filter(|(at, _)| !self.world.workloads[*at].meshed).count();
        // Whether the cluster of a headless Service uses mutual TLS is decided once for all its endpoints.
        let mixed = host.service.headless && (1..port.callees.len()).contains(&plain);
        // Nobody knows the labels of endpoints that are not known.
        let unlabelled = !host.staffed && labels.is_some();
        if unlabelled || mixed || (effect.uneven && callees.len() > 1) {
            return ended(Verdict::Unknown, None);
        }
        self.spread(host, &callees, effect.connects, delivery)
    }

    /// Plain text to the pods of a Service, as kube-proxy spreads it; no routes, and no identity.
    pub(super) fn pass(&self, delivery: &Delivery<'_>) -> Parts {
        let Some(port) = delivery.called.port(delivery.port) else { return ended(Verdict::Error, None) };
        self.spread(delivery.called, &port.callees, Connects::Plain, &Delivery { identity: None, ..*delivery })
    }

    /// Workloads behind one Service answer equally often, as nobody knows better.
    fn spread(&self, host: &Host, callees: &[(usize, u16)], connects: Connects, delivery: &Delivery<'_>) -> Parts {
        if !host.staffed {
            return whole(Outcome::Service(host.service.key.clone()), None);
        }
        if callees.is_empty() {
            return ended(Verdict::Error, None);
        }
        let each = Fraction::of(1, callees.len() as u64);
        let arrive = |(at, port): &(usize, u16)| match self.world.workloads[*at].gateway {
            true => self.at_gateway(*at, *port, delivery),
            false => self.admit(*at, *port, connects, delivery),
        };
        callees.iter().flat_map(|callee| scaled(arrive(callee), each)).collect::<Vec<Part>>()
    }

    /// What a workload's proxy does with a request on a container port.
    fn admit(&self, at: usize, port: u16, connects: Connects, delivery: &Delivery<'_>) -> Parts {
        let (workload, guard) = (&self.world.workloads[at], &self.guards[at]);
        let answered = Outcome::Workload(workload.pods.key.clone());
        match (workload.meshed, connects) {
            (_, Connects::Unknown) => return ended(Verdict::Unknown, None),
            // A pod without a proxy does not know certificates of the mesh.
            (false, Connects::Mutual) => return ended(Verdict::Error, None),
            (false, Connects::Auto | Connects::Plain) => return whole(answered, None),
            (true, _) if workload.bypassed || guard.unmodelled.is_some() => return ended(Verdict::Unknown, guard.unmodelled.as_ref()),
            (true, _) => {}
        }
        let (mode, decided) = guard.modes.of(port);
        let certified = delivery.identity.filter(|_| connects != Connects::Plain);
        let identity = match (mode, certified) {
            (Mode::Unknown, _) => return ended(Verdict::Unknown, decided.as_ref()),
            (Mode::Strict, None) => return ended(Verdict::Deny, decided.as_ref()),
            (Mode::Disable, Some(_)) if connects == Connects::Mutual => return ended(Verdict::Error, decided.as_ref()),
            // By itself the sender uses plain text there.
            (Mode::Disable, _) => None,
            (Mode::Strict | Mode::Permissive, identity) => identity,
        };
        let question = |speaks| self.look(at, Question { identity, port, message: None }, speaks, delivery);
        match workload.speaks.get(&port).copied().unwrap_or(Speaks::Detected) {
            // Of Services that declare a port otherwise istiod follows the older one: known if it is all the same.
            Speaks::Disputed => {
                let ways = [Speaks::Tcp, Speaks::Http, Speaks::Detected].map(question);
                let lets_in = |parts: &Parts| parts.iter().any(|part| part.outcome == answered);
                let [first, rest @ ..] = ways;
                match rest.iter().all(|other| lets_in(other) == lets_in(&first)) {
                    true => first,
                    false => ended(Verdict::Unknown, None),
                }
            }
            known => question(known),
        }
    }

    /// What the policies of a workload say of what its proxy sees on a port.
    fn look(&self, at: usize, question: Question<'_>, speaks: Speaks, delivery: &Delivery<'_>) -> Parts {
        let answered = Outcome::Workload(self.world.workloads[at].pods.key.clone());
        // Beside a certificate the sending proxy tells what it sends, so that nobody has to look.
        let told_bytes = delivery.as_bytes && question.identity.is_some();
        let message = match (speaks, delivery.received) {
            (Speaks::Disputed, _) => return ended(Verdict::Unknown, None),
            (Speaks::Tcp, _) | (Speaks::Detected, Received::Bytes) => None,
            (Speaks::Detected, _) if told_bytes => None,
            (Speaks::Http, Received::Bytes) | (Speaks::Http | Speaks::Detected, Received::Rejected) => return ended(Verdict::Error, None),
            (Speaks::Http | Speaks::Detected, Received::Unknown) => return ended(Verdict::Unknown, None),
            (Speaks::Http | Speaks::Detected, Received::Message(message)) => Some(message),
        };
        match self.guards[at].policies.rule(&Question { message, ..question }) {
            Ruling::Allowed(rule) => whole(answered, rule.as_ref()),
            Ruling::Denied(rule) => ended(Verdict::Deny, Some(&rule)),
            Ruling::Unknown(rule) => ended(Verdict::Unknown, Some(&rule)),
        }
    }
}
