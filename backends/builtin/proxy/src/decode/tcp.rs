//! `TcpProxy`: bytes to and fro.

use std::sync::Arc;

use envoy_types::pb::envoy::extensions::filters::network::tcp_proxy::v3 as pb;
use envoy_types::pb::envoy::r#type::v3 as kind;

use super::at::{At, open};
use super::known::{Known, named};
use super::log;
use super::refusal::Refusal;
use super::value;
use crate::table::{NetworkRules, Share, Shares, TcpProxy};

/// The filter, behind the access filters that stand before it.
pub(super) fn proxy(at: &At<'_>, message: pb::TcpProxy, access: NetworkRules, known: &mut Known<'_>) -> Result<TcpProxy, Refusal> {
    open!(at, message => pb::TcpProxy { stat_prefix, idle_timeout, access_log, hash_policy, cluster_specifier } unset {
        on_demand, metadata_match, downstream_idle_timeout, upstream_idle_timeout, max_connect_attempts, backoff_options,
        tunneling_config, max_downstream_connection_duration, max_downstream_connection_duration_jitter_percentage,
        access_log_flush_interval, flush_access_log_on_connected, access_log_options, proxy_protocol_tlvs,
        proxy_protocol_tlv_merge_policy, upstream_connect_mode, max_early_data_bytes, check_drain_close,
    });
    let shares = match cluster_specifier {
        Some(pb::tcp_proxy::ClusterSpecifier::Cluster(cluster)) => Shares::One(known.cluster(&at.field("cluster"), &cluster)?),
        Some(pb::tcp_proxy::ClusterSpecifier::WeightedClusters(weighted)) => {
            self::weighted(&at.field("weighted_clusters"), weighted, known)?
        }
        None => return Err(at.field("cluster").refuse("is missing")),
    };
    Ok(TcpProxy {
        stat_prefix: named(&at.field("stat_prefix"), &stat_prefix)?,
        access,
        shares,
        idle_timeout: value::endless(at, "idle_timeout", idle_timeout.as_ref())?,
        hash_source: hash(at, hash_policy)?,
        log: log::format(at, access_log)?.map(Arc::new),
    })
}

fn weighted(at: &At<'_>, message: pb::tcp_proxy::WeightedCluster, known: &mut Known<'_>) -> Result<Shares, Refusal> {
    let pb::tcp_proxy::WeightedCluster { clusters } = message;
    let path = at.field("clusters");
    let of = clusters.into_iter().enumerate().map(|(index, cluster)| {
        let at = &path.index(index);
        open!(at, cluster => pb::tcp_proxy::weighted_cluster::ClusterWeight { name, weight } unset { metadata_match });
        // Envoy refuses it here, though it takes it of requests.
        at.has_to("weight", weight > 0, "at least 1")?;
        Ok(Share { cluster: known.cluster(&at.field("name"), &name)?, weight })
    });
    shares(&path, of.collect::<Result<_, _>>()?)
}

/// Shares that something can be given by.
pub(super) fn shares(at: &At<'_>, of: Vec<Share>) -> Result<Shares, Refusal> {
    let total: u64 = of.iter().map(|share| u64::from(share.weight)).sum();
    match u32::try_from(total) {
        Ok(0) => Err(at.refuse("has weights of 0 alone")),
        Ok(total) => Ok(Shares::Weighted { total, of }),
        Err(_) => Err(at.refuse(format!("has weights of {total} in sum, more than {}", u32::MAX))),
    }
}

fn hash(at: &At<'_>, policies: Vec<kind::HashPolicy>) -> Result<bool, Refusal> {
    let path = at.field("hash_policy");
    at.has_to("hash_policy", policies.len() <= 1, "one at most")?;
    let Some(kind::HashPolicy { policy_specifier }) = policies.into_iter().next() else { return Ok(false) };
    match policy_specifier {
        Some(kind::hash_policy::PolicySpecifier::SourceIp(kind::hash_policy::SourceIp {})) => Ok(true),
        Some(kind::hash_policy::PolicySpecifier::FilterState(_)) => Err(path.index(0).unread("filter_state")),
        None => Err(path.index(0).field("source_ip").refuse("is missing")),
    }
}
