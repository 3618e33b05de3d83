//! Makes typed answers of responses.

use serde::de::DeserializeOwned;

use crate::{ApiError, ApiToken, Response};

/// The answer of a read or change.
pub(crate) fn read<T: DeserializeOwned>(response: &Response) -> Result<T, ApiError> {
    if !response.is_success() {
        return Err(ApiError::refused(response));
    }
    serde_json::from_slice(response.body()).map_err(|error| {
        let reason = match error.classify() {
            serde_json::error::Category::Data => "the answer does not have the documented shape",
            serde_json::error::Category::Eof => "the answer is cut short",
            serde_json::error::Category::Io | serde_json::error::Category::Syntax => "the answer is not JSON",
        };
        ApiError::unreadable(response, reason)
    })
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
