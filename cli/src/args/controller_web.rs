//! The web view of a controller: where it is, and who is let in.

use std::net::SocketAddr;

use clap::{Args, ValueEnum};

use super::dashboard::base_path;

/// Where the help has them.
const HEADING: &str = "Of the web view";

/// The web view of a controller.
#[derive(Clone, Debug, Args)]
pub struct WebArgs {
    /// Where to show the policy of the cluster in a browser, on every replica; port 0: one that is free; absent: nowhere
    #[arg(long, value_name = "ADDRESS:PORT", help_heading = HEADING)]
    pub web_address: Option<SocketAddr>,
    /// Another name by which the view may be called, with or without port; may be repeated
    #[arg(long, value_name = "NAME", requires = "web_address", help_heading = HEADING)]
    pub web_host: Vec<String>,
    /// Path below which the view is served
    #[arg(long, value_name = "PATH", default_value = "/", value_parser = base_path, help_heading = HEADING)]
    pub web_base_path: String,
    /// Who is let in
    #[arg(long, value_name = "HOW", value_enum, default_value_t = WebAuth::Token, help_heading = HEADING)]
    pub web_auth: WebAuth,
}

/// Who is let in to the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WebAuth {
    /// Whoever opens the address that is in the log, which is good once; then the next one is there.
    Token,
    /// Whoever reaches it, such as through a proxy that asks for a login.
    None,
}
