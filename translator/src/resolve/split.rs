//! TrafficSplit, all versions, by shape: `spec.service`, `spec.backends`, `spec.matches`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::metadata::is_subdomain;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::ir::{ObjectKey, SplitBackend, SplitRoot, TrafficSplit, weight};
use crate::parse::{Document, NodeRef, Scalar};

/// Of one backend.
pub(crate) const LARGEST_WEIGHT: u64 = u32::MAX as u64;

/// Reads a split that its schema let pass. `None` if it means nothing.
pub(super) fn read(key: &ObjectKey, document: &Arc<Document>, out: &mut Vec<Diagnostic>) -> Option<TrafficSplit> {
    let root = document.root();
    let spec = root.get("spec")?;
    let service = spec.get("service")?;
    let before = errors(out);

    let split_root = split_root(key, service, out);
    let matches = spec.get("matches").into_iter().flat_map(NodeRef::items).filter_map(|node| group_name(key, node, out)).collect();
    let backends_node = spec.get("backends")?;
    let backends = backends(key, backends_node, out);
    if errors(out) > before {
        return None;
    }
    let created = root.find(["metadata", "creationTimestamp"]).and_then(NodeRef::string).map(Arc::from);
    Some(TrafficSplit {
        key: key.clone(),
        document: document.clone(),
        created,
        root: split_root?,
        root_origin: service.origin(),
        matches,
        backends,
        backends_origin: backends_node.origin(),
    })
}

fn errors(out: &[Diagnostic]) -> usize {
    out.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count()
}

/// S4: short name, `NAME.NAMESPACE`, `NAME.NAMESPACE.svc[.DOMAIN]`, or Flagger's external host.
fn split_root(key: &ObjectKey, node: NodeRef<'_>, out: &mut Vec<Diagnostic>) -> Option<SplitRoot> {
    let text = node.string()?;
    let host = text.trim_end_matches('.').to_ascii_lowercase();
    if !is_subdomain(&host) {
        out.push(Diagnostic::at(Code::MG0010, node, format!("`{text}` is not the name of a Service")).about(key));
        return None;
    }
    let labels: Vec<&str> = host.split('.').collect();
    match labels[..] {
        [name] => Some(SplitRoot::Own(name.into())),
        [name, namespace] if namespace == &*key.namespace => Some(SplitRoot::Own(name.into())),
        [name, namespace] => Some(SplitRoot::Dotted(name.into(), namespace.into())),
        [name, namespace, "svc", ..] if namespace == &*key.namespace => Some(SplitRoot::Own(name.into())),
        [name, namespace, "svc", ..] => {
            let message = format!("the root `{name}` is a Service of namespace `{namespace}`, the split stands in `{}`", key.namespace);
            out.push(Diagnostic::at(Code::MG0104, node, message).about(key).help(format!("move the split into namespace `{namespace}`")));
            None
        }
        _ => Some(SplitRoot::Host),
    }
}

/// S7, S15: an HTTPRouteGroup of the split's namespace.
fn group_name(key: &ObjectKey, node: NodeRef<'_>, out: &mut Vec<Diagnostic>) -> Option<(Arc<str>, crate::parse::Origin)> {
    let kind = node.get("kind")?;
    if kind.string() != Some("HTTPRouteGroup") {
        let message = format!("matches of a split name HTTPRouteGroups, not `{}`", kind.text().unwrap_or_default());
        out.push(Diagnostic::at(Code::MG0103, kind, message).about(key).help("write `kind: HTTPRouteGroup`"));
        return None;
    }
    if let Some(group) = node.get("apiGroup").filter(|node| !matches!(node.text(), Some("" | "specs.smi-spec.io"))) {
        let message = format!("HTTPRouteGroup belongs to `specs.smi-spec.io`, not to `{}`", group.text().unwrap_or_default());
        out.push(Diagnostic::at(Code::MG0103, group, message).about(key).help("leave `apiGroup` out"));
        return None;
    }
    let name = node.get("name")?;
    Some((name.string()?.into(), name.origin()))
}

fn backends(key: &ObjectKey, list: NodeRef<'_>, out: &mut Vec<Diagnostic>) -> Vec<SplitBackend> {
    let mut read = Vec::new();
    for item in list.items() {
        let (Some(service), Some(weight)) = (item.get("service"), item.get("weight")) else { continue };
        let Some(name) = backend_name(key, service, out) else { continue };
        match thousandths(weight) {
            Ok(weight_read) => read.push((name, weight_read, service, weight)),
            Err(problem) => {
                let message = format!("weight {}: {problem}", weight.text().unwrap_or_default());
                out.push(Diagnostic::at(Code::MG0302, weight, message).about(key));
            }
        }
    }
    let weights = counted(&read.iter().map(|(_, thousandths, _, _)| *thousandths).collect::<Vec<_>>());

    // S13: a Service named twice gets the sum.
    let mut backends: Vec<SplitBackend> = Vec::new();
    let mut places: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for ((service, _, service_node, weight_node), weight) in read.into_iter().zip(weights) {
        match places.get(&service) {
            Some(place) => backends[*place].weight += weight,
            None => {
                places.insert(service.clone(), backends.len());
                backends.push(SplitBackend { service, weight, service_origin: service_node.origin(), weight_origin: weight_node.origin() });
            }
        }
    }
    backends
}

/// Whole numbers in the ratio of some thousandths: as they are written where all are whole, else the thousandths
/// themselves, made smaller only where one is above the largest weight; that may be above it still.
pub(crate) fn counted(thousandths: &[u64]) -> Vec<u64> {
    if thousandths.iter().all(|weight| weight % 1000 == 0) {
        thousandths.iter().map(|weight| weight / 1000).collect()
    } else if thousandths.iter().all(|weight| *weight <= LARGEST_WEIGHT) {
        thousandths.to_vec()
    } else {
        weight::reduced(thousandths)
    }
}

fn backend_name(key: &ObjectKey, node: NodeRef<'_>, out: &mut Vec<Diagnostic>) -> Option<Arc<str>> {
    let text = node.string()?;
    let host = text.trim_end_matches('.').to_ascii_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    match labels[..] {
        _ if !is_subdomain(&host) => {
            out.push(Diagnostic::at(Code::MG0010, node, format!("`{text}` is not the name of a Service")).about(key));
            None
        }
        [name] => Some(name.into()),
        [name, namespace] | [name, namespace, "svc", ..] if namespace == &*key.namespace => Some(name.into()),
        _ => {
            let message = format!("`{text}` is not a Service of namespace `{}`: backends stand beside the split", key.namespace);
            out.push(Diagnostic::at(Code::MG0104, node, message).about(key));
            None
        }
    }
}

/// A weight in thousandths: a whole number, or a Kubernetes quantity (v1alpha1).
pub(crate) fn thousandths(node: NodeRef<'_>) -> Result<u64, &'static str> {
    const RANGE: &str = "not a whole number from 0 to 4294967295";
    let text = match node.scalar() {
        Some(Scalar::Integer(text) | Scalar::String(text) | Scalar::Float(text)) => text,
        _ => return Err(RANGE),
    };
    let is_float = matches!(node.scalar(), Some(Scalar::Float(_)));
    let (number, thousandths_per_unit): (&str, u64) = match text.as_bytes().last() {
        Some(b'm') => (&text[..text.len() - 1], 1),
        Some(b'k') => (&text[..text.len() - 1], 1_000_000),
        Some(b'M') => (&text[..text.len() - 1], 1_000_000_000),
        _ => (text, 1000),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) || fraction.len() > 9 || whole.len() > 13 {
        return Err(RANGE);
    }
    // A number with a fraction is no integer of the later versions; as a string it is a quantity.
    if is_float {
        return Err("a weight with a fraction is written as a quantity in quotes, such as \"500m\"");
    }
    let scale = 10u128.pow(fraction.len() as u32);
    let digits: u128 = format!("{whole}{fraction}").parse().map_err(|_| RANGE)?;
    let scaled = digits * u128::from(thousandths_per_unit);
    if !scaled.is_multiple_of(scale) {
        return Err("a fraction of a thousandth");
    }
    let thousandths = u64::try_from(scaled / scale).map_err(|_| RANGE)?;
    if thousandths > LARGEST_WEIGHT * 1000 { Err(RANGE) } else { Ok(thousandths) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Source, parse};
    use test_case::test_case;

    #[test_case("10", Some(10_000) ; "whole")]
    #[test_case("500m", Some(500) ; "milli")]
    #[test_case("\"1\"", Some(1000) ; "quantity without unit")]
    #[test_case("1k", Some(1_000_000) ; "kilo")]
    #[test_case("\"0.5\"", Some(500) ; "decimal quantity")]
    #[test_case("0.5", None ; "a float is not a weight of any version")]
    #[test_case("-1", None ; "negative")]
    #[test_case("0.5m", None ; "fraction of a thousandth")]
    #[test_case("4294967295", Some(4_294_967_295_000) ; "largest")]
    #[test_case("4294967296", None ; "too large")]
    #[test_case("1e3", None ; "exponent")]
    #[test_case("99999999999999999999999", None ; "huge")]
    fn weights(text: &str, want: Option<u64>) {
        let (documents, _) = parse(&[Source::new("t", format!("w: {text}"))]);
        let weight = documents[0].root().get("w").map(thousandths);
        assert_eq!(weight.and_then(Result::ok), want);
    }

    #[test_case(&[90_000, 10_000], &[90, 10] ; "whole weights stay")]
    #[test_case(&[500, 1000], &[500, 1000] ; "with a fraction all are thousandths")]
    #[test_case(&[4_294_967_000_000, 500_000, 500], &[8_589_934_000, 1000, 1] ; "smaller where they are too large")]
    fn counts(thousandths: &[u64], want: &[u64]) {
        assert_eq!(counted(thousandths), want);
    }
}
