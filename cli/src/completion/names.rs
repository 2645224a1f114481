//! Names of the input: of what `-f` on the line gives, else of the manifests in the current folder.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap_complete::engine::CompletionCandidate;
use meshglot_translator::eval::Inventory;
use meshglot_translator::ir::{Kind, Protocol, Service};
use meshglot_translator::parse::{Source, parse};
use meshglot_translator::resolve::{Model, ReadOptions};

use super::line::Line;
use crate::args::Input;
use crate::{Io, input};

/// Somebody waits: what is larger in all is not looked at to the end.
const BYTES: usize = 4 << 20;

/// What is known of the input, and the namespace that names without one are in.
struct Known {
    model: Model,
    inventory: Inventory,
    namespace: String,
}

impl Known {
    /// Mistakes are for the command itself to tell.
    fn of(line: &Line) -> Self {
        let namespace = line.values("-n", "--namespace").last().map_or_else(|| "default".to_owned(), ToString::to_string);
        let given = line.values("-f", "--filename").into_iter().filter(|path| *path != "-").map(PathBuf::from);
        let mut filenames: Vec<PathBuf> = given.collect();
        if filenames.is_empty() {
            filenames.push(".".into());
        }
        let recursive = line.has("-R", "--recursive");
        let mut size = 0;
        let mut sources = read(&filenames, recursive);
        sources.retain(|source| {
            size += source.text().len();
            size <= BYTES
        });
        let (documents, _) = parse(&sources);
        let options = ReadOptions { lenient: true, default_namespace: namespace.as_str().into() };
        let model = Model::new(documents, options);
        Self { inventory: Inventory::of(&model), model, namespace }
    }

    /// How a name is written: alone in the namespace of the line, else with its own.
    fn within(&self, namespace: &str, name: &str) -> String {
        if namespace == self.namespace { name.to_owned() } else { format!("{namespace}/{name}") }
    }
}

/// What can be read of it.
fn read(filenames: &[PathBuf], recursive: bool) -> Vec<std::sync::Arc<Source>> {
    let one = |path: &PathBuf| {
        let wanted = Input { filenames: vec![path.clone()], recursive, namespace: String::new(), lenient: true, strict: false };
        let (mut none, mut out, mut err) = (std::io::empty(), std::io::sink(), std::io::sink());
        let mut io =
            Io { stdin: &mut none, stdout: &mut out, stderr: &mut err, colour: false, colour_out: false, unicode: true, quiet: true };
        input::read(&wanted, &mut io).map(|(sources, _)| sources).unwrap_or_default()
    };
    filenames.iter().flat_map(one).collect()
}

/// Every namespace that something is in.
pub(super) fn namespaces(line: &Line) -> Vec<CompletionCandidate> {
    // What has no namespace would be in the one that is typed now.
    let known = Known::of(&line.without("-n", "--namespace"));
    let names = known.inventory.namespaces().iter().map(|namespace| namespace.name.to_string());
    names.chain(["default".to_owned()]).collect::<BTreeSet<_>>().into_iter().map(CompletionCandidate::new).collect()
}

/// Who may call: ServiceAccounts and workloads; Services too once `svc/` is typed, and bare names once one is begun.
pub(super) fn callers(line: &Line, typed: &str) -> Vec<CompletionCandidate> {
    let known = Known::of(line);
    let workloads = known.inventory.workloads();
    let written = known.model.keys().filter(|key| key.kind == Kind::ServiceAccount).map(|key| (key.namespace.clone(), key.name.clone()));
    let used = workloads.iter().map(|workload| (workload.key.namespace.clone(), workload.service_account.clone()));
    let accounts: BTreeSet<_> = written.chain(used).map(|(namespace, name)| format!("sa/{}", known.within(&namespace, &name))).collect();
    let deploys = workloads.iter().filter(|workload| workload.key.kind == Kind::Deployment);
    let deploys: BTreeSet<_> = deploys.map(|one| format!("deploy/{}", known.within(&one.key.namespace, &one.key.name))).collect();
    let services = known.inventory.services().iter().filter(|_| typed.starts_with("svc/"));
    let services: BTreeSet<_> = services.map(|one| format!("svc/{}", known.within(&one.key.namespace, &one.key.name))).collect();
    let bare = accounts.iter().chain(&deploys).filter_map(|name| name.split_once('/')).map(|(_, name)| name.to_owned());
    let bare: BTreeSet<String> = bare.filter(|name| !typed.is_empty() && !name.contains('/')).collect();
    accounts.into_iter().chain(deploys).chain(services).chain(bare).map(CompletionCandidate::new).collect()
}

/// What may be called: Services, with a port where there are several or it is not 80.
pub(super) fn urls(line: &Line) -> Vec<CompletionCandidate> {
    let known = Known::of(line);
    let urls: BTreeSet<String> = known.inventory.services().iter().flat_map(|service| known.urls_of(service)).collect();
    urls.into_iter().map(CompletionCandidate::new).collect()
}

impl Known {
    fn urls_of(&self, service: &Service) -> Vec<String> {
        let own = *service.key.namespace == *self.namespace;
        let host = if own { service.key.name.to_string() } else { format!("{}.{}", service.key.name, service.key.namespace) };
        let url = |number: u16, protocol: Protocol| match (protocol, number) {
            (Protocol::Tcp, _) => format!("tcp://{host}:{number}"),
            (_, 80) => format!("http://{host}/"),
            _ => format!("http://{host}:{number}/"),
        };
        service.ports.iter().map(|port| url(port.number, port.protocol)).collect()
    }
}
