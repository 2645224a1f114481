//! Which calls are asked for.

use meshglot_observed::{Call, Direction, Verdict};

use super::arrival;
use super::target::Target;
use crate::args::{Looked, TapArgs};
use crate::exit::Failure;

/// All that a call has to be.
#[derive(Default)]
pub(super) struct Filter {
    target: Option<Target>,
    caller: Option<Target>,
    called: Option<Target>,
    method: Option<String>,
    path: Option<String>,
    verdict: Option<Verdict>,
    direction: Way,
}

/// Whose proxies are heard.
#[derive(Clone, Copy, Default)]
enum Way {
    /// Each call is told once.
    #[default]
    Once,
    One(Direction),
    Both,
}

impl Filter {
    /// Whoever is meant by a target.
    pub(super) fn of(looked: &Looked) -> Result<Self, Failure> {
        Ok(Self { target: Target::of(looked)?, ..Self::default() })
    }

    /// All that `tap` can be told.
    pub(super) fn of_tap(args: &TapArgs) -> Result<Self, Failure> {
        let TapArgs { looked, caller, called, method, path, verdict, direction, .. } = args;
        let target = |word: &Option<String>| word.as_deref().map(|word| Target::parse(word, looked.namespace.as_deref())).transpose();
        Ok(Self {
            caller: target(caller)?,
            called: target(called)?,
            method: method.clone(),
            path: path.clone(),
            verdict: verdict.as_deref().and_then(verdict_of),
            direction: match direction.as_deref() {
                Some("in") => Way::One(Direction::Inbound),
                Some("out") => Way::One(Direction::Outbound),
                Some(_) => Way::Both,
                None => Way::Once,
            },
            ..Self::of(looked)?
        })
    }

    /// Whether a call is asked for.
    pub(super) fn takes(&self, call: &Call) -> bool {
        let Self { target, caller, called, method, path, verdict, direction } = self;
        let way = match direction {
            Way::Once => arrival::is_shown(call),
            Way::One(direction) => call.direction == *direction,
            Way::Both => true,
        };
        way && target.as_ref().is_none_or(|target| target.is(&call.source) || target.is(&call.destination))
            && caller.as_ref().is_none_or(|target| target.is(&call.source))
            && called.as_ref().is_none_or(|target| target.is(&call.destination))
            // Methods are upper case, and people are not.
            && method.as_ref().is_none_or(|method| call.method.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(method)))
            && path.as_ref().is_none_or(|path| call.path.as_ref().is_some_and(|own| own.starts_with(path.as_str())))
            && verdict.is_none_or(|verdict| call.verdict == verdict)
    }
}

/// The verdict of a word.
pub(super) fn verdict_of(word: &str) -> Option<Verdict> {
    [Verdict::Allowed, Verdict::Denied, Verdict::Failed].into_iter().find(|verdict| verdict.word() == word)
}
