//! `lb_policy`: which endpoint is next.

use envoy_types::pb::envoy::config::cluster::v3 as pb;
use pb::cluster::{LbConfig, LbPolicy};

use super::at::{At, open};
use super::refusal::Refusal;
use crate::table::LoadBalancing;

/// Envoy's own where none is written.
const RING: (u64, u64) = (1024, 8 << 20);
const TABLE: u64 = 65_537;
/// As large as Envoy takes.
const LARGEST_TABLE: u64 = 5_000_011;

/// The policy; `None`: the cluster leaves no choice.
pub(super) fn policy(at: &At<'_>, policy: i32, config: Option<LbConfig>) -> Result<Option<LoadBalancing>, Refusal> {
    let policy = LbPolicy::try_from(policy).map_err(|_| at.field("lb_policy").refuse("is unknown"))?;
    match (policy, config) {
        (LbPolicy::RoundRobin, None) => Ok(Some(LoadBalancing::RoundRobin)),
        (LbPolicy::Random, None) => Ok(Some(LoadBalancing::Random)),
        (LbPolicy::ClusterProvided, None) => Ok(None),
        (LbPolicy::LeastRequest, None) => Ok(Some(LoadBalancing::LeastRequest)),
        (LbPolicy::LeastRequest, Some(LbConfig::LeastRequestLbConfig(config))) => {
            let at = &at.field("least_request_lb_config");
            open!(at, config => pb::cluster::LeastRequestLbConfig { choice_count } unset { active_request_bias, slow_start_config });
            at.has_to("choice_count", choice_count.is_none_or(|count| count.value == 2), 2)?;
            Ok(Some(LoadBalancing::LeastRequest))
        }
        (LbPolicy::RingHash, None) => Ok(Some(LoadBalancing::RingHash { minimum: RING.0, maximum: RING.1 })),
        (LbPolicy::RingHash, Some(LbConfig::RingHashLbConfig(config))) => {
            let at = &at.field("ring_hash_lb_config");
            open!(at, config => pb::cluster::RingHashLbConfig { minimum_ring_size, maximum_ring_size } unset { hash_function });
            let minimum = minimum_ring_size.map_or(RING.0, |size| size.value);
            let maximum = maximum_ring_size.map_or(RING.1, |size| size.value);
            at.has_to("minimum_ring_size", (1..=RING.1).contains(&minimum), format_args!("from 1 to {}", RING.1))?;
            at.has_to("maximum_ring_size", (minimum..=RING.1).contains(&maximum), format_args!("from {minimum} to {}", RING.1))?;
            Ok(Some(LoadBalancing::RingHash { minimum, maximum }))
        }
        (LbPolicy::Maglev, None) => Ok(Some(LoadBalancing::Maglev { size: TABLE })),
        (LbPolicy::Maglev, Some(LbConfig::MaglevLbConfig(config))) => {
            let at = &at.field("maglev_lb_config");
            let pb::cluster::MaglevLbConfig { table_size } = config;
            let size = table_size.map_or(TABLE, |size| size.value);
            at.has_to("table_size", size <= LARGEST_TABLE && is_prime(size), format_args!("a prime up to {LARGEST_TABLE}"))?;
            Ok(Some(LoadBalancing::Maglev { size }))
        }
        (LbPolicy::LoadBalancingPolicyConfig, _) => Err(at.field("lb_policy").refuse("is LOAD_BALANCING_POLICY_CONFIG, which is unknown")),
        (_, Some(config)) => {
            let field = match config {
                LbConfig::RingHashLbConfig(_) => "ring_hash_lb_config",
                LbConfig::MaglevLbConfig(_) => "maglev_lb_config",
                LbConfig::OriginalDstLbConfig(_) => "original_dst_lb_config",
                LbConfig::LeastRequestLbConfig(_) => "least_request_lb_config",
                LbConfig::RoundRobinLbConfig(_) => "round_robin_lb_config",
            };
            Err(at.field(field).refuse(format!("is set, and nothing in it is obeyed under {}", policy.as_str_name())))
        }
    }
}

fn is_prime(number: u64) -> bool {
    number >= 2 && (2..).take_while(|divisor| divisor * divisor <= number).all(|divisor| !number.is_multiple_of(divisor))
}
