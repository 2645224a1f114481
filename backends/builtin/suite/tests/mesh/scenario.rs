//! Policy, calls, and what comes of them: by the scenario, by the evaluator of the policy, by that of the rendered resources,
//! and by the data plane. All four have to agree.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Answer, Call, Caller, DataPlane, Mesh};

use super::WORKLOADS;
use super::judged::Judge;
use super::line::Line;
use super::shares::Shares;

/// The one mesh of a data plane; the first test starts it.
#[derive(Clone)]
pub(crate) struct Shared {
    mesh: Arc<Mutex<Option<Mesh>>>,
    data_plane: &'static dyn DataPlane,
}

impl Shared {
    pub(crate) fn new(data_plane: &'static dyn DataPlane) -> Self {
        Self { mesh: Arc::default(), data_plane }
    }

    pub(crate) fn data_plane(&self) -> &'static dyn DataPlane {
        self.data_plane
    }
}

/// A request without a body.
pub(crate) fn get(target: &str) -> Call {
    Call::Http { method: "GET".to_owned(), target: target.to_owned(), headers: Vec::new(), body: 0 }
}

/// One scenario.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    name: String,
    policy: String,
    lines: Vec<Line>,
    shares: Vec<Shares>,
    /// The code of a mistake in the policy.
    mistake: Option<&'static str>,
}

impl Scenario {
    /// `lines`: one call each.
    pub(crate) fn new(name: &str, policy: &str, lines: &[&str]) -> Self {
        let lines = lines.iter().map(|line| Line::parse(line)).collect();
        Self { name: name.to_owned(), policy: policy.to_owned(), lines, shares: Vec::new(), mistake: None }
    }

    /// And this call so often.
    pub(crate) fn shared(mut self, line: &str, count: usize, parts: &[(&str, f64)]) -> Self {
        self.shares.push(Shares::new(line, count, parts));
        self
    }

    /// And its policy has a mistake of this code.
    pub(crate) fn mistaken(self, code: &'static str) -> Self {
        Self { mistake: Some(code), ..self }
    }

    pub(crate) fn trial(self, mesh: &Shared) -> Trial {
        trial(&self.name.clone(), mesh, move |mesh| self.play(mesh))
    }

    fn play(&self, mesh: &mut Mesh) -> Result<(), Failed> {
        let put = match self.mistake {
            Some(code) => mesh.put_mistaken(&self.policy, code),
            None => mesh.put(&self.policy),
        };
        put.and_then(|()| mesh.settle()).map_err(|error| format!("policy: {error}"))?;
        let judge = Judge::new(mesh);
        let judged = self.lines.iter().chain(self.shares.iter().map(|shares| &shares.line)).flat_map(|line| judge.wrong(line));
        let played = all(mesh, &self.lines).into_iter();
        let shared = self.shares.iter().flat_map(|shares| shares.wrong(mesh));
        let wrong: Vec<String> = judged.chain(played).chain(shared).collect();
        told(&wrong)
    }
}

/// A test that has the mesh for itself. One that failed leaves a mesh that serves the next one as well.
pub(crate) fn trial(name: &str, mesh: &Shared, play: impl FnOnce(&mut Mesh) -> Result<(), Failed> + Send + 'static) -> Trial {
    let Shared { mesh, data_plane } = mesh.clone();
    Trial::test(name, move || {
        let mut mesh = mesh.lock().unwrap_or_else(PoisonError::into_inner);
        if mesh.is_none() {
            *mesh = Some(Mesh::start(&WORKLOADS, data_plane).map_err(|error| format!("the mesh does not start: {error}"))?);
        }
        let mesh = mesh.as_mut().ok_or("no mesh")?;
        play(mesh).or_else(|failed| {
            // It may have left something ended.
            mesh.recover().map_err(|error| format!("{failed:?}; then {error}"))?;
            Err(failed)
        })
    })
    .with_kind(data_plane.name())
}

/// Calls that need no judge, as failures are no policy.
pub(crate) fn lines(mesh: &Mesh, lines: &[&str]) -> Result<(), Failed> {
    told(&all(mesh, &lines.iter().map(|line| Line::parse(line)).collect::<Vec<_>>()))
}

/// Shares that need no judge.
pub(crate) fn shares(mesh: &Mesh, line: &str, count: usize, parts: &[(&str, f64)]) -> Result<(), Failed> {
    told(&Shares::new(line, count, parts).wrong(mesh))
}

fn told(wrong: &[String]) -> Result<(), Failed> {
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// What comes of calls that are made all at once, otherwise than it should.
fn all(mesh: &Mesh, lines: &[Line]) -> Vec<String> {
    std::thread::scope(|scope| {
        let callers = lines.iter().map(|line| (line, caller(mesh, line)));
        let calls: Vec<_> = callers.map(|(line, caller)| scope.spawn(move || played(&caller, line))).collect();
        let panicked = || Some("a caller panicked".to_owned());
        calls.into_iter().filter_map(|call| call.join().unwrap_or_else(|_| panicked())).collect()
    })
}

fn played(caller: &Caller, line: &Line) -> Option<String> {
    match timed(|| caller.call(&line.call)) {
        (Ok(answer), took) => line.wrong(&answer, took),
        (Err(error), took) => Some(format!("{}: {error} after {took:?}", line.text)),
    }
}

/// Something, and how long it took.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begin = Instant::now();
    (work(), begin.elapsed())
}

fn caller(mesh: &Mesh, line: &Line) -> Caller {
    let caller = if line.instance { Mesh::caller_of_instance } else { Mesh::caller };
    caller(mesh, &line.from, &line.to, line.port)
}

/// An answer of this application, or what came instead.
pub(crate) fn answered(answer: std::io::Result<Answer>, status: u16, by: &str) -> Result<String, Failed> {
    match answer {
        Ok(Answer::Http { status: came, served_by, body, .. }) if came == status && served_by == by => Ok(body),
        other => Err(format!("not {status} of `{by}`: {other:?}").into()),
    }
}
