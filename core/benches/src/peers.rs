//! What users would pick instead, told every rule that its own features can express.

use clap::{Parser, Subcommand};
use garde::Validate;
use serde::Serialize;

/// The body of a create request, for serde alone: the floor.
#[derive(Serialize, Validate)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body<'a> {
    #[garde(length(chars, min = 1, max = 256), custom(text))]
    pub(crate) name: &'a str,
    #[garde(length(chars, max = 500), custom(text))]
    pub(crate) description: &'a str,
    #[garde(skip)]
    pub(crate) scope: &'a str,
    #[garde(custom(workspace_role))]
    pub(crate) role: &'a str,
    #[garde(length(min = 1), custom(id))]
    pub(crate) entity_id: &'a str,
    #[garde(range(min = 1, max = 3650))]
    pub(crate) token_expiry_period_in_days: i64,
    #[garde(custom(one_of_the_kinds))]
    pub(crate) kind: &'a str,
}

fn text(text: &str, (): &()) -> garde::Result {
    let is_wrong = text.chars().any(char::is_control)
        || text.contains("eyJ")
        || text.trim().strip_prefix('<').is_some_and(|rest| rest.ends_with('>'));
    if is_wrong { Err(garde::Error::new("not a text")) } else { Ok(()) }
}

fn id(text: &str, (): &()) -> garde::Result {
    let is_right = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_right { Ok(()) } else { Err(garde::Error::new("not an id")) }
}

fn workspace_role(role: &str, (): &()) -> garde::Result {
    let is_right =
        ["WORKSPACE_OWNER", "WORKSPACE_OPERATOR", "WORKSPACE_AUTHOR", "WORKSPACE_MEMBER", "WORKSPACE_ACCESSOR"]
            .contains(&role);
    if is_right { Ok(()) } else { Err(garde::Error::new("not a role")) }
}

fn one_of_the_kinds(kind: &str, (): &()) -> garde::Result {
    if ["STANDARD", "DIRECT_ACCESS"].contains(&kind) { Ok(()) } else { Err(garde::Error::new("not a kind")) }
}

/// The command line with clap.
#[derive(Parser)]
#[command(name = "astro")]
pub(crate) struct Astro {
    #[command(subcommand)]
    pub(crate) group: Group,
}

#[derive(Subcommand)]
pub(crate) enum Group {
    Organization(Token),
    Workspace(Token),
    Deployment(Token),
}

#[derive(clap::Args)]
pub(crate) struct Token {
    #[command(subcommand)]
    pub(crate) token: TokenGroup,
}

#[derive(Subcommand)]
pub(crate) enum TokenGroup {
    Token(Operation),
}

#[derive(clap::Args)]
pub(crate) struct Operation {
    #[command(subcommand)]
    pub(crate) operation: Operations,
}

#[derive(Subcommand)]
pub(crate) enum Operations {
    Create(Create),
    List(Identified),
    Delete(Identified),
    Rotate(Identified),
}

#[derive(clap::Args)]
pub(crate) struct Create {
    #[arg(short, long)]
    pub(crate) name: String,
    #[arg(short, long)]
    pub(crate) description: Option<String>,
    #[arg(short, long, value_parser = ["WORKSPACE_OWNER", "WORKSPACE_OPERATOR", "WORKSPACE_AUTHOR", "WORKSPACE_MEMBER", "WORKSPACE_ACCESSOR"])]
    pub(crate) role: String,
    #[arg(short, long, value_parser = clap::value_parser!(i64).range(1..=3650))]
    pub(crate) expiration: Option<i64>,
    #[arg(long)]
    pub(crate) workspace_id: Option<String>,
    #[arg(short, long)]
    pub(crate) clean_output: bool,
}

#[derive(clap::Args)]
pub(crate) struct Identified {
    pub(crate) id: Option<String>,
    #[arg(short, long)]
    pub(crate) name: Option<String>,
    #[arg(short, long)]
    pub(crate) force: bool,
}
