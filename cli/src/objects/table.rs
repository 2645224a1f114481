//! Objects as rows: the columns are those of `kubectl get`.

use meshglot_crds::Column;
use serde_json::Value;

use super::jsonpath::{values, written};
use super::select::{Found, name_of, namespace};
use crate::age::age;
use crate::exit::{Exit, Failure};

/// What every kind that is not ours shows.
const PLAIN: [Column; 2] = [
    Column { name: "AGE", type_: "date", path: ".metadata.creationTimestamp", wide: false },
    Column { name: "SOURCE", type_: "string", path: r".metadata.annotations.meshglot\.dev/source", wide: true },
];

/// A head and a row for each object; all are of one kind. `several`: other kinds stand beside it, so names say the kind.
pub(super) fn rows(found: &[Found<'_>], at: &str, wide: bool, several: bool) -> Result<Vec<Vec<String>>, Failure> {
    let Some(first) = found.first() else { return Ok(Vec::new()) };
    let columns: Vec<&Column> = match first.resource.crd() {
        Some(crd) => crd.columns().filter(|column| wide || !column.wide).collect(),
        None => PLAIN.iter().filter(|column| wide || !column.wide).collect(),
    };
    let spaced = !first.resource.0.is_cluster_scoped();
    let head = spaced.then_some("NAMESPACE").into_iter().chain(["NAME"]).chain(columns.iter().map(|column| column.name));
    let mut rows = vec![head.map(str::to_owned).collect::<Vec<_>>()];
    for one in found {
        let name = name_of(one.object);
        let name = if several { one.resource.named(name) } else { name.to_owned() };
        let mut row: Vec<String> = spaced.then(|| namespace(one.object).to_owned()).into_iter().chain([name]).collect();
        for column in &columns {
            row.push(cell(column, one.object, at)?);
        }
        rows.push(row);
    }
    Ok(rows)
}

fn cell(column: &Column, object: &Value, at: &str) -> Result<String, Failure> {
    let found = values(column.path, object).map_err(|why| Failure::new(Exit::Internal, why))?;
    let texts: Vec<String> = found.into_iter().filter(|value| !value.is_null()).map(written).collect();
    let text = texts.join(",");
    if column.type_ == "date" {
        return Ok(age(&text, at).unwrap_or_else(|| "<unknown>".to_owned()));
    }
    // Rows are lines, whatever somebody wrote.
    let text: String = text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
    Ok(if text.is_empty() { "-".to_owned() } else { text })
}

#[cfg(test)]
mod tests {
    use meshglot_translator::ir::Kind;
    use serde_json::json;

    use super::super::resource::Resource;
    use super::*;

    #[test]
    fn every_column_of_every_kind_can_be_read() {
        let object = json!({"metadata": {"name": "n"}});
        for kind in Kind::ALL {
            let found = [Found { resource: Resource(kind), object: &object }];
            let rows = rows(&found, "2026-11-22T12:00:00Z", true, false).expect("columns");
            assert_eq!(rows[0].len(), rows[1].len(), "{}", kind.name());
        }
    }
}
