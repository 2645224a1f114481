//! The authority of a running control plane: its folder, its rotation, and the certificate of the control plane itself.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use meshglot_agent::CONTROL_PLANE;
use meshglot_ca::{
    Authority, Intermediate, KeyPair, Lifetime, RotationError, RotationState, SpiffeId, Store, StoreError, Texts, TrustDomain, renewal_time,
};
use meshglot_join::Held;
use meshglot_xds::server_config;
use rustls::ServerConfig;
use time::{Duration, OffsetDateTime};
use tokio::sync::watch;

use crate::error::ControlError;

/// How long things take that an authority does by the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// A new root begins to sign when it has been trusted for so long; at least [`Terms::SHORTEST`]. Who has not heard of it by then, because
    /// it was away or starts with roots that were read before, does not trust the control plane any more.
    pub overlap: Duration,
    /// How long new certificates live; absent: as long as they did, and 24 hours at first.
    pub lifetime: Option<Lifetime>,
}

impl Terms {
    /// The kubelet hands on what a ConfigMap says within about so long.
    pub const SHORTEST: Duration = Duration::minutes(1);
}

impl Default for Terms {
    fn default() -> Self {
        Self { overlap: Duration::hours(1), lifetime: None }
    }
}

/// An intermediate CA that somebody else issued, as files say it.
#[derive(Clone)]
pub struct Given {
    /// The certificate that signs, and those above it, PEM.
    pub chain: String,
    /// Its private key, PEM.
    pub key: String,
    /// The roots that are to be trusted, PEM.
    pub roots: String,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given")
    }
}

impl Given {
    fn intermediate(&self) -> Intermediate<'_> {
        Intermediate { chain: &self.chain, key: &self.key, roots: &self.roots }
    }
}

/// Signs, and changes its root in time. Every change is in the folder before anybody sees it.
pub(crate) struct Keeper {
    /// None: an authority that ends with the process, or that somebody else keeps.
    store: Option<Store>,
    /// Its steps are taken by whoever keeps it.
    is_kept: bool,
    overlap: Duration,
    authority: Mutex<Authority>,
    signs: watch::Sender<Arc<Authority>>,
    configs: watch::Sender<Arc<ServerConfig>>,
    /// The same for the connections that it makes itself.
    own: watch::Sender<Arc<Held>>,
    /// When the control plane's own certificate is replaced.
    due: Mutex<OffsetDateTime>,
}

impl Keeper {
    /// Takes up the authority of a folder, or begins one.
    pub(crate) fn open(
        folder: Option<&Path>,
        trust_domain: &TrustDomain,
        given: Option<&Given>,
        terms: Terms,
        now: OffsetDateTime,
    ) -> Result<Self, ControlError> {
        let store = folder.map(Store::open).transpose()?;
        let saved = store.as_ref().map(|store| store.load(now)).transpose()?.flatten();
        let mut authority = match (saved, given) {
            (Some(saved), _) if saved.trust_domain() != trust_domain => {
                let folder = folder.map(|folder| folder.display().to_string()).unwrap_or_default();
                return Err(ControlError::TrustDomain { folder, saved: saved.trust_domain().clone(), wanted: trust_domain.clone() });
            }
            (Some(saved), _) => saved,
            (None, Some(given)) => Authority::from_intermediate(trust_domain.clone(), given.intermediate(), now)?
                .signing_for(terms.lifetime.unwrap_or_default()),
            (None, None) => Authority::new(trust_domain.clone(), now)?.signing_for(terms.lifetime.unwrap_or_default()),
        };
        if let Some(lifetime) = terms.lifetime {
            authority.set_lifetime(lifetime);
        }
        if let Some(store) = &store {
            store.save(&authority)?;
        }
        let keeper = Self::of(store, authority, terms.overlap, now)?;
        if let Some(given) = given {
            keeper.introduce(given, now)?;
        }
        Ok(keeper)
    }

    /// One that somebody else keeps, and that was read there.
    pub(crate) fn kept(authority: Authority, overlap: Duration, now: OffsetDateTime) -> Result<Self, ControlError> {
        Ok(Self { is_kept: true, ..Self::of(None, authority, overlap, now)? })
    }

    fn of(store: Option<Store>, authority: Authority, overlap: Duration, now: OffsetDateTime) -> Result<Self, ControlError> {
        let Credentials { config, own, due } = credentials(&authority, now)?;
        Ok(Self {
            store,
            is_kept: false,
            overlap,
            signs: watch::channel(Arc::new(authority.clone())).0,
            authority: Mutex::new(authority),
            configs: watch::channel(config).0,
            own: watch::channel(own).0,
            due: Mutex::new(due),
        })
    }

    /// What is kept is otherwise: it signs by that from now on.
    pub(crate) fn take(&self, kept: Authority, now: OffsetDateTime) -> Result<(), ControlError> {
        let mut authority = self.authority.lock().unwrap_or_else(PoisonError::into_inner);
        if Texts::of(&kept) == Texts::of(&authority) {
            return Ok(());
        }
        *authority = kept;
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        self.show(&authority, &mut due, now)
    }

    /// What is to be kept next, and what that is, for people; `None`: all is well for now. `is_asked`: somebody wants another root.
    pub(crate) fn next(&self, is_asked: bool, now: OffsetDateTime) -> Result<Option<(Authority, &'static str)>, ControlError> {
        let mut next = self.authority.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(step(&mut next, self.overlap, is_asked, now)?.map(|done| (next, done)))
    }

    /// What signs, always the newest.
    pub(crate) fn signs(&self) -> watch::Receiver<Arc<Authority>> {
        self.signs.subscribe()
    }

    /// What the control plane proves who it is with, always the newest.
    pub(crate) fn configs(&self) -> watch::Receiver<Arc<ServerConfig>> {
        self.configs.subscribe()
    }

    /// What the control plane proves to whomever it calls, always the newest.
    pub(crate) fn own(&self) -> watch::Receiver<Arc<Held>> {
        self.own.subscribe()
    }

    /// Looks at the time: replaces the own certificate, and takes the next step of a rotation. What was done, for people.
    pub(crate) fn look(&self, now: OffsetDateTime) -> Result<Option<&'static str>, ControlError> {
        let mut authority = self.authority.lock().unwrap_or_else(PoisonError::into_inner);
        let done = if self.is_kept { None } else { self.step(&mut authority, now)? };
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if done.is_some() || now >= *due {
            // The next look tries again, whatever this one has done.
            *due = now;
            self.show(&authority, &mut due, now)?;
        }
        Ok(done)
    }

    /// An intermediate that is not the one that signs comes next.
    fn introduce(&self, given: &Given, now: OffsetDateTime) -> Result<(), ControlError> {
        let mut authority = self.authority.lock().unwrap_or_else(PoisonError::into_inner);
        let signer = Authority::from_intermediate(authority.trust_domain().clone(), given.intermediate(), now)?;
        if signer.signing_certificate() == authority.signing_certificate() {
            return Ok(());
        }
        let mut changed = authority.clone();
        changed.introduce_intermediate(given.intermediate(), now)?;
        self.replace(&mut authority, changed)?;
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        self.show(&authority, &mut due, now)
    }

    fn step(&self, authority: &mut Authority, now: OffsetDateTime) -> Result<Option<&'static str>, ControlError> {
        let mut changed = authority.clone();
        let done = step(&mut changed, self.overlap, false, now)?;
        if done.is_some() {
            self.replace(authority, changed)?;
        }
        Ok(done)
    }

    fn replace(&self, authority: &mut Authority, changed: Authority) -> Result<(), ControlError> {
        if let Some(store) = &self.store {
            store.save(&changed)?;
        }
        *authority = changed;
        Ok(())
    }

    fn show(&self, authority: &Authority, due: &mut OffsetDateTime, now: OffsetDateTime) -> Result<(), ControlError> {
        let next = credentials(authority, now)?;
        *due = next.due;
        self.configs.send_replace(next.config);
        self.own.send_replace(next.own);
        self.signs.send_replace(Arc::new(authority.clone()));
        Ok(())
    }
}

/// The next step of a rotation, where it is time for one; what was done, for people.
fn step(authority: &mut Authority, overlap: Duration, is_asked: bool, now: OffsetDateTime) -> Result<Option<&'static str>, RotationError> {
    match authority.rotation() {
        RotationState::Steady if is_asked || is_late(authority, now) => {
            authority.introduce(now)?;
            Ok(Some("a new root is trusted; it signs when all have had time to hear of it"))
        }
        RotationState::Introduced { introduced_at } if now >= introduced_at + overlap => {
            authority.switch(now)?;
            Ok(Some("the new root signs; the old one is trusted until its last certificate has ended"))
        }
        RotationState::Switched { retire_after, .. } if now > retire_after + Duration::seconds(1) => {
            authority.retire(now)?;
            Ok(Some("the old root is not trusted any more"))
        }
        _ => Ok(None),
    }
}

/// Whose authority a folder holds; none where there is no folder, or nothing in it.
///
/// # Errors
/// The folder cannot be used, or another process has it.
pub fn saved_trust_domain(folder: &Path) -> Result<Option<TrustDomain>, StoreError> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let saved = Store::open(folder)?.load(OffsetDateTime::now_utc())?;
    Ok(saved.map(|authority| authority.trust_domain().clone()))
}

/// Whether a tenth of its life is left, and its root is an own one: another comes from where it came from.
fn is_late(authority: &Authority, now: OffsetDateTime) -> bool {
    let signer = authority.signing_certificate();
    let own = authority.bundle().iter().any(|root| root == signer);
    own && signer.not_after() - now < (signer.not_after() - signer.not_before()) / 10
}

/// A certificate of the control plane itself.
struct Credentials {
    config: Arc<ServerConfig>,
    own: Arc<Held>,
    /// When the next one is due.
    due: OffsetDateTime,
}

fn credentials(authority: &Authority, now: OffsetDateTime) -> Result<Credentials, ControlError> {
    let id: SpiffeId = format!("spiffe://{}/{CONTROL_PLANE}", authority.trust_domain()).parse().map_err(ControlError::Identity)?;
    let key = KeyPair::generate()?;
    let issued = authority.issue(&key.csr(&id)?, &id, now)?;
    let config = server_config(&issued.chain_pem(), &key.private_key_pem(), &issued.bundle_pem())?;
    let own = Arc::new(Held::handed_over(issued.chain_pem(), key.private_key_pem(), issued.bundle_pem())?);
    Ok(Credentials { config, own, due: renewal_time(now, now + authority.lifetime().duration(), 0.5) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(name: &str) -> TrustDomain {
        name.parse().expect("a name")
    }

    #[test]
    fn a_root_is_changed_in_time_and_survives_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("authority");
        let began = OffsetDateTime::now_utc();
        let open = |now| Keeper::open(Some(&path), &domain("a.example"), None, Terms::default(), now).expect("an authority");
        let keeper = open(began);
        let roots = |keeper: &Keeper| keeper.signs().borrow().bundle().len();
        assert_eq!(keeper.look(began).expect("a look"), None);
        let late = began + Duration::days(3650 - 300);
        assert!(keeper.look(late).expect("a look").is_some_and(|done| done.contains("trusted")));
        assert_eq!(roots(&keeper), 2);
        assert_eq!(keeper.look(late + Duration::minutes(59)).expect("a look"), None);
        drop(keeper);
        let keeper = open(late + Duration::minutes(59));
        assert!(keeper.look(late + Duration::hours(1)).expect("a look").is_some_and(|done| done.contains("signs")));
        assert_eq!(keeper.look(late + Duration::hours(24)).expect("a look"), None);
        assert!(keeper.look(late + Duration::hours(26)).expect("a look").is_some());
        assert_eq!(roots(&keeper), 1);
    }

    #[test]
    fn terms_are_taken_up_and_lifetimes_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("authority");
        let now = OffsetDateTime::now_utc();
        let lifetime = |terms: Terms| {
            let keeper = Keeper::open(Some(&path), &domain("a.example"), None, terms, now).expect("an authority");
            keeper.signs().borrow().lifetime()
        };
        assert_eq!(lifetime(Terms::default()), Lifetime::default());
        assert_eq!(lifetime(Terms { lifetime: Some(Lifetime::MIN), ..Terms::default() }), Lifetime::MIN);
        assert_eq!(lifetime(Terms::default()), Lifetime::MIN, "who says nothing changes nothing");
    }

    #[test]
    fn its_own_certificate_is_replaced_at_half_of_its_life() {
        let began = OffsetDateTime::now_utc();
        let keeper = Keeper::open(None, &domain("a.example"), None, Terms::default(), began).expect("an authority");
        let mut configs = keeper.configs();
        configs.borrow_and_update();
        keeper.look(began + Duration::hours(11)).expect("a look");
        assert!(!configs.has_changed().expect("a sender"));
        keeper.look(began + Duration::hours(13)).expect("a look");
        assert!(configs.has_changed().expect("a sender"));
    }

    #[test]
    fn a_folder_of_another_trust_domain_is_not_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("authority");
        let now = OffsetDateTime::now_utc();
        drop(Keeper::open(Some(&path), &domain("a.example"), None, Terms::default(), now).expect("an authority"));
        let error = Keeper::open(Some(&path), &domain("b.example"), None, Terms::default(), now).err().expect("a refusal").to_string();
        assert!(error.contains("a.example") && error.contains("b.example"), "{error}");
    }
}
