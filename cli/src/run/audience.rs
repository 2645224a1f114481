//! Who is told what happens to a mesh, and says it to people.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use meshglot_control::Control;
use tokio::runtime::Handle;

use super::{Told, say};
use crate::Io;
use crate::exit::Failure;

/// Says to people what a mesh does.
pub(crate) trait Audience {
    /// It listens; whatever is wrong with its folder is told later.
    fn opened(&mut self, opened: &Opened<'_>, io: &mut Io<'_>) -> Result<(), Failure>;

    /// Something happened.
    fn told(&mut self, one: Told, io: &mut Io<'_>) -> Result<(), Failure>;

    /// It is about to end its processes.
    fn ending(&mut self) {}
}

/// A mesh that listens.
pub(crate) struct Opened<'o> {
    pub(crate) control: &'o Arc<Control>,
    /// The socket of the administration.
    pub(crate) admin: &'o Path,
    /// What opens the web view once; `None`: there is none.
    pub(crate) web: Option<String>,
    /// Where a proxy that is started here tells its counters.
    pub(crate) metrics: Option<String>,
    /// Where the metrics API of SMI is; `None`: nowhere.
    pub(crate) smi_metrics: Option<String>,
    /// For what else is to be told.
    pub(crate) tell: &'o Sender<Told>,
    pub(crate) runtime: &'o Handle,
}

/// `meshglot run`.
pub(super) struct Plain;

impl Audience for Plain {
    fn opened(&mut self, opened: &Opened<'_>, io: &mut Io<'_>) -> Result<(), Failure> {
        let Opened { control, admin, web, metrics, smi_metrics, .. } = opened;
        writeln!(io.stdout, "control plane  {}", control.address())?;
        writeln!(io.stdout, "admin          {}", admin.display())?;
        if let Some(web) = web {
            writeln!(io.stdout, "web            {web}")?;
        }
        if let Some(metrics) = metrics {
            writeln!(io.stdout, "metrics        {metrics}")?;
        }
        if let Some(smi_metrics) = smi_metrics {
            writeln!(io.stdout, "SMI metrics    {smi_metrics}")?;
        }
        io.stdout.flush()?;
        Ok(())
    }

    fn told(&mut self, one: Told, io: &mut Io<'_>) -> Result<(), Failure> {
        say(&one, io)
    }
}
