//! A call as people write it into a form: the fields of a query, and the request that they mean.

use meshglot_translator::effect::{Allowance, Column, Party};
use meshglot_translator::eval::{Call, Inventory, Request};
use meshglot_translator::plan::RequestLine;

use crate::parts::cli::CommandLine;
use crate::problem::Problem;
use crate::query::Query;
use crate::visit::Visit;

/// The fields, as they were sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallFields {
    /// Who calls: `sa/NAMESPACE/NAME` and the other forms of the command line.
    pub(crate) from: String,
    /// `SERVICE[.NAMESPACE][:PORT]`.
    pub(crate) to: String,
    /// Of HTTP, or `TCP`.
    pub(crate) method: String,
    pub(crate) path: String,
    /// A line each: `NAME: VALUE`.
    pub(crate) headers: String,
}

/// Methods that a form offers.
pub(crate) const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TCP"];

/// What is asked where nothing else is.
const METHOD: &str = METHODS[0];
const PATH: &str = "/";

impl CallFields {
    pub(crate) fn of(query: &Query) -> Self {
        let text = |name: &str, absent: &str| query.get(name).unwrap_or(absent).trim().to_owned();
        let headers: Vec<&str> = query.all("header").flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty()).collect();
        Self {
            from: text("from", ""),
            to: text("to", ""),
            method: text("method", METHOD).to_uppercase(),
            path: text("path", PATH),
            headers: headers.join("\n"),
        }
    }

    /// A call of a party to a port: one that is let in, or else the plainest. `None`: no command has a word for the party.
    pub(crate) fn about(party: &Party, column: &Column, allowance: &Allowance) -> Option<Self> {
        let example = match allowance {
            Allowance::Requests(allowed) => allowed.iter().find_map(|one| one.pattern.example()),
            Allowance::Everything | Allowance::Nothing => None,
        };
        let plain = || Call::Http { method: "GET".to_owned(), target: "/".to_owned(), headers: Vec::new() };
        let (method, path, headers) = match example.unwrap_or_else(plain) {
            Call::Tcp => ("TCP".to_owned(), "/".to_owned(), Vec::new()),
            Call::Http { method, target, headers } => (method, target, headers),
        };
        let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let from = caller_field(party, &column.service.namespace)?;
        Some(Self { from, to: port_field(column), method, path, headers: headers.join("\n") })
    }

    /// Whether nothing was asked yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.from.is_empty() && self.to.is_empty()
    }

    /// The request that it means.
    pub(crate) fn request(&self, visit: &Visit, known: &Inventory) -> Result<Request, Problem> {
        let missing = [(&self.from, "Who calls?"), (&self.to, "Which Service is called?")];
        if let Some((_, question)) = missing.iter().find(|(text, _)| text.is_empty()) {
            return Err(Problem::bad(*question));
        }
        let (headers, url) = (self.header_lines(), self.url());
        let namespace = visit.namespace();
        let line = RequestLine { source: &self.from, method: &self.method, url: &url, headers: &headers, namespace: &namespace };
        line.request(known).map_err(|error| {
            let problem = Problem::bad(sentence(&error.message));
            match error.help {
                Some(help) => problem.help(sentence(&help)),
                None => problem,
            }
        })
    }

    /// `http://reviews.shop:9080/reviews/1`.
    pub(crate) fn url(&self) -> String {
        let Self { to, method, path, .. } = self;
        match method.as_str() {
            "TCP" => format!("tcp://{to}"),
            _ if path.starts_with('/') => format!("http://{to}{path}"),
            _ => format!("http://{to}/{path}"),
        }
    }

    fn header_lines(&self) -> Vec<String> {
        self.headers.lines().map(str::to_owned).collect()
    }

    /// The words of `can` and `simulate` behind the caller.
    pub(crate) fn words(&self, command: CommandLine) -> CommandLine {
        let headers = self.header_lines();
        headers.iter().fold(command.word(&self.method).word(self.url()), |command, header| command.option("-H", Some(header)))
    }

    /// The query that asks this; what is asked anyway is left out.
    pub(crate) fn query(&self) -> Query {
        let Self { from, to, method, path, headers } = self;
        let method = if method == METHOD { "" } else { method };
        let path = if path == PATH { "" } else { path };
        Query::of([("from", from), ("to", to), ("method", method), ("path", path), ("header", headers)])
    }
}

/// Who calls, as a field holds it; callers who are meant together are one of them who is called by no rule. `namespace`:
/// that of the Service, for those who have none.
fn caller_field(party: &Party, namespace: &str) -> Option<String> {
    match party {
        Party::Account(account) => Some(format!("sa/{account}")),
        Party::Others => Some(format!("sa/{namespace}/anyone-else")),
        Party::OthersIn(namespace) => Some(format!("sa/{namespace}/anyone-else")),
        Party::NoProxy => Some(format!("plain/{namespace}")),
        // The command line has no word for IDs of elsewhere.
        Party::Spiffe(_) => None,
    }
}

/// A port of a Service, as a field holds it.
fn port_field(column: &Column) -> String {
    format!("{}.{}:{}", column.service.name, column.service.namespace, column.port)
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}
