//! A webhook in pods: installed by one flag, and nothing else is set up by anybody.

use serde_json::Value;

use super::site::Site;

const NAMESPACE: [&str; 2] = ["-n", "meshglot-system"];

/// Routes whose second expression no mesh reads, where that is wanted; the schema cannot see it.
fn routes(expression: &str) -> String {
    format!(
        "apiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\nmetadata: {{name: api, namespace: default}}\n\
         spec: {{matches: [{{name: all, pathRegex: \"{expression}\"}}]}}\n"
    )
}

#[test]
fn what_is_wrong_is_denied_with_no_other_set_up() {
    let Some(site) = Site::with_istio() else { return };
    let installed = site.meshglot(&["install", "--backend", "istio", "--webhook"]);
    site.apply(&installed);
    let rolled_out =
        || site.kubectl(&[&NAMESPACE[..], &["rollout", "status", "deployment/meshglot-controller", "--timeout=120s"]].concat());
    rolled_out();
    let is_denied = || {
        let why = site.refused(&["apply", "--server-side", "--dry-run=server", "-f", "-"], &routes("/api("));
        why.is_some_and(|why| why.contains("admission webhook \"policy.meshglot.dev\" denied the request: MG0009"))
    };
    site.until("the API server asks us", is_denied);
    site.apply(&routes("/api/.*"));

    // As it is installed again nothing is taken away, and an upgrade keeps it.
    site.apply(&installed);
    assert!(is_denied(), "it is installed again");
    let upgraded = site.meshglot(&["upgrade", "--image", "meshglot:0.1.0", "-o", "json"]);
    let upgraded: Value = serde_json::from_str(&upgraded).expect("JSON");
    let has = |kind: &str| upgraded["items"].as_array().expect("a list").iter().any(|one| one["kind"] == kind);
    assert!(has("ValidatingWebhookConfiguration") && !has("Secret"));
    site.apply(&upgraded.to_string());
    rolled_out();
    assert!(is_denied(), "it is upgraded");

    // It goes first, so that nobody waits for whoever has gone.
    let gone = site.meshglot(&["uninstall", "--backend", "istio", "--webhook", "-q"]);
    assert!(gone.find("kind: ValidatingWebhookConfiguration") < gone.find("kind: Deployment"), "{gone}");
    let file = site.folder.path().join("gone.yaml");
    std::fs::write(&file, gone).expect("written");
    site.kubectl(&["delete", "-f", &file.display().to_string()]);
    assert_eq!(site.refused(&["apply", "--server-side", "--dry-run=server", "-f", "-"], &routes("/api(")), None);
    let left = site.kubectl(&["get", "secrets,clusterroles,validatingwebhookconfigurations", "-A", "-o", "name"]);
    assert!(!left.contains("meshglot"), "{left}");
}
