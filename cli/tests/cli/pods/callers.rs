//! Two who call all the time: one who may, and one who may not.

use super::site::Site;

/// Calls a second of each of the two.
const RATE: u32 = 20;

/// What is applied beside the sample application.
fn callers() -> String {
    let urls = [("allowed", "http://reviews.bookshop:9080/reviews/"), ("denied", "http://ratings.bookshop:9080/ratings/")];
    urls.map(|(name, url)| caller(name, url)).concat()
}

/// They call from now on.
pub(super) fn begin(site: &Site) {
    site.apply(&callers());
    for name in ["pod/allowed", "pod/denied"] {
        site.kubectl(&["-n", "bookshop", "wait", "--for=condition=Ready", name, "--timeout=120s"]);
    }
    goes_on(site, "the beginning");
}

/// Somebody who calls without an end, with the account of the front, and tells what became of each call.
fn caller(name: &str, url: &str) -> String {
    let args = format!("[-s, -m, '5', --rate, {RATE}/s, -o, /dev/null, -w, '%{{stderr}}%{{http_code}}\\n', '{url}[1-1000000]']");
    format!(
        "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: bookshop, labels: {{app: {name}}}}},\n \
         spec: {{serviceAccountName: frontend, terminationGracePeriodSeconds: 1,\n  \
         containers: [{{name: main, image: localhost/tools:1, command: [/usr/bin/curl], args: {args}}}]}}}}\n"
    )
}

/// What became of the calls until now, by how often.
pub(super) fn told(site: &Site, name: &str) -> Vec<String> {
    site.kubectl(&["-n", "bookshop", "logs", name, "-c", "main"]).lines().map(str::to_owned).collect()
}

/// So many calls more are made, and none until now was otherwise than it has to be.
pub(super) fn goes_on(site: &Site, after: &str) {
    for (name, want) in [("allowed", "200"), ("denied", "403")] {
        let before = told(site, name).len();
        site.until(&format!("{name} calls after {after}"), || told(site, name).len() >= before + 60);
        let all = told(site, name);
        let other: Vec<(usize, &String)> = all.iter().enumerate().filter(|(_, one)| *one != want).collect();
        assert!(other.is_empty(), "after {after}: of {} calls that are {name} these were otherwise: {other:?}", all.len());
    }
}
