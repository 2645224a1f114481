//! `-o dir=PATH`: one file per object, `BACKEND/NAMESPACE/KIND-NAME.yaml`.
//!
//! Files are ours if the list beside them says so. Nothing of anybody else is overwritten or removed, and a
//! file whose object is refused now stays as it was: what was in force stays in force.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use meshglot_translator::name::hash;
use meshglot_translator::render::{Backend, Rendered};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::yaml::document;
use crate::Io;
use crate::exit::{Exit, Failure};
use crate::plan::Plan;

/// The list of our files in one backend's folder.
const LIST: &str = ".meshglot.json";

/// What the list says of one file.
struct Owned {
    hash: String,
    sources: Vec<String>,
}

pub(crate) fn write(
    root: &Path,
    plan: &Plan,
    rendered: &[(&dyn Backend, Rendered<'_>)],
    provenance: bool,
    io: &mut Io<'_>,
) -> Result<(), Failure> {
    let troubled = troubled(plan);
    let mut staged = Vec::new();
    for (backend, rendered) in rendered {
        staged.push(Folder::stage(&root.join(backend.name()), rendered, provenance, &troubled)?);
    }
    // All conflicts were found and all bytes are on disk: only renames are left.
    for folder in staged {
        for kept in folder.commit()? {
            if !io.quiet {
                writeln!(io.stderr, "note: {} is kept as it was: what it was made from is not valid now", kept.display())?;
            }
        }
    }
    Ok(())
}

/// Objects that are there but not valid, or refused by a backend.
fn troubled(plan: &Plan) -> BTreeSet<String> {
    let told = plan.diagnostics.iter().filter(|d| d.severity == meshglot_translator::diagnostic::Severity::Error);
    let told = told.filter_map(|diagnostic| diagnostic.object.as_ref()).map(ToString::to_string);
    let refused = plan.losses().into_iter().filter(|loss| loss.fails()).map(|loss| loss.object.to_string());
    let invalid = plan.model.keys().filter(|key| !plan.model.is_valid(key)).map(ToString::to_string);
    told.chain(refused).chain(invalid).collect()
}

/// One backend's folder, everything written beside its place.
struct Folder {
    path: PathBuf,
    files: Vec<(NamedTempFile, PathBuf)>,
    removed: Vec<PathBuf>,
    kept: Vec<PathBuf>,
    list: Value,
}

impl Folder {
    fn stage(path: &Path, rendered: &Rendered<'_>, provenance: bool, troubled: &BTreeSet<String>) -> Result<Self, Failure> {
        let owned = read_list(path)?;
        let mut folder = Self { path: path.to_owned(), files: Vec::new(), removed: Vec::new(), kept: Vec::new(), list: Value::Null };
        let mut list = BTreeMap::new();
        for object in &rendered.objects {
            let text = document(object, provenance)?;
            let name = file_name(&object.id.namespace, &object.id.kind, &object.id.name);
            let target = path.join(&name);
            untouched(&target, owned.get(&name))?;
            let sources: Vec<String> = object.sources.iter().map(ToString::to_string).collect();
            list.insert(name, json!({"sha256": hash(text.as_bytes()), "sources": sources}));
            if fs::read(&target).is_ok_and(|old| old == text.as_bytes()) {
                continue;
            }
            folder.files.push((staged(&target, text.as_bytes())?, target));
        }
        for (name, old) in &owned {
            if list.contains_key(name) {
                continue;
            }
            let target = path.join(name);
            if old.sources.iter().any(|source| troubled.contains(source)) {
                list.insert(name.clone(), json!({"sha256": old.hash, "sources": old.sources}));
                folder.kept.push(target);
            } else {
                untouched(&target, Some(old))?;
                folder.removed.push(target);
            }
        }
        folder.list = json!({ "files": list });
        Ok(folder)
    }

    fn commit(self) -> Result<Vec<PathBuf>, Failure> {
        for (file, target) in self.files {
            file.persist(&target).map_err(|error| stopped(&target, &error.error))?;
        }
        for target in &self.removed {
            match fs::remove_file(target) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(stopped(target, &error)),
                _ => {
                    // An empty namespace folder is of no use; one with other files stays.
                    let _ = target.parent().map(fs::remove_dir);
                }
            }
        }
        let list = self.path.join(LIST);
        let text = format!("{:#}\n", self.list);
        staged(&list, text.as_bytes())?.persist(&list).map_err(|error| stopped(&list, &error.error))?;
        Ok(self.kept)
    }
}

/// `NAMESPACE/KIND-NAME.yaml`; names of xDS resources have slashes, which no Kubernetes name has.
fn file_name(namespace: &str, kind: &str, name: &str) -> String {
    format!("{}/{}-{}.yaml", namespace.replace('/', "_"), kind.to_lowercase(), name.replace('/', "_"))
}

fn read_list(path: &Path) -> Result<BTreeMap<String, Owned>, Failure> {
    let list = path.join(LIST);
    let text = match fs::read_to_string(&list) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(stopped(&list, &error)),
    };
    let value: Value = serde_json::from_str(&text).map_err(|error| {
        Failure::new(Exit::Conflict, format!("{}: not the list that meshglot wrote: {error}", list.display()))
            .help("delete the folder and render again")
    })?;
    let files = value["files"].as_object().into_iter().flatten();
    // A path that leads out of the folder is not ours, whatever the list says.
    let inside = files.filter(|(name, _)| !name.split('/').any(|part| part == "..") && !name.starts_with('/'));
    let owned = |value: &Value| Owned {
        hash: value["sha256"].as_str().unwrap_or_default().to_owned(),
        sources: value["sources"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
    };
    Ok(inside.map(|(name, value)| (name.clone(), owned(value))).collect())
}

/// Refuses to touch a file that somebody else wrote or changed.
fn untouched(target: &Path, owned: Option<&Owned>) -> Result<(), Failure> {
    let Ok(bytes) = fs::read(target) else { return Ok(()) };
    let conflict = |what: &str| Err(Failure::new(Exit::Conflict, format!("{}: {what}: nothing was written", target.display())));
    match owned {
        Some(owned) if owned.hash == hash(&bytes) => Ok(()),
        Some(_) => {
            conflict("changed since meshglot wrote it").map_err(|failure: Failure| failure.help("move or delete it, then render again"))
        }
        None => conflict("not written by meshglot").map_err(|failure: Failure| failure.help("choose another folder, or move the file")),
    }
}

/// The bytes in a temporary file beside their place, so that the rename cannot cross file systems.
pub(crate) fn staged(target: &Path, bytes: &[u8]) -> Result<NamedTempFile, Failure> {
    let parent = target.parent().unwrap_or(Path::new("."));
    let write = || {
        fs::create_dir_all(parent)?;
        let mut file = tempfile::Builder::new().prefix(".meshglot-").tempfile_in(parent)?;
        file.write_all(bytes)?;
        file.as_file().sync_data()?;
        Ok(file)
    };
    write().map_err(|error| stopped(target, &error))
}

pub(crate) fn stopped(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Conflict, format!("{}: {error}", path.display()))
}
