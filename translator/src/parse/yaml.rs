//! YAML and JSON text to documents that remember where every value stands.
//!
//! The events come from `granit-parser`, the parser below `serde-saphyr`; a tree of our own is built
//! from them because serde has no place for the position of every value (ADR 0004).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, ScanError};

use super::document::{Content, Document, Node, NodeId, NodeRef, Tree};
use super::limits;
use super::source::{Source, Span};
use crate::diagnostic::{Code, Diagnostic};

/// A part of a source between document markers: its text, and what it reads as.
#[derive(Debug)]
pub(crate) struct Part {
    /// Its bytes, the marker at its beginning among them.
    pub(crate) span: Span,
    /// Its documents, a `kind: List` whole; mostly one, none where only comments stand.
    pub(crate) documents: Vec<Arc<Document>>,
    /// Something in it cannot be read, and was told.
    pub(crate) broken: bool,
}

/// Reads every document of a source. What cannot be read is told; the documents around it are kept.
pub(crate) fn read(source: &Arc<Source>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Arc<Document>> {
    parts(source, diagnostics).into_iter().flat_map(|part| part.documents).flat_map(items_of_list).collect()
}

/// Reads a source part by part, so that each can be written back as it stands. A source over the limit has none.
pub(crate) fn parts(source: &Arc<Source>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Part> {
    let text = source.text();
    if text.len() > limits::SOURCE_BYTES {
        let message = format!("{} bytes are over the limit of {} MiB for one file", text.len(), limits::SOURCE_BYTES >> 20);
        diagnostics.push(Diagnostic::in_text(Code::MG0012, source, Span { start: 0, end: 0 }, message).help("split the file"));
        return Vec::new();
    }
    chunks(text).into_iter().map(|chunk| part(source, &chunk, diagnostics)).collect()
}

fn part(source: &Arc<Source>, chunk: &Chunk, diagnostics: &mut Vec<Diagnostic>) -> Part {
    let before = diagnostics.len();
    let mut documents = Vec::new();
    let mut builder = Builder::new(source, chunk.start);
    let mut parser = Parser::new_from_str(&source.text()[chunk.start..chunk.end]);
    let outcome = loop {
        match parser.next_event() {
            None => break Ok(()),
            Some(Err(error)) => break Err(builder.unreadable(&error)),
            Some(Ok((event, span))) => match builder.take(event, builder.span(span), &mut documents) {
                Ok(()) => {}
                Err(diagnostic) => break Err(*diagnostic),
            },
        }
    };
    diagnostics.append(&mut builder.repeated);
    if let Err(diagnostic) = outcome {
        // What stood before the mistake in the same chunk may be half of an object.
        documents.clear();
        diagnostics.push(diagnostic);
    }
    let span = Span { start: chunk.start as u32, end: chunk.end as u32 };
    Part { span, documents, broken: diagnostics.len() > before }
}

/// Byte range of one part of the text between document markers.
struct Chunk {
    start: usize,
    end: usize,
}

/// Cuts the text at lines that begin with `---`, which end a document wherever they stand, so that a
/// mistake in one document cannot hide the next.
fn chunks(text: &str) -> Vec<Chunk> {
    let mut starts = vec![0];
    let mut line = 0;
    let mut only_directives = true;
    for part in text.split_inclusive('\n') {
        let marker = part.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
        if marker && line > 0 && !only_directives {
            starts.push(line);
        }
        let content = part.trim();
        only_directives = if marker { false } else { only_directives && (content.is_empty() || content.starts_with(['%', '#'])) };
        line += part.len();
    }
    let ends = starts.iter().copied().skip(1).chain([text.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| Chunk { start, end }).collect()
}

/// A collection whose end has not been seen.
struct Open {
    anchor: usize,
    span: Span,
    children: Vec<NodeId>,
    keys: HashSet<Box<str>>,
    mapping: bool,
}

struct Builder<'a> {
    source: &'a Arc<Source>,
    base: usize,
    nodes: Vec<Node>,
    open: Vec<Open>,
    root: Option<NodeId>,
    anchors: HashMap<usize, NodeId>,
    aliased: usize,
    /// Keys written twice: the document is dropped, later ones are not.
    repeated: Vec<Diagnostic>,
    spoiled: bool,
}

impl<'a> Builder<'a> {
    fn new(source: &'a Arc<Source>, base: usize) -> Self {
        Self {
            source,
            base,
            nodes: Vec::new(),
            open: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            aliased: 0,
            repeated: Vec::new(),
            spoiled: false,
        }
    }

    fn span(&self, span: granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or_default();
        let (start, end) = (self.base + range.start, self.base + range.end);
        // Block scalars and collections end after their line break, which no excerpt should show.
        let text = &self.source.text()[start.min(self.source.text().len())..end.min(self.source.text().len())];
        let end = start + text.trim_end().len();
        Span { start: start as u32, end: end as u32 }
    }

    fn unreadable(&self, error: &ScanError) -> Diagnostic {
        let start = self.base + error.marker().byte_offset().unwrap_or_default();
        let start = start.min(self.source.text().len());
        let span = Span { start: start as u32, end: start as u32 };
        let line = self.source.text()[..start].rsplit('\n').next().unwrap_or_default();
        let rest = self.source.text()[start..].split('\n').next().unwrap_or_default();
        if matches!(error.kind(), granit_parser::ErrorKind::RecursionLimitExceeded) {
            return Diagnostic::in_text(Code::MG0012, self.source, span, format!("nested deeper than {} levels", limits::DEPTH));
        }
        let tab = line.contains('\t') || rest.starts_with('\t');
        let message = format!("not YAML or JSON: {}", error.info());
        let diagnostic = Diagnostic::in_text(Code::MG0001, self.source, span, message);
        if tab { diagnostic.help("YAML indents with spaces: replace the tab") } else { diagnostic }
    }

    fn too_much(&self, span: Span, message: String) -> Box<Diagnostic> {
        Box::new(Diagnostic::in_text(Code::MG0012, self.source, span, message))
    }

    fn take(&mut self, event: Event<'_>, span: Span, documents: &mut Vec<Arc<Document>>) -> Result<(), Box<Diagnostic>> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                // `!!str 1` is a string; other tags say nothing that the schema does not know better.
                let is_string = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let plain = style == ScalarStyle::Plain && !is_string;
                self.push(Content::Scalar { text: text.into(), plain }, anchor, span)
            }
            Event::SequenceStart(_, anchor, _) => self.start(anchor, span, false),
            Event::MappingStart(_, anchor, _) => self.start(anchor, span, true),
            Event::SequenceEnd | Event::MappingEnd => self.finish(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::DocumentEnd => {
                if let Some(root) = self.root.take() {
                    let tree = Tree { source: self.source.clone(), nodes: std::mem::take(&mut self.nodes) };
                    let empty = matches!(&tree.nodes[0].content, Content::Scalar { text, plain: true } if text.is_empty() || &**text == "~" || &**text == "null");
                    if !empty && !self.spoiled {
                        documents.push(Document::new(tree, root));
                    }
                }
                self.nodes.clear();
                self.anchors.clear();
                self.aliased = 0;
                self.spoiled = false;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, anchor: usize, span: Span, mapping: bool) -> Result<(), Box<Diagnostic>> {
        if self.open.len() >= limits::DEPTH {
            return Err(self.too_much(span, format!("nested deeper than {} levels", limits::DEPTH)));
        }
        self.open.push(Open { anchor, span, children: Vec::new(), keys: HashSet::new(), mapping });
        Ok(())
    }

    fn finish(&mut self, end: Span) -> Result<(), Box<Diagnostic>> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let last = open.children.last().map_or(open.span.end, |id| self.nodes[id.index()].span.end);
        let span = Span { start: open.span.start, end: end.end.max(last).max(open.span.end) };
        let children = open.children.clone();
        let content = if open.mapping {
            Content::Mapping(open.children.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
        } else {
            Content::Sequence(open.children.into())
        };
        let id = self.add(content, open.anchor, span);
        for child in children {
            let index = child.index();
            self.nodes[index].parent = id;
        }
        self.attach(id)
    }

    fn push(&mut self, content: Content, anchor: usize, span: Span) -> Result<(), Box<Diagnostic>> {
        let id = self.add(content, anchor, span);
        self.attach(id)
    }

    fn add(&mut self, content: Content, anchor: usize, span: Span) -> NodeId {
        let id = NodeId::new(self.nodes.len());
        self.nodes.push(Node { content, parent: id, span });
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        id
    }

    /// Hangs a finished value into the collection that is open, or makes it the document.
    fn attach(&mut self, id: NodeId) -> Result<(), Box<Diagnostic>> {
        let index = id.index();
        let Some(open) = self.open.last_mut() else {
            self.root = Some(id);
            return Ok(());
        };
        let is_key = open.mapping && open.children.len().is_multiple_of(2);
        if is_key {
            let span = self.nodes[index].span;
            let Content::Scalar { text, .. } = &self.nodes[index].content else {
                let message = "a key is a mapping or a list; keys are strings";
                return Err(Box::new(Diagnostic::in_text(Code::MG0001, self.source, span, message)));
            };
            if !open.keys.insert(text.clone()) {
                let first = open.children.iter().step_by(2).find(|key| {
                    let Content::Scalar { text: other, .. } = &self.nodes[key.index()].content else { return false };
                    other == text
                });
                let mut diagnostic = Diagnostic::in_text(Code::MG0014, self.source, span, format!("key `{text}` is written twice"))
                    .help("remove one: readers disagree on which of them counts");
                if let Some(first) = first {
                    diagnostic = diagnostic.also(self.source, self.nodes[first.index()].span, "first written here");
                }
                self.repeated.push(diagnostic);
                self.spoiled = true;
            }
        }
        open.children.push(id);
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Box<Diagnostic>> {
        let Some(target) = self.anchors.get(&anchor).copied() else {
            let message = "alias without an anchor before it";
            return Err(Box::new(Diagnostic::in_text(Code::MG0001, self.source, span, message)));
        };
        let id = self.copy(target, span, 0)?;
        self.attach(id)
    }

    /// Copies a value, so that each use has a parent of its own; bounded against bombs.
    fn copy(&mut self, target: NodeId, alias: Span, depth: usize) -> Result<NodeId, Box<Diagnostic>> {
        self.aliased += 1;
        if self.aliased > limits::ALIAS_NODES || depth + self.open.len() > limits::DEPTH {
            return Err(self.too_much(alias, format!("aliases add more than {} values", limits::ALIAS_NODES)));
        }
        let index = target.index();
        let span = self.nodes[index].span;
        let children: Vec<NodeId> = match &self.nodes[index].content {
            Content::Scalar { text, plain } => {
                let content = Content::Scalar { text: text.clone(), plain: *plain };
                return Ok(self.add(content, 0, span));
            }
            Content::Sequence(items) => items.to_vec(),
            Content::Mapping(entries) => entries.iter().flat_map(|(key, value)| [*key, *value]).collect(),
        };
        let mapping = matches!(self.nodes[index].content, Content::Mapping(_));
        let mut copies = Vec::with_capacity(children.len());
        for child in children {
            copies.push(self.copy(child, alias, depth + 1)?);
        }
        let content = if mapping {
            Content::Mapping(copies.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
        } else {
            Content::Sequence(copies.clone().into())
        };
        let id = self.add(content, 0, span);
        for child in copies {
            let index = child.index();
            self.nodes[index].parent = id;
        }
        Ok(id)
    }
}

/// The items of a `kind: List` as documents of their own; anything else as it is.
pub(crate) fn items_of_list(document: Arc<Document>) -> Vec<Arc<Document>> {
    match list_items(document.root()) {
        Some(items) => items.items().map(|item| Document::part(&document, item)).flat_map(items_of_list).collect(),
        None => vec![document],
    }
}

/// The items of a `kind: List`, or of a list of one kind as API servers print it; `None` for everything else.
pub(crate) fn list_items(root: NodeRef<'_>) -> Option<NodeRef<'_>> {
    let is_list = root.get("kind").and_then(NodeRef::string).is_some_and(|kind| kind.ends_with("List"));
    root.get("items").filter(|items| is_list && items.is_sequence())
}
