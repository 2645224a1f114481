//! A small picture of how many calls there were, second by second.

use std::fmt::Write as _;

use super::rates::Second;

/// Units from one second to the next.
const STEP: usize = 4;

/// How high the highest second is.
const HEIGHT: u64 = 40;

/// Two areas: all calls, and below their line those that went badly.
pub(crate) struct Spark {
    pub(crate) width: usize,
    pub(crate) height: u64,
    /// As path data.
    pub(crate) all: String,
    /// The same of bad ones; empty: there are none.
    pub(crate) bad: String,
    /// All of it in words.
    pub(crate) title: String,
}

impl Spark {
    pub(crate) fn of(seconds: &[Second]) -> Self {
        let most = seconds.iter().map(|second| second.calls).max().unwrap_or_default();
        let (all, bad): (u64, u64) = (seconds.iter().map(|second| second.calls).sum(), seconds.iter().map(|second| second.bad).sum());
        let title = match all {
            0 => "No call of the last minute is remembered".to_owned(),
            _ => format!("Calls by second: at most {most}; of {all} that are remembered {bad} denied or failed"),
        };
        Self {
            width: seconds.len() * STEP,
            height: HEIGHT,
            all: area(seconds, most, |second| second.calls),
            bad: if bad > 0 { area(seconds, most, |second| second.bad) } else { String::new() },
            title,
        }
    }
}

/// Steps from the lower left to the lower right.
fn area(seconds: &[Second], most: u64, count: impl Fn(&Second) -> u64) -> String {
    let mut path = format!("M0 {HEIGHT}");
    for (at, second) in seconds.iter().enumerate() {
        // What is there is seen, however little it is.
        let high = if most == 0 { 0 } else { (count(second) * HEIGHT).div_ceil(most) };
        // A string takes whatever is written to it.
        let _ = write!(path, "V{}H{}", HEIGHT - high, (at + 1) * STEP);
    }
    path + &format!("V{HEIGHT}z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_second_is_as_high_as_the_picture_and_one_call_is_seen() {
        let second = |calls, bad| Second { calls, bad };
        let spark = Spark::of(&[second(0, 0), second(200, 1), second(1, 0)]);
        assert_eq!((spark.all.as_str(), spark.bad.as_str()), ("M0 40V40H4V0H8V39H12V40z", "M0 40V40H4V39H8V40H12V40z"));
        assert!(spark.title.contains("at most 200; of 201 that are remembered 1 denied"), "{}", spark.title);
    }

    #[test]
    fn nothing_is_flat() {
        assert_eq!(Spark::of(&[Second::default(); 2]).all, "M0 40V40H4V40H8V40z");
    }
}
