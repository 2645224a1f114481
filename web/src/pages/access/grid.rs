//! Every caller by every port: rows and columns of a matrix, ready to be drawn.

use std::ops::Range;

use meshglot_translator::answer::{AllowanceAnswer, MatrixAnswer, MatrixCell, OtherwiseAnswer};
use meshglot_translator::effect::{Allowance, Cell, Column, Party};
use meshglot_translator::plan::AccessMatrix;

use super::{Folded, Mode};
use crate::parts::call::CallFields;
use crate::visit::Visit;

/// A matrix as a table.
pub(crate) struct Grid {
    pub(crate) columns: Vec<Head>,
    pub(crate) rows: Vec<Row>,
    /// How many rows there are, with those of other pages.
    pub(crate) callers: usize,
    /// Callers that are let in like anyone else, and are not shown one by one.
    pub(crate) folded: usize,
    /// Cells in which a mesh does otherwise.
    pub(crate) differing: usize,
    pub(crate) undecided: Vec<String>,
    pub(crate) withheld: Vec<(&'static str, String)>,
}

/// A column.
pub(crate) struct Head {
    pub(crate) label: String,
    /// The page of the Service, if there is one.
    pub(crate) href: Option<String>,
}

/// A row.
pub(crate) struct Row {
    pub(crate) label: String,
    pub(crate) cells: Vec<Field>,
}

/// What one caller may do at one port.
pub(crate) struct Field {
    pub(crate) allowed: AllowanceAnswer,
    pub(crate) otherwise: Vec<OtherwiseAnswer>,
    /// The trace of a call that this cell is about; callers that no command can name have none.
    pub(crate) href: Option<String>,
}

/// Where the parts of a matrix lead.
trait Links {
    fn service(&self, column: &Column) -> Option<String>;
    fn cell(&self, party: &Party, column: &Column, allowance: &Allowance) -> Option<String>;
}

/// To the pages of what is shown.
struct Shown<'v> {
    visit: &'v Visit,
    mode: &'v Mode,
}

impl Links for Shown<'_> {
    fn service(&self, column: &Column) -> Option<String> {
        self.visit.object_link(&column.service.object())
    }

    fn cell(&self, party: &Party, column: &Column, allowance: &Allowance) -> Option<String> {
        let call = CallFields::about(party, column, allowance)?;
        Some(self.visit.link(&format!("/access/explain{}", explained(&call, self.mode))))
    }
}

/// Nowhere: the policy has no pages.
struct Nowhere;

impl Links for Nowhere {
    fn service(&self, _: &Column) -> Option<String> {
        None
    }

    fn cell(&self, _: &Party, _: &Column, _: &Allowance) -> Option<String> {
        None
    }
}

impl Grid {
    /// Of policy that has no pages.
    pub(crate) fn bare(access: &AccessMatrix) -> Self {
        Self::linked(access, 0..access.matrix.callers.len(), &Nowhere)
    }

    /// `rows`: the callers of this page.
    pub(super) fn of(visit: &Visit, access: &Folded, mode: &Mode, rows: Range<usize>) -> Self {
        let grid = Self::linked(&access.shown, rows, &Shown { visit, mode });
        Self { folded: access.folded, differing: differing(&access.whole), ..grid }
    }

    fn linked(access: &AccessMatrix, rows: Range<usize>, links: &impl Links) -> Self {
        let (matrix, answer) = (&access.matrix, access.answer());
        let (callers, ports) = (matrix.caller_labels(), matrix.port_labels());
        let width = matrix.ports.len();
        let row = |at: usize| {
            let (party, label) = (&matrix.callers[at], &callers[at]);
            let (cells, answers) = (&matrix.cells[at], &answer.cells[at * width..(at + 1) * width]);
            let field = |((cell, answer), column): ((&Cell, &MatrixCell), &Column)| Field {
                allowed: answer.allowed.clone(),
                otherwise: answer.backends.clone(),
                href: links.cell(party, column, &cell.allowance),
            };
            Row { label: label.clone(), cells: cells.iter().zip(answers).zip(&matrix.ports).map(field).collect() }
        };
        let head = |(column, label): (&Column, &String)| Head { label: label.clone(), href: links.service(column) };
        Self {
            columns: matrix.ports.iter().zip(&ports).map(head).collect(),
            rows: if matrix.ports.is_empty() { Vec::new() } else { rows.map(row).collect() },
            callers: callers.len(),
            folded: 0,
            differing: differing(access),
            undecided: undecided(&answer),
            withheld: answer.withheld.iter().map(|withheld| (withheld.name, withheld.codes.join(", "))).collect(),
        }
    }
}

/// Cells in which a mesh does otherwise.
fn differing(access: &AccessMatrix) -> usize {
    access.matrix.cells.iter().flatten().filter(|cell| !cell.meshes.is_empty()).count()
}

fn explained(call: &CallFields, mode: &Mode) -> String {
    let backend = match mode {
        Mode::Beside(names) if names.len() == 1 => names[0],
        _ => "",
    };
    call.query().with("backend", backend).text()
}

fn undecided(answer: &MatrixAnswer) -> Vec<String> {
    let line = |one: &meshglot_translator::answer::UndecidedReading| {
        format!("{}: {}:{} is not decided: {}", one.reading, one.port.service, one.port.port, one.port.why)
    };
    answer.undecided.iter().map(line).collect()
}
