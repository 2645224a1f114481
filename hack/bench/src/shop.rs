//! What every shop is: a text of a given size, and edits to it.

use std::fmt::Write as _;

/// A kind of model to measure.
pub(crate) struct Shop {
    /// What its size counts, as the head of a column and as the word of the command line.
    pub(crate) counts: &'static str,
    /// The sizes of the table.
    pub(crate) sizes: &'static [usize],
    /// The one backend that is measured; `None`: each.
    pub(crate) only: Option<&'static str>,
    /// The text of a size, as one file.
    pub(crate) text: fn(usize) -> String,
    /// The document that the n-th edit puts in the place of one of that size.
    pub(crate) edit: fn(usize, usize) -> String,
    /// A call to ask about, where the shop has rules of access: its caller's account and the Service.
    pub(crate) call: Option<fn(usize) -> (String, String)>,
}

/// All of them, a table each.
pub(crate) const SHOPS: [&Shop; 3] = [&crate::splits::SPLITS, &crate::access::ACCESS, &crate::access::ADDRESSED];

/// Writes one document of namespace `shop`: `body` is everything below `metadata`.
pub(crate) fn document(text: &mut String, api_version: &str, kind: &str, name: &str, body: &str) {
    // Writing to a String cannot fail.
    let _ = write!(text, "---\napiVersion: {api_version}\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: shop\n{body}");
}

/// A Service whose port 80, called `port`, leads to 8080.
pub(crate) fn service(text: &mut String, name: &str, port: &str, address: Option<&str>) {
    let address = address.map(|address| format!("  clusterIP: {address}\n")).unwrap_or_default();
    let body = format!("spec:\n{address}  selector:\n    app: {name}\n  ports:\n  - name: {port}\n    port: 80\n    targetPort: 8080\n");
    document(text, "v1", "Service", name, &body);
}

/// An HTTPRouteGroup with these matches, a YAML list indented by two.
pub(crate) fn group(text: &mut String, name: &str, matches: &str) {
    document(text, "specs.smi-spec.io/v1alpha4", "HTTPRouteGroup", name, &format!("spec:\n  matches:\n{matches}"));
}
