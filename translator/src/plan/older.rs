//! Older documents in the place of newer ones that no mesh can be given.

use std::collections::BTreeSet;

use super::Plan;
use crate::diagnostic::Place;
use crate::effect::{Effect, Options, Side, effect};
use crate::eval::Neutral;
use crate::ir::ObjectKey;
use crate::render::Verdict;
use crate::resolve::Model;

impl Plan {
    /// Neutral objects that a mesh cannot be given as they are written: something in them is wrong, or the mesh cannot say it. One that
    /// another object has won over is not among them.
    pub fn refused(&self) -> BTreeSet<ObjectKey> {
        let is_lost = |name: &str| name.starts_with("MG02");
        let wrong = self.errors().filter(|one| !is_lost(one.code.info().name));
        let of_errors = wrong.flat_map(|one| self.subjects(one.object.as_ref(), one.place.as_ref()));
        let losses =
            self.engines.iter().flat_map(|(_, engine)| engine.losses()).filter(|loss| loss.verdict >= Verdict::Widened && loss.fails());
        let of_losses = losses.flat_map(|loss| self.subjects(Some(&loss.object), Some(&Place::Value(loss.origin.clone()))));
        of_errors.chain(of_losses).filter(|key| key.kind.is_neutral()).collect()
    }

    /// Whether nobody may do by this policy what they may not do by `other`, from which it differs in these objects. What cannot be
    /// decided counts as more. `limit`: the most requests that are tried for one port of one Service.
    pub fn allows_no_more_than(&self, other: &Model, keys: &BTreeSet<ObjectKey>, limit: usize) -> bool {
        let touched = |key: &ObjectKey| [other.services_touched(key), self.model.services_touched(key)];
        let services = keys.iter().flat_map(touched).try_fold(BTreeSet::new(), |mut all, some| {
            all.extend(some?);
            Some(all)
        });
        let (before, after) = (Neutral::new(other), Neutral::new(&self.model));
        let from = Side { model: other, reading: &before, mesh: None };
        let to = Side { model: &self.model, reading: &after, mesh: None };
        let Effect { access, doubts, .. } = effect(&from, &to, &Options { limit, services, ..Options::default() });
        doubts.is_empty() && access.iter().all(|change| !change.gained)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Kind;
    use crate::parse::Source;
    use crate::resolve::ReadOptions;

    /// A closed workload whose callers may send requests of a path.
    fn plan(path: &str, sources: &[&str]) -> Plan {
        let sources: Vec<String> = sources.iter().map(|name| format!("{{kind: ServiceAccount, name: {name}, namespace: shop}}")).collect();
        let text = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: shop}}\nspec: {{selector: {{app: web}}, ports: [{{name: http, port: 80}}]}}\n\
             ---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec: {{selector: {{matchLabels: {{app: web}}}}, \
             template: {{metadata: {{labels: {{app: web}}}}, spec: {{serviceAccountName: web, containers: [{{name: main, image: web, ports: [{{containerPort: 80}}]}}]}}}}}}\n\
             ---\napiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\nmetadata: {{name: api, namespace: shop}}\nspec: {{matches: [{{name: all, pathRegex: \"{path}\"}}]}}\n\
             ---\napiVersion: access.smi-spec.io/v1alpha3\nkind: TrafficTarget\nmetadata: {{name: callers, namespace: shop}}\nspec: {{destination: {{kind: ServiceAccount, \
             name: web, namespace: shop}}, rules: [{{kind: HTTPRouteGroup, name: api}}], sources: [{}]}}\n",
            sources.join(", ")
        );
        Plan::policy(&[Source::new("policy.yaml".to_owned(), text)], Vec::new(), ReadOptions::default())
    }

    fn key(kind: Kind, name: &str) -> ObjectKey {
        ObjectKey { kind, namespace: "shop".into(), name: name.into() }
    }

    #[test]
    fn what_was_allowed_may_stand_where_all_of_it_is_still_allowed() {
        let keys = BTreeSet::from([key(Kind::HttpRouteGroup, "api"), key(Kind::TrafficTarget, "callers")]);
        let no_more = |older: &Plan, newer: &Plan| older.allows_no_more_than(&newer.model, &keys, 10_000);
        let narrow = plan("/api/v1", &["ann"]);
        for (newer, holds) in [
            (plan("/api/v1", &["ann"]), true),
            (plan("/api", &["ann"]), true),
            (plan("/api/v1", &["ann", "bob"]), true),
            (plan("/(api|x+y)", &["ann"]), true),
            (plan("/api/v1", &["bob"]), false),
            (plan("/api/v1/orders", &["ann", "bob"]), false),
            (plan("/x+y", &["ann"]), false),
        ] {
            assert_eq!(no_more(&narrow, &newer), holds);
        }
    }

    #[test]
    fn what_is_wrong_is_refused_and_nothing_else() {
        assert_eq!(plan("/api", &["ann"]).refused(), BTreeSet::new());
        // The rule that refers to it allows nothing any more.
        let both = BTreeSet::from([key(Kind::HttpRouteGroup, "api"), key(Kind::TrafficTarget, "callers")]);
        assert_eq!(plan("/api(", &["ann"]).refused(), both);
    }
}
