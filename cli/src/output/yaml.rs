//! `-o yaml`: a stream of documents, one backend after the other.

use meshglot_translator::render::{Backend, Rendered, RenderedObject, write::yaml};

use super::unwritable;
use crate::Io;
use crate::exit::Failure;

/// Writes the stream. With several backends each begins with a comment that names it.
pub(crate) fn write(rendered: &[(&dyn Backend, Rendered<'_>)], provenance: bool, io: &mut Io<'_>) -> Result<(), Failure> {
    let mut first = true;
    let several = rendered.len() > 1;
    for (backend, rendered) in rendered {
        for (index, object) in rendered.objects.iter().enumerate() {
            if !std::mem::take(&mut first) {
                writeln!(io.stdout, "---")?;
            }
            if index == 0 && several {
                writeln!(io.stdout, "# backend: {}", backend.name())?;
            }
            write!(io.stdout, "{}", document(object, provenance)?)?;
        }
    }
    Ok(())
}

/// One object, with comments that say where its fields came from.
pub(crate) fn document(object: &RenderedObject, provenance: bool) -> Result<String, Failure> {
    let body = yaml(&object.body()).map_err(unwritable)?;
    if !provenance {
        return Ok(body);
    }
    let width = object.provenance.iter().map(|field| field.path.len()).max().unwrap_or_default();
    let mut out = String::new();
    for field in &object.provenance {
        let (object, path, at) = (field.origin.object(), field.origin.path(), field.origin.location());
        out += &format!("# {:width$} <- {object} {path} {at}\n", field.path);
    }
    Ok(out + &body)
}
