//! The trouble that a gate makes.

use std::time::Duration;

/// What goes wrong in front of an API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Every request waits so long before it is let through.
    Slow(Duration),
    /// Connections that come are closed at once; those that are open stay.
    Refuse,
    /// A share of the requests is answered by the gate.
    Answer {
        /// Such as 429 or 503.
        status: u16,
        /// `Retry-After`, in seconds.
        retry_after: Option<u32>,
        /// How many of a hundred requests, evenly spread: the same requests in the same order are answered the same.
        percent: u8,
    },
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Pass,
    Wait(Duration),
    Answer { status: u16, retry_after: Option<u32> },
}

impl Fault {
    /// Of the request with this number, from 1.
    pub(super) fn turn(self, number: u64) -> Turn {
        match self {
            Self::Slow(pause) => Turn::Wait(pause),
            Self::Answer { status, retry_after, percent } if is_of(number, percent) => Turn::Answer { status, retry_after },
            Self::Refuse | Self::Answer { .. } => Turn::Pass,
        }
    }
}

/// Whether the share grows by one with this request.
fn is_of(number: u64, percent: u8) -> bool {
    let before = number.saturating_sub(1) * u64::from(percent) / 100;
    number * u64::from(percent) / 100 > before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_spread_evenly() {
        for percent in [0, 1, 30, 50, 99, 100] {
            let answered: Vec<u64> = (1..=200).filter(|&number| is_of(number, percent)).collect();
            assert_eq!(answered.len(), usize::from(percent) * 2, "{percent} %");
            let longest = answered.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default();
            assert!(percent == 0 || longest <= 100_u64.div_ceil(u64::from(percent)), "{percent} %: a gap of {longest}");
        }
    }
}
