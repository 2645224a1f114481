//! Files as they stand in a commit, by the `git` that the user has: its configuration, worktrees and partial clones are
//! git's own business.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use meshglot_translator::diagnostic::Diagnostic;
use meshglot_translator::parse::Source;

use crate::exit::{Exit, Failure};
use crate::input::{is_manifest, take};

/// The manifests at these paths in a commit, named `REF:path`. A path that is not there has none.
pub(crate) fn read(reference: &str, paths: &[PathBuf], recursive: bool) -> Result<(Vec<Arc<Source>>, Vec<Diagnostic>), Failure> {
    let (mut sources, mut diagnostics) = (Vec::new(), Vec::new());
    for path in paths {
        let place = Place::of(path)?;
        let commit = place.commit(reference)?;
        for file in place.files(&commit, recursive)? {
            let bytes = place.git([OsStr::new("cat-file"), OsStr::new("blob"), OsStr::new(&format!("{commit}:{file}"))])?;
            take(&format!("{reference}:{file}"), bytes, &mut sources, &mut diagnostics);
        }
    }
    Ok((sources, diagnostics))
}

/// A path inside of a working tree.
struct Place {
    /// The top of the tree.
    top: PathBuf,
    /// The path below it, `/` between its parts; empty for the top.
    below: String,
    is_folder: bool,
}

impl Place {
    fn of(path: &Path) -> Result<Self, Failure> {
        // What is gone from the working tree is looked for beside what is left of it.
        let is_folder = path.is_dir() || path.extension().is_none();
        let there = path.ancestors().find(|place| place.is_dir()).filter(|place| !place.as_os_str().is_empty());
        let folder = there.unwrap_or(Path::new("."));
        let top = run(folder, ["rev-parse", "--show-toplevel"])?;
        let prefix = run(folder, ["rev-parse", "--show-prefix"])?;
        let rest = path.strip_prefix(folder).unwrap_or(path);
        let rest: Vec<String> = rest
            .components()
            .filter_map(|part| match part {
                std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
                _ => None,
            })
            .collect();
        let below = format!("{}{}", line(&prefix), rest.join("/"));
        Ok(Self { top: line(&top).into(), below: below.trim_end_matches('/').to_owned(), is_folder })
    }

    fn git<'a>(&self, arguments: impl IntoIterator<Item = &'a OsStr>) -> Result<Vec<u8>, Failure> {
        run(&self.top, arguments)
    }

    /// The commit that a reference means, so that nothing is read between two moves of a branch.
    fn commit(&self, reference: &str) -> Result<String, Failure> {
        let wanted = format!("{reference}^{{commit}}");
        let found = run(&self.top, ["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]);
        let unknown = || {
            let failure = Failure::new(Exit::Invalid, format!("git: there is no commit `{reference}`"));
            failure.help("fetch it first, or name another: git branch -a")
        };
        Ok(line(&found.map_err(|_| unknown())?))
    }

    /// Manifests at the path, sorted, below folders only where asked.
    fn files(&self, commit: &str, recursive: bool) -> Result<Vec<String>, Failure> {
        let everywhere = ["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit, "--"];
        let below = (!self.below.is_empty()).then_some(self.below.as_str());
        let listed = run(&self.top, everywhere.into_iter().chain(below))?;
        let listed = String::from_utf8_lossy(&listed);
        let wanted = |file: &&str| {
            if !self.is_folder || *file == self.below {
                return true;
            }
            let inside = file.strip_prefix(&self.below).unwrap_or(file).trim_start_matches('/');
            let hidden = inside.split('/').any(|part| part.starts_with('.'));
            (recursive || !inside.contains('/')) && !hidden && is_manifest(Path::new(file))
        };
        Ok(listed.split('\0').filter(|file| !file.is_empty()).filter(wanted).map(str::to_owned).collect())
    }
}

fn line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches(['\n', '\r']).to_owned()
}

fn run<'a, S: AsRef<OsStr> + ?Sized + 'a>(folder: &Path, arguments: impl IntoIterator<Item = &'a S>) -> Result<Vec<u8>, Failure> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| Failure::new(Exit::Invalid, format!("git cannot be run: {error}")))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = line(&output.stderr);
    let said = said.lines().next().unwrap_or_default().trim_start_matches("fatal: ");
    Err(Failure::new(Exit::Invalid, format!("git: {said}")))
}
