//! The Workloads of this machine, each with a proxy that is started here.

use std::collections::BTreeMap;
use std::net::{IpAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use meshglot_agent::Event;
use meshglot_control::{Control, shares_machine};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::Told;
use super::state::folder_name;
use crate::proxy::{Beside, Chosen};

/// Proxies that were started here.
pub(super) struct Local {
    control: Arc<Control>,
    chosen: Chosen,
    folder: PathBuf,
    tell: Sender<Told>,
    running: BTreeMap<String, (watch::Sender<bool>, JoinHandle<()>)>,
    told: Option<String>,
}

impl Local {
    pub(super) fn new(control: Arc<Control>, chosen: Chosen, folder: PathBuf, tell: Sender<Told>) -> Self {
        Self { control, chosen, folder, tell, running: BTreeMap::new(), told: None }
    }

    /// Starts what is new on this machine, and ends what is not there any more.
    pub(super) fn follow(&mut self) {
        let workloads = self.control.workloads();
        let here: Vec<(&str, IpAddr)> =
            workloads.iter().filter(|(_, address)| is_here(**address)).map(|(name, address)| (name.as_str(), *address)).collect();
        // One that could not begin is tried again with the next edit.
        self.running.retain(|name, (stop, task)| {
            let stays = here.iter().any(|(here, _)| here == name);
            if !stays {
                let _ = stop.send(true);
            }
            stays && !task.is_finished()
        });
        let (shared, alone): (Vec<_>, Vec<_>) = here.iter().partition(|(_, address)| shares_machine(*address));
        match alone[..] {
            [] if shared.is_empty() => self.note("no Workload with a proxy has an address of this machine: no proxy is started"),
            [] => {}
            [(one, _)] => self.start_once(one),
            // Both would listen on the same ports, and the system would share calls out among them.
            [(one, _), (other, _), ..] => self.note(&format!(
                "the Workloads {one} and {other} are both of this machine, and their proxies would listen on the same ports: start each \
                 with `meshglot proxy run` in a network namespace of its own, or give each a loopback address of its own"
            )),
        }
        if here.len() > 1 && self.chosen.hide_metrics() {
            self.note("--metrics would tell of one of several proxies: it tells of none, and each has its counters on its admin.sock");
        }
        for (one, _) in shared {
            self.start_once(one);
        }
    }

    /// Ends all of them.
    pub(super) async fn end(self) {
        for (stop, _) in self.running.values() {
            let _ = stop.send(true);
        }
        for (_, (_stop, task)) in self.running {
            let _ = task.await;
        }
    }

    fn start_once(&mut self, workload: &str) {
        if !self.running.contains_key(workload) {
            self.start(workload);
        }
    }

    fn start(&mut self, workload: &str) {
        let invitation = match self.control.invite(workload) {
            Ok(invitation) => invitation,
            Err(error) => return self.note(&format!("{workload}: {error}")),
        };
        let (stop, stopped) = watch::channel(false);
        let (events, mut heard) = mpsc::unbounded_channel();
        let beside = Beside {
            chosen: self.chosen.clone(),
            instance: workload.rsplit('/').next().unwrap_or(workload).to_owned(),
            folder: self.folder.join(folder_name(workload)),
            token_file: None,
            invitation,
        };
        let (tell, name) = (self.tell.clone(), workload.to_owned());
        tokio::spawn(async move {
            while let Some(event) = heard.recv().await {
                // Nobody listens any more when it ends.
                let _ = tell.send(Told::Proxy(name.clone(), event));
            }
        });
        let (tell, name) = (self.tell.clone(), workload.to_owned());
        let task = tokio::spawn(async move {
            if let Err(error) = beside.run(stopped, events).await {
                let _ = tell.send(Told::Proxy(name, Event::Trouble(error.to_string())));
            }
        });
        self.running.insert(workload.to_owned(), (stop, task));
    }

    /// The same is not said again.
    fn note(&mut self, text: &str) {
        if self.told.replace(text.to_owned()).as_deref() != Some(text) {
            let _ = self.tell.send(Told::Note(text.to_owned()));
        }
    }
}

/// Whether an address is one of this machine: a socket can be bound to it.
fn is_here(address: IpAddr) -> bool {
    TcpListener::bind((address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_here_or_elsewhere() {
        assert!(is_here("127.0.0.1".parse().expect("an address")));
        // RFC 5737: nobody has it.
        assert!(!is_here("192.0.2.17".parse().expect("an address")));
    }
}
