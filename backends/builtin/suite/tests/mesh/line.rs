//! One call in one line: `web GET api:80/users/1 [x-beta: yes] -> 200 api (sees x-beta: yes)`.
//!
//! Behind the arrow stands what comes of it: a status and who answers, or a status alone where a proxy does; `0 api` or `7` of a call
//! of gRPC (`GRPC`, or `STREAM` for a few messages); `echo api`, `banner db` or `closed` of a connection (`TCP`, `BULK`, `LISTEN`). `api|503`:
//! one of these by chance. In parentheses stand checks of what came and when. `~ MG1415` at the end: the policy says otherwise, and that
//! loss is told.

use std::time::Duration;

use meshglot_suite::{Answer, Call};

use super::check::Check;

/// How many messages a streaming call has.
const MESSAGES: usize = 3;

/// How long a body is that comes back piece by piece.
const BULK: usize = 1 << 20;

/// A call and what comes of it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) port: u16,
    /// By the address of the instance, past the Service: `!api:8080`.
    pub(crate) instance: bool,
    pub(crate) call: Call,
    pub(crate) expected: Expected,
    checks: Vec<Check>,
    /// The code of the loss by which the mesh does otherwise than the policy.
    pub(crate) loss: Option<String>,
}

/// What comes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// The application of one of these answers, by chance; a number: a proxy does, with that status.
    Served(u16, Vec<String>),
    /// A proxy answers.
    Refused(u16),
    /// The same of calls of gRPC.
    Called(i32, Vec<String>),
    Barred(i32),
    Echoed(Vec<String>),
    Banner(Vec<String>),
    Closed,
}

impl Line {
    /// Panics where it is not written as one.
    pub(crate) fn parse(text: &str) -> Self {
        let (asked, rest) = text.split_once(" -> ").unwrap_or_else(|| panic!("{text}: no ->"));
        let (rest, loss) = split(rest, " ~ ");
        let (expected, checks) = split(rest, " (");
        let (asked, headers) = split(asked, " [");
        let headers = headers.map_or("", |headers| headers.trim_end_matches(']'));
        let words: Vec<&str> = asked.split_whitespace().collect();
        let [from, method, url] = words[..] else { panic!("{text}: FROM METHOD SERVICE:PORT/PATH") };
        let (instance, url) = url.strip_prefix('!').map_or((false, url), |url| (true, url));
        let (authority, path) = url.split_once('/').map_or((url, String::new()), |(authority, path)| (authority, format!("/{path}")));
        let (to, port) = authority.split_once(':').unwrap_or_else(|| panic!("{text}: no port"));
        let checks = checks.into_iter().flat_map(|checks| checks.trim_end_matches(')').split("; "));
        Self {
            text: text.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            port: port.parse().unwrap_or_else(|_| panic!("{text}: a port")),
            instance,
            call: call(method, path, headers),
            expected: Expected::parse(method, expected).unwrap_or_else(|| panic!("{text}: what is expected?")),
            checks: checks.map(|check| Check::parse(check).unwrap_or_else(|| panic!("{text}: {check}"))).collect(),
            loss: loss.map(str::to_owned),
        }
    }

    /// What an answer that took so long is not as it should be.
    pub(crate) fn wrong(&self, answer: &Answer, took: Duration) -> Option<String> {
        if !self.expected.fits(answer) {
            return Some(format!("{}: {answer:?}", self.text));
        }
        let failed = self.checks.iter().find(|check| !check.holds(answer, took))?;
        Some(format!("{}: not ({failed:?}) after {took:?}: {answer:?}", self.text))
    }
}

fn call(method: &str, path: String, headers: &str) -> Call {
    let headers = headers.split("; ").filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    match method {
        "TCP" => Call::Tcp,
        "BULK" => Call::Bulk(BULK),
        "LISTEN" => Call::Listen,
        "GRPC" => Call::Grpc { path, metadata: headers, messages: 1 },
        "STREAM" => Call::Grpc { path, metadata: headers, messages: MESSAGES },
        method => Call::Http { method: method.to_owned(), target: path, headers, body: 0 },
    }
}

fn split<'t>(text: &'t str, by: &str) -> (&'t str, Option<&'t str>) {
    text.split_once(by).map_or((text, None), |(text, rest)| (text, Some(rest)))
}

impl Expected {
    fn parse(method: &str, text: &str) -> Option<Self> {
        let is_call = matches!(method, "GRPC" | "STREAM");
        let names = |who: &str| who.split('|').map(str::to_owned).collect();
        Some(match text.split_once(' ') {
            Some(("echo", who)) => Self::Echoed(names(who)),
            Some(("banner", who)) => Self::Banner(names(who)),
            Some((status, who)) if is_call => Self::Called(status.parse().ok()?, names(who)),
            Some((status, who)) => Self::Served(status.parse().ok()?, names(who)),
            None if text == "closed" => Self::Closed,
            None if is_call => Self::Barred(text.parse().ok()?),
            None => Self::Refused(text.parse().ok()?),
        })
    }

    /// Who answers; a number is a proxy.
    pub(crate) fn who(&self) -> Option<&[String]> {
        match self {
            Self::Served(_, who) | Self::Called(_, who) | Self::Echoed(who) | Self::Banner(who) => Some(who),
            Self::Refused(_) | Self::Barred(_) | Self::Closed => None,
        }
    }

    fn fits(&self, answer: &Answer) -> bool {
        match (self, answer) {
            (Self::Served(expected, who), Answer::Http { status, served_by, .. }) => {
                if served_by.is_empty() {
                    who.contains(&status.to_string())
                } else {
                    status == expected && who.contains(served_by)
                }
            }
            (Self::Refused(expected), Answer::Http { status, served_by, .. }) => status == expected && served_by.is_empty(),
            (Self::Called(expected, who), Answer::Grpc { status, served_by, messages }) => {
                status == expected && who.contains(served_by) && (*status != 0 || *messages > 0)
            }
            (Self::Barred(expected), Answer::Grpc { status, served_by, .. }) => status == expected && served_by.is_empty(),
            (Self::Echoed(who), Answer::Echoed(by)) | (Self::Banner(who), Answer::Banner(by)) => who.contains(by),
            (Self::Closed, Answer::Closed) => true,
            _ => false,
        }
    }
}

/// Who answered, as shares are counted: a workload, or the status that a proxy told.
pub(crate) fn by(answer: &Answer) -> String {
    match answer {
        Answer::Http { status, served_by, .. } if served_by.is_empty() => status.to_string(),
        Answer::Grpc { status, served_by, .. } if served_by.is_empty() => status.to_string(),
        Answer::Http { served_by, .. } | Answer::Grpc { served_by, .. } => served_by.clone(),
        Answer::Echoed(by) | Answer::Banner(by) => by.clone(),
        Answer::Closed => "closed".to_owned(),
    }
}
