//! Another version of the SMI kinds is the same policy: requests are decided alike, and every mesh gets the same.

use meshglot_translator::convert::{Change, Conversion, Versions, convert};
use meshglot_translator::diagnostic::Severity;
use meshglot_translator::eval::{Evaluate as _, Inventory, Neutral, Request};
use meshglot_translator::ir::MeshSettings;
use meshglot_translator::parse::{Source, parse};
use meshglot_translator::render::write::yaml;
use meshglot_translator::resolve::{Model, ReadOptions};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use super::fresh;
use super::model::{group, key, target, tcp_route, world};
use super::requests::{request, shape};

const VERSIONS: [&str; 4] = ["v1alpha1", "v1alpha2", "v1alpha3", "v1alpha4"];

/// How an object is made older.
#[derive(Clone, Debug)]
struct Age {
    version: usize,
    port: Option<u16>,
    block: bool,
}

fn ages() -> impl Strategy<Value = Vec<Age>> {
    let port = prop::option::of(prop::sample::select(vec![80u16, 8080, 9999]));
    prop::collection::vec((0..4usize, port, any::<bool>()).prop_map(|(version, port, block)| Age { version, port, block }), 40)
}

/// A world with as much of what changes its shape as fits: targets, and the ports and groups that they name.
fn smi_world() -> impl Strategy<Value = Vec<Value>> {
    let policy = prop::collection::vec(prop_oneof![3 => target(), 3 => tcp_route(), 1 => group()], 4..16);
    (world(), policy).prop_map(|(mut objects, policy)| {
        let mut seen: std::collections::BTreeSet<String> = objects.iter().map(key).collect();
        objects.extend(policy.into_iter().filter(|object| seen.insert(key(object))));
        objects
    })
}

fn to() -> impl Strategy<Value = String> {
    // Ports are sayable in the newest specs alone.
    let specs = prop_oneof![2 => Just(3usize), 1 => 0..3usize];
    (0..4usize, specs, 0..4usize).prop_map(|(a, b, c)| format!("split/{},specs/{},access/{}", VERSIONS[a], VERSIONS[b], VERSIONS[c]))
}

/// The object as people wrote it in an older version; what that could not say is left out.
fn aged(mut object: Value, age: &Age) -> Value {
    let group = object["apiVersion"].as_str().unwrap_or_default().split('/').next().unwrap_or_default().to_owned();
    let kind = object["kind"].as_str().unwrap_or_default().to_owned();
    let old = age.version < 2;
    match kind.as_str() {
        "TrafficSplit" => {
            if old && let Some(spec) = object["spec"].as_object_mut() {
                spec.remove("matches");
            }
            for backend in object["spec"]["backends"].as_array_mut().into_iter().flatten().filter(|_| age.version == 0) {
                backend["weight"] = backend["weight"].to_string().trim_matches('"').into();
            }
        }
        "HTTPRouteGroup" if old => {
            let mut matches = object["spec"]["matches"].take();
            for one in matches.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut).filter(|_| age.version == 0) {
                one.remove("headers");
            }
            object["matches"] = matches;
            object.as_object_mut().map(|object| object.remove("spec"));
        }
        "TCPRoute" if age.version < 3 => object["spec"] = json!({}),
        "TrafficTarget" => {
            if let Some(port) = age.port {
                object["spec"]["destination"]["port"] = if old { port.to_string().into() } else { port.into() };
            }
            if age.version == 0 {
                let spec = object["spec"].take();
                object.as_object_mut().map(|object| object.remove("spec"));
                for (top, below) in [("destination", "destination"), ("sources", "sources"), ("specs", "rules")] {
                    object[top] = spec[below].clone();
                }
            }
        }
        _ => return object,
    }
    object["apiVersion"] = format!("{group}/{}", VERSIONS[age.version]).into();
    object
}

fn text(objects: &[Value], ages: &[Age]) -> String {
    let one = |(object, age): (&Value, &Age)| if age.block { yaml(object).expect("YAML") } else { format!("{object}\n") };
    objects.iter().zip(ages.iter().cycle()).map(one).collect::<Vec<_>>().join("---\n")
}

fn converted(text: &str, to: &str) -> Conversion {
    let versions = Versions::read(to.split(',')).expect("versions");
    convert(&[Source::new("t.yaml", text)], &versions, &ReadOptions::default()).expect("YAML")
}

/// What is left of some objects when all that is refused was taken out, and its conversion.
fn sayable(mut objects: Vec<Value>, ages: &[Age], to: &str) -> (String, Conversion) {
    loop {
        let text = text(&objects, ages);
        let conversion = converted(&text, to);
        let refused = conversion.diagnostics.iter().filter(|one| one.severity == Severity::Error);
        let refused: Vec<String> = refused.map(|one| one.object.as_ref().expect("an object").to_string()).collect();
        if refused.is_empty() {
            return (text, conversion);
        }
        let name = |object: &Value, part: &str| object["metadata"][part].as_str().unwrap_or_default().to_owned();
        objects.retain(|object| {
            let key = format!("{}/{}/{}", object["kind"].as_str().unwrap_or_default(), name(object, "namespace"), name(object, "name"));
            !refused.contains(&key)
        });
    }
}

fn model(text: &str) -> Model {
    let (documents, diagnostics) = parse(&[Source::new("t.yaml", text)]);
    assert!(diagnostics.is_empty(), "{diagnostics:?}\n{text}");
    Model::new(documents, ReadOptions::default()).with_implied_mesh(MeshSettings::default())
}

/// Every mesh's objects and losses, without the names of what they were made from.
fn rendered(model: &Model) -> Vec<(Vec<Value>, Vec<String>)> {
    let all = meshglot_registry::all().into_iter().map(|backend| {
        let engine = fresh(backend, model);
        let rendered = engine.rendered();
        let mut bodies = rendered.bodies();
        for body in &mut bodies {
            body["metadata"]["annotations"].take();
        }
        let mut losses: Vec<String> =
            rendered.losses.iter().map(|loss| format!("{} {} {}", loss.code, loss.verdict, loss.object)).collect();
        losses.sort();
        (bodies, losses)
    });
    all.collect()
}

fn same_meaning(before: &str, after: &str, requests: &[super::requests::Shape]) -> Result<(), TestCaseError> {
    let (before, after) = (model(before), model(after));
    let (neutral, converted) = (Neutral::new(&before), Neutral::new(&after));
    let inventory = Inventory::of(&before);
    let requests: Vec<Request> = requests.iter().filter_map(|shape| request(shape, &inventory)).collect();
    for request in requests {
        let (said, now) = (neutral.evaluate(&request), converted.evaluate(&request));
        prop_assert_eq!((said.verdict, said.shares), (now.verdict, now.shares), "{:?}", request);
    }
    Ok(())
}

/// Rules of TCPRoutes alone are called by them, and their objects in some meshes too.
fn is_named_alike(conversion: &Conversion) -> bool {
    let l4 = |object: &Value| {
        let rules = object["spec"]["rules"].as_array().into_iter().flatten();
        object["kind"] == "TrafficTarget" && rules.into_iter().all(|rule| rule["kind"] != "HTTPRouteGroup")
    };
    let objects = || conversion.texts.iter().flat_map(|text| &text.objects);
    !objects().any(|object| l4(&object.value) && object.change == Change::Rewritten)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, failure_persistence: None, rng_seed: RngSeed::Fixed(3), ..ProptestConfig::default() })]

    #[test]
    fn newer_versions_mean_the_same(objects in smi_world(), ages in ages(), requests in prop::collection::vec(shape(), 16..64)) {
        let objects: Vec<Value> = objects.into_iter().zip(ages.iter().cycle()).map(|(object, age)| aged(object, age)).collect();
        let (before, conversion) = sayable(objects, &ages, "newest");
        let after = conversion.stream();
        same_meaning(&before, &after, &requests)?;
        if is_named_alike(&conversion) {
            prop_assert_eq!(rendered(&model(&before)), rendered(&model(&after)), "{}\n{}", before, after);
        }
        for object in conversion.texts.iter().flat_map(|text| &text.objects) {
            let version = object.value["apiVersion"].as_str().unwrap_or_default();
            prop_assert!(!version.contains("smi-spec.io") || version.ends_with("/v1alpha4"), "{}", object.value);
        }
        prop_assert_eq!(&converted(&after, "newest").stream(), &after, "a second time changes nothing");
    }

    #[test]
    fn older_versions_mean_the_same_and_so_does_the_way_back(objects in smi_world(), ages in ages(), to in to(), requests in prop::collection::vec(shape(), 16..64)) {
        let (before, conversion) = sayable(objects, &ages, &to);
        let after = conversion.stream();
        same_meaning(&before, &after, &requests)?;
        prop_assert_eq!(&converted(&after, &to).stream(), &after, "a second time changes nothing");
        let back = converted(&after, "newest");
        prop_assert!(!back.diagnostics.iter().any(|one| one.severity == Severity::Error), "{:?}", back.diagnostics);
        same_meaning(&before, &back.stream(), &requests)?;
    }
}
