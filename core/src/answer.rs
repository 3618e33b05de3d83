//! Makes typed answers of responses.

use std::collections::BTreeMap;

use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

use crate::{ApiError, ApiToken, EntityType, Response, SubjectRoles, TokenPage, TokenRole, plain::is_id, text::shown};

/// The answer to any operation. Serialised it is Astro's JSON with secrets redacted, or null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Answer {
    /// A token: the answer to create, get, update and rotate.
    Token(Box<ApiToken>),
    /// One page of a list of tokens.
    Page(TokenPage),
    /// The roles of a token after they were replaced.
    Roles(SubjectRoles),
    /// That it worked: the answer to delete.
    Nothing,
}

impl From<ApiToken> for Answer {
    fn from(token: ApiToken) -> Self {
        Answer::Token(Box::new(token))
    }
}

impl From<TokenPage> for Answer {
    fn from(page: TokenPage) -> Self {
        Answer::Page(page)
    }
}

impl From<SubjectRoles> for Answer {
    fn from(roles: SubjectRoles) -> Self {
        Answer::Roles(roles)
    }
}

impl From<()> for Answer {
    fn from((): ()) -> Self {
        Answer::Nothing
    }
}

/// An answer with ids in it. They become a part of URLs and of commands, so an answer must not smuggle anything else
/// in.
pub(crate) trait Ids {
    /// The first text that is in the place of an id and cannot be one.
    fn wrong_id(&self) -> Option<&str>;
}

impl Ids for ApiToken {
    fn wrong_id(&self) -> Option<&str> {
        let of_roles = self.roles.iter().flatten().filter_map(entity_id);
        first_wrong(std::iter::once(self.id.as_str()).chain(of_roles))
    }
}

impl Ids for TokenPage {
    fn wrong_id(&self) -> Option<&str> {
        self.tokens.iter().find_map(ApiToken::wrong_id)
    }
}

impl Ids for SubjectRoles {
    fn wrong_id(&self) -> Option<&str> {
        let ids = [(&self.workspace_roles, "workspaceId"), (&self.deployment_roles, "deploymentId")];
        let ids = ids.into_iter().flat_map(|(roles, name)| {
            roles.iter().flatten().filter_map(move |role| role.get(name).and_then(serde_json::Value::as_str))
        });
        first_wrong(ids)
    }
}

/// The id of the entity of a role, where it has one. What stands there for a type of entity that this release does not
/// know, nobody can judge.
fn entity_id(role: &TokenRole) -> Option<&str> {
    let has_id = role.entity_type.known().is_some_and(EntityType::has_id);
    has_id.then_some(role.entity_id.as_str())
}

pub(crate) fn first_wrong<'a>(mut ids: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    ids.find(|id| !is_id(id))
}

/// The answer of a read or change.
pub(crate) fn read<T: DeserializeOwned + Ids>(response: &Response) -> Result<T, ApiError> {
    let answer: T = read_json(response)?;
    match answer.wrong_id() {
        Some(wrong) => {
            let reason = format!("the answer has {} in the place of an id", shown(wrong));
            Err(ApiError::unreadable(response, &reason))
        }
        None => Ok(answer),
    }
}

fn read_json<T: DeserializeOwned>(response: &Response) -> Result<T, ApiError> {
    if !response.is_success() {
        return Err(ApiError::refused(response));
    }
    let not_json = "the answer is not JSON";
    let text = match std::str::from_utf8(response.body()) {
        Ok(text) => text,
        Err(error) if error.error_len().is_some() => return Err(ApiError::unreadable(response, not_json)),
        // It ends inside of a character, and so does not even end where JSON does.
        Err(error) => std::str::from_utf8(&response.body()[..error.valid_up_to()]).unwrap_or_default(),
    };
    match serde_json::from_str(text) {
        Ok(answer) if text.len() == response.body().len() => Ok(answer),
        Ok(_) => Err(ApiError::unreadable(response, not_json)),
        Err(error) => {
            let reason = match error.classify() {
                serde_json::error::Category::Data => "the answer does not have the documented shape",
                serde_json::error::Category::Eof => "the answer is cut short",
                serde_json::error::Category::Io | serde_json::error::Category::Syntax => not_json,
            };
            Err(ApiError::unreadable(response, reason))
        }
    }
}

/// The answer of create and rotate, which has to hold the secret.
pub(crate) fn read_with_secret(response: &Response) -> Result<ApiToken, ApiError> {
    let token: ApiToken = read(response)?;
    match &token.token {
        Some(secret) if !secret.expose().is_empty() => Ok(token),
        _ => Err(ApiError::unreadable(response, "the answer holds no secret")),
    }
}

/// The answer of delete: that it worked. A page of a proxy is a success, too, and must not pass for a deletion.
///
/// Source: the published schema answers with 204; 200 and 202 with nothing or an object are what else HTTP has for it
/// (RFC 9110, section 9.3.5).
pub(crate) fn read_nothing(response: &Response) -> Result<(), ApiError> {
    let says_nothing = || response.body().iter().all(u8::is_ascii_whitespace);
    let is_object = || serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(response.body()).is_ok();
    match response.status() {
        204 => Ok(()),
        200 | 202 if says_nothing() || is_object() => Ok(()),
        200..=299 => Err(ApiError::unreadable(response, "the answer is not that of a deletion")),
        _ => Err(ApiError::refused(response)),
    }
}
