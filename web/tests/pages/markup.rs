//! What a browser makes of a page: its text, its links and its anchors.

/// The text of HTML, its tags taken out and its escapes read.
pub(crate) fn text(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        out += before;
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    out += rest;
    [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
        .iter()
        .fold(out, |text, (from, to)| text.replace(from, to))
}

/// What stands in every element that begins so, up to its end; elements of its kind may stand in it.
pub(crate) fn elements<'h>(html: &'h str, begin: &str, kind: &str) -> Vec<&'h str> {
    let (open, close) = (format!("<{kind}"), format!("</{kind}>"));
    let inside = |from: usize| {
        let (mut depth, mut at) = (1, from);
        while depth > 0 {
            let next = html[at..].find(&open).map_or(usize::MAX, |found| at + found);
            let end = at + html[at..].find(&close).expect("an end");
            (depth, at) = if next < end { (depth + 1, next + open.len()) } else { (depth - 1, end + close.len()) };
        }
        &html[from..at - close.len()]
    };
    html.match_indices(begin).map(|(at, begin)| inside(at + begin.len())).collect()
}

/// The lines of its listings, as text.
pub(crate) fn lines(html: &str) -> Vec<String> {
    elements(html, "<span class=\"text\">", "span").into_iter().map(text).collect()
}

/// Links of a class.
pub(crate) fn links(html: &str, class: &str) -> Vec<String> {
    let begin = format!("<a class=\"{class}\" href=\"");
    html.split(&begin).skip(1).filter_map(|rest| rest.split('"').next()).map(text).collect()
}

/// The command at the foot of a page.
pub(crate) fn command(html: &str) -> Option<String> {
    elements(html, "<code id=\"command\">", "code").into_iter().map(text).next()
}
