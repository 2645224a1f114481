//! A webhook that keeps its own certificate, on a real API server, beside others who apply its configuration.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::{Duration, SystemTime};

use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use meshglot_apiserver::{User, crds, installed};
use meshglot_controller::{Desk, Election, OwnCertificate, Reviewers, Settings, serve_reviews, webhook_roles};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use crate::cluster::{Cluster, Running, settings, until, with};
use crate::leaders::BRIEF;

const DAY: i64 = 24 * 3600;

/// A clock that is ahead of this machine's by so many seconds.
#[derive(Clone, Debug, Default)]
struct Ahead(Arc<AtomicI64>);

impl Ahead {
    fn by(&self, days: i64) {
        self.0.store(days * DAY, SeqCst);
    }

    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc() + time::Duration::seconds(self.0.load(SeqCst))
    }
}

impl TimeProvider for Ahead {
    fn current_time(&self) -> Option<UnixTime> {
        let since = SystemTime::from(self.now()).duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(UnixTime::since_unix_epoch(since))
    }
}

/// A controller with a webhook, and where that listens.
struct Hooked {
    running: Running,
    port: u16,
    _serving: JoinSet<()>,
}

pub(crate) fn secret() -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "meshglot-webhook", "namespace": "shop"}})
}

/// As people keep it: without any `caBundle`. It is asked about nothing that is there.
pub(crate) fn configuration(annotations: &Value) -> Value {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "meshglot", "annotations": annotations},
        "webhooks": [{
            "name": "policy.meshglot.dev", "admissionReviewVersions": ["v1"], "sideEffects": "None", "timeoutSeconds": 5,
            "failurePolicy": "Ignore", "matchPolicy": "Equivalent",
            "clientConfig": {"service": {"name": "meshglot-webhook", "namespace": "shop", "path": "/validate", "port": 443}},
            "rules": [{"apiGroups": ["none.example"], "apiVersions": ["*"], "resources": ["*"], "operations": ["CREATE"]}],
        }],
    })
}

struct Site {
    cluster: Cluster,
    account: User,
    ahead: Ahead,
    secrets: Api<Secret>,
    configurations: Api<ValidatingWebhookConfiguration>,
}

impl Site {
    async fn new() -> Self {
        let cluster = Cluster::new(&["istio"]).await;
        for role in webhook_roles("meshglot-controller", "shop", false) {
            cluster.apply(&role).await;
        }
        let account = cluster.account(&["istio"]).await;
        let (secrets, configurations) = (Api::namespaced(cluster.client.clone(), "shop"), Api::all(cluster.client.clone()));
        Self { cluster, account, ahead: Ahead::default(), secrets, configurations }
    }

    /// A controller; without a name it leads whoever else does.
    async fn controller(&self, identity: Option<&str>) -> Hooked {
        let ahead = self.ahead.clone();
        let own = OwnCertificate::by("shop", Arc::new(move || ahead.now()));
        let election = identity.map(|name| Election { namespace: "shop".to_owned(), identity: name.to_owned(), duration: BRIEF });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let desk = Desk::default();
        let mut serving = JoinSet::new();
        let client = self.cluster.server.access().client_that_asks_once(&self.account).await.expect("a client");
        let newest = own.newest();
        let settings = Settings { desk: desk.clone(), election, webhook: Some(own), ..settings("istio") };
        serving.spawn(serve_reviews(
            listener,
            newest,
            Reviewers { desk, inject: None, metrics: settings.signs.metrics.clone(), leaves: Default::default() },
        ));
        let running = with(client, settings);
        Hooked { running, port, _serving: serving }
    }

    async fn field(&self, name: &str) -> Option<Vec<u8>> {
        let secret = self.secrets.get_opt("meshglot-webhook").await.expect("an answer")?;
        secret.data?.remove(name).map(|field| field.0).filter(|field| !field.is_empty())
    }

    /// Whom API servers trust.
    async fn bundle(&self) -> Option<Vec<u8>> {
        let found = self.configurations.get_opt("meshglot").await.expect("an answer")?;
        found.webhooks?.remove(0).client_config.ca_bundle.map(|bundle| bundle.0)
    }

    /// The versions of both objects.
    async fn versions(&self) -> [Option<String>; 2] {
        let [secret, configuration] = [
            self.secrets.get("meshglot-webhook").await.expect("one").resource_version(),
            self.configurations.get("meshglot").await.expect("one").resource_version(),
        ];
        [secret, configuration]
    }

    /// What a webhook serves, where somebody who trusts a bundle would talk to it as the Service that it is.
    async fn served(&self, port: u16, bundle: &[u8]) -> Option<Vec<u8>> {
        let mut roots = RootCertStore::empty();
        for one in CertificateDer::pem_slice_iter(bundle) {
            roots.add(one.expect("a certificate")).expect("an authority");
        }
        let builder = ClientConfig::builder_with_details(Arc::new(ring::default_provider()), Arc::new(self.ahead.clone()));
        let builder = builder.with_safe_default_protocol_versions().expect("versions");
        let connector = TlsConnector::from(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()));
        let stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        let name = ServerName::try_from("meshglot-webhook.shop.svc").expect("a name");
        let stream = connector.connect(name, stream).await.ok()?;
        stream.get_ref().1.peer_certificates()?.first().map(|one| one.to_vec())
    }

    /// Whether all of these serve what is in the Secret, and the API server trusts it.
    async fn agree(&self, all: &[&Hooked]) -> bool {
        let (Some(leaf), Some(bundle), Some(trusted)) = (self.field("tls.crt").await, self.field("ca.crt").await, self.bundle().await)
        else {
            return false;
        };
        let leaf = CertificateDer::from_pem_slice(&leaf).map(|leaf| leaf.to_vec()).ok();
        for one in all {
            if leaf.is_none() || self.served(one.port, &trusted).await != leaf {
                return false;
            }
        }
        bundle == trusted
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_replicas_serve_what_is_trusted_whoever_leads_and_whoever_applies() {
    if !installed() || crds().is_none() {
        return;
    }
    let site = Site::new().await;
    let first = site.controller(Some("first")).await;
    first.running.tells("webhook: the certificate in shop/meshglot-webhook is made").await;
    let second = site.controller(Some("second")).await;
    second.running.tells("standing by: first").await;

    // A configuration that comes later, of whoever comes again and again with all of it but caBundle: nobody takes from the other.
    let theirs = configuration(&json!({}));
    let apply = async || {
        // Without force: a conflict would be one.
        site.configurations.patch("meshglot", &PatchParams::apply("argocd"), &Patch::Apply(&theirs)).await.expect("no conflict");
    };
    apply().await;
    let both = [&first, &second];
    until("both serve what is trusted", async || site.agree(&both).await).await;
    // The API server lists managers by the second in which each has applied: theirs comes behind ours once, and nothing else changes.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    apply().await;
    let rest = site.versions().await;
    let patches = |one: &Hooked| {
        let text = one.running.signs.metrics.text().expect("a text");
        text.lines()
            .filter(|line| line.starts_with("meshglot_api_requests_total") && line.contains("\"patch\""))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let before = both.map(patches);
    assert!(!before[0].is_empty(), "patches are counted");
    for _ in 0..8 {
        apply().await;
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    assert_eq!((site.versions().await, both.map(patches)), (rest.clone(), before), "something is written at rest");
    let found = site.configurations.get("meshglot").await.expect("one");
    let owned = found.managed_fields().iter().find(|one| one.manager.as_deref() == Some("meshglot-webhook")).expect("we have written");
    let fields =
        json!({"f:webhooks": {"k:{\"name\":\"policy.meshglot.dev\"}": {".": {}, "f:clientConfig": {"f:caBundle": {}}, "f:name": {}}}});
    assert_eq!(owned.fields_v1.as_ref().map(|fields| fields.0.clone()), Some(fields), "that and nothing else is ours");

    // A webhook that they take out stays, of what is ours alone that would be none: the API server refuses it, and changes nothing.
    let mut without = theirs.clone();
    without["webhooks"] = json!([]);
    let refused = site.configurations.patch("meshglot", &PatchParams::apply("argocd"), &Patch::Apply(&without)).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("webhooks[0]")), "it is taken out");
    assert_eq!(site.versions().await, rest);

    // Two months later; and after more than a year, when the authority is late, too.
    let old = site.field("tls.crt").await;
    let ends = |one: &Hooked| {
        let text = one.running.signs.metrics.text().expect("a text");
        let at =
            text.lines().find_map(|line| line.strip_prefix("meshglot_webhook_certificate_expiry_timestamp_seconds ")?.parse::<i64>().ok());
        at.map(|at| (at - OffsetDateTime::now_utc().unix_timestamp() + DAY / 2) / DAY)
    };
    assert_eq!(both.map(ends), [Some(90); 2], "days");
    site.ahead.by(61);
    first.running.tells("is renewed").await;
    until("both serve the new one", async || site.field("tls.crt").await != old && site.agree(&both).await).await;
    assert_eq!(both.map(ends), [Some(151); 2], "days");
    site.ahead.by(500);
    first.running.tells("by a new authority").await;
    until("both authorities are trusted", async || {
        let bundle = site.bundle().await.unwrap_or_default();
        String::from_utf8_lossy(&bundle).matches("BEGIN").count() == 2 && site.agree(&both).await
    })
    .await;

    // The next one to lead goes on, and mends what somebody has broken.
    let versions = site.versions().await;
    first.running.end().await;
    until("the other one leads", async || second.running.told().iter().any(|line| line.starts_with("in force"))).await;
    assert_eq!(site.versions().await, versions, "nothing is wrong, and something is written");
    site.cluster.edit(&secret(), &json!({"data": {"tls.key": ""}})).await;
    second.running.tells("is made anew: ").await;
    until("it serves again", async || site.agree(&[&second]).await).await;
    site.cluster.delete(&secret()).await;
    until("it is made again", async || site.field("tls.crt").await.is_some()).await;
    until("it serves the next one", async || site.agree(&[&second]).await).await;

    // A configuration that goes is not made again, and one that comes is taken up.
    site.cluster.delete(&theirs).await;
    site.ahead.by(562);
    second.running.tells("is renewed").await;
    assert_eq!(site.bundle().await, None);
    apply().await;
    until("it is trusted again", async || site.agree(&[&second]).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_lead_at_once_agree_on_one_certificate() {
    if !installed() || crds().is_none() {
        return;
    }
    let site = Site::new().await;
    site.cluster.apply(&configuration(&json!({}))).await;
    // Somebody has made it for us, so that we need not create any.
    let mut empty = secret();
    empty["type"] = "Opaque".into();
    site.cluster.apply(&empty).await;
    let (first, second) = tokio::join!(site.controller(None), site.controller(None));
    until("both serve what is trusted", async || site.agree(&[&first, &second]).await).await;
    for days in [61, 122] {
        let old = site.field("tls.crt").await;
        site.ahead.by(days);
        until("both serve the next one", async || site.field("tls.crt").await != old && site.agree(&[&first, &second]).await).await;
    }
    let rest = site.versions().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(site.versions().await, rest);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_keeps_is_served_and_never_written() {
    if !installed() || crds().is_none() {
        return;
    }
    let site = Site::new().await;
    let key = rcgen::KeyPair::generate().expect("a key");
    let own = rcgen::CertificateParams::new(["meshglot-webhook.shop.svc".to_owned()]).expect("a name").self_signed(&key).expect("one");
    let mut theirs = secret();
    theirs["type"] = "kubernetes.io/tls".into();
    let bytes = |text: String| json!(ByteString(text.into_bytes()));
    theirs["data"] = json!({"tls.crt": bytes(own.pem()), "tls.key": bytes(key.serialize_pem())});
    site.cluster.apply(&theirs).await;
    site.cluster.apply(&configuration(&json!({"cert-manager.io/inject-ca-from": "shop/meshglot-webhook"}))).await;
    let rest = site.versions().await;

    let one = site.controller(None).await;
    one.running.tells("somebody else keeps it").await;
    until("it is served", async || site.served(one.port, own.pem().as_bytes()).await == Some(own.der().to_vec())).await;
    // Where it is taken away we make our own, and whom cert-manager names stays with cert-manager.
    assert_eq!(site.versions().await, rest);
    site.cluster.delete(&secret()).await;
    one.running.tells("shop/meshglot-webhook is made").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((site.bundle().await, site.versions().await[1].clone()), (None, rest[1].clone()));
}
