//! [`AddTokenRole`], [`ChangeTokenRole`] and [`RemoveTokenRole`]: one role of a token on a Workspace or Deployment.
//!
//! Astro only replaces all roles at once, and has no version to tell a lost update by. So each of them reads the token
//! itself, writes its roles with one difference, and reads again to see that it is so.

mod edit;
mod orphans;

pub(super) use edit::{Edit, apply, rewrite, set_roles};

use super::{
    diff::RoleDiff,
    error::{Failure, FailureCode},
    find::Target,
    owner::Owner,
    talk::Talk,
    work::Plan,
};
use crate::{
    Api, ApiToken, Code, EntityType, Scope, TokenRole, Value, Word, fields::fields, report::Report, spelling::Path,
    text::shown,
};

fields! {
    /// Gives a token a role on a Workspace or Deployment.
    ///
    /// It keeps every other role. Where the token has this role there already, there is nothing to do; where it has another
    /// one, that is changed, and the outcome says from what.
    pub struct AddTokenRole {
        /// The id of the token.
        token_id: text,
        /// The name of the token.
        token_name: text,
        /// The Workspace to get the role on.
        workspace_id: text,
        /// The Deployment to get the role on.
        deployment_id: text,
        /// The role: `WORKSPACE_AUTHOR`, or for a Deployment also a custom role.
        role: text,
        /// Writes nothing: the outcome says what would change.
        preview: boolean,
    }
    aliases {
        "id" => "token_id",
        "token" => "token_id",
        "name" => "token_name",
        "workspace" => "workspace_id",
        "deployment" => "deployment_id",
    }
}

fields! {
    /// Changes the role that a token has on a Workspace or Deployment; where it has none there, that is an error, so that a
    /// slip in an id never gives access to anything.
    pub struct ChangeTokenRole {
        /// The id of the token.
        token_id: text,
        /// The name of the token.
        token_name: text,
        /// The Workspace of the role.
        workspace_id: text,
        /// The Deployment of the role.
        deployment_id: text,
        /// The new role.
        role: text,
        /// Writes nothing: the outcome says what would change.
        preview: boolean,
    }
    aliases {
        "id" => "token_id",
        "token" => "token_id",
        "name" => "token_name",
        "workspace" => "workspace_id",
        "deployment" => "deployment_id",
    }
}

fields! {
    /// Takes the role of a token on a Workspace or Deployment away. Where it has none there, there is nothing to do.
    ///
    /// Roles on the Deployments of the Workspace, or the DAGs of the Deployment, stay unless `remove_orphans` says
    /// otherwise; then a warning names them.
    pub struct RemoveTokenRole {
        /// The id of the token.
        token_id: text,
        /// The name of the token.
        token_name: text,
        /// The Workspace of the role.
        workspace_id: text,
        /// The Deployment of the role.
        deployment_id: text,
        /// Removes narrower roles too: those on Deployments of the Workspace, and on DAGs of the Deployment.
        remove_orphans: boolean,
        /// Writes nothing: the outcome says what would change.
        preview: boolean,
    }
    aliases {
        "id" => "token_id",
        "token" => "token_id",
        "name" => "token_name",
        "workspace" => "workspace_id",
        "deployment" => "deployment_id",
    }
}

/// What became of the roles of a token.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RoleChange {
    /// The token as it is now; in a preview, as it would be.
    pub token: ApiToken,
    /// What the role is on.
    pub entity_type: EntityType,
    /// The id of the Workspace or Deployment.
    pub entity_id: String,
    /// The role that the token had there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_role: Option<String>,
    /// The role that the token has there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_role: Option<String>,
    /// Whether anything had to be done, or would have to be.
    pub changed: bool,
    /// Narrower roles that were removed with it.
    pub removed: Vec<TokenRole>,
    /// All that is different about the roles of the token.
    pub diff: RoleDiff,
}

/// The Workspace or Deployment of a role.
#[derive(Clone, Debug)]
pub(crate) struct Entity {
    pub(super) entity_type: EntityType,
    pub(super) id: String,
}

impl Entity {
    fn read(report: &mut Report, workspace_id: &Value<'_>, deployment_id: &Value<'_>) -> Option<Self> {
        match Owner::read(report, workspace_id, deployment_id) {
            Ok(Some(Owner { scope, entity_id: Some(id) })) => Some(Entity { entity_type: scope.entity_type(), id }),
            Ok(_) => {
                let help = format!("give {} or {}", report.named("workspace_id"), report.named("deployment_id"));
                report.missing(Path::field("workspace_id"), &help);
                None
            }
            Err(()) => None,
        }
    }

    pub(super) fn is_of(&self, role: &TokenRole) -> bool {
        role.entity_type == Word::Known(self.entity_type) && role.entity_id == self.id
    }

    /// "the Workspace `clws`"
    pub(super) fn shown(&self) -> String {
        format!("the {} {}", self.entity_type.noun(), shown(&self.id))
    }

    /// The role that the token has here.
    pub(super) fn role_of<'t>(&self, token: &'t ApiToken) -> Option<&'t str> {
        token.roles.as_ref()?.iter().find(|role| self.is_of(role)).map(|role| role.role.as_str())
    }
}

/// The plan of all three.
pub(crate) struct OneRole {
    target: Target,
    entity: Entity,
    task: Task,
    preview: bool,
    strict: bool,
}

enum Task {
    Add(String),
    Change(String),
    Remove { orphans: bool },
}

#[cfg(feature = "cli")]
impl OneRole {
    /// The token has to have this scope.
    pub(crate) fn of_scope(mut self, scope: Option<Scope>) -> Self {
        self.target.scope = scope;
        self
    }
}

impl OneRole {
    fn new(
        api: &Api,
        report: &mut Report,
        target: Option<Target>,
        entity: Option<Entity>,
        task: Option<Task>,
        preview: &Value<'_>,
    ) -> Option<Self> {
        let preview = report.boolean(Path::field("preview"), preview).value().unwrap_or_default();
        Some(OneRole { target: target?, entity: entity?, task: task?, preview, strict: api.is_strict() })
    }
}

impl AddTokenRole<'_> {
    pub(crate) fn plan(&self, api: &Api, report: &mut Report) -> Option<OneRole> {
        let target = Target::named(report, &self.token_id, &self.token_name);
        let entity = Entity::read(report, &self.workspace_id, &self.deployment_id);
        let task = role_on(report, entity.as_ref(), &self.role, api).map(Task::Add);
        OneRole::new(api, report, target, entity, task, &self.preview)
    }
}

impl ChangeTokenRole<'_> {
    pub(crate) fn plan(&self, api: &Api, report: &mut Report) -> Option<OneRole> {
        let target = Target::named(report, &self.token_id, &self.token_name);
        let entity = Entity::read(report, &self.workspace_id, &self.deployment_id);
        let task = role_on(report, entity.as_ref(), &self.role, api).map(Task::Change);
        OneRole::new(api, report, target, entity, task, &self.preview)
    }
}

impl RemoveTokenRole<'_> {
    pub(crate) fn plan(&self, api: &Api, report: &mut Report) -> Option<OneRole> {
        let target = Target::named(report, &self.token_id, &self.token_name);
        let entity = Entity::read(report, &self.workspace_id, &self.deployment_id);
        let orphans = report.boolean(Path::field("remove_orphans"), &self.remove_orphans);
        let task = Some(Task::Remove { orphans: orphans.value().unwrap_or_default() });
        OneRole::new(api, report, target, entity, task, &self.preview)
    }
}

fn role_on(report: &mut Report, entity: Option<&Entity>, role: &Value<'_>, api: &Api) -> Option<String> {
    let entity_type = entity.map(|entity| entity.entity_type);
    report.role(Path::field("role"), role, entity_type, api.allows_unknown_roles()).map(str::to_owned)
}

impl Plan for OneRole {
    type Outcome = RoleChange;

    async fn run(self, talk: Talk) -> Result<RoleChange, Failure> {
        let OneRole { target, entity, task, preview, strict } = self;
        let (token, _turn) = target.find_to_change(&talk).await?;
        if token.roles.is_none() {
            let message = format!("Astro does not tell the roles of the token {}", shown(&token.id));
            let help = "writing them would take away those that it has; use a credential that may read its roles";
            return Err(Failure::new(FailureCode::Unverifiable, message, help));
        }
        let old_role = entity.role_of(&token).map(str::to_owned);
        let mut removed = Vec::new();
        let edit = match task {
            Task::Add(role) => {
                may_hold(&talk, &token, &entity)?;
                Edit::put(entity.clone(), role)
            }
            Task::Change(role) => {
                let Some(_) = &old_role else {
                    let message = format!("the token {} has no role on {}", shown(&token.id), entity.shown());
                    return Err(Failure::new(FailureCode::NotFound, message, "check the ids, or add the role"));
                };
                Edit::put(entity.clone(), role)
            }
            Task::Remove { orphans } => {
                may_lose(&talk, &token, &entity)?;
                if old_role.is_some() {
                    let narrower = orphans::below(&talk, &token, &entity).await?;
                    if orphans {
                        orphans::warn_of_unseen(&talk, &entity, &narrower)?;
                        removed = narrower.roles;
                    } else {
                        orphans::warn(&talk, &entity, &narrower, strict)?;
                    }
                }
                Edit::remove(entity.clone(), removed.clone())
            }
        };
        let before = token.roles.clone().unwrap_or_default();
        let (token, changed) = if preview { edit.preview(token) } else { rewrite(&talk, token, &edit).await? };
        let diff = RoleDiff::between(&before, token.roles.as_deref().unwrap_or_default());
        let new_role = entity.role_of(&token).map(str::to_owned);
        let Entity { entity_type, id } = entity;
        Ok(RoleChange { token, entity_type, entity_id: id, old_role, new_role, changed, removed, diff })
    }
}

/// Source: the rules that join roles and scope; a token holds roles on what is within its scope.
fn may_hold(talk: &Talk, token: &ApiToken, entity: &Entity) -> Result<(), Failure> {
    let refuse = |message: String, help: &str| {
        let mut report = talk.session.api.report();
        let field = if entity.entity_type == EntityType::Workspace { "workspace_id" } else { "deployment_id" };
        report.add(Code::ScopeForbidsGrant, Path::field(field), message, help);
        talk.judge(report)
    };
    let own = super::owner::primary_role(token).map(|role| role.entity_id.as_str());
    let kind = format!("a token of the scope `{}`", token.scope);
    match (token.scope.known(), entity.entity_type) {
        (Some(Scope::Workspace), EntityType::Workspace) | (Some(Scope::Deployment), EntityType::Deployment)
            if own.is_some_and(|own| own != entity.id) =>
        {
            let noun = entity.entity_type.noun();
            refuse(format!("{kind} cannot hold a role on a second {noun}"), "use a token of a wider scope")
        }
        (Some(Scope::Deployment), EntityType::Workspace) => {
            refuse(format!("{kind} cannot hold a role on a Workspace"), "use a token of a wider scope")
        }
        _ => Ok(()),
    }
}

/// Source: a token has exactly one role on the entity of its own scope.
fn may_lose(talk: &Talk, token: &ApiToken, entity: &Entity) -> Result<(), Failure> {
    if !super::owner::primary_role(token).is_some_and(|role| entity.is_of(role)) {
        return Ok(());
    }
    let mut report = talk.session.api.report();
    let message = format!("the role on {} is the one that the token exists for", entity.shown());
    report.push(Code::MissingPrimaryRole, None, None, message, "delete the token instead".to_owned());
    talk.judge(report)
}
