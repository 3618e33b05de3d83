//! What stands in the sandbox, and how it is saved: everything but secrets.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    fault::Rule,
    secrets::{self, Claims},
};
use crate::{ApiToken, EntityType, Scope, Secret, Timestamp, TokenRole, api_error::masked};

/// The form of the saved state; another one is refused instead of half understood.
const FORM: u32 = 1;
const DAY_MS: i64 = 86_400_000;

/// The text is no state of a sandbox, no [`Fault`](super::Fault) and no [`NewToken`](super::NewToken).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not {what}: {reason}")]
pub struct InvalidState {
    what: &'static str,
    reason: String,
}

impl InvalidState {
    pub(super) fn new(what: &'static str, reason: &impl fmt::Display) -> Self {
        InvalidState { what, reason: masked(&reason.to_string()) }
    }
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct State {
    version: u32,
    pub(super) organizations: Vec<Organization>,
    pub(super) workspaces: Vec<Workspace>,
    pub(super) deployments: Vec<Deployment>,
    pub(super) tokens: Vec<Held>,
    pub(super) counters: Counters,
    pub(super) rate_limits: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) faults: Vec<Rule>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Organization {
    pub(super) id: String,
    pub(super) name: String,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Workspace {
    pub(super) id: String,
    pub(super) organization_id: String,
    pub(super) name: String,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Deployment {
    pub(super) id: String,
    pub(super) workspace_id: String,
    pub(super) name: String,
}

/// A token without its secret.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Held {
    pub(super) organization_id: String,
    /// The entity of the token's scope, on which its primary role is.
    pub(super) entity_id: String,
    /// See [`secrets::hash`].
    pub(super) hash: String,
    pub(super) token: ApiToken,
}

/// How many of each there were so far: ids, secrets and request ids follow from it.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Counters {
    pub(super) tokens: u64,
    pub(super) secrets: u64,
    pub(super) requests: u64,
}

impl Held {
    pub(super) fn roles(&self) -> &[TokenRole] {
        self.token.roles.as_deref().unwrap_or_default()
    }

    pub(super) fn has_expired(&self, now_ms: i64) -> bool {
        self.token.end_at.as_ref().is_some_and(|end| end.unix_millis() <= now_ms)
    }

    /// The type of the entity that the token belongs to. A newer scope cannot get into a state.
    pub(super) fn entity_type(&self) -> EntityType {
        self.token.scope.known().unwrap_or(Scope::Deployment).entity_type()
    }
}

impl State {
    pub(super) fn empty() -> Self {
        State {
            version: FORM,
            organizations: Vec::new(),
            workspaces: Vec::new(),
            deployments: Vec::new(),
            tokens: Vec::new(),
            counters: Counters::default(),
            rate_limits: true,
            faults: Vec::new(),
        }
    }

    pub(super) fn workspace(&self, id: &str) -> Option<&Workspace> {
        self.workspaces.iter().find(|workspace| workspace.id == id)
    }

    pub(super) fn deployment(&self, id: &str) -> Option<&Deployment> {
        self.deployments.iter().find(|deployment| deployment.id == id)
    }

    /// The Organization of a Deployment.
    pub(super) fn organization_of(&self, deployment: &Deployment) -> Option<&str> {
        self.workspace(&deployment.workspace_id).map(|workspace| workspace.organization_id.as_str())
    }

    pub(super) fn token(&self, organization_id: &str, id: &str) -> Option<&Held> {
        self.tokens.iter().find(|held| held.organization_id == organization_id && held.token.id == id)
    }

    pub(super) fn token_mut(&mut self, organization_id: &str, id: &str) -> Option<&mut Held> {
        self.tokens.iter_mut().find(|held| held.organization_id == organization_id && held.token.id == id)
    }

    /// The token of this value.
    pub(super) fn bearer(&mut self, credential: &str) -> Option<&mut Held> {
        let hash = secrets::hash(credential);
        self.tokens.iter_mut().find(|held| held.hash == hash)
    }

    pub(super) fn next_token_id(&mut self) -> String {
        self.counters.tokens += 1;
        format!("cltoken{}", self.counters.tokens)
    }

    /// Gives a token a new value and starts its time anew.
    pub(super) fn renew(&mut self, held: &mut Held, now_ms: i64) -> Secret {
        let start = Timestamp::from_unix_millis(now_ms);
        let end = held
            .token
            .expiry_period_in_days
            .map(|days| Timestamp::from_unix_millis(start.unix_millis().saturating_add(days.saturating_mul(DAY_MS))));
        let deployment = self.deployment(&held.entity_id).filter(|_| held.entity_type() == EntityType::Deployment);
        let workspace_id = match held.entity_type() {
            EntityType::Workspace => Some(held.entity_id.as_str()),
            _ => deployment.map(|deployment| deployment.workspace_id.as_str()),
        };
        let secret = Claims {
            token_id: &held.token.id,
            organization_id: &held.organization_id,
            workspace_id,
            deployment_id: deployment.map(|deployment| deployment.id.as_str()),
            issued_at: start.unix_millis().div_euclid(1000),
            expires_at: end.as_ref().map(|end| end.unix_millis().div_euclid(1000)),
            serial: self.counters.secrets,
        }
        .secret();
        self.counters.secrets += 1;
        held.hash = secrets::hash(secret.expose());
        held.token.short_token = held.hash.chars().take(10).collect();
        held.token.start_at = start;
        held.token.end_at = end;
        secret
    }

    pub(super) fn from_json(text: &str) -> Result<Self, InvalidState> {
        let wrong = |reason: &dyn fmt::Display| InvalidState::new("a state of the sandbox", &reason);
        let state: State = serde_json::from_str(text).map_err(|error| wrong(&error))?;
        state.check().map_err(|reason| wrong(&reason))?;
        Ok(state)
    }

    pub(super) fn to_json(&self) -> String {
        // Maps with keys of text and no numbers but integers: serialising them cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// What the types do not say.
    fn check(&self) -> Result<(), String> {
        if self.version != FORM {
            return Err(format!("its version is {}, and this release reads {FORM}", self.version));
        }
        unique("organization", self.organizations.iter().map(|organization| &organization.id))?;
        unique("workspace", self.workspaces.iter().map(|workspace| &workspace.id))?;
        unique("deployment", self.deployments.iter().map(|deployment| &deployment.id))?;
        unique("token", self.tokens.iter().map(|held| &held.token.id))?;
        for workspace in &self.workspaces {
            self.has_organization(&workspace.organization_id)
                .ok_or_else(|| format!("the workspace `{}` is in an organization that it lacks", workspace.id))?;
        }
        for deployment in &self.deployments {
            self.workspace(&deployment.workspace_id)
                .ok_or_else(|| format!("the deployment `{}` is in a workspace that it lacks", deployment.id))?;
        }
        for held in &self.tokens {
            self.check_token(held).map_err(|reason| format!("the token `{}` {reason}", held.token.id))?;
        }
        Ok(())
    }

    fn check_token(&self, held: &Held) -> Result<(), &'static str> {
        if held.token.token.is_some() {
            return Err("holds a secret, which is never saved");
        }
        if held.hash.len() != 64 || !held.hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err("has no SHA-256 in lower-case hexadecimal digits as its `hash`");
        }
        if self.has_organization(&held.organization_id).is_none() {
            return Err("is in an organization that it lacks");
        }
        let owner = match held.token.scope.known() {
            Some(Scope::Organization) => Some(held.entity_id.as_str()),
            Some(Scope::Workspace) => self.workspace(&held.entity_id).map(|found| found.organization_id.as_str()),
            Some(Scope::Deployment) => self.deployment(&held.entity_id).and_then(|found| self.organization_of(found)),
            None => return Err("has no scope that this release knows"),
        };
        if owner != Some(&held.organization_id) {
            return Err("belongs to an entity that its organization lacks");
        }
        let own_type = Some(held.entity_type());
        let is_own = |role: &TokenRole| role.entity_type.known() == own_type && role.entity_id == held.entity_id;
        if !held.roles().iter().any(is_own) {
            return Err("has no role on the entity that it belongs to");
        }
        let number = held.token.id.strip_prefix("cltoken").and_then(|number| number.parse::<u64>().ok());
        if number.is_some_and(|number| number > self.counters.tokens) {
            return Err("has an id that the counter of tokens will give again");
        }
        Ok(())
    }

    fn has_organization(&self, id: &str) -> Option<&Organization> {
        self.organizations.iter().find(|organization| organization.id == id)
    }
}

fn unique<'a>(what: &str, ids: impl Iterator<Item = &'a String>) -> Result<(), String> {
    let mut seen = std::collections::BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(format!("it has two of the {what} `{id}`"));
        }
    }
    Ok(())
}

impl State {
    /// The first Organization, or the id of the one to make.
    pub(super) fn default_organization(&self) -> String {
        self.organizations.first().map_or_else(|| "clorg".to_owned(), |organization| organization.id.clone())
    }

    /// The Organization of this id, made if there is none.
    pub(super) fn organization_mut(&mut self, id: &str) -> &mut Organization {
        let is_it = |organization: &Organization| organization.id == id;
        let make = || Organization { id: id.to_owned(), name: id.to_owned() };
        found_or_made(&mut self.organizations, is_it, make)
    }

    /// The Workspace of this id, made in that Organization if there is none.
    pub(super) fn workspace_mut(&mut self, organization_id: &str, id: &str) -> &mut Workspace {
        if self.workspace(id).is_none() {
            self.organization_mut(organization_id);
        }
        let is_it = |workspace: &Workspace| workspace.id == id;
        let make = || Workspace { id: id.to_owned(), organization_id: organization_id.to_owned(), name: id.to_owned() };
        found_or_made(&mut self.workspaces, is_it, make)
    }

    /// The Deployment of this id, made in that Workspace if there is none.
    pub(super) fn deployment_mut(&mut self, workspace_id: &str, id: &str) -> &mut Deployment {
        if self.deployment(id).is_none() {
            let organization_id = self.default_organization();
            self.workspace_mut(&organization_id, workspace_id);
        }
        let is_it = |deployment: &Deployment| deployment.id == id;
        let make = || Deployment { id: id.to_owned(), workspace_id: workspace_id.to_owned(), name: id.to_owned() };
        found_or_made(&mut self.deployments, is_it, make)
    }

    /// A Workspace for a Deployment that names none: the first one of the Organization.
    pub(super) fn default_workspace(&mut self, organization_id: &str) -> String {
        let first = self.workspaces.iter().find(|workspace| workspace.organization_id == organization_id);
        let id = first.map_or_else(|| format!("{organization_id}-ws"), |workspace| workspace.id.clone());
        self.workspace_mut(organization_id, &id).id.clone()
    }
}

fn found_or_made<T>(all: &mut Vec<T>, is_it: impl Fn(&T) -> bool, make: impl FnOnce() -> T) -> &mut T {
    let position = all.iter().position(is_it).unwrap_or_else(|| {
        all.push(make());
        all.len() - 1
    });
    &mut all[position]
}
