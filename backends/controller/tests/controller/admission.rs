//! Reviews that a real API server asks for over HTTPS, and what clients of it get to see.

use std::sync::Arc;

use http::Request;
use http_body_util::BodyExt as _;
use kube::client::Body;
use meshglot_apiserver::{crds, installed};
use meshglot_controller::{Desk, Reviewers, Settings, serve_reviews};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::cluster::{Cluster, settings, split, until, with};

/// An authority for 127.0.0.1 as the API server is given it, and what it has signed.
fn certificate() -> (String, Arc<ServerConfig>) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let names = CertificateParams::new(["127.0.0.1".to_owned()]).expect("an address");
    let own = names.signed_by(&key, &authority).expect("a certificate");
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    (authority.pem(), Arc::new(builder.with_single_cert(vec![own.der().clone()], key).expect("a pair")))
}

/// The API server asks `port` about all policy, and trusts these authorities. Base64 is what JSON has for `[]byte`.
fn configuration(port: u16, bundle: &str) -> Value {
    let bundle = k8s_openapi::ByteString(bundle.as_bytes().to_vec());
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "meshglot"},
        "webhooks": [{
            "name": "policy.meshglot.dev", "admissionReviewVersions": ["v1"], "sideEffects": "None", "timeoutSeconds": 5,
            "failurePolicy": "Fail", "matchPolicy": "Equivalent",
            "clientConfig": {"url": format!("https://127.0.0.1:{port}/validate"), "caBundle": bundle},
            "rules": [{"apiGroups": ["split.smi-spec.io"], "apiVersions": ["*"], "resources": ["trafficsplits"],
                "operations": ["CREATE", "UPDATE"]}],
        }],
    })
}

/// Tries to create a split of a version, without keeping it: the status, the `Warning` headers and the message.
async fn try_out(cluster: &Cluster, split: &Value) -> (u16, Vec<String>, String) {
    let version = split["apiVersion"].as_str().expect("a version");
    let path = format!("/apis/{version}/namespaces/shop/trafficsplits?dryRun=All");
    let request = Request::post(path).header("content-type", "application/json").body(Body::from(split.to_string().into_bytes()));
    let answer = cluster.client.send(request.expect("a request")).await.expect("an answer");
    let status = answer.status().as_u16();
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let warnings = answer.headers().get_all("warning").iter().map(text).collect();
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    (status, warnings, body["message"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_see_what_is_wrong_and_what_is_missing_through_the_api_server() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let client = cluster.server.access().client_that_asks_once(cluster.server.admin()).await.expect("a client");
    let desk = Desk::default();
    let settings = Settings { desk: desk.clone(), ..settings("istio") };
    let metrics = settings.signs.metrics.clone();
    let running = with(client, settings);
    until("it knows the cluster", async || desk.texts().await.is_some_and(|texts| texts.is_complete)).await;

    let (first, config) = certificate();
    let (configs, newest) = watch::channel(Some(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let serving = tokio::spawn(serve_reviews(
        listener,
        newest,
        Reviewers { desk, inject: None, metrics: metrics.clone(), leaves: Default::default() },
    ));
    cluster.apply(&configuration(port, &first)).await;

    let mut wrong = split("web", [1, 1]);
    wrong["spec"]["backends"][0]["service"] = "Web_1".into();
    let denied = async || {
        let (status, _, why) = try_out(&cluster, &wrong).await;
        (status == 422 && why.contains("admission webhook \"policy.meshglot.dev\" denied the request: MG0010 ")).then_some(why)
    };
    until("the API server asks us", async || denied().await.is_some()).await;
    let why = denied().await.expect("it was so");
    assert!(why.contains(".spec.backends[0].service: "), "{why}");

    for version in ["v1alpha2", "v1alpha3", "v1alpha4"] {
        let mut lost = split("web", [1, 1]);
        lost["apiVersion"] = format!("split.smi-spec.io/{version}").into();
        lost["spec"]["backends"][0]["service"] = "nobody".into();
        let (status, warnings, why) = try_out(&cluster, &lost).await;
        assert_eq!(status, 201, "{version}: {why}");
        assert!(warnings.iter().any(|one| one.starts_with("299 - \"MG0101 .spec.backends[0].service: ")), "{version}: {warnings:?}");
    }
    assert_eq!(try_out(&cluster, &split("web", [1, 1])).await, (201, Vec::new(), String::new()));

    // Both authorities are trusted before anything is served by the other one: no request fails meanwhile.
    let (second, config) = certificate();
    let passes = async || {
        let (status, _, why) = try_out(&cluster, &split("web", [1, 1])).await;
        assert_eq!(status, 201, "{why}");
    };
    cluster.apply(&configuration(port, &format!("{first}{second}"))).await;
    passes().await;
    configs.send_replace(Some(config));
    passes().await;
    // It is served by the other one indeed: who trusts the first alone does not reach it. A connection that is there goes on, and the
    // API server keeps one for each bundle: another text of the same makes it connect.
    let status = async || try_out(&cluster, &split("web", [1, 1])).await.0;
    cluster.apply(&configuration(port, &format!("{first}{first}"))).await;
    until("the first authority is not enough any more", async || status().await == 500).await;
    cluster.apply(&configuration(port, &second)).await;
    until("the other authority is enough", async || status().await == 201).await;
    let counted = metrics.text().expect("a text");
    for verdict in ["allowed", "warned", "denied"] {
        assert!(counted.contains(&format!("meshglot_admission_reviews_total{{verdict=\"{verdict}\"}} ")), "{verdict}: {counted}");
    }
    serving.abort();
    running.end().await;
}
