//! `explain CODE`: its page, which lies whole in the binary.

use meshglot_translator::answer::{Block, CodeAnswer, Section};
use meshglot_translator::diagnostic::{CODES, Code, nearest};

use super::text::{WIDTH, indented, wrapped};
use crate::Io;
use crate::exit::{Exit, Failure, Outcome};

pub(super) fn run(topic: &str, output: &str, io: &mut Io<'_>) -> Outcome {
    let Ok(code) = topic.parse::<Code>() else { return Err(unknown(topic)) };
    let answer = CodeAnswer::from(code.info());
    match output {
        "json" => io.answer(&answer)?,
        "md" => write!(io.stdout, "{}", answer.markdown())?,
        _ => write!(io.stdout, "{}", text(&answer))?,
    }
    Ok(Exit::Ok)
}

fn unknown(topic: &str) -> Failure {
    let failure = Failure::new(Exit::Invalid, format!("there is no code {topic}"));
    match nearest(topic, CODES.iter().map(|info| info.name)) {
        Some(word) => failure.help(format!("did you mean {word}?")),
        None => failure.help("meshglot explain --list shows all"),
    }
}

fn text(answer: &CodeAnswer) -> String {
    let mut page = format!("{}\n{}\n", answer.heading(), answer.facts());
    for Section { title, blocks } in answer.sections() {
        page += &format!("\n{title}\n");
        for (index, block) in blocks.iter().enumerate() {
            if index > 0 {
                page.push('\n');
            }
            page += &match block {
                Block::Prose(text) => indented(&wrapped(text, WIDTH)),
                Block::Code { language: _, text } => indented(text),
                Block::Items(items) => items.iter().map(|item| indented(&wrapped(item, WIDTH))).collect(),
            };
        }
    }
    page + &format!("\nPage\n{}", indented(&answer.page))
}
