//! Who is who: what proxies tell are identities, addresses and names of clusters.

use std::net::IpAddr;

/// Knows the mesh that the proxies belong to. It is asked for each call, so that it should not take long.
pub trait Names: Send + Sync + 'static {
    /// `NAMESPACE/NAME` of each workload that should have a proxy.
    fn workloads(&self) -> Vec<String>;

    /// The workload with this SPIFFE ID; `None`: nobody has it, or several.
    fn workload(&self, identity: &str) -> Option<String>;

    /// The workload at this address; `None`: nobody has it, or several.
    fn workload_at(&self, address: IpAddr) -> Option<String>;

    /// The SPIFFE ID of a workload.
    fn identity(&self, workload: &str) -> Option<String>;

    /// The Service (`NAMESPACE/NAME`) that chooses a workload; of several the first by name.
    fn service(&self, workload: &str) -> Option<String>;

    /// The SPIFFE ID that all workloads behind a Service have; `None`: there are none, or they have several.
    fn identity_behind(&self, service: &str) -> Option<String>;

    /// The Service to which a caller's proxy sends by a cluster of this name.
    fn service_of_cluster(&self, cluster: &str) -> Option<String>;
}
