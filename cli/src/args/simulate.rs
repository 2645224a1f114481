//! `meshglot simulate`.

use clap::Args;

use super::Input;
use super::input::backend_name;

pub(super) const EXAMPLES: &str = "\
Examples:
  meshglot simulate --from web GET http://web/ -n shop -f policies/
  meshglot simulate --from sa/web GET http://web/ -n shop -f policies/ --backend all -c 10000 --seed 7 -o table

Shares are exact. The sample shows how far a number of requests may be from them: for each request one
number is drawn by SplitMix64 from the seed, so the same seed gives the same counts on every machine.
Behind a mesh stand the codes of what is lost on the objects that have to do with the call; `meshglot
explain CODE` tells more. SRC and URL are those of `meshglot can`.
Exit codes: 0 printed, 2 usage, 3 input is invalid or a name is unknown.";

/// `meshglot simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Who calls
    #[arg(long = "from", value_name = "SRC")]
    pub source: String,
    /// Method, such as GET; any word for tcp
    pub method: String,
    /// What is called
    pub url: String,
    /// Header of the request, `NAME: VALUE`; may be repeated
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub headers: Vec<String>,
    /// How many requests are made (-n is the namespace, as everywhere)
    #[arg(short = 'c', long = "requests", default_value_t = 1000, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub requests: u64,
    /// Where the sample begins
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub seed: u64,
    /// Input.
    #[command(flatten)]
    pub input: Input,
    /// Ask what is rendered for this mesh too, or for `all`; absent: the policy alone
    #[arg(long, value_name = "NAME", value_parser = backend_name())]
    pub backend: Option<String>,
    /// text, table or json
    #[arg(short, long, default_value = "text", value_parser = ["text", "table", "json"], value_name = "FORMAT")]
    pub output: String,
}
