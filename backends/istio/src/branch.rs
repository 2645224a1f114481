//! A regular expression as a list of branches: sequences of literal text, single characters and `.*`.
//!
//! `docs/mapping/istio.md` 1.1. Every step keeps the language of the expression: what does not fit into branches is
//! an error, never an approximation.

use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

/// More branches than this are not written.
const MOST: usize = 64;
/// Steps on the way may be more, since some match nothing and vanish.
const MOST_ON_THE_WAY: usize = 256;
/// Counted repetition can make a branch of any length.
const LONGEST: usize = 8192;

/// The characters that can occur, and what is told apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alphabet {
    /// Those of ASCII, bit by bit.
    ascii: u128,
    /// Whether `[^/]+` is a thing of its own.
    segments: bool,
}

impl Alphabet {
    /// A path as Envoy has normalised it: no space or control character, no `\`, and neither query nor fragment.
    /// What Envoy escapes is in it all the same: requests may be sent so.
    pub(crate) fn path() -> Self {
        let ascii = (0x21..0x7f_u8).filter(|byte| !b"?#\\".contains(byte)).fold(0, |set, byte| set | 1 << byte);
        Self { ascii, segments: true }
    }

    /// The value of a header.
    pub(crate) fn header() -> Self {
        let ascii = (0x20..0x7f_u8).chain([b'\t']).fold(0, |set, byte| set | 1 << byte);
        Self { ascii, segments: false }
    }

    /// The characters outside of a set, sorted.
    pub(crate) fn outside(self, set: Set) -> impl Iterator<Item = char> {
        chars(self.ascii & !set.ascii)
    }

    /// Whether a set leaves nothing out.
    pub(crate) fn is_all(self, set: Set) -> bool {
        set.high && set.ascii == self.ascii
    }

    /// What one or more of these characters are, if that is a segment of a path.
    pub(crate) fn segment(self, set: Set) -> Option<Part> {
        let bit = |byte: u8| 1_u128 << byte;
        let needed = self.ascii & !(bit(b'/') | bit(b'[') | bit(b']'));
        let is_segment = self.segments && set.high && set.ascii & needed == needed && !set.has('/');
        is_segment.then(|| Part::Segment { exact: !set.has('[') && !set.has(']') })
    }
}

/// Single characters of an [`Alphabet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Set {
    ascii: u128,
    /// With everything that is not ASCII, else with nothing of it.
    high: bool,
}

impl Set {
    pub(crate) fn has(self, c: char) -> bool {
        if c.is_ascii() { self.ascii >> (c as u32) & 1 == 1 } else { self.high }
    }
}

fn chars(ascii: u128) -> impl Iterator<Item = char> {
    (0..0x80_u8).filter(move |byte| ascii >> byte & 1 == 1).map(char::from)
}

/// One step of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    /// One character of a set that has no end, such as `[^/]`.
    One(Set),
    /// Any number of them; only on the way.
    Many(Set),
    /// `.*`
    Any,
    /// `[^/]+`; exact if it takes neither `[` nor `]`, which no variable of a template does.
    Segment {
        exact: bool,
    },
    /// `^`; only on the way.
    Start,
}

impl Part {
    /// Whether it can match nothing.
    fn may_be_empty(&self) -> bool {
        matches!(self, Self::Many(_) | Self::Any | Self::Start)
    }
}

pub(crate) type Branch = Vec<Part>;

/// The branches of an expression that is matched whole; those that match nothing have vanished.
///
/// # Errors
/// Why it has none, in words.
pub(crate) fn branches(regex: &str, alphabet: Alphabet) -> Result<Vec<Branch>, &'static str> {
    let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(regex);
    let hir = hir.map_err(|_| "it holds characters that are not ASCII")?;
    let mut found: Vec<Branch> = Vec::new();
    for mut branch in before(&hir, vec![Vec::new()], alphabet)? {
        branch.reverse();
        let Some(branch) = started(branch) else { continue };
        for branch in spelled(branch, alphabet)? {
            if !found.contains(&branch) {
                found.push(branch);
            }
            if found.len() > MOST {
                return Err("it stands for more than 64 paths or prefixes");
            }
        }
    }
    Ok(found)
}

/// What stands before these tails, each of which is kept from right to left.
fn before(hir: &Hir, mut tails: Vec<Branch>, alphabet: Alphabet) -> Result<Vec<Branch>, &'static str> {
    let push = |mut tails: Vec<Branch>, part: Part| {
        tails.iter_mut().for_each(|tail| tail.push(part.clone()));
        tails
    };
    let found = match hir.kind() {
        HirKind::Empty => tails,
        HirKind::Literal(text) => {
            let text = std::str::from_utf8(&text.0).map_err(|_| "it holds bytes that are not text")?;
            push(tails, Part::Text(text.to_owned()))
        }
        HirKind::Class(class) => push(tails, Part::One(set(class, alphabet)?)),
        HirKind::Capture(capture) => before(&capture.sub, tails, alphabet)?,
        HirKind::Concat(parts) => parts.iter().rev().try_fold(tails, |tails, part| before(part, tails, alphabet))?,
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(before(part, tails.clone(), alphabet)?);
            }
            all
        }
        HirKind::Look(Look::Start | Look::StartLF | Look::StartCRLF) => push(tails, Part::Start),
        HirKind::Look(Look::End | Look::EndLF | Look::EndCRLF) => {
            // Nothing may follow, and a start here would be the end as well.
            tails.retain(|tail| tail.iter().all(|part| part.may_be_empty() && *part != Part::Start));
            tails.iter_mut().for_each(Vec::clear);
            tails
        }
        HirKind::Look(_) => return Err("it holds a word boundary"),
        HirKind::Repetition(repetition) => {
            let mut all = Vec::new();
            for tail in tails {
                all.extend(repeated(repetition, tail, alphabet)?);
            }
            all
        }
    };
    if found.len() > MOST_ON_THE_WAY || found.iter().any(|branch| branch.len() > LONGEST) {
        return Err("it stands for more than 64 paths or prefixes");
    }
    Ok(found)
}

fn repeated(repetition: &Repetition, tail: Branch, alphabet: Alphabet) -> Result<Vec<Branch>, &'static str> {
    let Repetition { min, max, greedy: _, sub } = repetition;
    let least = |tails: Vec<Branch>| (0..*min).try_fold(tails, |tails, _| before(sub, tails, alphabet));
    // Before `.*` only the shortest words count: all longer ones begin with them.
    if tail.last() == Some(&Part::Any) {
        return least(vec![tail]);
    }
    let Some(max) = max else {
        let HirKind::Class(class) = sub.kind() else { return Err("it repeats more than one character") };
        let set = set(class, alphabet)?;
        let many = if alphabet.is_all(set) { Part::Any } else { Part::Many(set) };
        return least(vec![[tail, vec![many]].concat()]);
    };
    let mut tails = least(vec![tail])?;
    let mut all = tails.clone();
    for _ in *min..*max {
        tails = before(sub, tails, alphabet)?;
        all.extend(tails.iter().cloned());
        if all.len() > MOST_ON_THE_WAY {
            return Err("it stands for more than 64 paths or prefixes");
        }
    }
    Ok(all)
}

fn set(class: &Class, alphabet: Alphabet) -> Result<Set, &'static str> {
    let (mut ascii, mut high) = (0, 0);
    match class {
        Class::Bytes(class) => {
            for byte in class.ranges().iter().flat_map(|range| range.start()..=range.end()) {
                if byte < 0x80 { ascii |= 1 << byte } else { high += 1 }
            }
        }
        // Single characters of an alternation come as one of these.
        Class::Unicode(class) => {
            for c in class.ranges().iter().flat_map(|range| range.start()..=range.end().min('\u{80}')) {
                if c.is_ascii() { ascii |= 1 << (c as u32) } else { high += 1 }
            }
        }
    }
    match high {
        0 | 0x80 => Ok(Set { ascii: ascii & alphabet.ascii, high: high > 0 }),
        _ => Err("it tells apart characters that are not ASCII"),
    }
}

/// Without what stands before a `^`, which is nothing or the branch matches nothing.
fn started(mut branch: Branch) -> Option<Branch> {
    while let Some(at) = branch.iter().rposition(|part| *part == Part::Start) {
        if !branch[..at].iter().all(Part::may_be_empty) {
            return None;
        }
        branch.drain(..=at);
    }
    Some(branch)
}

/// Writes out the characters of each small set, and joins what is text.
fn spelled(branch: Branch, alphabet: Alphabet) -> Result<Vec<Branch>, &'static str> {
    let mut all: Vec<Branch> = vec![Vec::new()];
    let mut parts = branch.into_iter().peekable();
    while let Some(part) = parts.next() {
        all = match part {
            Part::One(set) => match alphabet.segment(set).filter(|_| parts.peek() == Some(&Part::Many(set))) {
                Some(segment) => {
                    parts.next();
                    each(all, &[segment])
                }
                None if set.high => each(all, &[Part::One(set)]),
                // A class of which a request can hold nothing leaves nothing.
                None => each(all, &chars(set.ascii).map(|c| Part::Text(c.to_string())).collect::<Vec<_>>()),
            },
            Part::Many(set) => {
                let segment = alphabet.segment(set).ok_or("it repeats characters of a class before a fixed end")?;
                let without = all.clone();
                [without, each(all, &[segment])].concat()
            }
            part => each(all, &[part]),
        };
        if all.len() > MOST {
            return Err("it stands for more than 64 paths or prefixes");
        }
    }
    Ok(all)
}

fn each(all: Vec<Branch>, parts: &[Part]) -> Vec<Branch> {
    let with = |branch: &Branch, part: &Part| {
        let mut branch = branch.clone();
        match (branch.last_mut(), part) {
            (Some(Part::Text(text)), Part::Text(more)) => text.push_str(more),
            (Some(Part::Any), Part::Any) => {}
            _ => branch.push(part.clone()),
        }
        branch
    };
    all.iter().flat_map(|branch| parts.iter().map(|part| with(branch, part))).collect()
}
