//! One object as it was written: a tree of values that remember where they stand.

use std::fmt::Write as _;
use std::sync::Arc;

use super::path::key_step;
use super::source::{Position, Source, Span};

/// Index of a value in its [`Document`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

/// What a value is. Scalars keep their text: what `010` or `500m` means is decided by who reads it.
#[derive(Debug)]
pub(crate) enum Content {
    Scalar {
        text: Box<str>,
        plain: bool,
    },
    Sequence(Box<[NodeId]>),
    /// Key node and value node, in the order written.
    Mapping(Box<[(NodeId, NodeId)]>),
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) content: Content,
    pub(crate) parent: NodeId,
    pub(crate) span: Span,
}

/// All values of one YAML document; shared by the items of a `kind: List`.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) source: Arc<Source>,
    pub(crate) nodes: Vec<Node>,
}

impl NodeId {
    pub(crate) fn new(index: usize) -> Self {
        // A source has at most 64 MiB and a node takes at least one byte of it or of the alias budget.
        Self(index as u32)
    }

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// One object of the input, with the position of every value in it.
#[derive(Debug)]
pub struct Document {
    tree: Arc<Tree>,
    root: NodeId,
}

/// A value of a document that someone may have to be pointed at.
#[derive(Clone, Debug)]
pub struct Origin {
    document: Arc<Document>,
    node: NodeId,
}

/// A borrowed value of a document.
#[derive(Clone, Copy, Debug)]
pub struct NodeRef<'a> {
    document: &'a Arc<Document>,
    id: NodeId,
}

/// How a plain scalar reads under YAML 1.2's core schema, which is also JSON's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number; the text is kept because it may exceed any integer type.
    Integer(&'a str),
    /// A number with a fraction or an exponent.
    Float(&'a str),
    /// Anything quoted, and plain text that is none of the above.
    String(&'a str),
    /// Plain text that YAML 1.1 readers such as kubectl take for something else: `on`, `y`, `010`.
    Ambiguous(&'a str),
}

impl Document {
    pub(crate) fn new(tree: Tree, root: NodeId) -> Arc<Self> {
        Arc::new(Self { tree: Arc::new(tree), root })
    }

    /// A value of a document as a document of its own.
    pub(crate) fn part(whole: &Arc<Self>, item: NodeRef<'_>) -> Arc<Self> {
        Arc::new(Self { tree: whole.tree.clone(), root: item.id })
    }

    /// The text it came from.
    pub fn source(&self) -> &Arc<Source> {
        &self.tree.source
    }

    /// The whole object.
    pub fn root(self: &Arc<Self>) -> NodeRef<'_> {
        NodeRef { document: self, id: self.root }
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.tree.nodes[id.index()]
    }

    /// Path of a value in the object, such as `.spec.backends[0].weight`; `.` is the object itself.
    fn path(&self, id: NodeId) -> String {
        let mut steps = Vec::new();
        let mut at = id;
        while at != self.root {
            let parent = self.node(at).parent;
            match &self.node(parent).content {
                Content::Sequence(items) => {
                    let index = items.iter().position(|item| *item == at).unwrap_or_default();
                    steps.push(format!("[{index}]"));
                }
                Content::Mapping(entries) => {
                    let key = entries.iter().find(|(key, value)| *value == at || *key == at);
                    let text = key.map_or("", |(key, _)| self.scalar_text(*key));
                    steps.push(key_step(text));
                }
                Content::Scalar { .. } => break,
            }
            if parent == at {
                break;
            }
            at = parent;
        }
        steps.reverse();
        if steps.is_empty() { ".".to_owned() } else { steps.concat() }
    }

    fn scalar_text(&self, id: NodeId) -> &str {
        match &self.node(id).content {
            Content::Scalar { text, .. } => text,
            _ => "",
        }
    }
}

impl Origin {
    /// The document it stands in.
    pub fn document(&self) -> &Arc<Document> {
        &self.document
    }

    /// Path in the object, such as `.spec.service`.
    pub fn path(&self) -> String {
        self.document.path(self.node)
    }

    /// The object that holds it, as it calls itself: `Kind/namespace/name`, without what it does not say.
    pub fn object(&self) -> String {
        let root = self.document.root();
        let texts = [root.get("kind"), root.find(["metadata", "namespace"]), root.find(["metadata", "name"])];
        texts.into_iter().flatten().filter_map(NodeRef::text).collect::<Vec<_>>().join("/")
    }

    /// The text it came from.
    pub fn source(&self) -> &Arc<Source> {
        self.document.source()
    }

    /// The bytes it takes up.
    pub fn span(&self) -> Span {
        self.document.node(self.node).span
    }

    /// Line and column where it begins.
    pub fn position(&self) -> Position {
        self.source().position(self.span().start)
    }

    /// `file:line:column`.
    pub fn location(&self) -> String {
        let Position { line, column } = self.position();
        let mut out = String::with_capacity(self.source().name().len() + 8);
        // Writing to a String cannot fail.
        let _ = write!(out, "{}:{line}:{column}", self.source().name());
        out
    }

    /// The text as it stands in the file.
    pub fn written(&self) -> &str {
        let Span { start, end } = self.span();
        self.source().text().get(start as usize..end as usize).unwrap_or_default()
    }
}

impl PartialEq for Origin {
    /// Equal when they point at the same field at the same place of equally named texts, read anew or not.
    fn eq(&self, other: &Self) -> bool {
        (Arc::ptr_eq(&self.document, &other.document) && self.node == other.node)
            || (self.location() == other.location() && self.path() == other.path())
    }
}

impl Eq for Origin {}

impl<'a> NodeRef<'a> {
    /// A handle that outlives the borrow.
    pub fn origin(self) -> Origin {
        Origin { document: self.document.clone(), node: self.id }
    }

    /// The bytes it takes up.
    pub fn span(self) -> Span {
        self.document.node(self.id).span
    }

    fn content(self) -> &'a Content {
        &self.document.node(self.id).content
    }

    fn at(self, id: NodeId) -> Self {
        Self { id, ..self }
    }

    /// The value under a key of a mapping; `None` for other values too.
    pub fn get(self, key: &str) -> Option<NodeRef<'a>> {
        self.entries().find(|(k, _)| k.text() == Some(key)).map(|(_, value)| value)
    }

    /// Follows keys; `None` as soon as one is absent.
    pub fn find<const N: usize>(self, keys: [&str; N]) -> Option<NodeRef<'a>> {
        keys.into_iter().try_fold(self, |node, key| node.get(key))
    }

    /// Keys and values of a mapping in the order written; nothing for other values.
    pub fn entries(self) -> impl ExactSizeIterator<Item = (NodeRef<'a>, NodeRef<'a>)> {
        let entries: &'a [(NodeId, NodeId)] = match self.content() {
            Content::Mapping(entries) => entries,
            _ => &[],
        };
        entries.iter().map(move |(key, value)| (self.at(*key), self.at(*value)))
    }

    /// Items of a sequence; nothing for other values.
    pub fn items(self) -> impl ExactSizeIterator<Item = NodeRef<'a>> {
        let items: &'a [NodeId] = match self.content() {
            Content::Sequence(items) => items,
            _ => &[],
        };
        items.iter().map(move |item| self.at(*item))
    }

    /// Whether it is a mapping.
    pub fn is_mapping(self) -> bool {
        matches!(self.content(), Content::Mapping(_))
    }

    /// Whether it is a sequence.
    pub fn is_sequence(self) -> bool {
        matches!(self.content(), Content::Sequence(_))
    }

    /// Whether it is `null`, which Kubernetes reads like an absent field.
    pub fn is_null(self) -> bool {
        self.scalar() == Some(Scalar::Null)
    }

    /// The raw text of a scalar, whatever its type.
    pub fn text(self) -> Option<&'a str> {
        match self.content() {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar that is a string.
    pub fn string(self) -> Option<&'a str> {
        match self.scalar()? {
            Scalar::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is a scalar without quotes.
    pub(crate) fn written_plain(self) -> bool {
        matches!(self.content(), Content::Scalar { plain: true, .. })
    }

    /// How a scalar reads.
    pub fn scalar(self) -> Option<Scalar<'a>> {
        match self.content() {
            Content::Scalar { text, plain: false } => Some(Scalar::String(text)),
            Content::Scalar { text, plain: true } => Some(Scalar::of_plain(text)),
            _ => None,
        }
    }

    /// A whole number that fits.
    pub fn integer(self) -> Option<i64> {
        match self.scalar()? {
            Scalar::Integer(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// `mapping`, `list`, `string`, `number`, `boolean` or `null`: the word used in messages.
    pub fn type_name(self) -> &'static str {
        match self.scalar() {
            None if self.is_mapping() => "mapping",
            None => "list",
            Some(Scalar::Null) => "null",
            Some(Scalar::Bool(_)) => "boolean",
            Some(Scalar::Integer(_) | Scalar::Float(_)) => "number",
            Some(Scalar::String(_) | Scalar::Ambiguous(_)) => "string",
        }
    }

    /// The same value as JSON, for readers that know nothing of positions.
    pub fn to_json(self) -> serde_json::Value {
        use serde_json::Value;
        match self.content() {
            Content::Sequence(_) => Value::Array(self.items().map(NodeRef::to_json).collect()),
            Content::Mapping(_) => {
                let entries = self.entries().map(|(key, value)| (key.text().unwrap_or_default().to_owned(), value.to_json()));
                Value::Object(entries.collect())
            }
            Content::Scalar { .. } => match self.scalar() {
                None | Some(Scalar::Null) => Value::Null,
                Some(Scalar::Bool(b)) => Value::Bool(b),
                Some(Scalar::String(text) | Scalar::Ambiguous(text)) => Value::String(text.to_owned()),
                Some(Scalar::Integer(text) | Scalar::Float(text)) => {
                    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
                }
            },
        }
    }

    /// Whether both hold the same, whatever the order of keys and the style.
    pub fn same_value(self, other: NodeRef<'_>) -> bool {
        self.to_json() == other.to_json()
    }
}

impl<'a> Scalar<'a> {
    fn of_plain(text: &'a str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Self::Null,
            "true" | "True" | "TRUE" => return Self::Bool(true),
            "false" | "False" | "FALSE" => return Self::Bool(false),
            _ => {}
        }
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if digits.bytes().next().is_some_and(|b| b.is_ascii_digit() || b == b'.') {
            if digits.bytes().all(|b| b.is_ascii_digit()) {
                let octal_in_yaml_1_1 = digits.len() > 1 && digits.starts_with('0');
                return if octal_in_yaml_1_1 { Self::Ambiguous(text) } else { Self::Integer(text.strip_prefix('+').unwrap_or(text)) };
            }
            let number = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
            if number && text.parse::<f64>().is_ok_and(f64::is_finite) {
                return Self::Float(text);
            }
        }
        let boolean_in_yaml_1_1 =
            text.len() <= 3 && ["y", "n", "yes", "no", "on", "off"].iter().any(|word| word.eq_ignore_ascii_case(text));
        if boolean_in_yaml_1_1 { Self::Ambiguous(text) } else { Self::String(text) }
    }
}
