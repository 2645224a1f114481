//! What a controller tells, for whoever looks later.

use meshglot_controller::Told;
use meshglot_observed::Kind;

use crate::live::EventLog;

/// Remembers what was told. What it writes as it should is no event: of an edit there may be a thousand.
pub(super) fn record(log: &EventLog, told: &Told) {
    let (kind, about) = match told {
        Told::Applied(_) | Told::Deleted(_) => return,
        Told::Ready(..) => (Kind::InForce, None),
        Told::Refused(id, why) => return log.put(Kind::Warning, Some(id.path()), why.clone()),
        Told::Withheld(backend, _) => (Kind::Blocked, Some((*backend).to_owned())),
        Told::Installed(_, false) => (Kind::Warning, None),
        Told::Trouble(_) => (Kind::Trouble, None),
        Told::Standby(_) | Told::Corrected(_) | Told::Passage(_) | Told::Installed(_, true) | Told::Webhook(_) => (Kind::Note, None),
    };
    log.put(kind, about, told.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_have_to_see_is_an_event() {
        let log = EventLog::new();
        for told in [Told::Ready(3, 0), Told::Withheld("istio", vec!["MG1415"]), Told::Trouble("away".to_owned())] {
            record(&log, &told);
        }
        let kinds: Vec<Kind> = log.all().events.iter().map(|one| one.kind).collect();
        assert_eq!(kinds, [Kind::InForce, Kind::Blocked, Kind::Trouble]);
    }
}
