//! `--format NAME`: another form of a backend's output, in the order of writing, as JSON or YAML.

use meshglot_translator::render::{Backend, Rendered, write::yaml_stream};
use serde_json::Value;

use super::{Format, unwritable};
use crate::Io;
use crate::exit::{Exit, Failure};

/// Fails unless the backend has this form.
pub(crate) fn known(backend: &dyn Backend, name: &str) -> Result<(), Failure> {
    if backend.formats().contains(&name) {
        return Ok(());
    }
    let have: Vec<&str> =
        meshglot_registry::all().into_iter().filter(|other| other.formats().contains(&name)).map(|other| other.name()).collect();
    let failure = Failure::new(Exit::Usage, format!("{} has no format {name}", backend.name()));
    Err(if have.is_empty() { failure } else { failure.help(format!("it is a format of {}", have.join(", "))) })
}

pub(crate) fn write(rendered: &[(&dyn Backend, Rendered<'_>)], name: &str, format: &Format, io: &mut Io<'_>) -> Result<(), Failure> {
    let forms = rendered.iter().flat_map(|(backend, rendered)| backend.in_format(name, rendered));
    let entries: Vec<Value> = forms.map(|(_, entry)| entry).collect();
    match format {
        Format::Json => writeln!(io.stdout, "{:#}", Value::Array(entries))?,
        Format::Yaml => write!(io.stdout, "{}", yaml_stream(&entries).map_err(unwritable)?)?,
        Format::Name => {
            for entry in &entries {
                let text = |key: &str| entry[key].as_str().unwrap_or_default();
                writeln!(io.stdout, "{}/{}", text("Kind"), text("Name"))?;
            }
        }
        Format::Folder(_) => return Err(Failure::new(Exit::Usage, format!("--format {name} goes to stdout: use -o json, yaml or name"))),
    }
    Ok(())
}
