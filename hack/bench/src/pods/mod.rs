//! The built-in mesh in pods on a node of a real Kubernetes: what a call costs beside the same pods without a mesh, what a sidecar holds in
//! memory, and when all pods keep to an edit.

mod calls;
mod cgroup;
mod edits;
mod manifests;
mod memory;
mod options;
pub(crate) mod probe;
mod prober;
mod site;
mod status;

use std::path::Path;

use options::Options;
use serde_json::json;
use site::Site;

/// The word of the command line.
pub(crate) const WORD: &str = "pods";

/// Prints the tables, and the same as a line of JSON, with `me` in the pods and the command line `tool` as the mesh.
pub(crate) fn run(me: &Path, tool: &Path, words: &[&str]) {
    let options = match Options::read(words) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}");
            std::process::exit(2);
        }
    };
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    eprintln!("measures {} (the bench itself: profile {profile})", tool.display());
    let Some(site) = Site::up(me, tool) else { return };

    site.apply(&[manifests::pair("plain", false), manifests::pair("meshed", true), manifests::rule("meshed", "server", "caller")].concat());
    site.rolled_out(&["plain", "meshed"], &["server", "caller"]);
    let calls = calls::measured(&site, &options);
    site.kubectl(&["delete", "namespace", "plain", "meshed"]);

    site.apply(&[manifests::fleet(options.pods), manifests::rule("fleet", "target", "prober")].concat());
    site.rolled_out(&["fleet"], &["target", "prober"]);
    let idle = memory::measured(&site, "idle");
    let edits = edits::measured(&site, &options);
    let loaded = memory::measured(&site, &format!("after {} calls each or more", edits.calls / options.pods as u64));

    println!("{}\n\n{}\n{}\n{}\n\n{}", calls.table, memory::HEAD, idle.row, loaded.row, edits.table);
    let answer = json!({
        "tool": tool, "profile": profile, "options": options, "calls": calls.values,
        "memory": {"idle": idle.values, "afterLoad": loaded.values}, "edits": edits.values,
    });
    println!("\n{answer}");
}
