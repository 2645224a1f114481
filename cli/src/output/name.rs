//! `-o name`: one line per object, as kubectl names them, with the namespace.

use meshglot_translator::render::{Backend, Rendered};

use crate::Io;
use crate::exit::Failure;

pub(crate) fn write(rendered: &[(&dyn Backend, Rendered<'_>)], io: &mut Io<'_>) -> Result<(), Failure> {
    for object in rendered.iter().flat_map(|(_, rendered)| &rendered.objects) {
        writeln!(io.stdout, "{}", object.id.path())?;
    }
    Ok(())
}
