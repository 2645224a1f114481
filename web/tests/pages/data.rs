//! What pages show is what the engine says.

use std::sync::Arc;

use meshglot_translator::answer::{Capabilities, FindingsAnswer, document};
use meshglot_translator::effect::Entrances;
use meshglot_translator::lint::findings;
use meshglot_translator::parse::Source;
use meshglot_translator::plan::{AccessMatrix, Chosen, Mesh, Plan, Reading};
use meshglot_translator::resolve::ReadOptions;
use serde_json::{Value, json};
use test_case::test_case;

use crate::support::{example, get, view};

fn plan(text: &str) -> Plan {
    let sources = vec![Source::new("policy.yaml", text.to_owned())];
    let all = Chosen::These(meshglot_registry::all().into_iter().collect());
    Plan::of(&sources, Vec::new(), ReadOptions::default(), all, Default::default())
}

fn matrix(plan: &Plan, backends: &[&str]) -> Value {
    let entrances = Entrances::of(&plan.model);
    let meshes = Mesh::all(plan);
    let meshes: Vec<&Mesh> = meshes.iter().filter(|mesh| backends.contains(&mesh.name)).collect();
    document(&AccessMatrix::of(Reading { plan, entrances: &entrances, meshes: &meshes }, None, 100_000, |_: &Arc<str>| true).answer())
}

#[test_case("zero-trust")]
#[test_case("deny-by-default")]
#[test_case("losses")]
#[tokio::test]
async fn the_matrix_is_that_of_the_engine(name: &str) {
    let text = example(name);
    let (view, plan) = (view(&text), plan(&text));
    assert_eq!(get(&view, "/access.json").await.json(), matrix(&plan, &[]));
    assert_eq!(get(&view, "/access.json?backend=consul").await.json(), matrix(&plan, &["consul"]));
    let all = get(&view, "/access.json?backend=all").await.json();
    assert_eq!(all, matrix(&plan, &["istio", "linkerd", "consul", "builtin"]));
    let page = get(&view, "/access?backend=all").await.text;
    let cells = all["cells"].as_array().expect("cells");
    assert_eq!(page.matches("role=\"gridcell\"").count(), cells.len());
    let differing = cells.iter().filter(|cell| cell.get("backends").is_some()).count();
    assert_eq!(page.matches(" differs\"").count(), differing);
    let lines = get(&view, "/access.csv").await.text.lines().count();
    assert_eq!(lines, cells.len() + 1);
}

#[tokio::test]
async fn findings_and_capabilities_are_those_of_the_engine() {
    let text = example("losses");
    let (view, plan) = (view(&text), plan(&text));
    let losses = plan.losses().into_iter().cloned().collect();
    let found = findings(&plan.model, plan.diagnostics.clone(), losses, Vec::new());
    assert_eq!(get(&view, "/findings.json").await.json(), document(&FindingsAnswer::from(&found)));
    let overview = get(&view, "/index.json").await.json();
    assert_eq!(overview["findings"]["errors"], json!(found.count(meshglot_translator::diagnostic::Severity::Error)));
    assert_eq!(get(&view, "/capabilities.json").await.json(), document(&Capabilities::of(meshglot_registry::all())));
}

#[tokio::test]
async fn every_cell_leads_to_a_trace_that_says_the_same() {
    let view = view(&example("zero-trust"));
    let page = get(&view, "/access").await.text;
    let cells: Vec<&str> = page.split("<td role=\"gridcell\"").skip(1).collect();
    for cell in &cells {
        let link = cell.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a link").replace("&#38;", "&");
        let data = get(&view, &link.replace("/access/explain?", "/access/explain.json?")).await.json();
        let allowed = !cell.starts_with(" class=\"none");
        assert_eq!(data["neutral"]["verdict"] == "allow", allowed, "{link}: {data}");
    }
    assert_eq!(cells.len(), 6 * 3);
}

#[tokio::test]
async fn a_large_policy_is_counted_by_namespace() {
    let service = |n: usize| {
        let name = format!("app-{n:02}");
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: team-{}}}\nspec:\n  selector: {{app: {name}}}\n  ports: [{{port: 80}}]\n---\n\
             apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: team-{}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  \
             template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: {{serviceAccountName: {name}, containers: [{{name: app, image: x, ports: [{{containerPort: 80}}]}}]}}\n",
            n % 2,
            n % 2
        )
    };
    let target = "---\napiVersion: access.smi-spec.io/v1alpha4\nkind: TrafficTarget\nmetadata: {name: one, namespace: team-0}\nspec:\n  destination: {kind: ServiceAccount, name: app-00, namespace: team-0}\n  \
                  sources: [{kind: ServiceAccount, name: app-01, namespace: team-1}]\n  rules: [{kind: TCPRoute, name: any}]\n---\napiVersion: specs.smi-spec.io/v1alpha4\nkind: TCPRoute\nmetadata: {name: any, namespace: team-0}\nspec: {}\n";
    let text: String = (0..80).map(service).collect::<Vec<_>>().join("---\n") + target;
    let view = view(&text);
    let page = get(&view, "/access").await.text;
    assert!(page.contains("80 ports are too many for one table"), "{page}");
    // 39 of 40 ports of team-0 are open to all 40 accounts of each namespace; one lets in one account of team-1.
    assert!(page.contains(">1560 of 1600") && page.contains(">1561 of 1600"), "{page}");
    assert_eq!(get(&view, "/access?ns=team-0").await.text.matches("role=\"columnheader\"").count(), 41);
}

#[tokio::test]
async fn a_page_of_the_matrix_has_no_more_rows_than_can_be_read() {
    // 70 accounts of which each has a rule of its own, so that none is like anyone else.
    let account = |n: usize| format!("{{kind: ServiceAccount, name: caller-{n:02}, namespace: shop}}");
    let sources: Vec<String> = (0..70).map(account).collect();
    let text = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: shop}}\nspec:\n  selector: {{app: web}}\n  ports: [{{port: 80}}]\n---\n\
         apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  \
         template:\n    metadata: {{labels: {{app: web}}}}\n    spec: {{serviceAccountName: web, containers: [{{name: app, image: x, ports: [{{containerPort: 80}}]}}]}}\n---\n\
         apiVersion: access.smi-spec.io/v1alpha4\nkind: TrafficTarget\nmetadata: {{name: callers, namespace: shop}}\nspec:\n  \
         destination: {{kind: ServiceAccount, name: web, namespace: shop}}\n  sources: [{}]\n  rules: [{{kind: TCPRoute, name: any}}]\n---\n\
         apiVersion: specs.smi-spec.io/v1alpha4\nkind: TCPRoute\nmetadata: {{name: any, namespace: shop}}\nspec: {{}}\n",
        sources.join(", ")
    );
    let view = view(&text);
    let rows = |page: &str| -> Vec<String> {
        page.split("role=\"rowheader\">").skip(1).filter_map(|rest| rest.split('<').next()).map(str::to_owned).collect()
    };
    let (first, second) = (get(&view, "/access").await.text, get(&view, "/access?page=2").await.text);
    assert!(first.contains("60 of 72 callers by 1 port; 1 further account is") && first.contains("href=\"/access?page=2\""), "{first}");
    let mut shown = [rows(&first), rows(&second)].concat();
    let answer = get(&view, "/access.json").await.json();
    assert_eq!(
        (shown.len(), answer["callers"].as_array().map(Vec::len)),
        (72, Some(73)),
        "data has the one of them too that is like anyone else"
    );
    shown.sort();
    shown.dedup();
    assert_eq!(shown.len(), 72, "each caller stands on one page");
}
