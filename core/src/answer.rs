//! Makes typed answers of responses.

use serde::{Serialize, de::DeserializeOwned};

use crate::{ApiError, ApiToken, Response, SubjectRoles, TokenPage};

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

/// The answer of a read or change.
pub(crate) fn read<T: DeserializeOwned>(response: &Response) -> Result<T, ApiError> {
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

/// The answer of delete: that it worked.
pub(crate) fn read_nothing(response: &Response) -> Result<(), ApiError> {
    if response.is_success() { Ok(()) } else { Err(ApiError::refused(response)) }
}
