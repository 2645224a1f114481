//! The proxies of this machine: each has a folder, and answers on the socket in it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::UnixStream;

use crate::places::{Connecting, Place, Places, Stream, Way};

/// The socket in the folder of a proxy.
pub(crate) const SOCKET: &str = "admin.sock";

/// The folder in which proxies have theirs, named `NAMESPACE:NAME`.
#[derive(Debug)]
pub struct Folders(pub PathBuf);

/// That of one proxy.
struct Folder(PathBuf);

impl Places for Folders {
    fn found(&self) -> Option<BTreeMap<Arc<str>, Place>> {
        let entries = std::fs::read_dir(&self.0).into_iter().flatten().flatten();
        let place = |entry: std::fs::DirEntry| {
            // `/` occurs in no part of a name, and neither does `:`.
            let workload: Arc<str> = entry.file_name().to_str()?.replace(':', "/").into();
            let way = Arc::new(Folder(entry.path()));
            (workload.split('/').count() == 2).then(|| (workload.clone(), Place { workload, way }))
        };
        Some(entries.filter_map(place).collect())
    }

    fn are_always_read(&self) -> bool {
        true
    }

    fn nobody(&self) -> &'static str {
        "no proxy of it runs on this machine"
    }
}

impl Way for Folder {
    fn connect(&self) -> Connecting {
        let socket = self.0.join(SOCKET);
        Box::pin(async move { Ok(Box::new(UnixStream::connect(socket).await?) as Box<dyn Stream>) })
    }

    fn log(&self) -> Option<PathBuf> {
        Some(self.0.join("log"))
    }
}
