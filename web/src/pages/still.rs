//! What pages of a running mesh say where none runs: why, and what starts one.

use askama::Template;

use crate::format::Format;
use crate::pages::Section;
use crate::parts::chrome::Chrome;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "pages/still.html")]
struct Page {
    chrome: Chrome,
}

/// The page that says so.
pub(crate) fn still(visit: &Visit, title: &'static str, section: Section) -> Result<Reply, Problem> {
    match visit.format {
        Format::Html => Reply::html(&Page { chrome: visit.bare_chrome(title, section) }),
        _ => {
            let problem = Problem::missing("No mesh runs by this policy here, so that nothing is seen of one.");
            Err(problem.help("`meshglot demo` has one, and `meshglot run --config-dir DIR --proxy meshglot --web 127.0.0.1:0`.".to_owned()))
        }
    }
}
