//! `<= 10%`: what a share of the requests is to be, compared exactly.

use std::fmt;
use std::str::FromStr;

use meshglot_translator::eval::Fraction;

/// All of them hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    text: String,
    all: Vec<(Comparison, Fraction)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

impl Comparison {
    /// Longer words first, as they are looked for at the beginning of a text.
    const WORDS: [(&'static str, Self); 6] =
        [("<=", Self::AtMost), (">=", Self::AtLeast), ("==", Self::Equal), ("<", Self::Less), (">", Self::More), ("=", Self::Equal)];
}

impl Bounds {
    /// Whether a share is as it is to be.
    pub(super) fn hold(&self, share: Fraction) -> bool {
        self.all.iter().all(|(comparison, bound)| match comparison {
            Comparison::Less => bound.exceeds(share),
            Comparison::AtMost => !share.exceeds(*bound),
            Comparison::Equal => share == *bound,
            Comparison::AtLeast => !bound.exceeds(share),
            Comparison::More => share.exceeds(*bound),
        })
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Bounds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all: Option<Vec<_>> = text.split(',').map(|part| one(part.trim())).collect();
        let all = all.ok_or_else(|| format!("`{text}` is no share: write `10%`, `<= 10%` or `> 5%, < 15%`"))?;
        Ok(Self { text: text.trim().to_owned(), all })
    }
}

fn one(text: &str) -> Option<(Comparison, Fraction)> {
    let found = Comparison::WORDS.into_iter().find_map(|(word, comparison)| Some((comparison, text.strip_prefix(word)?)));
    let (comparison, rest) = found.unwrap_or((Comparison::Equal, text));
    let number = rest.trim().strip_suffix('%')?.trim_end();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || fraction.len() > 9 || number.ends_with('.') || !digits(whole) || !digits(fraction) {
        return None;
    }
    let parts: u64 = format!("{whole}{fraction}").parse().ok()?;
    let hundred = 100 * 10u64.pow(fraction.len() as u32);
    (parts <= hundred).then(|| (comparison, Fraction::of(parts, hundred)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("10%", 1, 10, true ; "equal")]
    #[test_case("= 33.33%", 1, 3, false ; "a third is not 33.33 percent")]
    #[test_case("<= 10%", 1, 10, true ; "at most")]
    #[test_case("< 10%", 1, 10, false ; "less")]
    #[test_case(">= 12.5 %", 1, 8, true ; "at least, with a fraction")]
    #[test_case("> 5%, < 15%", 1, 10, true ; "between")]
    #[test_case("> 5%, < 15%", 1, 5, false ; "not between")]
    #[test_case("100%", 1, 1, true ; "all")]
    #[test_case("0%", 0, 1, true ; "none")]
    fn bounds(text: &str, part: u64, whole: u64, want: bool) {
        assert_eq!(text.parse::<Bounds>().map(|bounds| bounds.hold(Fraction::of(part, whole))), Ok(want));
    }

    #[test_case("10" ; "no percent")]
    #[test_case("0.1" ; "a fraction")]
    #[test_case("<=> 10%" ; "no comparison")]
    #[test_case("101%" ; "more than all")]
    #[test_case("-1%" ; "less than nothing")]
    #[test_case("" ; "nothing")]
    #[test_case("5%," ; "half of two")]
    fn no_bounds(text: &str) {
        assert!(text.parse::<Bounds>().is_err());
    }
}
