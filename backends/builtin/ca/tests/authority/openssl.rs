//! Another library agrees about the chains, where its command is installed.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use meshglot_ca::{Authority, Intermediate, Issued, chain_pem};
use time::OffsetDateTime;

use crate::harness::{authority, below, ca_params, domain, issue, now, root};

/// `openssl verify` for one end of TLS at a given time.
fn ask(folder: &Path, issued: &Issued, purpose: &str, now: OffsetDateTime) -> Output {
    let write = |name: &str, text: String| fs::write(folder.join(name), text).expect("written");
    write("leaf.pem", issued.leaf().pem());
    write("chain.pem", chain_pem(&issued.chain()));
    write("bundle.pem", issued.bundle_pem());
    let time = now.unix_timestamp().to_string();
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(["verify", "-x509_strict", "-purpose", purpose, "-attime", &time]);
    command.args(["-CAfile", "bundle.pem", "-untrusted", "chain.pem", "leaf.pem"]).output().expect("openssl runs")
}

#[test]
fn openssl_agrees() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: the command openssl is not installed");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let agrees = |issued: &Issued| {
        for purpose in ["sslserver", "sslclient"] {
            let said = ask(folder.path(), issued, purpose, now());
            assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        }
    };
    let mut own = authority();
    let before = issue(&own, now());
    agrees(&before);
    own.introduce(now()).expect("introduced");
    agrees(&issue(&own, now()));
    own.switch(now()).expect("switched");
    agrees(&issue(&own, now()));

    let root = root();
    let lower = below(&root, ca_params("lower"));
    let given = Intermediate { chain: &lower.pem(), key: &lower.key().serialize_pem(), roots: &root.pem() };
    agrees(&issue(&Authority::from_intermediate(domain(), given, now()).expect("an authority"), now()));

    let late = before.leaf().not_after() + time::Duration::SECOND;
    assert!(!ask(folder.path(), &before, "sslserver", late).status.success(), "it has ended");
}
