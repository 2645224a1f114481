//! PEM text around DER bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::pem::Pem;

/// Characters of a line, as RFC 7468 has it.
const LINE: usize = 64;

/// One block.
pub(crate) fn encode(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in body.as_bytes().chunks(LINE) {
        // Base64 is ASCII, so that every cut is between characters.
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

/// All blocks as label and DER, in the order given; none where a block is broken.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    Pem::iter_from_buffer(text).map(|block| block.ok().map(|block| (block.label, block.contents))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let text = encode("A", &[7; 100]) + &encode("B B", b"");
        assert!(text.lines().all(|line| line.len() <= LINE));
        assert_eq!(decode(text.as_bytes()), Some(vec![("A".to_owned(), vec![7; 100]), ("B B".to_owned(), Vec::new())]));
    }

    #[test]
    fn a_broken_block_is_none() {
        assert_eq!(decode(b"-----BEGIN A-----\n!!!!\n-----END A-----\n"), None);
        assert_eq!(decode(b"-----BEGIN A-----\nAAAA\n"), None);
    }
}
