//! A request, and what becomes of it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::ir::{ObjectKey, ServiceKey};

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Caller {
    /// Namespace of the calling workload.
    pub namespace: Arc<str>,
    /// Its ServiceAccount; with the namespace, its identity.
    pub service_account: Arc<str>,
    /// The calling workload, where labels of the caller matter or a table names it.
    pub workload: Option<ObjectKey>,
    /// Whether it has a proxy: without one it has no identity and speaks plain text to a pod of the Service.
    pub meshed: bool,
}

/// What is said on the connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// One HTTP request.
    Http {
        /// In upper case as sent.
        method: String,
        /// Path and query exactly as sent: `/a/../b?c`.
        target: String,
        /// In the order sent, names as sent; a name may occur several times. `host` is among them if it was sent.
        headers: Vec<(String, String)>,
    },
    /// Bytes that are not HTTP.
    Tcp,
}

/// One call to a Service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    /// Who calls.
    pub caller: Caller,
    /// The Service whose name is called.
    pub service: ServiceKey,
    /// The Service's port that is called.
    pub port: u16,
    /// What is said.
    pub call: Call,
}

impl Request {
    /// The values of a header, in order; names in any case.
    pub fn header<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        let headers: &[(String, String)] = match &self.call {
            Call::Http { headers, .. } => headers,
            Call::Tcp => &[],
        };
        headers.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// In words: `sa/shop/ops → GET http://ratings.shop:9080/ratings/1`.
    pub fn line(&self, arrow: &str) -> String {
        let caller = &self.caller;
        let who = match (&caller.workload, caller.meshed) {
            (_, false) => "a caller without a proxy".to_owned(),
            (Some(workload), _) => workload.to_string(),
            (None, _) => format!("sa/{}/{}", caller.namespace, caller.service_account),
        };
        let host = format!("{}.{}:{}", self.service.name, self.service.namespace, self.port);
        match &self.call {
            Call::Tcp => format!("{who} {arrow} tcp://{host}"),
            Call::Http { method, target, headers } => {
                let headers: String = headers.iter().map(|(name, value)| format!(" -H '{name}: {value}'")).collect();
                format!("{who} {arrow} {method} http://{host}{target}{headers}")
            }
        }
    }
}

/// What becomes of a request as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// A workload answers, at least for a part of such requests.
    Allow,
    /// Refused by authorization or by mutual TLS; nothing reaches a workload.
    Deny,
    /// A proxy answers 404: no route takes the request.
    NoRoute,
    /// Anything else that a proxy does: no endpoint, a backend that does not exist, 400.
    Error,
    /// The objects hold something that this reading does not know.
    Unknown,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Allow, Self::Deny, Self::NoRoute, Self::Error, Self::Unknown];

    /// The word in answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::NoRoute => "no-route",
            Self::Error => "error",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How a part of the requests ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Pods of this workload answer.
    Workload(ObjectKey),
    /// Endpoints of a Service of which no workload is known.
    Service(ServiceKey),
    /// It ends otherwise.
    Ended(Verdict),
}

/// An exact share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fraction {
    numerator: u128,
    denominator: u128,
}

impl Fraction {
    /// All.
    pub const ONE: Self = Self { numerator: 1, denominator: 1 };
    /// Nothing.
    pub const ZERO: Self = Self { numerator: 0, denominator: 1 };

    /// `part` of `whole`, which is not 0.
    pub fn of(part: u64, whole: u64) -> Self {
        Self { numerator: u128::from(part), denominator: u128::from(whole.max(1)) }.reduced()
    }

    fn reduced(self) -> Self {
        let divisor = gcd(self.numerator, self.denominator).max(1);
        Self { numerator: self.numerator / divisor, denominator: self.denominator / divisor }
    }

    /// The share of a share.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        // Reduced crosswise first, so that products of weights stay far below the limit.
        let (a, b) = (gcd(self.numerator, other.denominator).max(1), gcd(other.numerator, self.denominator).max(1));
        let numerator = (self.numerator / a) * (other.numerator / b);
        Self { numerator, denominator: (self.denominator / b) * (other.denominator / a) }.reduced()
    }

    /// The sum of two shares.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let divisor = gcd(self.denominator, other.denominator).max(1);
        let (left, right) = (other.denominator / divisor, self.denominator / divisor);
        Self { numerator: self.numerator * left + other.numerator * right, denominator: self.denominator * left }.reduced()
    }

    /// Whether it is the greater one.
    pub fn exceeds(self, other: Self) -> bool {
        match (self.numerator.checked_mul(other.denominator), other.numerator.checked_mul(self.denominator)) {
            (Some(own), Some(theirs)) => own > theirs,
            _ => self.value() > other.value(),
        }
    }

    /// As a part of the range of 64 bits, rounded down.
    pub(crate) fn of_64_bits(self) -> u128 {
        // What is cut off is far below what 64 bits tell apart.
        let cut = (128 - self.denominator.leading_zeros()).saturating_sub(64);
        ((self.numerator >> cut) << 64) / (self.denominator >> cut).max(1)
    }

    /// In hundredths with two digits behind the point, for people: `12.50%`.
    pub fn percent(self) -> String {
        format!("{:.2}%", self.value() * 100.0)
    }

    /// As a number from 0 to 1, for people.
    pub fn value(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

/// What becomes of a request, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// As a whole.
    pub verdict: Verdict,
    /// Who answers which share; sums to 1 unless the verdict is unknown.
    pub shares: BTreeMap<Outcome, Fraction>,
    /// The rule that decided, as its mesh calls it; `None`: the default.
    pub rule: Option<String>,
    /// Rules that nearly decided, and what they missed, nearest first.
    pub misses: Vec<String>,
}

impl Decision {
    /// Everything ends in one way.
    pub fn all(outcome: Outcome) -> Self {
        Self::shared([(outcome, Fraction::ONE)])
    }

    /// Nobody is reached.
    pub fn ended(verdict: Verdict) -> Self {
        Self::all(Outcome::Ended(verdict))
    }

    /// Parts of the requests end differently: an allow as long as some part is answered.
    pub fn shared(parts: impl IntoIterator<Item = (Outcome, Fraction)>) -> Self {
        let mut shares: BTreeMap<Outcome, Fraction> = BTreeMap::new();
        for (outcome, share) in parts.into_iter().filter(|(_, share)| *share != Fraction::ZERO) {
            let sum = shares.entry(outcome).or_insert(Fraction::ZERO);
            *sum = sum.plus(share);
        }
        let answered = shares.keys().any(|outcome| !matches!(outcome, Outcome::Ended(_)));
        let ended = shares.iter().filter_map(|(outcome, share)| match outcome {
            Outcome::Ended(verdict) => Some((*share, *verdict)),
            _ => None,
        });
        let unknown = shares.contains_key(&Outcome::Ended(Verdict::Unknown));
        let most = ended.max_by(|(a, _), (b, _)| a.value().total_cmp(&b.value())).map(|(_, verdict)| verdict);
        let verdict = match most {
            _ if unknown => Verdict::Unknown,
            _ if answered => Verdict::Allow,
            Some(verdict) => verdict,
            None => Verdict::Error,
        };
        Self { verdict, shares, rule: None, misses: Vec::new() }
    }

    /// Names the rule that decided.
    #[must_use]
    pub fn by(self, rule: impl Into<String>) -> Self {
        Self { rule: Some(rule.into()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_exactly() {
        let third = Fraction::of(1, 3);
        assert_eq!(third.plus(third).plus(third), Fraction::ONE);
        assert_eq!(Fraction::of(90, 100).times(Fraction::of(1, 9)), Fraction::of(1, 10));
    }

    #[test]
    fn some_part_answered_is_an_allow() {
        let web = Outcome::Service(ServiceKey { namespace: "shop".into(), name: "web".into() });
        let parts = [(web, Fraction::of(1, 10)), (Outcome::Ended(Verdict::Deny), Fraction::of(9, 10))];
        assert_eq!(Decision::shared(parts).verdict, Verdict::Allow);
        assert_eq!(Decision::ended(Verdict::Deny).verdict, Verdict::Deny);
    }
}
