//! Every relative link of a Markdown page leads somewhere in the repository.

use std::collections::BTreeSet;

use crate::Findings;
use crate::tree::File;

/// Links of pages that lead nowhere.
pub fn check(files: &[File]) -> Findings {
    let mut known: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let folders: Vec<&str> = files.iter().flat_map(|file| file.path.match_indices('/').map(|(at, _)| &file.path[..at])).collect();
    known.extend(folders);
    let mut findings = Findings::new();
    for page in files.iter().filter(|file| file.is(&["md"])) {
        let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (line, link) in links(&page.text) {
            let target = join(folder, link);
            if !target.is_some_and(|target| target.is_empty() || known.contains(target.as_str())) {
                findings.push(format!("{}:{line}: the link `{link}` leads nowhere", page.path));
            }
        }
    }
    findings
}

/// Line and target of each link to a file; other sites, places in the page and code are left out.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut code = false;
    for (index, line) in text.lines().enumerate() {
        code ^= line.trim_start().starts_with("```");
        for (at, _) in line.match_indices("](").filter(|_| !code) {
            let in_code = line[..at].matches('`').count() % 2 == 1;
            let target = line[at + 2..].split([')', '#', ' ']).next().unwrap_or_default();
            if !in_code && !target.is_empty() && !target.contains(':') {
                found.push((index + 1, target));
            }
        }
    }
    found
}

/// The path below the root; `None` where it leaves the repository.
fn join(folder: &str, link: &str) -> Option<String> {
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in link.trim_end_matches('/').split('/') {
        match step {
            "." | "" => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_from_the_folder_of_their_page() {
        let found = |text: &str| check(&[File::new("docs/a.md", text), File::new("docs/adr/1.md", ""), File::new("b.rs", "")]).len();
        assert_eq!(found("[x](adr/1.md), [y](../b.rs#L1), [z](adr/), [w](https://example.com/x), [v](#here)"), 0);
        assert_eq!(found("`[x](nowhere)`\n```\n[x](nowhere)\n```"), 0);
        assert_eq!(found("[x](nowhere.md) and [y](../../b.rs)"), 2);
    }
}
