//! Which Kubernetes cluster: kubectl's flags, spelled as kubectl spells them.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::look::span;

/// Where the help has them.
const HEADING: &str = "Of a cluster";

/// Which cluster.
#[derive(Clone, Debug, Args)]
pub struct ClusterArgs {
    /// How to reach the cluster; absent: as kubectl does, or the cluster around this pod
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig; absent: the current one
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    pub context: Option<String>,
    /// Give up on a request to the cluster after so long, such as 30s, 2m, or a number of seconds; 0: never
    #[arg(long, default_value = "30s", value_name = "DURATION", value_parser = patience, help_heading = HEADING)]
    pub request_timeout: Duration,
}

impl ClusterArgs {
    /// Whether a cluster was named.
    pub(crate) fn is_named(&self) -> bool {
        self.kubeconfig.is_some() || self.context.is_some()
    }
}

/// A day is never to everybody who waits for an answer.
const NEVER: Duration = Duration::from_secs(86_400);

fn patience(text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(0) => Ok(NEVER),
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => span(text),
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("0", Some(NEVER) ; "never")]
    #[test_case("7", Some(Duration::from_secs(7)) ; "seconds")]
    #[test_case("2m", Some(Duration::from_secs(120)) ; "with a unit")]
    #[test_case("soon", None ; "no time")]
    fn kubectls_durations(text: &str, want: Option<Duration>) {
        assert_eq!(patience(text).ok(), want);
    }
}
