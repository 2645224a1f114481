//! The rotation of the root in three steps, so that everybody trusts the new one before it signs and the old one while its leafs live.
//!
//! `introduce` → both trusted, the old one signs; `switch` → both trusted, the new one signs; `retire` → the new one alone. Between
//! introduce and switch, wait until the bundle has reached every workload.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::authority::Authority;
use crate::ca_error::CaError;
use crate::certificate::Certificate;
use crate::intermediate::Intermediate;
use crate::signing_ca::SigningCa;
use crate::validity::ValidityError;

#[derive(Clone, Debug)]
pub(crate) enum Phase {
    Steady,
    Introduced { next: Arc<SigningCa>, introduced_at: OffsetDateTime },
    Switched { previous: Vec<Certificate>, switched_at: OffsetDateTime, retire_after: OffsetDateTime },
}

/// How far a rotation is. Times are in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationState {
    /// No rotation: one authority signs, and its roots alone are trusted.
    Steady,
    /// The next one is trusted too, and does not sign yet.
    Introduced {
        /// When it was put into the bundle.
        introduced_at: OffsetDateTime,
    },
    /// The next one signs, and the previous one is still trusted.
    Switched {
        /// When the new one began to sign.
        switched_at: OffsetDateTime,
        /// The last second at which a certificate of the previous one may live.
        retire_after: OffsetDateTime,
    },
}

/// What a call of a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The step was taken.
    Done,
    /// It had been taken before; nothing changed.
    AlreadyDone,
}

impl Authority {
    /// How far a rotation is.
    pub fn rotation(&self) -> RotationState {
        match self.phase {
            Phase::Steady => RotationState::Steady,
            Phase::Introduced { introduced_at, .. } => RotationState::Introduced { introduced_at },
            Phase::Switched { switched_at, retire_after, .. } => RotationState::Switched { switched_at, retire_after },
        }
    }

    /// Makes a new own root and puts it into the bundle; the old one still signs.
    ///
    /// # Errors
    /// Where the previous rotation is not finished, or no key can be made.
    pub fn introduce(&mut self, now: OffsetDateTime) -> Result<Step, RotationError> {
        if matches!(self.phase, Phase::Introduced { .. }) {
            return Ok(Step::AlreadyDone);
        }
        self.check_finished()?;
        self.set_next(SigningCa::own_root(&self.trust_domain, now)?, now);
        Ok(Step::Done)
    }

    /// As [`Authority::introduce`], with an intermediate that was given and its roots.
    ///
    /// # Errors
    /// As there, where the intermediate is refused (see [`Authority::from_intermediate`]), and where another one is introduced.
    pub fn introduce_intermediate(&mut self, given: Intermediate<'_>, now: OffsetDateTime) -> Result<Step, RotationError> {
        self.check_finished()?;
        let given = SigningCa::given(given, &self.trust_domain, now)?;
        if let Phase::Introduced { next, .. } = &self.phase {
            return if next.signer() == given.signer() { Ok(Step::AlreadyDone) } else { Err(RotationError::AnotherIntroduced) };
        }
        self.set_next(given, now);
        Ok(Step::Done)
    }

    /// Takes back what was introduced: it has signed nothing yet.
    ///
    /// # Errors
    /// Where the new one signs already.
    pub fn withdraw(&mut self) -> Result<Step, RotationError> {
        self.check_finished()?;
        let done = if matches!(self.phase, Phase::Steady) { Step::AlreadyDone } else { Step::Done };
        self.phase = Phase::Steady;
        Ok(done)
    }

    /// The new one signs from now on; both are trusted.
    ///
    /// # Errors
    /// Where nothing was introduced, or what was introduced does not live at `now`.
    pub fn switch(&mut self, now: OffsetDateTime) -> Result<Step, RotationError> {
        let next = match &self.phase {
            Phase::Steady => return Err(RotationError::NotIntroduced),
            Phase::Switched { .. } => return Ok(Step::AlreadyDone),
            Phase::Introduced { next, .. } => next.clone(),
        };
        next.check_validity(now)?;
        let switched_at = whole_seconds(now);
        // Leafs never outlive their authority.
        let retire_after = (switched_at + self.longest.duration()).min(self.active.ends());
        let previous = std::mem::replace(&mut self.active, next).roots().to_vec();
        self.longest = self.lifetime;
        self.phase = Phase::Switched { previous, switched_at, retire_after };
        Ok(Step::Done)
    }

    /// Takes the old roots out of the bundle.
    ///
    /// # Errors
    /// Where the new one does not sign yet, and where a certificate of the old one may still live.
    pub fn retire(&mut self, now: OffsetDateTime) -> Result<Step, RotationError> {
        match self.phase {
            Phase::Steady => Ok(Step::AlreadyDone),
            Phase::Introduced { .. } => Err(RotationError::NotSwitched),
            // The last second of a life belongs to it.
            Phase::Switched { retire_after, .. } if whole_seconds(now) <= retire_after => {
                Err(RotationError::TooEarly { retire_after, now })
            }
            Phase::Switched { .. } => {
                self.phase = Phase::Steady;
                Ok(Step::Done)
            }
        }
    }

    fn check_finished(&self) -> Result<(), RotationError> {
        match self.phase {
            Phase::Switched { retire_after, .. } => Err(RotationError::NotRetired { retire_after }),
            Phase::Steady | Phase::Introduced { .. } => Ok(()),
        }
    }

    fn set_next(&mut self, next: SigningCa, now: OffsetDateTime) {
        self.phase = Phase::Introduced { next: Arc::new(next), introduced_at: whole_seconds(now) };
    }
}

/// Rotation is kept in whole seconds, as lives are.
fn whole_seconds(now: OffsetDateTime) -> OffsetDateTime {
    now - time::Duration::nanoseconds(now.nanosecond().into())
}

/// Why a step was not taken; nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RotationError {
    /// Switch before introduce.
    #[error("there is no new root to switch to: introduce one first, and wait until every workload has the new bundle")]
    NotIntroduced,
    /// Retire before switch.
    #[error("the old root still signs: switch to the new one first, or withdraw it")]
    NotSwitched,
    /// Introduce or withdraw after switch.
    #[error("the last rotation is not finished: retire the old root after {retire_after}, then begin anew")]
    NotRetired {
        /// The last second at which a certificate of the old root may live.
        retire_after: OffsetDateTime,
    },
    /// Certificates of the old root may still live.
    #[error("certificates of the old root may live until {retire_after}, and it is {now}: retire it after that")]
    TooEarly {
        /// The last second at which one may live.
        retire_after: OffsetDateTime,
        /// The clock that was given.
        now: OffsetDateTime,
    },
    /// Two that would come next.
    #[error("another authority is introduced already: switch to it, or withdraw it before introducing this one")]
    AnotherIntroduced,
    /// What was introduced does not live.
    #[error("the new authority cannot sign now, withdraw it or set the clock right: {0}")]
    Validity(#[from] ValidityError),
    /// The new one cannot be made or is refused.
    #[error(transparent)]
    Ca(#[from] CaError),
}
