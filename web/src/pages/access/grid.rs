//! Every caller by every port: rows and columns of a matrix, ready to be drawn.

use meshglot_translator::answer::{AllowanceAnswer, MatrixAnswer, MatrixCell, OtherwiseAnswer};
use meshglot_translator::effect::{Cell, Column};

use super::{Folded, Mode};
use crate::parts::call::CallFields;
use crate::visit::Visit;

/// A matrix as a table.
pub(super) struct Grid {
    pub(super) columns: Vec<Head>,
    pub(super) rows: Vec<Row>,
    /// Callers that are let in like anyone else, and are not shown one by one.
    pub(super) folded: usize,
    /// Cells in which a mesh does otherwise.
    pub(super) differing: usize,
    pub(super) undecided: Vec<String>,
    pub(super) withheld: Vec<(&'static str, String)>,
}

/// A column.
pub(super) struct Head {
    pub(super) label: String,
    pub(super) href: String,
}

/// A row.
pub(super) struct Row {
    pub(super) label: String,
    pub(super) cells: Vec<Field>,
}

/// What one caller may do at one port.
pub(super) struct Field {
    pub(super) allowed: AllowanceAnswer,
    pub(super) otherwise: Vec<OtherwiseAnswer>,
    /// The trace of a call that this cell is about; callers that no command can name have none.
    pub(super) href: Option<String>,
    /// For who cannot see the table.
    pub(super) label: String,
}

impl Grid {
    pub(super) fn of(visit: &Visit, access: &Folded, mode: &Mode) -> Self {
        let (matrix, answer) = (&access.shown.matrix, access.shown.answer());
        let (callers, ports) = (matrix.caller_labels(), matrix.port_labels());
        let mut rows = Vec::new();
        let width = matrix.ports.len().max(1);
        for (((party, label), cells), answers) in matrix.callers.iter().zip(&callers).zip(&matrix.cells).zip(answer.cells.chunks(width)) {
            let of_cell = |((cell, answer), (column, port)): ((&Cell, &MatrixCell), (&Column, &String))| Field {
                label: format!("{label} calls {port}"),
                allowed: answer.allowed.clone(),
                otherwise: answer.backends.clone(),
                href: CallFields::about(party, column, &cell.allowance)
                    .map(|call| visit.link(&format!("/access/explain{}", explained(&call, mode)))),
            };
            let cells = cells.iter().zip(answers).zip(matrix.ports.iter().zip(&ports)).map(of_cell).collect();
            rows.push(Row { label: label.clone(), cells });
        }
        let head = |(column, label): (&Column, &String)| Head {
            label: label.clone(),
            href: visit.link(&format!("/ns/{}/services/{}", column.service.namespace, column.service.name)),
        };
        Self {
            columns: matrix.ports.iter().zip(&ports).map(head).collect(),
            rows,
            folded: access.folded,
            differing: access.whole.matrix.cells.iter().flatten().filter(|cell| !cell.meshes.is_empty()).count(),
            undecided: undecided(&answer),
            withheld: answer.withheld.iter().map(|withheld| (withheld.name, withheld.codes.join(", "))).collect(),
        }
    }
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
