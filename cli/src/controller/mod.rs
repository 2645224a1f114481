//! `meshglot controller`: the mesh objects of a cluster follow its policy until a signal comes.

mod consul;
mod inject;
mod logs;
mod look;
mod probes;
mod serve;
mod view;
mod web;
mod webhook;
mod xds;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use meshglot_controller::{ConnectError, Crashed, Desk, Election, Reviewers, Settings, Signs, Told, connect};

use crate::args::ControllerArgs;
use crate::ends::Ends;
use crate::exit::{Exit, Failure, Outcome};
use crate::{Io, plan};
use look::Look;

/// So long an API server is answered that has not heard yet that another one is to be asked.
const LINGER: Duration = Duration::from_secs(3);

/// How long connections may take to end.
const GRACE: Duration = Duration::from_millis(100);

pub(crate) fn run(args: &ControllerArgs, io: &mut Io<'_>) -> Outcome {
    let chosen = plan::served(&args.serves, args.xds.xds_address.is_some())?;
    let signs = Signs::new().map_err(|error| Failure::new(Exit::Internal, error.to_string()))?;
    let consul = consul::access(&args.consul, &chosen)?;
    let desk = Desk::default();
    let mut settings = Settings {
        chosen,
        accepted: plan::accepted(&args.accepted)?,
        election: election(args),
        signs: signs.clone(),
        desk: desk.clone(),
        consul,
        serve: None,
        webhook: webhook::own(args),
    };
    let sidecars = inject::wanted(&args.injector)?;
    let listener = args.metrics_address.listen()?;
    let web = web::listen(&args.web)?;
    let webhook = webhook::listen(&args.webhook, settings.webhook.clone())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (client, address) =
        runtime.block_on(connect(args.kubeconfig.as_deref(), args.context.as_deref())).map_err(|error| cannot_connect(&error))?;
    let mut ends = Ends::of(&runtime)?;
    let shutdown = async move { ends.asked().await };
    let (level, _flushed) = logs::begin(args, io)?;
    let home = args.leader_elect.then_some(&*args.lease_namespace);
    let plane = xds::open(&args.xds, home, &client, &runtime)?;
    settings.serve = plane.as_ref().map(xds::serve);
    let look = plane.clone().map(|plane| {
        let _context = runtime.enter();
        Look::new(plane, client.clone(), desk.clone())
    });
    // In one write: whoever has read the first line may be gone.
    let served = listener.map(|listener| serve::start(&runtime, listener, signs, level, plane.clone(), look.clone())).transpose()?;
    let metrics = served.map(|address| format!("metrics        http://{address}/metrics\n")).unwrap_or_default();
    let inject = sidecars.map(|sidecars| inject::judge(sidecars, plane.as_deref(), &client, &runtime)).transpose()?;
    let leaves = Arc::<AtomicBool>::default();
    let reviewers = Reviewers { desk: desk.clone(), inject, metrics: settings.signs.metrics.clone(), leaves: leaves.clone() };
    let linger = if webhook.is_some() { LINGER } else { Duration::ZERO };
    let webhook = webhook.map(|webhook| webhook.start(&runtime, reviewers)).transpose()?.unwrap_or_default();
    let web = web.map(|web| web.start(&args.web, desk, look.clone(), &address)).transpose()?;
    let web = web.map(|url| format!("web            {url}\n")).unwrap_or_default();
    let plane = plane.map(|plane| format!("control plane  {}\n", plane.address())).unwrap_or_default();
    io.stdout.write_all(format!("cluster        {address}\n{metrics}{webhook}{web}{plane}").as_bytes())?;
    io.stdout.flush()?;
    let chosen = settings.chosen.clone();
    let tell = move |told: Told| {
        look.iter().for_each(|look| look.heard(&told));
        logs::line(&chosen, &told);
    };
    let ended = runtime.block_on(runtime.spawn(meshglot_controller::run(client, settings, tell, shutdown)));
    leaves.store(true, Ordering::Relaxed);
    std::thread::sleep(linger);
    runtime.shutdown_timeout(GRACE);
    match ended {
        Ok(Ok(())) => Ok(Exit::Ok),
        _ => Err(Failure::new(Exit::Internal, Crashed.to_string())),
    }
}

/// `None`: nobody else is asked.
fn election(args: &ControllerArgs) -> Option<Election> {
    let system = rustix::system::uname();
    let host = system.nodename();
    // Another run on the same host, and another pod of the same name, are others.
    let identity = format!("{}_{:08x}", host.to_string_lossy(), fastrand::u32(..));
    let duration = Duration::from_secs(args.lease_duration.into());
    args.leader_elect.then(|| Election { namespace: args.lease_namespace.clone(), identity, duration })
}

pub(crate) fn cannot_connect(error: &ConnectError) -> Failure {
    let exit = match error {
        ConnectError::Kubeconfig(_) => Exit::Invalid,
        ConnectError::Nowhere(_) | ConnectError::Silent { .. } => Exit::Unreachable,
    };
    Failure::new(exit, error.to_string())
}
