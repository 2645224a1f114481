//! The Workloads of this machine, each with a proxy that is a process of its own.

use std::ffi::OsString;
use std::net::{IpAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use meshglot_control::{Control, shares_machine};

use super::Told;
use super::state::folder_name;
use crate::proxy::Words;
use crate::supervise::{Happened, Input, Supervisor, Unit, Voice, own_program};

/// Proxies that are started here, by their workloads.
pub(super) struct Local {
    control: Arc<Control>,
    words: Words,
    folder: PathBuf,
    tell: Sender<Told>,
    proxies: Supervisor,
    told: Option<String>,
}

impl Local {
    pub(super) fn new(control: Arc<Control>, words: Words, folder: PathBuf, tell: Sender<Told>) -> Self {
        let said = tell.clone();
        let proxies = Supervisor::new(Arc::new(move |workload, happened| {
            if let Some(one) = told(workload, happened) {
                // Nobody listens any more when it ends.
                let _ = said.send(one);
            }
        }));
        Self { control, words, folder, tell, proxies, told: None }
    }

    /// Starts what is new on this machine, and ends what is not there any more.
    pub(super) fn follow(&mut self) {
        let workloads = self.control.workloads();
        let here: Vec<(&str, IpAddr)> =
            workloads.iter().filter(|(_, address)| is_here(**address)).map(|(name, address)| (name.as_str(), *address)).collect();
        self.proxies.retain(|name| here.iter().any(|(here, _)| *here == name));
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
        if here.len() > 1 && self.words.hide_metrics() {
            self.note("--metrics would tell of one of several proxies: it tells of none, and each has its counters on its admin.sock");
        }
        for (one, _) in shared {
            self.start_once(one);
        }
    }

    /// Ends all of them.
    pub(super) async fn end(self) {
        self.proxies.end().await;
    }

    fn start_once(&mut self, workload: &str) {
        if self.proxies.has(workload) {
            return;
        }
        let instance = workload.rsplit('/').next().unwrap_or(workload);
        let head = ["proxy", "run", "--join", "-", "--instance", instance, "--folder"];
        let mut command: Vec<OsString> = vec![own_program()];
        command.extend(head.map(OsString::from));
        command.push(self.folder.join(folder_name(workload)).into());
        command.extend(self.words.all());
        let (control, name) = (self.control.clone(), workload.to_owned());
        let invitation = move || {
            let invitation = control.invite(&name).map_err(|error| error.to_string())?;
            serde_json::to_vec(&invitation).map_err(|error| error.to_string())
        };
        self.proxies.start(Unit { name: workload.to_owned(), command, input: Some(Input::Text(Box::new(invitation))), voice: Voice::Told });
    }

    /// The same is not said again.
    fn note(&mut self, text: &str) {
        if self.told.replace(text.to_owned()).as_deref() != Some(text) {
            let _ = self.tell.send(Told::Note(text.to_owned()));
        }
    }
}

/// What is said of a proxy; `None`: it says so itself.
fn told(workload: &str, happened: Happened) -> Option<Told> {
    Some(match happened {
        Happened::Started => return None,
        Happened::Said(line) => {
            let (warning, rest) =
                ["warning: ", "error: "].iter().find_map(|word| line.strip_prefix(word)).map_or((false, &*line), |rest| (true, rest));
            // It names its workload where it knows it.
            let text = rest.strip_prefix(&format!("{workload}: ")).unwrap_or(rest);
            Told::Said { unit: workload.to_owned(), warning, text: text.to_owned() }
        }
        Happened::Trouble(why, pause) => Told::Trouble { unit: workload.to_owned(), why, pause },
        Happened::Ended(status, pause) => {
            Told::Trouble { unit: workload.to_owned(), why: format!("its proxy has ended ({status})"), pause }
        }
    })
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

    #[test]
    fn what_a_proxy_says_names_its_workload() {
        let said = |line: &str| match told("bank/ledger", Happened::Said(line.to_owned())) {
            Some(Told::Said { unit, warning, text }) => (unit, warning, text),
            _ => Default::default(),
        };
        let of = |warning, text: &str| ("bank/ledger".to_owned(), warning, text.to_owned());
        assert_eq!(said("warning: bank/ledger: it waits"), of(true, "it waits"));
        assert_eq!(said("error: no such folder"), of(true, "no such folder"));
        assert_eq!(said("bank/ledger: meshglot runs"), of(false, "meshglot runs"));
    }
}
