//! `GET /organizations/{organizationId}/tokens/{tokenId}`
//!
//! Source: <https://www.astronomer.io/docs/astro/api/v-1/api-token/get-api-token>

use std::borrow::Cow;

use super::{Draft, token_url};
use crate::{Api, Method, fields::fields, report::Report, spelling::Path};

fields! {
    /// Reads one token, with its roles. The secret is not in the answer.
    pub struct GetToken {
        /// The id of the token.
        token_id: text,
    }
    aliases {
        "id" => "token_id",
        "token" => "token_id",
    }
}

impl<'a> GetToken<'a> {
    /// For the token of this id.
    #[must_use]
    pub fn new(token_id: impl Into<Cow<'a, str>>) -> Self {
        GetToken::default().token_id(token_id)
    }

    pub(crate) fn draft(&self, api: &Api, report: &mut Report) -> Option<Draft> {
        let token_id = report.required_id(Path::field("token_id"), &self.token_id)?;
        Some(Draft { method: Method::Get, url: token_url(api, token_id, ""), body: None })
    }
}
