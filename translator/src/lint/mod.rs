//! What a reviewer would point at, though it renders as it was written: rules without effect, doors left open, orders
//! that nobody wrote down.
//!
//! These findings need the whole model and are no condition of rendering, so that nobody pays for them but `lint`.
//! A file per finding; [`findings`] puts them beside what reading and rendering told, less what is to be ignored.

mod anchor;
mod caller;
mod covers;
mod default;
mod finding;
mod ignore;
mod open;
mod order;
mod shadow;
#[cfg(test)]
mod tests;
mod unused;
mod version;

use crate::diagnostic::{Code, Diagnostic};
use crate::ir::ObjectKey;
use crate::resolve::{Model, View};

use covers::Covers;
pub use finding::{Finding, Findings, Found, findings};
pub use ignore::{ANNOTATION, Because, Ignore, Ignores};

/// Codes that only this module says, in order.
pub const CODES: [Code; 8] =
    [Code::MG0017, Code::MG0111, Code::MG0116, Code::MG0204, Code::MG0207, Code::MG0208, Code::MG0501, Code::MG0504];

/// Work for all comparisons of one run, in states of automata: two seconds for input that was made to be slow.
const STATES: usize = 400_000;

/// What every finding is made from.
struct Linter<'m> {
    model: &'m Model,
    view: View<'m>,
    ignores: &'m Ignores,
    covers: Covers,
    told: Vec<Diagnostic>,
}

/// Everything of [`CODES`] that holds for a model, in no particular order. What is told of several objects at once is
/// told apart for those that ignore it.
pub fn lint(model: &Model, ignores: &Ignores) -> Vec<Diagnostic> {
    let mut linter = Linter { model, view: View::new(model), ignores, covers: Covers::within(STATES), told: Vec::new() };
    version::tell(&mut linter);
    caller::tell(&mut linter);
    unused::tell(&mut linter);
    default::tell(&mut linter);
    open::tell(&mut linter);
    anchor::tell(&mut linter);
    shadow::tell(&mut linter);
    order::tell(&mut linter);
    linter.told
}

impl Linter<'_> {
    fn say(&mut self, about: &ObjectKey, diagnostic: Diagnostic) {
        self.told.push(diagnostic.about(about));
    }

    /// Whether an object ignores a code, so that it is left out of what is told of several.
    fn ignores(&self, code: Code, object: &ObjectKey) -> bool {
        self.ignores.of(code, &[object]).is_some()
    }
}

/// `a`, `a and b`, `a, b and 3 more`: at most so many of them by name.
fn some_of(names: &[String], most: usize) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        _ if names.len() <= most => {
            let (others, last) = names.split_at(names.len() - 1);
            format!("{} and {}", others.join(", "), last.concat())
        }
        _ => format!("{} and {} more", names[..most].join(", "), names.len() - most),
    }
}
