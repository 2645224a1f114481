//! How a Consul server is reached: flags and variables of Consul's own command line.

use std::path::PathBuf;

use clap::Args;

/// How a Consul server is reached.
#[derive(Debug, Args)]
pub struct ConsulArgs {
    /// Consul server that gets config entries; absent: as `Mesh.spec.consul.address` says, else Consul's kinds in the cluster
    #[arg(long, value_name = "URL", value_parser = url)]
    pub consul_address: Option<String>,
    /// File with the token for Consul, read again when it changes; a token in `CONSUL_HTTP_TOKEN` takes its place
    #[arg(long, value_name = "FILE", env = "CONSUL_HTTP_TOKEN_FILE", hide_env_values = true)]
    pub consul_token_file: Option<PathBuf>,
    /// Who has signed Consul's certificate; absent: whom the system trusts
    #[arg(long, value_name = "FILE", env = "CONSUL_CACERT", hide_env_values = true)]
    pub consul_ca_file: Option<PathBuf>,
    /// Certificate of this client, where Consul asks for one
    #[arg(long, value_name = "FILE", env = "CONSUL_CLIENT_CERT", hide_env_values = true, requires = "consul_client_key")]
    pub consul_client_cert: Option<PathBuf>,
    /// Its key
    #[arg(long, value_name = "FILE", env = "CONSUL_CLIENT_KEY", hide_env_values = true, requires = "consul_client_cert")]
    pub consul_client_key: Option<PathBuf>,
    /// Name that Consul's certificate is for; absent: the host of the address
    #[arg(long, value_name = "HOST", env = "CONSUL_TLS_SERVER_NAME", hide_env_values = true)]
    pub consul_server_name: Option<String>,
}

fn url(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let is_url = host.is_some_and(|host| !host.is_empty() && !host.starts_with('/') && !host.contains(['?', '#', ' ']));
    if is_url { Ok(text.to_owned()) } else { Err("it begins with http:// or https://, and has neither `?` nor `#`".to_owned()) }
}
