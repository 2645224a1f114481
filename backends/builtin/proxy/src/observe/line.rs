//! One line of the access log: JSON, in the form that the resource gives.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use time::OffsetDateTime;

use crate::table::{LogFormat, LogValue};

/// What is known of what a line is about.
pub(crate) trait Told {
    /// What a command of the format stands for.
    fn value(&self, of: &LogValue) -> Value<'_>;
}

/// A value in a line.
pub(crate) enum Value<'t> {
    /// It is not known, or there is none.
    Nothing,
    Text(&'t str),
    Bytes(&'t [u8]),
    Number(u64),
    Millis(Duration),
    Address(SocketAddr),
    Time(OffsetDateTime),
}

/// Appends a line.
pub(crate) fn write(format: &LogFormat, told: &dyn Told, out: &mut Vec<u8>) {
    let mut before = b'{';
    for field in &format.fields {
        out.push(before);
        before = b',';
        out.extend(field.key.as_bytes());
        out.push(b':');
        match &field.value {
            LogValue::Text(text) => string(text.as_bytes(), out),
            value => put(&told.value(value), out),
        }
    }
    if before == b'{' {
        out.push(b'{');
    }
    out.extend(b"}\n");
}

fn put(value: &Value<'_>, out: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = match value {
        Value::Nothing => out.write_all(b"null"),
        Value::Text(text) => {
            string(text.as_bytes(), out);
            Ok(())
        }
        Value::Bytes(bytes) => {
            string(bytes, out);
            Ok(())
        }
        Value::Number(number) => {
            decimal(*number, 1, out);
            Ok(())
        }
        Value::Millis(duration) => {
            decimal(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX), 1, out);
            Ok(())
        }
        Value::Address(SocketAddr::V4(address)) => {
            let mut before = b'"';
            for part in address.ip().octets() {
                out.push(before);
                before = b'.';
                decimal(part.into(), 1, out);
            }
            out.push(b':');
            decimal(address.port().into(), 1, out);
            out.push(b'"');
            Ok(())
        }
        Value::Address(address) => write!(out, "\"{address}\""),
        Value::Time(time) => {
            let (date, (hour, minute, second, milli)) = (time.date(), time.time().as_hms_milli());
            let year = u64::try_from(date.year()).unwrap_or_default();
            let parts = [(year, 4, b'-'), (u8::from(date.month()).into(), 2, b'-'), (date.day().into(), 2, b'T')];
            let parts = parts.into_iter().chain([(hour.into(), 2, b':'), (minute.into(), 2, b':'), (second.into(), 2, b'.')]);
            out.push(b'"');
            for (number, digits, after) in parts {
                decimal(number, digits, out);
                out.push(after);
            }
            decimal(milli.into(), 3, out);
            out.extend(b"Z\"");
            Ok(())
        }
    };
}

/// A number with at least so many digits: several stand in each line, and formatting costs more than all else in it.
fn decimal(mut number: u64, digits: usize, out: &mut Vec<u8>) {
    let mut text = [b'0'; 20];
    let mut at = text.len();
    while number > 0 {
        at -= 1;
        text[at] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    out.extend(&text[at.min(text.len() - digits)..]);
}

/// A JSON string. What is no UTF-8 is written as the characters of the same numbers, so that a line is always one of JSON.
fn string(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut plain = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if (0x20..0x7f).contains(byte) && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend(&bytes[plain..at]);
        plain = at + 1;
        let _ = match byte {
            b'"' => out.write_all(b"\\\""),
            b'\\' => out.write_all(b"\\\\"),
            byte => write!(out, "\\u{byte:04x}"),
        };
    }
    out.extend(&bytes[plain..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::LogField;

    struct Call;

    impl Told for Call {
        fn value(&self, of: &LogValue) -> Value<'_> {
            match of {
                LogValue::Path => Value::Bytes(b"/a\"b\\\n\xe9"),
                LogValue::Status => Value::Number(200),
                LogValue::Duration => Value::Millis(Duration::from_micros(12_900)),
                LogValue::RemoteAddress => Value::Address(SocketAddr::from(([127, 0, 0, 1], 80))),
                LogValue::Start => Value::Time(OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_123_456_789).expect("a time")),
                _ => Value::Nothing,
            }
        }
    }

    #[test]
    fn a_line_is_json_whatever_was_called() {
        let values = [LogValue::Path, LogValue::Status, LogValue::Duration, LogValue::RemoteAddress, LogValue::Start, LogValue::PeerId];
        let field = |(at, value)| LogField { key: format!("\"{at}\"").into(), value };
        let format = LogFormat { fields: values.into_iter().enumerate().map(field).collect() };
        let mut out = Vec::new();
        write(&format, &Call, &mut out);
        let want = r#"{"0":"/a\"b\\\u000a\u00e9","1":200,"2":12,"3":"127.0.0.1:80","4":"2023-11-14T22:13:20.123Z","5":null}"#;
        assert_eq!(String::from_utf8(out).expect("text"), format!("{want}\n"));
    }
}
