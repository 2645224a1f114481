//! Meshes are edited: each as it was looked at, or not at all.

use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::ApiResource;
use meshglot_translator::ir::Kind;
use meshglot_translator::render::ObjectId;
use serde_json::{Value, json};

use super::edits::Edit;
use crate::Io;
use crate::check::Check;
use crate::cluster::{Cluster, failed, managers, resource};
use crate::exit::{Exit, Failure};

/// Who writes, to the API server.
const MANAGER: &str = "meshglot-switch";

const CATEGORY: &str = "server";

/// So often a status may be written between a look and an edit.
const TRIES: u32 = 5;

/// Edits all, in their order.
pub(super) fn all(cluster: &Cluster, edits: &[Edit], io: &mut Io<'_>) -> Result<(), Failure> {
    let kind = kind(cluster)?;
    for edit in edits {
        one(cluster, &kind, edit, false).map_err(|error| match &error {
            kube::Error::Api(status) if status.code == 409 => {
                let failure = Failure::new(Exit::Conflict, format!("Mesh/{} was edited meanwhile: it stays as it is", edit.name()));
                failure.help("the same command again works with what is there now")
            }
            _ => failed(&format!("cannot write Mesh/{}", edit.name()), &error),
        })?;
        writeln!(io.stdout, "{}", edit.words(io.arrow()))?;
        if let Edit::Change { before, .. } = edit {
            for other in managers(before).iter().filter(|other| other.operation == "Apply") {
                writeln!(io.stderr, "warning: {} applies Mesh/{}, too: edit it there, or it is turned back", other.name, edit.name())?;
            }
        }
    }
    Ok(())
}

/// What the API server would say to each write.
pub(super) fn tried(cluster: &Cluster, edits: &[Edit], bodies: &[(ObjectId, Value)]) -> Vec<Check> {
    let mut checks = Vec::new();
    let told = |what: String, error: &kube::Error| {
        Check::error(CATEGORY, failed(&format!("the API server would not take {what}"), error).message())
    };
    match kind(cluster) {
        Err(failure) => checks.push(Check::error(CATEGORY, failure.message())),
        Ok(kind) => {
            for edit in edits {
                checks.extend(one(cluster, &kind, edit, true).err().map(|error| told(format!("Mesh/{}", edit.name()), &error)));
            }
        }
    }
    for (id, body) in bodies {
        let kind = ApiResource { plural: plural(id), ..resource(&id.api_version, &id.kind) };
        let parameters = PatchParams::apply(meshglot_controller::MANAGER).dry_run();
        let answer = cluster.write(&kind, (&id.namespace, &id.name), &parameters, &Patch::Apply(body.clone()));
        checks.extend(answer.err().map(|error| told(id.path(), &error)));
    }
    if checks.is_empty() {
        checks.push(Check::ok(CATEGORY, "the API server would take every write"));
    }
    checks
}

/// As paths of the API server spell it.
fn plural(id: &ObjectId) -> String {
    let all = meshglot_registry::all().into_iter().flat_map(|backend| backend.kinds());
    let found = all.clone().find(|kind| kind.kind == id.kind && id.api_version.starts_with(kind.group));
    found.map_or_else(String::new, |kind| kind.plural.to_owned())
}

fn kind(cluster: &Cluster) -> Result<ApiResource, Failure> {
    let found = cluster.read(cluster.reader.kind(Kind::Mesh))?;
    Ok(found.ok_or_else(|| Failure::new(Exit::Unreachable, "the cluster has no kind Mesh"))?.api)
}

fn one(cluster: &Cluster, kind: &ApiResource, edit: &Edit, is_dry: bool) -> Result<(), kube::Error> {
    let api = cluster.reader.api(kind, None);
    match edit {
        Edit::Create(mesh) => {
            let parameters = PostParams { dry_run: is_dry, field_manager: Some(MANAGER.to_owned()) };
            let made = serde_json::from_value(mesh.clone()).map_err(kube::Error::SerdeError)?;
            cluster.wait(cluster.reader.ask(async || api.create(&parameters, &made).await)).map(drop)
        }
        Edit::Change { before, after } => {
            // Nothing else of it, and only of what was looked at.
            let spec = json!({"backend": after["spec"]["backend"], "namespaceSelector": after["spec"]["namespaceSelector"]});
            let parameters = PatchParams { dry_run: is_dry, field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
            let write = |version: &Value| {
                let patch = json!({"metadata": {"resourceVersion": version}, "spec": spec});
                cluster.write(kind, ("", edit.name()), &parameters, &Patch::Merge(patch)).map(drop)
            };
            let mut written = write(&before["metadata"]["resourceVersion"]);
            for _ in 0..TRIES {
                let Err(kube::Error::Api(status)) = &written else { break };
                let newest = if status.code == 409 { cluster.read(cluster.reader.get(kind, "", edit.name())).ok().flatten() } else { None };
                // A controller has told how it stands, which is no edit.
                let Some(newest) = newest.filter(|newest| newest["metadata"]["generation"] == before["metadata"]["generation"]) else {
                    break;
                };
                written = write(&newest["metadata"]["resourceVersion"]);
            }
            written
        }
        Edit::Delete(mesh) => {
            let version = mesh["metadata"]["resourceVersion"].as_str().map(str::to_owned);
            let preconditions = Preconditions { resource_version: version, uid: None };
            let parameters = DeleteParams { dry_run: is_dry, preconditions: Some(preconditions), ..DeleteParams::default() };
            cluster.wait(cluster.reader.ask(async || api.delete(edit.name(), &parameters).await)).map(drop)
        }
    }
}
