//! The forms of a rendering, one file each.

pub(crate) mod entries;
pub(crate) mod folder;
pub(crate) mod json;
pub(crate) mod manifests;
pub(crate) mod name;
pub(crate) mod yaml;

use std::path::PathBuf;

use crate::exit::{Exit, Failure};

/// `-o`.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    Yaml,
    Json,
    Name,
    Folder(PathBuf),
}

impl Format {
    pub(crate) fn parse(word: &str) -> Result<Self, Failure> {
        match word {
            "yaml" => Ok(Self::Yaml),
            "json" => Ok(Self::Json),
            "name" => Ok(Self::Name),
            _ => match word.strip_prefix("dir=") {
                Some("") => Err(Failure::new(Exit::Usage, "-o dir= needs a path")),
                Some(path) => Ok(Self::Folder(path.into())),
                None => {
                    let failure = Failure::new(Exit::Usage, format!("-o {word} is none of yaml, json, name, dir=PATH"));
                    Err(failure.did_you_mean(word, ["yaml", "json", "name", "dir="]))
                }
            },
        }
    }
}

/// What serialising a JSON value to YAML says when it fails, which it cannot.
pub(crate) fn unwritable(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Internal, format!("an object cannot be written as YAML: {error}"))
}
