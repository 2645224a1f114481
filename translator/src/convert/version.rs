//! The versions that SMI kinds are written in, and the words that ask for them.

use std::fmt;

use crate::diagnostic::nearest;

/// A version of an SMI group; each group has all four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// `v1alpha1`
    V1alpha1,
    /// `v1alpha2`
    V1alpha2,
    /// `v1alpha3`
    V1alpha3,
    /// `v1alpha4`
    V1alpha4,
}

impl Version {
    /// Oldest first.
    pub const ALL: [Self; 4] = [Self::V1alpha1, Self::V1alpha2, Self::V1alpha3, Self::V1alpha4];

    /// What `newest` asks for.
    pub const NEWEST: Self = Self::V1alpha4;

    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::V1alpha1 => "v1alpha1",
            Self::V1alpha2 => "v1alpha2",
            Self::V1alpha3 => "v1alpha3",
            Self::V1alpha4 => "v1alpha4",
        }
    }

    fn of(word: &str) -> Option<Self> {
        if word == "newest" { Some(Self::NEWEST) } else { Self::ALL.into_iter().find(|version| version.word() == word) }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A group of SMI kinds, which change versions together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// TrafficSplit.
    Split,
    /// HTTPRouteGroup, TCPRoute, UDPRoute.
    Specs,
    /// TrafficTarget, IdentityBinding.
    Access,
}

impl Group {
    /// In the order of the specification's pages.
    pub const ALL: [Self; 3] = [Self::Split, Self::Specs, Self::Access];

    /// The short word, which `.smi-spec.io` may follow.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Specs => "specs",
            Self::Access => "access",
        }
    }

    /// The API group.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Split => "split.smi-spec.io",
            Self::Specs => "specs.smi-spec.io",
            Self::Access => "access.smi-spec.io",
        }
    }

    /// `GROUP/VERSION`.
    pub fn api_version(self, version: Version) -> String {
        format!("{}/{version}", self.name())
    }

    /// Group and version of an `apiVersion`.
    pub(super) fn read(api_version: &str) -> Option<(Self, Version)> {
        let (group, version) = api_version.split_once('/')?;
        let group = Self::ALL.into_iter().find(|known| known.name() == group)?;
        Some((group, Version::ALL.into_iter().find(|known| known.word() == version)?))
    }
}

/// Which version each group is to be written in; `None`: objects of the group stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    split: Option<Version>,
    specs: Option<Version>,
    access: Option<Version>,
}

/// A word that asks for no version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVersion {
    /// What is wrong with it.
    pub message: String,
    /// What was probably meant.
    pub help: String,
}

impl Versions {
    /// Every group in its newest version.
    pub const NEWEST: Self = Self { split: Some(Version::NEWEST), specs: Some(Version::NEWEST), access: Some(Version::NEWEST) };

    /// Reads words such as `newest`, `v1alpha3`, `split/v1alpha2` or `access.smi-spec.io/v1alpha3`. A word with a group is
    /// about that group and goes before a word without one; groups that no word is about stay as they are.
    ///
    /// # Errors
    /// A word that is none of these, or two that contradict each other.
    pub fn read<'w>(words: impl IntoIterator<Item = &'w str>) -> Result<Self, UnknownVersion> {
        let (mut all, mut own) = (None, Self::default());
        for word in words {
            let (group, version) = read_word(word)?;
            let place = group.map_or(&mut all, |group| own.of_mut(group));
            if place.is_some_and(|before| before != version) {
                let what = group.map_or("every group", Group::word);
                let message = format!("two versions are asked for {what}");
                return Err(UnknownVersion { message, help: "write one of them".to_owned() });
            }
            *place = Some(version);
        }
        Ok(Self { split: own.split.or(all), specs: own.specs.or(all), access: own.access.or(all) })
    }

    /// The version that a group is to be written in.
    pub fn of(&self, group: Group) -> Option<Version> {
        match group {
            Group::Split => self.split,
            Group::Specs => self.specs,
            Group::Access => self.access,
        }
    }

    fn of_mut(&mut self, group: Group) -> &mut Option<Version> {
        match group {
            Group::Split => &mut self.split,
            Group::Specs => &mut self.specs,
            Group::Access => &mut self.access,
        }
    }
}

fn read_word(word: &str) -> Result<(Option<Group>, Version), UnknownVersion> {
    let lower = word.trim().to_ascii_lowercase();
    let found = match lower.split_once('/') {
        None => Version::of(&lower).map(|version| (None, version)),
        Some((group, version)) => {
            let group = Group::ALL.into_iter().find(|known| group == known.word() || group == known.name());
            group.zip(Version::of(version)).map(|(group, version)| (Some(group), version))
        }
    };
    found.ok_or_else(|| {
        let known = known_words();
        let help = match nearest(&lower, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean {near}?"),
            None => {
                "write newest, a version such as v1alpha3, or GROUP/VERSION with split, specs or access, such as split/v1alpha2".to_owned()
            }
        };
        UnknownVersion { message: format!("`{word}` is no SMI version"), help }
    })
}

fn known_words() -> Vec<String> {
    let versions = || Version::ALL.into_iter().map(Version::word);
    let of_group =
        |group: Group| versions().flat_map(move |version| [format!("{}/{version}", group.word()), format!("{}/{version}", group.name())]);
    std::iter::once("newest").chain(versions()).map(str::to_owned).chain(Group::ALL.into_iter().flat_map(of_group)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Version::{V1alpha2, V1alpha3, V1alpha4};
    use test_case::test_case;

    #[test_case(&["newest"], [Some(V1alpha4); 3] ; "newest")]
    #[test_case(&["v1alpha3"], [Some(V1alpha3); 3] ; "a version of every group")]
    #[test_case(&["split/v1alpha2"], [Some(V1alpha2), None, None] ; "one group")]
    #[test_case(&["Split.SMI-spec.io/v1alpha2"], [Some(V1alpha2), None, None] ; "its full name in any case")]
    #[test_case(&["split/v1alpha2", "newest"], [Some(V1alpha2), Some(V1alpha4), Some(V1alpha4)] ; "its own word goes first")]
    #[test_case(&["access/newest"], [None, None, Some(V1alpha4)] ; "newest of one group")]
    fn words(words: &[&str], want: [Option<Version>; 3]) {
        let read = Versions::read(words.iter().copied()).expect("known words");
        assert_eq!(Group::ALL.map(|group| read.of(group)), want);
    }

    #[test_case(&["splt/v1alpha2"], "did you mean split/v1alpha2?" ; "a near group")]
    #[test_case(&["v1alpha9"], "did you mean v1alpha" ; "a near version")]
    #[test_case(&["gateway-api"], "write newest" ; "something else")]
    #[test_case(&["split/v1alpha2", "split/v1alpha3"], "write one of them" ; "a contradiction")]
    fn refused(words: &[&str], help: &str) {
        let error = Versions::read(words.iter().copied()).expect_err("no version");
        assert!(error.help.contains(help), "{error:?}");
    }
}
