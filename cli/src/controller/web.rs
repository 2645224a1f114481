//! The web view of a controller, on every replica.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use meshglot_controller::{Desk, policy_names};
use meshglot_web::{Pipe, Settings, router};
use tokio::runtime::Builder;
use tracing::{info, warn};

use super::look::Look;
use super::view::View;
use crate::args::{WebArgs, WebAuth};
use crate::dashboard::{self, door, hosts};
use crate::exit::{Exit, Failure};

/// A port that is taken for the view.
pub(super) struct Web(TcpListener);

/// Takes the port; `None`: no view is wanted.
///
/// # Errors
/// The address cannot be listened on.
pub(super) fn listen(args: &WebArgs) -> Result<Option<Web>, Failure> {
    let Some(address) = args.web_address else { return Ok(None) };
    TcpListener::bind(address).map(Web).map(Some).map_err(|error| {
        Failure::new(Exit::of_address(&error), format!("--web-address: cannot listen on {address}: {error}"))
            .help("port 0 takes one that is free, and tells it")
    })
}

impl Web {
    /// Answers until the process ends; where that is, without a token. A runtime of its own keeps readers from the controller.
    ///
    /// # Errors
    /// There are no random numbers, or the socket cannot be used.
    pub(super) fn start(self, args: &WebArgs, desk: Desk, look: Option<Arc<Look>>, cluster: &str) -> Result<String, Failure> {
        let address = self.0.local_addr()?;
        self.0.set_nonblocking(true)?;
        let base = args.web_base_path.clone();
        let url = move |token: Option<&str>| dashboard::View { address, base: &base }.url(token);
        let bare = url(None);
        let door = match args.web_auth {
            WebAuth::None => {
                if !address.ip().is_loopback() {
                    warn!("the web view shows all policy to whoever reaches {address}: --web-auth=token, or an address of 127.0.0.0/8");
                }
                None
            }
            WebAuth::Token => {
                let next = url.clone();
                let door = door(move |token| info!("the web view opens once at {}", next(Some(token))))?;
                info!("the web view opens once at {}", url(Some(&door.token())));
                Some(door)
            }
        };
        // Commands read what is piped to them: there are no files.
        let input = ["-f", "-"].map(str::to_owned).into();
        let settings = Settings {
            base: args.web_base_path.clone(),
            hosts: hosts(address, &args.web_host).named_by("--web-host"),
            door,
            input,
            pipe: Some(pipe(cluster)),
        };
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let view = View::new(desk, look, runtime.handle());
        let listener = {
            let _context = runtime.enter();
            tokio::net::TcpListener::from_std(self.0)?
        };
        // It ends with the process.
        thread::spawn(move || runtime.block_on(async { axum::serve(listener, router(view, settings)).await }));
        Ok(bare)
    }
}

/// What prints the same policy, to somebody who asks the same cluster.
fn pipe(cluster: &str) -> Pipe {
    // What may not be installed would make it fail.
    let kinds: Vec<String> = policy_names().filter(|name| name != "referencegrants.gateway.networking.k8s.io").collect();
    let words = ["kubectl", "get", &kinds.join(","), "-A", "-o", "yaml"].map(str::to_owned).into();
    Pipe { name: cluster.trim_end_matches('/').to_owned(), words, asks: vec!["kubectl".to_owned()] }
}
