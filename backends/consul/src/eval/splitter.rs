//! ServiceSplitter: percentages, with the roundings that happen on their way to Envoy.

use serde_json::Value;

use super::fields::{Fields, Read};
use super::message::HeaderChanges;

/// One of `ServiceSplitter.spec.splits`.
#[derive(Clone, Debug)]
pub(super) struct Split {
    pub(super) percent: Percent,
    /// Empty: the splitter's own service.
    pub(super) service: String,
    /// Empty: the destination may be split again.
    pub(super) subset: String,
    pub(super) headers: HeaderChanges,
}

/// A share as Consul keeps it: a 32-bit float, rounded to 0.01.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Percent(f32);

impl Percent {
    /// # Source
    /// Consul `NormalizeServiceSplitWeight` and `scaleWeight`.
    fn rounded(value: f32) -> Self {
        Self(Self::scaled(value) as f32 / 100.0)
    }

    /// In units of 0.01.
    fn scaled(value: f32) -> i64 {
        f64::from(value * 100.0).round() as i64
    }

    /// The share of a share, rounded again.
    ///
    /// # Source
    /// Consul `flattenAdjacentSplitterNodes`. It takes the splitters in the order of a Go map; for three and more
    /// levels the last digit can differ from run to run, and the innermost come first here.
    pub(super) fn of(self, outer: Self) -> Self {
        Self::rounded(outer.0 * self.0 / 100.0)
    }

    /// What Envoy gets: cut off, not rounded, so that 0.53 becomes 52.
    ///
    /// # Source
    /// Consul `makeRouteActionForSplitter`: `int(split.Weight * 100)`.
    pub(super) fn weight(self) -> u64 {
        (self.0 * 100.0) as u64
    }
}

/// The splits of a `ServiceSplitter.spec`.
pub(super) fn splits(spec: &Value) -> Read<Vec<Split>> {
    let mut fields = Fields::of(spec)?;
    let list = fields.list("splits")?;
    fields.done()?;
    let splits: Vec<Split> = list.iter().map(split).collect::<Read<_>>()?;
    let sum: i64 = splits.iter().map(|split| Percent::scaled(split.percent.0)).sum();
    if sum != 10_000 {
        return Err(format!("the server refuses weights whose sum is {} and not 100", sum as f64 / 100.0));
    }
    let twice =
        |(index, one): (usize, &Split)| splits[..index].iter().any(|other| (&other.service, &other.subset) == (&one.service, &one.subset));
    if splits.iter().enumerate().any(twice) {
        return Err("the server refuses the same destination twice".to_owned());
    }
    Ok(splits)
}

fn split(value: &Value) -> Read<Split> {
    let mut fields = Fields::of(value)?;
    let weight = fields.take("weight");
    let weight = if weight.is_null() { 0.0 } else { weight.as_f64().ok_or_else(|| format!("{weight} is no weight"))? };
    let split = Split {
        percent: Percent::rounded(weight as f32),
        service: fields.text("service")?.to_owned(),
        subset: fields.text("serviceSubset")?.to_owned(),
        headers: HeaderChanges::read(fields.take("requestHeaders"))?,
    };
    fields.local()?;
    fields.skip(&["responseHeaders"]);
    fields.done()?;
    Ok(split)
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(90.0, 9000 ; "whole")]
    #[test_case(0.53, 52 ; "loses a hundredth")]
    #[test_case(99.47, 9947 ; "beside it")]
    #[test_case(0.004, 0 ; "rounded to nothing")]
    fn weight_at_envoy(weight: f32, want: u64) {
        assert_eq!(Percent::rounded(weight).weight(), want);
    }

    #[test_case(10.01, 33.33, 334 ; "a third of a tenth")]
    #[test_case(10.01, 66.67, 667 ; "two thirds of a tenth")]
    fn nested(outer: f32, inner: f32, want: u64) {
        assert_eq!(Percent::rounded(inner).of(Percent::rounded(outer)).weight(), want);
    }

    #[test]
    fn sum_is_checked_after_rounding() {
        let thirds = serde_json::json!({"splits": [{"weight": 33.333, "service": "a"}, {"weight": 66.666, "service": "b"}]});
        assert!(splits(&thirds).is_ok());
        let less = serde_json::json!({"splits": [{"weight": 33.33, "service": "a"}, {"weight": 66.66, "service": "b"}]});
        assert!(splits(&less).is_err());
    }
}
