//! The text format of Prometheus.

use std::fmt::Write as _;

use super::series::{BOUNDS, Sums};

/// Families of metrics, one after the other.
#[derive(Default)]
pub(super) struct Text(String);

/// Labels of one series, in the order in which they are told.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Labels(String);

impl Labels {
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        let _ = write!(self.0, "{name}=\"");
        for character in value.chars() {
            match character {
                '\\' => self.0.push_str("\\\\"),
                '"' => self.0.push_str("\\\""),
                '\n' => self.0.push_str("\\n"),
                other => self.0.push(other),
            }
        }
        self.0.push('"');
        self
    }

    /// A label that is there only if it has a value.
    pub(super) fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

impl Text {
    pub(super) fn into_string(self) -> String {
        self.0
    }

    /// Begins a family. `kind`: `counter`, `gauge` or `histogram`.
    pub(super) fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    pub(super) fn sample(&mut self, name: &str, labels: &Labels, value: impl std::fmt::Display) {
        let _ = if labels.0.is_empty() { writeln!(self.0, "{name} {value}") } else { writeln!(self.0, "{name}{{{}}} {value}", labels.0) };
    }

    /// A histogram of durations; `unit`: how many milliseconds make up one of it.
    pub(super) fn durations(&mut self, name: &str, labels: &Labels, sums: &Sums, unit: f64) {
        let bucket = format!("{name}_bucket");
        let mut below = 0;
        for (bound, count) in BOUNDS.iter().zip(sums.durations) {
            below += count;
            self.sample(&bucket, &labels.clone().with("le", &(*bound as f64 / unit).to_string()), below);
        }
        self.sample(&bucket, &labels.clone().with("le", "+Inf"), sums.count);
        self.sample(&format!("{name}_sum"), labels, sums.micros as f64 / 1000.0 / unit);
        self.sample(&format!("{name}_count"), labels, sums.count);
    }
}

impl Sums {
    /// Together with others.
    pub(super) fn and(&mut self, other: &Self) {
        self.count += other.count;
        self.received += other.received;
        self.sent += other.sent;
        self.micros += other.micros;
        for (own, other) in self.durations.iter_mut().zip(other.durations) {
            *own += other;
        }
    }
}
