//! How a proxy says it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

/// One proxy, by what it says itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxySays {
    /// `NAMESPACE/NAME` of its workload.
    pub workload: Arc<str>,
    /// Its own name, as the place has it.
    pub place: Arc<str>,
    /// Whether it is connected to a control plane.
    pub connected: bool,
    /// How many resources of each kind it has.
    pub taken: BTreeMap<String, usize>,
    /// What it does not obey.
    pub refused: Vec<RefusalSaid>,
}

/// A resource that a proxy has refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RefusalSaid {
    /// Its kind, in one word.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Why.
    pub why: String,
}

/// What a proxy answers at `/status`, as far as it is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Status {
    pub(crate) connected: bool,
    #[serde(default)]
    pub(crate) taken: BTreeMap<String, usize>,
    #[serde(default)]
    pub(crate) refused: Vec<RefusalSaid>,
}

impl Status {
    /// `None`: these are not the words of a proxy of ours.
    pub(crate) fn of(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_proxy_says_is_read_and_what_is_new_is_left_out() {
        let text = r#"{"connected":true,"last_error":null,"refused":[{"kind":"listener","name":"in","why":"no"}],"taken":{"cluster":3}}"#;
        let status = Status::of(text).expect("a status");
        assert!(status.connected && status.taken["cluster"] == 3 && status.refused[0].why == "no", "{status:?}");
        assert_eq!(Status::of("invalid path"), None);
    }
}
