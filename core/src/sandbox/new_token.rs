//! [`NewToken`]: a token that the sandbox gets without a request.

use serde::Deserialize;

use super::{InvalidState, state::State, tokens::Draft};
use crate::{EntityType, Kind, Scope, Subject, TokenRole, open::Word, token::Extra};

/// A token as an administrator of the sandbox makes it.
///
/// ```
/// use astro_tokens::{NewToken, Sandbox};
///
/// let mut sandbox = Sandbox::new();
/// let token = sandbox.add_token(NewToken::workspace("CI", "clws", "WORKSPACE_AUTHOR").expiration_days(30), 0);
/// assert_eq!(token.id, "cltoken1");
/// assert!(token.token.is_some_and(|secret| secret.expose().starts_with("eyJ")));
/// ```
///
/// As JSON: `{"name", "scope", "entity_id", "organization_id", "role", "roles", "description", "expiration_days", "kind",
/// "created_by"}`, of which `name` and `role` are required; `roles` are further ones as the API writes them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    name: String,
    role: String,
    #[serde(default = "organization_scope")]
    scope: Scope,
    entity_id: Option<String>,
    organization_id: Option<String>,
    #[serde(default)]
    roles: Vec<TokenRole>,
    #[serde(default)]
    description: String,
    expiration_days: Option<u32>,
    kind: Option<Word<Kind>>,
    created_by: Option<Subject>,
}

fn organization_scope() -> Scope {
    Scope::Organization
}

impl NewToken {
    /// An Organization token, of the first Organization in the sandbox.
    #[must_use]
    pub fn organization(name: impl Into<String>, role: impl Into<String>) -> Self {
        NewToken::new(name.into(), role.into(), Scope::Organization, None)
    }

    /// A token of the Workspace of this id.
    #[must_use]
    pub fn workspace(name: impl Into<String>, workspace_id: impl Into<String>, role: impl Into<String>) -> Self {
        NewToken::new(name.into(), role.into(), Scope::Workspace, Some(workspace_id.into()))
    }

    /// A token of the Deployment of this id.
    #[must_use]
    pub fn deployment(name: impl Into<String>, deployment_id: impl Into<String>, role: impl Into<String>) -> Self {
        NewToken::new(name.into(), role.into(), Scope::Deployment, Some(deployment_id.into()))
    }

    fn new(name: String, role: String, scope: Scope, entity_id: Option<String>) -> Self {
        NewToken {
            name,
            role,
            scope,
            entity_id,
            organization_id: None,
            roles: Vec::new(),
            description: String::new(),
            expiration_days: None,
            kind: None,
            created_by: None,
        }
    }

    /// From JSON with the fields above.
    ///
    /// # Errors
    ///
    /// [`InvalidState`], which says what is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, InvalidState> {
        let wrong = |reason: &dyn std::fmt::Display| InvalidState::new("a token to add", &reason);
        let new: NewToken = serde_json::from_str(text).map_err(|error| wrong(&error))?;
        if new.scope != Scope::Organization && new.entity_id.is_none() {
            return Err(wrong(&"a Workspace or Deployment token needs `entity_id`"));
        }
        if matches!(new.kind, Some(Word::Other(_))) {
            return Err(wrong(&"`kind` is one of `STANDARD` and `DIRECT_ACCESS`"));
        }
        Ok(new)
    }

    /// The Organization that an Organization token belongs to.
    #[must_use]
    pub fn organization_id(self, id: impl Into<String>) -> Self {
        NewToken { organization_id: Some(id.into()), ..self }
    }

    /// A further role, on another entity than the token's own. It is not checked.
    #[must_use]
    pub fn role_on(
        mut self,
        entity_type: EntityType,
        entity_id: impl Into<String>,
        role: impl Into<String>,
        deployment_id: Option<&str>,
    ) -> Self {
        self.roles.push(TokenRole {
            entity_type: Word::Known(entity_type),
            entity_id: entity_id.into(),
            role: role.into(),
            deployment_id: deployment_id.map(str::to_owned),
            extra: Extra::new(),
        });
        self
    }

    /// The description.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        NewToken { description: description.into(), ..self }
    }

    /// Days until it expires; not given: never.
    #[must_use]
    pub fn expiration_days(self, days: u32) -> Self {
        NewToken { expiration_days: Some(days), ..self }
    }

    /// The kind; not given: `STANDARD`.
    #[must_use]
    pub fn kind(self, kind: Kind) -> Self {
        NewToken { kind: Some(Word::Known(kind)), ..self }
    }

    /// Who made it; not given: a user.
    #[must_use]
    pub fn created_by(self, subject: Subject) -> Self {
        NewToken { created_by: Some(subject), ..self }
    }

    /// The token of this id and name as the one that made it.
    #[must_use]
    pub fn created_by_token(self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.created_by(Subject {
            id: id.into(),
            subject_type: Some("SERVICEKEY".to_owned()),
            full_name: None,
            username: None,
            api_token_name: Some(name.into()),
            extra: Extra::new(),
        })
    }

    /// What it becomes. An entity that does not exist yet is made, named like its id.
    pub(super) fn draft(self, state: &mut State) -> Draft {
        let organization_id = self.organization_id.unwrap_or_else(|| state.default_organization());
        let entity_id = self.entity_id.unwrap_or_else(|| organization_id.clone());
        let organization_id = match self.scope {
            Scope::Organization => state.organization_mut(&entity_id).id.clone(),
            Scope::Workspace => state.workspace_mut(&organization_id, &entity_id).organization_id.clone(),
            Scope::Deployment => {
                let workspace_id = match state.deployment(&entity_id) {
                    Some(found) => found.workspace_id.clone(),
                    None => state.default_workspace(&organization_id),
                };
                state.deployment_mut(&workspace_id, &entity_id);
                state.workspace_mut(&organization_id, &workspace_id).organization_id.clone()
            }
        };
        let own = TokenRole {
            entity_type: Word::Known(self.scope.entity_type()),
            entity_id: entity_id.clone(),
            role: self.role,
            deployment_id: None,
            extra: Extra::new(),
        };
        Draft {
            organization_id,
            entity_id,
            scope: self.scope,
            name: self.name,
            description: self.description,
            kind: self.kind.and_then(|kind| kind.known()).unwrap_or(Kind::Standard),
            roles: std::iter::once(own).chain(self.roles).collect(),
            expiration_days: self.expiration_days.map(i64::from),
            created_by: self.created_by.unwrap_or_else(administrator),
        }
    }
}

fn administrator() -> Subject {
    Subject {
        id: "cluser".to_owned(),
        subject_type: Some("USER".to_owned()),
        full_name: Some("Ada Astro".to_owned()),
        username: Some("ada@example.com".to_owned()),
        api_token_name: None,
        extra: Extra::new(),
    }
}
