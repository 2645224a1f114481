//! Our own proxy, as a process of this program: its secrets come in one line over its standard input.

use std::io::{self, BufRead as _};
use std::sync::Arc;
use std::time::Duration;

use meshglot_agent::CONTROL_PLANE;
use meshglot_join::{Held, SystemClock};
use meshglot_proxy::{LogShare, MetricNames, Settings};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::resources::TRUST_DOMAIN;

/// The line that hands secrets over.
pub(crate) fn secrets(held: &Held) -> String {
    json!({ "chain": held.chain_pem, "key": held.key_pem, "roots": held.bundle_pem }).to_string()
}

/// Runs it, with one thread that serves, until it is ended.
pub(crate) async fn run(workload: &str, control_plane: &str, folder: &str) -> io::Result<()> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let texts: Value = serde_json::from_str(&line)?;
    let text = |name: &str| texts[name].as_str().map(str::to_owned).unwrap_or_default();
    let held = Held::handed_over(text("chain"), text("key"), text("roots")).map_err(io::Error::other)?;
    let (_secrets, held) = watch::channel(Some(Arc::new(held)));
    let (_stop, stops) = watch::channel(false);
    let settings = Settings {
        id: format!("{workload}/0"),
        control_plane: control_plane.parse().map_err(io::Error::other)?,
        control_plane_id: format!("spiffe://{TRUST_DOMAIN}/{CONTROL_PLANE}").parse().map_err(io::Error::other)?,
        held,
        clock: Arc::new(SystemClock),
        folder: folder.into(),
        workers: 1,
        log: None,
        log_share: LogShare::ALL,
        metrics: None,
        looked: None,
        metric_names: MetricNames::default(),
        drain: Duration::from_millis(100),
    };
    super::part::end_with_input();
    meshglot_proxy::run(settings, stops).await.map_err(io::Error::other)
}
