//! Yes, no, or not known: how conditions are joined when a part of them cannot be read.

/// `None`: not known.
pub type Maybe = Option<bool>;

/// Whether all hold. One that surely does not decides, however little is known of the others.
pub fn all(parts: impl IntoIterator<Item = Maybe>) -> Maybe {
    let mut known = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => known = None,
        }
    }
    known
}

/// Whether one holds. One that surely does decides, however little is known of the others.
pub fn any(parts: impl IntoIterator<Item = Maybe>) -> Maybe {
    not(all(parts.into_iter().map(not)))
}

/// The opposite; what is not known stays so.
pub fn not(part: Maybe) -> Maybe {
    part.map(|known| !known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(&[], Some(true), Some(false) ; "nothing")]
    #[test_case(&[None, Some(false)], Some(false), None ; "a no decides all")]
    #[test_case(&[None, Some(true)], None, Some(true) ; "a yes decides any")]
    fn joined(parts: &[Maybe], of_all: Maybe, of_any: Maybe) {
        assert_eq!((all(parts.iter().copied()), any(parts.iter().copied())), (of_all, of_any));
    }
}
