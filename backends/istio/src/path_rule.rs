//! A path as `operation.paths` and `notPaths` of an AuthorizationPolicy, which know no regex.
//!
//! The table of `docs/mapping/istio.md` 1.1, row by row. What a row cannot say exactly is narrowed or refused: an
//! allow rule never grows.

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::PathPattern;
use meshglot_translator::ir::pattern::as_envoy_normalises;

use crate::branch::{Alphabet, Branch, Part, branches};
use crate::path_template::templates;

/// A path condition, its operations ORed.
#[derive(Debug, Default)]
pub(crate) struct PathRule {
    pub(crate) operations: Vec<PathOperation>,
    /// A template takes less than the expression.
    pub(crate) narrowed: bool,
    /// Some value is more than one path, so that other spellings of a path below it count as well.
    pub(crate) open: bool,
}

/// One way for a path to be right; empty: every path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PathOperation {
    /// ORed, sorted.
    pub(crate) paths: Vec<String>,
    /// None of these, sorted.
    pub(crate) not_paths: Vec<String>,
    /// A value for the pseudo header `:path`, which must hold too.
    pub(crate) begins: Option<String>,
}

/// Why a path is not said.
#[derive(Debug)]
pub(crate) struct Unsaid {
    pub(crate) code: Code,
    /// Continues "the path ... cannot be said: ".
    pub(crate) why: &'static str,
}

impl Unsaid {
    pub(crate) fn regex(why: &'static str) -> Self {
        Self { code: Code::MG1103, why }
    }
}

/// Says a path; `pseudo_headers` allows a condition on `:path` where it makes the rule exact.
///
/// # Errors
/// One branch that cannot be said is enough.
pub(crate) fn path_rule(path: &PathPattern, pseudo_headers: bool) -> Result<PathRule, Unsaid> {
    let alphabet = Alphabet::path();
    let text = |literal: &str| Part::Text(literal.to_owned());
    let found = match path {
        PathPattern::Any => vec![vec![Part::Any]],
        PathPattern::Prefix(literal) => vec![vec![text(literal), Part::Any]],
        PathPattern::Exact(literal) => vec![vec![text(literal)]],
        PathPattern::Regex(regex) => branches(regex, alphabet).map_err(Unsaid::regex)?,
        PathPattern::Never => Vec::new(),
    };
    let found: Vec<Branch> = found.into_iter().filter_map(|branch| possible(branch, alphabet)).collect();
    if found.is_empty() {
        return Err(Unsaid::regex("no path looks like it"));
    }
    let mut writer = Writer { alphabet, pseudo_headers, plain: Vec::new(), rule: PathRule::default() };
    for branch in &found {
        writer.branch(branch)?;
    }
    Ok(writer.finish())
}

/// A branch that begins as paths do: with `/`, or with anything. `None` if no path can match it.
fn possible(mut branch: Branch, alphabet: Alphabet) -> Option<Branch> {
    let is_all = |set| alphabet.is_all(set);
    match branch.first() {
        Some(Part::Text(text)) if text.starts_with('/') => {}
        Some(Part::One(set)) if is_all(*set) && branch.get(1) == Some(&Part::Any) => {}
        Some(Part::One(set)) if set.has('/') => {
            branch[0] = Part::Text("/".to_owned());
            if let Some(Part::Text(next)) = branch.get(1).cloned() {
                branch.splice(..2, [Part::Text(format!("/{next}"))]);
            }
        }
        Some(Part::Any) => {}
        _ => return None,
    }
    let beyond_path = |part: &Part| matches!(part, Part::Text(text) if text.contains(['?', '#']));
    (!branch.iter().any(beyond_path)).then_some(branch)
}

struct Writer {
    alphabet: Alphabet,
    pseudo_headers: bool,
    /// Values that need nothing beside them, which share one operation.
    plain: Vec<String>,
    rule: PathRule,
}

impl Writer {
    fn branch(&mut self, branch: &[Part]) -> Result<(), Unsaid> {
        use Part::{Any, One, Text};
        let all = |set| self.alphabet.is_all(set);
        match branch {
            [Any] => self.own(Vec::new(), Vec::new(), None),
            [One(set), Any] if all(*set) => self.own(Vec::new(), Vec::new(), None),
            [Text(root), Any] if root == "/" => self.own(Vec::new(), Vec::new(), None),
            [Text(path)] => self.plain.push(literal(path)?),
            [Text(start), Any] => self.plain.push(format!("{}*", literal(start)?)),
            [Text(start), One(set), Any] => {
                let start = literal(start)?;
                let mut not_paths = vec![start.clone()];
                for c in self.alphabet.outside(*set) {
                    not_paths.push(format!("{}*", literal(&format!("{start}{c}"))?));
                }
                self.own(vec![format!("{start}*")], not_paths, None);
            }
            [Any, Text(end)] => self.plain.push(format!("*{}", literal(end)?)),
            [One(set), Any, Text(end)] if all(*set) => {
                let end = literal(end)?;
                self.own(vec![format!("*{end}")], vec![end], None);
            }
            [Text(start), Any, Text(end)] if start == "/" || self.pseudo_headers => self.both_ends(start, end, false)?,
            [Text(start), One(set), Any, Text(end)] if all(*set) && (start == "/" || self.pseudo_headers) => {
                self.both_ends(start, end, true)?;
            }
            [Text(_), ..] => {
                let found = templates(branch, self.alphabet)?;
                self.plain.extend(found.written);
                self.rule.narrowed |= found.narrowed;
            }
            _ => return Err(Unsaid::regex("Istio takes an open beginning only before a fixed end")),
        }
        Ok(())
    }

    /// `START.*END`: a prefix of `:path` is a prefix of the path, but a suffix may lie in the query. Words in which
    /// the two overlap have both and are none of them; with something between, nor is the word without it.
    fn both_ends(&mut self, start: &str, end: &str, between: bool) -> Result<(), Unsaid> {
        let (start, end) = (literal(start)?, literal(end)?);
        let overlap = |length: &usize| end.is_char_boundary(*length) && start.ends_with(&end[..*length]);
        let lengths = (usize::from(!between)..=start.len().min(end.len())).filter(overlap);
        let not_paths = lengths.map(|length| format!("{start}{}", &end[length..])).collect();
        let begins = (start != "/").then(|| format!("{start}*"));
        self.own(vec![format!("*{end}")], not_paths, begins);
        Ok(())
    }

    fn own(&mut self, paths: Vec<String>, mut not_paths: Vec<String>, begins: Option<String>) {
        not_paths.sort();
        not_paths.dedup();
        let operation = PathOperation { paths, not_paths, begins };
        if !self.rule.operations.contains(&operation) {
            self.rule.operations.push(operation);
        }
    }

    fn finish(self) -> PathRule {
        let Self { plain, mut rule, .. } = self;
        if rule.operations.contains(&PathOperation::default()) {
            return PathRule { operations: vec![PathOperation::default()], narrowed: false, open: false };
        }
        let plain = without_covered(plain);
        rule.open = !rule.operations.is_empty() || plain.iter().any(|value| value.contains('*'));
        if !plain.is_empty() {
            rule.operations.insert(0, PathOperation { paths: plain, ..PathOperation::default() });
        }
        rule
    }
}

/// Text as the proxy compares it.
///
/// # Errors
/// A star at either end would be read as one.
fn literal(text: &str) -> Result<String, Unsaid> {
    if text.starts_with('*') || text.ends_with('*') {
        return Err(Unsaid::regex("a star at the end of a text would be read as a wildcard"));
    }
    Ok(as_envoy_normalises(text))
}

/// Sorted, without values that another one covers.
fn without_covered(mut values: Vec<String>) -> Vec<String> {
    values.sort();
    values.dedup();
    let covers = |one: &str, other: &str| match (one.strip_suffix('*'), one.strip_prefix('*')) {
        _ if one == other || one.contains('{') => false,
        // The text before a variable or a star is what every path of it begins with.
        (Some(start), _) => !other.starts_with('*') && other.split(['*', '{']).next().is_some_and(|text| text.starts_with(start)),
        (_, Some(end)) => !other.ends_with(['*', '}']) && other.trim_start_matches('*').ends_with(end),
        _ => false,
    };
    let kept = values.iter().filter(|value| !values.iter().any(|other| covers(other, value)));
    kept.cloned().collect()
}
