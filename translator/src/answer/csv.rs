//! A matrix as CSV (RFC 4180): a line for each caller and port, for auditors and their tools.

use super::{MatrixAnswer, MatrixCell, PartyAnswer};

/// The columns, and two more where it is compared with a policy before.
const HEAD: [&str; 5] = ["caller", "service", "port", "allowed", "requests"];
const BEFORE: [&str; 2] = ["allowed before", "requests before"];

impl MatrixAnswer {
    /// As CSV. Where it is compared, what did not change is left out.
    pub fn csv(&self) -> String {
        let compared = self.cells.iter().any(|cell| cell.before.is_some());
        let head = HEAD.iter().chain(BEFORE.iter().filter(|_| compared)).map(ToString::to_string);
        let meshes = self.backends.iter().flat_map(|name| [format!("{name} lets in besides"), format!("{name} does not let in")]);
        let cells = self.cells.iter().filter(|cell| !compared || cell.changed);
        let lines = cells.map(|cell| csv_line(fields(cell, compared, &self.backends)));
        std::iter::once(csv_line(head.chain(meshes))).chain(lines).collect()
    }
}

/// One line of CSV with its end; fields are put in quotes where they must be.
pub fn csv_line(fields: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    fields.into_iter().map(|field| quoted(field.as_ref())).collect::<Vec<_>>().join(",") + "\r\n"
}

fn fields(cell: &MatrixCell, compared: bool, backends: &[&'static str]) -> Vec<String> {
    let requests = |requests: &[String]| requests.join("; ");
    let own = [caller(&cell.caller), cell.service.clone(), cell.port.to_string()];
    let now = [cell.allowed.allowed.to_owned(), requests(&cell.allowed.requests)];
    let before = cell.before.as_ref().map(|before| [before.allowed.to_owned(), requests(&before.requests)]);
    let before = compared.then(|| before.unwrap_or_default()).into_iter().flatten();
    let mesh = |name: &&'static str| {
        let found = cell.backends.iter().find(|mesh| mesh.name == *name);
        found.map(|mesh| [requests(&mesh.gained), requests(&mesh.lost)]).unwrap_or_default()
    };
    own.into_iter().chain(now).chain(before).chain(backends.iter().flat_map(mesh)).collect()
}

fn caller(caller: &PartyAnswer) -> String {
    let account = || Some(format!("{}/{}", caller.namespace.as_ref()?, caller.name.as_ref()?));
    let named = account().or_else(|| caller.spiffe_id.clone());
    named.unwrap_or_else(|| if caller.kind == "others" { "anyone else".to_owned() } else { "no proxy".to_owned() })
}

/// In quotes where it must be.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\r', '\n']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("GET /a*", "GET /a*" ; "plain")]
    #[test_case("GET,HEAD /a*", "\"GET,HEAD /a*\"" ; "comma")]
    #[test_case("GET /a [x: \"1\"]", "\"GET /a [x: \"\"1\"\"]\"" ; "quotes")]
    fn fields(field: &str, want: &str) {
        assert_eq!(quoted(field), want);
    }
}
