//! Which calls are asked for.

use meshglot_observed::{Call, Edge, Party, Verdict};

use crate::problem::Problem;
use crate::query::Query;

/// All verdicts, in the order of showing.
pub(crate) const VERDICTS: [Verdict; 3] = [Verdict::Allowed, Verdict::Denied, Verdict::Failed];

/// The form as it was sent, and what it means.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    /// A Service or workload at either end: `NAMESPACE/NAME`, or `NAME` in any namespace.
    pub(crate) service: String,
    pub(crate) verdict: Option<Verdict>,
    /// A part of a name of the caller.
    pub(crate) from: String,
    /// A part of a name of the called.
    pub(crate) to: String,
    /// A part of the path, the method, the host, the status or the rule.
    pub(crate) words: String,
}

impl Filter {
    pub(crate) fn of(query: &Query) -> Result<Self, Problem> {
        let text = |name: &str| query.get(name).unwrap_or_default().trim().to_owned();
        let verdict = |word: &str| {
            let found = VERDICTS.into_iter().find(|verdict| verdict.word() == word);
            let problem = || Problem::bad(format!("No call is `{word}`: they are allowed, denied or failed."));
            found.ok_or_else(|| problem().did_you_mean(word, VERDICTS.map(Verdict::word)))
        };
        let verdict = Some(text("verdict")).filter(|word| !word.is_empty()).map(|word| verdict(&word)).transpose()?;
        Ok(Self { service: text("svc"), verdict, from: text("from"), to: text("to"), words: text("q") })
    }

    /// Nothing is asked for: every call fits.
    pub(crate) fn none() -> Self {
        let text = String::new;
        Self { service: text(), verdict: None, from: text(), to: text(), words: text() }
    }

    pub(crate) fn is_none(&self) -> bool {
        self.query().text().is_empty()
    }

    /// The query that asks for the same.
    pub(crate) fn query(&self) -> Query {
        let verdict = self.verdict.map(Verdict::word).unwrap_or_default();
        Query::of([("svc", &self.service), ("verdict", verdict), ("from", &self.from), ("to", &self.to), ("q", &self.words)])
    }

    pub(crate) fn wants(&self, call: &Call) -> bool {
        self.wants_ends(&call.source, &call.destination)
            && self.verdict.is_none_or(|verdict| verdict == call.verdict)
            && (self.words.is_empty() || self.finds(call))
    }

    /// Whether rates are told of an edge: the verdict and the words choose rows alone.
    pub(crate) fn counts(&self, edge: &Edge) -> bool {
        self.wants_ends(&edge.source, &edge.destination)
    }

    /// The same of a call.
    pub(crate) fn counts_call(&self, call: &Call) -> bool {
        self.wants_ends(&call.source, &call.destination)
    }

    fn wants_ends(&self, source: &Party, destination: &Party) -> bool {
        let is = |party: &Party| {
            let named = |name: &Option<String>| {
                let name = name.as_deref().unwrap_or_default();
                name == self.service || name.split_once('/').is_some_and(|(_, name)| name == self.service)
            };
            named(&party.service) || named(&party.workload)
        };
        (self.service.is_empty() || is(source) || is(destination)) && is_named(source, &self.from) && is_named(destination, &self.to)
    }

    fn finds(&self, call: &Call) -> bool {
        let words = self.words.to_lowercase();
        let status = call.status.map(|status| status.to_string());
        let texts = [&call.path, &call.method, &call.authority, &call.policy, &call.details, &call.flags, &status];
        texts.into_iter().flatten().any(|text| text.to_lowercase().contains(&words))
    }
}

/// Whether a part of one of its names is this.
fn is_named(party: &Party, part: &str) -> bool {
    let part = part.to_lowercase();
    let names = [&party.workload, &party.service, &party.identity, &party.address];
    part.is_empty() || names.into_iter().flatten().any(|name| name.to_lowercase().contains(&part))
}
