//! What commands print when they have done their work.

use std::fmt::Write;

use serde::Serialize;

use super::table::Table;
use crate::{
    ApiToken, EntityType, Mark, Scope, Timestamp, TokenRole, Word,
    claims::ago,
    conversation::{EffectAction, EffectState, RoleChange, Rotation, TokenUpdate},
    text::{listed_plainly, shown},
};

const DAY_MS: i64 = 86_400_000;

/// In which form a command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Json,
    /// The secret and nothing else.
    Clean,
}

/// A token with its secret, because that is the point.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exposed<'t> {
    #[serde(flatten)]
    token: ApiToken,
    #[serde(rename = "token")]
    secret: &'t str,
}

pub(super) fn json(value: &impl Serialize) -> String {
    // Nothing that is printed here has keys that are no text.
    serde_json::to_string_pretty(value).map(|text| text + "\n").unwrap_or_default()
}

fn secret(token: &ApiToken) -> &str {
    token.token.as_ref().map_or("", |secret| secret.expose())
}

fn named(token: &ApiToken) -> String {
    format!("{} ({})", shown(&token.id), shown(&token.name))
}

fn noun(scope: &Word<Scope>) -> String {
    scope.known().map_or_else(|| scope.to_string(), |scope| scope.entity_type().noun().to_owned())
}

fn on(entity: &Word<EntityType>, id: &str) -> String {
    let noun = entity.known().map_or_else(|| entity.to_string(), |entity| entity.noun().to_owned());
    format!("the {noun} {}", shown(id))
}

/// `2026-12-22 08:40 UTC`
pub(super) fn minute(time: &Timestamp) -> String {
    let utc = Timestamp::from_unix_millis(time.unix_millis());
    let text = utc.as_str();
    format!("{} {} UTC", text.get(..10).unwrap_or_default(), text.get(11..16).unwrap_or_default())
}

/// When something that ends at this time does so, in words.
pub(super) fn expiry(end: Option<&Timestamp>, now_ms: i64) -> String {
    let Some(end) = end else { return "never".to_owned() };
    let left = end.unix_millis() - now_ms;
    let words = match left / DAY_MS {
        _ if left <= 0 => ago(-left),
        0 => "within a day".to_owned(),
        // A token of 30 days that was made a moment ago has 30 days left.
        _ => match (left + DAY_MS / 2) / DAY_MS {
            1 => "in 1 day".to_owned(),
            days => format!("in {days} days"),
        },
    };
    format!("{}, {words}", minute(end))
}

impl Format {
    fn secret(self, token: &ApiToken, text: impl FnOnce() -> String) -> String {
        match self {
            Format::Clean => format!("{}\n", secret(token)),
            Format::Json => json(&Exposed { token: ApiToken { token: None, ..token.clone() }, secret: secret(token) }),
            Format::Text => format!("{}the secret, which is shown only this once:\n{}\n", text(), secret(token)),
        }
    }

    pub(super) fn created(self, token: &ApiToken, now_ms: i64) -> String {
        self.secret(token, || {
            let mut text = format!("created the {} token {}\n", noun(&token.scope), named(token));
            for TokenRole { role, entity_type, entity_id, .. } in token.roles.iter().flatten() {
                let _ = writeln!(text, "role: {} on {}", shown(role), on(entity_type, entity_id));
            }
            let _ = writeln!(text, "expires: {}", expiry(token.end_at.as_ref(), now_ms));
            text
        })
    }

    pub(super) fn rotated(self, token: &ApiToken, now_ms: i64) -> String {
        self.secret(token, || {
            let expires = expiry(token.end_at.as_ref(), now_ms);
            format!("replaced the secret of the token {}\nexpires: {expires}\n", named(token))
        })
    }

    /// The successor in a rotation with overlap.
    pub(super) fn successor(self, token: &ApiToken, now_ms: i64) -> String {
        self.secret(token, || {
            format!("made the successor {}\nexpires: {}\n", named(token), expiry(token.end_at.as_ref(), now_ms))
        })
    }

    /// A secret that a failure left behind.
    pub(super) fn left_behind(self, secret: &str) -> String {
        match self {
            Format::Json => json(&serde_json::json!({ "token": secret })),
            Format::Text | Format::Clean => format!("{secret}\n"),
        }
    }
}

/// What became of the other tokens of a rotation with overlap, or of its end: those that were deleted or left.
pub(super) fn rotation(rotation: &Rotation, group: &str) -> String {
    let mut text = String::new();
    for effect in &rotation.effects {
        let is_about_others = matches!(effect.action, EffectAction::Delete | EffectAction::Leave);
        if is_about_others || effect.state == EffectState::Unclear {
            let _ = writeln!(text, "{}", effect.text);
        }
    }
    let old = rotation.old_token_id.as_deref().unwrap_or_default();
    match rotation.old_kept_until_ms {
        Some(until) if rotation.token.token.is_some() => {
            let time = minute(&Timestamp::from_unix_millis(until));
            let new = crate::command::quoted(&rotation.token.id);
            let _ = writeln!(
                text,
                "the old token `{old}` stays until {time}; the next rotation deletes it then, and so does \
                 `astro-tokens {group} token finish-rotation {new} --force`"
            );
        }
        _ if text.is_empty() => text.push_str("nothing to do\n"),
        _ => {}
    }
    text
}

pub(super) fn updated(update: &TokenUpdate) -> String {
    let token = named(&update.token);
    if update.changed.is_empty() {
        return format!("nothing to do: the token {token} is so already\n");
    }
    let mut text = format!("changed the {} of the token {token}\n", listed_plainly(&update.changed));
    if let Some(old) = &update.old_role {
        let new =
            update.token.roles.iter().flatten().find(|role| role.entity_type.as_str() == update.token.scope.as_str());
        let new = new.map_or_else(|| "another".to_owned(), |role| shown(&role.role));
        let _ = writeln!(text, "role: {} before, {new} now", shown(old));
    }
    text
}

pub(super) fn role_changed(change: &RoleChange) -> String {
    let token = named(&change.token);
    let place = on(&Word::Known(change.entity_type), &change.entity_id);
    let mut text = match (&change.old_role, &change.new_role) {
        (_, Some(role)) if !change.changed => {
            format!("nothing to do: the token {token} is {} on {place} already\n", shown(role))
        }
        (_, None) if !change.changed => format!("nothing to do: the token {token} has no role on {place}\n"),
        (None, Some(new)) => format!("gave the token {token} the role {} on {place}\n", shown(new)),
        (Some(old), Some(new)) => {
            format!("changed the role of the token {token} on {place}: {} before, {} now\n", shown(old), shown(new))
        }
        (Some(old), None) => format!("took the role {} on {place} away from the token {token}\n", shown(old)),
        (None, None) => format!("took roles on {place} away from the token {token}\n"),
    };
    for TokenRole { role, entity_type, entity_id, .. } in &change.removed {
        let _ = writeln!(text, "and the role {} on {}", shown(role), on(entity_type, entity_id));
    }
    text
}

/// The table of tokens that belong to, or have a role on, the Organization, Workspace or Deployment.
pub(super) fn tokens(
    tokens: &[ApiToken],
    scope: Scope,
    entity_id: &str,
    now_ms: i64,
    columns: Option<usize>,
) -> String {
    let role_header = match scope {
        Scope::Organization => "ORGANIZATION_ROLE",
        Scope::Workspace => "WORKSPACE_ROLE",
        Scope::Deployment => "DEPLOYMENT_ROLE",
    };
    let mut headers = vec!["ID", "NAME", "DESCRIPTION", "SCOPE", role_header, "CREATED", "CREATED BY"];
    // Most lists have none.
    let states: Vec<String> = tokens.iter().map(state).collect();
    let has_states = states.iter().any(|state| !state.is_empty());
    headers.extend(has_states.then_some("STATE"));
    let mut table = Table::new(headers);
    for (token, state) in tokens.iter().zip(&states) {
        let entity = Word::Known(scope.entity_type());
        let is_here = |role: &&TokenRole| role.entity_type == entity && role.entity_id == entity_id;
        let role = match &token.roles {
            Some(roles) => roles.iter().find(is_here).map_or("", |role| role.role.as_str()),
            None => "unknown",
        };
        let by = token.created_by.as_ref().map(|by| by.shown_name());
        let age = ago(now_ms - token.created_at.unix_millis());
        let mut row = vec![
            token.id.as_str(),
            &token.name,
            token.plain_description(),
            token.scope.as_str(),
            role,
            &age,
            by.unwrap_or_default(),
        ];
        row.extend(has_states.then_some(state.as_str()));
        table.push(row);
    }
    table.text(columns, "DESCRIPTION")
}

/// What a rotation, or a create with a key, has written about a token, in a few words.
fn state(token: &ApiToken) -> String {
    match token.mark() {
        Some(Mark::Pending { of, .. }) => format!("made to replace {of}"),
        Some(Mark::Keyed { .. }) => "not handed over".to_owned(),
        Some(Mark::Replaced { by, until, .. }) => format!("replaced by {by}, kept until {}", minute(&until)),
        Some(Mark::Settled { .. }) | None => String::new(),
    }
}

/// The table of the roles of a token.
pub(super) fn roles(roles: &[TokenRole]) -> String {
    let mut table = Table::new(vec!["ENTITY_TYPE", "ENTITY_ID", "ROLE"]);
    for role in roles {
        table.push(vec![role.entity_type.as_str(), &role.entity_id, &role.role]);
    }
    table.text(None, "")
}
