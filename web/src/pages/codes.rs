//! `/codes` and `/codes/{code}`: what a code means, what is done about it, and an example, as `explain` tells it.

use askama::Template;
use meshglot_translator::answer::{Block, CodeAnswer, CodeLine, Codes, Section as Part};
use meshglot_translator::diagnostic::{CODES, Code, RANGES};

use crate::format::Format;
use crate::pages::Section;
use crate::parts::chrome::Chrome;
use crate::parts::cli::CommandLine;
use crate::parts::filters;
use crate::parts::listing::Listing;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::Reply;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "pages/codes/list.html")]
struct ListPage<'p> {
    chrome: Chrome,
    /// A range of codes: what it is about, and its codes.
    ranges: Vec<(&'static str, &'static str, Vec<&'p CodeLine>)>,
}

pub(crate) fn list(visit: &Visit) -> Result<Reply, Problem> {
    let codes = Codes::all();
    visit.reply(&codes, || {
        let of = |range: &'static str| codes.codes.iter().filter(|line| line.code.starts_with(range)).collect();
        let chrome = visit.chrome("Codes", Section::None, CommandLine::new("explain").word("--list")).forms(visit, &[Format::Json]);
        Ok(ListPage { chrome, ranges: RANGES.iter().map(|(range, about)| (*range, *about, of(range))).collect() })
    })
}

#[derive(Template)]
#[template(path = "pages/codes/code.html")]
struct CodePage<'p> {
    chrome: Chrome,
    code: &'p CodeAnswer,
    parts: Vec<Part>,
    /// How often it is said of the policy that is shown.
    said: usize,
    /// The example, ready to be changed.
    playground: Option<String>,
}

pub(crate) fn code(visit: &Visit) -> Result<Reply, Problem> {
    let name = visit.param("code");
    let code: Code = name.parse().map_err(|_| {
        let known = CODES.iter().map(|info| info.name);
        Problem::missing(format!("There is no code `{name}`.")).did_you_mean(name, known)
    })?;
    let answer = CodeAnswer::from(code.info());
    visit.reply(&answer, || {
        let command = CommandLine::new("explain").word(answer.code);
        let playground =
            answer.example.as_ref().map(|example| visit.link(&format!("/playground{}", Query::of([("text", example.bad)]).text())));
        Ok(CodePage {
            chrome: visit.chrome(answer.code, Section::None, command).forms(visit, &[Format::Json]),
            code: &answer,
            parts: answer.sections(),
            said: visit.snapshot.findings().counting().filter(|finding| finding.code() == code).count(),
            playground,
        })
    })
}

/// An item of a list: a code with what it says, or a sentence.
fn item(text: &str) -> (Option<&str>, &str) {
    match text.split_once("  ") {
        Some((code, says)) if code.starts_with("MG") => (Some(code), says),
        _ => (None, text),
    }
}

/// An anchor of a heading.
fn anchor(title: &str) -> String {
    title.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' }).collect()
}
