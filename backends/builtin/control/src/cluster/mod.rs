//! An authority that a cluster keeps: one Secret for all control planes of it, and its roots where pods read them.
//!
//! Nobody leads here. Each control plane looks at the time, and takes the steps of a rotation by replacing the Secret as it has seen it:
//! whoever comes second is refused by the API server, and sees what the first one has done. A step counts when it is in the Secret, so
//! that nobody signs by a root that others do not know.

mod course;
mod roots;
mod secret;
mod standing;
#[cfg(test)]
mod years;

use std::sync::Arc;

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use meshglot_ca::{Authority, Lifetime, TrustDomain};
use meshglot_join::Clock;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use crate::authority::Keeper;
use crate::control::Tell;
use crate::error::ControlError;

pub use roots::{LABEL, ROOTS};
pub use secret::{AUTHORITY, ROTATE};
pub use standing::{RootsError, roots_stand};

/// By which objects say that we keep them.
const OURS: (&str, &str) = ("app.kubernetes.io/managed-by", "meshglot");

/// Who writes, as the API server knows it.
const MANAGER: &str = "meshglot-control-plane";

/// A cluster, and the namespace of its control planes.
#[derive(Clone)]
pub struct Cluster {
    /// How it is reached.
    pub client: Client,
    /// Where the Secret is.
    pub namespace: String,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

impl Cluster {
    fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Whose authority is kept already: whatever a Mesh says by now, sidecars trust no other. `None`: nobody's yet.
    ///
    /// # Errors
    /// The Secret cannot be used, or the API server does not let it be read.
    pub async fn trust_domain(&self) -> Result<Option<TrustDomain>, ControlError> {
        secret::trust_domain(&self.secrets(), &self.namespace, OffsetDateTime::now_utc()).await
    }

    /// The authority of the Secret, or a new one that is in it from now on. `lifetime`: how long certificates live from now on, where somebody
    /// says so.
    ///
    /// # Errors
    /// The Secret cannot be used, or the API server does not let it be read or written.
    pub(crate) async fn begin(
        &self,
        trust_domain: &TrustDomain,
        lifetime: Option<Lifetime>,
        now: OffsetDateTime,
    ) -> Result<Authority, ControlError> {
        secret::begin(&self.secrets(), &self.namespace, trust_domain, lifetime, now).await
    }

    /// Follows the Secret, keeps it in time, and publishes the roots, as long as the tasks live. `keeps`: without it somebody else issues the
    /// authority, and only its roots are published.
    pub(crate) fn keep(self, keeps: bool, keeper: &Arc<Keeper>, clock: Arc<dyn Clock>, tell: &Tell, tasks: &mut JoinSet<()>) {
        tasks.spawn(roots::publish(self.client.clone(), keeper.signs(), tell.clone()));
        if keeps {
            tasks.spawn(course::follow(self, keeper.clone(), clock, tell.clone()));
        }
    }
}
