//! Requests in the words of whoever wrote the rule: `GET,HEAD /details*`, `POST ~/orders/[0-9]+$ [x-tenant: acme]`.

use std::collections::BTreeSet;
use std::fmt;

use crate::eval::Call;
use crate::ir::{HttpMatch, Method, PathPattern};
use crate::sorts::{Domain, Languages};

/// Work that an example is worth.
const STATES_OF_AN_EXAMPLE: usize = 2_000;

/// Some requests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// Whatever is said, HTTP or not; written `ALL`.
    All,
    /// What a match of an HTTPRouteGroup takes.
    Http {
        /// In words: `/a` that path, `/a*` what begins so, `~/a[0-9]` what an expression takes, which is open at its end
        /// unless it ends with `$`; `*` any.
        path: String,
        /// Empty: any, written `*`.
        methods: BTreeSet<Method>,
        /// Each `NAME: EXPRESSION`, of the whole value.
        headers: Vec<String>,
    },
    /// Bytes on a port that declares TCP; written `tcp`.
    Tcp,
    /// One request as it is, where no rule of the policy speaks of it.
    One(Call),
}

impl Pattern {
    /// What a match takes.
    pub(crate) fn of(one: &HttpMatch) -> Self {
        let HttpMatch { name: _, path, methods, headers, origin: _, path_origin: _ } = one;
        let headers = headers.iter().map(|header| format!("{}: {}", header.name, header.value.regex()));
        Self::Http { path: path_words(path), methods: methods.clone(), headers: headers.collect() }
    }

    /// A call that it takes, the shortest; `None`: finding one would take too much work.
    pub fn example(&self) -> Option<Call> {
        let (path, methods, headers) = match self {
            Self::All => ("*", None, [].as_slice()),
            Self::Tcp => return Some(Call::Tcp),
            Self::One(call) => return Some(call.clone()),
            Self::Http { path, methods, headers } => (path.as_str(), methods.iter().next(), headers.as_slice()),
        };
        let mut languages = Languages::within(STATES_OF_AN_EXAMPLE);
        let mut shortest = |domain, expression: &str| languages.common(domain, &[expression]).ok().flatten();
        let target = match path.strip_prefix('~') {
            Some(expression) => match expression.strip_suffix('$') {
                Some(closed) => shortest(Domain::Path, closed)?,
                None => shortest(Domain::Path, &format!("(?:{expression}).*"))?,
            },
            None => match path.trim_end_matches('*') {
                "" => "/".to_owned(),
                plain => plain.to_owned(),
            },
        };
        let header = |header: &String| {
            let (name, expression) = header.split_once(": ")?;
            Some((name.to_owned(), shortest(Domain::Header, expression)?))
        };
        let headers = headers.iter().map(header).collect::<Option<_>>()?;
        Some(Call::Http { method: methods.map_or("GET", |method| method.word()).to_owned(), target, headers })
    }

    /// Whatever is said on a port.
    pub(crate) fn everything(tcp: bool) -> Self {
        if tcp { Self::Tcp } else { Self::All }
    }
}

fn path_words(path: &PathPattern) -> String {
    match path {
        PathPattern::Any => "*".to_owned(),
        PathPattern::Prefix(text) => format!("{text}*"),
        PathPattern::Exact(text) => text.clone(),
        // The model wraps what was written, so that it matches whole.
        PathPattern::Regex(text) => match text.strip_prefix("(?:") {
            Some(rest) => match (rest.strip_suffix(").*"), rest.strip_suffix(')')) {
                (Some(open), _) => format!("~{open}"),
                (None, Some(closed)) => format!("~{closed}$"),
                (None, None) => format!("~{text}$"),
            },
            None => format!("~{text}$"),
        },
        // Such a match is left out of the model.
        PathPattern::Never => "nothing".to_owned(),
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("ALL"),
            Self::Tcp | Self::One(Call::Tcp) => f.write_str("tcp"),
            Self::Http { path, methods, headers } => {
                let words: Vec<&str> = methods.iter().map(|method| method.word()).collect();
                let methods = if words.is_empty() { "*".to_owned() } else { words.join(",") };
                write!(f, "{methods} {path}")?;
                if headers.is_empty() { Ok(()) } else { write!(f, " [{}]", headers.join(", ")) }
            }
            Self::One(Call::Http { method, target, headers }) => {
                write!(f, "{method} {target}")?;
                let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                if headers.is_empty() { Ok(()) } else { write!(f, " [{}]", headers.join(", ")) }
            }
        }
    }
}

/// Requests that changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requests {
    /// As the policy calls them.
    pub pattern: Pattern,
    /// Whether it is about all of them; else some were and are decided alike.
    pub whole: bool,
}

impl fmt::Display for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.pattern, self.whole) {
            (pattern, true) => write!(f, "{pattern}"),
            (Pattern::All, false) => f.write_str("everything else"),
            (pattern, false) => write!(f, "some of {pattern}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(PathPattern::Any, "*" ; "any")]
    #[test_case(PathPattern::Prefix("/a".into()), "/a*" ; "prefix")]
    #[test_case(PathPattern::Exact("/a".into()), "/a" ; "exact")]
    #[test_case(PathPattern::Regex("(?:/a/[0-9]+).*".into()), "~/a/[0-9]+" ; "open expression")]
    #[test_case(PathPattern::Regex("(?:/a/[0-9]+)".into()), "~/a/[0-9]+$" ; "closed expression")]
    #[test_case(PathPattern::Regex("(?:/(a|b))".into()), "~/(a|b)$" ; "a group at the end")]
    fn paths(path: PathPattern, want: &str) {
        assert_eq!(path_words(&path), want);
    }

    #[test]
    fn words() {
        let pattern = |methods: &[Method], headers: &[&str]| Pattern::Http {
            path: "/a*".to_owned(),
            methods: methods.iter().copied().collect(),
            headers: headers.iter().map(|header| (*header).to_owned()).collect(),
        };
        assert_eq!(pattern(&[], &[]).to_string(), "* /a*");
        assert_eq!(pattern(&[Method::Head, Method::Get], &["x-a: 1"]).to_string(), "GET,HEAD /a* [x-a: 1]");
        assert_eq!(Requests { pattern: pattern(&[], &[]), whole: false }.to_string(), "some of * /a*");
        assert_eq!(Requests { pattern: Pattern::All, whole: false }.to_string(), "everything else");
    }

    #[test_case(&PathPattern::Prefix("/a".into()), "/a" ; "prefix")]
    #[test_case(&PathPattern::Any, "/" ; "any")]
    #[test_case(&PathPattern::Regex("(?:/a/[0-9]+).*".into()), "/a/0" ; "open expression")]
    #[test_case(&PathPattern::Regex("(?:/a/(?:b|cc))".into()), "/a/b" ; "closed expression")]
    fn examples(path: &PathPattern, want: &str) {
        let headers = vec!["x-a: [b-d]+".to_owned()];
        let pattern = Pattern::Http { path: path_words(path), methods: [Method::Put].into(), headers };
        let headers = vec![("x-a".to_owned(), "b".to_owned())];
        assert_eq!(pattern.example(), Some(Call::Http { method: "PUT".to_owned(), target: want.to_owned(), headers }));
    }
}
