//! The fields of messages, one after the other, however deep they lie.

use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value};

use super::bytes::within;

/// What was set.
#[derive(Debug)]
pub(crate) struct Change {
    /// Where, as a refusal has to tell it.
    pub(crate) path: String,
    /// Of which message: `HttpConnectionManager.via`.
    pub(crate) field: String,
    /// To what.
    #[allow(dead_code, reason = "it is told where a test fails")]
    pub(crate) to: String,
}

/// What a field could be instead of what it is; `None`: not set.
pub(crate) type Instead = fn(&DynamicMessage, &FieldDescriptor) -> Vec<Option<Value>>;

/// Forms of a message in each of which one field is something else.
pub(crate) fn each(message: &DynamicMessage, at: &str, instead: Instead, told: &mut dyn FnMut(Change, DynamicMessage)) {
    let descriptor = message.descriptor();
    if descriptor.full_name() == "google.protobuf.Any" {
        return each(&within(message), at, instead, &mut |change, inner| {
            let mut any = message.clone();
            any.set_field_by_name("value", Value::Bytes(inner.encode_to_vec().into()));
            told(change, any);
        });
    }
    for field in descriptor.fields() {
        let path = if at.is_empty() { field.name().to_owned() } else { format!("{at}.{}", field.name()) };
        for value in instead(message, &field) {
            // A descriptor prints all that it leads to.
            let to = match &value {
                None => "nothing".to_owned(),
                Some(Value::Message(one)) => format!("a message of {} bytes", one.encoded_len()),
                Some(Value::List(_) | Value::Map(_)) => "one member".to_owned(),
                Some(other) => format!("{other:?}"),
            };
            let mut changed = message.clone();
            match value {
                Some(value) => changed.set_field(&field, value),
                None => changed.clear_field(&field),
            }
            told(Change { path: path.clone(), field: format!("{}.{}", descriptor.name(), field.name()), to }, changed);
        }
        inner(message, &field, &path, instead, told);
    }
}

/// The same for the messages within a field that is set.
fn inner(message: &DynamicMessage, field: &FieldDescriptor, path: &str, instead: Instead, told: &mut dyn FnMut(Change, DynamicMessage)) {
    let mut with = |change: Change, value: Value| {
        let mut changed = message.clone();
        changed.set_field(field, value);
        told(change, changed);
    };
    if !message.has_field(field) || is_leaf(field) {
        return;
    }
    match message.get_field(field).into_owned() {
        Value::Message(one) => each(&one, path, instead, &mut |change, one| with(change, Value::Message(one))),
        Value::List(list) => {
            for (index, one) in list.iter().enumerate() {
                let Value::Message(one) = one else { continue };
                each(one, &format!("{path}[{index}]"), instead, &mut |change, one| {
                    let mut list = list.clone();
                    list[index] = Value::Message(one);
                    with(change, Value::List(list));
                });
            }
        }
        Value::Map(map) => {
            for (key, one) in &map {
                let (MapKey::String(name), Value::Message(one)) = (key, one) else { continue };
                each(one, &format!("{path}[{name:?}]"), instead, &mut |change, one| {
                    let mut map = map.clone();
                    map.insert(key.clone(), Value::Message(one));
                    with(change, Value::Map(map));
                });
            }
        }
        _ => {}
    }
}

/// Messages that JSON writes as one value.
fn is_leaf(field: &FieldDescriptor) -> bool {
    let Kind::Message(of) = field.kind() else { return true };
    let name = of.full_name();
    name.starts_with("google.protobuf.") && name != "google.protobuf.Any" && !field.is_map()
        || matches!(field.kind(), Kind::Message(of) if field.is_map() && is_struct(&of))
}

fn is_struct(entry: &MessageDescriptor) -> bool {
    matches!(entry.map_entry_value_field().kind(), Kind::Message(of) if of.full_name() == "google.protobuf.Struct")
}

/// Nothing, where there was something.
pub(crate) fn cleared(message: &DynamicMessage, field: &FieldDescriptor) -> Vec<Option<Value>> {
    if message.has_field(field) { vec![None] } else { Vec::new() }
}

/// Something where there was nothing, and of a choice every other.
pub(crate) fn others(message: &DynamicMessage, field: &FieldDescriptor) -> Vec<Option<Value>> {
    values(message, field).into_iter().map(Some).collect()
}

/// Values that a field could have beside its own.
fn values(message: &DynamicMessage, field: &FieldDescriptor) -> Vec<Value> {
    let own = message.get_field(field).into_owned();
    let is_set = message.has_field(field);
    if let Kind::Enum(choice) = field.kind()
        && !field.is_list()
    {
        // 99: none that there is.
        let numbers = choice.values().map(|value| value.number()).chain([99]);
        let is_other = |value: &Value| *value != own || !is_set && field.supports_presence();
        return numbers.map(Value::EnumNumber).filter(is_other).collect();
    }
    if field.is_map() {
        let Kind::Message(entry) = field.kind() else { return Vec::new() };
        let value = samples_of(&entry.map_entry_value_field().kind()).pop();
        return value.filter(|_| !is_set).map(|value| Value::Map([(MapKey::String("x".into()), value)].into())).into_iter().collect();
    }
    if field.is_list() {
        return if is_set { Vec::new() } else { samples_of(&field.kind()).into_iter().map(|value| Value::List(vec![value])).collect() };
    }
    let mut values = samples_of(&field.kind());
    let mut is_wrapper = false;
    if let Kind::Message(of) = field.kind() {
        is_wrapper = is_wrapped(&of);
        values.push(Value::Message(DynamicMessage::new(of)));
    } else if field.supports_presence() {
        values.push(Value::default_value(&field.kind()));
    }
    // Of what is set, only the number in a wrapper is another: messages are walked through, and other values are what a sample says.
    values.retain(|value| !is_set || is_wrapper && *value != own);
    values
}

/// Whether a message is a number, a text or a switch that may be absent.
fn is_wrapped(of: &MessageDescriptor) -> bool {
    of.full_name().starts_with("google.protobuf.") && of.full_name().ends_with("Value") && of.fields().len() == 1
}

/// Values that are not the usual one.
fn samples_of(kind: &Kind) -> Vec<Value> {
    vec![match kind {
        Kind::Double => Value::F64(1.5),
        Kind::Float => Value::F32(1.5),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(3),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(3),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(3),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(3),
        Kind::Bool => Value::Bool(true),
        Kind::String => Value::String("x".to_owned()),
        Kind::Bytes => Value::Bytes(vec![1].into()),
        Kind::Enum(choice) => {
            let last = choice.values().last().map_or(1, |value| value.number());
            Value::EnumNumber(last)
        }
        Kind::Message(of) => {
            let mut one = DynamicMessage::new(of.clone());
            if of.full_name() == "google.protobuf.Duration" {
                one.set_field_by_name("seconds", Value::I64(3));
            } else if is_wrapped(of) {
                for field in of.fields() {
                    one.set_field(&field, samples_of(&field.kind()).remove(0));
                }
            }
            Value::Message(one)
        }
    }]
}

/// Each message within a message, changed, as what the outermost becomes.
pub(crate) fn messages(
    message: &DynamicMessage,
    change: &mut dyn FnMut(&DynamicMessage) -> DynamicMessage,
    told: &mut dyn FnMut(DynamicMessage),
) {
    told(change(message));
    if message.descriptor().full_name() == "google.protobuf.Any" {
        return messages(&within(message), change, &mut |inner| {
            let mut any = message.clone();
            any.set_field_by_name("value", Value::Bytes(inner.encode_to_vec().into()));
            told(any);
        });
    }
    for field in message.descriptor().fields().filter(|field| message.has_field(field)) {
        let mut with = |value: Value| {
            let mut changed = message.clone();
            changed.set_field(&field, value);
            told(changed);
        };
        match message.get_field(&field).into_owned() {
            Value::Message(one) => messages(&one, change, &mut |one| with(Value::Message(one))),
            Value::List(list) => {
                for (index, one) in list.iter().enumerate() {
                    let Value::Message(one) = one else { continue };
                    messages(one, change, &mut |one| {
                        let mut list = list.clone();
                        list[index] = Value::Message(one);
                        with(Value::List(list));
                    });
                }
            }
            Value::Map(map) => {
                for (key, one) in &map {
                    let Value::Message(one) = one else { continue };
                    messages(one, change, &mut |one| {
                        let mut map = map.clone();
                        map.insert(key.clone(), Value::Message(one));
                        with(Value::Map(map));
                    });
                }
            }
            _ => {}
        }
    }
}
