//! The server's rules for roles. They are written anew instead of taken from the client's side, which they test.

use serde_json::Value as Json;

use super::{
    form::{Form, choice},
    refusal::{Findings, Refusal},
    state::{Held, State},
};
use crate::{ApiVersion, EntityType, TokenRole, open::Word};

/// The types of entity that a version knows.
fn entity_types(version: ApiVersion) -> impl Iterator<Item = EntityType> {
    let is_known = move |entity_type: &EntityType| version == ApiVersion::V1 || !is_dag(*entity_type);
    EntityType::ALL.iter().copied().filter(is_known)
}

pub(super) fn is_dag(entity_type: EntityType) -> bool {
    matches!(entity_type, EntityType::Dag | EntityType::DagTag)
}

/// Whether the role exists on this type of entity: a predefined one, or for Deployments and DAGs any other name.
pub(super) fn check_role(findings: &mut Findings, field: &str, role: &str, entity_type: EntityType) {
    if entity_type.roles().contains(&role) {
        return;
    }
    let is_predefined = EntityType::ALL.iter().any(|other| other.roles().contains(&role));
    let has_custom_roles = entity_type == EntityType::Deployment || is_dag(entity_type);
    if is_predefined || !has_custom_roles {
        findings.add(field, "oneof", format!("{field} is no role of the entity type {}", entity_type.as_str()));
    }
}

/// The roles that a body gives a token; fields that the API does not know are kept.
pub(super) fn read(findings: &mut Findings, body: &mut Form, version: ApiVersion) -> Vec<TokenRole> {
    let items = match body.take("roles") {
        Some(Json::Array(items)) if !items.is_empty() => items,
        Some(Json::Array(_)) | None => {
            findings.add("roles", "required", "roles holds no role");
            return Vec::new();
        }
        Some(_) => {
            findings.add("roles", "type", "roles is not a list");
            return Vec::new();
        }
    };
    let read = items.into_iter().enumerate().filter_map(|(index, item)| match item {
        Json::Object(object) => read_one(findings, Form::nested(object, format!("roles[{index}].")), version),
        _ => {
            findings.add(format!("roles[{index}]"), "type", "the role is not an object");
            None
        }
    });
    read.collect()
}

fn read_one(findings: &mut Findings, mut item: Form, version: ApiVersion) -> Option<TokenRole> {
    let entity_type = item
        .required(findings, "entityType")
        .and_then(|text| choice(findings, &item.name_of("entityType"), &text, entity_types(version)));
    let entity_id = item.required(findings, "entityId");
    let role = item.required(findings, "role");
    let deployment_id = match entity_type {
        Some(entity_type) if is_dag(entity_type) => Some(item.required(findings, "deploymentId")?),
        _ => item.text(findings, "deploymentId"),
    };
    let (entity_type, role) = (entity_type?, role?);
    check_role(findings, &item.name_of("role"), &role, entity_type);
    let entity_type = Word::Known(entity_type);
    Some(TokenRole {
        entity_type,
        entity_id: entity_id?,
        role,
        deployment_id,
        extra: item.rest().into_iter().collect(),
    })
}

/// The rules that join the roles of a token with each other and with its scope.
///
/// One role per entity, exactly one on the token's own entity, nothing above it.
pub(super) fn check_all(findings: &mut Findings, state: &State, held: &Held, roles: &[TokenRole]) {
    let own_type = held.entity_type();
    let mut has_own = false;
    for (index, role) in roles.iter().enumerate() {
        let Some(entity_type) = role.entity_type.known() else { continue };
        let field = format!("roles[{index}]");
        if roles[..index].iter().any(|other| is_same_entity(other, role)) {
            findings.add(field, "unique", "the entity has a role already");
            continue;
        }
        if entity_type == own_type {
            if role.entity_id == held.entity_id {
                has_own = true;
            } else {
                findings.add(field, "scope", "the entity is not the one that the token belongs to");
            }
        } else if entity_type < own_type {
            findings.add(field, "scope", "the entity is wider than the scope of the token");
        } else if !is_within(state, held, role) {
            findings.add(field, "scope", "the entity is not within the one that the token belongs to");
        }
    }
    if !has_own {
        findings.add("roles", "required", "roles holds no role on the entity that the token belongs to");
    }
}

pub(super) fn is_same_entity(one: &TokenRole, other: &TokenRole) -> bool {
    let deployment = |role: &TokenRole| {
        // Of other entities the Deployment says nothing.
        role.deployment_id.clone().filter(|_| role.entity_type.known().is_some_and(is_dag))
    };
    one.entity_type == other.entity_type && one.entity_id == other.entity_id && deployment(one) == deployment(other)
}

/// Whether the entity of a role is within the one that the token belongs to. One that does not exist at all is another
/// matter.
fn is_within(state: &State, held: &Held, role: &TokenRole) -> bool {
    let deployment_id = match role.entity_type.known() {
        Some(EntityType::Deployment) => Some(role.entity_id.as_str()),
        Some(EntityType::Dag | EntityType::DagTag) => role.deployment_id.as_deref(),
        _ => None,
    };
    let deployment = deployment_id.and_then(|id| state.deployment(id));
    match (held.entity_type(), deployment) {
        (EntityType::Workspace, Some(deployment)) => deployment.workspace_id == held.entity_id,
        (EntityType::Deployment, Some(deployment)) => deployment.id == held.entity_id,
        _ => true,
    }
}

/// Whether the entities of the roles are in the Organization.
pub(super) fn check_entities(state: &State, organization_id: &str, roles: &[TokenRole]) -> Result<(), Refusal> {
    roles.iter().try_for_each(|role| match role.entity_type.known() {
        Some(EntityType::Workspace) => check_workspace(state, organization_id, &role.entity_id),
        Some(EntityType::Deployment) => check_deployment(state, organization_id, &role.entity_id),
        Some(EntityType::Dag | EntityType::DagTag) => {
            check_deployment(state, organization_id, role.deployment_id.as_deref().unwrap_or_default())
        }
        _ => Ok(()),
    })
}

pub(super) fn check_workspace(state: &State, organization_id: &str, id: &str) -> Result<(), Refusal> {
    let found = state.workspace(id).filter(|found| found.organization_id == organization_id);
    found.map(|_| ()).ok_or_else(Refusal::workspace_not_found)
}

pub(super) fn check_deployment(state: &State, organization_id: &str, id: &str) -> Result<(), Refusal> {
    let found = state.deployment(id).filter(|found| state.organization_of(found) == Some(organization_id));
    found.map(|_| ()).ok_or_else(Refusal::deployment_not_found)
}
