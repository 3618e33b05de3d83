//! [`Owner`]: where a token belongs, so that a foreign id is never rotated or deleted.

use super::error::{Failure, FailureCode};
use crate::{
    ApiToken, Code, EntityType, Scope, TokenRole, Value, Word,
    report::{Given, Report},
    spelling::Path,
    text::shown,
};

/// What a token has to belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) scope: Scope,
    /// `None` for the Organization of the Api.
    pub(crate) entity_id: Option<String>,
}

impl Owner {
    /// The Workspace or Deployment that the input names; nothing given: any token of the Organization will do.
    pub(super) fn read(
        report: &mut Report,
        workspace_id: &Value<'_>,
        deployment_id: &Value<'_>,
    ) -> Result<Option<Self>, ()> {
        let deployment_at = Path::field("deployment_id");
        let workspace = report.id(Path::field("workspace_id"), workspace_id);
        let deployment = report.id(deployment_at, deployment_id);
        let owner = |scope, id: &str| Ok(Some(Owner { scope, entity_id: Some(id.to_owned()) }));
        match (workspace, deployment) {
            (Given::Absent, Given::Absent) => Ok(None),
            (Given::Is(id), Given::Absent) => owner(Scope::Workspace, id),
            (Given::Absent, Given::Is(id)) => owner(Scope::Deployment, id),
            (Given::Is(_), Given::Is(_)) => {
                let help = format!("leave out {} or {}", report.named("workspace_id"), report.named("deployment_id"));
                report.add(Code::ConflictingScope, deployment_at, "this is about a Workspace or a Deployment", help);
                Err(())
            }
            _ => Err(()),
        }
    }

    /// Where a token belongs.
    pub(super) fn of(token: &ApiToken) -> Result<Self, Failure> {
        let Some(scope) = token.scope.known() else {
            let message = format!(
                "the token {} has the scope {}, which this release does not know",
                shown(&token.id),
                token.scope
            );
            return Err(Failure::new(FailureCode::Unverifiable, message, "use a newer release of this library"));
        };
        let Some(primary) = primary_role(token) else {
            let message = format!("Astro does not tell the roles of the token {}", shown(&token.id));
            let help = "without them nobody knows where it belongs; use a credential that may read its roles";
            return Err(Failure::new(FailureCode::Unverifiable, message, help));
        };
        let entity_id = (scope != Scope::Organization).then(|| primary.entity_id.clone());
        Ok(Owner { scope, entity_id })
    }

    /// Whether the token belongs here; `None`: its roles are not known, so nobody can tell.
    pub(super) fn owns(&self, token: &ApiToken) -> Option<bool> {
        if token.scope != Word::Known(self.scope) {
            return Some(false);
        }
        match &self.entity_id {
            None => Some(true),
            Some(entity_id) => primary_role(token).map(|role| role.entity_id == *entity_id),
        }
    }

    /// That the token belongs here, or the failure that it does not.
    pub(super) fn check(&self, token: &ApiToken) -> Result<(), Failure> {
        let here = match &self.entity_id {
            Some(entity_id) => format!("the {} {}", self.scope.entity_type().noun(), shown(entity_id)),
            None => "the Organization itself".to_owned(),
        };
        let id = shown(&token.id);
        match self.owns(token) {
            Some(true) => Ok(()),
            Some(false) => {
                let found = match primary_role(token) {
                    Some(role) if role.entity_type != Word::Known(EntityType::Organization) => {
                        format!("{} token of {}", token.scope, shown(&role.entity_id))
                    }
                    _ => format!("{} token", token.scope),
                };
                let message = format!("the token {id} does not belong to {here}: it is a {found}");
                Err(Failure::new(FailureCode::Mismatch, message, "check the id; nothing was changed"))
            }
            None => {
                let message =
                    format!("Astro does not tell the roles of the token {id}, so nobody knows where it belongs");
                Err(Failure::new(FailureCode::Unverifiable, message, "use a credential that may read its roles"))
            }
        }
    }
}

/// The role on the entity of the token's own scope.
pub(super) fn primary_role(token: &ApiToken) -> Option<&TokenRole> {
    let own_type = token.scope.known()?.entity_type();
    token.roles.as_ref()?.iter().find(|role| role.entity_type == Word::Known(own_type))
}
