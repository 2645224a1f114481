//! `meshglot dashboard`.

use std::net::IpAddr;

use clap::Args;

use super::{ClusterArgs, Input};

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot dashboard -f policies/
  meshglot dashboard --context production
  meshglot dashboard -f policies/ -R --port 8080
  meshglot dashboard -f policies/ --base-path /mesh/ --allow-host mesh.example.com

The address that is printed opens the view once, in one browser; the next address is printed then.
Without -f it shows the cluster that kubectl would ask, with the rights of whoever starts it: kinds that they may not list are left out,
and every page says so. Edits show in open pages. The view shows and changes nothing. Ctrl-C ends it.
Exit codes: 0 stopped, 2 usage, 3 input cannot be read, 4 there is no cluster or it does not answer, 6 the port is taken.";

const FILES: &str = "File or folder of policy and manifests (.yaml .yml .json), `-` for standard input; may be repeated; absent: a cluster";

/// `meshglot dashboard`.
#[derive(Debug, Args)]
#[command(mut_arg("filenames", |one| one.required(false).help(FILES)))]
pub struct DashboardArgs {
    /// Input.
    #[command(flatten)]
    pub input: Input,
    /// Which cluster, where no file is given.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Address to listen on; others than this machine reach it only if it is not a loopback address
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub address: IpAddr,
    /// Port to listen on; 0: one that is free
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub port: u16,
    /// Path below which everything is served
    #[arg(long, default_value = "/", value_name = "PATH", value_parser = base_path)]
    pub base_path: String,
    /// Another name by which it may be called, with or without port; may be repeated
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,
    /// Let in whoever reaches the port, such as behind a proxy that asks for a login
    #[arg(long)]
    pub no_token: bool,
}

/// A path of plain segments, with a slash at both ends.
pub(super) fn base_path(text: &str) -> Result<String, String> {
    let inner = text.trim_matches('/');
    let plain = |segment: &str| {
        !segment.is_empty()
            && !segment.starts_with('.')
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
    };
    match inner {
        "" => Ok("/".to_owned()),
        inner if inner.split('/').all(plain) => Ok(format!("/{inner}/")),
        _ => Err("letters, digits, - _ . ~ between slashes, such as /mesh/".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("/", Some("/") ; "the root")]
    #[test_case("mesh", Some("/mesh/") ; "without slashes")]
    #[test_case("/a/b.c/", Some("/a/b.c/") ; "two segments")]
    #[test_case("/a//b", None ; "an empty segment")]
    #[test_case("/../b", None ; "up")]
    #[test_case("/a b", None ; "a space")]
    #[test_case("/{a}", None ; "what a router would read")]
    fn base_paths(text: &str, want: Option<&str>) {
        assert_eq!(base_path(text).ok().as_deref(), want);
    }
}
