//! `POST /organizations/{organizationId}/tokens/{tokenId}`
//!
//! Source: <https://www.astronomer.io/docs/astro/api/v-1/api-token/update-api-token>

use std::borrow::Cow;

use super::{Draft, token_url};
use crate::{
    Api, Method,
    fields::fields,
    json::{Object, key},
    report::{Given, Report},
    spelling::Path,
};

fields! {
    /// Changes the name and description of a token. Its expiration and scope cannot be changed.
    pub struct UpdateToken {
        /// The id of the token.
        token_id: text,
        /// The name: 1 to 256 characters. The API wants it each time, also where it stays the same.
        name: text,
        /// The description: at most 500 characters. `""` clears it, not given leaves it as it is.
        description: text,
    }
    aliases {
        "id" => "token_id",
        "token" => "token_id",
        "new_name" => "name",
        "newName" => "name",
    }
}

impl<'a> UpdateToken<'a> {
    /// For the token of this id, with the name that it shall have.
    #[must_use]
    pub fn new(token_id: impl Into<Cow<'a, str>>, name: impl Into<Cow<'a, str>>) -> Self {
        UpdateToken::default().token_id(token_id).name(name)
    }

    pub(crate) fn draft(&self, api: &Api, report: &mut Report) -> Option<Draft> {
        let token_id = report.required_id(Path::field("token_id"), &self.token_id);
        let name = report.name(Path::field("name"), &self.name);
        let description = report.description(Path::field("description"), &self.description);

        let mut body = Object::new();
        body.text(key!("name"), name?);
        if let Given::Is(description) = description {
            body.text(key!("description"), description);
        }
        Some(Draft { method: Method::Post, url: token_url(api, token_id?, ""), body: Some(body.finish()) })
    }
}
