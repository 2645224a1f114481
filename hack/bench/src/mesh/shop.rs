//! The shop that a mesh of proxies runs: the access model with addresses, endpoints for each Service, a split for every fifth.

use crate::access::ADDRESSED;
use crate::shop::document;

/// Workloads, each behind a Service of its own; every tenth speaks TCP.
pub(crate) const WORKLOADS: usize = 100;

/// Two for each Service.
const TARGETS: usize = WORKLOADS * 2;

/// Services between which calls are split: this one and the next.
const SPLITS: usize = 5;

/// The whole policy and inventory; so many pods of each workload.
pub(crate) fn text(replicas: usize) -> String {
    let mut text = (ADDRESSED.text)(TARGETS);
    for i in 0..WORKLOADS {
        endpoints(&mut text, i, replicas, 0);
        if i.is_multiple_of(SPLITS) {
            split(&mut text, i, 90);
        }
    }
    text
}

/// What a neutral change is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// The weights of one split: every caller's routes.
    Weights,
    /// A pod of one Service is not ready: every caller's addresses.
    Endpoints,
    /// The callers of one workload.
    Access,
    /// Both in one edit: the workload's own proxies hear of it first.
    AccessAndWeights,
}

impl Change {
    pub(crate) const ALL: [Self; 4] = [Self::Weights, Self::Endpoints, Self::Access, Self::AccessAndWeights];

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Weights => "weights of a split",
            Self::Endpoints => "a pod of a Service",
            Self::Access => "callers of a workload",
            Self::AccessAndWeights => "callers and weights at once",
        }
    }

    /// The documents that the n-th change puts in the place of those of the policy; never the same twice in a row.
    pub(crate) fn text(self, n: usize, replicas: usize) -> String {
        let mut text = String::new();
        match self {
            Self::Weights => split(&mut text, n * SPLITS % WORKLOADS, 10 + n % 79),
            Self::Endpoints => endpoints(&mut text, n * 7 % WORKLOADS, replicas, n + 1),
            Self::Access => text = (ADDRESSED.edit)(n, TARGETS),
            Self::AccessAndWeights => {
                // Not the callers that the workload had before.
                text = (ADDRESSED.edit)(n + 1_000, TARGETS);
                split(&mut text, n * SPLITS % WORKLOADS, 100 + n);
            }
        }
        text
    }
}

/// `NAMESPACE/NAME` of a workload, and its service account.
pub(crate) fn workload(i: usize) -> (String, String) {
    (format!("shop/svc-{i}"), format!("ns/shop/sa/svc-{i}"))
}

fn split(text: &mut String, i: usize, weight: usize) {
    let body = format!(
        "spec:\n  service: svc-{i}\n  backends:\n  - service: svc-{i}\n    weight: {weight}\n  - service: svc-{}\n    weight: 10\n",
        i + 1
    );
    document(text, "split.smi-spec.io/v1alpha4", "TrafficSplit", &format!("split-{i}"), &body);
}

/// The first pod has another address in each state.
fn endpoints(text: &mut String, i: usize, replicas: usize, state: usize) {
    let pod = |n: usize| {
        let address = if n == 0 { format!("10.200.{i}.{}", state % 250) } else { format!("10.100.{i}.{n}") };
        format!("- {{addresses: [{address}], conditions: {{ready: true}}, targetRef: {{kind: Pod, name: svc-{i}-{n}}}}}\n")
    };
    let port = if i % 10 == 9 { "tcp-data" } else { "http" };
    let pods: String = (0..replicas).map(pod).collect();
    let body = format!(
        "  labels: {{kubernetes.io/service-name: svc-{i}}}\naddressType: IPv4\nports: [{{name: {port}, port: 8080}}]\nendpoints:\n{pods}"
    );
    document(text, "discovery.k8s.io/v1", "EndpointSlice", &format!("svc-{i}-1"), &body);
}
