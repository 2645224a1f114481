//! A cluster with our images, and a control plane beside it that reads a folder and trusts the cluster's tokens.

use std::io::{BufRead as _, BufReader};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use meshglot::capture;
use meshglot_apiserver::peer;
use serde_json::Value;

use super::site::Site;

/// Lets the teller read the ledger's health.
pub(super) const POLICY: &str = "\
{apiVersion: access.smi-spec.io/v1alpha4, kind: TrafficTarget, metadata: {name: ledger, namespace: bank},
 spec: {destination: {kind: ServiceAccount, name: ledger}, sources: [{kind: ServiceAccount, name: teller}],
  rules: [{kind: HTTPRouteGroup, name: ledger}]}}
---
{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {name: ledger, namespace: bank},
 spec: {matches: [{name: read, methods: [GET], pathRegex: /health}]}}
";

pub(super) struct MeshedSite {
    site: Site,
    plane: Child,
    /// Where pods find it.
    address: String,
    roots: PathBuf,
}

impl Drop for MeshedSite {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.plane.kill();
        let _ = self.plane.wait();
    }
}

impl std::ops::Deref for MeshedSite {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl MeshedSite {
    /// `None`: there can be no cluster here.
    pub(super) fn up() -> Option<Self> {
        let (site, address) = with_images()?;
        let folder = site.folder.path();
        let (config, roots) = (folder.join("mesh"), folder.join("roots.pem"));
        std::fs::create_dir(&config).expect("a folder");
        std::fs::write(config.join("services.yaml"), services(&site, ["192.0.2.1".to_owned(), "192.0.2.2".to_owned()], ""))
            .expect("written");
        let log = std::fs::File::create(folder.join("plane.log")).expect("a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
        command.args(["run", "--kubernetes-tokens", "--listen", &address, "--config-dir"]).arg(&config).env("KUBECONFIG", &site.kubeconfig);
        let plane = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("it starts");
        let told = Self { site, plane, address, roots };
        told.until("the control plane answers", || told.invitation().is_some());
        let invitation = told.invitation().expect("it answers");
        std::fs::write(&told.roots, invitation["roots"].as_str().expect("roots")).expect("written");
        // Nobody is known until somebody says who is where.
        std::fs::write(told.config().join("services.yaml"), services(&told, ["192.0.2.1".to_owned(), "192.0.2.2".to_owned()], "other-"))
            .expect("written");
        Some(told)
    }

    /// With a controller that is the control plane, and reads the cluster.
    pub(super) fn of_cluster() -> Option<Self> {
        let (site, address) = with_images()?;
        site.apply(&capture(&["crds"], b"").stdout);
        let log = std::fs::File::create(site.folder.path().join("controller.log")).expect("a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
        command.args(["controller", "--backend", "builtin", "--leader-elect=false", "--xds-address", &address]);
        command.env("KUBECONFIG", &site.kubeconfig).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut plane = command.spawn().expect("it starts");
        let mut lines = BufReader::new(plane.stdout.take().expect("a stream")).lines().map(|line| line.expect("a line"));
        let metrics = lines.find_map(|line| Some(line.strip_prefix("metrics")?.trim().to_owned())).expect("it says where it answers");
        let roots = site.folder.path().join("roots.pem");
        let told = Self { site, plane, address, roots };
        let asked = Command::new("curl").args(["-sf", &metrics.replace("/metrics", "/roots")]).output().expect("curl");
        assert!(asked.status.success() && asked.stdout.starts_with(b"-----BEGIN CERTIFICATE"), "{asked:?}");
        std::fs::write(&told.roots, asked.stdout).expect("written");
        Some(told)
    }

    fn invitation(&self) -> Option<Value> {
        let config = self.config();
        let said = capture(&["proxy", "token", "bank/teller", "--config-dir", config.to_str().expect("a path")], b"");
        serde_json::from_str(&said.stdout).ok()
    }

    pub(super) fn config(&self) -> PathBuf {
        self.site.folder.path().join("mesh")
    }

    /// Manifests with sidecars.
    pub(super) fn injected(&self, manifests: &str) -> String {
        let roots = self.roots.to_str().expect("a path");
        let words = ["inject", "-f", "-", "--control-plane", &self.address, "--roots", roots];
        let said = capture(
            &[&words[..], &["--image", "meshglot:test", "--capture-image", "meshglot-capture:test"]].concat(),
            manifests.as_bytes(),
        );
        assert_eq!(said.exit, 0, "{}", said.stderr);
        said.stdout
    }

    /// The address of a pod, as soon as it has one.
    pub(super) fn address(&self, app: &str) -> String {
        self.kubectl(&["-n", "bank", "get", "pods", "-l", &format!("app={app}"), "-o", "jsonpath={.items[*].status.podIP}"])
    }

    /// Tells the mesh where the pods are, and a policy.
    pub(super) fn know(&self, policy: &str) {
        let addresses = ["ledger", "teller"].map(|name| self.address(name));
        std::fs::write(self.config().join("policy.yaml"), policy).expect("written");
        std::fs::write(self.config().join("services.yaml"), services(self, addresses, "")).expect("written");
    }
}

/// A cluster with our images, and where pods find a control plane on the host.
pub(super) fn with_images() -> Option<(Site, String)> {
    let site = Site::bare()?;
    site.images("test");
    let tools = ["/usr/bin/curl", "/usr/bin/sleep"].map(Path::new);
    site.node.image_with("localhost/tools:1", tools[1], &tools).expect("an image");
    site.node.image("localhost/etcd:1", &peer("etcd")?).expect("an image");

    let path = "jsonpath={.items[0].status.addresses[?(@.type==\"InternalIP\")].address}";
    let node: Ipv4Addr = site.kubectl(&["get", "nodes", "-o", path]).parse().expect("an address");
    // The node's other end is the host's.
    let [a, b, c, _] = node.octets();
    Some((site, format!("{a}.{b}.{c}.1:15010")))
}

/// What the folder says of the cluster.
fn services(site: &Site, [ledger, teller]: [String; 2], other: &str) -> String {
    let workload = |name: &str, account: &str, address: &str| {
        format!(
            "---\n{{apiVersion: meshglot.dev/v1alpha1, kind: Workload, metadata: {{name: {other}{name}, namespace: bank, labels: {{app: {name}}}}},\n \
             spec: {{serviceAccountName: {other}{account}, address: {address}, ports: [{{name: web, port: 8080}}]}}}}\n"
        )
    };
    format!(
        "{{apiVersion: v1, kind: Service, metadata: {{name: ledger, namespace: bank}},\n spec: {{clusterIP: {}, selector: {{app: ledger}}, \
         ports: [{{name: http, port: 80, targetPort: web}}]}}}}\n{}",
        cluster_ip(site),
        [workload("ledger", "ledger", &ledger), workload("teller", "teller", &teller), workload("once", "teller", "192.0.2.3")].concat()
    )
}

/// The address of the ledger's Service: of the same network as the API server's.
fn cluster_ip(site: &Site) -> String {
    let api: Ipv4Addr = site.kubectl(&["get", "service", "kubernetes", "-o", "jsonpath={.spec.clusterIP}"]).parse().expect("an address");
    let [a, b, ..] = api.octets();
    format!("{a}.{b}.0.77")
}

/// Two applications with sidecars, one without, and one on the network of its node.
pub(super) fn applications(site: &MeshedSite) -> String {
    let head = format!(
        "{{apiVersion: v1, kind: Namespace, metadata: {{name: bank}}}}\n---\n\
         {{apiVersion: v1, kind: ServiceAccount, metadata: {{name: ledger, namespace: bank}}}}\n---\n\
         {{apiVersion: v1, kind: ServiceAccount, metadata: {{name: teller, namespace: bank}}}}\n---\n\
         {{apiVersion: v1, kind: Service, metadata: {{name: ledger, namespace: bank}},\n spec: {{clusterIP: {}, selector: {{app: ledger}}, \
         ports: [{{name: http, port: 80, targetPort: web}}]}}}}\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: ledger, namespace: bank}}\ndata:\n  Corefile: |\n    .:5353 {{\n      errors\n      health :8080\n      \
         ready :8181\n    }}\n",
        cluster_ip(site)
    );
    let ledger = "image: localhost/coredns:1\n        args: [-conf, /settings/Corefile]\n        \
                  ports: [{name: web, containerPort: 8080}]\n        readinessProbe: {httpGet: {path: /health, port: web}, periodSeconds: 1}\n        \
                  livenessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}\n        volumeMounts: [{name: settings, mountPath: /settings}]\n      \
                  - name: store\n        image: localhost/etcd:1\n        args: [--data-dir=/data, '--listen-client-urls=http://0.0.0.0:2379', \
                  '--advertise-client-urls=http://127.0.0.1:2379']\n        ports: [{name: store, containerPort: 2379}]\n        \
                  readinessProbe: {grpc: {port: 2379}, periodSeconds: 1}\n        \
                  lifecycle: {preStop: {httpGet: {path: /health, port: store}}}\n      \
                  volumes: [{name: settings, configMap: {name: ledger}}]";
    let tools = "image: localhost/tools:1\n        command: [/usr/bin/sleep, '86400']";
    // Nobody serves the port that its hook asks.
    let teller = format!("{tools}\n        lifecycle: {{preStop: {{httpGet: {{port: 9}}}}}}");
    let all = [
        deployment("ledger", "ledger", "annotations: {meshglot.dev/exclude-inbound-ports: '8181'}", "", ledger),
        deployment("teller", "teller", "", "", &teller),
        deployment("plain", "teller", "annotations: {meshglot.dev/inject: disabled}", "", tools),
        deployment("node", "default", "", "hostNetwork: true", tools),
    ];
    site.injected(&format!("{head}{}", all.concat()))
}

fn deployment(name: &str, account: &str, metadata: &str, spec: &str, container: &str) -> String {
    let metadata = if metadata.is_empty() { String::new() } else { format!(", {metadata}") };
    let spec = if spec.is_empty() { String::new() } else { format!("      {spec}\n") };
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: bank}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  \
         template:\n    metadata: {{labels: {{app: {name}}}{metadata}}}\n    spec:\n      serviceAccountName: {account}\n      \
         terminationGracePeriodSeconds: 1\n{spec}      containers:\n      - name: main\n        {container}\n"
    )
}
