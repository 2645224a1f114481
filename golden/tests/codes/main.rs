//! Every code has an example that says it and one that does not: `golden/codes/<CODE>/{bad,good}.yaml`.
//!
//! `UPDATE_GOLDEN=1 cargo test -p meshglot-golden --test codes` writes what the program says about them (`said.txt`) and
//! which cases show the code (`proof.txt`). A new code needs `bad.yaml` and `good.yaml`, and `since` in `codes.yaml`.

mod made;
mod proof;
mod said;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use meshglot_translator::diagnostic::{CODES, CodeInfo};

use said::Said;

/// Lines of an example: it fits a screen.
const LINES: usize = 60;
/// Characters of a line, so that no excerpt is cut.
const COLUMNS: usize = 110;

fn main() -> ExitCode {
    // Reports show paths as seen from the top of the repository.
    std::env::set_current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).expect("the top of the repository");
    let arguments = Arguments::from_args();
    let proofs = proof::all();
    let mut trials: Vec<Trial> = CODES.iter().flat_map(|info| trials(info, proofs.get(info.name).cloned().unwrap_or_default())).collect();
    trials.push(Trial::test("folders", folders));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trials(info: &'static CodeInfo, proof: String) -> Vec<Trial> {
    let trial = |name: &str, run: fn(&CodeInfo) -> Result<(), Failed>| Trial::test(format!("{}/{name}", info.name), move || run(info));
    let mut trials = vec![trial("facts", facts)];
    if info.no_example.is_none() || made::input(info.name, "bad.yaml").is_some() {
        trials.extend([trial("bad", bad), trial("good", good)]);
        trials.extend(info.backend.map(|_| trial("accepted", accepted)));
    }
    if info.no_example.is_none() {
        trials.push(trial("said", |info| current(info, "said.txt", &said::text(info))));
        trials.push(Trial::test(format!("{}/proof", info.name), move || current(info, "proof.txt", &proof)));
    }
    trials
}

fn facts(info: &CodeInfo) -> Result<(), Failed> {
    let name = info.name;
    let since: Vec<_> = info.since.split('.').map(str::parse::<u8>).collect();
    if !matches!(since[..], [Ok(_), Ok(_)]) {
        return Err(format!("codes.yaml: {name} needs `since: \"MAJOR.MINOR\"`, the first version that says it").into());
    }
    if info.no_example.is_some_and(|reason| reason.trim().is_empty()) {
        return Err(format!("codes.yaml: `no_example` of {name} says no reason").into());
    }
    Ok(())
}

/// The bad example says the code, and at most notes besides.
fn bad(info: &CodeInfo) -> Result<(), Failed> {
    let said = Said::of(info, "bad.yaml", &[])?;
    if !said.codes().any(|code| code == info.name) {
        return Err(format!("bad.yaml does not say {}: it says {:?}", info.name, said.codes().collect::<Vec<_>>()).into());
    }
    one_idea(&said, info.name, "bad.yaml")
}

/// The good example does not say it, and at most notes of others.
fn good(info: &CodeInfo) -> Result<(), Failed> {
    let said = Said::of(info, "good.yaml", &[])?;
    if said.codes().any(|code| code == info.name) {
        return Err(format!("good.yaml still says {}", info.name).into());
    }
    one_idea(&said, info.name, "good.yaml")
}

fn one_idea(said: &Said, code: &str, file: &str) -> Result<(), Failed> {
    let others: Vec<&str> = said.loud().filter(|other| *other != code).collect();
    if others.is_empty() {
        return Ok(());
    }
    Err(format!("{file} also says {others:?}: cut it down, so that it shows one idea").into())
}

/// What the page tells of accepting it is so.
fn accepted(info: &CodeInfo) -> Result<(), Failed> {
    let flag = info.accepted_by().unwrap_or_default();
    let said = Said::of(info, "bad.yaml", &[flag, info.name])?;
    if said.loud().any(|code| code == info.name) { Err(format!("{flag} {} does not accept it", info.name).into()) } else { Ok(()) }
}

/// A generated file holds what it must; an empty one is not there.
fn current(info: &CodeInfo, file: &str, text: &str) -> Result<(), Failed> {
    let path = format!("golden/codes/{}/{file}", info.name);
    let written = fs::read_to_string(&path).unwrap_or_default();
    if written == text {
        return Ok(());
    }
    if std::env::var_os("UPDATE_GOLDEN").is_none() {
        return Err(format!("{path} is not current: UPDATE_GOLDEN=1 cargo test -p meshglot-golden --test codes\n{text}").into());
    }
    let done = if text.is_empty() { fs::remove_file(&path) } else { fs::write(&path, text) };
    done.map_err(|error| format!("{path}: {error}").into())
}

/// Each folder is of a code, holds its files and nothing else, and its examples can be read in one go.
fn folders() -> Result<(), Failed> {
    for folder in fs::read_dir("golden/codes")? {
        let folder = folder?.path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !CODES.iter().any(|info| info.name == name) {
            return Err(format!("golden/codes/{name}: there is no such code").into());
        }
        for file in fs::read_dir(&folder)? {
            let file = file?.path();
            match file.file_name().unwrap_or_default().to_string_lossy().as_ref() {
                "bad.yaml" | "good.yaml" => readable(&file)?,
                "flags" | "said.txt" | "proof.txt" => {}
                other => return Err(format!("golden/codes/{name}/{other}: belongs to no example").into()),
            }
        }
    }
    Ok(())
}

fn readable(file: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(file)?;
    let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    if text.lines().count() > LINES || widest > COLUMNS {
        return Err(format!("{}: at most {LINES} lines of {COLUMNS} characters", file.display()).into());
    }
    Ok(())
}
