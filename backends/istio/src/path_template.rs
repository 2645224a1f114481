//! Paths as templates: `/a/{*}/b` and `/a/{**}`, where Istio has no regex.
//!
//! `{*}` is one segment that is not empty, `{**}` any rest; neither takes `[` or `]`.

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::pattern::as_envoy_normalises;

use crate::branch::{Alphabet, Part};
use crate::path_rule::Unsaid;

/// Envoy refuses longer ones, counted with `{*}` as `*`; a new policy that it refuses leaves its workload open.
const LONGEST: usize = 256;

/// What a segment of a template may hold besides letters and digits; the webhook refuses everything else.
const IN_SEGMENT: &str = "-._~%!$&'()+,;:@=";

/// Templates that together take nothing that the branch does not take.
pub(crate) struct Templates {
    pub(crate) written: Vec<String>,
    /// They take less.
    pub(crate) narrowed: bool,
}

/// The templates of a branch that begins with text.
///
/// # Errors
/// What the webhook or Envoy would refuse.
pub(crate) fn templates(parts: &[Part], alphabet: Alphabet) -> Result<Templates, Unsaid> {
    let mut out = String::new();
    // `{**}` stands last but for text.
    let mut rest_written = false;
    let mut narrowed = false;
    let mut ends: &[&str] = &[""];
    for (index, part) in parts.iter().enumerate() {
        let next = parts.get(index + 1);
        let whole =
            out.ends_with('/') && !rest_written && next.is_none_or(|next| matches!(next, Part::Text(text) if text.starts_with('/')));
        match part {
            Part::Text(text) => out.push_str(&as_envoy_normalises(text)),
            Part::Segment { exact } if whole => {
                narrowed |= !exact;
                out.push_str("{*}");
            }
            Part::Any if whole => {
                narrowed = true;
                rest_written = true;
                out.push_str("{**}");
            }
            // An open end inside a segment: the whole segment, and whatever is below it.
            Part::Any if next.is_none() && !rest_written && matches!(parts.get(index.wrapping_sub(1)), Some(Part::Text(_))) => {
                narrowed = true;
                ends = &["", "/{**}"];
            }
            Part::One(set)
                if out.ends_with('/') && !rest_written && parts[index + 1..] == [Part::Any] && alphabet.segment(*set).is_some() =>
            {
                narrowed = true;
                out.push_str("{*}");
                ends = &["", "/{**}"];
                break;
            }
            _ => return Err(Unsaid::regex("its variable part is not a whole segment")),
        }
    }
    let written: Vec<String> = ends.iter().map(|end| format!("{out}{end}")).collect();
    for template in &written {
        check(template)?;
    }
    Ok(Templates { written, narrowed })
}

fn check(template: &str) -> Result<(), Unsaid> {
    let literal = |segment: &str| !segment.is_empty() && segment.chars().all(|c| c.is_ascii_alphanumeric() || IN_SEGMENT.contains(c));
    // A template without a slash before it ends the Envoy that loads it.
    let Some(path) = template.strip_prefix('/') else {
        return Err(Unsaid { code: Code::MG1127, why: "its template begins without a slash" });
    };
    if !path.split('/').all(|segment| segment == "{*}" || segment == "{**}" || literal(segment)) {
        return Err(Unsaid::regex("a segment of it is empty or holds a character that templates do not take"));
    }
    if template.replace("{**}", "**").replace("{*}", "*").len() > LONGEST {
        return Err(Unsaid { code: Code::MG1127, why: "its template has more than 256 characters" });
    }
    Ok(())
}
