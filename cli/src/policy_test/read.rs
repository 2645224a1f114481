//! A document to a suite of tests. Everything wrong with it is told at its place.

use std::path::Path;
use std::sync::Arc;

use meshglot_translator::diagnostic::{CODES, Code, Diagnostic};
use meshglot_translator::parse::{Document, NodeRef, Origin};

use super::share::Bounds;
use super::suite::{Assertion, Destination, Share, Suite, Test};
use super::wire;

/// The fields of each mapping; a test holds them against the published schema.
pub(super) const SUITE: [&str; 7] = ["apiVersion", "kind", "metadata", "input", "namespace", "backends", "tests"];
pub(super) const METADATA: [&str; 1] = ["name"];
pub(super) const TEST: [&str; 5] = ["name", "can", "cannot", "split", "lossless"];
pub(super) const CALL: [&str; 3] = ["from", "to", "headers"];
pub(super) const SPLIT: [&str; 4] = ["from", "to", "headers", "shares"];
pub(super) const LOSSLESS: [&str; 2] = ["backends", "except"];

/// The words of `can`, `cannot` and the others.
const ASSERTIONS: [&str; 4] = ["can", "cannot", "split", "lossless"];

/// Whether a document is one of ours, in whatever version.
pub(super) fn is_test(document: &Arc<Document>) -> bool {
    let root = document.root();
    let text = |name: &str| root.get(name).and_then(NodeRef::text).unwrap_or_default();
    text("apiVersion").split('/').next() == wire::API_VERSION.split('/').next() || text("kind") == wire::KIND
}

/// Reads a suite; `None` if something in it is wrong.
pub(super) fn suite(document: &Arc<Document>, out: &mut Vec<Diagnostic>) -> Option<Suite> {
    let before = out.len();
    let suite = Reader { out: &mut *out }.suite(document.root());
    suite.filter(|_| out.len() == before)
}

struct Reader<'o> {
    out: &'o mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn suite(&mut self, root: NodeRef<'_>) -> Option<Suite> {
        for (name, word) in [("apiVersion", wire::API_VERSION), ("kind", wire::KIND)] {
            let node = self.needed(root, name)?;
            if node.text() != Some(word) {
                let message = format!("`{}` is no `{name}` of tests", node.text().unwrap_or(node.type_name()));
                self.out.push(Diagnostic::at(Code::MG0002, node, message).help(format!("write `{name}: {word}`")));
                return None;
            }
        }
        self.fields(root, "a PolicyTest", &SUITE)?;
        let metadata = self.needed(root, "metadata")?;
        self.fields(metadata, "metadata", &METADATA)?;
        let name = self.needed(metadata, "name").and_then(|node| self.text(node));
        let folder = root.origin().source().name().to_owned();
        let folder = Path::new(&folder).parent().unwrap_or(Path::new(""));
        let inputs = root.get("input").map_or_else(Vec::new, |node| self.texts(node));
        let inputs = inputs.into_iter().map(|(path, origin)| (folder.join(path), origin)).collect();
        let namespace = root.get("namespace").and_then(|node| self.text(node));
        let backends = self.backends(root);
        let list = self.needed(root, "tests")?;
        if list.items().len() == 0 {
            self.say(Code::MG0005, list, "`tests` is a list of one test or more");
        }
        let tests: Vec<Test> = list.items().filter_map(|item| self.test(item)).collect();
        self.names_differ(&list, &tests);
        Some(Suite { name: name?, inputs, namespace, backends, tests, origin: root.origin() })
    }

    fn names_differ(&mut self, list: &NodeRef<'_>, tests: &[Test]) {
        let names = list.items().filter_map(|item| item.get("name"));
        for node in names {
            let text = node.text().unwrap_or_default();
            if tests.iter().filter(|test| test.name == text).count() > 1 {
                self.say(Code::MG0013, node, format!("two tests are called `{text}`"));
            }
        }
    }

    fn test(&mut self, node: NodeRef<'_>) -> Option<Test> {
        self.fields(node, "a test", &TEST)?;
        let written: Vec<(&str, NodeRef<'_>)> = ASSERTIONS.iter().filter_map(|word| Some((*word, node.get(word)?))).collect();
        let &[(word, body)] = written.as_slice() else {
            self.say(Code::MG0006, node, "a test has exactly one of can, cannot, split, lossless");
            return None;
        };
        let assertion = match word {
            "split" => self.split(body)?,
            "lossless" => self.lossless(body)?,
            word => self.call(body, word)?,
        };
        let name = match node.get("name") {
            Some(name) => self.text(name)?,
            None => assertion.text(),
        };
        Some(Test { name, assertion, origin: body.origin() })
    }

    fn call(&mut self, node: NodeRef<'_>, word: &str) -> Option<Assertion> {
        self.fields(node, word, &CALL)?;
        let from = self.needed(node, "from").map(|node| self.texts(node))?;
        let to = self.needed(node, "to").map(|node| self.texts(node))?;
        let to = to.into_iter().filter_map(|to| self.destination(to)).collect();
        Some(Assertion::Call { allowed: word == "can", from, to, headers: self.headers(node) })
    }

    fn split(&mut self, node: NodeRef<'_>) -> Option<Assertion> {
        self.fields(node, "split", &SPLIT)?;
        let from = self.needed(node, "from")?;
        let from = (self.text(from)?, from.origin());
        let to = self.needed(node, "to")?;
        let to = self.text(to).and_then(|text| self.destination((text, to.origin())))?;
        let shares = self.needed(node, "shares")?;
        if shares.entries().len() == 0 {
            self.say(Code::MG0004, shares, "`shares` is a mapping of names to shares, such as `web-v2: <= 10%`");
        }
        let shares = shares.entries().filter_map(|(who, share)| {
            let bounds = self.text(share)?.parse::<Bounds>().map_err(|problem| self.say(Code::MG0303, share, problem)).ok()?;
            Some(Share { who: who.text()?.to_owned(), bounds, origin: share.origin() })
        });
        let shares = shares.collect();
        Some(Assertion::Split { from, to, headers: self.headers(node), shares })
    }

    fn lossless(&mut self, node: NodeRef<'_>) -> Option<Assertion> {
        self.fields(node, "lossless", &LOSSLESS)?;
        let except = node.get("except").map_or_else(Vec::new, |node| self.texts(node));
        let except = except.into_iter().filter_map(|(word, origin)| {
            let code = word.parse::<Code>();
            if code.is_err() {
                let losses = CODES.iter().filter(|info| info.backend.is_some()).map(|info| info.name);
                let diagnostic = Diagnostic::at_origin(Code::MG0007, origin, format!("there is no code {word}"));
                self.out.push(diagnostic.did_you_mean(&word, losses));
            }
            code.ok()
        });
        let except = except.collect();
        Some(Assertion::Lossless { backends: self.backends(node), except })
    }

    fn destination(&mut self, (text, origin): (String, Origin)) -> Option<Destination> {
        let (method, url) = match text.split_once(char::is_whitespace) {
            Some((method, url)) => (method.to_owned(), url.trim().to_owned()),
            None if text.starts_with("tcp://") => ("tcp".to_owned(), text),
            None => {
                let diagnostic = Diagnostic::at_origin(Code::MG0010, origin, format!("`{text}` is no call: it has no method"));
                self.out.push(diagnostic.help("write `GET http://SERVICE:PORT/PATH` or `tcp://SERVICE:PORT`"));
                return None;
            }
        };
        Some(Destination { method, url, origin })
    }

    fn headers(&mut self, node: NodeRef<'_>) -> Vec<String> {
        let Some(headers) = node.get("headers") else { return Vec::new() };
        if !headers.is_mapping() {
            self.say(Code::MG0004, headers, format!("`headers` is a {}, not a mapping of names to values", headers.type_name()));
        }
        let header = |(name, value): (NodeRef<'_>, NodeRef<'_>)| Some(format!("{}: {}", name.text()?, self.text(value)?));
        headers.entries().filter_map(header).collect()
    }

    fn backends(&mut self, node: NodeRef<'_>) -> Vec<String> {
        let written = node.get("backends").map_or_else(Vec::new, |node| self.texts(node));
        let names = meshglot_registry::all().map(|backend| backend.name());
        for (name, origin) in written.iter().filter(|(name, _)| !names.contains(&name.as_str())) {
            let diagnostic = Diagnostic::at_origin(Code::MG0007, origin.clone(), format!("`{name}` is none of {}", names.join(", ")));
            self.out.push(diagnostic.did_you_mean(name, names));
        }
        written.into_iter().map(|(name, _)| name).collect()
    }

    fn say(&mut self, code: Code, node: NodeRef<'_>, message: impl Into<String>) {
        self.out.push(Diagnostic::at(code, node, message));
    }

    /// Tells fields that nobody reads; `None` where it is no mapping at all.
    fn fields(&mut self, node: NodeRef<'_>, what: &str, known: &[&str]) -> Option<()> {
        if !node.is_mapping() {
            self.say(Code::MG0004, node, format!("{what} is a {}, not a mapping", node.type_name()));
            return None;
        }
        for (key, _) in node.entries() {
            let name = key.text().unwrap_or_default();
            if !known.contains(&name) {
                let message = format!("unknown field `{name}` in {what}");
                self.out.push(Diagnostic::at(Code::MG0003, key, message).did_you_mean(name, known.iter().copied()));
            }
        }
        Some(())
    }

    fn needed<'n>(&mut self, node: NodeRef<'n>, name: &str) -> Option<NodeRef<'n>> {
        let found = node.get(name).filter(|found| !found.is_null());
        if found.is_none() {
            self.say(Code::MG0005, node, format!("`{name}` is missing"));
        }
        found
    }

    fn text(&mut self, node: NodeRef<'_>) -> Option<String> {
        let text = node.string().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            let written =
                node.text().filter(|text| !text.is_empty()).map_or_else(|| format!("a {}", node.type_name()), |text| format!("`{text}`"));
            self.out.push(Diagnostic::at(Code::MG0004, node, format!("{written} is not a string")).help("put quotes around it"));
        }
        text.map(str::to_owned)
    }

    /// A string, or a list of one or more.
    fn texts(&mut self, node: NodeRef<'_>) -> Vec<(String, Origin)> {
        if !node.is_sequence() {
            return self.text(node).map(|text| (text, node.origin())).into_iter().collect();
        }
        if node.items().len() == 0 {
            self.say(Code::MG0005, node, "the list is empty");
        }
        node.items().filter_map(|item| Some((self.text(item)?, item.origin()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_the_schema_says() {
        let schema = wire::schema().to_value();
        let names = |at: &str| -> Vec<String> {
            let properties = schema.pointer(at).unwrap_or_else(|| panic!("{at} of {schema:#}"));
            properties.as_object().expect("properties").keys().cloned().collect()
        };
        let sorted = |names: &[&str]| {
            let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            names.sort();
            names
        };
        assert_eq!(names("/properties"), sorted(&SUITE));
        let parts = [("Metadata", &METADATA[..]), ("Test", &TEST), ("Call", &CALL), ("Split", &SPLIT), ("Lossless", &LOSSLESS)];
        for (part, known) in parts {
            assert_eq!(names(&format!("/$defs/{part}/properties")), sorted(known), "{part}");
        }
    }
}
