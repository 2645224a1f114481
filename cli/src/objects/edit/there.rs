//! `meshglot apply` to a cluster: server-side apply, which is tried as a whole before anything is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use kube::api::{Patch, PatchParams};
use kube::core::ApiResource;
use meshglot_translator::ir::{Kind, ObjectKey};
use meshglot_translator::parse::Document;
use meshglot_translator::resolve::ReadOptions;
use serde_json::{Value, json};

use super::super::resource::Resource;
use super::super::select::Selected;
use super::super::wait::{Until, wait};
use super::apply::wanted;
use crate::Io;
use crate::args::ApplyArgs;
use crate::cluster::{Asked, Cluster, conflicts, failed, told};
use crate::exit::{Exit, Failure, Outcome};

/// Who writes, to the API server.
const MANAGER: &str = "meshglot-cli";

/// One object of the input.
struct Write {
    key: ObjectKey,
    kind: ApiResource,
    body: Value,
    /// As it is there.
    before: Option<Value>,
    /// `created`, `configured` or `unchanged`.
    done: &'static str,
}

pub(super) fn apply(asked: &Asked, cluster: &Cluster, args: &ApplyArgs, io: &mut Io<'_>) -> Outcome {
    let namespace = args.namespace.as_deref().unwrap_or(cluster.namespace());
    let options = ReadOptions { lenient: false, default_namespace: namespace.into() };
    let wanted = wanted(args, &options, io)?;
    let mut writes = Vec::new();
    for (key, document) in &wanted {
        writes.push(Write::of(key, document, cluster)?);
    }
    // What is in a namespace comes after it.
    writes.sort_by_key(|write| write.key.kind != Kind::Namespace);
    let force = args.force_conflicts;
    for write in &mut writes {
        write.attempt(cluster, force, &wanted)?;
    }
    let object = |write: &Write| Resource(write.key.kind).named(&write.key.name);
    if args.dry_run {
        let word = |done: &str| if done == "unchanged" { done.to_owned() } else { format!("would be {done}") };
        writes.iter().try_for_each(|write| writeln!(io.stdout, "{} {}", object(write), word(write.done)))?;
        return Ok(if writes.iter().all(|write| write.done == "unchanged") { Exit::Ok } else { Exit::No });
    }
    for write in &writes {
        write.send(cluster, PatchParams::apply(MANAGER), force)?;
        writeln!(io.stdout, "{} {}", object(write), write.done)?;
    }
    if !args.wait {
        return Ok(Exit::Ok);
    }
    io.stdout.flush()?;
    let policy: Vec<&ObjectKey> = wanted.keys().filter(|key| key.kind.is_neutral()).collect();
    if policy.is_empty() {
        return Ok(Exit::Ok);
    }
    let ready = Until::Condition { type_: "Ready".to_owned(), status: "True".to_owned() };
    wait(asked, &ready, &Selected::named(policy), args.writing.timeout, io)
}

impl Write {
    fn of(key: &ObjectKey, document: &Arc<Document>, cluster: &Cluster) -> Result<Self, Failure> {
        let mut body = document.root().to_json();
        if let Some(fields) = body.as_object_mut() {
            fields.remove("status");
        }
        let metadata = &mut body["metadata"];
        if !key.namespace.is_empty() {
            metadata["namespace"] = json!(&*key.namespace);
        }
        // What the API server has said of an object is none of anybody's wishes.
        for name in ["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp"] {
            metadata.as_object_mut().map(|metadata| metadata.remove(name));
        }
        let Some(mut kind) = cluster.read(cluster.reader.kind(key.kind))? else {
            let what = format!("{key}: the cluster does not have {} ({}): nothing was written", key.kind.name(), key.kind.group());
            return Err(
                Failure::new(Exit::Unreachable, what).help("`meshglot crds | kubectl apply --server-side -f -` installs what is ours")
            );
        };
        let before = cluster.read(cluster.reader.get(&kind.api, &key.namespace, &key.name))?;
        // As it is written: the API server knows the versions of its kinds.
        let api_version = body["apiVersion"].as_str().unwrap_or_default().to_owned();
        kind.api.version = api_version.rsplit('/').next().unwrap_or_default().to_owned();
        kind.api.api_version = api_version;
        Ok(Self { key: key.clone(), kind: kind.api, body, before, done: "created" })
    }

    /// Asks what would come of it.
    fn attempt(&mut self, cluster: &Cluster, force: bool, wanted: &BTreeMap<ObjectKey, Arc<Document>>) -> Result<(), Failure> {
        let place = ObjectKey { kind: Kind::Namespace, namespace: "".into(), name: self.key.namespace.clone() };
        let is_new = self.before.is_none() && wanted.contains_key(&place);
        if is_new && !cluster.has_namespace(&place.name)? {
            // Nobody can say before the namespace is there.
            return Ok(());
        }
        let after = self.send(cluster, PatchParams::apply(MANAGER).dry_run(), force)?;
        self.done = match &self.before {
            None => "created",
            Some(before) if said(before) == said(&after) => "unchanged",
            Some(_) => "configured",
        };
        Ok(())
    }

    fn send(&self, cluster: &Cluster, parameters: PatchParams, force: bool) -> Result<Value, Failure> {
        let is_dry = parameters.dry_run;
        let parameters = if force { parameters.force() } else { parameters };
        let patch = Patch::Apply(self.body.clone());
        cluster.write(&self.kind, (&self.key.namespace, &self.key.name), &parameters, &patch).map_err(|error| {
            let (key, conflicts) = (&self.key, conflicts(&error));
            let rest = if is_dry { ": nothing was written" } else { "" };
            if conflicts.is_empty() {
                return failed(&format!("{key}{rest}"), &error);
            }
            let what = format!("{key}: others own fields that differ: {}{rest}", told(&conflicts));
            Failure::new(Exit::Conflict, what).help("--force-conflicts becomes the owner")
        })
    }
}

/// What people see of an object: without what the API server keeps about it.
fn said(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
        // It may have been asked for in another version.
        fields.remove("apiVersion");
    }
    for name in ["managedFields", "resourceVersion", "generation"] {
        object["metadata"].as_object_mut().map(|metadata| metadata.remove(name));
    }
    object
}
