//! What is sent in which order, to a proxy that takes everything.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use meshglot_xds::{Asked, Kind, Push, Session, World};

use super::model::{self, service, shop};

/// A proxy like Envoy: it wants all clusters and listeners, the addresses of its clusters and the routes of its listeners.
struct Proxy {
    session: Session,
    has: BTreeMap<(Kind, String), String>,
    log: Vec<String>,
    now: Instant,
}

impl Proxy {
    fn new(world: &World) -> Self {
        let mut session = Session::new(world.view("shop/caller"));
        session.asks(Kind::Cluster, Asked::default());
        session.asks(Kind::Listener, Asked::default());
        Self { session, has: BTreeMap::new(), log: Vec::new(), now: Instant::now() }
    }

    /// Takes everything that there is to take; what was sent, kind by kind.
    fn settle(&mut self) -> Vec<String> {
        while let Some(push) = self.session.next(self.now) {
            self.take(&push);
            assert!(self.session.answers(push.kind, push.nonce, Ok(())));
        }
        std::mem::take(&mut self.log)
    }

    fn take(&mut self, push: &Push) {
        let mut more: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
        for resource in &push.updates {
            assert_eq!(resource.kind, push.kind);
            self.log.push(format!("+{} {}", push.kind, resource.name));
            self.has.insert((push.kind, resource.name.to_string()), resource.version.to_string());
            for (kind, name) in &resource.leads_to {
                if matches!(kind, Kind::Assignment | Kind::Route) && !self.has.contains_key(&(*kind, name.to_string())) {
                    more.entry(*kind).or_default().push(name.to_string());
                }
            }
        }
        for name in &push.removed {
            self.log.push(format!("-{} {name}", push.kind));
            self.has.remove(&(push.kind, name.to_string()));
        }
        for (kind, more) in more {
            self.session.asks(kind, Asked { more, ..Asked::default() });
        }
    }
}

#[test]
fn what_is_led_to_comes_before_what_leads_there() {
    let world = model::world(&shop(), &World::default());
    let mut proxy = Proxy::new(&world);
    let log = proxy.settle();
    let kinds: Vec<&str> = log.iter().map(|line| &line[1..4]).collect();
    assert!(kinds.windows(2).all(|pair| order(pair[0]) <= order(pair[1])), "{log:?}");
    let view = world.view("shop/caller");
    assert_eq!(proxy.has.len(), view.len());
    assert!(Kind::ALL.iter().all(|kind| proxy.session.is_synced(*kind)));
}

fn order(kind: &str) -> usize {
    Kind::ALL.iter().position(|known| known.to_string() == kind).expect("a kind")
}

#[test]
fn an_edit_sends_what_changed_alone_and_removals_come_last() {
    let world = model::world(&shop(), &World::default());
    let mut proxy = Proxy::new(&world);
    proxy.settle();
    let edited = model::world(&shop().replace("weight: 90", "weight: 80"), &world);
    proxy.session.reads(edited.view("shop/caller"));
    assert_eq!(proxy.settle(), ["+RDS shop/web/80"]);
    assert_eq!(proxy.settle(), [""; 0], "nothing is sent twice");

    let another = model::world(&(shop() + &service("new", 9)), &edited);
    proxy.session.reads(another.view("shop/caller"));
    let log = proxy.settle();
    let place = |line: &str| log.iter().position(|other| other == line).unwrap_or_else(|| panic!("{line}: {log:?}"));
    assert!(place("+CDS shop/new/80") < place("+EDS shop/new/80") && place("+EDS shop/new/80") < place("+LDS outbound"), "{log:?}");

    proxy.session.reads(edited.view("shop/caller"));
    let log = proxy.settle();
    let place = |line: &str| log.iter().position(|other| other == line).unwrap_or_else(|| panic!("{line}: {log:?}"));
    assert!(place("+LDS outbound") < place("-RDS shop/new/80") && place("-RDS shop/new/80") < place("-CDS shop/new/80"), "{log:?}");
    assert_eq!(proxy.has.len(), edited.view("shop/caller").len());
}

#[test]
fn changes_while_an_answer_is_awaited_become_one() {
    let world = model::world(&shop(), &World::default());
    let mut proxy = Proxy::new(&world);
    proxy.settle();
    let mut last = world;
    let mut awaited = None;
    for weight in 1..20 {
        last = model::world(&shop().replace("weight: 90", &format!("weight: {weight}")), &last);
        proxy.session.reads(last.view("shop/caller"));
        let push = proxy.session.next(proxy.now);
        assert_eq!(push.is_some(), weight == 1, "one is on its way");
        awaited = awaited.or(push);
    }
    let push = awaited.expect("the first");
    assert!(proxy.session.answers(push.kind, push.nonce, Ok(())));
    assert_eq!(proxy.settle(), ["+RDS shop/web/80"], "the last of them");
}

#[test]
fn who_comes_back_with_what_it_has_is_sent_nothing() {
    let world = model::world(&shop(), &World::default());
    let mut proxy = Proxy::new(&world);
    proxy.settle();
    let mut session = Session::new(world.view("shop/caller"));
    for kind in Kind::ALL {
        let has: Vec<(String, String)> =
            proxy.has.iter().filter(|((of, _), _)| *of == kind).map(|((_, name), version)| (name.clone(), version.clone())).collect();
        let more = if matches!(kind, Kind::Assignment | Kind::Route) {
            has.iter().map(|(name, _)| name.clone()).collect()
        } else {
            vec!["*".to_owned()]
        };
        session.asks(kind, Asked { more, has, ..Asked::default() });
    }
    assert_eq!(session.next(proxy.now), None);
    assert!(Kind::ALL.iter().all(|kind| session.is_synced(*kind)));
}

/// A proxy that wants clusters and listeners, and has not answered for the clusters.
fn sent_clusters() -> (Session, Push, Instant) {
    let mut session = Session::new(model::world(&shop(), &World::default()).view("shop/caller"));
    session.asks(Kind::Cluster, Asked::default());
    session.asks(Kind::Listener, Asked::default());
    let now = Instant::now();
    let clusters = session.next(now).expect("clusters");
    (session, clusters, now)
}

#[test]
fn a_client_that_never_asks_for_addresses_is_waited_for_a_while() {
    let (mut session, clusters, now) = sent_clusters();
    session.answers(clusters.kind, clusters.nonce, Ok(()));
    assert_eq!(session.next(now), None, "the addresses are asked for next");
    let wakes = session.wakes().expect("a time");
    assert!(wakes > now && wakes <= now + Duration::from_secs(10));
    assert_eq!(session.next(wakes).map(|push| push.kind), Some(Kind::Listener));
}

#[test]
fn a_cluster_that_changes_is_followed_by_its_addresses() {
    let world = model::world(&shop(), &World::default());
    let mut proxy = Proxy::new(&world);
    proxy.settle();
    // Another account behind the Service: callers look for another identity.
    let text = shop().replace("serviceAccountName: web-2", "serviceAccountName: other");
    proxy.session.reads(model::world(&text, &world).view("shop/caller"));
    assert_eq!(proxy.settle(), ["+CDS shop/web-2/80", "+EDS shop/web-2/80"], "Envoy makes it anew and waits for them");
}

#[test]
fn addresses_do_not_wait_for_the_answer_to_their_clusters() {
    let (mut session, clusters, now) = sent_clusters();
    // Like Envoy, which answers once all of them are warm.
    let names = ["shop/caller/80", "shop/web/80", "shop/web-2/80"];
    session.asks(Kind::Assignment, Asked { more: names.map(str::to_owned).into(), ..Asked::default() });
    let addresses = session.next(now).expect("addresses");
    assert_eq!((addresses.kind, addresses.updates.len()), (Kind::Assignment, 3));
    session.answers(addresses.kind, addresses.nonce, Ok(()));
    assert_eq!(session.next(now), None, "routes and listeners do");
    session.answers(clusters.kind, clusters.nonce, Ok(()));
    assert_eq!(session.next(now).map(|push| push.kind), Some(Kind::Listener));
}
