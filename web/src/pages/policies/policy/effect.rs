//! The tab of the effect: what calls become of because a policy is there.

use askama::Template;
use meshglot_translator::answer::{Answer, EffectAnswer};
use meshglot_translator::effect::{AccessChange, AccessWords, Allowance, Effect, Entrances, ShareWords};
use meshglot_translator::ir::{Kind, ObjectKey};
use schemars::JsonSchema;
use serde::Serialize;

use super::head::{EFFECT, Head};
use crate::format::Format;
use crate::later::Asked;
use crate::pages::Section;
use crate::parts::chrome::Chrome;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::snapshot::{LIMIT, PATIENCE};
use crate::visit::Visit;

/// A list is cut after so many; the file has all.
const SHOWN: usize = 200;

/// What an object of policy does: the policy with it beside the policy without it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct PolicyEffect {
    /// `KIND/NAMESPACE/NAME`.
    object: String,
    /// What is so with it, and not without it.
    effect: EffectAnswer,
}

impl Answer for PolicyEffect {
    const KIND: &'static str = "PolicyEffect";
}

#[derive(Template)]
#[template(path = "pages/policy/effect.html")]
struct Page {
    chrome: Chrome,
    head: Head,
    /// `None`: it is being worked out.
    effect: Option<Drawn>,
    why_nothing: &'static str,
}

/// An effect, and for each change of access what its caller may do there altogether.
struct Worked {
    effect: Effect,
    allowed: Vec<Allowance>,
}

/// An effect as it is drawn.
struct Drawn {
    access: Vec<Access>,
    gained: usize,
    lost: usize,
    more: usize,
    shares: Vec<ShareWords>,
    doubts: Vec<String>,
    compared: usize,
}

/// One change of access.
struct Access {
    words: AccessWords,
    /// What becomes of the requests without it, and with it.
    ends: [String; 2],
    /// All that the caller may do there with it.
    allowed: Vec<String>,
}

pub(super) fn page(visit: &Visit, key: &ObjectKey) -> Result<Reply, Problem> {
    let patient = visit.format != Format::Html;
    let effect = loop {
        match worked_out(visit, key) {
            Asked::Done(effect) => break Some(effect),
            // Whoever reads a file waits for all of it.
            Asked::Working if patient => {}
            Asked::Working => break None,
            Asked::Failed => return Err(Problem::internal("the effect could not be worked out")),
        }
    };
    match (visit.format, effect) {
        (Format::Json, Some(worked)) => Ok(Reply::json(&PolicyEffect { object: key.to_string(), effect: (&worked.effect).into() })),
        (Format::Html, effect) => {
            let head = Head::of(visit, key, EFFECT);
            let command = visit.command("diff").word("--without").word(key.to_string()).option("--level", Some("effect"));
            Reply::html(&Page {
                chrome: visit.chrome(format!("Effect of {}", head.title()), Section::Policies, command).forms(visit, &[Format::Json]),
                head,
                effect: effect.as_deref().map(Drawn::of),
                why_nothing: why_nothing(key.kind),
            })
        }
        (other, _) => Err(Problem::missing(format!("This page cannot be had as {}.", other.word()))),
    }
}

fn worked_out(visit: &Visit, key: &ObjectKey) -> Asked<Worked> {
    let (snapshot, of) = (visit.snapshot.clone(), key.clone());
    visit.snapshot.later.get(&format!("effect {key}"), PATIENCE, move || {
        let plan = snapshot.plan();
        let effect = plan.effect_of(&of, LIMIT);
        let entrances = Entrances::of(&plan.model);
        let allows = |change: &AccessChange| {
            let entrance = entrances.port(&change.service, change.port);
            entrance.map_or(Allowance::Nothing, |entrance| entrance.allows(&change.party))
        };
        Worked { allowed: effect.access.iter().take(SHOWN).map(allows).collect(), effect }
    })
}

impl Drawn {
    fn of(Worked { effect, allowed }: &Worked) -> Self {
        let gained = effect.access.iter().filter(|change| change.gained).count();
        Self {
            access: effect.access.iter().zip(allowed).map(|(change, allowed)| Access::of(change, allowed)).collect(),
            gained,
            lost: effect.access.len() - gained,
            more: effect.access.len().saturating_sub(SHOWN),
            shares: effect.shares.iter().take(SHOWN).map(|change| change.words()).collect(),
            doubts: effect.doubts.iter().map(|doubt| doubt.line("→")).collect(),
            compared: effect.compared,
        }
    }

    fn is_nothing(&self) -> bool {
        self.access.is_empty() && self.shares.is_empty() && self.doubts.is_empty()
    }
}

impl Access {
    fn of(change: &AccessChange, allowed: &Allowance) -> Self {
        let words = change.words();
        let other = words.how.trim_start_matches("was ").trim_start_matches("now ").to_owned();
        let let_in = words.by.as_ref().map_or_else(|| "allowed by default".to_owned(), |rule| format!("allowed by {rule}"));
        let ends = if words.gained { [other, let_in] } else { [let_in, other] };
        Self { words, ends, allowed: allowed.words() }
    }
}

/// What to look at where an object does nothing.
fn why_nothing(kind: Kind) -> &'static str {
    match kind {
        Kind::TrafficSplit => {
            "Calls go the same way without it: another split comes first, its Service is not in the input, or no share moves."
        }
        Kind::HttpRouteGroup | Kind::TcpRoute => {
            "It does something where a TrafficTarget or a TrafficSplit names it, and a workload is behind."
        }
        Kind::UdpRoute => "No mesh carries UDP.",
        Kind::TrafficTarget => "The same calls are let in without it: another rule lets them in, or no workload runs as what it names.",
        Kind::IdentityBinding => "It does something where a TrafficTarget names it.",
        _ => "The defaults of a Mesh are what it says.",
    }
}
