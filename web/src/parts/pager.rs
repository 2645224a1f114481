//! Long lists a page at a time.

use std::ops::Range;

use crate::visit::Visit;

/// Which part of a list is shown, and the way to the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pager {
    /// From 1.
    pub(crate) page: usize,
    pub(crate) pages: usize,
    pub(crate) all: usize,
    size: usize,
    pub(crate) before: Option<String>,
    pub(crate) next: Option<String>,
}

impl Pager {
    /// By `page` in the query; a page that is not there is the nearest that is.
    pub(crate) fn of(visit: &Visit, all: usize, size: usize) -> Self {
        let pages = all.div_ceil(size).max(1);
        let page = visit.query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
        let link = |page: usize| visit.here_with("page", &if page == 1 { String::new() } else { page.to_string() });
        Self { page, pages, all, size, before: (page > 1).then(|| link(page - 1)), next: (page < pages).then(|| link(page + 1)) }
    }

    /// The items of this page.
    pub(crate) fn range(&self) -> Range<usize> {
        (self.page - 1) * self.size..(self.page * self.size).min(self.all)
    }
}
