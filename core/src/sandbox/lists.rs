//! Lists and their pages: tokens, and what they have roles on.

use std::cmp::Ordering;

use serde_json::{Value as Json, json};

use super::{
    form::{self, Query},
    grants,
    refusal::{Findings, Handled, Refusal},
    state::{Deployment, Held, State, Workspace},
    tokens::{self, Call},
};
use crate::{ApiVersion, EntityType, Kind, Scope, operations::SORTS};

/// Which part of a list is asked for.
struct Page {
    offset: i64,
    limit: i64,
}

impl Page {
    /// Source: `offset` and `limit` in the published schema.
    fn read(findings: &mut Findings, query: &Query) -> Self {
        Page {
            offset: query.integer(findings, "offset", 0..=i64::MAX).unwrap_or(0),
            limit: query.integer(findings, "limit", 0..=1000).unwrap_or(20),
        }
    }

    fn write<T>(&self, plural: &str, items: &[T], write: impl Fn(&T) -> Json) -> Json {
        let count = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
        let shown: Vec<Json> = items.iter().skip(count(self.offset)).take(count(self.limit)).map(write).collect();
        json!({plural: shown, "limit": self.limit, "offset": self.offset, "totalCount": items.len()})
    }
}

pub(super) fn tokens(state: &State, call: &Call<'_>, query: &Query) -> Handled {
    let mut findings = Findings::default();
    let page = Page::read(&mut findings, query);
    let only_organization = query.parsed(&mut findings, "includeOnlyOrganizationTokens", "a boolean").unwrap_or(false);
    let sorts: Vec<&str> = query.all("sorts").collect();
    for sort in &sorts {
        if !SORTS.iter().any(|(name, _)| name == sort) {
            findings.add("sorts", "oneof", "sorts is not a field and a direction, such as name:asc");
        }
    }
    let is_v1 = call.version == ApiVersion::V1;
    let kind = query.first("kind").filter(|_| is_v1);
    let kind = kind.and_then(|kind| form::choice(&mut findings, "kind", kind, [Kind::Standard, Kind::DirectAccess]));
    findings.finish()?;

    let workspace_id = query.first("workspaceId");
    let deployment_id = query.first("deploymentId");
    let organization_id = &call.caller.organization_id;
    workspace_id.map_or(Ok(()), |id| grants::check_workspace(state, organization_id, id))?;
    deployment_id.map_or(Ok(()), |id| grants::check_deployment(state, organization_id, id))?;
    let may = call.caller.sees_organization()
        || workspace_id.is_some_and(|id| call.caller.sees_workspace(id))
        || deployment_id.is_some_and(|id| call.caller.sees_deployment(state, id));
    if !may {
        return Err(Refusal::forbidden());
    }

    let dag_id = query.first("dagId").filter(|_| is_v1);
    let dag_tags: Vec<&str> = query.all("dagTags").filter(|tag| is_v1 && !tag.is_empty()).collect();
    let has = |held: &Held, entity_type, ids: &[&str]| {
        held.roles()
            .iter()
            .any(|role| role.entity_type.known() == Some(entity_type) && ids.contains(&role.entity_id.as_str()))
    };
    let is_listed = |held: &&Held| {
        held.organization_id == *organization_id
            && workspace_id.is_none_or(|id| has(held, EntityType::Workspace, &[id]))
            && deployment_id.is_none_or(|id| has(held, EntityType::Deployment, &[id]))
            && (!only_organization || held.token.scope.known() == Some(Scope::Organization))
            && kind.is_none_or(|kind| held.token.kind.as_ref().and_then(|held| held.known()) == Some(kind))
            && dag_id.is_none_or(|id| has(held, EntityType::Dag, &[id]))
            && (dag_tags.is_empty() || has(held, EntityType::DagTag, &dag_tags))
    };
    let mut listed: Vec<&Held> = state.tokens.iter().filter(is_listed).collect();
    listed.sort_by(|one, other| {
        sorts.iter().fold(Ordering::Equal, |order, sort| order.then_with(|| compare(one, other, sort)))
    });
    Ok(Some(page.write("tokens", &listed, |held| {
        let mut json = tokens::json_of(&held.token, call.version, None);
        // Lists of v1beta1 leave the roles out.
        if let (ApiVersion::V1Beta1, Some(object)) = (call.version, json.as_object_mut()) {
            object.remove("roles");
        }
        json
    })))
}

fn compare(one: &Held, other: &Held, sort: &str) -> Ordering {
    let (one, other) = (&one.token, &other.token);
    let (field, direction) = sort.split_once(':').unwrap_or((sort, "asc"));
    let order = match field {
        "name" => one.name.cmp(&other.name),
        "description" => one.description.cmp(&other.description),
        "createdAt" => one.created_at.cmp(&other.created_at),
        "updatedAt" => one.updated_at.cmp(&other.updated_at),
        _ => one.start_at.cmp(&other.start_at),
    };
    if direction == "desc" { order.reverse() } else { order }
}

pub(super) fn organizations(state: &State, call: &Call<'_>, query: &Query) -> Handled {
    let mut findings = Findings::default();
    let page = Page::read(&mut findings, query);
    findings.finish()?;
    let own = state.organizations.iter().filter(|organization| organization.id == call.caller.organization_id);
    let own: Vec<_> = own.collect();
    Ok(Some(page.write("organizations", &own, |own| json!({"id": own.id, "name": own.name}))))
}

pub(super) fn organization(state: &State, call: &Call<'_>) -> Handled {
    let own = state.organizations.iter().find(|organization| organization.id == call.caller.organization_id);
    let own = own.ok_or_else(|| Refusal::new(404, "organization not found"))?;
    Ok(Some(json!({"id": own.id, "name": own.name})))
}

pub(super) fn workspaces(state: &State, call: &Call<'_>, query: &Query) -> Handled {
    let mut findings = Findings::default();
    let page = Page::read(&mut findings, query);
    findings.finish()?;
    let seen = seen_workspaces(state, call)
        .filter(|found| is_named(query, "workspaceIds", &found.id) && is_named(query, "names", &found.name));
    Ok(Some(page.write("workspaces", &seen.collect::<Vec<_>>(), |found| workspace_json(found))))
}

pub(super) fn workspace(state: &State, call: &Call<'_>, id: &str) -> Handled {
    grants::check_workspace(state, &call.caller.organization_id, id)?;
    let found = seen_workspaces(state, call).find(|found| found.id == id).ok_or_else(Refusal::forbidden)?;
    Ok(Some(workspace_json(found)))
}

pub(super) fn deployments(state: &State, call: &Call<'_>, query: &Query) -> Handled {
    let mut findings = Findings::default();
    let page = Page::read(&mut findings, query);
    findings.finish()?;
    let seen = seen_deployments(state, call).filter(|(found, workspace)| {
        is_named(query, "deploymentIds", &found.id)
            && is_named(query, "workspaceIds", &workspace.id)
            && is_named(query, "names", &found.name)
    });
    Ok(Some(
        page.write("deployments", &seen.collect::<Vec<_>>(), |(found, workspace)| deployment_json(found, workspace)),
    ))
}

pub(super) fn deployment(state: &State, call: &Call<'_>, id: &str) -> Handled {
    grants::check_deployment(state, &call.caller.organization_id, id)?;
    let (found, workspace) =
        seen_deployments(state, call).find(|(found, _)| found.id == id).ok_or_else(Refusal::forbidden)?;
    Ok(Some(deployment_json(found, workspace)))
}

/// The Workspaces that the caller sees: all of its Organization, or those in which it has a role.
fn seen_workspaces<'s>(state: &'s State, call: &Call<'s>) -> impl Iterator<Item = &'s Workspace> {
    let caller = call.caller;
    state.workspaces.iter().filter(move |found| {
        let mut inside = state.deployments.iter().filter(|deployment| deployment.workspace_id == found.id);
        found.organization_id == caller.organization_id
            && (caller.sees_workspace(&found.id)
                || inside.any(|deployment| caller.sees_deployment(state, &deployment.id)))
    })
}

/// The Deployments that the caller sees, each with its Workspace.
fn seen_deployments<'s>(state: &'s State, call: &Call<'s>) -> impl Iterator<Item = (&'s Deployment, &'s Workspace)> {
    let caller = call.caller;
    let all = state.deployments.iter().filter_map(|found| Some((found, state.workspace(&found.workspace_id)?)));
    all.filter(move |(found, workspace)| {
        workspace.organization_id == caller.organization_id && caller.sees_deployment(state, &found.id)
    })
}

/// Whether a repeatable parameter is absent or names this.
fn is_named(query: &Query, parameter: &str, name: &str) -> bool {
    let mut wanted = query.all(parameter).peekable();
    wanted.peek().is_none() || wanted.any(|wanted| wanted == name)
}

fn workspace_json(workspace: &Workspace) -> Json {
    json!({"id": workspace.id, "name": workspace.name, "organizationId": workspace.organization_id})
}

fn deployment_json(deployment: &Deployment, workspace: &Workspace) -> Json {
    json!({
        "id": deployment.id,
        "name": deployment.name,
        "organizationId": workspace.organization_id,
        "workspaceId": workspace.id,
        "workspaceName": workspace.name,
    })
}
