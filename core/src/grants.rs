//! [`Grant`]s, and the rules that join them with the scope of their token.

use std::{borrow::Cow, collections::BTreeMap};

use crate::{
    Api, Code, EntityType, Scope, Value,
    fields::{Fields, fields},
    json::{Object, key},
    report::Report,
    spelling::Path,
    text::shown,
};

fields! {
    /// A role on an entity.
    pub struct Grant {
        /// [`EntityType`]: what the role is granted on.
        entity_type: text,
        /// The id of the entity. For a DAG its DAG id and for a DAG tag the tag, both free text.
        entity_id: text,
        /// The role: one that Astro predefines for the type of entity, or for Deployments and DAGs a custom one.
        role: text,
        /// The Deployment of a DAG or DAG tag; required for those.
        deployment_id: text,
    }
    aliases {
        "type" => "entity_type",
        "id" => "entity_id",
        "name" => "role",
    }
}

impl<'a> Grant<'a> {
    /// A role on the entity of this type and id.
    #[must_use]
    pub fn new(
        entity_type: impl Into<Cow<'a, str>>,
        entity_id: impl Into<Cow<'a, str>>,
        role: impl Into<Cow<'a, str>>,
    ) -> Self {
        Grant::default().entity_type(entity_type).entity_id(entity_id).role(role)
    }
}

impl<'a> From<Grant<'a>> for Value<'a> {
    fn from(grant: Grant<'a>) -> Self {
        let values = [grant.entity_type, grant.entity_id, grant.role, grant.deployment_id];
        Value::Object(Grant::FIELDS.iter().map(|field| Cow::Borrowed(*field)).zip(values).collect())
    }
}

/// A grant whose fields were read one by one; `None` where a field is missing or wrong, and the report says so.
pub(crate) struct ReadGrant<'v> {
    entity_type: Option<EntityType>,
    entity_id: Option<&'v str>,
    role: Option<&'v str>,
    deployment_id: Option<&'v str>,
}

impl ReadGrant<'_> {
    /// As the API writes it, where nothing is wrong with it.
    pub(crate) fn body(&self) -> Option<Object> {
        let mut body = Object::new();
        body.text(key!("entityType"), self.entity_type?.as_str())
            .text(key!("entityId"), self.entity_id?)
            .text(key!("role"), self.role?);
        if let Some(deployment_id) = self.deployment_id {
            body.text(key!("deploymentId"), deployment_id);
        }
        Some(body)
    }
}

/// The objects of a list of grants; `None` for an item that is no object.
pub(crate) fn read<'a>(report: &mut Report, at: Path, items: &[Value<'a>]) -> Vec<Option<Grant<'a>>> {
    let mut read = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let at = at.item(index);
        read.push(match item {
            Value::Object(pairs) => {
                let prefix = at.spell(report.spelling);
                Some(Grant::read(report, &prefix, pairs.iter().cloned()))
            }
            other => {
                report.wrong_type::<()>(at, "an object", other);
                None
            }
        });
    }
    read
}

/// Checks each grant by itself, then all of them against the scope of the token.
pub(crate) fn check<'v>(
    api: &Api,
    report: &mut Report,
    at: Path,
    scope: Option<Scope>,
    grants: &'v [Option<Grant<'_>>],
) -> Vec<ReadGrant<'v>> {
    let checked: Vec<ReadGrant<'v>> = grants
        .iter()
        .enumerate()
        .map(|(index, grant)| match grant {
            Some(grant) => check_one(api, report, at.item(index), grant),
            None => ReadGrant { entity_type: None, entity_id: None, role: None, deployment_id: None },
        })
        .collect();
    check_duplicates(report, at, &checked);
    if let Some(scope) = scope {
        check_scope(api, report, at, scope, &checked);
    }
    checked
}

fn check_one<'v>(api: &Api, report: &mut Report, at: Path, grant: &'v Grant<'_>) -> ReadGrant<'v> {
    let type_at = at.key("entity_type");
    let entity_type = report.choice(type_at, &grant.entity_type, EntityType::CHOICES);
    let entity_type = report.required(type_at, entity_type);
    let is_dag = matches!(entity_type, Some(EntityType::Dag | EntityType::DagTag));

    let id_at = at.key("entity_id");
    let entity_id = match entity_type {
        // What the id has to look like depends on the type, so without one only its text can be judged.
        Some(EntityType::Dag | EntityType::DagTag) | None => report.free_text(id_at, &grant.entity_id),
        Some(_) => report.id(id_at, &grant.entity_id),
    };
    let entity_id = report.required(id_at, entity_id);
    let role = report.role(at.key("role"), &grant.role, entity_type, api.allows_unknown_roles());

    let deployment_at = at.key("deployment_id");
    let deployment_id = report.id(deployment_at, &grant.deployment_id);
    if is_dag && api.has_v1(report, type_at, "roles on DAGs") && deployment_id.is_absent() {
        report.missing(deployment_at, "give the id of the Deployment that the DAG runs in");
    }
    ReadGrant { entity_type, entity_id, role, deployment_id: deployment_id.value() }
}

/// One role per entity.
fn check_duplicates(report: &mut Report, at: Path, grants: &[ReadGrant<'_>]) {
    let mut seen = BTreeMap::new();
    for (index, grant) in grants.iter().enumerate() {
        let (Some(entity_type), Some(entity_id)) = (grant.entity_type, grant.entity_id) else { continue };
        // A DAG id means one DAG in each Deployment; every other id stands for itself.
        let is_dag = matches!(entity_type, EntityType::Dag | EntityType::DagTag);
        let deployment_id = grant.deployment_id.filter(|_| is_dag);
        if let Some(first) = seen.insert((entity_type, entity_id, deployment_id), index) {
            let message = format!(
                "a second role on the {} {}, the first is {}",
                entity_type.noun(),
                shown(entity_id),
                shown(grants[first].role.unwrap_or_default())
            );
            report.add(Code::DuplicateGrant, at.item(index), message, "keep one of the two: an entity has one role");
        }
    }
}

/// Which roles a token of this scope may hold, and which one it must.
fn check_scope(api: &Api, report: &mut Report, at: Path, scope: Scope, grants: &[ReadGrant<'_>]) {
    let own_type = scope.entity_type();
    let own = grants.iter().find(|grant| grant.entity_type == Some(own_type)).and_then(|grant| grant.entity_id);
    let mut primary = None;
    for (index, grant) in grants.iter().enumerate() {
        let Some(entity_type) = grant.entity_type else { continue };
        let at = at.item(index);
        let token = format!("a token of the scope `{}`", scope.as_str());
        match (scope, entity_type) {
            (Scope::Organization, EntityType::Organization) => {
                if let Some(entity_id) = grant.entity_id.filter(|entity_id| *entity_id != api.organization_id()) {
                    let message =
                        format!("{} is not the token's own Organization `{}`", shown(entity_id), api.organization_id());
                    let help = "an Organization role is on the token's own Organization";
                    report.add(Code::OrganizationMismatch, at.key("entity_id"), message, help);
                }
            }
            _ if entity_type == own_type => match (primary, grant.entity_id) {
                (Some(first), Some(second)) if first != second => {
                    let noun = entity_type.noun();
                    let message = format!("{token} cannot hold a role on a second {noun}");
                    let help = format!("use a token of a wider scope for several {noun}s");
                    report.add(Code::ScopeForbidsGrant, at, message, help);
                }
                _ => {}
            },
            (Scope::Deployment, EntityType::Dag | EntityType::DagTag)
                if own.is_some() && grant.deployment_id.is_some() && own != grant.deployment_id =>
            {
                let message = format!("{token} cannot hold a role in a second Deployment");
                report.add(Code::ScopeForbidsGrant, at, message, "use an Organization token for several Deployments");
            }
            (Scope::Workspace | Scope::Deployment, EntityType::Dag | EntityType::DagTag) => {
                let message = format!("{token} holds a DAG role");
                let help = "the documentation has DAG roles on Organization tokens only; Astro may refuse this";
                report.add(Code::DagRoleScope, at, message, help);
            }
            (Scope::Workspace, EntityType::Organization)
            | (Scope::Deployment, EntityType::Organization | EntityType::Workspace) => {
                let message = format!("{token} cannot hold a role on {}", entity_type.with_article());
                report.add(Code::ScopeForbidsGrant, at, message, "leave it out, or use a token of a wider scope");
            }
            (Scope::Organization | Scope::Workspace, _) | (Scope::Deployment, EntityType::Deployment) => {}
        }
        if entity_type == own_type {
            primary = primary.or(Some(grant.entity_id).flatten());
        }
    }
    // A grant whose type could not be read may have been the one.
    if !grants.is_empty() && grants.iter().all(|grant| grant.entity_type.is_some_and(|found| found != own_type)) {
        let message = format!("no role on the {} that the token belongs to", own_type.noun());
        let help =
            format!("add one with {} `{}`, the scope of the token", report.named("entity_type"), own_type.as_str());
        report.add(Code::MissingPrimaryRole, at, message, help);
    }
}
