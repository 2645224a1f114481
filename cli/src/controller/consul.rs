//! How a controller reaches a Consul server: as Consul's own command line is told.

use meshglot_controller::ConsulAccess;
use meshglot_translator::plan::Chosen;

use crate::args::ConsulArgs;
use crate::exit::{Exit, Failure};

/// Where a token stands by itself; no flag has it, since others can read command lines.
const TOKEN: &str = "CONSUL_HTTP_TOKEN";

pub(super) fn access(args: &ConsulArgs, chosen: &Chosen) -> Result<ConsulAccess, Failure> {
    if args.consul_address.is_some() && chosen.backends().iter().all(|backend| backend.formats().is_empty()) {
        let names: Vec<&str> = chosen.backends().iter().map(|backend| backend.name()).collect();
        let served = if let [one] = names[..] { format!("--backend {one} renders") } else { format!("{} render", names.join(" and ")) };
        let message = format!("--consul-address: {served} nothing for a Consul server");
        return Err(Failure::new(Exit::Usage, message));
    }
    Ok(ConsulAccess {
        address: args.consul_address.clone(),
        token: std::env::var(TOKEN).ok().filter(|token| !token.is_empty()),
        token_file: args.consul_token_file.clone(),
        authority: args.consul_ca_file.clone(),
        client: args.consul_client_cert.clone().zip(args.consul_client_key.clone()),
        server_name: args.consul_server_name.clone(),
    })
}
