//! Our own proxy as the command line wants it.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use meshglot_proxy::{LogShare, MetricNames};

use crate::args::OursArgs;
use crate::exit::{Exit, Failure};

/// What our own proxy is told beside its resources.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ours {
    /// Of the calls that end well, those that are logged.
    pub(super) log_share: LogShare,
    /// Where counters are told; proxies that follow one another share it.
    pub(super) metrics: Option<Arc<TcpListener>>,
    /// Under which names besides their own.
    pub(super) metric_names: MetricNames,
}

impl Ours {
    /// `proxy`: the word of `--proxy`; `None`: no proxy is started.
    ///
    /// # Errors
    /// Another proxy would not obey, or the address cannot be listened on.
    pub(crate) fn of(args: &OursArgs, proxy: Option<&str>) -> Result<Self, Failure> {
        let OursArgs { log_share, metrics, metric_names } = args;
        let given = [("--log-share", log_share.is_some()), ("--metrics", metrics.is_some()), ("--metric-names", !metric_names.is_empty())];
        if let Some((flag, _)) = given.into_iter().find(|(_, is_given)| *is_given)
            && proxy != Some("meshglot")
        {
            let why = if proxy.is_some() { "Envoy is not told it" } else { "no proxy is started here" };
            return Err(Failure::new(Exit::Usage, format!("{flag}: {why}")).help("--proxy meshglot starts our own, which obeys it"));
        }
        let has = |name: &str| metric_names.iter().any(|given| given == name);
        Ok(Self {
            log_share: log_share.unwrap_or_default(),
            metrics: metrics.map(|address| listen("--metrics", address)).transpose()?.map(Arc::new),
            metric_names: MetricNames { istio: has("istio"), linkerd: has("linkerd") },
        })
    }

    /// Where Prometheus finds the counters.
    pub(crate) fn metrics_url(&self) -> Option<String> {
        let address = self.metrics.as_ref()?.local_addr().ok()?;
        Some(format!("http://{address}/metrics"))
    }
}

/// A socket for the address of this flag.
pub(super) fn listen(flag: &str, address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| {
        let failure = Failure::new(Exit::of_address(&error), format!("{flag}: cannot listen on {address}: {error}"));
        failure.help("port 0 takes one that is free, and tells it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    fn told(args: &OursArgs, proxy: Option<&str>) -> Result<Ours, String> {
        Ours::of(args, proxy).map_err(|failure| failure.message())
    }

    #[test_case(None, "no proxy is started here" ; "no proxy")]
    #[test_case(Some("envoy"), "Envoy is not told it" ; "envoy")]
    fn others_do_not_obey(proxy: Option<&str>, why: &str) {
        let share = OursArgs { log_share: "5".parse().ok(), ..OursArgs::default() };
        assert_eq!(told(&share, proxy).err(), Some(format!("--log-share: {why}")));
        let metrics = OursArgs { metrics: "127.0.0.1:0".parse().ok(), ..OursArgs::default() };
        assert_eq!(told(&metrics, proxy).err(), Some(format!("--metrics: {why}")));
        let names = OursArgs { metric_names: vec!["istio".to_owned()], ..OursArgs::default() };
        assert_eq!(told(&names, proxy).err(), Some(format!("--metric-names: {why}")));
        assert!(told(&OursArgs::default(), proxy).is_ok());
    }

    #[test]
    fn ours_is_told() {
        let args =
            OursArgs { log_share: "0.5".parse().ok(), metrics: "127.0.0.1:0".parse().ok(), metric_names: vec!["linkerd".to_owned()] };
        let ours = told(&args, Some("meshglot")).expect("it is told");
        assert_eq!(ours.log_share.to_string(), "0.5");
        assert_eq!(ours.metric_names, MetricNames { istio: false, linkerd: true });
        let url = ours.metrics_url().expect("an address");
        assert!(url.starts_with("http://127.0.0.1:") && !url.contains(":0/"), "{url}");
        let address = ours.metrics.as_ref().and_then(|listener| listener.local_addr().ok());
        let taken = told(&OursArgs { metrics: address, ..OursArgs::default() }, Some("meshglot"));
        assert!(taken.expect_err("it is taken").starts_with("--metrics: cannot listen on 127.0.0.1:"));
    }
}
