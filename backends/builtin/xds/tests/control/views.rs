//! What a workload reads, and what an edit leaves alone.

use std::sync::Arc;

use meshglot_xds::{Kind, World};

use super::model::{self, service, shop, split};

#[test]
fn a_view_holds_what_its_listeners_lead_to_and_nothing_of_others() {
    let world = model::world(&shop(), &World::default());
    let view = world.view("shop/caller");
    let names = |kind| view.of(kind).map(|resource| resource.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(Kind::Listener), ["inbound", "outbound"]);
    assert_eq!(names(Kind::Route), ["inbound/8080", "shop/caller/80", "shop/web-2/80", "shop/web/80"]);
    assert_eq!(names(Kind::Cluster), ["inbound/8080", "passthrough", "shop/caller/80", "shop/web-2/80", "shop/web/80"]);
    assert_eq!(names(Kind::Assignment), ["shop/caller/80", "shop/web-2/80", "shop/web/80"]);
    let owners: Vec<_> = view.of(Kind::Listener).map(|listener| listener.owner.as_deref()).collect();
    assert_eq!(owners, [Some("shop/caller"), Some("mesh~default")]);
    assert!(world.view("mesh~default").is_empty(), "nobody is called so");
    assert!(world.view("shop/nobody").is_empty());
    assert_eq!(world.workloads().map(|name| &**name).collect::<Vec<_>>(), ["shop/caller", "shop/web", "shop/web-2"]);
}

#[test]
fn an_edit_shares_what_stayed_and_keeps_views_that_it_does_not_touch() {
    let apart = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: alone, namespace: other}\nspec:\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec: {containers: []}\n";
    let before = model::world(&shop(), &World::default());
    let (caller, web) = (before.view("shop/caller"), before.view("shop/web"));
    let again = model::world(&format!("# a comment\n{}", shop()), &before);
    assert!(Arc::ptr_eq(&again.view("shop/caller"), &caller), "nothing changed");
    let text = shop().replace("weight: 90", "weight: 80") + apart;
    let after = model::world(&text, &again);
    let edited = after.view("shop/caller");
    assert!(!Arc::ptr_eq(&edited, &caller));
    let shared = |kind, name| Arc::ptr_eq(edited.get(kind, name).expect("there"), caller.get(kind, name).expect("there"));
    assert!(!shared(Kind::Route, "shop/web/80") && shared(Kind::Route, "shop/web-2/80") && shared(Kind::Cluster, "shop/web/80"));
    assert!(!Arc::ptr_eq(&after.view("shop/web"), &web), "it may call itself");
    assert_eq!(*edited, *model::world(&text, &World::default()).view("shop/caller"), "as if it were read for the first time");
}

#[test]
fn what_is_named_before_it_is_there_is_read_once_it_is() {
    let without = [service("caller", 1), service("web", 2), split(90)].concat();
    let before = model::world(&without, &World::default());
    let old = before.view("shop/caller");
    assert!(old.get(Kind::Assignment, "shop/web-2/80").is_some(), "an empty one: its share is refused");
    let after = model::world(&shop(), &before);
    assert_eq!(*after.view("shop/caller"), *model::world(&shop(), &World::default()).view("shop/caller"));
}

/// Two Meshes, and which one has the namespace.
fn meshes(of_shop: &str) -> String {
    let mesh = |name: &str, port: u16, namespace: &str| {
        format!(
            "---\napiVersion: meshglot.dev/v1alpha1\nkind: Mesh\nmetadata: {{name: {name}}}\nspec:\n  backend: builtin\n  \
             builtin: {{ports: {{outbound: {port}}}}}\n  namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}\n"
        )
    };
    let (one, other) = if of_shop == "one" { ("shop", "other") } else { ("other", "shop") };
    mesh("one", 15001, one) + &mesh("two", 15011, other)
}

#[test]
fn all_of_a_mesh_call_by_one_listener_and_who_moves_calls_by_the_others() {
    let alone = service("alone", 9).replace("namespace: shop", "namespace: other");
    let world = |mesh: &str, more: &str, before: &World| model::world(&[&*meshes(mesh), &shop(), &alone, more].concat(), before);
    let before = world("one", "", &World::default());
    let outbound = |world: &World, workload: &str| world.view(workload).get(Kind::Listener, "outbound").expect("there").clone();
    let of_one = outbound(&before, "shop/caller");
    assert_eq!(of_one.owner.as_deref(), Some("mesh~one"));
    assert!(Arc::ptr_eq(&of_one, &outbound(&before, "shop/web")) && !Arc::ptr_eq(&of_one, &outbound(&before, "other/alone")));

    // Each of them reads what becomes of it.
    let wider = world("one", &service("more", 4), &before);
    for workload in ["shop/caller", "shop/web"] {
        assert_ne!(outbound(&wider, workload), of_one);
        assert!(wider.view(workload).get(Kind::Cluster, "shop/more/80").is_some());
        assert_eq!(*wider.view(workload), *world("one", &service("more", 4), &World::default()).view(workload));
    }

    let moved = world("two", "", &wider);
    assert_eq!(outbound(&moved, "shop/caller").owner.as_deref(), Some("mesh~two"));
    for workload in ["shop/caller", "other/alone"] {
        assert_eq!(*moved.view(workload), *world("two", "", &World::default()).view(workload), "as if it were read for the first time");
    }
}
