//! All families of metrics: their names, labels and help.

use prometheus::core::Collector;
use prometheus::{Error, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

/// Upper bounds of durations, in seconds: from a look at nothing to a cold start.
const SECONDS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

pub(super) struct Families {
    pub(super) registry: Registry,
    pub(super) reconciles: IntCounterVec,
    pub(super) seconds: HistogramVec,
    pub(super) rendered: IntGaugeVec,
    pub(super) applied: IntGaugeVec,
    pub(super) policy: IntGaugeVec,
    pub(super) losses: IntGaugeVec,
    pub(super) drift_corrections: IntCounter,
    pub(super) conflicts: IntCounter,
    pub(super) reload_success: IntGauge,
    pub(super) leader: IntGauge,
    pub(super) requests: IntCounterVec,
    pub(super) request_seconds: HistogramVec,
    pub(super) watch_restarts: IntCounterVec,
    pub(super) queue: IntGaugeVec,
    pub(super) reviews: IntCounterVec,
    pub(super) review_seconds: HistogramVec,
    pub(super) certificate_ends: IntGaugeVec,
}

impl Families {
    pub(super) fn new() -> Result<Self, Error> {
        let made = Made(Registry::new());
        let families = Self {
            reconciles: made.counters(
                "meshglot_reconcile_total",
                "Writes that have ended, by the kind of the object and what became of it.",
                &["kind", "result"],
            )?,
            seconds: made.seconds(
                "meshglot_reconcile_seconds",
                "How long one pass over everything takes (pass), and from hearing of a change until it is applied (applied).",
                &["stage"],
            )?,
            rendered: made.gauges("meshglot_rendered_objects", "Objects that the policy renders.", &["backend", "kind"])?,
            applied: made.gauges(
                "meshglot_applied_objects",
                "Objects that the policy renders, by how each stands in the cluster.",
                &["backend", "state"],
            )?,
            policy: made.gauges(
                "meshglot_policy_objects",
                "Neutral objects, by the reason of their condition Ready: InForce is the good one, Untold has no status.",
                &["kind", "reason"],
            )?,
            losses: made.gauges("meshglot_losses", "What the backend cannot say of the policy, by code.", &["backend", "code"])?,
            drift_corrections: made
                .counter("meshglot_drift_corrections_total", "Edits of rendered objects by others that were taken back.")?,
            conflicts: made.counter(
                "meshglot_apply_conflicts_total",
                "Writes that were left out because an object or a field belongs to somebody else.",
            )?,
            reload_success: made
                .gauge("meshglot_config_last_reload_success", "Whether the policy of the cluster is rendered and not withheld.")?,
            leader: made.gauge("meshglot_leader", "Whether this process is the one that writes.")?,
            requests: made.counters(
                "meshglot_api_requests_total",
                "Requests to the API server, by verb and status; error: no answer came.",
                &["verb", "code"],
            )?,
            request_seconds: made.seconds(
                "meshglot_api_request_seconds",
                "How long the API server takes until an answer begins.",
                &["verb"],
            )?,
            watch_restarts: made.counters("meshglot_watch_restarts_total", "Watches that broke and began anew.", &["kind"])?,
            queue: made.gauges(
                "meshglot_queue_depth",
                "What waits: found and not taken, writes under way, statuses to be written.",
                &["queue"],
            )?,
            reviews: made.counters(
                "meshglot_admission_reviews_total",
                "Reviews by the webhook, by what was answered: allowed, warned, denied, or invalid.",
                &["verdict"],
            )?,
            review_seconds: made.seconds("meshglot_admission_review_seconds", "How long a review by the webhook takes.", &[])?,
            certificate_ends: made.gauges(
                "meshglot_webhook_certificate_expiry_timestamp_seconds",
                "When the certificate ends by which the webhook is served, in seconds since 1970; absent: there is none.",
                &[],
            )?,
            registry: made.0.clone(),
        };
        let build = made.gauges("meshglot_build_info", "The version of this program; always 1.", &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        // A rate begins where there was nothing.
        let _ = ["pass", "applied"].map(|stage| families.seconds.with_label_values(&[stage]));
        #[cfg(target_os = "linux")]
        made.0.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(families)
    }
}

/// Makes families and registers them.
struct Made(Registry);

impl Made {
    fn keep<C: Collector + Clone + 'static>(&self, family: C) -> Result<C, Error> {
        self.0.register(Box::new(family.clone()))?;
        Ok(family)
    }

    fn counter(&self, name: &str, help: &str) -> Result<IntCounter, Error> {
        self.keep(IntCounter::new(name, help)?)
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, Error> {
        self.keep(IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    fn gauge(&self, name: &str, help: &str) -> Result<IntGauge, Error> {
        self.keep(IntGauge::new(name, help)?)
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntGaugeVec, Error> {
        self.keep(IntGaugeVec::new(Opts::new(name, help), labels)?)
    }

    fn seconds(&self, name: &str, help: &str, labels: &[&str]) -> Result<HistogramVec, Error> {
        self.keep(HistogramVec::new(HistogramOpts::new(name, help).buckets(SECONDS.to_vec()), labels)?)
    }
}
