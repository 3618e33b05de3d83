//! [`CloneToken`]: a new token like another one, on another entity.

use super::{
    create::{Creation, create},
    error::{Failure, FailureCode},
    find::Target,
    owner::{Owner, primary_role},
    talk::Talk,
    work::Plan,
};
use crate::{Api, ApiToken, Scope, Value, Word, fields::fields, report::Report, spelling::Path, text::shown};

fields! {
    /// Creates a token like another one: the same name, description, role, kind and expiration, on another Workspace or
    /// Deployment, or on the same entity under another name. The other one stays as it is.
    ///
    /// Only the role on the entity of its own scope is taken over: roles elsewhere are about other entities.
    pub struct CloneToken {
        /// The id of the token to clone.
        token_id: text,
        /// The name of the token to clone.
        token_name: text,
        /// The Workspace of the clone; the other one is a Workspace token.
        workspace_id: text,
        /// The Deployment of the clone; the other one is a Deployment token.
        deployment_id: text,
        /// The name of the clone; not given: the same.
        name: text,
    }
    aliases {
        "id" => "token_id",
        "token" => "token_id",
        "new_name" => "name",
        "newName" => "name",
    }
}

impl CloneToken<'_> {
    pub(crate) fn plan(&self, _: &Api, report: &mut Report) -> Option<Cloning> {
        let target = Target::named(report, &self.token_id, &self.token_name);
        let owner = Owner::read(report, &self.workspace_id, &self.deployment_id);
        let name = match &self.name {
            Value::Absent => None,
            name => Some(report.name(Path::field("name"), name)?.to_owned()),
        };
        let owner = owner.ok()?;
        if owner.is_none() && name.is_none() {
            let fields = ["workspace_id", "deployment_id", "name"].map(|field| report.named(field));
            let help = format!("give {}, {} or {}", fields[0], fields[1], fields[2]);
            report.missing(Path::field("workspace_id"), &help);
        }
        Some(Cloning { target: target?, owner, name })
    }
}

/// What is to be cloned, and where to.
pub(crate) struct Cloning {
    target: Target,
    owner: Option<Owner>,
    name: Option<String>,
}

impl Plan for Cloning {
    type Outcome = ApiToken;

    async fn run(self, talk: Talk) -> Result<ApiToken, Failure> {
        let mut token = self.target.find(&talk).await?;
        let id = token.id.clone();
        if primary_role(&token).is_none() {
            let message = format!("Astro does not tell the roles of the token {}", shown(&token.id));
            let help = "a clone could not have the same; use a credential that may read its roles";
            return Err(Failure::new(FailureCode::Unverifiable, message, help));
        }
        if let Some(Owner { scope, entity_id: Some(entity_id) }) = self.owner {
            if token.scope != Word::Known(scope) {
                let message = format!(
                    "the token {} is a {} token, not a {} token",
                    shown(&token.id),
                    token.scope,
                    scope.as_str()
                );
                let help =
                    "a role means something on its own kind of entity only; create the token with a role of its own";
                return Err(Failure::new(FailureCode::Mismatch, message, help));
            }
            move_to(&mut token, scope, entity_id);
        }
        if let Some(name) = self.name {
            token.name = name;
        }
        create(&talk, &Creation::like(&talk.session.api, &token)?.besides(&[&id])).await
    }
}

fn move_to(token: &mut ApiToken, scope: Scope, entity_id: String) {
    let own_type = Word::Known(scope.entity_type());
    if let Some(role) = token.roles.iter_mut().flatten().find(|role| role.entity_type == own_type) {
        role.entity_id = entity_id;
    }
}
