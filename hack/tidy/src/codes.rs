//! Every code of `codes.yaml` is said somewhere, by the crate that it belongs to.

use serde::Deserialize;

use crate::Findings;
use crate::tree::File;

/// A code and the backend whose loss it is.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Entry {
    /// `MG0101`.
    pub code: String,
    /// `None`: a mistake in the input.
    pub backend: Option<String>,
}

/// Reads `codes.yaml` as far as it is needed here.
///
/// # Errors
/// The reader's own words.
pub fn read(text: &str) -> Result<Vec<Entry>, String> {
    serde_saphyr::from_str(text).map_err(|error| format!("codes.yaml: {error}"))
}

/// Codes that nobody says. `explain` would describe what never happens.
pub fn check(entries: &[Entry], files: &[File]) -> Findings {
    let mut findings = Findings::new();
    for Entry { code, backend } in entries {
        let folders = match backend {
            Some(backend) => vec![format!("backends/{backend}/src/")],
            // The schema says some of them, by keyword or in the message of a rule.
            None => vec!["translator/src/".to_owned(), "crds/src/".to_owned(), "cli/src/".to_owned()],
        };
        let mut in_place = files.iter().filter(|file| file.is(&["rs"]) && folders.iter().any(|folder| file.path.starts_with(folder)));
        if !in_place.any(|file| file.without_tests().contains(code.as_str())) {
            findings.push(format!("translator/codes.yaml: {code} is said nowhere below {}", folders.join(", ")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_said_by_its_own_crate() {
        let entries = read("- {code: MG0001, title: a}\n- {code: MG1101, title: b, backend: istio}\n").expect("a list of codes");
        let said = |translator: &str, istio: &str| {
            let files = [File::new("translator/src/x.rs", translator), File::new("backends/istio/src/x.rs", istio)];
            check(&entries, &files)
        };
        assert_eq!(said("Code::MG0001", "Code::MG1101"), Findings::new());
        assert_eq!(said("Code::MG0001 Code::MG1101", ""), ["translator/codes.yaml: MG1101 is said nowhere below backends/istio/src/"]);
        assert_eq!(said("\n#[cfg(test)]\nCode::MG0001", "Code::MG1101").len(), 1);
    }
}
