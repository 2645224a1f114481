//! One condition of an authorization rule: an attribute of the call, and the values it may or may not have.

use meshglot_translator::eval::asked::Part;

use super::authorization_rule::Place;
use super::message::{Header, Message};
use super::strings::Wildcard;
use super::template::{is_template, template};
use meshglot_translator::eval::maybe::{Maybe, all, any, not};

/// What is asked: may this come in?
pub(super) struct Question<'q> {
    /// SPIFFE ID of the caller, if its certificate was seen.
    pub(super) identity: Option<&'q str>,
    /// Container port.
    pub(super) port: u16,
    /// `None`: bytes, or HTTP on a port where the proxy does not look at it.
    pub(super) message: Option<&'q Message<'q>>,
}

/// What a condition looks at.
#[derive(Debug)]
pub(super) enum Attribute {
    Principal,
    Namespace,
    ServiceAccount,
    Port,
    Method,
    Path,
    Host,
    /// By its name in lower case.
    Header(String),
    /// A part of a JWT. Without a RequestAuthentication nobody reads one; with one the whole workload is not known.
    Token,
    /// Addresses and SNI, which a request does not tell.
    Unknown,
}

impl Attribute {
    /// Whether Istio has it for HTTP only.
    ///
    /// # Source
    /// Istio `pilot/pkg/security/authz/model/generator.go`: the generators that fail for TCP.
    pub(super) fn is_about_http(&self) -> bool {
        match self {
            Self::Method | Self::Path | Self::Host | Self::Header(_) | Self::Token => true,
            Self::Principal | Self::Namespace | Self::ServiceAccount | Self::Port | Self::Unknown => false,
        }
    }
}

/// One of `wanted` is met, if there are any, and none of `unwanted`.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) of: Attribute,
    wanted: Vec<Wildcard>,
    unwanted: Vec<Wildcard>,
}

impl Condition {
    /// Puts it together.
    pub(super) fn of(of: Attribute, wanted: &[&str], unwanted: &[&str], place: &Place<'_>) -> Self {
        let values = |values: &[&str]| values.iter().map(|value| read(&of, value, place)).collect();
        let (wanted, unwanted) = (values(wanted), values(unwanted));
        Self { of, wanted, unwanted }
    }

    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty()
    }

    /// Whether it holds.
    pub(super) fn holds(&self, question: &Question<'_>) -> Maybe {
        let one = |values: &[Wildcard]| any(values.iter().map(|value| self.meets(value, question)));
        let wanted = if self.wanted.is_empty() { Some(true) } else { one(&self.wanted) };
        all([wanted, not(one(&self.unwanted))])
    }

    fn meets(&self, value: &Wildcard, question: &Question<'_>) -> Maybe {
        let message = |read: &dyn Fn(&Message<'_>) -> Maybe| question.message.map_or(Some(false), read);
        match &self.of {
            // Without a certificate no identity matches, not even `*`.
            Attribute::Principal | Attribute::Namespace | Attribute::ServiceAccount => {
                question.identity.map_or(Some(false), |identity| value.matches(|| None, identity, false))
            }
            Attribute::Port => value.matches(|| None, &question.port.to_string(), false),
            Attribute::Method => message(&|message| value.matches(|| Some(Part::Method), message.method, false)),
            Attribute::Path => message(&|message| value.matches(|| Some(Part::Path), &message.path, false)),
            Attribute::Host => message(&|message| value.matches(|| None, &message.authority, true)),
            Attribute::Header(name) => message(&|message| match message.header(name) {
                Header::Absent => Some(false),
                Header::Values(texts) => any(texts.iter().map(|text| value.matches(|| Part::header(name), text, false))),
                Header::Unknown => None,
            }),
            Attribute::Token => Some(false),
            Attribute::Unknown => None,
        }
    }
}

/// Reads a value.
///
/// # Source
/// Istio `generator.go` and `matcher/string.go`; identities are compared with their `spiffe://`.
fn read(of: &Attribute, value: &str, place: &Place<'_>) -> Wildcard {
    match of {
        Attribute::Principal => principal(value, place),
        Attribute::Namespace => Wildcard::regex(&format!(".*/ns/{}/.*", value.replace('*', ".*"))),
        Attribute::ServiceAccount => {
            let (namespace, account) = value.split_once('/').unwrap_or((place.namespace, value));
            Wildcard::regex(&format!("spiffe://.+/ns/{namespace}/(.+/|)sa/{account}(/.+)?"))
        }
        Attribute::Path if is_template(value) => template(value),
        // A port is a number; anything else is refused, so that it cannot be met here.
        Attribute::Port => value.parse::<u16>().map_or(Wildcard::Regex(None), |port| Wildcard::Exact(port.to_string())),
        Attribute::Path | Attribute::Method | Attribute::Host | Attribute::Header(_) | Attribute::Token | Attribute::Unknown => {
            Wildcard::of(value)
        }
    }
}

/// # Source
/// Istio `pilot/pkg/security/trustdomain/bundle.go`, `ReplaceTrustDomainAliases`.
fn principal(value: &str, place: &Place<'_>) -> Wildcard {
    // In a whole identity `cluster.local` points to the mesh's own trust domain, whatever that is called.
    let own = value.strip_prefix("cluster.local/").filter(|rest| rest.split('/').count() == 4);
    let value = own.map_or_else(|| value.to_owned(), |rest| format!("{}/{rest}", place.config.trust_domain));
    match Wildcard::of(&value) {
        // What stands behind the star is part of an expression.
        Wildcard::Suffix(end) => Wildcard::regex(&format!("spiffe://.*{end}")),
        Wildcard::Exact(all) => Wildcard::Exact(format!("spiffe://{all}")),
        Wildcard::Prefix(start) => Wildcard::Prefix(format!("spiffe://{start}")),
        other => other,
    }
}
