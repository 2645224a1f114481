//! Consul's judgement: a real server takes or refuses each config entry, and says what it keeps.

use super::{Absent, Verdict, kept, peer};
use serde_json::Value;
use std::io::{Read, Seek};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The judge of config entries: one server in memory for all calls, about 1 ms an entry.
#[derive(Debug)]
pub struct Consul {
    /// Held during a whole case: cases must not see each other's entries.
    server: Mutex<Server>,
}

#[derive(Debug)]
struct Server {
    http: ureq::Agent,
    address: String,
    process: peer::Guarded,
}

/// How long the server may take until it leads; it needs well under a second.
const START: Duration = Duration::from_secs(60);

/// How often to begin again when a port was taken between our look and the server's.
const TRIES: usize = 5;

impl Consul {
    /// Starts the server on loopback ports of the system's choice and waits until it leads.
    ///
    /// # Errors
    /// The program is not installed, or the server does not come up.
    pub fn start() -> Result<Self, Absent> {
        let program = peer::program("consul")?;
        let mut why = String::new();
        for _ in 0..TRIES {
            match Server::start(&program) {
                Ok(server) => return Ok(Self { server: Mutex::new(server) }),
                Err(words) => why = words,
            }
        }
        Err(Absent { peer: "consul", why })
    }

    /// Judges a JSON array of config entries in the order they are written. Afterwards they are
    /// removed again, in reverse.
    pub fn judge(&self, entries_json: &str) -> Verdict {
        let entries: Vec<Value> = match serde_json::from_str(entries_json) {
            Ok(entries) => entries,
            Err(error) => return Verdict::Refused(format!("not a JSON array of entries: {error}")),
        };
        // A panic elsewhere cannot leave entries behind: `judge` of the server always removes them.
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        Verdict::of(server.judge(&entries))
    }
}

impl Server {
    fn start(program: &std::path::Path) -> Result<Self, String> {
        let words = |error: std::io::Error| error.to_string();
        let [http, server, serf] = peer::free_ports().map_err(words)?;
        let ports = format!(
            "ports {{ http = {http} server = {server} serf_lan = {serf} serf_wan = -1 dns = -1 https = -1 grpc = -1 grpc_tls = -1 }}"
        );
        let arguments = [
            ["agent", "-dev"],
            ["-node", "judge"],
            ["-bind", "127.0.0.1"],
            ["-client", "127.0.0.1"],
            ["-log-level", "error"],
            ["-hcl", &ports],
            ["-hcl", "disable_update_check = true"],
        ];
        let mut log = tempfile::tempfile().map_err(words)?;
        let output = log.try_clone().map_err(words)?;
        let process = peer::Guarded::start(program, arguments.as_flattened(), output).map_err(words)?;
        let limited =
            ureq::Agent::config_builder().http_status_as_error(false).proxy(None).timeout_global(Some(Duration::from_secs(30))).build();
        let mut started = Self { http: limited.into(), address: format!("http://127.0.0.1:{http}"), process };
        let deadline = Instant::now() + START;
        while !started.leads() {
            if started.process.ended() || Instant::now() > deadline {
                let mut said = String::new();
                // Without its log the reason stays empty, which is all that can be said then.
                let _ = log.rewind().and_then(|()| log.read_to_string(&mut said));
                return Err(format!("the server did not start: {}", said.lines().last().unwrap_or_default()));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(started)
    }

    fn leads(&self) -> bool {
        self.call("GET", "/v1/status/leader", None).is_ok_and(|leader| leader.as_str().is_some_and(|it| !it.is_empty()))
    }

    fn judge(&self, entries: &[Value]) -> Vec<String> {
        let mut findings = Vec::new();
        let mut written = Vec::new();
        for entry in entries {
            let path = path_of(entry);
            let name = path.trim_start_matches(ENTRIES);
            findings.extend(webhook(entry).map(|words| format!("{name}: {words}")));
            match self.call("PUT", "/v1/config", Some(entry)) {
                Ok(_) => {
                    written.push(path.clone());
                    findings.extend(self.read_back(&path, entry).into_iter().map(|words| format!("{name}: {words}")));
                }
                Err(words) => findings.push(format!("{name}: {words}")),
            }
        }
        for path in written.iter().rev() {
            if let Err(words) = self.call("DELETE", path, None) {
                findings.push(format!("{path}: cannot be removed in reverse order: {words}"));
            }
        }
        findings
    }

    /// What the server keeps must be what was written.
    fn read_back(&self, path: &str, entry: &Value) -> Vec<String> {
        match self.call("GET", path, None) {
            Ok(stored) => kept::missing(entry, &stored),
            Err(words) => vec![format!("cannot be read back: {words}")],
        }
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let url = format!("{}{path}", self.address);
        let response = match (method, body) {
            ("PUT", Some(body)) => self.http.put(&url).send(body.to_string()),
            ("DELETE", _) => self.http.delete(&url).call(),
            _ => self.http.get(&url).call(),
        };
        let mut response = response.map_err(|error| error.to_string())?;
        let text = response.body_mut().read_to_string().map_err(|error| error.to_string())?;
        if !response.status().is_success() {
            return Err(text.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        serde_json::from_str(&text).map_err(|error| format!("{error} in the answer {text}"))
    }
}

const ENTRIES: &str = "/v1/config/";

/// Where an entry is read and removed. The kind `mesh` has one entry, of the kind's own name.
fn path_of(entry: &Value) -> String {
    let text = |key: &str| entry[key].as_str();
    let kind = text("Kind").unwrap_or("none");
    format!("{ENTRIES}{kind}/{}", text("Name").unwrap_or(kind))
}

/// What only the Kubernetes webhook of Consul refuses: it adds the weights of a splitter as
/// float32, in list order, and wants exactly 100; a single weight is 0 or 0.01 to 100.
fn webhook(entry: &Value) -> Option<String> {
    if entry["Kind"] != "service-splitter" {
        return None;
    }
    // The webhook's own type: what the narrowing loses is what it is checked for.
    #[expect(clippy::cast_possible_truncation, reason = "float32 is what the webhook computes with")]
    let weights: Vec<f32> = entry["Splits"].as_array()?.iter().map(|split| split["Weight"].as_f64().unwrap_or_default() as f32).collect();
    if let Some(weight) = weights.iter().find(|weight| **weight != 0.0 && !(0.01..=100.0).contains(*weight)) {
        return Some(format!("webhook: weight {weight} is neither 0 nor from 0.01 to 100"));
    }
    let sum: f32 = weights.iter().fold(0.0, |sum, weight| sum + weight);
    (sum != 100.0).then(|| format!("webhook: the weights add up to {sum} as float32, in this order, and not to 100"))
}
