//! A judge is trusted only when it refuses what is known to be bad: each file of
//! `refused/<judge>/` but `accepted.yaml` must be refused, for the reason in its first line.

use libtest_mimic::{Arguments, Failed, Trial};
use meshglot_golden::judge::{Absent, Consul, CrdJudge, Envoy, Istioctl, Verdict};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

type Judge = Arc<dyn Fn(&str) -> Verdict + Send + Sync>;

/// The file that must be accepted.
const ACCEPTED: &str = "accepted";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    let mut told = Vec::new();
    for (folder, start) in judges() {
        // Listing the tests needs no judge.
        let judge = if arguments.list { Ok(Arc::new(|_: &str| Verdict::Accepted) as Judge) } else { start() };
        // The folders of one judge may have the same to say.
        if let Some(line) = judge.as_ref().err().map(Absent::to_string).filter(|line| !told.contains(line)) {
            eprintln!("{line}");
            told.push(line);
        }
        trials.extend(cases(folder).into_iter().map(|case| trial(folder, &case, &judge)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

type Start = Box<dyn Fn() -> Result<Judge, Absent>>;

/// The judges, by the folder of their cases.
fn judges() -> Vec<(&'static str, Start)> {
    let definitions = |set: &'static str| -> Start {
        Box::new(move || {
            let judge = CrdJudge::start(&[set])?;
            Ok(Arc::new(move |text: &str| judge.judge(text)))
        })
    };
    vec![
        ("crd/istio", definitions("istio")),
        ("crd/linkerd", definitions("linkerd")),
        ("crd/gateway-api", definitions("gateway-api")),
        ("crd/consul", definitions("consul")),
        (
            "crd/definitions",
            Box::new(|| {
                let judge = CrdJudge::start(&[])?;
                Ok(Arc::new(move |text: &str| judge.add(text)))
            }),
        ),
        (
            "istioctl",
            Box::new(|| {
                let judge = Istioctl::start()?;
                Ok(Arc::new(move |text: &str| match judge.validate(text) {
                    Verdict::Accepted => judge.analyze(text),
                    refused @ Verdict::Refused(_) => refused,
                }))
            }),
        ),
        (
            "consul",
            Box::new(|| {
                let judge = Consul::start()?;
                Ok(Arc::new(move |text: &str| {
                    // The cases are YAML for their comments; entries are JSON.
                    let entries: serde_json::Value = serde_saphyr::from_str(text).expect("a case is a list of entries");
                    judge.judge(&entries.to_string())
                }))
            }),
        ),
        (
            "envoy",
            Box::new(|| {
                let judge = Envoy::start()?;
                Ok(Arc::new(move |text: &str| judge.judge(text)))
            }),
        ),
    ]
}

fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("refused").join(folder);
    let entries = fs::read_dir(folder).expect("each judge has its cases");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.sort();
    let names: Vec<_> = files.iter().filter_map(|file| file.file_stem()).collect();
    assert!(names.len() > 1 && names.contains(&ACCEPTED.as_ref()), "a judge has a good case and bad ones");
    files
}

fn trial(folder: &str, case: &Path, judge: &Result<Judge, Absent>) -> Trial {
    let name = case.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = fs::read_to_string(case).expect("a case is a text file");
    let absent = judge.is_err() && !Absent::fails_the_run();
    let good = name == ACCEPTED;
    let judge = judge.clone();
    Trial::test(format!("judge/{folder}/{name}"), move || {
        let verdict = judge.map_err(|absent| absent.to_string())?(&text);
        if good { Ok(verdict.into_result()?) } else { refused_as_told(&text, &verdict) }
    })
    .with_ignored_flag(absent)
}

fn refused_as_told(text: &str, verdict: &Verdict) -> Result<(), Failed> {
    let reason = text.lines().next().and_then(|line| line.strip_prefix("# refused: "));
    let reason = reason.ok_or("a bad case begins with `# refused: ` and words of the judge")?;
    match verdict {
        Verdict::Accepted => Err(format!("accepted, but must be refused for {reason:?}").into()),
        Verdict::Refused(words) if words.contains(reason) => Ok(()),
        Verdict::Refused(words) => Err(format!("refused, but not for {reason:?}:\n{words}").into()),
    }
}
