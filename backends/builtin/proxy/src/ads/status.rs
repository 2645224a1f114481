//! How the client gets on, for people.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::kind::Kind;

/// The state of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether a stream is open.
    pub connected: bool,
    /// How many streams were opened.
    pub connections: u64,
    /// Why there is no connection, or why the last one ended; it stays when there is another.
    pub last_error: Option<String>,
    /// What was refused on this stream, and is not mended yet, and why; by kind and name.
    pub refused: BTreeMap<(Kind, Arc<str>), String>,
    /// How many resources are in force.
    pub taken: BTreeMap<Kind, usize>,
    /// How many of them came from the disk at the start.
    pub loaded: usize,
    /// Why the last good resources cannot be read or kept on the disk.
    pub store_error: Option<String>,
}

impl Status {
    /// What is new since `before`, in lines.
    pub fn news(&self, before: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        let changed = |now: &Option<String>, before: &Option<String>| now.clone().filter(|now| before.as_ref() != Some(now));
        if self.loaded > 0 && before.loaded == 0 {
            lines.push(format!("begins with the {} resources that it had before", self.loaded));
        }
        lines.extend(changed(&self.store_error, &before.store_error).map(|why| format!("warning: {why}")));
        // An error that comes again and again is told once.
        let is_lost = before.connected && !self.connected;
        let error = if is_lost { self.last_error.clone() } else { changed(&self.last_error, &before.last_error) };
        lines.extend(error.map(|why| format!("warning: {why}")));
        if self.connected && self.connections != before.connections {
            lines.push("the control plane is connected".to_owned());
        }
        let refused = self.refused.iter().filter(|(key, why)| before.refused.get(*key) != Some(*why));
        lines.extend(refused.map(|((kind, name), why)| format!("warning: {kind} {name} is refused: {why}")));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_is_told_once() {
        let lost = Status { last_error: Some("gone".to_owned()), ..Status::default() };
        assert_eq!(lost.news(&Status::default()), ["warning: gone"]);
        assert_eq!(lost.news(&lost), [""; 0]);
        let connected = Status { connected: true, connections: 1, ..lost.clone() };
        assert_eq!(connected.news(&lost), ["the control plane is connected"]);
        let again = Status { connected: false, ..connected.clone() };
        assert_eq!(again.news(&connected), ["warning: gone"], "the same, for another stream");
        let refusing = Status { refused: [((Kind::Cluster, "c".into()), "type: no".to_owned())].into(), ..connected.clone() };
        assert_eq!(refusing.news(&connected), ["warning: CDS c is refused: type: no"]);
        assert_eq!(refusing.news(&refusing), [""; 0]);
        let kept = Status { loaded: 3, store_error: Some("full".to_owned()), ..Status::default() };
        assert_eq!(kept.news(&Status::default()), ["begins with the 3 resources that it had before", "warning: full"]);
    }
}
