//! `meshglot convert`.

use clap::Args;

use super::Input;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot convert -f policies/
  meshglot convert -f policies/ --to newest -o dir=converted
  meshglot convert -f policies/ --to split/v1alpha2,access/v1alpha3

A port of a TrafficTarget becomes a TCPRoute from v1alpha3 on, and the way back. What a version cannot say is refused
object by object. Other objects, and comments of objects in which only single values change, stay byte for byte.
With -o dir=PATH files keep their names; PATH may be the folder that is read, as long as nothing in a file is refused.
Exit codes: 0 all converted, 1 something is refused, 2 usage, 3 input is invalid, 6 a file in the way.";

/// `meshglot convert`.
#[derive(Debug, Args)]
pub struct ConvertArgs {
    /// Input.
    #[command(flatten)]
    pub input: Input,
    /// newest, a version such as v1alpha3, or GROUP/VERSION such as split/v1alpha2; other groups then stay as they are
    #[arg(long, default_value = "newest", value_delimiter = ',', value_name = "VERSION")]
    pub to: Vec<String>,
    /// yaml, json, or dir=PATH to write files
    #[arg(short, long, default_value = "yaml", value_name = "FORMAT")]
    pub output: String,
}
