//! The control plane of the built-in mesh, beside a controller.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use meshglot_control::{Lifetime, Terms};
use time::Duration;

use super::look::span;

/// Where proxies of the built-in mesh are served, and who signs for them.
#[derive(Clone, Debug, Default, Args)]
pub struct XdsArgs {
    /// Where proxies of the built-in mesh find their control plane, which knows pods by their tokens; absent: it is not served
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub xds_address: Option<SocketAddr>,
    /// Folder with an intermediate CA to sign with (tls.crt, tls.key, ca.crt), such as a Secret; absent: an own root
    #[arg(long, value_name = "DIR", requires = "xds_address")]
    pub xds_ca: Option<PathBuf>,
    /// Folder that keeps the own root; absent: the Secret `meshglot-authority` of the Lease's namespace does, for all replicas, and without a
    /// Lease it ends with the process
    #[arg(long, value_name = "DIR", requires = "xds_address", conflicts_with = "xds_ca")]
    pub xds_folder: Option<PathBuf>,
    /// How long certificates of proxies live, 5m to 168h; they are renewed at about half of it. Absent: as before, and 24h at first
    #[arg(long, value_name = "DURATION", requires = "xds_address", value_parser = lifetime)]
    pub xds_certificate_lifetime: Option<Lifetime>,
    /// How long another root is trusted before it signs, at least 1m; proxies that hear nothing for so long have to be started again.
    /// Absent: 1h
    #[arg(long, value_name = "DURATION", requires = "xds_address", value_parser = overlap)]
    pub xds_root_overlap: Option<Duration>,
}

fn lifetime(text: &str) -> Result<Lifetime, String> {
    Lifetime::new(whole(text)?).map_err(|_| "certificates live 5m to 168h".to_owned())
}

fn overlap(text: &str) -> Result<Duration, String> {
    let found = whole(text)?;
    if found < Terms::SHORTEST { Err("at least 1m: what a ConfigMap says reaches pods that late".to_owned()) } else { Ok(found) }
}

fn whole(text: &str) -> Result<Duration, String> {
    Duration::try_from(span(text)?).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("5m", true; "the shortest")]
    #[test_case("168h", true; "the longest")]
    #[test_case("299s", false; "shorter")]
    #[test_case("169h", false; "longer")]
    fn lifetimes(text: &str, want: bool) {
        assert_eq!(lifetime(text).is_ok(), want);
    }

    #[test]
    fn an_overlap_is_long_enough_to_be_heard_of() {
        assert_eq!((overlap("90s"), overlap("59s").is_err()), (Ok(Duration::seconds(90)), true));
    }
}
