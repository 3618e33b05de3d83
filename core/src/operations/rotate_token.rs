//! `POST /organizations/{organizationId}/tokens/{tokenId}/rotate`
//!
//! Source: <https://www.astronomer.io/docs/astro/api/v-1/api-token/rotate-api-token>

use std::borrow::Cow;

use super::{Draft, token_url};
use crate::{Api, Method, fields::fields, report::Report, spelling::Path};

fields! {
    /// Replaces the secret of a token. The old value stops working at once; the new one is in the answer to this request
    /// and never shown again.
    pub struct RotateToken {
        /// The id of the token.
        token_id: text,
    }
    aliases {
        "id" => "token_id",
        "token" => "token_id",
    }
}

impl<'a> RotateToken<'a> {
    /// For the token of this id.
    #[must_use]
    pub fn new(token_id: impl Into<Cow<'a, str>>) -> Self {
        RotateToken::default().token_id(token_id)
    }

    pub(crate) fn draft(&self, api: &Api, report: &mut Report) -> Option<Draft> {
        let token_id = report.required_id(Path::field("token_id"), &self.token_id)?;
        Some(Draft { method: Method::Post, url: token_url(api, token_id, "/rotate"), body: None })
    }
}
