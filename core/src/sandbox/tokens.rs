//! The operations on tokens, one function each.

use serde_json::{Map, Value as Json, json};

use super::{
    form::Form,
    grants,
    refusal::{Findings, Handled, Refusal},
    rights::Caller,
    state::{Held, State},
};
use crate::{
    ApiToken, ApiVersion, EntityType, Kind, Scope, Secret, Subject, Timestamp, TokenRole, open::Word, token::Extra,
};

/// What every operation needs to know of its request.
pub(super) struct Call<'c> {
    pub(super) version: ApiVersion,
    pub(super) caller: &'c Caller,
    pub(super) now_ms: i64,
}

impl Call<'_> {
    fn organization_id(&self) -> &str {
        &self.caller.organization_id
    }

    /// Notes who changed a token, and when.
    fn touch(&self, token: &mut ApiToken) {
        token.updated_at = Timestamp::from_unix_millis(self.now_ms);
        token.updated_by = Some(self.caller.subject());
    }
}

/// What a new token is made of.
pub(super) struct Draft {
    pub(super) organization_id: String,
    pub(super) entity_id: String,
    pub(super) scope: Scope,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) kind: Kind,
    pub(super) roles: Vec<TokenRole>,
    pub(super) expiration_days: Option<i64>,
    pub(super) created_by: Subject,
}

/// Puts a token into the sandbox.
pub(super) fn insert(state: &mut State, id: String, draft: Draft, now_ms: i64) -> (Held, Secret) {
    let now = Timestamp::from_unix_millis(now_ms);
    let mut held = Held {
        organization_id: draft.organization_id,
        entity_id: draft.entity_id,
        hash: String::new(),
        token: ApiToken {
            id,
            name: draft.name,
            description: draft.description,
            scope: Word::Known(draft.scope),
            kind: Some(Word::Known(draft.kind)),
            roles: Some(draft.roles),
            short_token: String::new(),
            start_at: now.clone(),
            end_at: None,
            created_at: now.clone(),
            updated_at: now,
            expiry_period_in_days: draft.expiration_days,
            last_used_at: None,
            last_rotated_at: None,
            updated_by: Some(draft.created_by.clone()),
            created_by: Some(draft.created_by),
            token: None,
            extra: Extra::new(),
        },
    };
    let secret = state.renew(&mut held, now_ms);
    state.tokens.push(held.clone());
    (held, secret)
}

pub(super) fn create(state: &mut State, call: &Call<'_>, body: &[u8]) -> Handled {
    let mut form = Form::read(body)?;
    let mut findings = Findings::default();
    let name = name(&mut form, &mut findings);
    let description = description(&mut form, &mut findings).unwrap_or_default();
    let scope_field = if call.version == ApiVersion::V1 { "scope" } else { "type" };
    let scope = form
        .required(&mut findings, scope_field)
        .and_then(|text| super::form::choice(&mut findings, scope_field, &text, Scope::ALL.iter().copied()));
    let role = form.required(&mut findings, "role");
    if let (Some(scope), Some(role)) = (scope, &role) {
        grants::check_role(&mut findings, "role", role, scope.entity_type());
    }
    let entity_id = match scope {
        Some(Scope::Organization) => {
            let given = form.text(&mut findings, "entityId").filter(|id| !id.is_empty());
            if given.is_some_and(|id| id != call.organization_id()) {
                findings.add("entityId", "excluded", "entityId is not for Organization tokens");
            }
            Some(call.organization_id().to_owned())
        }
        Some(_) => form.required(&mut findings, "entityId"),
        None => None,
    };
    let kind = match call.version {
        ApiVersion::V1 => form.choice(&mut findings, "kind", [Kind::Standard, Kind::DirectAccess]),
        ApiVersion::V1Beta1 => None,
    };
    let expiration_days = form.integer(&mut findings, "tokenExpiryPeriodInDays", 1..=3650);
    findings.finish()?;
    // Whatever is absent was a finding, so nothing of this is ever left out.
    let (Some(name), Some(scope), Some(role), Some(entity_id)) = (name, scope, role, entity_id) else {
        return Err(Refusal::new(400, "invalid request"));
    };

    match scope {
        Scope::Organization => {}
        Scope::Workspace => grants::check_workspace(state, call.organization_id(), &entity_id)?,
        Scope::Deployment => grants::check_deployment(state, call.organization_id(), &entity_id)?,
    }
    if !call.caller.manages(state, scope.entity_type(), &entity_id, None) {
        return Err(Refusal::forbidden());
    }
    let role = TokenRole {
        entity_type: Word::Known(scope.entity_type()),
        entity_id: entity_id.clone(),
        role,
        deployment_id: None,
        extra: Extra::new(),
    };
    let draft = Draft {
        organization_id: call.organization_id().to_owned(),
        entity_id,
        scope,
        name,
        description,
        kind: kind.unwrap_or(Kind::Standard),
        roles: vec![role],
        expiration_days,
        created_by: call.caller.subject(),
    };
    let id = state.next_token_id();
    let (held, secret) = insert(state, id, draft, call.now_ms);
    Ok(Some(json_of(&held.token, call.version, Some(&secret))))
}

pub(super) fn get(state: &State, call: &Call<'_>, id: &str) -> Handled {
    let held = state.token(call.organization_id(), id).ok_or_else(Refusal::token_not_found)?;
    if !call.caller.sees_token(state, held) {
        return Err(Refusal::forbidden());
    }
    Ok(Some(json_of(&held.token, call.version, None)))
}

pub(super) fn update(state: &mut State, call: &Call<'_>, id: &str, body: &[u8]) -> Handled {
    let mut held = managed(state, call, id, false)?;
    let mut form = Form::read(body)?;
    let mut findings = Findings::default();
    let name = name(&mut form, &mut findings);
    let description = description(&mut form, &mut findings);
    findings.finish()?;

    held.token.name = name.unwrap_or(held.token.name);
    held.token.description = description.unwrap_or(held.token.description);
    call.touch(&mut held.token);
    let body = json_of(&held.token, call.version, None);
    put_back(state, held);
    Ok(Some(body))
}

pub(super) fn replace_roles(state: &mut State, call: &Call<'_>, id: &str, body: &[u8]) -> Handled {
    let mut held = state.token(call.organization_id(), id).ok_or_else(Refusal::token_not_found)?.clone();
    if !call.caller.sees_token(state, &held) {
        return Err(Refusal::forbidden());
    }
    let mut form = Form::read(body)?;
    let mut findings = Findings::default();
    let roles = grants::read(&mut findings, &mut form, call.version);
    findings.finish()?;
    let mut findings = Findings::default();
    grants::check_all(&mut findings, state, &held, &roles);
    findings.finish()?;
    grants::check_entities(state, call.organization_id(), &roles)?;

    // What stays as it was needs no right: so the owner of a Workspace adds an Organization token to it.
    let added = roles.iter().filter(|role| !held.roles().contains(role));
    let removed = held.roles().iter().filter(|role| !roles.contains(role));
    let may_all = added.chain(removed).all(|role| {
        let entity_type = role.entity_type.known().unwrap_or(EntityType::Organization);
        call.caller.manages(state, entity_type, &role.entity_id, role.deployment_id.as_deref())
    });
    if !may_all {
        return Err(Refusal::forbidden());
    }

    let body = subject_roles(&roles, call.version);
    held.token.roles = Some(roles);
    call.touch(&mut held.token);
    put_back(state, held);
    Ok(Some(body))
}

pub(super) fn rotate(state: &mut State, call: &Call<'_>, id: &str) -> Handled {
    let mut held = managed(state, call, id, true)?;
    let secret = state.renew(&mut held, call.now_ms);
    held.token.last_rotated_at = Some(held.token.start_at.clone());
    call.touch(&mut held.token);
    let body = json_of(&held.token, call.version, Some(&secret));
    put_back(state, held);
    Ok(Some(body))
}

pub(super) fn delete(state: &mut State, call: &Call<'_>, id: &str) -> Handled {
    let held = managed(state, call, id, true)?;
    state.tokens.retain(|other| other.token.id != held.token.id);
    Ok(None)
}

/// A token that the caller may manage; where it is the caller's own, `itself` says whether that is enough.
fn managed(state: &State, call: &Call<'_>, id: &str, itself: bool) -> Result<Held, Refusal> {
    let held = state.token(call.organization_id(), id).ok_or_else(Refusal::token_not_found)?;
    if (itself && held.token.id == call.caller.id) || call.caller.manages_token(state, held) {
        return Ok(held.clone());
    }
    Err(Refusal::forbidden())
}

fn put_back(state: &mut State, held: Held) {
    if let Some(place) = state.token_mut(&held.organization_id, &held.token.id) {
        *place = held;
    }
}

/// Source: `name` in the published schema.
fn name(form: &mut Form, findings: &mut Findings) -> Option<String> {
    let name = form.required(findings, "name")?;
    if name.chars().count() > 256 {
        findings.add("name", "max", "name has more than 256 characters");
    }
    Some(name)
}

/// Source: `description` in the published schema.
fn description(form: &mut Form, findings: &mut Findings) -> Option<String> {
    let description = form.text(findings, "description")?;
    if description.chars().count() > 500 {
        findings.add("description", "max", "description has more than 500 characters");
    }
    Some(description)
}

/// A token as a version writes it.
pub(super) fn json_of(token: &ApiToken, version: ApiVersion, secret: Option<&Secret>) -> Json {
    // Maps with keys of text: making a value of them cannot fail.
    let mut json = serde_json::to_value(token).unwrap_or_default();
    if let (ApiVersion::V1Beta1, Some(object)) = (version, json.as_object_mut()) {
        object.remove("kind");
        if let Some(scope) = object.remove("scope") {
            object.insert("type".to_owned(), scope);
        }
    }
    if let Some(secret) = secret {
        json["token"] = secret.expose().into();
    }
    json
}

/// Source: `SubjectRoles` in the published schema.
fn subject_roles(roles: &[TokenRole], version: ApiVersion) -> Json {
    let mut body = json!({"workspaceRoles": [], "deploymentRoles": []});
    if version == ApiVersion::V1 {
        body["dagRoles"] = json!([]);
    }
    let mut push = |list: &str, item: Map<String, Json>| {
        if let Some(list) = body[list].as_array_mut() {
            list.push(Json::Object(item));
        }
    };
    let mut organization_role = None;
    for role in roles {
        let entity = match role.entity_type.known() {
            Some(EntityType::Organization) => {
                organization_role = Some(role.role.clone());
                continue;
            }
            Some(EntityType::Workspace) => ("workspaceRoles", "workspaceId"),
            Some(EntityType::Deployment) => ("deploymentRoles", "deploymentId"),
            Some(EntityType::Dag) => ("dagRoles", "dagId"),
            Some(EntityType::DagTag) => ("dagRoles", "dagTag"),
            None => continue,
        };
        let (list, key) = entity;
        let mut item: Map<String, Json> = role.extra.clone().into_iter().collect();
        item.insert(key.to_owned(), role.entity_id.clone().into());
        item.insert("role".to_owned(), role.role.clone().into());
        if let Some(deployment_id) = &role.deployment_id {
            item.insert("deploymentId".to_owned(), deployment_id.clone().into());
        }
        push(list, item);
    }
    if let Some(role) = organization_role {
        body["organizationRole"] = role.into();
    }
    body
}
