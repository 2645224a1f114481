//! The page of a code, in sections: the command line draws them as text, the site as Markdown.

use std::fmt::Write as _;

use super::CodeAnswer;

/// A part of the page under one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// What stands below it.
    pub blocks: Vec<Block>,
}

/// A part of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Sentences, with code between backquotes.
    Prose(String),
    /// Lines that are kept as they are.
    Code {
        /// `yaml` or `text`.
        language: &'static str,
        /// The lines.
        text: String,
    },
    /// One item each.
    Items(Vec<String>),
}

impl CodeAnswer {
    /// `MG1103  istio: path regex ...`.
    pub fn heading(&self) -> String {
        let backend = self.backend.map(|backend| format!("{backend}: ")).unwrap_or_default();
        format!("{}  {backend}{}", self.code, self.title)
    }

    /// The line below the heading.
    pub fn facts(&self) -> String {
        let kinds = if self.kinds.is_empty() { "all".to_owned() } else { self.kinds.join(", ") };
        format!("level: {}   since {}   kinds: {kinds}", self.level, self.since)
    }

    /// Everything below.
    pub fn sections(&self) -> Vec<Section> {
        let prose = |title: &str, text: &str| section(title, vec![Block::Prose(text.to_owned())]);
        let mut sections = vec![prose("Why", self.why), prose("What we do", &self.done), prose("What you can do", self.fix)];
        if let Some(example) = &self.example {
            let code = |language, text: &str| Block::Code { language, text: text.trim_end().to_owned() };
            let said = format!("$ {}\n{}", example.command, example.said);
            sections.push(section(
                &format!("Example (fails): {}/bad.yaml", example.folder),
                vec![code("yaml", example.bad), code("text", &said)],
            ));
            sections.push(section(&format!("Example (fixed): {}/good.yaml", example.folder), vec![code("yaml", example.good)]));
        }
        sections.extend(self.no_example.map(|reason| prose("Example", &format!("There is none as a file. {reason}"))));
        let accept = if self.backend.is_some() { "Accept" } else { "Suppress" };
        sections.push(section(accept, vec![Block::Items(self.accept.clone())]));
        if !self.proof.is_empty() {
            sections.push(section("Proof", vec![Block::Items(self.proof.clone())]));
        }
        if !self.see.is_empty() {
            let see = self.see.iter().map(|line| match line.backend {
                Some(backend) => format!("{}  {backend}: {}", line.code, line.title),
                None => format!("{}  {}", line.code, line.title),
            });
            sections.push(section("See also", vec![Block::Items(see.collect())]));
        }
        sections
    }

    /// The page as Markdown, as it lies in `docs/codes/`: links lead from there.
    pub fn markdown(&self) -> String {
        let mut page = format!("# {}\n\n{}\n", self.heading().replacen("  ", ": ", 1), self.facts().replace("   ", " · "));
        for Section { title, blocks } in self.sections() {
            let _ = write!(page, "\n## {title}\n");
            for block in blocks {
                let _ = match block {
                    Block::Prose(text) => write!(page, "\n{text}\n"),
                    Block::Code { language, text } => write!(page, "\n```{language}\n{text}\n```\n"),
                    Block::Items(items) => {
                        writeln!(page, "\n{}", items.iter().map(|item| format!("- {}", linked(item))).collect::<Vec<_>>().join("\n"))
                    }
                };
            }
        }
        page
    }
}

fn section(title: &str, blocks: Vec<Block>) -> Section {
    Section { title: title.to_owned(), blocks }
}

/// Folders of goldens and other codes become links.
fn linked(item: &str) -> String {
    match item.split_once("  ") {
        _ if item.starts_with("golden/") => format!("[{item}](../../{item}/)"),
        Some((code, title)) if code.starts_with("MG") => format!("[{code}]({code}.md) {title}"),
        _ => item.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{CODES, Code};

    #[test]
    fn a_page_holds_both_examples_and_links_its_neighbours() {
        let page = CodeAnswer::from(Code::MG1103.info()).markdown();
        assert!(page.starts_with("# MG1103: istio: path regex"), "{page}");
        for part in ["level: by verdict · since 0.1 · kinds: TrafficTarget, HTTPRouteGroup", "```yaml", "[MG1104](MG1104.md) istio: "] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(page.contains("](../../golden/codes/MG1103/)"), "{page}");
    }

    #[test]
    fn every_page_has_a_heading_of_its_own() {
        let mut headings: Vec<String> = CODES.iter().map(|info| CodeAnswer::from(info).heading()).collect();
        headings.sort();
        headings.dedup();
        assert_eq!(headings.len(), CODES.len());
    }
}
