//! What is deleted with a controller, and what is not.

use meshglot_translator::plan::Chosen;
use meshglot_translator::render::Backend;

use super::settings::Settings;
use super::{own, webhook};
use crate::Io;
use crate::args::UninstallArgs;
use crate::exit::{Exit, Outcome};
use crate::output::manifests;
use crate::plan::served;

/// What a control plane leaves.
const AUTHORITY: &str = "  \
    the Secret meshglot-authority and the ConfigMaps meshglot-root: with them another control plane is trusted by the sidecars that there \
    are.\n  Sidecars go on by what they have until their certificates end, within a day\n";

pub(crate) fn run(args: &UninstallArgs, io: &mut Io<'_>) -> Outcome {
    let plain = Settings::plain(&args.serves, &args.namespace);
    let settings = Settings { crds: false, webhook: args.webhook || args.inject, inject: args.inject, ..plain };
    let chosen = served(&args.serves, settings.has_plane())?;
    // First who is asked, then what writes; its rights afterwards.
    let mut objects: Vec<_> = own(&chosen, &settings).into_iter().rev().collect();
    if settings.webhook {
        objects.push(webhook::secret(&settings.namespace));
    }
    manifests::print(&objects, &args.output, io)?;
    if !io.quiet {
        write!(io.stderr, "{}", stays(&chosen, args))?;
        if settings.has_plane() {
            write!(io.stderr, "{AUTHORITY}")?;
        }
    }
    Ok(Exit::Ok)
}

fn stays(chosen: &Chosen, args: &UninstallArgs) -> String {
    let rendered = |backend: &&'static dyn Backend| {
        let mut kinds: Vec<String> = backend.kinds().iter().map(|kind| format!("{}.{}", kind.plural, kind.group)).collect();
        kinds.dedup();
        let label = format!("app.kubernetes.io/managed-by=meshglot,meshglot.dev/backend={}", backend.name());
        format!("kubectl delete -A -l {label} {}", kinds.join(","))
    };
    let rendered: Vec<String> = chosen.backends().iter().filter(|backend| !backend.kinds().is_empty()).map(rendered).collect();
    let rendered = match rendered.join("\n    ") {
        none if none.is_empty() => none,
        all => format!(
            "what is rendered: it protects as before, and nobody changes it. Without it workloads are as open as the mesh leaves them:\n    {all}\n  "
        ),
    };
    let namespace = &args.namespace;
    let definitions: Vec<String> = meshglot_crds::all().iter().map(|kind| format!("{}.{}", kind.plural, kind.group)).collect();
    let definitions = definitions.join(" ");
    let webhook = match (args.webhook, args.inject) {
        (_, true) => "\n  pods with a sidecar, which nobody serves any more: start those again first, without the label of their namespace",
        (true, false) => "",
        (false, false) => "\n  the webhook, if it was installed with --webhook or --inject: give that here, too",
    };
    format!(
        "What stays:\n  \
         {rendered}policy and its definitions; policy goes with them:\n    \
         kubectl delete customresourcedefinitions {definitions}\n  \
         the namespace {namespace}, its Lease, and the ControllerRevisions of policy{webhook}\n"
    )
}
