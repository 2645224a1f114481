//! `access_log`: one line of JSON per request or connection, on the standard output.

use envoy_types::pb::envoy::config::accesslog::v3 as pb;
use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::extensions::access_loggers::file::v3 as file;
use envoy_types::pb::google::protobuf::{Struct, value::Kind};

use super::any;
use super::at::{At, open};
use super::matching;
use super::refusal::Refusal;
use super::sorted::sorted;
use crate::table::{LogField, LogFormat, LogValue};

/// Metadata that access filters write, of requests and of connections.
const ACCESS: [&str; 2] = ["envoy.filters.http.rbac:", "envoy.filters.network.rbac:"];

/// The log of a filter; `None`: nothing is logged.
pub(super) fn format(at: &At<'_>, logs: Vec<pb::AccessLog>) -> Result<Option<LogFormat>, Refusal> {
    if logs.is_empty() {
        return Ok(None);
    }
    let path = at.field("access_log");
    let count = logs.len();
    let Ok([log]) = <[_; 1]>::try_from(logs) else {
        return Err(path.refuse(format!("has to be one, not {count}")));
    };
    let at = &path.index(0);
    open!(at, log => pb::AccessLog { name, config_type } unset { filter });
    let config = config_type.map(|pb::access_log::ConfigType::TypedConfig(config)| config);
    let log: file::FileAccessLog = any::extension(at, &name, "envoy.access_loggers.file", config.as_ref())?;
    let at = &at.field("typed_config");
    open!(at, log => file::FileAccessLog { path, access_log_format } unset {});
    at.has_to("path", path == "/dev/stdout", "/dev/stdout")?;
    use file::file_access_log::AccessLogFormat;
    let format = match access_log_format {
        Some(AccessLogFormat::LogFormat(format)) => format,
        Some(AccessLogFormat::Format(_)) => return Err(at.unread("format")),
        Some(AccessLogFormat::JsonFormat(_)) => return Err(at.unread("json_format")),
        Some(AccessLogFormat::TypedJsonFormat(_)) => return Err(at.unread("typed_json_format")),
        None => return Err(at.field("log_format").refuse("is missing")),
    };
    let at = &at.field("log_format");
    open!(at, format => core::SubstitutionFormatString { format }
        unset { omit_empty_values, content_type, formatters, json_format_options });
    use core::substitution_format_string::Format;
    match format {
        Some(Format::JsonFormat(fields)) => self::fields(&at.field("json_format"), fields).map(Some),
        Some(Format::TextFormat(_)) => Err(at.unread("text_format")),
        Some(Format::TextFormatSource(_)) => Err(at.unread("text_format_source")),
        None => Err(at.field("json_format").refuse("is missing")),
    }
}

fn fields(at: &At<'_>, fields: Struct) -> Result<LogFormat, Refusal> {
    let Struct { fields } = fields;
    let field = |(key, value): (String, _)| {
        let at = &at.key(&key);
        let envoy_types::pb::google::protobuf::Value { kind } = value;
        let Some(Kind::StringValue(text)) = kind else {
            return Err(at.refuse("has to be a text"));
        };
        Ok(LogField { key: quoted(&key), value: value_of(at, &text)? })
    };
    Ok(LogFormat { fields: sorted(fields).into_iter().map(field).collect::<Result<_, _>>()? })
}

/// A text as JSON.
fn quoted(text: &str) -> Box<str> {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\0'..='\x1f' => quoted.push_str(&format!("\\u{:04x}", u32::from(character))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted.into()
}

/// Either one command and nothing beside it, or a text without commands.
fn value_of(at: &At<'_>, text: &str) -> Result<LogValue, Refusal> {
    let command = text.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')).filter(|command| !command.is_empty());
    if let Some(command) = command.filter(|command| !command.contains('%')) {
        return self::command(at, command);
    }
    let plain = text.replace("%%", "");
    if plain.contains('%') {
        return Err(at.refuse(format!("is {text:?}, which is neither one command nor a text without commands (% is written %%)")));
    }
    Ok(LogValue::Text(text.replace("%%", "%").into()))
}

fn command(at: &At<'_>, command: &str) -> Result<LogValue, Refusal> {
    Ok(match command {
        "BYTES_RECEIVED" => LogValue::BytesReceived,
        "BYTES_SENT" => LogValue::BytesSent,
        "CONNECTION_TERMINATION_DETAILS" => LogValue::TerminationDetails,
        "DOWNSTREAM_LOCAL_ADDRESS" => LogValue::LocalAddress,
        "DOWNSTREAM_PEER_URI_SAN" => LogValue::PeerId,
        "DOWNSTREAM_REMOTE_ADDRESS" => LogValue::RemoteAddress,
        "DOWNSTREAM_TLS_VERSION" => LogValue::TlsVersion,
        "DURATION" => LogValue::Duration,
        "PATH(NQ:ORIG_OR_PATH)" => LogValue::Path,
        "PROTOCOL" => LogValue::Protocol,
        "REQ(:AUTHORITY)" => LogValue::Authority,
        "REQ(:METHOD)" => LogValue::Method,
        "RESPONSE_CODE" => LogValue::Status,
        "RESPONSE_CODE_DETAILS" => LogValue::Details,
        "RESPONSE_FLAGS" => LogValue::Flags,
        "ROUTE_NAME" => LogValue::Route,
        "START_TIME" => LogValue::Start,
        "UPSTREAM_CLUSTER_RAW" => LogValue::Cluster,
        "UPSTREAM_HOST" => LogValue::Upstream,
        "UPSTREAM_REQUEST_ATTEMPT_COUNT" => LogValue::Attempts,
        other => {
            let within = |name: &str| other.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
            let metadata = within("DYNAMIC_METADATA");
            let key = metadata.and_then(|said| ACCESS.iter().find_map(|filter| said.strip_prefix(filter)));
            match (within("REQ"), key) {
                (Some(name), _) => LogValue::Header(matching::header_name(at, name)?),
                (None, Some(key)) if !key.is_empty() && !key.contains(':') => LogValue::Access(key.into()),
                _ => return Err(at.refuse(format!("is %{other}%, a command that this proxy does not know"))),
            }
        }
    })
}
