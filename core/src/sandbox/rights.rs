//! Who may do what; the table is in the documentation of [`Sandbox`](super::Sandbox).

use super::state::{Held, State};
use crate::{EntityType, Subject, TokenRole, token::Extra};

/// The token that a request comes from.
pub(super) struct Caller {
    pub(super) id: String,
    pub(super) organization_id: String,
    name: String,
    roles: Vec<TokenRole>,
}

impl Caller {
    pub(super) fn new(held: &Held) -> Self {
        Caller {
            id: held.token.id.clone(),
            organization_id: held.organization_id.clone(),
            name: held.token.name.clone(),
            roles: held.roles().to_vec(),
        }
    }

    /// As `createdBy` and `updatedBy` name it.
    pub(super) fn subject(&self) -> Subject {
        Subject {
            id: self.id.clone(),
            subject_type: Some("SERVICEKEY".to_owned()),
            full_name: None,
            username: None,
            api_token_name: Some(self.name.clone()),
            extra: Extra::new(),
        }
    }

    fn has(&self, entity_type: EntityType, entity_id: &str, allowed: &[&str]) -> bool {
        self.roles.iter().any(|held| {
            held.entity_type.known() == Some(entity_type)
                && held.entity_id == entity_id
                && (allowed.is_empty() || allowed.contains(&held.role.as_str()))
        })
    }

    /// Whether it has any role on the entity.
    fn has_any(&self, entity_type: EntityType, entity_id: &str) -> bool {
        self.has(entity_type, entity_id, &[])
    }

    fn is_owner(&self) -> bool {
        self.has(EntityType::Organization, &self.organization_id, &["ORGANIZATION_OWNER"])
    }

    /// Whether it may see everything in the Organization.
    pub(super) fn sees_organization(&self) -> bool {
        self.has_any(EntityType::Organization, &self.organization_id)
    }

    pub(super) fn sees_workspace(&self, id: &str) -> bool {
        self.sees_organization() || self.has_any(EntityType::Workspace, id)
    }

    pub(super) fn sees_deployment(&self, state: &State, id: &str) -> bool {
        self.sees_organization()
            || self.has_any(EntityType::Deployment, id)
            || state.deployment(id).is_some_and(|found| self.has_any(EntityType::Workspace, &found.workspace_id))
    }

    /// Whether it may read a token: one with a role on something that it sees, and so always itself.
    pub(super) fn sees_token(&self, state: &State, held: &Held) -> bool {
        self.sees_organization()
            || held.roles().iter().any(|role| match role.entity_type.known() {
                Some(EntityType::Workspace) => self.sees_workspace(&role.entity_id),
                Some(EntityType::Deployment) => self.sees_deployment(state, &role.entity_id),
                _ => false,
            })
    }

    /// Whether it may manage the tokens of an entity, and grant every role on it. Of a DAG or DAG tag that is the right
    /// to its Deployment.
    pub(super) fn manages(
        &self,
        state: &State,
        entity_type: EntityType,
        entity_id: &str,
        deployment_id: Option<&str>,
    ) -> bool {
        if self.is_owner() {
            return true;
        }
        match entity_type {
            EntityType::Organization => false,
            EntityType::Workspace => self.has(entity_type, entity_id, &["WORKSPACE_OWNER"]),
            EntityType::Deployment => {
                self.has(entity_type, entity_id, &["DEPLOYMENT_ADMIN"])
                    || state.deployment(entity_id).is_some_and(|found| {
                        let allowed = ["WORKSPACE_OWNER", "WORKSPACE_OPERATOR"];
                        self.has(EntityType::Workspace, &found.workspace_id, &allowed)
                    })
            }
            EntityType::Dag | EntityType::DagTag => {
                deployment_id.is_some_and(|id| self.manages(state, EntityType::Deployment, id, None))
            }
        }
    }

    /// Whether it may manage a token: rename, rotate, delete it.
    pub(super) fn manages_token(&self, state: &State, held: &Held) -> bool {
        self.manages(state, held.entity_type(), &held.entity_id, None)
    }
}
