//! SMI objects that let in calls, and no others.

use serde_json::{Value, json};

use super::seen::{Account, Calls, Seen};

/// Whether an object of a kind, namespace and name is there.
type IsTaken<'t> = &'t dyn Fn(&str, &str, &str) -> bool;

/// A TrafficTarget for each pair of a caller and a called, with the routes that it names, in the namespace of the called.
pub(super) fn of(seen: &Seen, is_taken: IsTaken<'_>) -> Vec<Value> {
    seen.pairs.iter().flat_map(|((called, caller), calls)| pair(called, caller, calls, is_taken)).collect()
}

fn pair(called: &Account, caller: &Account, calls: &Calls, is_taken: IsTaken<'_>) -> Vec<Value> {
    let namespace = &called.0;
    let from = if caller.0 == *namespace { caller.1.clone() } else { format!("{}-{}", caller.0, caller.1) };
    let plain = format!("{}-from-{from}", called.1);
    let kinds = ["TrafficTarget", "HTTPRouteGroup", "TCPRoute"];
    let free = |name: &String| !kinds.iter().any(|kind| is_taken(kind, namespace, name));
    let mut names = std::iter::once(plain.clone()).chain((2..).map(|number| format!("{plain}-{number}")));
    // There are more numbers than objects.
    let name = names.find(free).unwrap_or(plain);
    let metadata = json!({ "name": name, "namespace": namespace });
    let mut objects = Vec::new();
    let mut rules = Vec::new();
    if !calls.paths.is_empty() {
        let matches = calls.paths.iter().zip(1..).map(|((path, methods), number)| {
            json!({ "name": format!("seen-{number}"), "pathRegex": format!("{}$", escaped(path)), "methods": methods })
        });
        objects.push(json!({
            "apiVersion": "specs.smi-spec.io/v1alpha4", "kind": "HTTPRouteGroup", "metadata": metadata,
            "spec": { "matches": matches.collect::<Vec<_>>() },
        }));
        rules.push(json!({ "kind": "HTTPRouteGroup", "name": name }));
    }
    if !calls.ports.is_empty() {
        objects.push(json!({
            "apiVersion": "specs.smi-spec.io/v1alpha4", "kind": "TCPRoute", "metadata": metadata,
            "spec": { "matches": { "name": "seen", "ports": calls.ports } },
        }));
        rules.push(json!({ "kind": "TCPRoute", "name": name }));
    }
    if rules.is_empty() {
        return Vec::new();
    }
    let account = |account: &Account| json!({ "kind": "ServiceAccount", "name": account.1, "namespace": account.0 });
    objects.push(json!({
        "apiVersion": "access.smi-spec.io/v1alpha4", "kind": "TrafficTarget", "metadata": metadata,
        "spec": { "destination": account(called), "sources": [account(caller)], "rules": rules },
    }));
    objects
}

/// As an expression that matches the text alone. What means nothing there stays as it is, since people read it.
fn escaped(path: &str) -> String {
    let mut text = String::new();
    for letter in path.chars() {
        if r"\.+*?()|[]{}^$".contains(letter) {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use meshglot_observed::Verdict;

    use super::super::seen::tests::call;
    use super::*;

    fn suggested(calls: &[(&str, &str)], is_taken: IsTaken<'_>) -> Vec<Value> {
        let mut seen = Seen::new(false);
        calls.iter().for_each(|(method, path)| seen.see(&call(method, path, Verdict::Allowed, None)));
        of(&seen, is_taken)
    }

    #[test]
    fn paths_are_exact_and_methods_are_together() {
        let objects = suggested(&[("GET", "/a.b"), ("PUT", "/a.b"), ("GET", "/c-1")], &|_, _, _| false);
        let matches = json!([
            { "name": "seen-1", "pathRegex": r"/a\.b$", "methods": ["GET", "PUT"] },
            { "name": "seen-2", "pathRegex": "/c-1$", "methods": ["GET"] },
        ]);
        assert_eq!(objects[0]["spec"]["matches"], matches);
        assert_eq!(objects[1]["metadata"], json!({ "name": "ledger-from-shop-web", "namespace": "bank" }));
        assert_eq!(objects[1]["spec"]["sources"], json!([{ "kind": "ServiceAccount", "name": "web", "namespace": "shop" }]));
    }

    #[test]
    fn bytes_have_ports_and_names_that_are_taken_are_not_used() {
        let objects = suggested(&[("", "")], &|_, _, name| name == "ledger-from-shop-web");
        assert_eq!(objects[0]["spec"]["matches"]["ports"], json!([8080]));
        assert_eq!(objects[1]["metadata"]["name"], "ledger-from-shop-web-2");
    }
}
