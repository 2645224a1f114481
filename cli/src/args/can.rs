//! `meshglot can`.

use clap::Args;

use super::Input;
use super::input::backend_name;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot can sa/web GET http://web/ -n shop -f policies/
  meshglot can web POST http://web:80/orders -H 'x-tenant: acme' -n shop -f policies/ --backend all

SRC is sa/NAME, deploy/NAME, svc/NAME or a bare name that means one identity, or plain/NAMESPACE:
somebody there without a proxy. URL is http://SERVICE[.NAMESPACE][:PORT]/PATH or
tcp://SERVICE[.NAMESPACE]:PORT.
Exit codes: 0 allowed everywhere asked, 1 denied or mixed, 2 usage, 3 input is invalid or a name is
unknown.";

/// `meshglot can`.
#[derive(Debug, Args)]
pub struct CanArgs {
    /// Who calls
    #[arg(value_name = "SRC")]
    pub source: String,
    /// Method, such as GET; any word for tcp
    pub method: String,
    /// What is called
    pub url: String,
    /// Header of the request, `NAME: VALUE`; may be repeated
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub headers: Vec<String>,
    /// Input.
    #[command(flatten)]
    pub input: Input,
    /// Ask what is rendered for this mesh too, or for `all`; absent: the neutral policy alone
    #[arg(long, value_name = "NAME", value_parser = backend_name())]
    pub backend: Option<String>,
    /// text or json
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"], value_name = "FORMAT")]
    pub output: String,
}
