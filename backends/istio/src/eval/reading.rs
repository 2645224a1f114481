//! Istio's objects as a whole, ready for requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use meshglot_translator::eval::{Decision, Evaluate, Fraction, Inventory, Request, Verdict};
use serde_json::Value;

use super::arrival::Delivery;
use super::authorization::{Policies, Selected};
use super::destination_rule::DestinationRules;
use super::gateway::Gateway;
use super::mesh_config::MeshConfig;
use super::message::Message;
use super::mtls::{Modes, PeerAuthentications};
use super::object::Object;
use super::unmodelled::Unmodelled;
use super::virtual_service::VirtualService;
use super::virtual_services::VirtualServices;
use super::world::{Workload, World};

/// Everything that decides about a request.
pub(super) struct Reading {
    pub(super) config: MeshConfig,
    pub(super) world: World,
    pub(super) unmodelled: Unmodelled,
    pub(super) virtual_services: VirtualServices,
    pub(super) gateways: Vec<Gateway>,
    pub(super) destination_rules: DestinationRules,
    /// Of each workload, by its index.
    pub(super) guards: Vec<Guard>,
}

/// What holds at the proxy of one workload.
pub(super) struct Guard {
    pub(super) policies: Selected,
    pub(super) modes: Modes,
    /// An object that is not read and may touch it.
    pub(super) unmodelled: Option<Arc<str>>,
}

impl Reading {
    /// Reads the objects.
    pub(super) fn of(objects: &[Value], inventory: &Inventory, defaults: &Value) -> Self {
        let config = MeshConfig::of(defaults);
        let mut unmodelled = Unmodelled::default();
        let (mut routes, mut gateways, mut destination_rules) = (Vec::new(), Vec::new(), DestinationRules::default());
        let (mut peers, mut policies) = (PeerAuthentications::default(), Policies::default());
        for value in objects {
            let object = Object::of(value);
            match (object.group, object.kind) {
                ("networking.istio.io", "VirtualService") => routes.push(VirtualService::of(&object, &config.domain)),
                ("networking.istio.io", "Gateway") => gateways.push(Gateway::of(&object)),
                ("networking.istio.io", "DestinationRule") => destination_rules.add(&object, &config.domain),
                ("security.istio.io", "PeerAuthentication") => peers.add(&object),
                ("security.istio.io", "AuthorizationPolicy") => policies.add(&object, &config),
                _ => unmodelled.add(&object, &config.root),
            }
        }
        if config.odd {
            unmodelled.everything("MeshConfig");
        }
        peers.sort();
        gateways.sort_by(|a: &Gateway, b: &Gateway| a.age.cmp(&b.age));
        let virtual_services = VirtualServices::of(routes);
        if let Some(poison) = virtual_services.iter().find(|one| one.poison) {
            unmodelled.everything(&poison.title);
        }
        let world = World::of(inventory, &config.domain);
        let guard = |workload: &Workload| {
            let (namespace, labels): (&str, &BTreeMap<String, String>) = (&workload.pods.key.namespace, &workload.pods.labels);
            Guard {
                policies: policies.select(namespace, labels, workload.gateway, &config.root),
                modes: peers.modes(namespace, labels, &config.root),
                unmodelled: unmodelled.workload(namespace, Some(labels), false).cloned(),
            }
        };
        let guards = world.workloads.iter().map(guard).collect();
        Self { guards, world, config, unmodelled, virtual_services, gateways, destination_rules }
    }

    /// SPIFFE ID of a service account.
    pub(super) fn identity(&self, namespace: &str, account: &str) -> String {
        format!("spiffe://{}/ns/{namespace}/sa/{account}", self.config.trust_domain)
    }
}

impl Evaluate for Reading {
    fn evaluate(&self, request: &Request) -> Decision {
        if let Some(title) = self.unmodelled.anything() {
            return Decision::ended(Verdict::Unknown).by(&**title);
        }
        let Some(host) = self.world.hosts.get(&request.service) else { return Decision::ended(Verdict::Error) };
        if host.odd {
            return Decision::ended(Verdict::Unknown);
        }
        let caller = &request.caller;
        let received = Message::receive(request, self.config.normalization);
        let identity = self.identity(&caller.namespace, &caller.service_account);
        let delivery = Delivery {
            received: &received,
            identity: Some(&identity),
            namespace: &caller.namespace,
            as_bytes: false,
            by_gateway: false,
            called: host,
            port: request.port,
        };
        let parts = if caller.meshed { self.by_sidecar(request, &delivery) } else { self.pass(&delivery) };
        let counted = parts.iter().filter(|part| part.share != Fraction::ZERO);
        let rule = counted.filter_map(|part| part.rule.as_deref()).next().map(str::to_owned);
        let decision = Decision::shared(parts.into_iter().map(|part| (part.outcome, part.share)));
        Decision { rule, ..decision }
    }
}
