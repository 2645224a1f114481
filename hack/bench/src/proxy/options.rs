//! What the command line says: how often, how long, and which cases.

use super::cases::{ALL, Case};

/// `[--rounds N] [--seconds S] [--rate R] [CASE...]`.
pub(crate) struct Options {
    /// How often everybody is measured, in turn.
    pub(crate) rounds: usize,
    /// How long each time.
    pub(crate) seconds: f64,
    /// Calls a second where latency is measured.
    pub(crate) rate: u32,
    pub(crate) cases: Vec<Case>,
}

impl Options {
    pub(crate) fn read(words: &[&str]) -> Result<Self, String> {
        let mut options = Self { rounds: 3, seconds: 1.5, rate: 1_000, cases: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut number = || words.next().and_then(|word| word.parse::<f64>().ok()).filter(|number| *number > 0.0);
            match *word {
                "--rounds" => options.rounds = number().ok_or("--rounds takes a number")? as usize,
                "--seconds" => options.seconds = number().ok_or("--seconds takes a number")?,
                "--rate" => options.rate = number().ok_or("--rate takes a number")? as u32,
                name => {
                    let known = ALL.iter().find(|(known, _)| *known == name);
                    let names = || ALL.map(|(name, _)| name).join(", ");
                    options.cases.push(*known.ok_or_else(|| format!("{name} is no case: {} are", names()))?);
                }
            }
        }
        if options.cases.is_empty() {
            options.cases = ALL.to_vec();
        }
        Ok(options)
    }
}
