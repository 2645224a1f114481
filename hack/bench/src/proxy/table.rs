//! Tables as `docs/benchmarks.md` has them.

/// The head, and the line under it.
pub(crate) fn head(titles: &str) -> String {
    format!("{titles}\n|{}", "---|".repeat(titles.matches('|').count() - 1))
}

pub(crate) fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// 0 of nothing.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
