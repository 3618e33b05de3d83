//! What Astro answers: tokens, pages of them, and the roles of a subject.
//!
//! New fields and new values of enumerations appear over time, so nothing here fails on them and nothing is lost: an
//! enumeration is a [`Word`], and fields without a name here are kept in `extra`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{EntityType, Kind, Scope, Secret, Timestamp, open::Word};

/// Fields of an answer that this release does not know, by name.
pub type Extra = BTreeMap<String, serde_json::Value>;

/// An API token, as Astro describes it.
///
/// Source: `ApiToken` in the published schema; v1beta1 calls the scope `type` and leaves `roles` out of lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ApiToken {
    /// The id: `clm8q7f6q000008lcgyougpsk`.
    pub id: String,
    /// The name. Names are not unique.
    pub name: String,
    /// The description; may be empty.
    #[serde(default, deserialize_with = "null_is_default")]
    pub description: String,
    /// What the token is for.
    #[serde(alias = "type")]
    pub scope: Word<Scope>,
    /// The kind; v1 only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Word<Kind>>,
    /// The roles. Absent is not empty: a list may leave them out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<TokenRole>>,
    /// Identifies the secret without revealing it: safe to log.
    #[serde(default, deserialize_with = "null_is_default")]
    pub short_token: String,
    /// When the token becomes valid.
    pub start_at: Timestamp,
    /// When the token expires; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Days from its creation or rotation until it expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry_period_in_days: Option<i64>,
    /// When it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// When its secret was last replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_rotated_at: Option<Timestamp>,
    /// Who created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Subject>,
    /// Who changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<Subject>,
    /// The secret; only in the answers to create and rotate. Serialised it is redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// What this release does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The times of a token in milliseconds since 1970, in the order of its fields: `start_at`, `end_at`, `created_at`,
/// `updated_at`, `last_used_at`, `last_rotated_at`.
pub type TokenTimes = [Option<i64>; 6];

impl ApiToken {
    /// All its times at once, for hosts that have times of their own.
    #[must_use]
    pub fn times(&self) -> TokenTimes {
        let ApiToken { start_at, end_at, created_at, updated_at, last_used_at, last_rotated_at, .. } = self;
        [
            Some(start_at),
            end_at.as_ref(),
            Some(created_at),
            Some(updated_at),
            last_used_at.as_ref(),
            last_rotated_at.as_ref(),
        ]
        .map(|time| time.map(Timestamp::unix_millis))
    }
}

/// A role of a token on an entity.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TokenRole {
    /// What the role is granted on.
    pub entity_type: Word<EntityType>,
    /// The id of the entity; of a DAG its DAG id, of a DAG tag the tag.
    pub entity_id: String,
    /// The role, predefined or custom.
    pub role: String,
    /// The Deployment of a DAG or DAG tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<String>,
    /// What this release does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A user or token that did something.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Subject {
    /// The id.
    pub id: String,
    /// `USER` or `SERVICEKEY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_type: Option<String>,
    /// The full name of a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_name: Option<String>,
    /// The username of a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The name of a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_token_name: Option<String>,
    /// What this release does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Subject {
    /// What to call it: a user's name, that of a token, or the id.
    #[must_use]
    pub fn shown_name(&self) -> &str {
        let names = [&self.full_name, &self.api_token_name, &self.username];
        names.into_iter().flatten().find(|name| !name.is_empty()).map_or(&self.id, String::as_str)
    }
}

/// One page of a list of tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TokenPage {
    /// The tokens of this page.
    #[serde(deserialize_with = "null_is_default")]
    pub tokens: Vec<ApiToken>,
    /// How many tokens a page has at most.
    pub limit: i64,
    /// How many tokens come before this page.
    pub offset: i64,
    /// How many tokens there are on all pages.
    pub total_count: i64,
    /// What this release does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The roles of a token after they were replaced: not a token.
///
/// Source: `SubjectRoles` in the published schema.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SubjectRoles {
    /// The role on the Organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_role: Option<String>,
    /// The roles on Workspaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_roles: Option<Vec<Extra>>,
    /// The roles on Deployments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_roles: Option<Vec<Extra>>,
    /// The roles on DAGs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dag_roles: Option<Vec<Extra>>,
    /// What this release does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Go writes an empty list as `null`, and some fields that are not optional as well.
fn null_is_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
