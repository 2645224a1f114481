//! The discovery chain of a name: its router, then splitters, then resolvers, as the server compiles them.

use std::sync::Arc;

use super::defaults::Protocol;
use super::entries::Entries;
use super::fields::Read;
use super::message::HeaderChanges;
use super::resolver::{Filter, Rewrite};
use super::splitter::{Percent, Split};

/// What a caller's proxy knows about one name.
pub(super) struct Chain {
    pub(super) protocol: Protocol,
    /// Where each route leads, in the order of the router's routes; the last is the one that takes the rest.
    pub(super) routes: Vec<Vec<Leaf>>,
    /// A splitter decides about the rest.
    pub(super) is_split: bool,
}

/// One weighted cluster of a route.
pub(super) struct Leaf {
    /// Relative to the other leaves of the route.
    pub(super) weight: u64,
    pub(super) headers: HeaderChanges,
    pub(super) target: Target,
    /// Where calls go instead while the target has no instance, in order.
    pub(super) failover: Vec<Read<Target>>,
}

/// Instances of one service.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) service: Arc<str>,
    pub(super) subset: String,
    pub(super) filter: Filter,
}

/// Splitters behind splitters multiply: nobody writes so many by hand.
const MOST_LEAVES: usize = 10_000;

struct Compiler<'e> {
    entries: &'e Entries,
    name: &'e str,
    protocol: Option<Protocol>,
    advanced: bool,
}

/// The chain of a name; an error if the server refuses such entries, or they hold something not modelled.
///
/// # Source
/// Consul `agent/consul/discoverychain/compile.go`.
pub(super) fn compile(entries: &Entries, name: &str) -> Read<Chain> {
    let mut compiler = Compiler { entries, name, protocol: None, advanced: false };
    let routes = compiler.routes()?;
    let protocol = compiler.protocol.unwrap_or(Protocol::Tcp);
    if compiler.advanced && !protocol.is_http() {
        return Err(format!("the server refuses to route or split {name:?}, which speaks tcp"));
    }
    for leaves in &routes {
        if leaves.iter().all(|leaf| leaf.weight == 0) {
            return Err(format!("Envoy refuses weights that are all 0, behind {name:?}"));
        }
    }
    Ok(Chain { protocol, routes, is_split: entries.splitters.contains_key(name) })
}

impl Compiler<'_> {
    fn routes(&mut self) -> Read<Vec<Vec<Leaf>>> {
        let name = self.name;
        let mut routes = Vec::new();
        if let Some(router) = self.entries.routers.get(name) {
            let router = router.as_ref().map_err(|why| format!("ServiceRouter/{name}: {why}"))?;
            self.advanced = true;
            self.record(name)?;
            for route in router {
                let service = if route.service.is_empty() { name } else { &route.service };
                routes.push(match route.subset.as_str() {
                    "" => self.split_or_resolve(service, &[])?,
                    subset => vec![self.resolve(service, subset)?],
                });
            }
        }
        routes.push(self.split_or_resolve(name, &[])?);
        Ok(routes)
    }

    /// All members of a chain speak the same.
    fn record(&mut self, service: &str) -> Read<()> {
        let protocol = self.entries.dialled(service)?;
        match self.protocol {
            Some(other) if other != protocol => {
                Err(format!("the server refuses different protocols behind {:?}: {service:?} speaks another", self.name))
            }
            _ => {
                self.protocol = Some(protocol);
                Ok(())
            }
        }
    }

    /// `above`: the splitters on the way here.
    fn split_or_resolve(&mut self, service: &str, above: &[&str]) -> Read<Vec<Leaf>> {
        let Some(splits) = self.entries.splitters.get(service) else { return Ok(vec![self.resolve(service, "")?]) };
        let splits = splits.as_ref().map_err(|why| format!("ServiceSplitter/{service}: {why}"))?;
        if above.contains(&service) {
            return Err(format!("the server refuses splitters in a circle: {service:?}"));
        }
        self.advanced = true;
        let above = [above, &[service]].concat();
        let mut leaves = Vec::new();
        for (split, percent, headers) in self.flattened(service, splits, &above)? {
            let to = if split.service.is_empty() { service } else { &split.service };
            leaves.push(Leaf { weight: percent.weight(), headers, ..self.resolve(to, &split.subset)? });
        }
        Ok(leaves)
    }

    /// Splitters behind a splitter become its own splits. One that names itself, or a subset, ends there.
    fn flattened(&mut self, service: &str, splits: &[Split], above: &[&str]) -> Read<Vec<(Split, Percent, HeaderChanges)>> {
        let entries = self.entries;
        let mut flat = Vec::new();
        for split in splits {
            let to = if split.service.is_empty() { service } else { &split.service };
            let inner = entries.splitters.get(to).filter(|_| to != service && split.subset.is_empty());
            let Some(inner) = inner else {
                let ends = Split { service: to.to_owned(), ..split.clone() };
                flat.push((ends, split.percent, split.headers.clone()));
                continue;
            };
            if above.contains(&to) {
                return Err(format!("the server refuses splitters in a circle: {to:?}"));
            }
            let inner = inner.as_ref().map_err(|why| format!("ServiceSplitter/{to}: {why}"))?;
            for (leaf, percent, headers) in self.flattened(to, inner, &[above, &[to]].concat())? {
                flat.push((leaf, percent.of(split.percent), headers.within(&split.headers)));
            }
            if flat.len() > MOST_LEAVES {
                return Err(format!("more than {MOST_LEAVES} destinations behind {service:?}"));
            }
        }
        Ok(flat)
    }

    /// The whole of the traffic to one target.
    fn resolve(&mut self, service: &str, subset: &str) -> Read<Leaf> {
        let target = self.target(service, subset)?;
        let rewrites = self.entries.resolvers.get(&*target.service).and_then(|read| read.as_ref().ok());
        let mut failover = Vec::new();
        for rewrite in rewrites.map_or(&[][..], |resolver| resolver.failover(&target.subset)) {
            match rewrite {
                Err(why) => failover.push(Err(format!("failover of ServiceResolver/{}: {why}", target.service))),
                Ok(rewrite) => {
                    let (service, subset) = rewritten((&target.service, &target.subset), rewrite);
                    failover.push(Ok(self.target(&service, &subset)?));
                }
            }
        }
        Ok(Leaf { weight: 1, headers: HeaderChanges::default(), target, failover })
    }

    /// Follows redirects and default subsets.
    fn target(&mut self, service: &str, subset: &str) -> Read<Target> {
        let mut at = (service.to_owned(), subset.to_owned());
        let mut been: Vec<(String, String)> = Vec::new();
        loop {
            let (service, subset) = &at;
            self.record(service)?;
            if been.contains(&at) {
                return Err(format!("the server refuses redirects in a circle: {service:?}"));
            }
            been.push(at.clone());
            let filter = match self.entries.resolvers.get(service) {
                None if subset.is_empty() => Filter::All,
                None => return Err(format!("the server refuses the subset {subset:?}, which {service:?} does not have")),
                Some(Err(why)) => return Err(format!("ServiceResolver/{service}: {why}")),
                Some(Ok(resolver)) => {
                    let redirected = resolver.redirect.as_ref().map(|redirect| rewritten((service, subset), redirect));
                    if let Some(other) = redirected.filter(|other| *other != at) {
                        at = other;
                        continue;
                    }
                    if subset.is_empty() && !resolver.default_subset.is_empty() {
                        at = (service.clone(), resolver.default_subset.clone());
                        continue;
                    }
                    match resolver.subsets.get(subset) {
                        Some(filter) => filter.clone(),
                        None if subset.is_empty() => Filter::All,
                        None => return Err(format!("the server refuses the subset {subset:?}, which {service:?} does not have")),
                    }
                }
            };
            return Ok(Target { service: service.as_str().into(), subset: subset.clone(), filter });
        }
    }
}

/// Another service drops the subset, unless it is named too.
///
/// # Source
/// Consul `rewriteTarget`.
fn rewritten((service, subset): (&str, &str), rewrite: &Rewrite) -> (String, String) {
    let same = rewrite.service.is_empty() || rewrite.service == service;
    let kept = if same { subset } else { "" };
    let subset = if rewrite.subset.is_empty() { kept } else { &rewrite.subset };
    (if same { service } else { &rewrite.service }.to_owned(), subset.to_owned())
}
