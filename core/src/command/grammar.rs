//! Every command on tokens, its flags, and what they are called.
//!
//! Source: the commands of the Astro CLI 1.45 (`cmd/cloud/organization.go`, `workspace.go`, `deployment.go`) and its
//! documentation.

use serde::{Deserialize, Serialize};

use crate::Scope;

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandOperation {
    /// Creates a token.
    CreateToken,
    /// Lists tokens.
    ListTokens,
    /// Lists the roles of a token.
    ListTokenRoles,
    /// Changes the name, description or role of a token.
    UpdateToken,
    /// Replaces the secret of a token.
    RotateToken,
    /// Deletes a token.
    DeleteToken,
    /// Gives a token of a wider scope a role on the Workspace or Deployment.
    AddTokenRole,
    /// Changes that role.
    UpdateTokenRole,
    /// Takes that role away.
    RemoveTokenRole,
}

impl CommandOperation {
    pub(crate) const CHOICES: &'static [(&'static str, CommandOperation)] = &[
        ("create_token", CommandOperation::CreateToken),
        ("list_tokens", CommandOperation::ListTokens),
        ("list_token_roles", CommandOperation::ListTokenRoles),
        ("update_token", CommandOperation::UpdateToken),
        ("rotate_token", CommandOperation::RotateToken),
        ("delete_token", CommandOperation::DeleteToken),
        ("add_token_role", CommandOperation::AddTokenRole),
        ("update_token_role", CommandOperation::UpdateTokenRole),
        ("remove_token_role", CommandOperation::RemoveTokenRole),
    ];

    /// The name of the operation: `add_token_role`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::CHOICES.iter().find(|(_, operation)| *operation == self).map_or("", |(name, _)| name)
    }
}

/// A flag of a command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Flag {
    /// With its dashes: `--org-token-name`.
    pub(crate) long: &'static str,
    pub(crate) short: Option<char>,
    /// The field of a [`Command`](super::Command) that it sets.
    pub(crate) field: &'static str,
}

const fn flag(long: &'static str, short: char, field: &'static str) -> Flag {
    Flag { long, short: Some(short), field }
}

const fn long_flag(long: &'static str, field: &'static str) -> Flag {
    Flag { long, short: None, field }
}

impl Flag {
    /// Whether the flag is a boolean, which needs no value. It is the same for every command.
    pub(crate) fn is_boolean(self) -> bool {
        matches!(self.field, "clean_output" | "force")
    }

    /// Whether its value is text of the user's own, which people forget to quote.
    pub(crate) fn is_free_text(self) -> bool {
        matches!(self.field, "name" | "new_name" | "token_name" | "description" | "role")
    }
}

const ROLE: Flag = flag("--role", 'r', "role");
const DESCRIPTION: Flag = flag("--description", 'd', "description");
const TOKEN_NAME: Flag = flag("--name", 't', "token_name");
const CLEAN_OUTPUT: Flag = flag("--clean-output", 'c', "clean_output");
const FORCE: Flag = flag("--force", 'f', "force");
const ORGANIZATION_ID: Flag = long_flag("--organization-id", "organization_id");
const WORKSPACE_ID: Flag = long_flag("--workspace-id", "workspace_id");
const DEPLOYMENT_ID: Flag = long_flag("--deployment-id", "deployment_id");
const ORGANIZATION_TOKEN_NAME: Flag = flag("--org-token-name", 'n', "token_name");
const WORKSPACE_TOKEN_NAME: Flag = flag("--workspace-token-name", 'n', "token_name");

const CREATE: &[Flag] =
    &[flag("--name", 'n', "name"), DESCRIPTION, ROLE, flag("--expiration", 'e', "expiration_days"), CLEAN_OUTPUT];
const UPDATE: &[Flag] = &[TOKEN_NAME, flag("--new-name", 'n', "new_name"), DESCRIPTION, ROLE];
const ROTATE: &[Flag] = &[TOKEN_NAME, CLEAN_OUTPUT, FORCE];
const DELETE: &[Flag] = &[TOKEN_NAME, FORCE];

/// Every flag of every command, for telling flags from values before the command is known.
pub(crate) const ALL_FLAGS: &[&[Flag]] = &[
    CREATE,
    UPDATE,
    ROTATE,
    &[ORGANIZATION_TOKEN_NAME, WORKSPACE_TOKEN_NAME, ORGANIZATION_ID, WORKSPACE_ID, DEPLOYMENT_ID],
];

/// The first word of a command, with what else it may be called.
pub(crate) const GROUPS: &[(Scope, &[&str])] = &[
    (Scope::Organization, &["organization", "org"]),
    (Scope::Workspace, &["workspace", "wo"]),
    (Scope::Deployment, &["deployment", "de", "deployments"]),
];

/// The word that may stand before the rest of the command, with what else it may be called.
pub(crate) const TOKEN_WORDS: &[&str] = &["token", "to"];

/// One command.
#[derive(Debug)]
pub(crate) struct Grammar {
    pub(crate) scope: Scope,
    /// Whose token is meant in the groups `organization-token` and `workspace-token`.
    pub(crate) token_scope: Option<Scope>,
    /// The words after `astro GROUP token`: the last one may be written otherwise.
    pub(crate) path: &'static [&'static str],
    /// What else the last word may be.
    pub(crate) alias: Option<&'static str>,
    pub(crate) operation: CommandOperation,
    own_flags: &'static [Flag],
    /// Whether it takes the id of a token as its argument.
    pub(crate) takes_id: bool,
}

impl Grammar {
    /// Its flags, the ones that say where it works last.
    pub(crate) fn flags(&self) -> impl Iterator<Item = Flag> + use<> {
        let context: &[Flag] = match self.scope {
            Scope::Organization => &[ORGANIZATION_ID],
            Scope::Workspace => &[WORKSPACE_ID],
            Scope::Deployment => &[DEPLOYMENT_ID, WORKSPACE_ID],
        };
        self.own_flags.iter().chain(context).copied()
    }

    /// The flag that sets a field.
    pub(crate) fn flag_of(&self, field: &str) -> Option<Flag> {
        self.flags().find(|flag| flag.field == field)
    }
}

/// A command on the tokens of the group itself.
const fn own(
    scope: Scope,
    path: &'static [&'static str],
    alias: Option<&'static str>,
    operation: CommandOperation,
    own_flags: &'static [Flag],
) -> Grammar {
    let takes_id = !matches!(operation, CommandOperation::CreateToken | CommandOperation::ListTokens);
    Grammar { scope, token_scope: None, path, alias, operation, own_flags, takes_id }
}

/// A command on the role that a token of a wider scope has here.
const fn shared(
    scope: Scope,
    token_scope: Scope,
    path: &'static [&'static str],
    alias: Option<&'static str>,
    operation: CommandOperation,
) -> Grammar {
    let own_flags: &[Flag] = match (operation, token_scope) {
        (CommandOperation::ListTokens, _) => &[],
        (CommandOperation::RemoveTokenRole, Scope::Workspace) => &[WORKSPACE_TOKEN_NAME],
        (CommandOperation::RemoveTokenRole, _) => &[ORGANIZATION_TOKEN_NAME],
        (_, Scope::Workspace) => &[WORKSPACE_TOKEN_NAME, ROLE],
        _ => &[ORGANIZATION_TOKEN_NAME, ROLE],
    };
    let takes_id = !matches!(operation, CommandOperation::ListTokens);
    Grammar { scope, token_scope: Some(token_scope), path, alias, operation, own_flags, takes_id }
}

use CommandOperation::{
    AddTokenRole, CreateToken, DeleteToken, ListTokenRoles, ListTokens, RemoveTokenRole, RotateToken, UpdateToken,
    UpdateTokenRole,
};
use Scope::{Deployment, Organization, Workspace};

/// Every command. Of two ways to write one, the first is the one that is written.
pub(crate) const GRAMMARS: &[Grammar] = &[
    own(Organization, &["create"], Some("cr"), CreateToken, CREATE),
    own(Organization, &["list"], Some("ls"), ListTokens, &[]),
    own(Organization, &["roles"], None, ListTokenRoles, &[]),
    own(Organization, &["update"], Some("up"), UpdateToken, UPDATE),
    own(Organization, &["rotate"], Some("ro"), RotateToken, ROTATE),
    own(Organization, &["delete"], Some("de"), DeleteToken, DELETE),
    own(Workspace, &["create"], Some("cr"), CreateToken, CREATE),
    own(Workspace, &["list"], Some("ls"), ListTokens, &[]),
    own(Workspace, &["update"], Some("up"), UpdateToken, UPDATE),
    own(Workspace, &["rotate"], Some("ro"), RotateToken, ROTATE),
    own(Workspace, &["delete"], Some("de"), DeleteToken, DELETE),
    shared(Workspace, Organization, &["organization-token", "add"], None, AddTokenRole),
    shared(Workspace, Organization, &["organization-token", "update"], Some("up"), UpdateTokenRole),
    shared(Workspace, Organization, &["organization-token", "list"], Some("ls"), ListTokens),
    shared(Workspace, Organization, &["organization-token", "remove"], None, RemoveTokenRole),
    shared(Workspace, Organization, &["add"], None, AddTokenRole),
    own(Deployment, &["create"], Some("cr"), CreateToken, CREATE),
    own(Deployment, &["list"], Some("ls"), ListTokens, &[]),
    own(Deployment, &["update"], Some("up"), UpdateToken, UPDATE),
    own(Deployment, &["rotate"], Some("ro"), RotateToken, ROTATE),
    own(Deployment, &["delete"], Some("de"), DeleteToken, DELETE),
    shared(Deployment, Organization, &["organization-token", "add"], None, AddTokenRole),
    shared(Deployment, Organization, &["organization-token", "update"], Some("up"), UpdateTokenRole),
    shared(Deployment, Organization, &["organization-token", "list"], Some("ls"), ListTokens),
    shared(Deployment, Organization, &["organization-token", "remove"], None, RemoveTokenRole),
    shared(Deployment, Workspace, &["workspace-token", "add"], None, AddTokenRole),
    shared(Deployment, Workspace, &["workspace-token", "update"], Some("up"), UpdateTokenRole),
    shared(Deployment, Workspace, &["workspace-token", "list"], Some("ls"), ListTokens),
    shared(Deployment, Workspace, &["workspace-token", "remove"], None, RemoveTokenRole),
];

/// The command that does this, if there is one.
pub(crate) fn find(operation: CommandOperation, scope: Scope, token_scope: Option<Scope>) -> Option<&'static Grammar> {
    GRAMMARS
        .iter()
        .find(|grammar| (grammar.operation, grammar.scope, grammar.token_scope) == (operation, scope, token_scope))
}

/// The name of a group as it is written: `workspace`.
pub(crate) fn group_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Organization => "organization",
        Scope::Workspace => "workspace",
        Scope::Deployment => "deployment",
    }
}
