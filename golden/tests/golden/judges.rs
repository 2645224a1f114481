//! All judges of this run. An absent one says so in one line; where CI installed it, that fails the run.

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use meshglot_golden::judge::{Absent, Consul, CrdJudge, Envoy, Istioctl, Verdict};

/// One judge, ready or absent.
pub(crate) type Seat<T> = Arc<Result<T, Absent>>;

/// Who judges what.
#[derive(Clone)]
pub(crate) struct Judges {
    /// The vendors' CRDs, one set per backend.
    istio: Seat<CrdJudge>,
    linkerd: Seat<CrdJudge>,
    consul: Seat<CrdJudge>,
    /// The CRDs that the SMI project published, for what is converted to the versions that they serve.
    smi: Seat<CrdJudge>,
    /// Our own CRDs, for inputs.
    own: Seat<CrdJudge>,
    istioctl: Seat<Istioctl>,
    consul_server: Seat<Consul>,
    envoy: Seat<Envoy>,
}

impl Judges {
    /// Starts them all, or none if tests are only listed.
    pub(crate) fn start(list_only: bool) -> Self {
        let judges = if list_only {
            let absent = |peer| Absent { peer, why: "tests are only listed".into() };
            Self {
                istio: Arc::new(Err(absent("crd"))),
                linkerd: Arc::new(Err(absent("crd"))),
                consul: Arc::new(Err(absent("crd"))),
                smi: Arc::new(Err(absent("crd"))),
                own: Arc::new(Err(absent("crd"))),
                istioctl: Arc::new(Err(absent("istioctl"))),
                consul_server: Arc::new(Err(absent("consul"))),
                envoy: Arc::new(Err(absent("envoy"))),
            }
        } else {
            Self {
                istio: Arc::new(CrdJudge::start(&["istio"])),
                linkerd: Arc::new(CrdJudge::start(&["linkerd", "gateway-api"])),
                consul: Arc::new(CrdJudge::start(&["consul"])),
                smi: Arc::new(CrdJudge::start(&["smi"])),
                own: Arc::new(own()),
                istioctl: Arc::new(Istioctl::start()),
                consul_server: Arc::new(Consul::start()),
                envoy: Arc::new(Envoy::start()),
            }
        };
        if !list_only {
            judges.tell_absent();
        }
        judges
    }

    fn tell_absent(&self) {
        let lines = [
            self.istio.as_ref().as_ref().err(),
            self.linkerd.as_ref().as_ref().err(),
            self.consul.as_ref().as_ref().err(),
            self.smi.as_ref().as_ref().err(),
            self.istioctl.as_ref().as_ref().err(),
            self.consul_server.as_ref().as_ref().err(),
            self.envoy.as_ref().as_ref().err(),
        ];
        let mut lines: Vec<String> = lines.into_iter().flatten().map(Absent::to_string).collect();
        lines.sort();
        lines.dedup();
        for line in lines {
            eprintln!("{line}");
        }
    }

    /// A trial of the input against our own CRDs.
    pub(crate) fn input(&self, name: String, text: Text) -> Trial {
        trial(name, &self.own, text, |judge, text| judge.judge_input(text))
    }

    /// A trial against the CRDs that the SMI project published.
    pub(crate) fn smi(&self, name: String, text: Text) -> Trial {
        trial(name, &self.smi, text, |judge, text| judge.judge_input(text))
    }

    /// Trials of one backend's output. `inventory` is what the cluster holds besides.
    pub(crate) fn output(&self, name: &str, backend: &str, text: Text, inventory: &Text, entries: Text) -> Vec<Trial> {
        let crd = |seat: &Seat<CrdJudge>, text: Text| trial(format!("{name}/crd"), seat, text, |judge, text| judge.judge(text));
        match backend {
            "istio" => {
                let inventory = inventory.clone();
                let both: Text = {
                    let text = text.clone();
                    Arc::new(move || format!("{}\n---\n{}", text(), inventory()))
                };
                vec![
                    crd(&self.istio, text.clone()),
                    trial(format!("{name}/validate"), &self.istioctl, text, Istioctl::validate),
                    trial(format!("{name}/analyze"), &self.istioctl, both, Istioctl::analyze),
                ]
            }
            "linkerd" => vec![crd(&self.linkerd, text)],
            "consul" => vec![crd(&self.consul, text), trial(format!("{name}/server"), &self.consul_server, entries, Consul::judge)],
            "builtin" => vec![trial(format!("{name}/envoy"), &self.envoy, text, Envoy::judge)],
            other => panic!("no judge is named for backend {other}"),
        }
    }
}

/// A text that is read when it is judged, so that goldens written in the same run are seen.
pub(crate) type Text = Arc<dyn Fn() -> String + Send + Sync>;

fn own() -> Result<CrdJudge, Absent> {
    let judge = CrdJudge::start(&[])?;
    for kind in meshglot_crds::all() {
        if let Err(words) = judge.add(&kind.crd().to_string()).into_result() {
            panic!("the API server would refuse our own CRD {}: {words}", kind.crd_name());
        }
    }
    Ok(judge)
}

fn trial<T: Send + Sync + 'static>(name: String, seat: &Seat<T>, text: Text, judge: fn(&T, &str) -> Verdict) -> Trial {
    let absent = seat.is_err();
    let seat = seat.clone();
    let expected = expected_refusal(&name);
    let trial = Trial::test(name, move || match seat.as_ref() {
        Ok(sitting) => match (judge(sitting, &text()), &expected) {
            (Verdict::Refused(words), Some(expected)) if words.lines().all(|line| line.contains(expected)) => Ok(()),
            (verdict, None) => verdict.into_result().map_err(Failed::from),
            (verdict, Some(expected)) => Err(format!("it should refuse this for {expected} alone, and says {verdict:?}").into()),
        },
        Err(absent) => Err(Failed::from(absent.to_string())),
    });
    trial.with_ignored_flag(absent && !Absent::fails_the_run())
}

/// A case may be about something that a vendor's linter rightly tells, as we do: `refused-by` beside the input
/// names the trial and a word that each of its findings holds.
fn expected_refusal(trial: &str) -> Option<String> {
    let mut parts = trial.splitn(3, '/');
    let (feature, case, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let text = std::fs::read_to_string(format!("{feature}/{case}/refused-by")).ok()?;
    text.lines().filter_map(|line| line.split_once(": ")).find(|(name, _)| *name == rest).map(|(_, word)| word.to_owned())
}
