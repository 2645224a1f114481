//! HTTPRouteGroup, all versions, by shape: `matches` at the top (v1alpha1, 2) or below `spec`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::place::place;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::ir::pattern::{self, Checked};
use crate::ir::{HeaderMatch, HttpRouteGroup, Method, ObjectKey, RouteMatch};
use crate::parse::{Document, NodeRef};

/// Reads a group that its schema let pass. `None` if it means nothing.
pub(super) fn read(key: &ObjectKey, document: &Arc<Document>, out: &mut Vec<Diagnostic>) -> Option<HttpRouteGroup> {
    let root = document.root();
    let list = match place(root, "matches", "matches") {
        Ok(Some(list)) => list,
        Ok(None) => {
            let place = root.get("spec").unwrap_or(root);
            out.push(Diagnostic::at(Code::MG0005, place, "this HTTPRouteGroup has no `matches`").about(key));
            return None;
        }
        Err(twice) => {
            out.push(twice.told("`matches` stands at the top and below `spec`, differently").about(key));
            return None;
        }
    };
    let mut reader = Reader { key, out, failed: false };
    let mut names: BTreeMap<Arc<str>, NodeRef<'_>> = BTreeMap::new();
    let mut matches = Vec::new();
    for item in list.items() {
        let Some(read) = reader.route_match(item) else { continue };
        if let Some(first) = names.insert(read.name.clone(), item) {
            let diagnostic = Diagnostic::at(Code::MG0013, item, format!("two matches are called `{}`", read.name));
            reader.fail(diagnostic.also_at(first.origin(), "the first one"));
        }
        matches.push(read);
    }
    (!reader.failed).then(|| HttpRouteGroup { key: key.clone(), document: document.clone(), matches })
}

struct Reader<'a> {
    key: &'a ObjectKey,
    out: &'a mut Vec<Diagnostic>,
    failed: bool,
}

impl Reader<'_> {
    fn fail(&mut self, diagnostic: Diagnostic) {
        self.failed |= diagnostic.severity == Severity::Error;
        self.out.push(diagnostic.about(self.key));
    }

    fn route_match(&mut self, item: NodeRef<'_>) -> Option<RouteMatch> {
        let name = item.get("name")?.string()?.into();
        let path = item.get("pathRegex").filter(|node| !node.is_null());
        let path = path.and_then(|node| Some((self.regex(node, "pathRegex")?, node.origin())));
        let methods = self.methods(item.get("methods"));
        let headers = item.get("headers").map_or_else(Vec::new, |node| self.headers(node));
        Some(RouteMatch { name, origin: item.origin(), path, methods, headers })
    }

    fn regex(&mut self, node: NodeRef<'_>, what: &str) -> Option<Arc<Checked>> {
        let text = node.string()?;
        match pattern::check(text) {
            Ok(checked) => Some(Arc::new(checked)),
            Err(problem) => {
                self.fail(Diagnostic::at(
                    Code::MG0009,
                    node,
                    format!("{what} is not in the common subset of RE2 and Rust regex: {problem}"),
                ));
                None
            }
        }
    }

    /// P3: ORed; `*` and absence are any method.
    fn methods(&mut self, list: Option<NodeRef<'_>>) -> BTreeSet<Method> {
        let mut methods = BTreeSet::new();
        let mut any = false;
        for node in list.into_iter().flat_map(NodeRef::items) {
            let word = node.text().unwrap_or_default();
            any |= word == "*";
            // The schema lets no other word pass.
            methods.extend(Method::ALL.iter().find(|method| method.word() == word));
        }
        if any { BTreeSet::new() } else { methods }
    }

    /// P4: a map as in the specification's text, or a list of maps as in its CRD; all must hold.
    fn headers(&mut self, node: NodeRef<'_>) -> Vec<HeaderMatch> {
        let mut headers = Vec::new();
        if node.is_mapping() {
            self.header_map(node, &mut headers);
        } else if node.is_sequence() {
            for item in node.items() {
                if item.is_mapping() {
                    self.header_map(item, &mut headers);
                } else {
                    self.fail(Diagnostic::at(
                        Code::MG0004,
                        item,
                        format!("an item of `headers` is a {}, not a mapping of name to regex", item.type_name()),
                    ));
                }
            }
        } else if !node.is_null() {
            self.fail(Diagnostic::at(
                Code::MG0004,
                node,
                format!("`headers` is a {}, not a mapping or a list of mappings", node.type_name()),
            ));
        }
        headers.sort_by(|a, b| (&a.name, a.value.regex()).cmp(&(&b.name, b.value.regex())));
        headers.dedup_by(|a, b| a.name == b.name && a.value == b.value);
        headers
    }

    fn header_map(&mut self, map: NodeRef<'_>, headers: &mut Vec<HeaderMatch>) {
        for (key, value) in map.entries() {
            let name = key.text().unwrap_or_default();
            if !is_header_name(name) {
                self.fail(Diagnostic::at(Code::MG0011, key, format!("`{name}` is not a header name")));
                continue;
            }
            if value.string().is_none() {
                let written = value.text().unwrap_or(value.type_name());
                self.fail(
                    Diagnostic::at(Code::MG0011, value, format!("the value of header `{name}` is {written}, not a string"))
                        .help("put quotes around it"),
                );
                continue;
            }
            let Some(checked) = self.regex(value, &format!("header `{name}`")) else { continue };
            headers.push(HeaderMatch { name: name.to_ascii_lowercase().into(), value: checked.header(), origin: value.origin() });
        }
    }
}

/// A token of RFC 9110, section 5.6.2.
fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}
