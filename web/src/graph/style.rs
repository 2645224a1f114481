//! The style of a graph in a document of its own: the sheets of the pages, with each colour put in its place.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use sha2::{Digest, Sha256};

const PAGES: &str = include_str!("../../assets/style.css");
const GRAPH: &str = include_str!("../../assets/graph.css");

/// The rules of `graph.css` with the light colours of `style.css`. What shows SVG outside of browsers seldom knows custom
/// properties or media queries: there are none.
pub(super) fn of_file() -> &'static str {
    static STYLE: LazyLock<String> = LazyLock::new(|| with_colours(rules(GRAPH), PAGES));
    &STYLE
}

/// What a policy for content calls the style of a file: `sha256-...`.
pub(crate) fn hash_of_file() -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(element_of_file())))
}

/// The text of the style element in a file.
pub(super) fn element_of_file() -> String {
    format!("\n{}\n", of_file())
}

/// What holds everywhere: the part before the first `@`.
fn rules(sheet: &str) -> &str {
    sheet.split_once("\n@").map_or(sheet, |(rules, _)| rules)
}

/// Puts the values of the first `:root` of another sheet in place of `var(...)`.
fn with_colours(rules: &str, palette: &str) -> String {
    let root = palette.split_once(":root {").and_then(|(_, rest)| rest.split_once('}')).map_or("", |(root, _)| root);
    let properties = root.split(';').filter_map(|line| line.trim().split_once(':')).filter(|(name, _)| name.starts_with("--"));
    properties.fold(rules.to_owned(), |rules, (name, value)| rules.replace(&format!("var({name})"), light(value.trim())))
}

/// The first of two colours, or the only one.
fn light(value: &str) -> &str {
    let both = value.strip_prefix("light-dark(").and_then(|rest| rest.split_once(','));
    both.map_or(value, |(light, _)| light.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_has_a_value() {
        let style = of_file();
        assert!(style.contains("stroke: #") && !style.contains("var(") && !style.contains('@') && !style.contains("--"), "{style}");
    }

    #[test]
    fn the_light_colour_is_taken() {
        let palette = "/* */ :root {\n color-scheme: light dark;\n --a: light-dark(#111111, #eeeeee);\n --b: red; }\n:root { --a: blue; }";
        assert_eq!(with_colours("x { fill: var(--a); stroke: var(--b) }", palette), "x { fill: #111111; stroke: red }");
    }
}
