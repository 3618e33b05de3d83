//! `DELETE /organizations/{organizationId}/tokens/{tokenId}`
//!
//! Source: <https://www.astronomer.io/docs/astro/api/v-1/api-token/delete-api-token>

use std::borrow::Cow;

use super::{Draft, token_url};
use crate::{Api, Method, fields::fields, report::Report, spelling::Path};

fields! {
    /// Deletes a token. Its secret stops working at once, and it cannot be brought back.
    pub struct DeleteToken {
        /// The id of the token.
        token_id: text,
    }
    aliases {
        "id" => "token_id",
        "token" => "token_id",
    }
}

impl<'a> DeleteToken<'a> {
    /// For the token of this id.
    #[must_use]
    pub fn new(token_id: impl Into<Cow<'a, str>>) -> Self {
        DeleteToken::default().token_id(token_id)
    }

    pub(crate) fn draft(&self, api: &Api, report: &mut Report) -> Option<Draft> {
        let token_id = report.required_id(Path::field("token_id"), &self.token_id)?;
        Some(Draft { method: Method::Delete, url: token_url(api, token_id, ""), body: None })
    }
}
