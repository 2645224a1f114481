//! The authority of one trust domain: it signs for identities that somebody else has established.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::ca_error::CaError;
use crate::certificate::Certificate;
use crate::csr::{self, CsrError};
use crate::intermediate::Intermediate;
use crate::issued::Issued;
use crate::lifetime::Lifetime;
use crate::rotation::Phase;
use crate::signing_ca::SigningCa;
use crate::spiffe_id::SpiffeId;
use crate::trust_domain::TrustDomain;
use crate::validity::ValidityError;

/// Holds the key that signs, the roots that are trusted, and how far a rotation is. Its `Debug` shows no key.
///
/// A clone shares the keys; it is how [`crate::Store::apply`] tries a change before anybody sees it.
#[derive(Clone, Debug)]
pub struct Authority {
    pub(crate) trust_domain: TrustDomain,
    pub(crate) lifetime: Lifetime,
    /// The longest that the active key may have given out, which decides when its root may leave the bundle.
    pub(crate) longest: Lifetime,
    pub(crate) active: Arc<SigningCa>,
    pub(crate) phase: Phase,
}

impl Authority {
    /// With an own root: new, self-signed, ECDSA P-256, for 10 years from `now`.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub fn new(trust_domain: TrustDomain, now: OffsetDateTime) -> Result<Self, CaError> {
        let active = SigningCa::own_root(&trust_domain, now)?;
        Ok(Self::with(trust_domain, active))
    }

    /// With an intermediate that was given.
    ///
    /// # Errors
    /// Where the texts cannot be read, the key is not that of the certificate, a certificate may not sign for the trust domain, the chain
    /// does not link or ends in no given root, or one of it does not live at `now`.
    pub fn from_intermediate(trust_domain: TrustDomain, given: Intermediate<'_>, now: OffsetDateTime) -> Result<Self, CaError> {
        let active = SigningCa::given(given, &trust_domain, now)?;
        Ok(Self::with(trust_domain, active))
    }

    /// Signs a request (PKCS #10, DER or PEM) for an identity that the caller has established by other means.
    ///
    /// The certificate is good from one minute before `now`, for both ends of TLS, and never longer than the authority itself. Of the
    /// request only the key is used.
    ///
    /// # Errors
    /// Where the identity is of another trust domain, the request is refused, or the authority does not live at `now`.
    pub fn issue(&self, csr: &[u8], id: &SpiffeId, now: OffsetDateTime) -> Result<Issued, IssueError> {
        if *id.trust_domain() != self.trust_domain {
            return Err(IssueError::TrustDomain { given: id.trust_domain().clone(), own: self.trust_domain.clone() });
        }
        let key = csr::public_key(csr, id)?;
        self.active.check_validity(now).map_err(IssueError::Authority)?;
        let leaf = self.active.issue(&key, id, self.lifetime, now)?;
        Ok(Issued { leaf, intermediates: self.active.intermediates().to_vec(), bundle: self.bundle() })
    }

    /// All roots that are to be trusted now, those of the active key first.
    pub fn bundle(&self) -> Vec<Certificate> {
        let others = match &self.phase {
            Phase::Steady => &[],
            Phase::Introduced { next, .. } => next.roots(),
            Phase::Switched { previous, .. } => previous.as_slice(),
        };
        let mut bundle: Vec<Certificate> = Vec::new();
        for root in self.active.roots().iter().chain(others) {
            if !bundle.contains(root) {
                bundle.push(root.clone());
            }
        }
        bundle
    }

    /// The trust domain of all identities it signs for.
    pub fn trust_domain(&self) -> &TrustDomain {
        &self.trust_domain
    }

    /// The certificate whose key signs: its own root, or the given intermediate.
    pub fn signing_certificate(&self) -> &Certificate {
        self.active.signer()
    }

    /// The last second at which it can sign: rotate well before.
    pub fn ends(&self) -> OffsetDateTime {
        self.active.ends()
    }

    /// How long new certificates live.
    pub fn lifetime(&self) -> Lifetime {
        self.lifetime
    }

    /// Changes how long new certificates live; save it before issuing (see [`crate::Store::apply`]), since a longer life also puts off
    /// when the root may be retired.
    pub fn set_lifetime(&mut self, lifetime: Lifetime) {
        self.lifetime = lifetime;
        self.longest = self.longest.max(lifetime);
    }

    /// The same with another life of certificates, where it has signed none yet: its root may be retired as early as that allows.
    #[must_use]
    pub fn signing_for(self, lifetime: Lifetime) -> Self {
        Self { lifetime, longest: lifetime, ..self }
    }

    fn with(trust_domain: TrustDomain, active: SigningCa) -> Self {
        let lifetime = Lifetime::default();
        Self { trust_domain, lifetime, longest: lifetime, active: Arc::new(active), phase: Phase::Steady }
    }
}

/// Why no certificate was issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// Not for this authority to say.
    #[error("the identity is of the trust domain {given}, and this authority signs for {own} only: ask the authority of {given}")]
    TrustDomain {
        /// The trust domain of the identity.
        given: TrustDomain,
        /// The trust domain of the authority.
        own: TrustDomain,
    },
    /// The request is refused.
    #[error(transparent)]
    Csr(#[from] CsrError),
    /// A certificate of the authority is expired or not yet valid.
    #[error("the authority cannot sign now, rotate it or set the clock right: {0}")]
    Authority(#[source] ValidityError),
    /// Signing failed.
    #[error(transparent)]
    Ca(#[from] CaError),
}
