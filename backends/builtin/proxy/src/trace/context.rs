//! The trace that a request belongs to, as headers say it.
//!
//! Sources: W3C Trace Context (<https://www.w3.org/TR/trace-context/>), B3 (<https://github.com/openzipkin/b3-propagation>).

use http::{HeaderMap, HeaderName, HeaderValue};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const B3: HeaderName = HeaderName::from_static("b3");
const B3_TRACE: HeaderName = HeaderName::from_static("x-b3-traceid");
const B3_SPAN: HeaderName = HeaderName::from_static("x-b3-spanid");
const B3_PARENT: HeaderName = HeaderName::from_static("x-b3-parentspanid");
const B3_SAMPLED: HeaderName = HeaderName::from_static("x-b3-sampled");
const B3_FLAGS: HeaderName = HeaderName::from_static("x-b3-flags");

/// A place in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Context {
    /// Never 0.
    pub(crate) trace: u128,
    /// Never 0.
    pub(crate) span: u64,
    /// Whether spans of it are told; `None`: nobody has decided.
    pub(crate) sampled: Option<bool>,
    form: Form,
}

/// How it was said: it is said on in the same way, and as W3C has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    W3c,
    B3,
    B3Headers,
}

impl Context {
    /// What a request says; `None`: nothing, or nothing that can be read.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        w3c(headers).or_else(|| b3(headers)).or_else(|| b3_headers(headers))
    }

    /// The beginning of a trace.
    pub(crate) fn first(sampled: bool) -> Self {
        Self { trace: fastrand::u128(1..), span: fastrand::u64(1..), sampled: Some(sampled), form: Form::W3c }
    }

    /// A place below this one.
    pub(crate) fn below(self, sampled: bool) -> Self {
        Self { span: fastrand::u64(1..), sampled: Some(sampled), ..self }
    }

    /// Says it to whoever comes next. `above`: the place above it, where there is one.
    pub(crate) fn write(self, headers: &mut HeaderMap, above: Option<u64>) {
        let Self { trace, span, .. } = self;
        let sampled = u8::from(self.sampled == Some(true));
        put(headers, TRACEPARENT, format!("00-{trace:032x}-{span:016x}-{sampled:02x}"));
        match self.form {
            Form::W3c => {}
            Form::B3 => {
                let above = above.map(|above| format!("-{above:016x}")).unwrap_or_default();
                put(headers, B3, format!("{trace:032x}-{span:016x}-{sampled}{above}"));
            }
            Form::B3Headers => {
                put(headers, B3_TRACE, format!("{trace:032x}"));
                put(headers, B3_SPAN, format!("{span:016x}"));
                headers.remove(B3_FLAGS);
                put(headers, B3_SAMPLED, sampled.to_string());
                match above {
                    Some(above) => put(headers, B3_PARENT, format!("{above:016x}")),
                    None => drop(headers.remove(B3_PARENT)),
                }
            }
        }
        // It belongs to a `traceparent`, and this one did not come with it.
        if self.form != Form::W3c {
            headers.remove(TRACESTATE);
        }
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, text: String) {
    // Hexadecimal digits and dashes are a value.
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert(name, value);
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// `length` lower-case hexadecimal digits, not all of them 0.
fn digits<T: PartialEq + Default>(text: &str, length: usize, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    let is_hex = text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_hex { read(text).filter(|number| *number != T::default()) } else { None }
}

fn trace_id(text: &str) -> Option<u128> {
    let read = |text: &str| u128::from_str_radix(text, 16).ok();
    digits(text, 32, read).or_else(|| digits(text, 16, read))
}

fn span_id(text: &str) -> Option<u64> {
    digits(text, 16, |text| u64::from_str_radix(text, 16).ok())
}

fn w3c(headers: &HeaderMap) -> Option<Context> {
    let mut parts = text(headers, TRACEPARENT)?.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let known = digits(version, 2, |text| u8::from_str_radix(text, 16).ok()).unwrap_or(0);
    // A later version may say more behind it; this one may not.
    if version.len() != 2 || known == 0xff || (version == "00" && parts.next().is_some()) || trace.len() != 32 || flags.len() != 2 {
        return None;
    }
    let flags = u8::from_str_radix(flags, 16).ok()?;
    Some(Context { trace: trace_id(trace)?, span: span_id(span)?, sampled: Some(flags & 1 == 1), form: Form::W3c })
}

fn b3(headers: &HeaderMap) -> Option<Context> {
    let mut parts = text(headers, B3)?.split('-');
    let (trace, span) = (trace_id(parts.next()?)?, span_id(parts.next()?)?);
    Some(Context { trace, span, sampled: parts.next().and_then(sampled), form: Form::B3 })
}

fn b3_headers(headers: &HeaderMap) -> Option<Context> {
    let (trace, span) = (trace_id(text(headers, B3_TRACE)?)?, span_id(text(headers, B3_SPAN)?)?);
    let debug = text(headers, B3_FLAGS).filter(|flags| *flags == "1").map(|_| true);
    let sampled = debug.or_else(|| text(headers, B3_SAMPLED).and_then(sampled));
    Some(Context { trace, span, sampled, form: Form::B3Headers })
}

/// `d`: it is looked for mistakes, which everybody is to see.
fn sampled(word: &str) -> Option<bool> {
    match word {
        "1" | "d" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use test_case::test_case;

    const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
    const SPAN: u64 = 0x00f0_67aa_0ba9_02b7;

    fn read(lines: &[(&str, &str)]) -> Option<(u128, u64, Option<bool>)> {
        let line = |(name, value): &(&str, &str)| Some((HeaderName::try_from(*name).ok()?, HeaderValue::try_from(*value).ok()?));
        let headers: HeaderMap = lines.iter().filter_map(line).collect();
        Context::read(&headers).map(|context| (context.trace, context.span, context.sampled))
    }

    #[test_case(&[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")], Some(Some(true)) ; "w3c")]
    #[test_case(&[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")], Some(Some(false)) ; "w3c not sampled")]
    #[test_case(&[("traceparent", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more")], Some(Some(true)) ; "a later version")]
    #[test_case(&[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more")], None ; "more than there is")]
    #[test_case(&[("traceparent", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")], None ; "no version")]
    #[test_case(&[("traceparent", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01")], None ; "upper case")]
    #[test_case(&[("traceparent", "00-00000000000000000000000000000000-00f067aa0ba902b7-01")], None ; "no trace")]
    #[test_case(&[("b3", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-d-05e3ac9a4f6e3b90")], Some(Some(true)) ; "b3")]
    #[test_case(&[("b3", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7")], Some(None) ; "b3 undecided")]
    #[test_case(&[("b3", "0")], None ; "b3 of no trace")]
    #[test_case(&[("x-b3-traceid", "4bf92f3577b34da6a3ce929d0e0e4736"), ("x-b3-spanid", "00f067aa0ba902b7"), ("x-b3-sampled", "0")], Some(Some(false)) ; "b3 headers")]
    #[test_case(&[("x-b3-traceid", "4bf92f3577b34da6a3ce929d0e0e4736"), ("x-b3-spanid", "00f067aa0ba902b7"), ("x-b3-flags", "1")], Some(Some(true)) ; "b3 debug")]
    #[test_case(&[], None ; "nothing")]
    fn read_from(lines: &[(&str, &str)], sampled: Option<Option<bool>>) {
        assert_eq!(read(lines), sampled.map(|sampled| (TRACE, SPAN, sampled)));
    }

    #[test_case(&[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")], &["traceparent"] ; "w3c")]
    #[test_case(&[("b3", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1")], &["b3", "traceparent"] ; "b3")]
    #[test_case(&[("x-b3-traceid", "4bf92f3577b34da6a3ce929d0e0e4736"), ("x-b3-spanid", "00f067aa0ba902b7")], &["traceparent", "x-b3-parentspanid", "x-b3-sampled", "x-b3-spanid", "x-b3-traceid"] ; "b3 headers")]
    fn said_on(lines: &[(&str, &str)], names: &[&str]) {
        let line = |(name, value): &(&str, &str)| Some((HeaderName::try_from(*name).ok()?, HeaderValue::try_from(*value).ok()?));
        let mut headers: HeaderMap = lines.iter().filter_map(line).collect();
        let above = Context::read(&headers).expect("a context");
        let own = above.below(true);
        own.write(&mut headers, Some(above.span));
        let mut came: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        came.sort_unstable();
        assert_eq!(came, names);
        let next = Context::read(&headers).expect("a context");
        assert_eq!((next.trace, next.span, next.sampled), (TRACE, own.span, Some(true)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

        /// A place in a trace is the same for whoever comes next, in whichever form it is said.
        #[test]
        fn what_is_said_is_read(
            (trace, span, above) in (1..=u128::MAX, 1..=u64::MAX, prop::option::of(1..=u64::MAX)),
            sampled in any::<bool>(),
            form in prop::sample::select(vec![Form::W3c, Form::B3, Form::B3Headers]),
        ) {
            let said = Context { trace, span, sampled: Some(sampled), form };
            let mut headers = HeaderMap::new();
            said.write(&mut headers, above);
            let same = (trace, span, Some(sampled));
            let read = |headers: &HeaderMap| Context::read(headers).map(|read| (read.trace, read.span, read.sampled));
            prop_assert_eq!(read(&headers), Some(same));
            // Who knows B3 alone.
            headers.remove(TRACEPARENT);
            prop_assert_eq!(read(&headers), Some(same).filter(|_| form != Form::W3c));
        }

        /// The state belongs to the `traceparent` that it came with: it stays with that one, and goes where it was not read.
        #[test]
        fn a_state_stays_with_its_parent(state in "[a-z]{1,8}=[!-+--~]{1,8}", is_w3c in any::<bool>()) {
            let mut headers = HeaderMap::new();
            headers.insert(TRACESTATE, HeaderValue::try_from(&state).expect("a value"));
            let (name, value) = match is_w3c {
                true => (TRACEPARENT, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                false => (B3, "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1"),
            };
            headers.insert(name, HeaderValue::from_static(value));
            let above = Context::read(&headers).expect("a context");
            above.below(true).write(&mut headers, Some(above.span));
            prop_assert_eq!(headers.get(TRACESTATE).is_some_and(|kept| *kept == state), is_w3c);
        }

        /// Whatever a caller says is read or not, and what is read can be said on.
        #[test]
        fn anything_is_answered(name in prop::sample::select(vec!["traceparent", "b3", "x-b3-traceid"]), value in "[0-9a-f-]{0,60}|.{0,60}") {
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::try_from(name).expect("a name"), value);
            }
            headers.insert(B3_SPAN, HeaderValue::from_static("00f067aa0ba902b7"));
            if let Some(context) = Context::read(&headers) {
                context.below(true).write(&mut headers, Some(context.span));
                prop_assert_eq!(Context::read(&headers).map(|read| read.trace), Some(context.trace));
            }
        }
    }
}
