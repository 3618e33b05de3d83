//! The one request of a command that needs one.

use super::{Command, CommandOperation, grammar::find};
use crate::{
    Api, Code, CreateToken, GetToken, ListTokens, Method, Request, Scope, ValidationError, Value,
    operations::Draft,
    report::{Place, Report},
    spelling::Path,
};

/// What the Astro CLI lists at a time.
const PAGE: i64 = 100;

impl Api {
    /// Builds the request of a command that needs one: `create_token`, `list_tokens` of the group itself (the first
    /// page, 100 at most), and `list_token_roles`. What the command does not say about where it works comes from the
    /// current Workspace and Deployment of this `Api`.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] with every problem; [`needs_conversation`](Code::NeedsConversation) for a command that takes
    /// several requests.
    pub fn build(&self, command: &Command) -> Result<Request, ValidationError> {
        let mut report = self.report();
        if let Some(grammar) = find(command.operation, command.scope, command.token_scope) {
            for flag in grammar.flags() {
                report.place(Place { field: flag.field, spelt: flag.long, span: None });
            }
        }
        if let Some(other) = command.organization_id.as_deref().filter(|other| *other != self.organization_id()) {
            let at = Path::field("organization_id");
            let message = format!(
                "{} is not the Organization of the Api, `{}`",
                crate::text::shown(other),
                self.organization_id()
            );
            report.add(Code::ConflictingArguments, at, message, "leave it out, or make an Api for this Organization");
        }
        let draft = self.draft(command, &mut report);
        for warning in command.warnings() {
            let is_known = |problem: &crate::Problem| {
                (problem.code, &problem.field, &problem.message) == (warning.code, &warning.field, &warning.message)
            };
            if !report.problems().iter().any(is_known) {
                let (message, help) = (warning.message.clone(), warning.help.clone().unwrap_or_default());
                report.push(warning.code, warning.field.clone(), warning.span, message, help);
            }
        }
        let (Draft { method, url, body }, warnings) = report.finish("the command", draft)?;
        Ok(Request { method, url, body, warnings })
    }

    fn draft(&self, command: &Command, report: &mut Report) -> Option<Draft> {
        let text = |value: &Option<String>| Value::from(value.clone());
        // On a command line the group decides: beside a Deployment, a Workspace is context that is never sent.
        let workspace_id = match command.scope {
            Scope::Workspace => text(&command.workspace_id.clone().or_else(|| self.workspace_id().map(str::to_owned))),
            Scope::Organization | Scope::Deployment => Value::Absent,
        };
        let deployment_id = match command.scope {
            Scope::Deployment => {
                text(&command.deployment_id.clone().or_else(|| self.deployment_id().map(str::to_owned)))
            }
            Scope::Organization | Scope::Workspace => Value::Absent,
        };
        match (command.operation, command.token_scope) {
            (CommandOperation::CreateToken, None) => CreateToken {
                name: text(&command.name),
                role: text(&command.role),
                workspace_id,
                deployment_id,
                scope: command.scope.as_str().into(),
                description: text(&command.description),
                expiration_days: command.expiration_days.into(),
                kind: Value::Absent,
            }
            .draft(self, report),
            (CommandOperation::ListTokens, None) => {
                let needed = match command.scope {
                    Scope::Organization => None,
                    Scope::Workspace => Some(("workspace_id", &workspace_id)),
                    Scope::Deployment => Some(("deployment_id", &deployment_id)),
                };
                if let Some((field, Value::Absent)) = needed {
                    let help = "write it, or set the current one of the Api";
                    report.missing(Path::field(field), help);
                    return None;
                }
                let only_organization_tokens = match command.scope {
                    Scope::Organization => Value::Boolean(true),
                    Scope::Workspace | Scope::Deployment => Value::Absent,
                };
                ListTokens {
                    workspace_id,
                    deployment_id,
                    only_organization_tokens,
                    ..ListTokens::default().limit(PAGE)
                }
                .draft(self, report)
            }
            (CommandOperation::ListTokenRoles, None) if command.token_id.is_some() => {
                GetToken { token_id: text(&command.token_id) }.draft(self, report)
            }
            _ => {
                let operation = command.operation.as_str();
                let message = format!("`{operation}` takes several requests");
                let help = "it has to read before it writes; one request cannot do it".to_owned();
                report.push(Code::NeedsConversation, None, None, message, help);
                None
            }
        }
    }
}

impl Command {
    /// The command that makes a request to create a token.
    ///
    /// # Errors
    ///
    /// [`ValidationError`]: [`unknown_command`](Code::UnknownCommand) for another request, and
    /// [`unknown_flag`](Code::UnknownFlag) for a kind, which no command can set.
    pub fn from_request(request: &Request) -> Result<Self, ValidationError> {
        let mut report = Report::new(crate::Spelling::Snake, false);
        let command = read_create(request);
        match &command {
            None => {
                let help = "give the request of create_token".to_owned();
                let message = "only a request to create a token has a command".to_owned();
                report.push(Code::UnknownCommand, None, None, message, help);
            }
            Some((_, Some(kind))) if kind != "STANDARD" => {
                let message = format!("no command can create a token of the kind `{kind}`");
                report.add(Code::UnknownFlag, Path::field("kind"), message, "send the request itself");
            }
            Some(_) => {}
        }
        report.finish("the request", command).map(|((command, _), _)| command)
    }
}

/// The command and the kind of a request to create a token.
fn read_create(request: &Request) -> Option<(Command, Option<String>)> {
    /// The body of the request; see [`CreateToken`].
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Body {
        name: String,
        role: String,
        #[serde(alias = "type")]
        scope: Scope,
        description: Option<String>,
        entity_id: Option<String>,
        token_expiry_period_in_days: Option<i64>,
        kind: Option<String>,
    }
    let organization_id = request.url().strip_suffix("/tokens")?.rsplit_once("/organizations/")?.1;
    let body: Body = serde_json::from_slice(request.body().filter(|_| request.method() == Method::Post)?).ok()?;
    let mut command = Command::new(CommandOperation::CreateToken, body.scope);
    match body.scope {
        Scope::Organization => command.organization_id = Some(organization_id.to_owned()),
        Scope::Workspace => command.workspace_id = body.entity_id,
        Scope::Deployment => command.deployment_id = body.entity_id,
    }
    command.name = Some(body.name);
    command.role = Some(body.role);
    command.description = body.description;
    command.expiration_days = body.token_expiry_period_in_days;
    Some((command, body.kind))
}
