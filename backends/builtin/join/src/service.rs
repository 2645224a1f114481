//! Who gets a certificate, and for which identity.

use std::sync::{Arc, Mutex, PoisonError};

use meshglot_ca::{Authority, CaError, Certificate, CsrError, IssueError, Issued, JoinTokens, SpiffeId, ValidityError, chain_pem, verify};
use time::OffsetDateTime;
use tokio::sync::{Semaphore, watch};
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::Status;

use crate::clock::Clock;
use crate::messages::{SignRequest, TrustResponse};
use crate::refusal::Refusal;
use crate::reviewer::{ReviewError, Reviewer};

/// Whether there is a workload of an identity.
pub type Admits = dyn Fn(&SpiffeId) -> bool + Send + Sync;

/// So many reviews at once; who comes then is told to try again.
const AT_ONCE: usize = 16;

/// No token of another authority is longer: those of Kubernetes have one or two thousand bytes.
const LONGEST: usize = 8 * 1024;

/// The service `meshglot.join.v1.Join`, to be put into a tonic server whose connections are `TlsStream<TcpStream>` and whose TLS asks for
/// a certificate without insisting on it. Clones are the same service.
///
/// Who asks is established by a join token, or without one by the certificate of the connection, which is verified again for every
/// request against the bundle of that moment. Where there are both, the token decides, and must be for the identity that the certificate
/// names, whatever that certificate is worth. [`Refusal`] lists what is refused, and says what callers learn of tokens.
///
/// A token that is no join token is of another authority, where there is a [`Reviewer`] that knows it. Such a token may be used again: how
/// long it is good, and for whom, its authority says.
///
/// A request that is refused for what it is (its size, form, key or signature) does not use up the token, nor does an authority that
/// cannot sign. A request that is good, and names another identity than the token's, does: whose a token is is known only by redeeming it,
/// and one that is used for a foreign name is in the wrong hands.
#[derive(Clone)]
pub struct JoinService {
    authority: watch::Receiver<Arc<Authority>>,
    tokens: Arc<Mutex<JoinTokens>>,
    clock: Arc<dyn Clock>,
    reviewer: Option<Arc<dyn Reviewer>>,
    admits: Option<Arc<Admits>>,
    /// How many tokens are reviewed at once: nobody is known yet, and the other authority is not ours.
    reviews: Arc<Semaphore>,
    /// Signs what is thrown away: it finds out whether a request is good before anybody is known, with a key that nobody trusts.
    trial: Arc<Authority>,
}

impl JoinService {
    /// Signs with whatever `authority` holds last; send a changed clone of it there, after it was saved, and every stream of roots that
    /// is open hears of it at once. The trust domain must stay the same.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub fn new(authority: watch::Receiver<Arc<Authority>>, tokens: Arc<Mutex<JoinTokens>>, clock: Arc<dyn Clock>) -> Result<Self, CaError> {
        let trust_domain = authority.borrow().trust_domain().clone();
        let trial = Arc::new(Authority::new(trust_domain, clock.now())?);
        Ok(Self { authority, tokens, clock, reviewer: None, admits: None, reviews: Arc::new(Semaphore::new(AT_ONCE)), trial })
    }

    /// Signs for identities that are admitted at that moment alone, also where a certificate is renewed.
    #[must_use]
    pub fn admitting(self, admits: Arc<Admits>) -> Self {
        Self { admits: Some(admits), ..self }
    }

    /// Also takes tokens that this reviewer vouches for.
    #[must_use]
    pub fn reviewed_by(self, reviewer: Arc<dyn Reviewer>) -> Self {
        Self { reviewer: Some(reviewer), ..self }
    }

    /// Signs a request of a connection that has shown these certificates, leaf first.
    pub(crate) async fn sign(&self, request: &SignRequest, shown: Option<&[Certificate]>) -> Result<Issued, Refusal> {
        let now = self.clock.now();
        let authority = self.authority.borrow().clone();
        let id = match (request.token.as_str(), shown) {
            ("", None) => return Err(Refusal::NoProof),
            ("", Some(chain)) => verify(chain, &authority.bundle(), now).map_err(Refusal::Certificate)?,
            (token, shown) => {
                check_living(&authority, now)?;
                let shown = shown.and_then(<[_]>::first).map(Certificate::spiffe_id).transpose().map_err(Refusal::Unreadable)?;
                self.check_csr(&request.csr, shown.as_ref(), now)?;
                let id = match &self.reviewer {
                    Some(reviewer) if !JoinTokens::is_one(token) => self.review(&**reviewer, token).await?,
                    _ => self.tokens.lock().unwrap_or_else(PoisonError::into_inner).redeem(token, now)?,
                };
                match shown {
                    Some(shown) if shown != id => return Err(Refusal::Differs { shown }),
                    _ => id,
                }
            }
        };
        if self.admits.as_ref().is_some_and(|admits| !admits(&id)) {
            return Err(Refusal::Unknown { id });
        }
        // A review may have taken a while, in which a root has changed.
        let authority = self.authority.borrow().clone();
        Ok(authority.issue(&request.csr, &id, self.clock.now())?)
    }

    /// The bundle, now and whenever it changes. Other changes of the authority are not told.
    pub(crate) fn bundles(&self) -> impl Stream<Item = Result<TrustResponse, Status>> + Send + use<> {
        let mut last = String::new();
        WatchStream::new(self.authority.clone()).filter_map(move |authority| {
            let bundle_pem = chain_pem(&authority.bundle());
            (bundle_pem != last).then(|| {
                last.clone_from(&bundle_pem);
                Ok(TrustResponse { bundle_pem })
            })
        })
    }

    async fn review(&self, reviewer: &dyn Reviewer, token: &str) -> Result<SpiffeId, Refusal> {
        if token.len() > LONGEST {
            return Err(ReviewError::Refused(format!("it is longer than {LONGEST} bytes")).into());
        }
        let _place = self.reviews.try_acquire().map_err(|_| ReviewError::Unavailable("too many are reviewed at once".to_owned()))?;
        Ok(reviewer.review(token.to_owned()).await?)
    }

    /// Whether a request could be signed for `id`, or for somebody where that is not known yet.
    fn check_csr(&self, csr: &[u8], id: Option<&SpiffeId>, now: OffsetDateTime) -> Result<(), Refusal> {
        let somebody = SpiffeId::new(self.trial.trust_domain().clone(), "nobody", "nobody");
        let Some(trial_id) = id.cloned().or(somebody.ok()) else { return Ok(()) };
        match self.trial.issue(csr, &trial_id, now) {
            // Names are looked at last: everything else is good.
            Err(IssueError::Csr(CsrError::ForeignName { .. })) if id.is_none() => Ok(()),
            // A clock that was set back is no fault of the request.
            Ok(_) | Err(IssueError::Authority(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Before a token is used up for nothing.
fn check_living(authority: &Authority, now: OffsetDateTime) -> Result<(), Refusal> {
    let not_after = authority.ends();
    if now.unix_timestamp() <= not_after.unix_timestamp() {
        return Ok(());
    }
    let serial = authority.signing_certificate().serial();
    Err(Refusal::Authority(IssueError::Authority(ValidityError::Expired { serial, not_after, now })))
}
