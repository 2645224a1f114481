//! Policies: the list, every tab of each, and what each mesh gets.

use std::collections::BTreeMap;

use axum::Router;
use axum::http::StatusCode;
use meshglot_translator::answer::{DiagnosticAnswer, EffectAnswer, document};
use meshglot_translator::ir::ObjectKey;
use meshglot_translator::parse::Source;
use meshglot_translator::plan::{Chosen, Plan};
use meshglot_translator::render::write::{yaml, yaml_stream};
use meshglot_translator::render::{Engine, RenderedObject};
use meshglot_translator::resolve::ReadOptions;
use meshglot_translator::review::concepts;
use serde_json::{Value, json};
use test_case::test_case;

use crate::markup::{command, lines, links, text};
use crate::support::{Answer, example, get, served, view};

const MESHES: [&str; 4] = ["istio", "linkerd", "consul", "builtin"];

fn plan(text: &str, chosen: Chosen) -> Plan {
    Plan::of(&[Source::new("policy.yaml", text)], Vec::new(), ReadOptions::default(), chosen, Default::default())
}

fn all(text: &str) -> Plan {
    plan(text, Chosen::These(meshglot_registry::all().into_iter().collect()))
}

/// Every state of every example: the folders that hold it.
const EXAMPLES: [&[&str]; 14] = [
    &["ab-header"],
    &["blue-green", "blue-green/blue"],
    &["blue-green", "blue-green/green"],
    &["bookstore"],
    &["canary", "canary/1-one-in-twenty"],
    &["canary", "canary/2-one-in-four"],
    &["canary", "canary/3-all"],
    &["deny-by-default", "deny-by-default/1-watch"],
    &["deny-by-default", "deny-by-default/2-targeted"],
    &["deny-by-default", "deny-by-default/3-deny"],
    &["istio-to-linkerd"],
    &["losses"],
    &["orders"],
    &["zero-trust"],
];

fn examples() -> impl Iterator<Item = (&'static str, String)> {
    let text = |folders: &&[&str]| folders.iter().map(|folder| example(folder)).collect::<Vec<_>>().join("\n---\n");
    EXAMPLES.iter().map(move |folders| (folders[folders.len() - 1], text(folders)))
}

fn address(key: &ObjectKey) -> String {
    let namespace = if key.namespace.is_empty() { "-" } else { &key.namespace };
    format!("/policies/{}/{namespace}/{}", key.kind.name().to_lowercase(), key.name)
}

fn policies(plan: &Plan) -> Vec<ObjectKey> {
    plan.model.keys().filter(|key| key.kind.is_neutral()).cloned().collect()
}

async fn good(view: &Router, path: &str) -> Answer {
    let answer = get(view, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    answer
}

/// The objects that are made from one, found by looking at every object.
fn made_from<'e>(engine: &'e Engine<'_>, key: &ObjectKey) -> Vec<&'e RenderedObject> {
    engine.rendered().objects.into_iter().filter(|object| object.sources.contains(key)).collect()
}

#[tokio::test]
async fn every_policy_of_every_example_opens_on_every_tab() {
    let mut seen = 0;
    for (_, text) in examples() {
        let (view, plan) = (view(&text), all(&text));
        for key in policies(&plan) {
            for tab in ["source", "diff", "effect"].into_iter().chain(MESHES) {
                let path = format!("{}?tab={tab}", address(&key));
                let page = good(&view, &path).await.text;
                assert_eq!(page.matches("<h1").count(), 1, "{path}");
                assert_eq!(page.matches("aria-current=\"page\"").count(), 2, "{path}: the section and the tab");
                assert!(command(&page).is_some_and(|line| line.starts_with("meshglot ")), "{path}");
                for inline in ["<style", " style=\"", "onclick=", "javascript:"] {
                    assert!(!page.contains(inline), "{path}: {inline}");
                }
                let data = good(&view, &format!("{}.json?tab={tab}", address(&key))).await.json();
                assert_eq!(data["apiVersion"], "cli.meshglot.dev/v1", "{path}");
                seen += 1;
            }
        }
    }
    assert!(seen > 150, "{seen}");
}

#[tokio::test]
async fn yaml_is_what_render_prints_byte_for_byte() {
    let mut documents = 0;
    for (name, text) in examples() {
        let (view, plan) = (view(&text), all(&text));
        for (backend, engine) in &plan.engines {
            // As the command line renders: for this mesh alone.
            let alone = self::plan(&text, Chosen::These(vec![*backend]));
            let rendered = alone.engines[0].1.rendered();
            if !alone.withheld(&rendered).is_empty() {
                continue;
            }
            let whole = good(&view, &format!("/rendered/{}.yaml", backend.name())).await.text;
            assert_eq!(whole, rendered.to_yaml().expect("YAML"), "{name} on {}", backend.name());
            for key in policies(&plan) {
                let objects = made_from(engine, &key);
                let shown = good(&view, &format!("{}.yaml?tab={}", address(&key), backend.name())).await.text;
                assert_eq!(shown, yaml_stream(objects.iter().map(|object| object.body())).expect("YAML"), "{key} on {}", backend.name());
                for object in &objects {
                    let one = yaml(&object.body()).expect("YAML");
                    assert!(whole.contains(&one), "{key} on {}: {one}", backend.name());
                    documents += 1;
                }
            }
        }
    }
    assert!(documents > 200, "{documents}");
}

#[test_case("zero-trust")]
#[test_case("bookstore")]
#[tokio::test]
async fn lines_on_a_page_are_the_lines_of_the_text(name: &str) {
    let text = example(name);
    let (view, plan) = (view(&text), all(&text));
    for key in policies(&plan) {
        let page = good(&view, &address(&key)).await.text;
        let data = good(&view, &format!("{}.json", address(&key))).await.json();
        let first = data["firstLine"].as_u64().expect("a number") as usize;
        let shown = lines(&page);
        let written: Vec<&str> = text.lines().skip(first - 1).take(shown.len()).collect();
        assert_eq!(shown, written, "{key}");
        assert_eq!(data["text"], written.join("\n") + "\n", "{key}");
        for number in first..first + shown.len() {
            assert!(page.contains(&format!("<li id=\"L{number}\"")), "{key}: {number}");
        }
        let own = plan.model.document(&key).expect("a document").root().origin();
        assert!(written.join("\n").contains(own.written().trim_end()), "{key}: all of it");
        for mesh in MESHES {
            let page = good(&view, &format!("{}?tab={mesh}", address(&key))).await.text;
            let yaml = good(&view, &format!("{}.yaml?tab={mesh}", address(&key))).await.text;
            // What divides documents is no line of theirs.
            let documents: Vec<&str> = yaml.lines().filter(|line| *line != "---").collect();
            assert_eq!(lines(&page), documents, "{key} on {mesh}");
        }
    }
}

#[tokio::test]
async fn every_field_that_was_decided_leads_to_the_line_that_decided_it() {
    let mut followed = 0;
    for name in ["zero-trust", "ab-header"] {
        let text = example(name);
        let (view, plan) = (view(&text), all(&text));
        let mut pages: BTreeMap<String, String> = BTreeMap::new();
        for key in policies(&plan) {
            for (backend, engine) in &plan.engines {
                let page = good(&view, &format!("{}?tab={}", address(&key), backend.name())).await.text;
                let ways = links(&page, "from");
                let decided = made_from(engine, &key).iter().map(|object| object.provenance.len()).sum::<usize>();
                assert_eq!(ways.is_empty(), decided == 0, "{key} on {}", backend.name());
                for way in ways {
                    let (address, anchor) = way.split_once('#').expect("an anchor");
                    if !pages.contains_key(address) {
                        pages.insert(address.to_owned(), good(&view, address).await.text);
                    }
                    assert!(pages[address].contains(&format!("<li id=\"{anchor}\"")), "{way}");
                    followed += 1;
                }
            }
        }
    }
    assert!(followed > 100, "{followed}");
}

#[tokio::test]
async fn the_list_is_that_of_the_engine_and_filters_narrow_it() {
    let text = example("losses");
    let (view, plan) = (view(&text), all(&text));
    let whole = good(&view, "/policies.json").await.json();
    let objects = |data: &Value| -> Vec<String> {
        data["policies"].as_array().expect("a list").iter().map(|one| one["object"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(objects(&whole), policies(&plan).iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(whole["all"], policies(&plan).len());
    for line in whole["policies"].as_array().expect("a list") {
        let key = policies(&plan).into_iter().find(|key| key.to_string() == line["object"]).expect("it is there");
        for (at, (backend, engine)) in plan.engines.iter().enumerate() {
            let own = engine.rendered_from(&key, &plan.model);
            let on = &line["backends"][at];
            let worst = own.losses.iter().map(|loss| loss.verdict).max();
            let verdict = worst.map(|verdict| verdict.word()).or((!own.objects.is_empty()).then_some("exact"));
            assert_eq!((on["name"].as_str(), on["objects"].as_u64()), (Some(backend.name()), Some(own.objects.len() as u64)), "{key}");
            assert_eq!(on["verdict"].as_str(), verdict, "{key} on {}", backend.name());
        }
    }
    let count =
        async |query: &str| good(&view, &format!("/policies.json?{query}")).await.json()["policies"].as_array().expect("a list").len();
    let lossy = count("loss=lossy").await;
    assert!(lossy > 0 && lossy <= objects(&whole).len());
    assert_eq!(count("kind=ts").await + count("kind=HTTPRouteGroup").await + count("kind=traffictargets").await, objects(&whole).len());
    assert_eq!(count("ns=nowhere").await, 0);
    assert_eq!(count("ready=errors").await + count("ready=warnings").await + count("ready=ready").await, objects(&whole).len());
    let page = good(&view, "/policies?kind=ts&q=nothing-like-it").await.text;
    assert!(page.contains("No policy fits."), "{page}");
    let page = good(&view, "/policies").await.text;
    assert_eq!(page.matches("<th scope=\"row\">").count(), objects(&whole).len());
    let csv = good(&view, "/policies.csv?loss=lossy").await;
    assert_eq!(csv.text.lines().count(), lossy + 1);
    assert!(csv.header("content-type").starts_with("text/csv"));
}

#[tokio::test]
async fn no_policy_is_told_with_what_to_do() {
    let page = good(&view("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"), "/policies").await.text;
    assert!(page.contains("No object of policy was found") && page.contains("/playground"), "{page}");
}

#[test_case("zero-trust")]
#[test_case("bookstore")]
#[test_case("losses")]
#[tokio::test]
async fn the_effect_is_the_difference_to_the_policy_without_it(name: &str) {
    let text = example(name);
    let (view, plan) = (view(&text), all(&text));
    for key in policies(&plan) {
        let data = good(&view, &format!("{}.json?tab=effect", address(&key))).await.json();
        let effect = plan.effect_of(&key, 100_000);
        assert_eq!(data["effect"], serde_json::to_value(EffectAnswer::from(&effect)).expect("JSON"), "{key}");
        let page = good(&view, &format!("{}?tab=effect", address(&key))).await.text;
        let shown = self::text(&page);
        for change in &effect.access {
            let words = change.words();
            assert!(shown.contains(&words.caller) && shown.contains(&words.requests), "{key}: {words:?}");
        }
        for share in effect.shares.iter().map(|share| share.words()) {
            assert!(shown.contains(&share.from) && shown.contains(&share.target), "{key}: {share:?}");
        }
        assert_eq!(page.contains("It changes no call."), effect.is_none(), "{key}");
        assert!(command(&page).is_some_and(|line| line.ends_with(&format!("--without {key} --level effect"))), "{key}");
    }
}

#[test_case("zero-trust", "istio", "linkerd")]
#[test_case("bookstore", "consul", "builtin")]
#[tokio::test]
async fn the_difference_of_two_meshes_tells_every_field_of_the_policy(name: &str, a: &str, b: &str) {
    let text = example(name);
    let (view, plan) = (view(&text), all(&text));
    let rendered = |name: &str| plan.engines.iter().find(|(backend, _)| backend.name() == name).expect("a mesh").1.rendered();
    let (old, new) = (rendered(a), rendered(b));
    let whole = concepts(&[&old, &new]);
    for key in policies(&plan) {
        let own: Vec<_> = whole.iter().filter(|concept| plan.model.key_of(concept.at.document()).as_ref() == Some(&key)).collect();
        let data = good(&view, &format!("{}.json?tab=diff&a={a}&b={b}", address(&key))).await.json();
        assert_eq!((data["from"].as_str(), data["to"].as_str()), (Some(a), Some(b)));
        let told = data["concepts"].as_array().expect("a list");
        for concept in own {
            let at = |one: &&Value| one["at"]["line"] == concept.at.position().line && one["at"]["path"] == concept.at.path();
            let one = told.iter().find(at).unwrap_or_else(|| panic!("{key}: {} in {data}", concept.at.path()));
            assert_eq!(one["alike"], concept.is_alike(), "{key}: {}", concept.at.path());
        }
        let page = good(&view, &format!("{}?tab=diff&a={a}&b={b}&all=yes", address(&key))).await.text;
        assert!(
            told.is_empty() || page.contains(&format!("{} not</caption>", told.iter().filter(|one| one["alike"] == false).count())),
            "{key}"
        );
        good(&view, &format!("{}?tab=diff&a={a}&b={b}&view=text", address(&key))).await;
    }
}

/// A rule that the built-in mesh can say and Istio refuses.
const REFUSED: &str = include_str!("../../../golden/codes/MG1103/bad.yaml");

#[tokio::test]
async fn what_is_told_stands_below_its_line() {
    let view = view(REFUSED);
    let page = good(&view, "/policies/httproutegroup/shop/orders-api").await.text;
    let line = page.split("<li id=\"L7\"").nth(1).and_then(|rest| rest.split("</li>").next()).expect("the line");
    assert!(line.contains("istio: refused") && line.contains("href=\"/codes/MG1103\""), "{line}");
    // The rule that uses it says so, too, and leads there.
    let page = good(&view, "/policies/tt/shop/checkout-to-orders").await.text;
    assert!(page.contains("Told of it at other lines") && page.contains("/policies/httproutegroup/shop/orders-api#L7"), "{page}");
    let data = good(&view, "/policies/hrg/shop/orders-api.json").await.json();
    assert_eq!(data["losses"][0]["code"], "MG1103");
}

#[tokio::test]
async fn a_mistake_is_told_on_the_page_of_its_object() {
    let text = "apiVersion: split.smi-spec.io/v1alpha4\nkind: TrafficSplit\nmetadata: {name: web, namespace: shop}\nspec: {service: web, backends: [{service: a, weight: -1}]}\n";
    let (view, plan) = (view(text), all(text));
    let page = good(&view, "/policies/ts/shop/web").await.text;
    assert!(page.contains("It contributes nothing."), "{page}");
    let data = good(&view, "/policies/ts/shop/web.json").await.json();
    let told: Vec<Value> = plan.errors().map(|one| serde_json::to_value(DiagnosticAnswer::from(one)).expect("JSON")).collect();
    assert!(!told.is_empty());
    assert_eq!(data["diagnostics"], json!(told));
    let page = good(&view, "/policies/ts/shop/web?tab=istio").await.text;
    assert!(page.contains("Nothing is rendered from it, because it is not valid."), "{page}");
    assert_eq!(good(&view, "/policies.json?ready=errors").await.json()["policies"][0]["valid"], false);
}

#[tokio::test]
async fn what_is_withheld_has_no_yaml_and_says_why() {
    let text = include_str!("../../../golden/codes/MG1216/bad.yaml");
    let plan = all(text);
    let (backend, engine) = plan.engines.iter().find(|(backend, _)| backend.name() == "linkerd").expect("a mesh");
    let codes = plan.withheld(&engine.rendered());
    assert_eq!(codes, ["MG1216"], "{} would allow more", backend.name());
    let view = view(text);
    let key = policies(&plan).into_iter().find(|key| !made_from(engine, key).is_empty()).expect("something would be rendered");
    for path in ["/rendered/linkerd.yaml".to_owned(), format!("{}.yaml?tab=linkerd", address(&key))] {
        let answer = get(&view, &path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(answer.text.contains("it would allow more than the policy says (MG1216)"), "{}", answer.text);
    }
    for path in ["/rendered/linkerd".to_owned(), format!("{}?tab=linkerd", address(&key))] {
        let page = good(&view, &path).await.text;
        assert!(page.contains("Nothing is written for linkerd.") && page.contains("href=\"/codes/MG1216\""), "{path}");
    }
    let data = good(&view, "/rendered/linkerd.json").await.json();
    assert_eq!((&data["backends"], &data["withheld"][0]["codes"]), (&json!([]), &json!(["MG1216"])));
    assert_eq!(good(&view, "/policies.json?loss=withheld").await.json()["policies"].as_array().map(Vec::len), Some(policies(&plan).len()));
}

#[tokio::test]
async fn a_long_policy_is_shown_in_parts_and_links_lead_to_the_right_one() {
    let matches: String = (0..2_500).map(|at| format!("  - {{name: m-{at}, pathRegex: /items/{at}}}\n")).collect();
    let text = format!(
        "apiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\nmetadata: {{name: many, namespace: shop}}\nspec:\n  matches:\n{matches}  - {{name: m-1, pathRegex: /twice}}\n"
    );
    let view = view(&text);
    let first = good(&view, "/policies/hrg/shop/many").await.text;
    assert_eq!(lines(&first).len(), 1_000);
    assert!(first.contains("?page=2\"") && first.len() < 1_000_000, "{}", first.len());
    let last = good(&view, "/policies/hrg/shop/many?page=3").await.text;
    assert_eq!(lines(&last).last().map(String::as_str), text.lines().last());
    let found = good(&view, "/findings").await.text;
    assert!(found.contains("/policies/httproutegroup/shop/many?page=3#L2506"), "{found}");
    assert!(last.contains("<li id=\"L2506\""));
    assert_eq!(good(&view, "/policies/hrg/shop/many.yaml").await.text, text);
}

#[test_case("/policies/traffictarget/shop/storefront-order", "Did you mean TrafficTarget/shop/storefront-orders?" ; "a name")]
#[test_case("/policies/traffictarget/store/storefront-orders", "Did you mean TrafficTarget/shop/storefront-orders?" ; "a namespace")]
#[test_case("/policies/traffictargt/shop/storefront-orders", "Did you mean TrafficTarget?" ; "a kind")]
#[test_case("/policies/service/shop/orders", "Policy is written as Mesh, TrafficSplit" ; "no kind of policy")]
#[test_case("/policies/tt/shop/storefront-orders?tab=istoi", "Did you mean istio?" ; "a tab")]
#[test_case("/policies/tt/shop/storefront-orders?tab=diff&a=istoi", "Did you mean istio?" ; "a mesh")]
#[test_case("/rendered/istoi", "Did you mean istio?" ; "a mesh of a page")]
#[test_case("/codes/MG11O3", "Did you mean MG1103?" ; "a code")]
#[tokio::test]
async fn what_is_not_there_is_suggested(path: &str, help: &str) {
    let answer = get(&view(&example("zero-trust")), path).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.text.contains(help), "{}", answer.text);
}

#[tokio::test]
async fn one_policy_has_one_page_by_all_its_names() {
    let view = view(&example("zero-trust"));
    let page = good(&view, "/policies/traffictarget/shop/storefront-orders").await.text;
    for path in [
        "/policies/TrafficTarget/shop/storefront-orders",
        "/policies/tt/shop/storefront-orders",
        "/policies/traffictargets/shop/storefront-orders",
    ] {
        assert_eq!(lines(&good(&view, path).await.text), lines(&page), "{path}");
    }
    let same = get(&view, "/policies/tt/shop/storefront-orders?tab=diff&a=istio&b=istio").await;
    assert_eq!(same.status, StatusCode::OK, "forms let the same be chosen twice");
}

#[tokio::test]
async fn what_people_wrote_is_never_markup() {
    let text = "# <script>alert(1)</script>\napiVersion: split.smi-spec.io/v1alpha4\nkind: TrafficSplit\nmetadata:\n  name: web\n  namespace: shop\n  annotations: {a: \"</span><img src=x>\", '<b>': '\"><i>'}\nspec:\n  service: \"<u>\"\n  backends: [{service: a, weight: 1}, {service: '<s>', weight: 1}]\n";
    let view = view(text);
    for path in [
        "/policies",
        "/policies/ts/shop/web",
        "/policies/ts/shop/web?tab=istio",
        "/policies/ts/shop/web?tab=diff",
        "/policies/ts/shop/web?tab=effect",
        "/rendered/istio?q=%3Cb%3E",
        "/policies?q=%3Cb%3E&loss=%3Ci%3E&kind=%3Cu%3E",
        "/policies/%3Cb%3E/%3Ci%3E/%3Cu%3E",
        "/findings",
    ] {
        let page = get(&view, path).await.text;
        for tag in ["<script>alert", "<img", "<b>", "<i>", "<u>", "<s>"] {
            // The only picture is that of the brand.
            let own = if tag == "<img" { 1 } else { 0 };
            assert_eq!(page.matches(tag).count(), own, "{path}: {tag}");
        }
    }
    assert_eq!(lines(&good(&view, "/policies/ts/shop/web").await.text), text.lines().collect::<Vec<_>>());
}

#[tokio::test]
async fn links_of_policies_stay_below_the_base() {
    let view = served(&example("zero-trust"), "/mesh/", None);
    for path in [
        "/policies",
        "/policies/tt/shop/storefront-orders",
        "/policies/tt/shop/storefront-orders?tab=linkerd",
        "/policies/tt/shop/storefront-orders?tab=diff",
        "/policies/mesh/-/shop?tab=effect",
        "/rendered/consul",
        "/codes",
        "/codes/MG1103",
    ] {
        let page = good(&view, &format!("/mesh{path}")).await.text;
        let all = page.split(" href=\"").chain(page.split(" src=\"")).chain(page.split(" action=\""));
        for link in all.filter_map(|rest| rest.split('"').next()).filter(|link| link.starts_with('/')) {
            assert!(link.starts_with("/mesh/"), "{path}: {link}");
        }
    }
}

#[tokio::test]
async fn data_has_its_answer_of_the_command_line() {
    let text = example("bookstore");
    let (view, plan) = (view(&text), all(&text));
    let rendering = good(&view, "/rendered/istio.json").await.json();
    let rendered = plan.engines.iter().find(|(backend, _)| backend.name() == "istio").expect("a mesh").1.rendered();
    let want = meshglot_translator::answer::Rendering::of([&rendered], Vec::new(), &plan.diagnostics, false);
    assert_eq!(rendering, document(&want));
}
