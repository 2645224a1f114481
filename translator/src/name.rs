//! Names of rendered objects, made in one place so that two objects never meet under one name.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Longest name that is also a label value and a DNS label.
const LONGEST: usize = 63;

/// Joins a prefix, one free part and a suffix with `-`. Only the free part may hold dashes: where another
/// does, or where the name is longer than 63 characters, a hash of all parts takes the place of the end, so
/// that `a-b` + `c` and `a` + `b-c` stay apart.
pub fn object_name(prefix: &[&str], free: &str, suffix: &[&str]) -> String {
    let parts: Vec<&str> = prefix.iter().chain([&free]).chain(suffix).copied().collect();
    let joined = parts.join("-");
    let ambiguous = prefix.iter().chain(suffix).any(|part| part.contains('-'));
    if joined.len() <= LONGEST && !ambiguous { joined } else { with_hash(&joined, &parts.join("/"), LONGEST) }
}

/// A name of another form, cut to `longest` characters with a hash of its key if it is longer.
pub fn shortened(name: &str, key: &str, longest: usize) -> String {
    if name.len() <= longest { name.to_owned() } else { with_hash(name, key, longest) }
}

fn with_hash(name: &str, key: &str, longest: usize) -> String {
    let end = name.len().min(longest - 9);
    format!("{}-{}", name[..end].trim_end_matches(['-', '.']), short_hash(key.as_bytes()))
}

/// The first 8 hex digits of the SHA-256.
pub fn short_hash(bytes: &[u8]) -> String {
    let mut hex = hash(bytes);
    hex.truncate(8);
    hex
}

/// SHA-256 in hex.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_plain() {
        assert_eq!(object_name(&["meshglot"], "web-v1", &[]), "meshglot-web-v1");
        assert_eq!(object_name(&[], "web-v1", &["80"]), "web-v1-80");
    }

    #[test]
    fn names_that_could_meet_are_told_apart() {
        assert_ne!(object_name(&["a-b"], "c", &[]), object_name(&["a"], "b-c", &[]));
    }

    #[test]
    fn long_names_that_are_cut_alike_are_told_apart() {
        let long = |last: char| object_name(&["meshglot"], &format!("{}{last}", "x".repeat(80)), &[]);
        assert_ne!(long('a'), long('b'));
        assert_eq!(long('a').len(), LONGEST);
    }
}
