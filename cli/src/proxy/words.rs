//! A proxy as `meshglot run` tells a process of its own to run it.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;

use super::ours::Ours;

/// The words behind `meshglot proxy run` that say which proxy, and how.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    fixed: Vec<OsString>,
    /// Where one proxy tells its counters.
    metrics: Option<SocketAddr>,
}

impl Words {
    /// `proxy`: the word of `--proxy`. The address of the counters is let go for the proxy to take it.
    pub(crate) fn of(proxy: &str, envoy: &Path, ours: Ours, quiet: bool) -> Self {
        let Ours { log_share, metrics, metric_names } = ours;
        let mut fixed: Vec<OsString> = vec!["--proxy".into(), proxy.into()];
        if proxy == "meshglot" {
            fixed.extend(["--log-share".into(), log_share.to_string().into()]);
            let names = [("istio", metric_names.istio), ("linkerd", metric_names.linkerd)];
            fixed.extend(names.into_iter().filter(|(_, wanted)| *wanted).flat_map(|(name, _)| ["--metric-names".into(), name.into()]));
        } else {
            fixed.extend(["--envoy".into(), envoy.into()]);
        }
        if quiet {
            fixed.push("--quiet".into());
        }
        Self { fixed, metrics: metrics.and_then(|listener| listener.local_addr().ok()) }
    }

    /// No address shows counters any more; whether one did.
    pub(crate) fn hide_metrics(&mut self) -> bool {
        self.metrics.take().is_some()
    }

    pub(crate) fn all(&self) -> Vec<OsString> {
        let metrics = self.metrics.iter().flat_map(|address| [OsString::from("--metrics"), address.to_string().into()]);
        self.fixed.iter().cloned().chain(metrics).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::OursArgs;

    fn words(proxy: &str, ours: Ours) -> Vec<String> {
        let words = Words::of(proxy, Path::new("/opt/envoy"), ours, false);
        words.all().into_iter().map(|word| word.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn each_proxy_is_told_what_it_understands() {
        assert_eq!(words("envoy", Ours::default()), ["--proxy", "envoy", "--envoy", "/opt/envoy"]);
        let args = OursArgs { log_share: "0.5".parse().ok(), metrics: "127.0.0.1:0".parse().ok(), metric_names: vec!["istio".to_owned()] };
        let ours = words("meshglot", Ours::of(&args, Some("meshglot")).expect("it is told"));
        assert_eq!(ours[..6], ["--proxy", "meshglot", "--log-share", "0.5", "--metric-names", "istio"]);
        assert!(ours[6] == "--metrics" && ours[7].starts_with("127.0.0.1:") && !ours[7].ends_with(":0"), "{ours:?}");
    }
}
