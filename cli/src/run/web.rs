//! The web view of a running mesh.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use meshglot_web::Settings;
use tokio::runtime::Runtime;

use super::Told;
use super::directory::Directory;
use crate::dashboard::{View, door, hosts};
use crate::exit::{Exit, Failure};

/// Serves it, and gives the address that opens it.
pub(super) fn open(
    address: SocketAddr,
    folder: &Path,
    directory: Arc<Directory>,
    runtime: &Runtime,
    tell: &Sender<Told>,
) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::new(Exit::of_address(&error), format!("--web: cannot listen on {address}: {error}"));
    let listener = runtime.block_on(tokio::net::TcpListener::bind(address)).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let next = tell.clone();
    let door = door(move |token| {
        // Nobody listens any more when it ends.
        let _ = next.send(Told::Web(View { address, base: "/" }.url(Some(token))));
    })?;
    let input = vec!["-f".to_owned(), folder.display().to_string(), "-R".to_owned()];
    let settings = Settings { base: "/".to_owned(), hosts: hosts(address, &[]), door: Some(door.clone()), input, pipe: None };
    let router = meshglot_web::router(directory, settings);
    let tell = tell.clone();
    runtime.spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            let _ = tell.send(Told::End(Err(format!("cannot serve the web view: {error}"))));
        }
    });
    Ok(View { address, base: "/" }.url(Some(&door.token())))
}
