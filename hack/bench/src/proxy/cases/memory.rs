//! What a proxy holds that has little to do, and one that reads a thousand clusters.

use std::io;
use std::time::Duration;

use meshglot_translator::render::RenderedObject;

use super::super::contender::{DataPlane, free_port};
use super::super::options::Options;
use super::super::plane::Plane;
use super::super::resources as made;
use super::super::table;
use super::super::{Behind, server_behind};

/// Each with its address and its own virtual host.
const CLUSTERS: usize = 1_000;

/// After this much quiet nothing is under way.
const QUIET: Duration = Duration::from_secs(2);

/// Prints the table; proxies are new for each size.
pub(crate) fn run(_: &Options) -> io::Result<()> {
    println!("\nMemory, resident\n\n{}", table::head("| Proxy | Clusters | MiB | of it no file |"));
    for clusters in [1, CLUSTERS] {
        for data_plane in DataPlane::all() {
            let Behind { server: _server, ports, folder } = server_behind()?;
            let plane = Plane::start()?;
            let sidecar = data_plane.start("bench/reader", &plane, folder.path())?;
            plane.serve(&view(clusters, ports.http1)?);
            plane.wait(1);
            std::thread::sleep(QUIET);
            let (all, own) = (sidecar.process.memory(), sidecar.process.own_memory());
            println!("{}", table::row(&[data_plane.name().to_owned(), clusters.to_string(), format!("{all:.1}"), format!("{own:.1}")]));
        }
    }
    Ok(())
}

fn view(clusters: usize, server: u16) -> io::Result<Vec<RenderedObject>> {
    let service = |number: usize| (format!("svc-{number}.bench"), format!("bench/svc-{number}/80"));
    let services: Vec<(String, String)> = (0..clusters).map(service).collect();
    let behind = services.iter().enumerate().flat_map(|(number, (_, name))| {
        [made::assigned(name, Some(&format!("bench/svc-{number}")), true), made::assigned_to(name, server, false)]
    });
    let mut objects: Vec<RenderedObject> = made::constants().into_iter().chain(behind).collect();
    objects.push(made::by_host("explicit/bench/80", &services));
    objects.push(made::explicit("bench/reader", free_port()?, "explicit/bench/80"));
    Ok(objects)
}
