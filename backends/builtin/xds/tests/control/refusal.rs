//! Proxies that refuse, all of it or a part.

use std::time::Instant;

use meshglot_xds::{Asked, Kind, Session, World};

use super::model::{self, shop};

/// Answers like a proxy that refuses whatever holds one of these resources; what it took, in the order of the pushes.
fn settle(session: &mut Session, bad: &[&str]) -> Vec<String> {
    let mut taken = Vec::new();
    while let Some(push) = session.next(Instant::now()) {
        assert!(taken.len() < 1000, "it goes on for ever");
        let refused = push.updates.iter().any(|resource| bad.contains(&&*resource.name));
        if !refused {
            taken.extend(push.updates.iter().map(|resource| resource.name.to_string()));
        }
        let answer = if refused { Err("no such thing".to_owned()) } else { Ok(()) };
        session.answers(push.kind, push.nonce, answer);
    }
    taken
}

fn clusters(world: &World) -> Session {
    let mut session = Session::new(world.view("shop/caller"));
    session.asks(Kind::Cluster, Asked::default());
    session
}

#[test]
fn one_that_is_refused_blocks_itself_alone() {
    let world = model::world(&shop(), &World::default());
    let mut session = clusters(&world);
    let taken = settle(&mut session, &["shop/web/80"]);
    assert_eq!(taken, ["inbound/8080", "passthrough", "shop/caller/80", "shop/web-2/80"]);
    let refused: Vec<(&str, &str)> = session.known(Kind::Cluster).refused().map(|(name, why)| (&**name, why)).collect();
    assert_eq!(refused, [("shop/web/80", "no such thing")]);
    assert!(!session.is_synced(Kind::Cluster));
    assert_eq!(session.next(Instant::now()), None, "the same is not sent again");

    let text = shop().replace("serviceAccountName: web,", "serviceAccountName: other,");
    session.reads(model::world(&text, &world).view("shop/caller"));
    assert_eq!(settle(&mut session, &[]), ["shop/web/80"], "another version is");
    assert!(session.is_synced(Kind::Cluster));
}

#[test]
fn who_refuses_everything_is_asked_once_for_each() {
    let world = model::world(&shop(), &World::default());
    let mut session = clusters(&world);
    let all: Vec<String> = world.view("shop/caller").of(Kind::Cluster).map(|cluster| cluster.name.to_string()).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(settle(&mut session, &all), [""; 0]);
    assert_eq!(session.known(Kind::Cluster).refused().count(), all.len());
    assert!(session.known(Kind::Cluster).is_empty());
}

#[test]
fn what_it_had_before_stays_with_who_is_always_sent_everything() {
    let world = model::world(&shop(), &World::default());
    let mut session = Session::new(world.view("shop/caller"));
    session.asks(Kind::Cluster, Asked { exactly: Some(Vec::new()), ..Asked::default() });
    settle(&mut session, &[]);
    let text = shop().replace("serviceAccountName: web,", "serviceAccountName: other,");
    session.reads(model::world(&text, &world).view("shop/caller"));
    let push = session.next(Instant::now()).expect("a cluster");
    assert_eq!((push.updates.len(), push.all.len()), (1, 5));
    session.answers(push.kind, push.nonce, Err("no".to_owned()));
    let further = model::world(&text.replace("serviceAccountName: web-2", "serviceAccountName: third"), &world);
    session.reads(further.view("shop/caller"));
    let push = session.next(Instant::now()).expect("another");
    let names: Vec<&str> = push.all.iter().map(|resource| &*resource.name).collect();
    assert!(names.contains(&"shop/web/80"), "in the version that it has: {names:?}");
    let kept = push.all.iter().find(|resource| &*resource.name == "shop/web/80").expect("there");
    assert_eq!(kept.version, world.view("shop/caller").get(Kind::Cluster, "shop/web/80").expect("there").version);
}

#[test]
fn an_answer_to_an_older_push_is_nobodys() {
    let world = model::world(&shop(), &World::default());
    let mut session = clusters(&world);
    let push = session.next(Instant::now()).expect("clusters");
    assert!(!session.answers(push.kind, push.nonce + 7, Err("late".to_owned())));
    assert!(session.answers(push.kind, push.nonce, Ok(())));
    assert!(!session.answers(push.kind, push.nonce, Err("again".to_owned())));
}

#[test]
fn a_name_that_is_not_there_is_told_once() {
    let world = model::world(&shop(), &World::default());
    let mut session = Session::new(world.view("shop/caller"));
    session.asks(Kind::Route, Asked { more: vec!["nobody".to_owned(), "shop/web/80".to_owned()], ..Asked::default() });
    let push = session.next(Instant::now()).expect("an answer");
    assert_eq!((push.updates.len(), &*push.removed), (1, &["nobody".into()][..]));
    session.answers(push.kind, push.nonce, Ok(()));
    assert_eq!(session.next(Instant::now()), None);
    session.asks(Kind::Route, Asked { less: vec!["nobody".to_owned(), "shop/web/80".to_owned()], ..Asked::default() });
    session.asks(Kind::Route, Asked { more: vec!["shop/web/80".to_owned()], ..Asked::default() });
    assert_eq!(session.next(Instant::now()).map(|push| push.updates.len()), Some(1), "it was dropped, and is wanted again");
}
