//! `meshglot diff`: what is compared, what is told, and which exit code.

use std::fs;
use std::path::Path;
use std::process::Command;

use meshglot::{Captured, capture};
use serde_json::Value;
use tempfile::TempDir;
use test_case::test_case;

use super::GOOD;

/// A policy of access with its workloads.
const ACCESS: &str = include_str!("../../../golden/access/methods-and-prefix/input.yaml");

/// Two folders with one file each.
fn folders(before: &str, after: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [("before", before), ("after", after)] {
        fs::create_dir(folder.path().join(name)).expect("made");
        fs::write(folder.path().join(name).join("policy.yaml"), text).expect("written");
    }
    folder
}

/// The difference of two texts, with paths as seen from their folder.
fn diff(before: &str, after: &str, words: &[&str]) -> Captured {
    let folder = folders(before, after);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (base, input) = (path("before"), path("after"));
    let words: Vec<&str> = ["diff", "-f", &input, "--base", &base].into_iter().chain(words.iter().copied()).collect();
    let said = capture(&words, b"");
    let prefix = format!("{}/", folder.path().display());
    Captured { stdout: said.stdout.replace(&prefix, ""), stderr: said.stderr.replace(&prefix, ""), ..said }
}

#[test]
fn a_thing_does_not_differ_from_itself_whatever_its_order() {
    let mut documents: Vec<&str> = GOOD.split("---\n").collect();
    documents.reverse();
    let other = documents.join("\n---\n").replace(
        "{service: web-v1, weight: 90}, {service: web-v2, weight: 10}",
        "{weight: 10, service: web-v2}, {weight: 90, service: web-v1}",
    );
    assert_ne!(other, GOOD);
    let said = diff(GOOD, &other, &["--backend", "all"]);
    assert_eq!((said.exit, said.stdout.as_str()), (0, "no difference between before and after\n"), "{}", said.stderr);
}

#[test]
fn a_weight_is_told_on_three_levels() {
    let said = diff(GOOD, &GOOD.replace("weight: 90", "weight: 70"), &["--backend", "consul"]);
    assert_eq!(said.exit, 1);
    let want = "\
--- before
+++ after
~ TrafficSplit/shop/canary   after/policy.yaml:3:18
      spec.backends[web-v1].weight   90 → 70
    consul   ~ ServiceSplitter/shop/web
                 spec.splits[web-v1].weight   90 → 87.5
                 spec.splits[web-v2].weight   10 → 12.5
calls
  ~ web.shop:80   svc/web-v1 90.00% → 87.50%
  ~ web.shop:80   svc/web-v2 10.00% → 12.50%
1 neutral change, 1 rendered change, 0 access changes in 6 pairs, 2 moved shares, 0 new losses
";
    assert_eq!(said.stdout, want);
}

#[test]
fn access_gained_and_lost_is_told_with_the_rule() {
    let wider = ACCESS.replace("[GET]", "[GET, PUT]").replace("- GET\n", "- GET\n    - PUT\n");
    assert_ne!(wider, ACCESS);
    let gained = diff(ACCESS, &wider, &["--level", "effect", "--backend", "istio"]);
    assert!(gained.stdout.contains("+ sa/shop/web → api.shop:80"), "{}", gained.stdout);
    assert!(gained.stdout.contains("was denied, by TrafficTarget/shop/"), "{}", gained.stdout);
    let lost = diff(&wider, ACCESS, &["--level", "effect", "--backend", "istio"]);
    assert!(lost.stdout.contains("- sa/shop/web → api.shop:80"), "{}", lost.stdout);
    assert!(!lost.stdout.contains("! "), "no mesh does otherwise: {}", lost.stdout);
}

#[test]
fn what_a_mesh_gets_stands_below_who_uses_a_group() {
    let wider = ACCESS
        .replace("methods: [GET]", "methods: [GET, PUT]")
        .replace("kind: ServiceAccount, name: web", "kind: ServiceAccount, name: batch");
    let said = diff(ACCESS, &wider, &["--level", "rendered", "--backend", "istio"]);
    let (target, object) = (said.stdout.find("~ TrafficTarget/"), said.stdout.find("~ AuthorizationPolicy/"));
    assert!(target.is_some() && target < object && !said.stdout.contains("HTTPRouteGroup"), "{}", said.stdout);
}

#[test]
fn a_renamed_object_is_no_outage() {
    let said = diff(GOOD, &GOOD.replace("name: canary", "name: web-canary"), &["--level", "intent"]);
    assert!(said.stdout.contains("~ TrafficSplit/shop/web-canary renamed from TrafficSplit/shop/canary"), "{}", said.stdout);
}

#[test]
fn what_a_mesh_cannot_say_any_more_is_told() {
    let regex = ACCESS.replace("pathRegex: /api", "pathRegex: \"/[a-f]+x/\"");
    assert_ne!(regex, ACCESS);
    let said = diff(ACCESS, &regex, &["--level", "effect", "--backend", "istio"]);
    assert!(said.stdout.contains("! +MG1103 on istio"), "{}", said.stdout);
    assert!(said.stdout.contains("new loss"), "{}", said.stdout);
}

#[test]
fn image_tags_are_nobodys_policy() {
    let said = diff(ACCESS, &ACCESS.replace("image: ", "image: registry.example/"), &["--backend", "all"]);
    assert_eq!(said.exit, 0, "{}", said.stdout);
}

#[test_case(&[], 1 ; "differences")]
#[test_case(&["--exit-code", "2"], 2 ; "another number")]
#[test_case(&["--no-exit-code"], 0 ; "no number")]
fn exit(words: &[&str], want: u8) {
    assert_eq!(diff(GOOD, &GOOD.replace("weight: 90", "weight: 70"), words).exit, want);
}

#[test]
fn what_is_ignored_is_counted() {
    let ignore = ["--backend", "consul", "--level", "rendered", "--ignore", "ServiceSplitter/*:/spec/splits"];
    let said = diff(GOOD, &GOOD.replace("weight: 90", "weight: 70"), &ignore);
    assert_eq!((said.exit, said.stdout.as_str()), (0, "no difference between before and after\n"));
    let both = GOOD.replace("weight: 90", "weight: 70").replace("service: web,", "service: web-v1,");
    let said = diff(GOOD, &both, &["--backend", "consul", "--ignore", "ServiceSplitter/*:/spec/splits"]);
    assert!(said.stdout.contains("neutral change"), "{}", said.stdout);
    let wrong = diff(GOOD, GOOD, &["--ignore", "nothing"]);
    assert_eq!(wrong.exit, 2);
    assert!(wrong.stderr.contains("is not KIND/NAME"), "{}", wrong.stderr);
}

#[test]
fn invalid_input_is_no_difference() {
    let said = diff(GOOD, "a: b: c", &["--backend", "istio"]);
    assert_eq!(said.exit, 3, "{}", said.stdout);
    assert!(said.stderr.contains("error[MG0001]"), "{}", said.stderr);
    let history = diff("a: b: c", GOOD, &["--backend", "istio"]);
    assert_eq!(history.exit, 1);
    assert!(history.stderr.contains("note: 1 error in before"), "{}", history.stderr);
}

#[test]
fn patches_make_the_one_into_the_other() {
    let after = GOOD.replace("weight: 90", "weight: 70");
    let body = |text: &str| -> Value {
        let said = capture(&["render", "-q", "-f", "-", "--backend", "istio", "-o", "json"], text.as_bytes());
        let answer: Value = serde_json::from_str(&said.stdout).expect("JSON");
        answer["backends"][0]["objects"][0]["object"].clone()
    };
    let said = diff(GOOD, &after, &["--backend", "istio", "-o", "json-patch"]);
    let answer: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let patch: json_patch::Patch = serde_json::from_value(answer["patches"][0]["patch"].clone()).expect("RFC 6902");
    let mut object = body(GOOD);
    json_patch::patch(&mut object, &patch).expect("it fits");
    assert_eq!(object, body(&after));
}

#[test]
fn unified_is_what_patch_reads() {
    let said = diff(GOOD, &GOOD.replace("weight: 90", "weight: 70"), &["--backend", "consul", "-o", "unified", "-U", "0"]);
    assert!(said.stdout.contains("--- consul/servicesplitter.consul.hashicorp.com/shop/web\n+++ consul/"), "{}", said.stdout);
    assert!(said.stdout.contains("-    weight: 90\n+    weight: 87.5"), "{}", said.stdout);
}

#[test]
fn a_comment_says_calls_first_and_is_never_too_long() {
    let said = diff(GOOD, &GOOD.replace("weight: 90", "weight: 70"), &["--backend", "all", "-o", "github-md"]);
    let (calls, table) = (said.stdout.find("What becomes of calls"), said.stdout.find("| | object |"));
    assert!(said.stdout.starts_with("<!-- meshglot diff -->\n<!-- digest "), "{}", said.stdout);
    assert!(calls.is_some() && calls < table, "{}", said.stdout);
    assert_eq!(said.stdout.matches("<details>").count(), 4, "{}", said.stdout);

    let many = |weight: usize| -> String {
        let one = |at: usize| {
            GOOD.replace("web", &format!("web{at}")).replace("canary", &format!("canary{at}")).replace("90", &weight.to_string())
        };
        (0..300).map(one).collect::<Vec<_>>().join("---\n")
    };
    let long = diff(&many(90), &many(70), &["--backend", "all", "-o", "github-md", "--level", "rendered"]);
    assert!(long.stdout.len() < 65_536, "{}", long.stdout.len());
    assert!(long.stdout.contains("Too long for a comment"));
    let counted = diff(&many(90), &many(70), &["--backend", "consul", "--level", "rendered"]);
    assert!(counted.stdout.contains("too much for one page"), "{}", counted.stdout);
    assert!(counted.stdout.lines().count() < 30, "{}", counted.stdout);
}

/// A repository with a commit of these files, and other files beside them.
fn repository(committed: &[(&str, &str)], written: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |files: &[(&str, &str)]| {
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
    };
    let git = |words: &[&str]| {
        let settings = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
        assert!(Command::new("git").args(settings).args(words).current_dir(folder.path()).status().expect("git runs").success());
    };
    write(committed);
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "first"]);
    write(written);
    folder
}

fn against(folder: &Path, input: &str, base: &str, more: &[&str]) -> Captured {
    let input = folder.join(input).display().to_string();
    let words: Vec<&str> = ["diff", "-f", &input, "--base", base, "--level", "intent"].into_iter().chain(more.iter().copied()).collect();
    capture(&words, b"")
}

#[test]
fn a_commit_is_read_as_the_folder_is() {
    let edited = GOOD.replace("weight: 90", "weight: 70");
    let folder = repository(
        &[("policies/split.yaml", GOOD), ("policies/below/more.yaml", "a: b: c"), ("policies/notes.txt", "x")],
        &[("policies/split.yaml", &edited)],
    );
    let said = against(folder.path(), "policies", "git:main", &[]);
    assert_eq!((said.exit, said.stderr.as_str()), (1, ""), "{}", said.stdout);
    assert!(said.stdout.contains("spec.backends[web-v1].weight   90 → 70"), "{}", said.stdout);
    let file = against(folder.path(), "policies/split.yaml", "git:HEAD", &[]);
    assert!(file.stdout.contains("90 → 70"), "{}", file.stdout);
    let recursive = against(folder.path(), "policies", "git:main", &["-R"]);
    assert_eq!(recursive.exit, 3, "the folder below is no policy: {}", recursive.stdout);
}

#[test]
fn what_is_new_since_a_commit_is_new() {
    let folder = repository(&[("README", "x")], &[("policies/split.yaml", GOOD)]);
    let said = against(folder.path(), "policies", "git:main", &[]);
    assert!(said.stdout.contains("+ TrafficSplit/shop/canary"), "{}{}", said.stdout, said.stderr);
}

#[test_case("git:nowhere", 3, "there is no commit `nowhere`" ; "no such commit")]
#[test_case("git:--output=x", 3, "there is no commit" ; "no option of git")]
#[test_case("git:", 2, "names no commit" ; "no name")]
#[test_case("nowhere", 3, "no such file" ; "no such folder")]
fn bases_that_are_none(base: &str, exit: u8, words: &str) {
    let folder = repository(&[("policies/split.yaml", GOOD)], &[]);
    let said = against(folder.path(), "policies", base, &[]);
    assert_eq!((said.exit, said.stdout.as_str()), (exit, ""));
    assert!(said.stderr.contains(words), "{}", said.stderr);
}

#[test]
fn two_meshes_are_compared_by_what_they_do() {
    let folder = folders(GOOD, ACCESS);
    let input = folder.path().join("after").display().to_string();
    let said = capture(&["diff", "-f", &input, "--from", "istio", "--to", "builtin", "--level", "effect"], b"");
    assert_eq!(said.exit, 0, "{}", said.stdout);
    assert!(said.stdout.contains("0 access differences"), "{}", said.stdout);
    let said = capture(&["diff", "-f", &input, "--from", "istio", "--to", "linkerd", "--all"], b"");
    assert!(said.stdout.contains("AuthorizationPolicy/shop/") && said.stdout.contains("HTTPRoute/shop/"), "{}", said.stdout);
    let said = capture(&["diff", "-f", &input, "--from", "istio"], b"");
    assert_eq!(said.exit, 2);
}

/// Two callers of one workload, each let in by a rule of its own.
const ORDERS: &str = "../examples/zero-trust";

#[test_case("TrafficTarget/shop/storefront-orders" ; "as it calls itself")]
#[test_case("tt/storefront-orders" ; "short, in the namespace at hand")]
fn an_object_is_compared_with_its_absence(name: &str) {
    let said = capture(&["diff", "-f", ORDERS, "-n", "shop", "--without", name, "--level", "effect"], b"");
    let begin = "--- without TrafficTarget/shop/storefront-orders\n+++ ../examples/zero-trust\n\
                 calls\n  + sa/shop/storefront → orders.shop:80   POST /orders; GET /orders/*   was denied, by TrafficTarget/shop/storefront-orders#orders\n";
    assert!(said.stdout.starts_with(begin), "{}{}", said.stdout, said.stderr);
    assert_eq!(said.exit, 1);
    // The same is told of two folders, of which one has not got it.
    let text = fs::read_to_string(format!("{ORDERS}/policy.yaml")).expect("read");
    let shop = fs::read_to_string(format!("{ORDERS}/shop.yaml")).expect("read");
    let documents: Vec<&str> = text.split("---\n").filter(|document| !document.contains("name: storefront-orders")).collect();
    let before = format!("{shop}---\n{}", documents.join("---\n"));
    let beside = diff(&before, &format!("{shop}---\n{text}"), &["--level", "effect"]);
    let calls = |said: &Captured| said.stdout.lines().skip(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(calls(&said), calls(&beside));
}

#[test_case(&["--without", "tt/shop/storefront-order"], 3, "did you mean TrafficTarget/shop/storefront-orders?" ; "another name")]
#[test_case(&["--without", "web"], 2, "is not KIND/NAMESPACE/NAME" ; "no name")]
#[test_case(&["--without", "Service/shop/web"], 3, "no kind of policy `Service`" ; "no policy")]
#[test_case(&["--without", "Mesh/shop", "--base", "none"], 2, "cannot be used with" ; "two bases")]
fn what_cannot_be_left_out(words: &[&str], exit: u8, told: &str) {
    let words: Vec<&str> = ["diff", "-f", ORDERS].into_iter().chain(words.iter().copied()).collect();
    let said = capture(&words, b"");
    assert!(said.exit == exit && said.stderr.contains(told) && said.stdout.is_empty(), "{} {}{}", said.exit, said.stdout, said.stderr);
}
