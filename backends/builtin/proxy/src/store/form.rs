//! Resources as one run of bytes: magic, version of the form, number, each resource, SHA-256 of all that.

use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes};
use sha2::{Digest, Sha256};

use super::error::FormError;
use super::{Resources, Stored};
use crate::ads::Kind;

const MAGIC: &[u8; 8] = b"MESHGLOT";

/// Of the form.
const VERSION: u32 = 1;

const HEAD: usize = MAGIC.len() + 4 + 4;
const CHECKSUM: usize = 32;

/// The largest file, in bytes: a response of each kind at its largest.
pub(super) const LARGEST: u64 = 256 << 20;

/// Numbers are big-endian; of texts and bytes the length stands first.
pub(super) fn write(resources: &Resources) -> Result<Vec<u8>, FormError> {
    let length = |name: &str, stored: &Stored| 1 + 4 + name.len() + 4 + stored.version.len() + 4 + stored.bytes.len();
    let whole = HEAD + resources.iter().map(|((_, name), stored)| length(name, stored)).sum::<usize>() + CHECKSUM;
    if whole as u64 > LARGEST {
        return Err(FormError::Large(whole as u64));
    }
    let mut bytes = Vec::with_capacity(whole);
    bytes.put_slice(MAGIC);
    bytes.put_u32(VERSION);
    // The whole fits, so that its parts do.
    bytes.put_u32(resources.len() as u32);
    for ((kind, name), stored) in resources {
        bytes.put_u8(*kind as u8);
        for part in [name.as_bytes(), stored.version.as_bytes(), &stored.bytes] {
            bytes.put_u32(part.len() as u32);
            bytes.put_slice(part);
        }
    }
    let checksum = Sha256::digest(&bytes);
    bytes.put_slice(&checksum);
    Ok(bytes)
}

pub(super) fn read(mut bytes: Bytes) -> Result<Resources, FormError> {
    if !bytes.starts_with(MAGIC) {
        return Err(FormError::Foreign);
    }
    if let Some(version) = bytes.slice(MAGIC.len()..).try_get_u32().ok().filter(|version| *version != VERSION) {
        return Err(FormError::Version(version));
    }
    let end = bytes.len().checked_sub(CHECKSUM).filter(|end| *end >= HEAD).ok_or(FormError::Broken)?;
    let checksum = bytes.split_off(end);
    if *Sha256::digest(&bytes) != *checksum {
        return Err(FormError::Broken);
    }
    bytes.advance(MAGIC.len() + 4);
    let count = bytes.get_u32();
    let mut resources = Resources::new();
    for _ in 0..count {
        let (key, stored) = resource(&mut bytes).ok_or(FormError::Broken)?;
        resources.insert(key, stored);
    }
    if bytes.is_empty() { Ok(resources) } else { Err(FormError::Broken) }
}

fn resource(bytes: &mut Bytes) -> Option<((Kind, Arc<str>), Stored)> {
    let kind = bytes.try_get_u8().ok()?;
    let kind = Kind::ALL.into_iter().find(|one| *one as u8 == kind)?;
    let name = text(bytes)?;
    let version = text(bytes)?;
    Some(((kind, name), Stored { version, bytes: part(bytes)? }))
}

fn text(bytes: &mut Bytes) -> Option<Arc<str>> {
    Some(std::str::from_utf8(&part(bytes)?).ok()?.into())
}

/// Copied: a resource that is replaced later must not keep the whole file in memory.
fn part(bytes: &mut Bytes) -> Option<Bytes> {
    let length = usize::try_from(bytes.try_get_u32().ok()?).ok()?;
    (length <= bytes.len()).then(|| bytes.copy_to_bytes(length)).map(|part| Bytes::copy_from_slice(&part))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn resources() -> Resources {
        let one = |kind, name: &str, bytes: &'static [u8]| ((kind, name.into()), Stored { version: "7".into(), bytes: bytes.into() });
        [one(Kind::Cluster, "shop/web/80", b"cluster"), one(Kind::Route, "", b"")].into()
    }

    fn any_resources() -> impl Strategy<Value = Resources> {
        let kind = prop::sample::select(&Kind::ALL[..]);
        let key = (kind, ".{0,12}").prop_map(|(kind, name)| (kind, name.into()));
        let bytes = prop::collection::vec(any::<u8>(), 0..40);
        let stored = (".{0,8}", bytes).prop_map(|(version, bytes)| Stored { version: version.into(), bytes: bytes.into() });
        prop::collection::btree_map(key, stored, 0..8)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(resources in any_resources()) {
            prop_assert_eq!(read(write(&resources).expect("it fits").into()), Ok(resources));
        }

        #[test]
        fn whatever_is_cut_off_is_missed(resources in any_resources(), at in any::<prop::sample::Index>()) {
            let mut bytes = write(&resources).expect("it fits");
            bytes.truncate(at.index(bytes.len()));
            prop_assert!(read(bytes.into()).is_err());
        }

        #[test]
        fn no_bit_is_flipped_unseen(resources in any_resources(), at in any::<prop::sample::Index>(), bit in 0..8_u32) {
            let mut bytes = write(&resources).expect("it fits");
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            prop_assert!(read(bytes.into()).is_err());
        }

        #[test]
        fn nothing_at_all_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), is_ours in any::<bool>()) {
            let mut bytes = bytes;
            if is_ours {
                bytes.splice(0..0, MAGIC.iter().copied().chain(VERSION.to_be_bytes()));
                let checksum = Sha256::digest(&bytes);
                bytes.extend_from_slice(&checksum);
            }
            let _ = read(bytes.into());
        }
    }

    #[test]
    fn other_forms_are_told_apart() {
        let mut bytes = write(&resources()).expect("it fits");
        assert_eq!(read(Bytes::from_static(b"{}")), Err(FormError::Foreign));
        assert_eq!(read(Bytes::new()), Err(FormError::Foreign));
        bytes[MAGIC.len() + 3] = 2;
        assert_eq!(read(bytes.into()), Err(FormError::Version(2)));
    }
}
