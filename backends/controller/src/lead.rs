//! One of several controllers writes: whoever holds a Lease of the cluster. Who holds it is judged by what was seen to change, and for
//! how long not, on the own clock that never jumps: times of other machines are not compared with anything.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::MANAGER;

/// The Lease of all controllers of a cluster, whatever they render for: all of them write the status of policy.
pub const LEASE: &str = "meshglot-controller";

/// How long a holder is believed that says nothing.
pub const LEASE_DURATION: Duration = Duration::from_secs(15);

/// How controllers agree on the one that writes.
#[derive(Clone, Debug)]
pub struct Election {
    /// Where the Lease is; the namespace has to be there.
    pub namespace: String,
    /// Who this is: nobody else is called so.
    pub identity: String,
    /// How long a holder is believed that says nothing; at least a second.
    pub duration: Duration,
}

/// What is heard of the Lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lead {
    /// Somebody else writes, if anybody does.
    Standby { holder: Option<String> },
    /// Writes may begin until then, and have to have ended.
    Leads { until: Instant },
}

/// The Lease as it was seen last.
struct Seen {
    version: Option<String>,
    since: Instant,
}

/// Holds the Lease or waits for it, until `stopped`; then it is given up at once, so that another one need not wait. `trouble` hears in
/// words why it can be neither read nor written.
pub(crate) async fn hold(
    client: Client,
    election: Election,
    lead: watch::Sender<Lead>,
    trouble: impl Fn(String),
    mut stopped: oneshot::Receiver<()>,
) {
    let api: Api<Lease> = Api::namespaced(client, &election.namespace);
    let mut seen: Option<Seen> = None;
    loop {
        let asked = Instant::now();
        let round = timeout(election.duration / 3, round(&api, &election, &mut seen));
        let answer = tokio::select! {
            _ = &mut stopped => break,
            answer = round => answer,
        };
        let is_ours = match answer {
            Ok(Ok(holder)) => {
                let is_ours = holder.as_ref() == Some(&election.identity);
                // From before it was asked for, and no longer than others are sure to wait.
                let next = if is_ours { Lead::Leads { until: asked + election.duration * 2 / 3 } } else { Lead::Standby { holder } };
                lead.send_replace(next);
                is_ours
            }
            Ok(Err(error)) => {
                trouble(told(&error, &election));
                false
            }
            Err(_) => {
                trouble(format!("the Lease {}/{LEASE} cannot be asked for: no answer", election.namespace));
                false
            }
        };
        let pause = if is_ours { election.duration / 5 } else { election.duration / 12 };
        tokio::select! {
            _ = &mut stopped => break,
            () = sleep(pause.mul_f64(0.8 + 0.4 * fastrand::f64())) => {}
        }
    }
    if matches!(*lead.borrow(), Lead::Leads { .. }) {
        // Where it cannot be given up it ends by itself.
        let _ = release(&api, &election).await;
    }
}

/// Who holds it now, after it was taken or renewed where that may be.
async fn round(api: &Api<Lease>, election: &Election, seen: &mut Option<Seen>) -> Result<Option<String>, kube::Error> {
    let Some(lease) = api.get_opt(LEASE).await? else {
        let made =
            Lease { metadata: ObjectMeta { name: Some(LEASE.to_owned()), ..ObjectMeta::default() }, spec: Some(taken(None, election)) };
        return match api.create(&parameters(), &made).await {
            Ok(_) => Ok(Some(election.identity.clone())),
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(None),
            Err(error) => Err(error),
        };
    };
    let version = lease.metadata.resource_version.clone();
    if seen.as_ref().is_none_or(|seen| seen.version != version) {
        *seen = Some(Seen { version, since: Instant::now() });
    }
    let spec = lease.spec.clone().unwrap_or_default();
    let holder = spec.holder_identity.clone().filter(|holder| !holder.is_empty());
    let patience =
        spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok()).map_or(election.duration, Duration::from_secs);
    let is_silent = seen.as_ref().is_some_and(|seen| seen.since.elapsed() > patience);
    if holder.as_ref().is_some_and(|holder| *holder != election.identity) && !is_silent {
        return Ok(holder);
    }
    // The version says that nobody has taken it since it was read.
    let next = Lease { spec: Some(taken(Some(spec), election)), ..lease };
    match api.replace(LEASE, &parameters(), &next).await {
        Ok(lease) => {
            *seen = Some(Seen { version: lease.metadata.resource_version, since: Instant::now() });
            Ok(Some(election.identity.clone()))
        }
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(holder.filter(|holder| *holder != election.identity)),
        Err(error) => Err(error),
    }
}

/// What it says once it is ours.
fn taken(before: Option<LeaseSpec>, election: &Election) -> LeaseSpec {
    let now = MicroTime(Timestamp::now());
    let before = before.unwrap_or_default();
    let is_new = before.holder_identity.as_ref() != Some(&election.identity);
    LeaseSpec {
        holder_identity: Some(election.identity.clone()),
        lease_duration_seconds: Some(i32::try_from(election.duration.as_secs().max(1)).unwrap_or(i32::MAX)),
        acquire_time: if is_new { Some(now.clone()) } else { before.acquire_time },
        renew_time: Some(now),
        lease_transitions: Some(before.lease_transitions.unwrap_or_default().saturating_add(i32::from(is_new))),
        ..before
    }
}

async fn release(api: &Api<Lease>, election: &Election) -> Result<(), kube::Error> {
    let Some(mut lease) = api.get_opt(LEASE).await? else { return Ok(()) };
    let Some(spec) = lease.spec.as_mut().filter(|spec| spec.holder_identity.as_ref() == Some(&election.identity)) else { return Ok(()) };
    spec.holder_identity = None;
    spec.lease_duration_seconds = Some(1);
    api.replace(LEASE, &parameters(), &lease).await.map(drop)
}

fn parameters() -> PostParams {
    PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() }
}

fn told(error: &kube::Error, election: &Election) -> String {
    let lease = format!("the Lease {}/{LEASE}", election.namespace);
    match error {
        kube::Error::Api(status) if status.code == 404 => {
            format!("nothing is written: {lease} cannot be made, there is no such namespace: create it, or name another one")
        }
        error => format!("{lease} cannot be asked for: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_that_renews_keeps_what_it_has() {
        let election = |name: &str| Election { namespace: "a".to_owned(), identity: name.to_owned(), duration: LEASE_DURATION };
        let first = taken(None, &election("one"));
        assert_eq!((first.lease_transitions, first.lease_duration_seconds), (Some(1), Some(15)));
        let again = taken(Some(first.clone()), &election("one"));
        assert_eq!((again.lease_transitions, &again.acquire_time), (Some(1), &first.acquire_time));
        let other = taken(Some(again), &election("two"));
        assert_eq!((other.lease_transitions, other.holder_identity.as_deref()), (Some(2), Some("two")));
    }
}
