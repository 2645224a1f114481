//! After any edits a world is the one that a fresh start would make, and so is every view and what a proxy has of it.

use std::sync::Arc;

use meshglot_builtin::Builtin;
use meshglot_translator::ir::MeshSettings;
use meshglot_translator::parse::{Document, Source, parse};
use meshglot_translator::render::{Engine, Target};
use meshglot_translator::resolve::{Model, ReadOptions};
use meshglot_xds::{Asked, Kind, Session, World};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::model::{service, split};

/// Each place of the shop, and what may stand there.
fn places() -> Vec<Vec<Arc<Document>>> {
    let documents = |text: &str| parse(&[Source::new("shop.yaml", text)]).0;
    let mut places: Vec<Vec<Arc<Document>>> = Vec::new();
    for (name, number) in [("caller", 1), ("web", 2), ("web-2", 3)] {
        let plain = service(name, number);
        let other = plain
            .replace("name: http", "name: tcp-x")
            .replace("10.1.0.", "10.2.0.")
            .replace("serviceAccountName: web", "serviceAccountName: x");
        let third = plain
            .replace("10.0.0.", "10.3.0.")
            .replace("containerPort: 8080", "containerPort: 9090")
            .replace("ready: true", "ready: false");
        let [plain, other, third] = [plain, other, third].map(|text| documents(&text));
        places.extend(plain.into_iter().zip(other).zip(third).map(|((a, b), c)| vec![a, b, c]));
    }
    let splits = [split(90), split(50), split(90).replace("service: web-2", "service: nobody")];
    places.push(splits.iter().flat_map(|text| documents(text)).collect());
    let target = |sources: &str| {
        format!(
            "---\napiVersion: access.smi-spec.io/v1alpha3\nkind: TrafficTarget\nmetadata: {{name: web, namespace: shop}}\nspec:\n  \
             destination: {{kind: ServiceAccount, name: web, namespace: shop}}\n  rules: [{{kind: HTTPRouteGroup, name: all}}]\n  sources: [{{kind: ServiceAccount, name: {sources}, namespace: shop}}]\n"
        )
    };
    places.push(["caller", "web-2"].iter().flat_map(|name| documents(&target(name))).collect());
    let group = |path: &str| {
        format!(
            "---\napiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\nmetadata: {{name: all, namespace: shop}}\nspec: {{matches: [{{name: all, pathRegex: {path}}}]}}\n"
        )
    };
    places.push(["/a", "/b"].iter().flat_map(|path| documents(&group(path))).collect());
    places
}

fn engine(model: &Model) -> Engine<'static> {
    Engine::new(&Builtin, Target { everything: true, ..Target::default() }, model)
}

fn model(documents: Vec<Arc<Document>>) -> Model {
    Model::new(documents, ReadOptions::default()).with_implied_mesh(MeshSettings::default())
}

const WORKLOADS: [&str; 3] = ["shop/caller", "shop/web", "shop/web-2"];

/// Asks for everything by every name there is, and takes all that comes.
fn settle(session: &mut Session, world: &World, workload: &str) {
    let view = world.view(workload);
    for kind in [Kind::Assignment, Kind::Route] {
        session.asks(kind, Asked { more: view.of(kind).map(|resource| resource.name.to_string()).collect(), ..Asked::default() });
    }
    while let Some(push) = session.next(std::time::Instant::now()) {
        session.answers(push.kind, push.nonce, Ok(()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn incremental_equals_fresh(edits in prop::collection::vec((0..12_usize, 0..4_usize, any::<bool>()), 1..12)) {
        let places = places();
        let mut now: Vec<Option<Arc<Document>>> = places.iter().map(|place| place.first().cloned()).collect();
        let documents = |now: &[Option<Arc<Document>>]| now.iter().flatten().cloned().collect::<Vec<_>>();
        let mut edited = model(documents(&now));
        let mut engine_now = engine(&edited);
        let mut world = World::of(engine_now.rendered().objects, &World::default()).expect("resources");
        let mut sessions = WORKLOADS.map(|workload| {
            let mut session = Session::new(world.view(workload));
            for kind in [Kind::Cluster, Kind::Listener] {
                session.asks(kind, Asked::default());
            }
            session
        });
        for (place, choice, looks) in edits {
            let key = edited.key_of(&places[place][0]).expect("what is edited has a key");
            now[place] = places[place].get(choice).cloned();
            let changed = edited.put(&key, now[place].clone().into_iter().collect());
            let update = engine_now.update(&edited, &changed);
            world = world.edit(engine_now.rendered_by(&update), &update.gone).expect("resources");
            // Nobody looks at every world.
            for (session, workload) in sessions.iter_mut().zip(WORKLOADS).filter(|_| looks) {
                session.reads(world.view(workload));
                settle(session, &world, workload);
            }
        }
        let fresh = engine(&model(documents(&now)));
        let fresh = World::of(fresh.rendered().objects, &World::default()).expect("resources");
        let views = WORKLOADS.map(|workload| world.view(workload));
        let again = World::of(engine_now.rendered().objects, &world).expect("resources");
        prop_assert!(WORKLOADS.iter().zip(&views).all(|(workload, view)| view.is_empty() || Arc::ptr_eq(&again.view(workload), view)));
        let sources = |world: &World, workload: &str| {
            let view = world.view(workload);
            Kind::ALL.iter().flat_map(|kind| view.of(*kind)).map(|resource| resource.sources.to_vec()).collect::<Vec<_>>()
        };
        prop_assert_eq!(world.workloads().collect::<Vec<_>>(), fresh.workloads().collect::<Vec<_>>());
        for (session, workload) in sessions.iter_mut().zip(WORKLOADS) {
            prop_assert_eq!(&*world.view(workload), &*fresh.view(workload), "{}", workload);
            prop_assert_eq!(sources(&world, workload), sources(&fresh, workload), "{}", workload);
            session.reads(world.view(workload));
            settle(session, &world, workload);
            for kind in Kind::ALL {
                prop_assert!(session.is_synced(kind), "{} of {}", kind, workload);
                prop_assert_eq!(session.known(kind).len(), fresh.view(workload).of(kind).count(), "{} of {}", kind, workload);
            }
        }
    }
}
