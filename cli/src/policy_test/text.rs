//! Results for people: a line per test, and what happened where it fails.

use super::held::{Failed, Held, TestResult};
use crate::Io;

/// Longer names push the rest of their line to the right.
const WIDEST: usize = 40;

pub(super) fn write(results: &[TestResult], io: &mut Io<'_>) -> std::io::Result<()> {
    let width = results.iter().map(|result| result.name.chars().count()).filter(|width| *width <= WIDEST).max().unwrap_or_default();
    for result in results {
        let TestResult { name, assertion, passed, at, .. } = result;
        let word = if *passed { "ok" } else { "FAIL" };
        // A test without a name is called what it says.
        let says = if name == assertion { String::new() } else { format!("  {assertion}") };
        let place = if *passed { String::new() } else { format!("   {}:{}", at.file, at.line) };
        let line = format!("{word:<4}  {name:<width$}{says}{place}");
        writeln!(io.stdout, "{}", line.trim_end())?;
        if !passed {
            tell(result, io)?;
        }
    }
    Ok(())
}

fn tell(result: &TestResult, io: &mut Io<'_>) -> std::io::Result<()> {
    // Where the same happens in several places, the first says why: the policy before the meshes.
    let mut told: Vec<(Vec<&str>, &Failed)> = Vec::new();
    for Held { on, failure, .. } in &result.results {
        let Some(failed) = failure else { continue };
        match told.iter_mut().find(|(_, other)| (&other.expected, &other.got) == (&failed.expected, &failed.got)) {
            Some((places, _)) => places.push(on),
            None => told.push((vec![on], failed)),
        }
    }
    for (places, Failed { expected, got, because }) in told {
        writeln!(io.stdout, "      {}: expected {expected}, got {got}", places.join(", "))?;
        for line in because {
            writeln!(io.stdout, "        {line}")?;
        }
    }
    let good: Vec<&str> = result.results.iter().filter(|held| held.passed).map(|held| held.on).collect();
    if !good.is_empty() {
        writeln!(io.stdout, "      ok on {}", good.join(", "))?;
    }
    Ok(())
}
