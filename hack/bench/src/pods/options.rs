//! What the command line says: how much is measured.

use serde::Serialize;

/// `[--rounds N] [--seconds S] [--rate R] [--pods N] [--edits N] [--every MS]`.
#[derive(Serialize)]
pub(super) struct Options {
    /// How often calls with and without a mesh are measured, in turn.
    pub(super) rounds: usize,
    /// How long each time.
    pub(super) seconds: f64,
    /// Calls a second.
    pub(super) rate: u32,
    /// Pods that have to keep to an edit.
    pub(super) pods: usize,
    pub(super) edits: usize,
    /// Milliseconds from one call of the prober to its next, of each pod.
    pub(super) every: u64,
}

impl Options {
    pub(super) fn read(words: &[&str]) -> Result<Self, String> {
        let mut options = Self { rounds: 5, seconds: 4.0, rate: 500, pods: 20, edits: 30, every: 10 };
        for pair in words.chunks(2) {
            let number = pair.get(1).and_then(|word| word.parse::<f64>().ok()).filter(|number| *number > 0.0);
            let number = number.ok_or_else(|| format!("{} takes a number", pair[0]))?;
            match pair[0] {
                "--rounds" => options.rounds = number as usize,
                "--seconds" => options.seconds = number,
                "--rate" => options.rate = number as u32,
                "--pods" => options.pods = number as usize,
                "--edits" => options.edits = number as usize,
                "--every" => options.every = number as u64,
                other => return Err(format!("{other} is none of --rounds, --seconds, --rate, --pods, --edits and --every")),
            }
        }
        Ok(options)
    }
}
