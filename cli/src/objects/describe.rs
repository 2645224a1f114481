//! `meshglot describe`: one object in all that is known of it, for people.

use std::fmt::Write as _;

use meshglot_observed::Events;
use meshglot_translator::render::write::yaml;
use serde_json::Value;

use super::select::{Found, Selected, namespace};
use super::{SOURCE_AT, need, of, read, rendered, tell_blocked};
use crate::Io;
use crate::age::age;
use crate::args::DescribeArgs;
use crate::cluster::{Asked, ObjectEvent, asked};
use crate::exit::{Exit, Failure, Outcome};
use crate::io::columns;
use crate::lint::line::plain;
use crate::output::unwritable;
use crate::proxy::from_file;

pub(crate) fn run(args: &DescribeArgs, io: &mut Io<'_>) -> Outcome {
    let selected = Selected::of(&args.selected.words, args.selected.namespace.as_deref())?;
    let asked = asked(&args.from, &args.cluster)?;
    let objects = match &asked {
        Some(asked) => of(asked, &selected)?,
        None => read(from_file(&args.from, io)?)?,
    };
    tell_blocked(&objects, io)?;
    let (found, missing) = selected.find(&objects)?;
    let events: Option<Events> = if let Some(Asked::Plane(admin)) = &asked { Some(admin.get("/events")?) } else { None };
    let meshes = match &asked {
        Some(Asked::Cluster(cluster)) => rendered::meshes(cluster, &found, io)?,
        _ => Vec::new(),
    };
    for (number, one) in found.iter().enumerate() {
        if number > 0 {
            writeln!(io.stdout, "\n")?;
        }
        write!(io.stdout, "{}", page(one, &objects.at)?)?;
        if let Some(events) = &events {
            write!(io.stdout, "{}", happened(one, events, &objects.at))?;
        }
        if let Some(Asked::Cluster(cluster)) = &asked {
            for mesh in &meshes {
                write!(io.stdout, "{}", rendered::of(one, mesh, meshes.len() == 1, cluster, &objects.at)?)?;
            }
            // What is in no namespace is told of in this one.
            let place = Some(namespace(one.object)).filter(|namespace| !namespace.is_empty()).unwrap_or("default");
            let events = cluster.events(Some(place), Some(&[one.key()]))?;
            write!(io.stdout, "{}", said(&events, &objects.at))?;
        }
    }
    need(&missing)?;
    Ok(Exit::Ok)
}

fn page(found: &Found<'_>, at: &str) -> Result<String, Failure> {
    let object = found.object;
    let mut out = String::new();
    let mut line = |name: &str, text: &str| {
        if !text.is_empty() {
            // A String takes whatever is written to it.
            let _ = writeln!(out, "{:<14}{}", format!("{name}:"), plain(text));
        }
    };
    line("Name", found.text("/metadata/name"));
    line("Namespace", found.text("/metadata/namespace"));
    line("Kind", &format!("{} ({})", found.resource.0.name(), found.text("/apiVersion")));
    line("Written in", found.text(SOURCE_AT));
    line("Generation", &object.pointer("/metadata/generation").map(Value::to_string).unwrap_or_default());
    line("Age", &age(found.text("/metadata/creationTimestamp"), at).unwrap_or_default());
    for (name, pointer) in [("Labels", "/metadata/labels"), ("Annotations", "/metadata/annotations")] {
        let pairs = object.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
        let pairs =
            pairs.filter(|(key, _)| *key != super::SOURCE).map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
        line(name, &pairs.collect::<Vec<_>>().join(", "));
    }
    // What is said beside metadata and status, whatever it is called.
    for (name, value) in object.as_object().into_iter().flatten() {
        if !["apiVersion", "kind", "metadata", "status"].contains(&name.as_str()) {
            let _ = writeln!(out, "{}:\n{}", capital(name), indented(&yaml(value).map_err(unwritable)?));
        }
    }
    if object.get("status").is_some() {
        out += &standing(object, at);
    }
    Ok(out)
}

/// What became of it.
fn standing(object: &Value, at: &str) -> String {
    let mut out = String::new();
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    let mut rows = vec![["TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"].map(str::to_owned).to_vec()];
    for one in conditions.into_iter().flatten() {
        let since = age(one["lastTransitionTime"].as_str().unwrap_or_default(), at).unwrap_or_else(|| "-".to_owned());
        let text = |name: &str| plain(one[name].as_str().unwrap_or_default());
        rows.push(vec![text("type"), text("status"), text("reason"), since, text("message")]);
    }
    let _ = writeln!(out, "Conditions:\n{}", indented(&columns(&rows).join("\n")));
    let backends = object.pointer("/status/backends").and_then(Value::as_array);
    for backend in backends.into_iter().flatten() {
        let text = |name: &str| backend[name].as_str().unwrap_or_default();
        let number = |name: &str| backend[name].as_i64().unwrap_or_default();
        let synced = object.pointer("/status/summary/synced").and_then(Value::as_str).unwrap_or("-");
        let _ = writeln!(out, "Backend {}:", text("name"));
        let proxies = if synced.is_empty() || synced == "-" { String::new() } else { format!(", proxies {synced}") };
        let _ = writeln!(out, "  {}, {} of {} objects{proxies}", text("verdict"), number("applied"), number("desired"));
        if let Some(good) = backend.get("lastGood") {
            let since = age(good["time"].as_str().unwrap_or_default(), at).map(|age| format!(", for {age}")).unwrap_or_default();
            let _ = writeln!(out, "  generation {} stays in force{since}", good["generation"]);
        }
        for loss in backend["losses"].as_array().into_iter().flatten() {
            let text = |name: &str| loss[name].as_str().unwrap_or_default();
            let line =
                format!("{} {} {} of {}: meshglot explain {}", text("code"), text("verdict"), text("path"), text("at"), text("code"));
            let _ = writeln!(out, "  {}", plain(&line));
        }
    }
    out
}

/// What was said of it, or of the file that it is written in.
fn happened(found: &Found<'_>, events: &Events, at: &str) -> String {
    let file = found.text(SOURCE_AT).rsplit_once(':').map_or("", |(file, _)| file);
    let about = found.full_name();
    let is_about = |text: &str| (!file.is_empty() && text.contains(file)) || text.split([' ', ':']).any(|word| word == about);
    let mut rows = Vec::new();
    for event in &events.events {
        if event.about.as_ref() == Some(&about) || is_about(&event.message) {
            rows.push(vec![age(&event.at, at).unwrap_or_default(), plain(&event.message)]);
        }
    }
    if rows.is_empty() { String::new() } else { format!("Events:\n{}\n", indented(&columns(&rows).join("\n"))) }
}

/// What was said of it in a cluster.
fn said(events: &[ObjectEvent], at: &str) -> String {
    let rows: Vec<Vec<String>> = events
        .iter()
        .map(|event| {
            let last = age(&event.last, at).unwrap_or_default();
            vec![last, plain(&event.type_), plain(&event.reason), plain(&event.message)]
        })
        .collect();
    if rows.is_empty() { String::new() } else { format!("Events:\n{}\n", indented(&columns(&rows).join("\n"))) }
}

pub(super) fn indented(text: &str) -> String {
    text.trim_end().lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
