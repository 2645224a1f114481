//! Everything about one code: the answer of `explain CODE`.

use schemars::JsonSchema;
use serde::Serialize;

use super::Answer;
use crate::diagnostic::{CODES, CodeExample, CodeInfo, Severity};

/// What a code means, what is done about it, and an example.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeAnswer {
    /// Such as `MG0101`.
    pub code: &'static str,
    /// A line without a full stop.
    pub title: &'static str,
    /// `error`, `warning` or `info`; `by verdict` for a loss. A message may have another level than its code.
    pub level: String,
    /// The mesh whose loss it is; absent for what is wrong with the input.
    pub backend: Option<&'static str>,
    /// Whether accepting it allows more than was written.
    pub widens: bool,
    /// The first version that says it.
    pub since: &'static str,
    /// The neutral kinds that it is about; empty: all.
    pub kinds: Vec<&'static str>,
    /// What happens and why.
    pub why: &'static str,
    /// What the program does then.
    pub done: String,
    /// What to do.
    pub fix: &'static str,
    /// An input that says the code, and one that does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<ExampleAnswer>,
    /// Why there is no example.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_example: Option<&'static str>,
    /// How to live with it, a sentence each.
    pub accept: Vec<String>,
    /// Golden cases of the repository that show it.
    pub proof: Vec<String>,
    /// Codes of the same trouble.
    pub see: Vec<CodeLine>,
    /// Its page in the repository.
    pub page: String,
}

impl Answer for CodeAnswer {
    const KIND: &'static str = "Code";
}

/// An example that fails and the same without the trouble; both are tests.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ExampleAnswer {
    /// Their folder in the repository.
    pub folder: String,
    /// The command that says the code.
    pub command: String,
    /// YAML that says the code.
    pub bad: &'static str,
    /// What the command says about it.
    pub said: &'static str,
    /// YAML that does not say it.
    pub good: &'static str,
}

/// A code in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CodeLine {
    /// Such as `MG0101`.
    pub code: &'static str,
    /// `error`, `warning` or `info`; `by verdict` for a loss.
    pub level: String,
    /// The mesh whose loss it is; absent for what is wrong with the input.
    pub backend: Option<&'static str>,
    /// What it says.
    pub title: &'static str,
}

/// All codes, in order.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Codes {
    /// One each.
    pub codes: Vec<CodeLine>,
}

impl Codes {
    /// Every code that there is.
    pub fn all() -> Self {
        Self { codes: CODES.iter().map(CodeLine::from).collect() }
    }
}

impl Answer for Codes {
    const KIND: &'static str = "Codes";
}

impl From<&CodeInfo> for CodeLine {
    fn from(info: &CodeInfo) -> Self {
        Self { code: info.name, level: level(info), backend: info.backend, title: info.title }
    }
}

impl From<&CodeInfo> for CodeAnswer {
    fn from(info: &CodeInfo) -> Self {
        let CodeInfo {
            code: _,
            name,
            title,
            level: _,
            backend,
            widens,
            beside: _,
            why,
            fix,
            since,
            kinds,
            see,
            example,
            no_example,
            proof,
        } = info;
        let folder = format!("golden/codes/{name}");
        let own = example.is_some().then(|| folder.clone());
        Self {
            code: name,
            title,
            level: level(info),
            backend: *backend,
            widens: *widens,
            since,
            kinds: kinds.to_vec(),
            why,
            done: done(info),
            fix,
            example: example.as_ref().map(|example| shown(example, &folder, info)),
            no_example: *no_example,
            accept: accept(info),
            proof: own.into_iter().chain(proof.iter().map(|case| format!("golden/{case}"))).collect(),
            see: see.iter().map(|code| CodeLine::from(code.info())).collect(),
            page: format!("docs/codes/{name}.md"),
        }
    }
}

fn level(info: &CodeInfo) -> String {
    info.level.map_or_else(|| "by verdict".to_owned(), |level| level.to_string())
}

fn shown(example: &CodeExample, folder: &str, info: &CodeInfo) -> ExampleAnswer {
    let command = format!("meshglot lint -f {folder}/bad.yaml {}", info.example_flags()).trim_end().to_owned();
    ExampleAnswer { folder: folder.to_owned(), command, bad: example.bad, said: example.said, good: example.good }
}

/// By class: what a code is told with decides which exit codes follow.
fn done(info: &CodeInfo) -> String {
    let told = match (info.level, info.name.starts_with("MG00")) {
        (Some(Severity::Error), true) => {
            "Tell it at its place and go on. What is wrong contributes nothing; the rest is rendered as far as that \
             allows no more than was written. `render` exits with 3, `lint` with 1."
        }
        (Some(Severity::Error), false) => {
            "Tell it at its place and go on. What is wrong contributes nothing; the rest is rendered as far as that \
             allows no more than was written. `render` and `lint` exit with 1."
        }
        (Some(Severity::Warning), _) => {
            "Tell it at its place and go on. `render` exits as if nothing were said, `lint` with 1 only where `--fail-on warning` asks \
             for it."
        }
        (Some(Severity::Info), _) => "Tell it as a note. No exit code follows from it, unless `lint --fail-on info` asks for one.",
        (None, _) => {
            "Tell it, with a verdict for each place. Exact, equivalent and rounded are notes. Narrowed and dropped are warnings, widened \
             and refused errors: with any of these `render` exits with 1 unless it is accepted. What would allow more than was written \
             is not written unless it is accepted."
        }
    };
    told.to_owned()
}

fn accept(info: &CodeInfo) -> Vec<String> {
    let name = info.name;
    let Some(flag) = info.accepted_by() else {
        return vec![
            format!("`lint -S {name}` leaves it out of the findings, `lint -S \"{name}=KIND NAMESPACE/NAME\"` those of some objects."),
            format!("The annotation `meshglot.dev/lint-ignore: {name}` of an object leaves it out for that object."),
            "Both change what `lint` says, and nothing of what is rendered.".to_owned(),
        ];
    };
    let field = if info.widens { "allowWidening" } else { "allowLossy" };
    let mut ways = vec![
        format!("`{flag} {name}` accepts it for one run."),
        format!("`{field}: [{name}]` in the `spec` of the Mesh accepts it for good."),
    ];
    if info.widens {
        ways.push("Accepting it allows more than was written.".to_owned());
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    #[test]
    fn a_loss_is_accepted_and_a_mistake_only_left_unsaid() {
        let ways = |code: Code| CodeAnswer::from(code.info()).accept.join(" ");
        assert!(ways(Code::MG1103).starts_with("`--allow-lossy MG1103` accepts it for one run."));
        assert!(ways(Code::MG1216).contains("`allowWidening: [MG1216]`") && ways(Code::MG1216).contains("more than was written"));
        assert!(ways(Code::MG0206).contains("lint -S \"MG0206=KIND NAMESPACE/NAME\""));
    }

    #[test]
    fn an_example_is_shown_with_its_command() {
        let example = CodeAnswer::from(Code::MG1103.info()).example.expect("it has one");
        assert_eq!(example.command, "meshglot lint -f golden/codes/MG1103/bad.yaml --backend istio");
        assert!(example.said.contains("error[MG1103]"), "{}", example.said);
    }
}
