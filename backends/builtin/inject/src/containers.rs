//! The two containers that a pod gets.

use serde_json::{Map, Value, json};

use crate::ports::Ports;
use crate::probes::Probe;
use crate::volumes::{JOIN, NAMES, STATE};
use crate::{CAPTURE, LOOK_PORT, METRICS_PORT, PROBES_PORT, PROXY, Settings, USER};

/// Annotations for the sidecar's resources, and where each stands.
const RESOURCES: [(&str, &str, &str, Option<&str>); 4] = [
    ("meshglot.dev/proxy-cpu-request", "requests", "cpu", Some("10m")),
    ("meshglot.dev/proxy-memory-request", "requests", "memory", Some("32Mi")),
    ("meshglot.dev/proxy-cpu-limit", "limits", "cpu", None),
    ("meshglot.dev/proxy-memory-limit", "limits", "memory", None),
];

/// Redirects the pod's connections, and ends. The only container that needs more than the restricted standard allows.
pub(crate) fn capture(ports: &Ports, settings: &Settings) -> Value {
    let mut args = words(&["proxy", "capture", "--apply", "--user"]);
    args.push(USER.to_string());
    for (flag, ports) in [("--served", &ports.served), ("--leave", &ports.leave), ("--leave-outbound", &ports.leave_outbound)] {
        if !ports.is_empty() {
            let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
            args.extend([flag.to_owned(), ports.join(",")]);
        }
    }
    // Capabilities are not handed to other users than root.
    let security = json!({
        "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsUser": 0, "runAsGroup": 0, "runAsNonRoot": false,
        "capabilities": { "drop": ["ALL"], "add": ["NET_ADMIN"] }, "seccompProfile": { "type": "RuntimeDefault" },
    });
    let resources = json!({ "requests": { "cpu": "10m", "memory": "16Mi" } });
    json!({ "name": CAPTURE, "image": settings.capture_image, "args": args, "securityContext": security, "resources": resources })
}

/// The proxy: an init container that stays, so that it is there before the application and after it, and no Job waits for it.
pub(crate) fn proxy(workload: &str, probes: &[Probe], annotations: &Value, settings: &Settings) -> Value {
    let Settings { image, control_plane, trust_domain, .. } = settings;
    let mut args = words(&["proxy", "run", "--instance", "$(POD_NAME)", "--control-plane"]);
    args.push(control_plane.clone());
    args.extend(["--workload".to_owned(), format!("$(POD_NAMESPACE)/{workload}")]);
    args.extend(["--identity".to_owned(), format!("spiffe://{trust_domain}/ns/$(POD_NAMESPACE)/sa/$(POD_ACCOUNT)")]);
    args.extend(["--roots".to_owned(), format!("{JOIN}/ca.crt"), "--token-file".to_owned(), format!("{JOIN}/token")]);
    // The mount is everybody's; the folder in it is the proxy's alone.
    args.extend(["--folder".to_owned(), format!("{STATE}/proxy"), "--metrics".to_owned(), format!("0.0.0.0:{METRICS_PORT}")]);
    args.extend(["--look".to_owned(), format!("0.0.0.0:{LOOK_PORT}")]);
    if let Some(names) = annotations["meshglot.dev/metric-names"].as_str() {
        args.extend(["--metric-names".to_owned(), names.to_owned()]);
    }
    if !probes.is_empty() {
        args.extend(["--probes".to_owned(), format!("0.0.0.0:{PROBES_PORT}")]);
        // `$(` would be taken for a variable.
        args.extend(probes.iter().flat_map(|probe| ["--probe".to_owned(), probe.to_string().replace("$(", "$$(")]));
    }
    let security = json!({
        "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsUser": USER, "runAsGroup": USER, "runAsNonRoot": true,
        "capabilities": { "drop": ["ALL"] }, "seccompProfile": { "type": "RuntimeDefault" },
    });
    let env = [("POD_NAME", "metadata.name"), ("POD_NAMESPACE", "metadata.namespace"), ("POD_ACCOUNT", "spec.serviceAccountName")];
    let env = env.map(|(name, path)| json!({ "name": name, "valueFrom": { "fieldRef": { "fieldPath": path } } }));
    let ready = json!({ "path": "/ready", "port": METRICS_PORT });
    let [join, state] = NAMES;
    json!({
        "name": PROXY, "image": image, "args": args, "restartPolicy": "Always", "securityContext": security,
        "env": env,
        "ports": [{ "name": "mesh-metrics", "containerPort": METRICS_PORT }],
        // The application begins when this has gone well once; ten minutes are for a control plane that comes later.
        "startupProbe": { "httpGet": ready, "periodSeconds": 1, "failureThreshold": 600 },
        "readinessProbe": { "httpGet": ready, "periodSeconds": 10 },
        "resources": resources(annotations),
        "volumeMounts": [{ "name": join, "mountPath": JOIN, "readOnly": true }, { "name": state, "mountPath": STATE }],
    })
}

fn resources(annotations: &Value) -> Value {
    let mut all = Map::new();
    for (annotation, list, name, default) in RESOURCES {
        if let Some(amount) = annotations[annotation].as_str().or(default) {
            all.entry(list).or_insert_with(|| json!({}))[name] = amount.into();
        }
    }
    all.into()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
