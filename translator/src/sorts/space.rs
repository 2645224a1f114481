//! Calls that answer questions as wanted.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::Doubt;
use super::text::{Automaton, Language, witnesses};
use crate::eval::Call;
use crate::eval::asked::{Asked, Part};
use crate::ir::Method;

/// A question by its number, and the answer.
pub(super) type Answer = (usize, bool);

/// Paths that mean one thing to everybody: no empty or dot segments; escapes of delimiters only, neither of what needs
/// none, nor of slash and backslash, nor of what proxies escape when it was sent as it is.
pub(super) fn path() -> String {
    let letter = letter();
    let segment = format!(r"(?:\.*{letter}(?:{letter}|\.)*|\.{{3,}})");
    format!("(?:/|(?:/{segment})+/?)")
}

/// Such a path with a query.
fn target() -> String {
    format!(r"{}(?:\?(?:{}|[./?])*)?", path(), letter())
}

fn letter() -> String {
    const PLAIN: &str = r"[a-zA-Z0-9\-_~!$&'()*+,;=:@]";
    const ESCAPE: &str = "%(?:2[134-9A-Ca-c]|3[ABDFabdf]|40|5[BDbd])";
    format!("(?:{PLAIN}|{ESCAPE})")
}

/// A header's value: visible characters, space between them.
pub(super) const VALUE: &str = "(?:[!-~](?:[ -~]*[!-~])?)?";

/// `CONNECT` is not among them: it is not a request for a path.
const METHODS: [Method; 8] =
    [Method::Get, Method::Post, Method::Put, Method::Delete, Method::Head, Method::Patch, Method::Options, Method::Trace];

/// All questions so far, and for each part of a request one text of each sort.
pub(crate) struct Space {
    asked: Vec<Asked>,
    numbers: HashMap<Asked, usize>,
    methods: Table,
    targets: Table,
    /// By name; a header that nobody asked for is absent.
    headers: BTreeMap<String, Table>,
}

/// The texts of one part.
#[derive(Default)]
struct Table {
    /// Their questions.
    numbers: Vec<usize>,
    rows: Vec<Row>,
}

struct Row {
    /// `None`: the header is absent.
    text: Option<String>,
    /// To each question.
    answers: Vec<bool>,
}

impl Space {
    /// Before anything was asked.
    pub(crate) fn new() -> Result<Self, Doubt> {
        let (asked, numbers, headers) = (Vec::new(), HashMap::new(), BTreeMap::new());
        let mut space = Self { asked, numbers, methods: Table::default(), targets: Table::default(), headers };
        space.methods = space.method_table(Vec::new())?;
        space.targets = space.target_table(Vec::new())?;
        Ok(space)
    }

    /// The numbers of what was asked, in order; new questions cut the texts of their part further.
    pub(super) fn learn(&mut self, asked: Vec<Asked>) -> Result<Vec<usize>, Doubt> {
        let mut order = Vec::with_capacity(asked.len());
        let mut grown: Vec<Part> = Vec::new();
        for one in asked {
            let number = match self.numbers.get(&one) {
                Some(number) => *number,
                None => {
                    let number = self.asked.len();
                    grown.push(one.part.clone());
                    self.numbers.insert(one.clone(), number);
                    self.asked.push(one);
                    number
                }
            };
            order.push(number);
        }
        grown.sort();
        grown.dedup();
        for part in grown {
            self.cut(&part)?;
        }
        Ok(order)
    }

    fn cut(&mut self, part: &Part) -> Result<(), Doubt> {
        let of = |wanted: fn(&Part, &Part) -> bool| -> Vec<usize> {
            (0..self.asked.len()).filter(|number| wanted(&self.asked[*number].part, part)).collect()
        };
        match part {
            Part::Method => self.methods = self.method_table(of(|a, b| a == b))?,
            Part::Path | Part::Target => self.targets = self.target_table(of(|a, _| matches!(a, Part::Path | Part::Target)))?,
            Part::Header(name) => {
                let table = self.header_table(of(|a, b| a == b))?;
                self.headers.insert(name.clone(), table);
            }
            Part::Other(what) => return Err(Doubt::Uncovered(what)),
        }
        Ok(())
    }

    fn automaton(&self, number: usize) -> Result<Option<Rc<Automaton>>, Doubt> {
        automaton(&self.asked[number])
    }

    fn method_table(&self, numbers: Vec<usize>) -> Result<Table, Doubt> {
        let mut rows: Vec<Row> = Vec::new();
        for method in METHODS {
            let answer = |number: &usize| Ok(self.automaton(*number)?.is_none_or(|automaton| automaton.takes(method.word())));
            let answers = numbers.iter().map(answer).collect::<Result<Vec<bool>, Doubt>>()?;
            if rows.iter().all(|row| row.answers != answers) {
                rows.push(Row { text: Some(method.word().to_owned()), answers });
            }
        }
        Ok(Table { numbers, rows })
    }

    fn target_table(&self, numbers: Vec<usize>) -> Result<Table, Doubt> {
        let until = |number: usize| (self.asked[number].part == Part::Path).then_some(b'?');
        let (numbers, languages) = self.languages(numbers, until)?;
        let domain = Automaton::of(&target(), false)?;
        let found = witnesses(&domain, &languages)?;
        let rows = found.into_iter().map(|witness| Row { text: Some(witness.text), answers: witness.within }).collect();
        Ok(Table { numbers, rows })
    }

    fn header_table(&self, numbers: Vec<usize>) -> Result<Table, Doubt> {
        let presence: Vec<usize> = numbers.iter().copied().filter(|number| self.asked[*number].expression.is_none()).collect();
        let (mut numbers, languages) = self.languages(numbers, |_| None)?;
        let domain = Automaton::of(VALUE, false)?;
        let found = witnesses(&domain, &languages)?;
        let absent = Row { text: None, answers: vec![false; languages.len() + presence.len()] };
        let there = |mut answers: Vec<bool>| {
            answers.resize(answers.len() + presence.len(), true);
            answers
        };
        let rows = found.into_iter().map(|witness| Row { text: Some(witness.text), answers: there(witness.within) });
        let rows = std::iter::once(absent).chain(rows).collect();
        numbers.extend(presence);
        Ok(Table { numbers, rows })
    }

    /// The questions that have a language, with it.
    fn languages(&self, numbers: Vec<usize>, until: impl Fn(usize) -> Option<u8>) -> Result<(Vec<usize>, Vec<Language>), Doubt> {
        let mut kept = (Vec::new(), Vec::new());
        for number in numbers {
            if let Some(automaton) = self.automaton(number)? {
                kept.0.push(number);
                kept.1.push(Language { automaton, until: until(number) });
            }
        }
        Ok(kept)
    }

    /// A call that gives these answers; `None`: there is none.
    pub(super) fn call(&self, wanted: &[Answer]) -> Option<Call> {
        let take = |table: &Table| -> Option<Option<String>> {
            let row = table.rows.iter().find(|row| row.gives(&table.numbers, wanted))?;
            Some(row.text.clone())
        };
        let (method, target) = (take(&self.methods)??, take(&self.targets)??);
        let mut headers = Vec::new();
        for (name, table) in &self.headers {
            if let Some(value) = take(table)? {
                headers.push((name.clone(), value));
            }
        }
        Some(Call::Http { method, target, headers })
    }

    /// What a call without repeated headers answers to a question.
    pub(super) fn answer(&self, number: usize, call: &Call) -> Result<bool, Doubt> {
        answer(&self.asked[number], call)
    }

    /// The same call with each of its headers sent once more with another value, before or behind it.
    pub(super) fn repeated(&self, call: &Call) -> Vec<Call> {
        let Call::Http { method, target, headers } = call else { return Vec::new() };
        let mut calls = Vec::new();
        for (at, (name, value)) in headers.iter().enumerate() {
            let rows = self.headers.get(name).map_or(&[][..], |table| &table.rows);
            let others = rows.iter().rev().filter_map(|row| row.text.as_ref());
            let Some(other) = others.into_iter().find(|other| *other != value) else { continue };
            for at in [at, at + 1] {
                let mut headers = headers.clone();
                headers.insert(at, (name.clone(), other.clone()));
                calls.push(Call::Http { method: method.clone(), target: target.clone(), headers });
            }
        }
        calls
    }
}

fn automaton(Asked { expression, first, .. }: &Asked) -> Result<Option<Rc<Automaton>>, Doubt> {
    expression.as_deref().map(|text| Automaton::of(text, *first)).transpose()
}

/// What a call without repeated headers answers to a question.
pub(super) fn answer(asked: &Asked, call: &Call) -> Result<bool, Doubt> {
    let Call::Http { method, target, headers } = call else { return Ok(false) };
    let text = match &asked.part {
        Part::Method => Some(&**method),
        Part::Path => target.split('?').next(),
        Part::Target => Some(&**target),
        Part::Header(name) => headers.iter().find(|(key, _)| key == name).map(|(_, value)| &**value),
        Part::Other(what) => return Err(Doubt::Uncovered(what)),
    };
    let Some(text) = text else { return Ok(false) };
    Ok(automaton(asked)?.is_none_or(|automaton| automaton.takes(text)))
}

impl Row {
    fn gives(&self, numbers: &[usize], wanted: &[Answer]) -> bool {
        let answer = |question: usize| numbers.iter().position(|number| *number == question).map(|at| self.answers[at]);
        wanted.iter().all(|(question, want)| answer(*question).is_none_or(|answer| answer == *want))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("/", true ; "root")]
    #[test_case("/a/b.c/", true ; "segments")]
    #[test_case("/a?b=/../c", true ; "query")]
    #[test_case("/.../x", true ; "three dots")]
    #[test_case("/a%3Fb", true ; "escape")]
    #[test_case("/./a", false ; "dot segment")]
    #[test_case("/a/..", false ; "dots at the end")]
    #[test_case("//a", false ; "two slashes")]
    #[test_case("/a%2fb", false ; "escaped slash")]
    #[test_case("/a#b", false ; "fragment")]
    fn domain(text: &str, want: bool) {
        assert_eq!(Automaton::of(&target(), false).expect("an expression").takes(text), want);
    }

    fn asked(part: Part, expression: Option<&str>) -> Asked {
        Asked { part, expression: expression.map(str::to_owned), first: false }
    }

    #[test]
    fn calls_answer_as_wanted() {
        let mut space = Space::new().expect("a space");
        let header = || Part::Header("x-a".to_owned());
        let questions = vec![
            asked(Part::Method, Some("GET")),
            asked(Part::Path, Some("/api(?s:.*)")),
            asked(Part::Path, Some("/api/x")),
            asked(header(), None),
            asked(header(), Some("1")),
        ];
        assert_eq!(space.learn(questions).expect("small automata"), [0, 1, 2, 3, 4]);
        let call = |wanted: &[Answer]| {
            space.call(wanted).map(|call| match call {
                Call::Http { method, target, headers } => format!("{method} {target} {headers:?}"),
                Call::Tcp => String::new(),
            })
        };
        assert_eq!(call(&[]).as_deref(), Some("GET / []"));
        assert_eq!(call(&[(0, false), (2, true), (4, true)]).as_deref(), Some(r#"POST /api/x [("x-a", "1")]"#));
        assert_eq!(call(&[(1, true), (2, false), (3, true), (4, false)]).as_deref(), Some(r#"GET /api [("x-a", "")]"#));
        assert_eq!(call(&[(1, false), (2, true)]), None, "it lies within");
        assert_eq!(call(&[(3, false), (4, true)]), None, "an absent header has no value");
    }
}
