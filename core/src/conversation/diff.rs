//! [`RoleDiff`]: what is different between two sets of roles.

use serde::Serialize;

use crate::{EntityType, TokenRole, Word};

/// What is different between two sets of roles. An entity has one role, so each is listed once.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RoleDiff {
    /// Roles on entities that had none.
    pub added: Vec<TokenRole>,
    /// Roles on entities that have none any more.
    pub removed: Vec<TokenRole>,
    /// Roles on entities that have another one now: the old one, then the new one.
    pub changed: Vec<(TokenRole, TokenRole)>,
}

impl RoleDiff {
    /// What has to happen to `old` so that it becomes `new`.
    #[must_use]
    pub fn between(old: &[TokenRole], new: &[TokenRole]) -> Self {
        let find =
            |roles: &[TokenRole], role: &TokenRole| roles.iter().find(|other| is_same_place(other, role)).cloned();
        let mut diff = RoleDiff::default();
        for role in new {
            match find(old, role) {
                None => diff.added.push(role.clone()),
                Some(before) if before != *role => diff.changed.push((before, role.clone())),
                Some(_) => {}
            }
        }
        diff.removed = old.iter().filter(|role| find(new, role).is_none()).cloned().collect();
        diff
    }

    /// Whether nothing is different.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// Whether two roles are on the same entity; a DAG id means one DAG in each Deployment.
pub(super) fn is_same_place(one: &TokenRole, other: &TokenRole) -> bool {
    let is_dag = |role: &TokenRole| matches!(role.entity_type, Word::Known(EntityType::Dag | EntityType::DagTag));
    one.entity_type == other.entity_type
        && one.entity_id == other.entity_id
        && (!is_dag(one) || one.deployment_id == other.deployment_id)
}
