//! One workload where it runs: its applications, its agent's secrets, and its proxy.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use meshglot_join::Holder;
use tokio::runtime::Handle;

use crate::application::Application;
use crate::data_plane::{Beside, DataPlane, Proxy};
use crate::issuer::TRUST_DOMAIN;
use crate::namespace::Namespace;
use crate::workload::Workload;

/// What was started ends with it, in the order of the fields.
pub(crate) struct Host {
    pub(crate) workload: Workload,
    /// `None`: it has none, or it was ended.
    pub(crate) proxy: Option<Box<dyn Proxy>>,
    /// By port.
    pub(crate) applications: BTreeMap<u16, Application>,
    /// `None`: it has no proxy.
    pub(crate) holder: Option<Holder>,
    pub(crate) folder: PathBuf,
    pub(crate) namespace: Arc<Namespace>,
}

impl Host {
    /// With neither applications nor a proxy yet.
    pub(crate) fn new(workload: Workload, namespace: Namespace, folder: PathBuf, holder: Option<Holder>) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self { workload, proxy: None, applications: BTreeMap::new(), holder, folder, namespace: Arc::new(namespace) })
    }

    /// Starts what does not run of its applications.
    pub(crate) fn start_applications(&mut self) -> io::Result<()> {
        for (_, port, serves) in self.workload.ports {
            if !self.applications.contains_key(port) {
                self.applications.insert(*port, Application::start(&self.namespace, self.workload.name, *port, *serves)?);
            }
        }
        Ok(())
    }

    /// Starts its proxy, if it has one that does not run.
    pub(crate) fn start_proxy(&mut self, data_plane: &dyn DataPlane, control_plane: SocketAddr, runtime: &Handle) -> io::Result<()> {
        let Some(holder) = self.holder.as_ref().filter(|_| self.proxy.is_none()) else { return Ok(()) };
        let (workload, instance) = self.node();
        let beside = Beside {
            id: format!("{workload}/{instance}"),
            trust_domain: TRUST_DOMAIN.to_owned(),
            control_plane,
            folder: &self.folder,
            host: &self.namespace,
            secrets: holder.held(),
            runtime,
        };
        self.proxy = Some(data_plane.start(&beside)?);
        Ok(())
    }

    /// Who its proxy is.
    pub(crate) fn spiffe_id(&self) -> String {
        let Workload { namespace, account, .. } = self.workload;
        format!("spiffe://{TRUST_DOMAIN}/ns/{namespace}/sa/{account}")
    }

    /// What its proxy calls itself: workload and instance.
    pub(crate) fn node(&self) -> (String, String) {
        let Workload { name, namespace, .. } = self.workload;
        (format!("{namespace}/{name}"), format!("{name}-1"))
    }
}
