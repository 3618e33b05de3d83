//! `POST /organizations/{organizationId}/tokens/{tokenId}/roles`
//!
//! Source: <https://www.astronomer.io/docs/astro/api/v-1/api-token/update-api-token-roles>

use std::borrow::Cow;

use super::{Draft, token_url};
use crate::{
    Api, Grant, Method, Scope,
    fields::fields,
    grants::{self, ReadGrant},
    json::{Object, key},
    report::{Given, Report},
    spelling::Path,
};

fields! {
    /// Replaces all roles of a token: what is not in the list is taken away.
    ///
    /// ```
    /// use astro_tokens::{Api, Grant, Operation, UpdateTokenRoles};
    ///
    /// let api = Api::new("clorg")?;
    /// let request = UpdateTokenRoles::new("cltoken", "ORGANIZATION", [
    ///     Grant::new("ORGANIZATION", "clorg", "ORGANIZATION_MEMBER"),
    ///     Grant::new("WORKSPACE", "clws", "WORKSPACE_AUTHOR"),
    /// ])
    /// .request(&api)?;
    /// assert!(request.url().ends_with("/tokens/cltoken/roles"));
    /// # Ok::<(), astro_tokens::ValidationError>(())
    /// ```
    pub struct UpdateTokenRoles {
        /// The id of the token.
        token_id: text,
        /// The scope that the token has: `ORGANIZATION`, `WORKSPACE` or `DEPLOYMENT`. It decides which roles the token
        /// may hold, and is not sent.
        scope: text,
        /// All roles that the token shall have, at least the one on the entity of its own scope.
        roles: grants,
    }
    aliases {
        "id" => "token_id",
        "token" => "token_id",
        "type" => "scope",
        "grants" => "roles",
    }
}

impl<'a> UpdateTokenRoles<'a> {
    /// For the token of this id and scope, with all the roles that it shall have.
    #[must_use]
    pub fn new(
        token_id: impl Into<Cow<'a, str>>,
        scope: impl Into<Cow<'a, str>>,
        roles: impl IntoIterator<Item = Grant<'a>>,
    ) -> Self {
        UpdateTokenRoles::default().token_id(token_id).scope(scope).roles(roles)
    }

    pub(crate) fn draft(&self, api: &Api, report: &mut Report) -> Option<Draft> {
        let token_id = report.required_id(Path::field("token_id"), &self.token_id);
        let scope = report.choice(Path::field("scope"), &self.scope, Scope::CHOICES);
        let scope = report.required(Path::field("scope"), scope);

        let roles_at = Path::field("roles");
        let list = report.list(roles_at, &self.roles);
        if matches!(list, Given::Absent | Given::Is([])) {
            report
                .missing(roles_at, "give all roles that the token shall have; to take away the last, delete the token");
        }
        let read = grants::read(report, roles_at, list.value().unwrap_or_default());
        let checked = grants::check(api, report, roles_at, scope, &read);
        if report.has_errors() {
            return None;
        }

        let mut body = Object::new();
        body.objects(key!("roles"), checked.iter().filter_map(ReadGrant::body));
        Some(Draft { method: Method::Post, url: token_url(api, token_id?, "/roles"), body: Some(body.finish()) })
    }
}
