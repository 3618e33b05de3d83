//! [`CloneToken`]: a new token like another one, on another entity.

use super::{
    create::{Creation, Key},
    error::{Failure, FailureCode},
    find::Target,
    owner::{Owner, primary_role},
    talk::Talk,
    wanted::Wanted,
    work::Plan,
};
use crate::{Api, ApiToken, Code, TokenRole, Value, Word, fields::fields, report::Report, spelling::Path, text::shown};

fields! {
    /// Creates a token like another one: the same name, description, roles, kind and expiration, on another Workspace or
    /// Deployment, or on the same entity under another name. The other one stays as it is.
    ///
    /// On another entity the clone gets the role on that entity alone: the other roles are on what belongs to the first one,
    /// and a warning names them.
    pub struct CloneToken {
        /// The id of the token to clone.
        token_id: text,
        /// The name of the token to clone.
        token_name: text,
        /// The Workspace of the clone; the other one is a Workspace token.
        workspace_id: text,
        /// The Deployment of the clone; the other one is a Deployment token.
        deployment_id: text,
        /// The name of the clone; not set: the same.
        name: text,
        /// Any text that names this piece of work; see [`CreateToken::idempotency_key`](super::CreateToken).
        idempotency_key: text,
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
        let key = Key::read(report, &self.idempotency_key);
        let owner = owner.ok()?;
        if owner.is_none() && name.is_none() {
            let fields = ["workspace_id", "deployment_id", "name"].map(|field| report.named(field));
            let help = format!("pass {}, {} or {}", fields[0], fields[1], fields[2]);
            report.missing(Path::field("workspace_id"), &help);
        }
        Some(Cloning { target: target?, owner, name, key: key.ok()? })
    }
}

/// What is to be cloned, and where to.
pub(crate) struct Cloning {
    target: Target,
    owner: Option<Owner>,
    name: Option<String>,
    key: Option<Key>,
}

impl Plan for Cloning {
    type Outcome = ApiToken;

    async fn run(self, talk: Talk) -> Result<ApiToken, Failure> {
        let token = self.target.find(&talk).await?;
        let mut wanted = Wanted::like(&token)?;
        let primary = primary_role(&token);
        let mut roles: Vec<TokenRole> =
            token.roles.iter().flatten().filter(|role| Some(*role) != primary).cloned().collect();
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
            if primary.is_some_and(|role| role.entity_id != entity_id) {
                warn_of_others(&talk, &token, &std::mem::take(&mut roles))?;
                wanted = wanted.on(entity_id);
            }
        }
        if let Some(name) = self.name {
            wanted.name = name;
        }
        Creation { wanted, key: self.key, roles }.run(talk).await
    }
}

/// Names the roles that stay behind: those of a Workspace token are on its Deployments, and those of a Deployment token on its
/// DAGs.
fn warn_of_others(talk: &Talk, token: &ApiToken, roles: &[TokenRole]) -> Result<(), Failure> {
    if roles.is_empty() {
        return Ok(());
    }
    let named: Vec<String> =
        roles.iter().map(|role| format!("{} on {}", shown(&role.role), shown(&role.entity_id))).collect();
    let message = format!("the clone of {} does not get {}", shown(&token.id), named.join(", "));
    let help = "they belong to the entity of the other token; add what the clone needs".to_owned();
    let mut report = talk.session.api.report();
    report.push(Code::RolesNotCloned, None, None, message, help);
    talk.judge(report)
}
