//! Completion as shells run it: the script is sourced, a line is set, and what comes back is looked at.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use test_case::test_case;

use super::{GOOD, pages};

/// Runs a program from the top of the repository, with `meshglot` on its PATH. `None` where it is not installed, which a
/// line says.
fn run(program: &str, arguments: &[&str], more_path: &str) -> Option<String> {
    let meshglot = Path::new(env!("CARGO_BIN_EXE_meshglot")).parent().expect("a folder").display().to_string();
    let path = format!("{more_path}:{meshglot}:{}", std::env::var("PATH").unwrap_or_default());
    let said = Command::new(program).args(arguments).current_dir(pages::root()).env("PATH", path).env("LC_ALL", "C.UTF-8").output();
    match said {
        Ok(said) => {
            assert!(said.stderr.is_empty(), "{program}: {}", String::from_utf8_lossy(&said.stderr));
            Some(String::from_utf8(said.stdout).expect("UTF-8"))
        }
        Err(_) => {
            eprintln!("skipped: {program} is not installed, so its completion is not tried");
            None
        }
    }
}

/// What bash offers for a line; `|` stands where the cursor is.
fn bash(line: &str) -> Vec<String> {
    let (before, behind) = line.split_once('|').expect("a cursor");
    let script = r#"
        source <(meshglot completion bash)
        COMP_LINE="$1$2" COMP_POINT=${#1} COMP_WORDBREAKS=$' \t\n"\'@><=;|&(:'
        read -ra COMP_WORDS <<< "$1"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _meshglot meshglot
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let said = run("bash", &["-c", script, "bash", before, behind], "").expect("bash is installed");
    said.lines().map(str::to_owned).collect()
}

#[test_case("meshglot ca|", &["can", "capabilities"] ; "commands")]
#[test_case("meshglot render --allow-w|", &["--allow-widening"] ; "options")]
#[test_case("meshglot render --backend is|", &["istio"] ; "backends")]
#[test_case("meshglot render --backend=is|", &["istio"] ; "backends behind an equals sign")]
#[test_case("meshglot lint -f golden/match/he|", &["golden/match/headers/"] ; "paths")]
#[test_case("meshglot render -o n|", &["name"] ; "formats")]
#[test_case("meshglot render --allow-lossy any,MG1321|", &["any,MG1321"] ; "losses in a list")]
#[test_case("meshglot render --allow-lossy MG0|", &[] ; "mistakes are no losses")]
#[test_case("meshglot explain MG030|", &["MG0301", "MG0302", "MG0303"] ; "codes")]
#[test_case("meshglot explain mg0301|", &["mg0301"] ; "codes in the case that is typed")]
#[test_case("meshglot explain trafficsp|", &["trafficsplit"] ; "kinds")]
#[test_case("meshglot explain ts.spec.ba|", &["ts.spec.backends"] ; "fields by a short name")]
#[test_case("meshglot explain ts.spec.backends|", &["ts.spec.backends", "ts.spec.backends.service", "ts.spec.backends.weight"] ; "fields below a field")]
#[test_case("meshglot crds trafficsp|", &["trafficsplit"] ; "kinds of crds")]
#[test_case("meshglot capabilities --feature split.w|", &["split.weight"] ; "features")]
#[test_case("meshglot can -f examples/orders -n b|", &["bookstore"] ; "namespaces of the files")]
#[test_case("meshglot can -n b| -f examples/orders", &["bookstore"] ; "files behind the cursor")]
#[test_case("meshglot can -f examples/orders -n bookstore sa/|", &["sa/orders", "sa/storefront"] ; "service accounts")]
#[test_case("meshglot can -f examples/orders sa/|", &["sa/bookstore/orders", "sa/bookstore/storefront"] ; "of another namespace")]
#[test_case("meshglot can -f examples/orders -n bookstore store|", &["storefront"] ; "a bare name")]
#[test_case("meshglot can -f examples/orders -n bookstore svc/o|", &["svc/orders"] ; "services that call")]
#[test_case("meshglot can -f examples/orders storefront P|", &["POST", "PUT", "PATCH"] ; "methods")]
#[test_case("meshglot can -f examples/orders -n bookstore storefront GET http://or|", &["//orders/"] ; "services behind a colon")]
#[test_case("meshglot can -f examples/orders storefront GET 'http://or|", &["http://orders.bookstore/"] ; "services in quotes")]
#[test_case("meshglot can -f no/such/folder sa/|", &[] ; "files that are not there")]
fn bash_offers(line: &str, want: &[&str]) {
    let offered = bash(line);
    assert_eq!(offered.iter().map(String::as_str).filter(|word| !word.is_empty()).collect::<Vec<_>>(), want);
}

#[test]
fn names_come_from_the_current_folder_where_no_file_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("split.yaml"), GOOD).expect("written");
    let script =
        format!("cd '{}'; MESHGLOT_COMPLETE=kubectl meshglot -- meshglot can -n shop web GET http://web-", folder.path().display());
    assert_eq!(run("bash", &["-c", &script], "").expect("bash is installed"), "http://web-v1/\nhttp://web-v2/\n:4\n");
}

#[test]
fn zsh_offers_names() {
    let script = "
        compdef() { :; }
        _describe() { print -rl -- ${(P)3}; }
        source <(meshglot completion zsh)
        words=(meshglot can -f examples/orders -n bookstore storefront GET http://or) CURRENT=9
        _clap_dynamic_completer_meshglot
    ";
    if let Some(said) = run("zsh", &["-f", "-c", script], "") {
        assert_eq!(said, "http\\://orders/\n");
    }
}

#[test]
fn fish_offers_names_with_what_they_mean() {
    let script =
        "meshglot completion fish | source; complete -C 'meshglot explain MG0301'; complete -C 'meshglot can -f examples/orders sa/'";
    if let Some(said) = run("fish", &["--no-config", "-c", script], "") {
        assert_eq!(said, "MG0301\tno destination of this split can receive traffic\nsa/bookstore/orders\nsa/bookstore/storefront\n");
    }
}

#[test]
fn powershell_offers_names() {
    let script = "meshglot completion powershell | Out-String | Invoke-Expression
        (TabExpansion2 -inputScript 'meshglot explain trafficsp' -cursorColumn 27).CompletionMatches.CompletionText";
    if let Some(said) = run("pwsh", &["-NoProfile", "-Command", script], "") {
        assert_eq!(said.trim(), "trafficsplit");
    }
}

#[test_case("elvish" ; "elvish")]
#[test_case("powershell" ; "powershell")]
#[test_case("zsh" ; "zsh")]
fn scripts_ask_the_binary(shell: &str) {
    let said = meshglot::capture(&["completion", shell], b"");
    assert_eq!(said.exit, 0);
    assert!(said.stdout.contains("MESHGLOT_COMPLETE") && said.stdout.contains("meshglot -- "), "{}", said.stdout);
}

#[test]
fn kubectl_runs_the_plugin_and_its_completion() {
    let folder = tempfile::tempdir().expect("a folder");
    let bin = folder.path().join("bin");
    let path = bin.to_str().expect("UTF-8");
    let install = format!("meshglot -q completion --install-kubectl '{path}' && meshglot -q completion --install-kubectl '{path}'");
    assert_eq!(run("bash", &["-c", &install], "").expect("bash"), "", "twice is as good as once");
    for name in ["kubectl-meshglot", "kubectl_complete-meshglot"] {
        assert_eq!(fs::metadata(bin.join(name)).expect(name).permissions().mode() & 0o111, 0o111, "{name} is executable");
    }
    // As kubectl calls it: the words behind the plugin's name, the last one is being typed.
    let said = run("kubectl_complete-meshglot", &["explain", "MG0301"], path).expect("it is there");
    assert_eq!(said, "MG0301\tno destination of this split can receive traffic\n:4\n");
    let said = run("kubectl_complete-meshglot", &["lint", "-f", "examples/or"], path).expect("it is there");
    assert_eq!(said, "examples/orders/\n:6\n", "no space behind a folder");
    let help = run("kubectl-meshglot", &["can", "--help"], path).expect("it is there");
    assert!(help.contains("Usage: kubectl meshglot can ") && help.contains("  kubectl meshglot can sa/web"), "{help}");
}

#[test]
fn what_is_not_ours_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let theirs = folder.path().join("kubectl_complete-meshglot");
    fs::write(&theirs, "mine\n").expect("written");
    let said = meshglot::capture(&["completion", "--install-kubectl", folder.path().to_str().expect("UTF-8")], b"");
    assert_eq!(said.exit, 6);
    assert!(said.stderr.contains("nothing was written"), "{}", said.stderr);
    assert_eq!(fs::read_to_string(theirs).expect("there"), "mine\n");
    assert!(!folder.path().join("kubectl-meshglot").exists());
}
