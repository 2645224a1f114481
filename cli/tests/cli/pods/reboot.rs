//! The node of a mesh loses its power, and all of it comes back by itself.

use super::callers::{begin, told};
use super::sample::bookshop;
use super::sidecar_site::up;
use super::site::Site;

/// The last so many calls.
fn last(site: &Site, name: &str, count: usize) -> Vec<String> {
    let all = told(site, name);
    all[all.len().saturating_sub(count)..].to_vec()
}

#[test]
fn a_node_that_was_off_comes_back_as_it_was_and_lets_nobody_in_meanwhile() {
    let Some(site) = up() else { return };
    bookshop(&site, "");
    begin(&site);
    site.node.reboot().expect("it starts again");
    let counts = "jsonpath={.items[*].status.containerStatuses[*].restartCount}";
    let counts = || site.kubectl(&["-n", "bookshop", "get", "pods", "-o", counts]);
    site.until("every container is another one", || counts().split(' ').all(|count| count != "0"));
    // Their logs begin anew with them.
    let holds = |name: &str, want: &str| {
        let last = last(&site, name, 60);
        last.len() == 60 && last.iter().all(|one| one == want)
    };
    site.until("who may call is answered again", || holds("allowed", "200"));
    site.until("who may not is told so", || holds("denied", "403"));
    for status in told(&site, "denied") {
        assert!(["403", "000", "503"].contains(&&*status), "{status}");
    }
    // Policy is followed as before.
    site.kubectl(&["-n", "bookshop", "delete", "traffictarget", "reviews-readers"]);
    site.until("who might call may not any more", || holds("allowed", "403"));
}
