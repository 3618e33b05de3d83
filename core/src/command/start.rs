//! The conversation of a command.

use super::{Command, CommandOperation, grammar};
#[cfg(feature = "program")]
use crate::ApiToken;
use crate::{
    Api, Code, Scope, ValidationError, Value,
    conversation::{
        AddTokenRole, AllTokens, ChangeTokenRole, Conversation, CreateToken, DeleteToken, FindToken, Outcome, Owner,
        RemoveTokenRole, RotateToken, Session, UpdateToken, begin,
    },
    report::{Place, Report},
    spelling::Path,
    text::shown,
};

/// What the Astro CLI has no flag for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandOptions {
    /// Rotates with overlap: see [`RotateToken::overlap`].
    pub overlap: bool,
    /// For how many seconds the old token stays: see [`RotateToken::keep_old`].
    pub keep_old: Option<i64>,
    /// After how many seconds a token counts as left behind: see [`RotateToken::leftover_after`].
    pub leftover_after: Option<i64>,
    /// Names the piece of work that a create is: see [`CreateToken::idempotency_key`].
    pub idempotency_key: Option<String>,
    /// Rotates the caller's own token: see [`RotateToken::allow_lockout`].
    pub allow_lockout: bool,
    /// Removes narrower roles too: see [`RemoveTokenRole::remove_orphans`].
    pub remove_orphans: bool,
}

impl Api {
    /// Begins the conversation of a command, for a caller that nothing is known about. See
    /// [`Session::start_command`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn start(&self, command: &Command, seed: u64) -> Result<Conversation<Outcome>, ValidationError> {
        Session::new(self.clone()).start_command(command, CommandOptions::default(), seed)
    }
}

impl Session {
    /// Begins the conversation of any command. The group decides what a token has to belong to: a command on the tokens of
    /// a Workspace never touches one of another Workspace, whatever its id. What the command does not say about where it
    /// works comes from the current Workspace and Deployment of the [`Api`].
    ///
    /// # Errors
    ///
    /// [`ValidationError`] with everything that can be judged before anything is read.
    pub fn start_command(
        &self,
        command: &Command,
        options: CommandOptions,
        seed: u64,
    ) -> Result<Conversation<Outcome>, ValidationError> {
        let api = self.api();
        let mut report = api.report();
        let name = command.operation.as_str();
        let Some(grammar) = grammar::find(command.operation, command.scope, command.token_scope) else {
            let message =
                format!("there is no command for `{name}` in the group `{}`", grammar::group_name(command.scope));
            report.add(
                Code::ConflictingArguments,
                Path::field("operation"),
                message,
                "change the operation or the scope",
            );
            return report.finish("the command", None).map(|(conversation, _)| conversation);
        };
        for flag in grammar.flags() {
            report.place(Place { field: flag.field, spelt: flag.long, span: None });
        }
        if let Some(other) = command.organization_id.as_deref().filter(|other| *other != api.organization_id()) {
            let message = format!("{} is not the Organization of the Api, `{}`", shown(other), api.organization_id());
            let help = "leave it out, or make an Api for this Organization";
            report.add(Code::ConflictingArguments, Path::field("organization_id"), message, help);
        }
        command.begin(self, options, name, report, seed)
    }

    /// Begins the conversation that finds the token of a command on a token, so that it can be shown before anything is
    /// done to it.
    ///
    /// # Errors
    ///
    /// As [`Session::start_command`].
    #[cfg(feature = "program")]
    pub(crate) fn start_find(&self, command: &Command, seed: u64) -> Result<Conversation<ApiToken>, ValidationError> {
        let api = self.api();
        let mut report = api.report();
        let text = |value: &Option<String>| Value::from(value.clone());
        let (token_id, token_name) = (text(&command.token_id), text(&command.token_name));
        let input = FindToken { token_id, token_name, ..FindToken::default() };
        let owner = Owner { scope: command.scope, entity_id: command.entity_id(api).map(str::to_owned) };
        let plan = input.plan(api, &mut report).map(|target| target.of_owner(owner));
        begin("find_token", self, seed, report, plan)
    }
}

impl Command {
    /// The Workspace or Deployment that the command is about.
    pub(crate) fn entity_id<'c>(&'c self, api: &'c Api) -> Option<&'c str> {
        match self.scope {
            Scope::Organization => None,
            Scope::Workspace => self.workspace_id.as_deref().or(api.workspace_id()),
            Scope::Deployment => self.deployment_id.as_deref().or(api.deployment_id()),
        }
    }

    fn begin(
        &self,
        session: &Session,
        options: CommandOptions,
        name: &'static str,
        mut report: Report,
        seed: u64,
    ) -> Result<Conversation<Outcome>, ValidationError> {
        fn given(value: &Option<String>) -> Value<'_> {
            value.as_deref().into()
        }
        fn flag(value: bool) -> Value<'static> {
            if value { Value::Boolean(true) } else { Value::Absent }
        }
        let (api, report_mut) = (session.api(), &mut report);
        let entity_id = self.entity_id(api);
        if self.scope != Scope::Organization && entity_id.is_none() {
            let field = if self.scope == Scope::Workspace { "workspace_id" } else { "deployment_id" };
            report_mut.missing(Path::field(field), "write it, or set the current one of the Api");
            return report.finish(name, None).map(|(conversation, _)| conversation);
        }
        let owner = Owner { scope: self.scope, entity_id: entity_id.map(str::to_owned) };
        let workspace_id: Value<'_> = entity_id.filter(|_| self.scope == Scope::Workspace).into();
        let deployment_id: Value<'_> = entity_id.filter(|_| self.scope == Scope::Deployment).into();
        let preview = Value::Absent;
        let (token_id, token_name) = (given(&self.token_id), given(&self.token_name));
        match (self.operation, self.token_scope) {
            (CommandOperation::CreateToken, _) => {
                let input = CreateToken {
                    name: given(&self.name),
                    role: given(&self.role),
                    workspace_id,
                    deployment_id,
                    scope: self.scope.as_str().into(),
                    description: given(&self.description),
                    expiration_days: self.expiration_days.into(),
                    kind: Value::Absent,
                    idempotency_key: given(&options.idempotency_key),
                };
                let plan = input.plan(api, report_mut);
                begin(name, session, seed, report, plan).map(Conversation::outcome)
            }
            (CommandOperation::ListTokens, scope) => {
                let only_organization_tokens = flag(self.scope == Scope::Organization);
                let input = AllTokens { workspace_id, deployment_id, only_organization_tokens, ..AllTokens::default() };
                let plan = input.plan(api, report_mut).map(|pages| pages.of_scope(scope));
                begin(name, session, seed, report, plan).map(Conversation::outcome)
            }
            (CommandOperation::ListTokenRoles, _) => {
                let input = FindToken { token_id, token_name, ..FindToken::default() };
                let plan = input.plan(api, report_mut).map(|target| target.of_owner(owner));
                begin(name, session, seed, report, plan).map(Conversation::outcome)
            }
            (CommandOperation::UpdateToken, _) => {
                let input = UpdateToken {
                    token_id,
                    token_name,
                    workspace_id,
                    deployment_id,
                    name: given(&self.new_name),
                    description: given(&self.description),
                    role: given(&self.role),
                };
                let plan = input.plan(api, report_mut).map(|mut changes| {
                    changes.target = changes.target.of_owner(owner);
                    changes
                });
                begin(name, session, seed, report, plan).map(Conversation::outcome)
            }
            (CommandOperation::RotateToken, _) => {
                let input = RotateToken {
                    token_id,
                    token_name,
                    workspace_id,
                    deployment_id,
                    overlap: flag(options.overlap),
                    keep_old: options.keep_old.into(),
                    leftover_after: options.leftover_after.into(),
                    allow_lockout: flag(options.allow_lockout),
                };
                let plan = input.plan(api, report_mut).map(|mut renewal| {
                    renewal.target = renewal.target.of_owner(owner);
                    renewal
                });
                begin(name, session, seed, report, plan).map(Conversation::outcome)
            }
            (CommandOperation::DeleteToken, _) => {
                let allow_lockout = flag(options.allow_lockout);
                let input = DeleteToken { token_id, token_name, workspace_id, deployment_id, allow_lockout };
                let plan = input.plan(api, report_mut).map(|mut deletion| {
                    deletion.target = deletion.target.of_owner(owner);
                    deletion
                });
                begin(name, session, seed, report, plan).map(Conversation::outcome)
            }
            (CommandOperation::AddTokenRole, scope) => {
                let role = given(&self.role);
                let input = AddTokenRole { token_id, token_name, workspace_id, deployment_id, role, preview };
                let plan = input.plan(api, report_mut).map(|role| role.of_scope(scope));
                begin(name, session, seed, report, plan).map(Conversation::outcome)
            }
            (CommandOperation::UpdateTokenRole, scope) => {
                let role = given(&self.role);
                let input = ChangeTokenRole { token_id, token_name, workspace_id, deployment_id, role, preview };
                let plan = input.plan(api, report_mut).map(|role| role.of_scope(scope));
                begin(name, session, seed, report, plan).map(Conversation::outcome)
            }
            (CommandOperation::RemoveTokenRole, scope) => {
                let remove_orphans = flag(options.remove_orphans);
                let input =
                    RemoveTokenRole { token_id, token_name, workspace_id, deployment_id, remove_orphans, preview };
                let plan = input.plan(api, report_mut).map(|role| role.of_scope(scope));
                begin(name, session, seed, report, plan).map(Conversation::outcome)
            }
        }
    }
}
