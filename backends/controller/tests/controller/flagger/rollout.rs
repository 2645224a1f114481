//! One application that Flagger rolls out: its Deployment, its Canary, and what becomes of them.

use std::time::{Duration, Instant};

use kube::api::{ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::cluster::Cluster;

/// So long a tick of Flagger may take to be seen; then there is another one.
const TICK: Duration = Duration::from_secs(8);

/// Shares of the canary that Flagger goes through, in percent.
pub(super) const STEPS: [i64; 2] = [7, 50];

/// An application, and the version of TrafficSplit that Flagger speaks of it.
pub(super) struct Rollout {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
}

impl Rollout {
    /// `provider`: a mesh, behind `smi:VERSION:`.
    pub(super) async fn begin(&self, cluster: &Cluster, provider: &str) {
        cluster.apply(&self.deployment(1)).await;
        let metric = json!({"name": "request-success-rate", "thresholdRange": {"min": 99}, "interval": "1m"});
        let canary = json!({
            "apiVersion": "flagger.app/v1beta1", "kind": "Canary", "metadata": {"name": self.name, "namespace": "shop"},
            "spec": {
                "provider": format!("smi:{}:{provider}", self.version),
                "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": self.name},
                "service": {"port": 80, "targetPort": 8080},
                "analysis": {"interval": "600s", "threshold": 1, "stepWeights": STEPS, "metrics": [metric]},
            },
        });
        cluster.apply(&canary).await;
    }

    /// Another image, which Flagger brings into force step by step.
    pub(super) async fn edit(&self, cluster: &Cluster) {
        cluster.apply(&self.deployment(2)).await;
    }

    /// Lets Flagger take steps, one at a time, until the Canary is in this phase and the canary has this share.
    pub(super) async fn comes_to(&self, cluster: &Cluster, phase: &str, share: i64) {
        let is_there = async || {
            let canary = self.canary(cluster).await;
            let split = self.split(cluster).await;
            canary["status"]["phase"] == phase && split.is_some_and(|split| weights(&split, self.name) == [share, 100 - share])
        };
        for tick in 0.. {
            let before = self.canary(cluster).await["status"].clone();
            self.tick(cluster).await;
            let begin = Instant::now();
            while begin.elapsed() < TICK && self.canary(cluster).await["status"] == before {
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
            // Weights come before the status that tells of them, and the phase after it.
            tokio::time::sleep(Duration::from_millis(300)).await;
            if is_there().await {
                return;
            }
            let (canary, split) = (self.canary(cluster).await, self.split(cluster).await.unwrap_or_default());
            assert!(tick < 8, "{phase} {share} never came: {:#}, {:#}", canary["status"], split["spec"]);
        }
    }

    /// The TrafficSplit as Flagger reads it.
    pub(super) async fn split(&self, cluster: &Cluster) -> Option<Value> {
        cluster.get(&self.object(&format!("split.smi-spec.io/{}", self.version), "TrafficSplit")).await
    }

    /// The TrafficSplit as it is served last.
    pub(super) fn newest(&self) -> Value {
        self.object("split.smi-spec.io/v1alpha4", "TrafficSplit")
    }

    async fn canary(&self, cluster: &Cluster) -> Value {
        cluster.get(&self.object("flagger.app/v1beta1", "Canary")).await.expect("a Canary")
    }

    fn object(&self, api_version: &str, kind: &str) -> Value {
        json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": self.name, "namespace": "shop"}})
    }

    /// Flagger looks at a Canary at once when its interval is another one, and an interval has 10 s at least.
    async fn tick(&self, cluster: &Cluster) {
        let interval =
            self.canary(cluster).await["spec"]["analysis"]["interval"].as_str().map(|text| text.trim_end_matches('s').to_owned());
        let seconds = interval.and_then(|text| text.parse::<u32>().ok()).expect("an interval in seconds");
        let patch = json!({"spec": {"analysis": {"interval": format!("{}s", seconds + 1)}}});
        cluster.edit(&self.object("flagger.app/v1beta1", "Canary"), &patch).await;
    }

    fn deployment(&self, image: u32) -> Value {
        let labels = json!({"app": self.name});
        let container = json!({"name": "app", "image": format!("app:{image}"), "ports": [{"name": "http", "containerPort": 8080}]});
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": self.name, "namespace": "shop"},
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}},
        })
    }
}

/// Weights of canary and primary, exactly as they stand there: whole numbers, or quantities in the first version.
pub(super) fn weights(split: &Value, name: &str) -> [i64; 2] {
    let is_quantity = split["apiVersion"] == "split.smi-spec.io/v1alpha1";
    let of = |service: String| {
        let backends = split["spec"]["backends"].as_array().expect("backends");
        let weight = &backends.iter().find(|one| one["service"] == service).expect("a backend")["weight"];
        let text = weight.as_str().filter(|_| is_quantity).and_then(|text| text.parse().ok());
        text.or_else(|| weight.as_i64().filter(|_| !is_quantity)).unwrap_or_else(|| panic!("{weight} in {split:#}"))
    };
    [of(format!("{name}-canary")), of(format!("{name}-primary"))]
}

/// Does for all Deployments what their controllers would: all that is asked for is there. It goes on until it is dropped.
pub(super) async fn deploys(cluster: &Cluster) {
    let deployments = cluster.api("apps/v1", "Deployment", Some("shop")).await;
    loop {
        for one in deployments.list(&ListParams::default()).await.expect("a list") {
            let name = one.metadata.name.expect("a name");
            let replicas = one.data["spec"]["replicas"].clone();
            let status = json!({
                "observedGeneration": one.metadata.generation, "replicas": replicas, "updatedReplicas": replicas,
                "readyReplicas": replicas, "availableReplicas": replicas,
            });
            if one.data["status"]["observedGeneration"] != status["observedGeneration"] {
                let patched = deployments.patch_status(&name, &PatchParams::default(), &Patch::Merge(json!({"status": status}))).await;
                patched.expect("a status");
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
