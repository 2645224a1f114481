//! Who may do what.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::ListParams;
use meshglot_apiserver::{ApiServer, Settings, User, installed, shared};
use serde_json::json;

use crate::objects::{apply, code, config_map, namespace};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_may_do_what_a_role_says() {
    if !installed() {
        return;
    }
    let server = shared().await.expect("a server");
    let admin = server.client().await.expect("a client");
    namespace(&admin, "accounts").await;
    let account = server.service_account("accounts", "reader").await.expect("an account");
    let own: Api<ConfigMap> = Api::namespaced(server.access().client(&account).await.expect("a client"), "accounts");
    assert_eq!(code(own.list(&ListParams::default()).await), 403, "no role yet");
    for object in [
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "reader", "namespace": "accounts"},
            "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]}]}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "reader", "namespace": "accounts"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
            "subjects": [{"kind": "ServiceAccount", "name": "reader", "namespace": "accounts"}]}),
    ] {
        apply(&admin, &object).await.expect("the API server takes it");
    }
    // The API server reads roles by watches of its own.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while own.list(&ListParams::default()).await.is_err() {
        assert!(std::time::Instant::now() < end, "the role is never obeyed");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let client = server.access().client(&account).await.expect("a client");
    assert_eq!(code(apply(&client, &config_map("accounts", "own", "x")).await), 403, "reading is all it may");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_users_are_who_they_say_and_a_wrong_token_is_nobody() {
    if !installed() {
        return;
    }
    let foreign = User::new("foreign-manager", &["system:masters"]);
    let guest = User::new("guest", &[]);
    let settings = Settings { users: vec![foreign.clone(), guest.clone()], ..Settings::default() };
    let server = ApiServer::start_with(settings).await.expect("a server");
    let admin = server.client().await.expect("a client");
    namespace(&admin, "users").await;
    apply(&admin, &config_map("users", "one", "ours")).await.expect("a config map");
    // Another manager does not take a field by the way: that is a conflict.
    let other = server.access().client(&foreign).await.expect("a client");
    let maps: Api<ConfigMap> = Api::namespaced(other, "users");
    let patch = kube::api::Patch::Apply(config_map("users", "one", "theirs"));
    assert_eq!(code(maps.patch("one", &kube::api::PatchParams::apply("foreign"), &patch).await), 409);
    let maps: Api<ConfigMap> = Api::namespaced(server.access().client(&guest).await.expect("a client"), "users");
    assert_eq!(code(maps.get("one").await), 403);
    let maps: Api<ConfigMap> =
        Api::namespaced(server.access().client(&User::new("stranger", &["system:masters"])).await.expect("a client"), "users");
    assert_eq!(code(maps.get("one").await), 401);
    // What a program of its own is given.
    let path = server.kubeconfig(&guest).expect("a file");
    let config = kube::config::Kubeconfig::read_from(path).expect("a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(config, &Default::default()).await.expect("a config");
    let maps: Api<ConfigMap> = Api::namespaced(kube::Client::try_from(config).expect("a client"), "users");
    assert_eq!(code(maps.get("one").await), 403);
}
