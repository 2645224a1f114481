//! Who read what: the way from something that changed to whatever was made from it.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::view::Read;

/// Readers by what they read. Most things have one reader, a few such as the Meshes have all of them: a set of its
/// own for each took more memory than the rendered objects.
#[derive(Debug)]
pub(crate) struct Readers<R>(HashMap<Read, Of<R>>);

#[derive(Debug)]
enum Of<R> {
    One(R),
    Many(HashSet<R>),
}

impl<R> Default for Readers<R> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<R: Clone + Eq + Hash> Readers<R> {
    /// The readers of something, in no order.
    pub(crate) fn of(&self, read: &Read) -> impl Iterator<Item = &R> {
        let (one, many) = match self.0.get(read) {
            None => (None, None),
            Some(Of::One(one)) => (Some(one), None),
            Some(Of::Many(many)) => (None, Some(many)),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    /// Remembers that all of these were read.
    pub(crate) fn remember(&mut self, reads: &[Read], reader: &R) {
        for read in reads {
            match self.0.get_mut(read) {
                None => {
                    self.0.insert(read.clone(), Of::One(reader.clone()));
                }
                Some(Of::One(one)) if one == reader => {}
                Some(of) => of.add(reader),
            }
        }
    }

    /// Forgets that any of these was read.
    pub(crate) fn forget(&mut self, reads: &[Read], reader: &R) {
        for read in reads {
            let left = match self.0.get_mut(read) {
                Some(Of::Many(many)) => {
                    many.remove(reader);
                    !many.is_empty()
                }
                Some(Of::One(one)) => one != reader,
                None => true,
            };
            if !left {
                self.0.remove(read);
            }
        }
    }
}

impl<R: Clone + Eq + Hash> Of<R> {
    fn add(&mut self, reader: &R) {
        match self {
            Self::One(one) => *self = Self::Many([one.clone(), reader.clone()].into()),
            Self::Many(many) => {
                many.insert(reader.clone());
            }
        }
    }
}
