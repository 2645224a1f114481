//! Each field of each message in turn: it is obeyed, or it refuses the resource by its name.

use std::collections::BTreeSet;

use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage};

use super::bytes::of;
use super::obeyed::{OBEYED, OPTIONAL};
use super::samples;
use super::walk::{Change, cleared, each, messages, others};

#[test]
fn a_field_is_obeyed_or_refuses_by_its_name() {
    let (mut tried, mut used, mut wrong) = (0, BTreeSet::new(), Vec::new());
    for sample in samples::all() {
        each(&super::bytes::message(&sample), "", others, &mut |change, changed| {
            tried += 1;
            let Change { path, field, .. } = &change;
            let said = of(&changed);
            if OBEYED.contains(&field.as_str()) {
                used.insert(field.clone());
                let is_unread = said.as_ref().is_err_and(|refusal| refusal.why.contains("does not obey"));
                if is_unread {
                    wrong.push(format!("{change:?} is in the list, and: {said:?}"));
                }
            } else if !said.as_ref().is_err_and(|refusal| refusal.field == *path) {
                wrong.push(format!("{change:?}: {:.300}", said.map_or_else(|refusal| refusal.to_string(), |_| "is taken".to_owned())));
            }
        });
    }
    let unused: Vec<_> = OBEYED.iter().filter(|field| !used.contains(**field)).collect();
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(unused.is_empty(), "obeyed, and in no sample unset: {unused:?}");
    assert!(tried > 4500, "{tried} fields");
}

/// A proxy that guessed what is not there would guess otherwise than Envoy.
#[test]
fn a_field_may_be_left_out_or_is_missed() {
    let (mut tried, mut used, mut wrong) = (0, BTreeSet::new(), Vec::new());
    for sample in samples::all() {
        each(&super::bytes::message(&sample), "", cleared, &mut |change, changed| {
            tried += 1;
            if of(&changed).is_ok() {
                if !OPTIONAL.contains(&change.field.as_str()) {
                    wrong.push(format!("{change:?}"));
                }
                used.insert(change.field);
            }
        });
    }
    let unused: Vec<_> = OPTIONAL.iter().filter(|field| !used.contains(**field)).collect();
    assert!(wrong.is_empty(), "{} of {tried} are taken:\n{}", wrong.len(), wrong.join("\n"));
    assert!(unused.is_empty(), "optional, and in no sample set: {unused:?}");
    assert!(tried > 500, "{tried} fields");
}

/// Fields of another version of Envoy's API are dropped by whoever does not know them.
#[test]
fn a_field_that_nobody_knows_refuses_the_message_that_it_came_in() {
    // Field 50000, the number 1.
    const UNKNOWN: [u8; 4] = [0x80, 0xb5, 0x18, 0x01];
    let mut tried = 0;
    for sample in samples::all() {
        messages(
            &super::bytes::message(&sample),
            &mut |message| {
                let mut bytes = message.encode_to_vec();
                bytes.extend(UNKNOWN);
                DynamicMessage::decode(message.descriptor(), bytes.as_slice()).expect("a message")
            },
            &mut |changed| {
                tried += 1;
                let said = of(&changed);
                assert!(said.as_ref().is_err_and(|refusal| refusal.why.contains("does not know")), "{said:?}");
            },
        );
    }
    assert!(tried > 500, "{tried} messages");
}
