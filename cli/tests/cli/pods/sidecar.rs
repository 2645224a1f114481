//! Pods that people apply as they always did: the label of their namespace makes them members of the mesh.

use std::sync::atomic::{AtomicBool, Ordering};

use meshglot::capture;
use serde_json::Value;

use super::inject_site::POLICY;
use super::sidecar_site::{NAMESPACE, NAMESPACED, SERVER, TOOLS, rolled_out, up, workload};
use super::site::Site;

/// What curl says of a call out of a pod.
fn curl(site: &Site, from: &str, url: &str) -> String {
    let words = ["-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", url];
    site.try_kubectl(&[&["-n", "bank", "exec", from, "-c", "main", "--", "/usr/bin/curl"], &words[..]].concat())
}

/// The init containers of the first pod of an application.
fn init_containers(site: &Site, app: &str) -> Vec<String> {
    let pods = site.kubectl(&["-n", "bank", "get", "pods", "-l", &format!("app={app}"), "-o", "json"]);
    let pods: Value = serde_json::from_str(&pods).expect("JSON");
    let all = pods["items"][0]["spec"]["initContainers"].as_array().cloned().unwrap_or_default();
    all.iter().map(|one| one["name"].as_str().unwrap_or_default().to_owned()).collect()
}

/// What `meshglot check` says of sidecars and of what they trust.
fn checked(site: &Site) -> Vec<String> {
    let said = capture(&["check", "--kubeconfig", site.kubeconfig.to_str().expect("a path"), "-o", "json"], b"");
    let answer: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let all =
        answer["checks"].as_array().expect("a list").iter().filter(|one| one["category"] == "sidecars" || one["category"] == "authority");
    all.map(|one| format!("{} {}", one["level"].as_str().unwrap_or_default(), one["message"].as_str().unwrap_or_default())).collect()
}

#[test]
fn a_label_is_all_that_makes_pods_members_of_the_mesh() {
    let Some(site) = up() else { return };
    // One that is there before the label.
    let early = [workload(["Deployment", "teller", "teller"], "", "", TOOLS)].concat();
    site.apply(&NAMESPACED.replace("enabled", "later"));
    site.apply(&early);
    rolled_out(&site, &["-n", "bank"], "deployment/teller");
    site.apply(NAMESPACED);
    let told = checked(&site);
    assert!(told.len() == 3 && told[1].starts_with("warning 1 pod of namespaces with the label have no sidecar: bank/teller-"), "{told:?}");

    site.apply(
        &[
            workload(["Deployment", "ledger", "ledger"], "", "", SERVER),
            workload(["StatefulSet", "books", "ledger"], "", "", SERVER),
            workload(["Deployment", "plain", "teller"], ", meshglot.dev/inject: disabled", "", TOOLS),
            workload(["Deployment", "node", "default"], "", "      hostNetwork: true\n", TOOLS),
        ]
        .concat(),
    );
    site.kubectl(&["-n", "bank", "rollout", "restart", "deployment/teller"]);
    site.apply(POLICY);
    for name in ["deployment/teller", "deployment/ledger", "statefulset/books", "deployment/plain", "deployment/node"] {
        rolled_out(&site, &["-n", "bank"], name);
    }
    for (app, has) in [("ledger", true), ("books", true), ("plain", false), ("node", false)] {
        let want: &[&str] = if has { &["meshglot-capture", "meshglot-proxy"] } else { &[] };
        assert_eq!(init_containers(&site, app), want, "{app}");
    }
    site.until("all have theirs", || checked(&site).iter().all(|line| line.starts_with("ok ")));
    let told = checked(&site);
    assert_eq!(told[2], "ok all 3 are connected, and have what policy renders to");
    assert!(told.len() == 4 && told[3].starts_with("ok pods trust one root, the last until 20"), "{told:?}");

    // By names, which UDP finds; of a headless Service by that of a pod, too.
    for (service, port) in [("ledger", "80"), ("books-0.books", "8080")] {
        let url = |path: &str| format!("http://{service}.bank.svc.cluster.local:{port}/{path}");
        site.until(&format!("the teller reads {service}"), || curl(&site, "deploy/teller", &url("health")) == "200");
        site.until(&format!("a rule keeps {service}"), || curl(&site, "deploy/teller", &url("other")) == "403");
        assert_ne!(curl(&site, "deploy/plain", &url("health")), "200", "without a sidecar there is no identity: {service}");
    }

    // A Job ends, and so does one of a CronJob, by the name that the minute gives it.
    site.apply(JOBS);
    site.kubectl(&["-n", "bank", "wait", "--for=condition=complete", "job/once", "--timeout=120s"]);
    site.kubectl(&["-n", "bank", "create", "job", "always-29384250", "--from=cronjob/always"]);
    site.kubectl(&["-n", "bank", "wait", "--for=condition=complete", "job/always-29384250", "--timeout=120s"]);

    while_it_is_replaced(&site);
    without_an_answer(&site);

    // An upgrade keeps all of it.
    let upgraded = site.meshglot(&["upgrade", "--image", "meshglot:test", "--capture-image", "meshglot-capture:test"]);
    for has in ["kind: MutatingWebhookConfiguration", "mutatingwebhookconfigurations", "--inject-control-plane", "meshglot-capture:test"] {
        assert!(upgraded.contains(has), "{has}: {upgraded}");
    }
}

/// A Pod that asks for a sidecar, or does not.
fn one(namespace: &str, label: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: one, namespace: {namespace}, labels: {{meshglot.dev/inject: '{label}'}}}},\n \
         spec: {{containers: [{{name: main, image: localhost/tools:1}}]}}}}\n"
    )
}

/// While controllers are replaced by others one by one, pods are made as ever.
fn while_it_is_replaced(site: &Site) {
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            site.kubectl(&[&NAMESPACE[..], &["rollout", "restart", "deployment/meshglot-controller"]].concat());
            rolled_out(site, &NAMESPACE, "deployment/meshglot-controller");
            let gone = [&NAMESPACE[..], &["get", "pods", "-o", "name"]].concat();
            site.until("the one before has gone", || site.kubectl(&gone).lines().count() == 1);
            is_done.store(true, Ordering::SeqCst);
        });
        let many = (0..40).map(|_| one("bank", "enabled")).collect::<Vec<_>>().join("---\n");
        let mut asked = 0;
        while !is_done.load(Ordering::SeqCst) {
            assert_eq!(site.refused(&DRY, &many), None, "after {asked} pods");
            asked += 40;
        }
        assert!(asked >= 80, "{asked} pods were made");
    });
}

const DRY: [&str; 5] = ["apply", "--server-side", "--dry-run=server", "-f", "-"];

/// While no webhook answers, pods that ask for sidecars are refused, and nobody else waits.
fn without_an_answer(site: &Site) {
    assert_eq!(site.refused(&DRY, &one("bank", "enabled")), None);
    let mistaken = site.refused(&DRY, &one("bank", "yes")).expect("it is refused");
    let why = "admission webhook \"inject.meshglot.dev\" denied the request: the sidecar cannot be put into this pod: \
               `meshglot.dev/inject` is `enabled` or `disabled`, not `yes`";
    assert!(mistaken.contains(why), "{mistaken}");

    let scale =
        |replicas: &str| site.kubectl(&[&NAMESPACE[..], &["scale", "deployment/meshglot-controller", "--replicas", replicas]].concat());
    scale("0");
    let refused = || site.refused(&DRY, &one("bank", "enabled")).unwrap_or_default();
    site.until("nobody answers", || refused().contains("failed calling webhook \"inject.meshglot.dev\""));
    for (namespace, label) in [("bank", "disabled"), ("default", "enabled")] {
        assert_eq!(site.refused(&DRY, &one(namespace, label)), None, "{namespace} {label}");
    }
    // Pods of the control plane wait for nobody.
    scale("1");
    rolled_out(site, &NAMESPACE, "deployment/meshglot-controller");
    site.until("it answers again", || refused().is_empty());
}

const JOBS: &str = "\
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: bank}
spec:
  backoffLimit: 20
  template:
    spec:
      serviceAccountName: teller
      restartPolicy: Never
      containers:
      - {name: main, image: 'localhost/tools:1', command: [/usr/bin/curl, -sf, -m, '5', 'http://ledger/health']}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: always, namespace: bank}
spec:
  schedule: '* * * * *'
  suspend: true
  jobTemplate:
    spec:
      backoffLimit: 20
      template:
        spec:
          serviceAccountName: teller
          restartPolicy: Never
          containers:
          - {name: main, image: 'localhost/tools:1', command: [/usr/bin/curl, -sf, -m, '5', 'http://ledger/health']}
";
