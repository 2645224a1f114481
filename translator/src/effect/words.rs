//! What an effect tells, in words: the same on the command line and in the web view, part by part.

use super::{AccessChange, Party, Pattern, Presence, ShareChange, Uncertain, Why};
use crate::eval::Verdict;
use crate::sorts::Doubt;

/// A change of access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessWords {
    /// Whether the caller may now, and could not before.
    pub gained: bool,
    /// Who calls: `sa/shop/ops`.
    pub caller: String,
    /// Who is called: `ratings.shop:9080`.
    pub place: String,
    /// Which requests: `POST /ratings/*`.
    pub requests: String,
    /// What became of them before, or becomes of them now: `was denied`, `a new port`.
    pub how: String,
    /// The rule that lets them in on the side on which they are let in.
    pub by: Option<String>,
}

/// A share that moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareWords {
    /// Who is called: `reviews.shop:9080`.
    pub place: String,
    /// Who answers: `deployment/reviews-v2`.
    pub target: String,
    /// The share that it had: `10.00%`.
    pub from: String,
    /// The share that it has.
    pub to: String,
    /// Of which requests, if not of all.
    pub requests: Option<String>,
    /// Whose requests, if not everybody's.
    pub callers: Option<String>,
}

impl AccessChange {
    /// In words.
    pub fn words(&self) -> AccessWords {
        let Self { party, except: _, service, port, gained, presence, requests, more, entire: _, example, from, to } = self;
        let mut words: Vec<String> = requests.iter().map(ToString::to_string).collect();
        if requests.iter().any(|one| !one.whole) {
            words.push(format!("such as {}", Pattern::One(example.call.clone())));
        }
        if *more > 0 {
            words.push(format!("{more} more"));
        }
        let (other, word, rule) = if *gained { (from, "was", &to.rule) } else { (to, "now", &from.rule) };
        let how = match presence {
            Presence::Kept => format!("{word} {}", ending(other.verdict)),
            Presence::Added => "a new port".to_owned(),
            Presence::Removed => "the port is gone".to_owned(),
        };
        AccessWords {
            gained: *gained,
            caller: party.to_string(),
            place: format!("{}.{}:{port}", service.name, service.namespace),
            requests: words.join("; "),
            how,
            by: rule.clone(),
        }
    }
}

fn ending(verdict: Verdict) -> String {
    match verdict {
        Verdict::Deny => "denied".to_owned(),
        Verdict::Error => "an error".to_owned(),
        other => other.to_string(),
    }
}

impl AccessWords {
    /// `+ sa/shop/ops → ratings.shop:9080  POST /ratings/*   was denied`.
    pub fn line(&self, arrow: &str) -> String {
        let Self { gained, caller, place, requests, how, by } = self;
        let sign = if *gained { '+' } else { '-' };
        let by = by.as_ref().map(|rule| format!(", by {rule}")).unwrap_or_default();
        format!("{sign} {caller} {arrow} {place}   {requests}   {how}{by}")
    }
}

impl ShareChange {
    /// In words.
    pub fn words(&self) -> ShareWords {
        let Self { service, port, target, from, to, requests, parties, everyone, example: _ } = self;
        let words: Vec<String> = requests.iter().map(ToString::to_string).filter(|word| word != "ALL").collect();
        // Callers without a proxy are never split: that is no news.
        let all = *everyone || parties.contains(&Party::Others);
        let callers = || parties.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        ShareWords {
            place: format!("{}.{}:{port}", service.name, service.namespace),
            target: target.short(),
            from: from.percent(),
            to: to.percent(),
            requests: (!words.is_empty()).then(|| words.join("; ")),
            callers: (!all).then(callers),
        }
    }
}

impl ShareWords {
    /// `~ reviews.shop:9080   deployment/reviews-v2 10.00% → 25.00%`, and of which requests if not of all.
    pub fn line(&self, arrow: &str) -> String {
        let Self { place, target, from, to, requests, callers } = self;
        let which = requests.as_ref().map(|requests| format!("   of {requests}")).unwrap_or_default();
        let who = callers.as_ref().map(|callers| format!("   for {callers}")).unwrap_or_default();
        format!("~ {place}   {target} {from} {arrow} {to}{which}{who}")
    }
}

impl Uncertain {
    /// `ratings.shop:9080 is not decided: ...`.
    pub fn line(&self, arrow: &str) -> String {
        let why = match &self.why {
            Why::Sorts(Doubt::TooManyRequests(limit)) => format!("more than {limit} sorts of requests, --limit tries more"),
            Why::Sorts(Doubt::TooLarge) => "its expressions need too large an automaton".to_owned(),
            Why::Sorts(Doubt::Uncovered(what)) => format!("it looks at {what}, of which nothing is known here"),
            Why::Unread(request) => format!("the mesh may do anything with {}", request.line(arrow)),
        };
        format!("{}.{}:{} is not decided: {why}", self.service.name, self.service.namespace, self.port)
    }
}
