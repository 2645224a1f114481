//! Which findings are to be ignored: by a word of the command line, or by an annotation of the object itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use crate::diagnostic::{Code, nearest};
use crate::ir::{Kind, ObjectKey};
use crate::parse::NodeRef;
use crate::resolve::Model;

/// Codes that an object ignores, with commas between them.
pub const ANNOTATION: &str = "meshglot.dev/lint-ignore";

/// `CODE` everywhere, or `CODE=KIND NAMESPACE/NAME` of some objects; `*` stands for any text in the three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignore {
    /// Whose findings.
    pub code: Code,
    /// Of which objects; absent: of all, and of texts that are no object.
    objects: Option<Objects>,
}

/// Patterns of an object's parts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Objects {
    kind: String,
    /// Absent for kinds of the cluster.
    namespace: Option<String>,
    name: String,
}

impl FromStr for Ignore {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (code, objects) = text.split_once('=').map_or((text, None), |(code, objects)| (code, Some(objects)));
        Ok(Self { code: code.trim().parse()?, objects: objects.map(str::parse).transpose()? })
    }
}

impl FromStr for Objects {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let (Some(kind), Some(object), None) = (words.next(), words.next(), words.next()) else {
            return Err(format!("`{text}` is not KIND NAMESPACE/NAME, such as `TrafficTarget shop/*`"));
        };
        let known = Kind::ALL.into_iter().find(|known| known.name() == kind);
        if known.is_none() && !kind.contains('*') {
            let hint = nearest(kind, Kind::ALL.map(Kind::name)).map(|name| format!(", did you mean {name}?")).unwrap_or_default();
            return Err(format!("there is no kind `{kind}`{hint}"));
        }
        let (namespace, name) = object.split_once('/').map_or((None, object), |(namespace, name)| (Some(namespace), name));
        if namespace.is_none() && known.is_some_and(|known| !known.is_cluster_scoped()) {
            return Err(format!("a {kind} has a namespace: write `{kind} NAMESPACE/{object}`, or `{kind} */{object}`"));
        }
        Ok(Self { kind: kind.to_owned(), namespace: namespace.map(str::to_owned), name: name.to_owned() })
    }
}

impl fmt::Display for Ignore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        let Some(Objects { kind, namespace, name }) = &self.objects else { return Ok(()) };
        write!(f, "={kind} ")?;
        namespace.iter().try_for_each(|namespace| write!(f, "{namespace}/"))?;
        f.write_str(name)
    }
}

impl Ignore {
    fn takes(&self, code: Code, objects: &[&ObjectKey]) -> bool {
        self.code == code && self.objects.as_ref().is_none_or(|wanted| objects.iter().any(|key| wanted.takes(key)))
    }
}

impl Objects {
    fn takes(&self, key: &ObjectKey) -> bool {
        let namespace = match &self.namespace {
            Some(namespace) => !key.namespace.is_empty() && fits(namespace, &key.namespace),
            // `* *` means kinds of the cluster too; `* x` cannot tell which.
            None => key.namespace.is_empty() || self.name == "*",
        };
        namespace && fits(&self.kind, key.kind.name()) && fits(&self.name, &key.name)
    }
}

/// Whether a text fits a pattern in which `*` is any text.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        // The first place is the best one: it leaves the most for what follows.
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Why a finding is ignored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// Of this word of the command line, by its number.
    Word(usize),
    /// Of the annotation of this object.
    Annotation(ObjectKey),
}

/// Everything that is to be ignored.
#[derive(Clone, Debug, Default)]
pub struct Ignores {
    words: Vec<Ignore>,
    /// Codes by the object that carries the annotation; what is no code is kept to be told.
    annotations: BTreeMap<ObjectKey, BTreeSet<Result<Code, String>>>,
}

impl Ignores {
    /// The words, and the annotations of all objects of a model.
    pub fn new(words: Vec<Ignore>, model: &Model) -> Self {
        let codes = |key: &ObjectKey| {
            let annotation = model.document(key)?.root().find(["metadata", "annotations", ANNOTATION]).and_then(NodeRef::text)?;
            let codes = annotation.split([',', ' ']).filter(|word| !word.is_empty());
            Some(codes.map(|word| word.parse::<Code>().map_err(|_| word.to_owned())).collect())
        };
        let annotations = model.keys().filter_map(|key| Some((key.clone(), codes(key)?))).collect();
        Self { words, annotations }
    }

    /// Why a finding about any of these objects is ignored.
    pub fn of(&self, code: Code, objects: &[&ObjectKey]) -> Option<Because> {
        let annotated = |key: &&&ObjectKey| self.annotations.get(**key).is_some_and(|codes| codes.contains(&Ok(code)));
        let word = || self.words.iter().position(|word| word.takes(code, objects)).map(Because::Word);
        objects.iter().find(annotated).map(|key| Because::Annotation((*key).clone())).or_else(word)
    }

    /// As it is written: `-S MG0204`, or the object with the annotation.
    pub fn tell(&self, because: &Because) -> String {
        match because {
            Because::Word(number) => self.words.get(*number).map(ToString::to_string).unwrap_or_default(),
            Because::Annotation(key) => format!("{ANNOTATION} of {key}"),
        }
    }

    /// What ignored nothing, in words. `said` tells whether a code could have been said at all.
    pub fn unused(&self, used: &BTreeSet<(Because, Code)>, said: impl Fn(Code) -> bool) -> Vec<String> {
        let words =
            self.words.iter().enumerate().filter(|(number, word)| said(word.code) && !used.contains(&(Because::Word(*number), word.code)));
        let words = words.map(|(_, word)| format!("nothing was ignored by `{word}`"));
        let annotated = self.annotations.iter().flat_map(|(key, codes)| codes.iter().map(move |code| (key, code)));
        let annotated = annotated.filter_map(|(key, code)| match code {
            Err(word) => Some(format!("{ANNOTATION} of {key}: there is no code `{word}`")),
            Ok(code) if !said(*code) || used.contains(&(Because::Annotation(key.clone()), *code)) => None,
            Ok(code) => Some(format!("{ANNOTATION} of {key}: {code} is not said of it")),
        });
        words.chain(annotated).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    fn key(kind: Kind, namespace: &str, name: &str) -> ObjectKey {
        ObjectKey { kind, namespace: namespace.into(), name: name.into() }
    }

    #[test_case("MG0204", true ; "everywhere")]
    #[test_case("mg0204", true ; "any case")]
    #[test_case("MG0205", false ; "no such code")]
    #[test_case("MG0201", false ; "another code")]
    #[test_case("MG0204=TrafficTarget shop/web-api", true ; "one object")]
    #[test_case("MG0204=TrafficTarget shop/*", true ; "a namespace")]
    #[test_case("MG0204=TrafficTarget */web-*", true ; "a beginning")]
    #[test_case("MG0204=* shop/*-api", true ; "an end")]
    #[test_case("MG0204=Traffic* s*p/w*-*i", true ; "several stars")]
    #[test_case("MG0204=* *", true ; "everything")]
    #[test_case("MG0204=TrafficSplit shop/*", false ; "another kind")]
    #[test_case("MG0204=TrafficTarget shop/web", false ; "the whole name")]
    #[test_case("MG0204=TrafficTarget shop/*api-", false ; "an end that is none")]
    #[test_case("MG0204=Mesh *", false ; "kinds of the cluster")]
    fn ignores(word: &str, want: bool) {
        let took = word.parse::<Ignore>().is_ok_and(|word| word.takes(Code::MG0204, &[&key(Kind::TrafficTarget, "shop", "web-api")]));
        assert_eq!(took, want);
    }

    #[test_case("MG9999", "there is no code MG9999" ; "code")]
    #[test_case("MG0204=TraficTarget shop/*", "did you mean TrafficTarget?" ; "kind")]
    #[test_case("MG0204=TrafficTarget web", "write `TrafficTarget NAMESPACE/web`" ; "namespace")]
    #[test_case("MG0204=", "is not KIND NAMESPACE/NAME" ; "nothing")]
    #[test_case("MG0204=TrafficTarget a/b c", "is not KIND NAMESPACE/NAME" ; "too much")]
    fn refused(word: &str, words: &str) {
        let error = word.parse::<Ignore>().expect_err("refused");
        assert!(error.contains(words), "{error}");
    }

    #[test_case("MG0204" ; "code")]
    #[test_case("MG0204=TrafficTarget shop/*" ; "objects")]
    #[test_case("MG0201=Mesh main" ; "of the cluster")]
    fn reads_as_written(word: &str) {
        assert_eq!(word.parse::<Ignore>().expect("a word").to_string(), word);
    }
}
