//! The command line that users know: `astro organization token create --name CI …`, read, explained and written.

mod build;
mod expansion;
mod format;
mod grammar;
mod mend;
mod names;
mod parser;
mod pasted;
mod reader;
mod render;
mod source;
mod start;
mod values;
mod word;
mod words;

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

pub use format::{Shell, format_command};
pub use grammar::CommandOperation;
pub use parser::CommandParser;
pub use source::{Source, Units};
pub use start::CommandOptions;
#[cfg(feature = "program")]
pub(crate) use {
    format::quoted,
    grammar::{Flag, GRAMMARS, GROUPS, Grammar, TOKEN_WORDS, group_name},
    reader::is_known_flag,
};

use crate::{
    Problem, Scope, Spelling, ValidationError, Value,
    fields::{Fields, fields},
    report::Report,
    spelling::Path,
};

/// A command on tokens as data. What was not given is `None`, and absent in its serialised form.
///
/// ```
/// use astro_tokens::{CommandOperation, parse_command};
///
/// let command = parse_command("astro organization token update --name CI --new-name 'CI 2'")?;
/// assert_eq!(command.operation, CommandOperation::UpdateToken);
/// assert_eq!(command.token_name.as_deref(), Some("CI"));
/// assert_eq!(command.new_name.as_deref(), Some("CI 2"));
/// # Ok::<(), astro_tokens::ValidationError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Command {
    /// What it does.
    pub operation: CommandOperation,
    /// The group of the command: where it works.
    pub scope: Scope,
    /// Whose token gets, changes or loses a role here, in the groups `organization-token` and `workspace-token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_scope: Option<Scope>,
    /// `--organization-id`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
    /// `--workspace-id`; beside a Deployment it is context and never sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<String>,
    /// `--deployment-id`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<String>,
    /// The id of an existing token: the argument of the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// The name that finds an existing token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_name: Option<String>,
    /// The name of a token to create.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name that an existing token shall have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_name: Option<String>,
    /// `--description`; `""` clears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `--role`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// `--expiration`, in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_days: Option<i64>,
    /// `--clean-output`: print the secret alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clean_output: Option<bool>,
    /// `--force`: do not ask before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
    /// What was worth a look when the command was read; no part of its identity.
    #[serde(skip)]
    warnings: Warnings,
}

/// Warnings beside a command: two commands are equal whatever was said about them.
#[derive(Clone, Debug, Default)]
struct Warnings(Vec<Problem>);

impl PartialEq for Warnings {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Warnings {}

impl Hash for Warnings {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Command {
    /// The fields in snake case, in the order in which they are listed.
    pub(crate) const FIELDS: &'static [&'static str] = <CommandInput<'static> as Fields>::FIELDS;

    /// A command with nothing but what it does and where.
    #[must_use]
    pub fn new(operation: CommandOperation, scope: Scope) -> Self {
        Command {
            operation,
            scope,
            token_scope: None,
            organization_id: None,
            workspace_id: None,
            deployment_id: None,
            token_id: None,
            token_name: None,
            name: None,
            new_name: None,
            description: None,
            role: None,
            expiration_days: None,
            clean_output: None,
            force: None,
            warnings: Warnings::default(),
        }
    }

    /// What was worth a look when the command was read.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings.0
    }

    /// From an object with the fields by name; types and enumerations are checked, the values as such are not.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] with every problem, unknown keys among them.
    pub fn from_value(input: Value<'_>, spelling: Spelling) -> Result<Self, ValidationError> {
        let mut report = Report::new(spelling, false);
        let Value::Object(pairs) = input else {
            report.wrong_input(&input);
            return report.finish("the command", None).map(|(command, _)| command);
        };
        let input = CommandInput::read(&mut report, "", pairs.into_iter());
        let command = input.checked(&mut report);
        report.finish("the command", command).map(|(command, _)| command)
    }
}

fields! {
    /// The fields of a [`Command`], before their types are known.
    pub(crate) struct CommandInput {
        operation,
        scope,
        token_scope,
        organization_id,
        workspace_id,
        deployment_id,
        token_id,
        token_name,
        name,
        new_name,
        description,
        role,
        expiration_days,
        clean_output,
        force,
    }
    aliases {}
}

impl Command {
    /// The command as an object with the fields that were given, by name: what [`Command::from_value`] reads.
    #[must_use]
    pub fn to_value(&self, spelling: Spelling) -> Value<'_> {
        fn text(value: &Option<String>) -> Value<'_> {
            value.as_deref().into()
        }
        let values = [
            self.operation.as_str().into(),
            self.scope.as_str().into(),
            self.token_scope.map(Scope::as_str).into(),
            text(&self.organization_id),
            text(&self.workspace_id),
            text(&self.deployment_id),
            text(&self.token_id),
            text(&self.token_name),
            text(&self.name),
            text(&self.new_name),
            text(&self.description),
            text(&self.role),
            self.expiration_days.into(),
            self.clean_output.into(),
            self.force.into(),
        ];
        let pairs = CommandInput::FIELDS.iter().map(|field| spelling.spell(field)).zip(values);
        Value::Object(pairs.filter(|(_, value)| *value != Value::Absent).collect())
    }
}

impl CommandInput<'_> {
    fn checked(&self, report: &mut Report) -> Option<Command> {
        let operation = report.choice(Path::field("operation"), &self.operation, CommandOperation::CHOICES);
        let operation = report.required(Path::field("operation"), operation);
        let scope = report.choice(Path::field("scope"), &self.scope, Scope::CHOICES);
        let scope = report.required(Path::field("scope"), scope);
        let token_scope = report.choice(Path::field("token_scope"), &self.token_scope, Scope::CHOICES).value();
        let mut text =
            |field: &'static str, value: &Value<'_>| report.text(Path::field(field), value).value().map(str::to_owned);
        let texts = Command {
            token_scope,
            organization_id: text("organization_id", &self.organization_id),
            workspace_id: text("workspace_id", &self.workspace_id),
            deployment_id: text("deployment_id", &self.deployment_id),
            token_id: text("token_id", &self.token_id),
            token_name: text("token_name", &self.token_name),
            name: text("name", &self.name),
            new_name: text("new_name", &self.new_name),
            description: text("description", &self.description),
            role: text("role", &self.role),
            ..Command::new(CommandOperation::ListTokens, Scope::Organization)
        };
        let days_at = Path::field("expiration_days");
        let any = i64::MIN..=i64::MAX;
        let expiration_days = report.integer(days_at, &self.expiration_days, any, " days", |_| String::new());
        let clean_output = report.boolean(Path::field("clean_output"), &self.clean_output);
        let force = report.boolean(Path::field("force"), &self.force);
        Some(Command {
            operation: operation?,
            scope: scope?,
            expiration_days: expiration_days.value(),
            clean_output: clean_output.value(),
            force: force.value(),
            ..texts
        })
    }
}

/// Problems of a command line in words, each with the line and carets below the place where it has one.
#[cfg(feature = "program")]
pub(crate) fn rendered(source: &Source<'_>, problems: &[Problem], color: bool) -> String {
    render::problems(source, problems, color)
}

/// Reads a command line as users write it. See [`CommandParser`] for how strict to be.
///
/// # Errors
///
/// [`ValidationError`] with everything that can be known from the command alone, each problem with its
/// [`Span`](crate::Span).
pub fn parse_command<'s>(source: impl Into<Source<'s>>) -> Result<Command, ValidationError> {
    CommandParser::default().parse(source)
}
