//! What access rules cost at the server's side: calls over mutual TLS that the last rule of so many allows.

use std::io;
use std::net::Ipv4Addr;

use meshglot_translator::render::RenderedObject;
use serde_json::{Map, Value, json};

use super::super::contender::{DataPlane, free_port};
use super::super::load::{Asked, Speaks, measure};
use super::super::options::Options;
use super::super::plane::Plane;
use super::super::resources as made;
use super::super::table::{self, median};
use super::super::{Behind, server_behind};

const SIZES: [usize; 5] = [1, 10, 100, 1_000, 10_000];

/// What tells rules apart.
#[derive(Clone, Copy, Debug)]
enum By {
    Prefix,
    Regex,
    Identity,
}

/// Everybody calls through one proxy of ours, so that both are called alike.
const CALLER: &str = "bench/caller";

/// A proxy in front of the server, and how it is reached.
struct Entry {
    data_plane: DataPlane,
    workload: String,
    /// Of the caller's proxy.
    door: u16,
    port: u16,
}

/// Prints the table.
pub(crate) fn run(options: &Options) -> io::Result<()> {
    let Behind { server: _server, ports, folder } = server_behind()?;
    let plane = Plane::start()?;
    let entries = DataPlane::all().into_iter().map(|data_plane| {
        let workload = format!("bench/{data_plane:?}-server").to_lowercase();
        io::Result::Ok(Entry { data_plane, workload, door: free_port()?, port: free_port()? })
    });
    let entries = entries.collect::<io::Result<Vec<_>>>()?;
    let _caller = DataPlane::Ours.start(CALLER, &plane, folder.path())?;
    let sidecars = entries.iter().map(|entry| entry.data_plane.start(&entry.workload, &plane, folder.path()));
    let sidecars = sidecars.collect::<io::Result<Vec<_>>>()?;
    println!("\nAccess rules, inbound over mutual TLS, the last of which allows the call\n");
    println!("{}", table::head("| Rules differ by | Rules | meshglot CPU µs | Envoy CPU µs | of it Envoy's | meshglot MiB | Envoy MiB |"));
    for by in [By::Prefix, By::Regex, By::Identity] {
        for size in SIZES {
            let policies = policies(by, size);
            let objects: Vec<RenderedObject> =
                made::constants().into_iter().chain(entries.iter().flat_map(|entry| of(entry, ports.http1, policies.clone()))).collect();
            plane.serve(&objects);
            plane.wait(entries.len() + 1);
            let mut costs = vec![Vec::new(); entries.len()];
            for _ in 0..options.rounds.div_ceil(2) {
                for (at, entry) in entries.iter().enumerate() {
                    let path = format!("/service/{}/items/42", size - 1);
                    let asked = Asked {
                        speaks: Speaks::Http1,
                        host: Ipv4Addr::LOCALHOST.into(),
                        port: entry.door,
                        is_anew: false,
                        path,
                        connections: 16,
                        streams: 1,
                        rate: 0,
                        seconds: options.seconds / 2.0,
                    };
                    let (answered, before, after) = measure(&asked, || sidecars[at].process.cpu())?;
                    costs[at].push((after - before) * 1e6 / answered.calls as f64);
                }
            }
            let costs: Vec<f64> = costs.into_iter().map(|costs| median(costs.into_iter())).collect();
            let cell = |at: usize, digits: usize| costs.get(at).map_or_else(|| "-".to_owned(), |cost| format!("{cost:.digits$}"));
            let memory = |at: usize| sidecars.get(at).map_or_else(|| "-".to_owned(), |sidecar| format!("{:.1}", sidecar.process.memory()));
            let ratio = costs.get(1).map_or_else(|| "-".to_owned(), |envoy| format!("{:.3} x", costs[0] / envoy));
            let by = format!("{by:?}").to_lowercase();
            println!("{}", table::row(&[by, size.to_string(), cell(0, 1), cell(1, 1), ratio, memory(0), memory(1)]));
        }
    }
    Ok(())
}

/// What leads from the caller to a proxy and through it.
fn of(entry: &Entry, server: u16, policies: Map<String, Value>) -> Vec<RenderedObject> {
    let Entry { data_plane: _, workload, door, port } = entry;
    let cluster = format!("{workload}/80");
    vec![
        made::explicit(CALLER, *door, &cluster),
        made::to_cluster(&cluster),
        made::assigned(&cluster, Some(workload), true),
        made::assigned_to(&cluster, *port, true),
        made::inbound(workload, *port),
        made::guarded(workload, *port, policies),
        made::application(workload, *port, server),
    ]
}

/// Keys ascend with the numbers, as both try them in the order of their keys.
fn policies(by: By, size: usize) -> Map<String, Value> {
    let caller = made::spiffe(CALLER);
    let one = |number: usize| match by {
        By::Prefix => made::policy(&caller, Some(json!({ "prefix": format!("/service/{number}/") }))),
        By::Regex => made::policy(&caller, Some(json!({ "safe_regex": { "regex": format!("(?:/service/{number}/[a-z]+/[0-9]+).*") } }))),
        By::Identity if number + 1 == size => made::policy(&caller, None),
        By::Identity => made::policy(&made::spiffe(&format!("bench/other-{number}")), None),
    };
    (0..size).map(|number| (format!("TrafficTarget/bench/{number:05}#any"), one(number))).collect()
}
