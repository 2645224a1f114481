//! Which crate may depend on which: the arrows of `ARCHITECTURE.md`, each with its reason.

use crate::Findings;
use crate::workspace::{Kind, Member};

/// A place in the workspace, by folder, so that a new backend is a backend without a word here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Crds,
    Translator,
    Backend,
    Observed,
    ControlPlane,
    Authority,
    Inject,
    Join,
    Proxy,
    Agent,
    Control,
    Traffic,
    SmiMetrics,
    Suite,
    Registry,
    Controller,
    Web,
    Cli,
    Golden,
    Bench,
    ApiServer,
    Tidy,
}

const ROLES: [Role; 22] = [
    Role::Crds,
    Role::Translator,
    Role::Backend,
    Role::Observed,
    Role::ControlPlane,
    Role::Authority,
    Role::Inject,
    Role::Join,
    Role::Proxy,
    Role::Agent,
    Role::Control,
    Role::Traffic,
    Role::SmiMetrics,
    Role::Suite,
    Role::Registry,
    Role::Controller,
    Role::Web,
    Role::Cli,
    Role::Golden,
    Role::Bench,
    Role::ApiServer,
    Role::Tidy,
];

impl Role {
    fn of(folder: &str) -> Option<Self> {
        Some(match folder {
            "crds" => Self::Crds,
            "translator" => Self::Translator,
            "backends/observed" => Self::Observed,
            "backends/registry" => Self::Registry,
            "backends/controller" => Self::Controller,
            "backends/builtin/xds" => Self::ControlPlane,
            "backends/builtin/ca" => Self::Authority,
            "backends/builtin/inject" => Self::Inject,
            "backends/builtin/join" => Self::Join,
            "backends/builtin/proxy" => Self::Proxy,
            "backends/builtin/agent" => Self::Agent,
            "backends/builtin/control" => Self::Control,
            "backends/builtin/traffic" => Self::Traffic,
            "backends/builtin/smi-metrics" => Self::SmiMetrics,
            "backends/builtin/suite" => Self::Suite,
            "web" => Self::Web,
            "cli" => Self::Cli,
            "golden" => Self::Golden,
            "hack/bench" => Self::Bench,
            "hack/apiserver" => Self::ApiServer,
            "hack/tidy" => Self::Tidy,
            folder if folder.strip_prefix("backends/").is_some_and(|name| !name.contains('/')) => Self::Backend,
            _ => return None,
        })
    }

    /// Whether others may depend on it in their tests alone.
    fn is_harness(self) -> bool {
        matches!(self, Self::Suite | Self::ApiServer)
    }

    /// Roles that it may depend on, for whatever purpose, and why no others.
    fn arrows(self) -> (&'static [Self], &'static str) {
        match self {
            Self::Crds => (&[], "what users write does not depend on what becomes of it"),
            Self::Translator => (&[Self::Crds], "the core knows no vendor and no process: the same bytes always give the same output"),
            Self::Backend => (
                &[Self::Translator],
                "vendors change at different speeds, so no backend sees another; it reads the model, never what was written",
            ),
            Self::Observed => (&[Self::Translator], "what is seen is told in the same words whichever mesh runs, and by whoever shows it"),
            Self::ControlPlane => (&[Self::Translator, Self::Backend], "it serves what the backend renders, and knows no policy besides"),
            Self::Authority => (&[], "keys and certificates are about names alone: the proxy's side has no model"),
            Self::Inject => (&[], "a template becomes another one: it asks nobody, and knows neither policy nor a cluster"),
            Self::Join => (&[Self::Authority], "both ends of it know keys and names, and no policy"),
            Self::Proxy => (&[Self::Authority, Self::Join], "it speaks only xDS, so that Envoy can take its place in every test"),
            Self::Agent => (&[Self::Authority, Self::Join], "it stands beside a proxy, where there is neither policy nor a model"),
            Self::Control => (
                &[
                    Self::Translator,
                    Self::Backend,
                    Self::Observed,
                    Self::ControlPlane,
                    Self::Authority,
                    Self::Join,
                    Self::Agent,
                    Self::ApiServer,
                ],
                "it puts the parts of a control plane together, whatever the policy comes from",
            ),
            Self::Traffic => (&[Self::Translator, Self::Observed], "it reads what proxies tell on their sockets, and knows no policy"),
            Self::SmiMetrics => (
                &[Self::Translator, Self::Observed, Self::ControlPlane],
                "it tells what is seen by the objects of the model, and takes TLS connections as the control plane does",
            ),
            Self::Suite => (
                &[Self::Translator, Self::Backend, Self::ControlPlane, Self::Authority, Self::Join, Self::Proxy, Self::Agent],
                "it puts the mesh together and compares it with the evaluator",
            ),
            Self::Registry => (&[Self::Translator, Self::Backend], "it lists the backends and nothing else"),
            Self::Controller => (
                &[Self::Crds, Self::Translator, Self::Registry, Self::ApiServer],
                "it keeps a cluster as policy renders, whichever backend it is given; the registry and a real API server are for its tests",
            ),
            Self::Web => (
                &[Self::Crds, Self::Translator, Self::Observed, Self::Registry],
                "the registry is the only list of backends; a page runs no command",
            ),
            Self::Cli => (
                &[
                    Self::Crds,
                    Self::Translator,
                    Self::Observed,
                    Self::Registry,
                    Self::Controller,
                    Self::Web,
                    Self::Proxy,
                    Self::Agent,
                    Self::Inject,
                    Self::Control,
                    Self::Traffic,
                    Self::SmiMetrics,
                    Self::Suite,
                    Self::ApiServer,
                ],
                "the registry is the only list of backends; of the built-in mesh it starts what runs",
            ),
            Self::Golden => (
                &[Self::Crds, Self::Translator, Self::Registry, Self::Cli],
                "goldens are judged through the command line, as users see them",
            ),
            Self::Bench => (
                &[
                    Self::Crds,
                    Self::Translator,
                    Self::Registry,
                    Self::Web,
                    Self::ControlPlane,
                    Self::Authority,
                    Self::Join,
                    Self::Proxy,
                    Self::Agent,
                    Self::ApiServer,
                ],
                "it measures the core, through the list of all backends, pages, and what connects to whom; processes it runs as users do",
            ),
            Self::ApiServer => {
                (&[Self::Crds], "it is a cluster as anybody has one: it takes definitions, and knows nothing of who applies them")
            }
            Self::Tidy => (&[], "it must speak when the others do not compile"),
        }
    }
}

/// Every dependency between members that no arrow allows, and members without a place.
pub fn check(members: &[Member]) -> Findings {
    let mut findings = Findings::new();
    for member in members {
        let Some(role) = Role::of(&member.folder) else {
            findings.push(format!("{}: no place in the workspace: give it a role in hack/tidy/src/arrows.rs", member.folder));
            continue;
        };
        let (allowed, reason) = role.arrows();
        for dependency in &member.dependencies {
            let Some(target) = members.iter().find(|other| other.name == dependency.name) else { continue };
            let target_role = Role::of(&target.folder);
            if !target_role.is_some_and(|target| allowed.contains(&target)) {
                findings.push(format!("{} must not depend on {}: {reason}", member.name, target.name));
            } else if target_role.is_some_and(Role::is_harness) && dependency.kind != Kind::Dev && role != Role::Bench {
                findings
                    .push(format!("{} may depend on {} in its tests alone: no user's program holds a harness", member.name, target.name));
            }
        }
    }
    for role in ROLES {
        if !members.iter().any(|member| Role::of(&member.folder) == Some(role)) {
            findings.push(format!("no member is {role:?}: a rule of hack/tidy/src/arrows.rs checks nothing"));
        }
    }
    findings
}

/// Names of the backend crates as Rust code spells them: `meshglot_istio`.
pub fn backend_crates(members: &[Member]) -> Vec<(String, String)> {
    let backends = members.iter().filter(|member| Role::of(&member.folder) == Some(Role::Backend));
    backends.map(|member| (member.folder.clone(), member.name.replace('-', "_"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    fn member(name: &str, folder: &str, dependencies: &[&str]) -> Member {
        let dependency = |name: &&str| Dependency { name: (*name).to_owned(), kind: Kind::Normal };
        Member { name: name.to_owned(), folder: folder.to_owned(), dependencies: dependencies.iter().map(dependency).collect() }
    }

    fn workspace() -> Vec<Member> {
        vec![
            member("crds", "crds", &["serde"]),
            member("translator", "translator", &["crds"]),
            member("one", "backends/one", &["translator"]),
            member("two", "backends/two", &["translator"]),
            member("observed", "backends/observed", &["translator"]),
            member("xds", "backends/builtin/xds", &["translator", "one"]),
            member("ca", "backends/builtin/ca", &[]),
            member("inject", "backends/builtin/inject", &[]),
            member("join", "backends/builtin/join", &["ca"]),
            member("proxy", "backends/builtin/proxy", &["ca", "join"]),
            member("agent", "backends/builtin/agent", &["ca", "join"]),
            member("control", "backends/builtin/control", &["observed", "xds", "ca", "join", "agent", "one", "translator"]),
            member("traffic", "backends/builtin/traffic", &["observed"]),
            member("smi-metrics", "backends/builtin/smi-metrics", &["translator", "observed", "xds"]),
            member("suite", "backends/builtin/suite", &["xds", "ca", "agent", "one", "translator"]),
            member("registry", "backends/registry", &["translator", "one", "two"]),
            member("controller", "backends/controller", &["crds", "translator", "registry"]),
            member("web", "web", &["observed", "registry"]),
            member("cli", "cli", &["registry", "controller", "web", "agent", "inject", "control", "traffic", "smi-metrics"]),
            member("golden", "golden", &["cli"]),
            member("bench", "hack/bench", &["registry"]),
            member("apiserver", "hack/apiserver", &["crds"]),
            member("tidy", "hack/tidy", &[]),
        ]
    }

    /// The only finding after one more dependency.
    fn planted(from: &str, to: &str) -> String {
        let mut members = workspace();
        let member = members.iter_mut().find(|member| member.name == from).expect("a member");
        member.dependencies.push(Dependency { name: to.to_owned(), kind: Kind::Dev });
        let findings = check(&members);
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings.into_iter().next().unwrap_or_default()
    }

    #[test]
    fn the_arrows_as_they_should_be_are_no_finding() {
        assert_eq!(check(&workspace()), Findings::new());
    }

    #[test]
    fn each_wrong_arrow_is_found_with_its_reason() {
        assert!(planted("one", "two").starts_with("one must not depend on two: vendors change"));
        assert!(planted("one", "crds").contains("never what was written"));
        assert!(planted("translator", "one").contains("knows no vendor"));
        assert!(planted("crds", "translator").starts_with("crds must not depend on translator"));
        assert!(planted("cli", "one").contains("only list"));
        assert!(planted("web", "two").contains("only list"));
        assert!(planted("registry", "cli").contains("lists the backends"));
        assert!(planted("agent", "translator").contains("neither policy nor a model"));
        assert!(planted("proxy", "translator").contains("speaks only xDS"));
        assert!(planted("traffic", "control").contains("knows no policy"));
        assert!(planted("smi-metrics", "traffic").contains("by the objects of the model"));
        assert!(planted("controller", "one").contains("whichever backend"));
        assert!(planted("ca", "xds").contains("about names alone"));
    }

    #[test]
    fn a_harness_is_for_tests_alone() {
        let findings = |kind: Kind| {
            let mut members = workspace();
            let cli = members.iter_mut().find(|member| member.name == "cli").expect("a member");
            cli.dependencies.push(Dependency { name: "suite".to_owned(), kind });
            check(&members)
        };
        assert_eq!(findings(Kind::Dev), Findings::new());
        let found = findings(Kind::Normal);
        assert!(found.len() == 1 && found[0].starts_with("cli may depend on suite in its tests alone"), "{found:?}");
    }

    #[test]
    fn a_crate_without_a_place_and_a_place_without_a_crate_are_found() {
        let mut members = workspace();
        members.push(member("stray", "stray", &[]));
        members.retain(|member| member.name != "web");
        let findings = check(&members);
        assert!(findings.iter().any(|line| line.starts_with("stray: no place")), "{findings:?}");
        assert!(findings.iter().any(|line| line.starts_with("no member is Web")), "{findings:?}");
    }
}
