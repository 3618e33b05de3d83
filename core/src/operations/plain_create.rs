//! The short way for what creates a token: where every field is plainly right, which nearly all are, nothing has to be
//! reported, and the body can be written at once.
//!
//! Whatever this does not take goes the long way, which knows every rule and says what is wrong. That both agree is
//! tested with generated inputs, beside the long way; the shared cases take whichever way is theirs.

use std::borrow::Cow;

use super::create_token::{Checked, CreateToken, Kind, LONGEST_DOCUMENTED_DEPLOYMENT_DAYS, LONGEST_EXPIRATION_DAYS};
use crate::{
    Api, ApiVersion, Scope, Value,
    plain::{is_id, is_plain},
    texts::{DESCRIPTION_CHARACTERS, NAME_CHARACTERS},
};

/// The token, if there is nothing at all to say about it.
pub(super) fn plain<'v>(token: &'v CreateToken<'_>, api: &Api) -> Option<Checked<'v>> {
    let name = text(&token.name)?.filter(|name| name.len() <= NAME_CHARACTERS && is_plain(name))?;
    let description = match text(&token.description)? {
        Some(text) if text.len() > DESCRIPTION_CHARACTERS || !is_plain(text) => return None,
        description => description,
    };
    let (scope, entity_id) = match (text(&token.workspace_id)?, text(&token.deployment_id)?) {
        (None, None) => (Scope::Organization, None),
        (Some(id), None) if is_id(id) => (Scope::Workspace, Some(id)),
        (None, Some(id)) if is_id(id) => (Scope::Deployment, Some(id)),
        _ => return None,
    };
    if text(&token.scope)?.is_some_and(|explicit| explicit != scope.as_str()) {
        return None;
    }
    let role = text(&token.role)?.filter(|role| scope.entity_type().has_role(role))?;
    let longest = if scope == Scope::Deployment { LONGEST_DOCUMENTED_DEPLOYMENT_DAYS } else { LONGEST_EXPIRATION_DAYS };
    let days = match token.expiration_days {
        Value::Integer(days) => days,
        Value::Float(days) if days.fract() == 0.0 => days as i64,
        _ => return None,
    };
    let kind = match text(&token.kind)? {
        None => None,
        Some(name) if api.version() == ApiVersion::V1 => {
            Some(Kind::CHOICES.iter().find(|(choice, _)| *choice == name)?.1)
        }
        Some(_) => return None,
    };
    (1..=longest).contains(&days).then_some(Checked {
        name,
        description,
        scope,
        role,
        entity_id,
        days: Some(days),
        kind,
        is_plain: true,
    })
}

/// The text in a field, if there is one; nothing where there is something else.
fn text<'v>(value: &'v Value<'_>) -> Option<Option<&'v str>> {
    match value {
        Value::Absent => Some(None),
        Value::Text(Cow::Borrowed(text)) => Some(Some(text)),
        Value::Text(Cow::Owned(text)) => Some(Some(text)),
        _ => None,
    }
}
