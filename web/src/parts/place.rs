//! Links to what is written: the page of an object, at a line.

use meshglot_translator::ir::{Kind, ObjectKey};
use meshglot_translator::parse::Origin;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::parts::excerpt::Excerpt;
use crate::visit::Visit;

/// What stands in a segment of a path as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Namespace of objects that have none.
pub(crate) const NO_NAMESPACE: &str = "-";

impl Visit {
    /// The page of an object; `None`: its kind has none.
    pub(crate) fn object_link(&self, key: &ObjectKey) -> Option<String> {
        let segment = |text: &str| utf8_percent_encode(text, SEGMENT).to_string();
        let name = segment(&key.name);
        let namespace = if key.namespace.is_empty() { NO_NAMESPACE.to_owned() } else { segment(&key.namespace) };
        match key.kind {
            Kind::Service => Some(self.link(&format!("/ns/{namespace}/services/{name}"))),
            kind if kind.is_neutral() => Some(self.link(&format!("/policies/{}/{namespace}/{name}", kind.name().to_lowercase()))),
            _ => None,
        }
    }

    /// The line of its page where something of an object is written.
    pub(crate) fn origin_link(&self, key: &ObjectKey, origin: &Origin) -> Option<String> {
        self.line_link(key, origin.source().position(origin.span().start).line)
    }

    /// A line of the page of an object.
    pub(crate) fn line_link(&self, key: &ObjectKey, line: u32) -> Option<String> {
        let page = self.object_link(key)?;
        let document = self.snapshot.plan().model.document(key).filter(|_| key.kind.is_neutral());
        Some(match document.map_or(1, |document| Excerpt::of(document).page(line)) {
            1 => format!("{page}#L{line}"),
            number => format!("{page}?page={number}#L{line}"),
        })
    }

    /// The object of a name such as `TrafficTarget/shop/web`, and its link.
    pub(crate) fn named(&self, name: &str) -> Option<(ObjectKey, String)> {
        let key = key_of(name)?;
        self.snapshot.plan().model.document(&key)?;
        let link = self.object_link(&key)?;
        Some((key, link))
    }
}

/// A key as it is written.
fn key_of(name: &str) -> Option<ObjectKey> {
    let (kind, rest) = name.split_once('/')?;
    let kind = Kind::ALL.into_iter().find(|known| known.name() == kind)?;
    let (namespace, name) = rest.split_once('/').unwrap_or(("", rest));
    Some(ObjectKey { kind, namespace: namespace.into(), name: name.into() })
}
