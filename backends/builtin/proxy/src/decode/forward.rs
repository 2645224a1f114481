//! `RouteAction`: where a request is sent, and as what.

use envoy_types::pb::envoy::config::route::v3 as pb;
use envoy_types::pb::envoy::r#type::matcher::v3 as matcher;
use http::HeaderValue;
use pb::route_action as part;

use super::at::{At, open};
use super::hash;
use super::known::Known;
use super::matching;
use super::refusal::Refusal;
use super::regex;
use super::retry;
use super::tcp;
use super::value;
use crate::table::{Forward, Mirror, PathMatch, PathRewrite, Share, Shares};

/// All of it.
pub(super) fn forward(at: &At<'_>, message: pb::RouteAction, matched: &PathMatch, known: &mut Known<'_>) -> Result<Forward, Refusal> {
    open!(at, message => pb::RouteAction {
        cluster_specifier, timeout, retry_policy, request_mirror_policies, hash_policy, prefix_rewrite, regex_rewrite,
        host_rewrite_specifier,
    } unset {
        cluster_not_found_response_code, metadata_match, path_rewrite_policy, path_rewrite, append_x_forwarded_host, idle_timeout,
        flush_timeout, early_data_policy, retry_policy_typed_config, priority, rate_limits, include_vh_rate_limits, cors,
        max_grpc_timeout, grpc_timeout_offset, upgrade_configs, internal_redirect_policy, internal_redirect_action,
        max_internal_redirects, hedge_policy, max_stream_duration,
    });
    let mirrors = at.field("request_mirror_policies");
    let copies = request_mirror_policies.into_iter().enumerate();
    let copies = copies.map(|(index, policy)| mirror(&mirrors.index(index), policy, known)).collect::<Result<_, _>>()?;
    let hashes = at.field("hash_policy");
    let hash = hash_policy.into_iter().enumerate().map(|(index, policy)| hash::policy(&hashes.index(index), policy));
    Ok(Forward {
        shares: shares(at, cluster_specifier, known)?,
        timeout: value::endless(at, "timeout", timeout.as_ref())?,
        retry: retry_policy.map(|policy| retry::policy(&at.field("retry_policy"), policy)).transpose()?,
        mirrors: copies,
        hash: hash.collect::<Result<_, _>>()?,
        path: path(at, prefix_rewrite, regex_rewrite, matched)?,
        host: host(at, host_rewrite_specifier)?,
    })
}

fn shares(at: &At<'_>, specifier: Option<part::ClusterSpecifier>, known: &mut Known<'_>) -> Result<Shares, Refusal> {
    let weighted = match specifier {
        Some(part::ClusterSpecifier::Cluster(cluster)) => return known.cluster(&at.field("cluster"), &cluster).map(Shares::One),
        Some(part::ClusterSpecifier::WeightedClusters(weighted)) => weighted,
        Some(part::ClusterSpecifier::ClusterHeader(_)) => return Err(at.unread("cluster_header")),
        Some(part::ClusterSpecifier::ClusterSpecifierPlugin(_)) => return Err(at.unread("cluster_specifier_plugin")),
        Some(part::ClusterSpecifier::InlineClusterSpecifierPlugin(_)) => return Err(at.unread("inline_cluster_specifier_plugin")),
        None => return Err(at.field("cluster").refuse("is missing")),
    };
    let at = &at.field("weighted_clusters");
    open!(at, weighted => pb::WeightedCluster { clusters, random_value_specifier } unset { total_weight, runtime_key_prefix });
    use pb::weighted_cluster::{ClusterWeight, RandomValueSpecifier, cluster_weight::HostRewriteSpecifier};
    match random_value_specifier {
        None => {}
        Some(RandomValueSpecifier::HeaderName(_)) => return Err(at.unread("header_name")),
        Some(RandomValueSpecifier::UseHashPolicy(_)) => return Err(at.unread("use_hash_policy")),
    }
    let path = at.field("clusters");
    let of = clusters.into_iter().enumerate().map(|(index, cluster)| {
        let at = &path.index(index);
        open!(at, cluster => ClusterWeight { name, weight, host_rewrite_specifier } unset {
            cluster_header, metadata_match, request_headers_to_add, request_headers_to_remove, response_headers_to_add,
            response_headers_to_remove, typed_per_filter_config,
        });
        if let Some(HostRewriteSpecifier::HostRewriteLiteral(_)) = host_rewrite_specifier {
            return Err(at.unread("host_rewrite_literal"));
        }
        Ok(Share { cluster: known.cluster(&at.field("name"), &name)?, weight: value::number(at, "weight", weight)? })
    });
    tcp::shares(&path, of.collect::<Result<_, _>>()?)
}

fn mirror(at: &At<'_>, message: part::RequestMirrorPolicy, known: &mut Known<'_>) -> Result<Mirror, Refusal> {
    open!(at, message => part::RequestMirrorPolicy { cluster, runtime_fraction, disable_shadow_host_suffix_append }
        unset { cluster_header, trace_sampled, request_headers_mutations, host_rewrite_literal });
    at.has_to("disable_shadow_host_suffix_append", disable_shadow_host_suffix_append, true)?;
    let share = runtime_fraction.map(|share| value::fixed_share(&at.field("runtime_fraction"), share)).transpose()?;
    Ok(Mirror { cluster: known.cluster(&at.field("cluster"), &cluster)?, share: share.unwrap_or(1_000_000) })
}

fn path(
    at: &At<'_>,
    prefix: String,
    regex: Option<matcher::RegexMatchAndSubstitute>,
    matched: &PathMatch,
) -> Result<Option<PathRewrite>, Refusal> {
    if let Some(rewrite) = regex {
        at.has_to("prefix_rewrite", prefix.is_empty(), "absent beside regex_rewrite")?;
        let at = &at.field("regex_rewrite");
        let matcher::RegexMatchAndSubstitute { pattern, substitution } = rewrite;
        let written = matching::written(&at.field("pattern"), at.needed("pattern", pattern)?)?;
        let pattern = regex::within(&at.field("pattern").field("regex"), &written)?;
        let replacement = replacement(&at.field("substitution"), substitution, pattern.captures_len())?;
        return Ok(Some(PathRewrite::Regex { pattern, replacement }));
    }
    if prefix.is_empty() {
        return Ok(None);
    }
    has_prefix(at, matched)?;
    value::line(&at.field("prefix_rewrite"), prefix).map(|prefix| Some(PathRewrite::Prefix(prefix)))
}

/// A prefix is put in place of what a route matched, which an expression does not say.
pub(super) fn has_prefix(at: &At<'_>, matched: &PathMatch) -> Result<(), Refusal> {
    at.has_to("prefix_rewrite", !matches!(matched, PathMatch::Regex(_)), "absent where the path is matched by an expression")
}

/// RE2's way to write a replacement in that of the crate `regex`.
fn replacement(at: &At<'_>, written: String, groups: usize) -> Result<Box<str>, Refusal> {
    let written = value::line(at, written)?;
    let mut replacement = String::with_capacity(written.len());
    let mut characters = written.chars();
    while let Some(character) = characters.next() {
        match character {
            '$' => replacement.push_str("$$"),
            '\\' => match characters.next() {
                Some('\\') => replacement.push('\\'),
                Some(digit) if digit.to_digit(10).is_some_and(|group| (group as usize) < groups) => {
                    replacement.push_str(&format!("${{{digit}}}"));
                }
                Some(digit @ '0'..='9') => return Err(at.refuse(format!("says \\{digit}, and the pattern has no such group"))),
                _ => return Err(at.refuse("has a \\ before neither \\ nor a digit")),
            },
            other => replacement.push(other),
        }
    }
    Ok(replacement.into())
}

fn host(at: &At<'_>, specifier: Option<part::HostRewriteSpecifier>) -> Result<Option<HeaderValue>, Refusal> {
    let host = match specifier {
        None => return Ok(None),
        Some(part::HostRewriteSpecifier::HostRewriteLiteral(host)) => host,
        Some(part::HostRewriteSpecifier::AutoHostRewrite(_)) => return Err(at.unread("auto_host_rewrite")),
        Some(part::HostRewriteSpecifier::HostRewriteHeader(_)) => return Err(at.unread("host_rewrite_header")),
        Some(part::HostRewriteSpecifier::HostRewritePathRegex(_)) => return Err(at.unread("host_rewrite_path_regex")),
        Some(part::HostRewriteSpecifier::HostRewrite(_)) => return Err(at.unread("host_rewrite")),
    };
    let host = host.parse().ok().filter(|host: &HeaderValue| !host.is_empty());
    host.ok_or_else(|| at.field("host_rewrite_literal").refuse("is no host")).map(Some)
}
