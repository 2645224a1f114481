//! One call in one line: `web GET api:80/users/1 [x-beta: yes] -> 200 api`; `~ MG1415` at its end: the policy says otherwise, and that
//! loss is told.

use meshglot_suite::{Answer, Call};

/// A call and what comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) port: u16,
    /// By the address of the instance, past the Service: `!api:8080`.
    pub(crate) instance: bool,
    pub(crate) call: Call,
    pub(crate) expected: Expected,
    /// The code of the loss by which the mesh does otherwise than the policy.
    pub(crate) loss: Option<String>,
}

/// What comes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// The application of one of these answers; of one, or of several by chance.
    Served(u16, Vec<String>),
    /// A proxy answers.
    Refused(u16),
    Echoed,
    Banner,
    Closed,
}

impl Line {
    /// Panics where it is not written as one.
    pub(crate) fn parse(text: &str) -> Self {
        let (asked, expected) = text.split_once(" -> ").unwrap_or_else(|| panic!("{text}: no ->"));
        let (expected, loss) = match expected.split_once(" ~ ") {
            Some((expected, code)) => (expected, Some(code.to_owned())),
            None => (expected, None),
        };
        let (asked, headers) = match asked.split_once(" [") {
            Some((asked, headers)) => (asked, headers.trim_end().trim_end_matches(']')),
            None => (asked, ""),
        };
        let words: Vec<&str> = asked.split_whitespace().collect();
        let [from, method, url] = words[..] else { panic!("{text}: FROM METHOD SERVICE:PORT/PATH") };
        let (instance, url) = url.strip_prefix('!').map_or((false, url), |url| (true, url));
        let (authority, path) = url.split_once('/').map_or((url, String::new()), |(authority, path)| (authority, format!("/{path}")));
        let (to, port) = authority.split_once(':').unwrap_or_else(|| panic!("{text}: no port"));
        let pair = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        let call = match method {
            "TCP" => Call::Tcp,
            "LISTEN" => Call::Listen,
            method => {
                let headers = headers.split("; ").filter_map(pair).collect();
                Call::Http { method: method.to_owned(), target: path, headers }
            }
        };
        let expected = match expected.split_once(' ') {
            Some((status, who)) => {
                Expected::Served(status.parse().unwrap_or_else(|_| panic!("{text}: a status")), who.split('|').map(str::to_owned).collect())
            }
            None => match expected {
                "echo" => Expected::Echoed,
                "banner" => Expected::Banner,
                "closed" => Expected::Closed,
                status => Expected::Refused(status.parse().unwrap_or_else(|_| panic!("{text}: a status"))),
            },
        };
        let port = port.parse().unwrap_or_else(|_| panic!("{text}: a port"));
        Self { text: text.to_owned(), from: from.to_owned(), to: to.to_owned(), port, instance, call, expected, loss }
    }
}

impl Expected {
    /// Whether an application is reached.
    pub(crate) fn is_allowed(&self) -> bool {
        matches!(self, Self::Served(..) | Self::Echoed | Self::Banner)
    }

    pub(crate) fn fits(&self, answer: &Answer) -> bool {
        match (self, answer) {
            (Self::Served(expected, who), Answer::Http { status, served_by, .. }) => status == expected && who.contains(served_by),
            (Self::Refused(expected), Answer::Http { status, served_by, .. }) => status == expected && served_by.is_empty(),
            (Self::Echoed, Answer::Echoed) | (Self::Banner, Answer::Banner) | (Self::Closed, Answer::Closed) => true,
            _ => false,
        }
    }
}
