//! `GET /organizations/{organizationId}/tokens`
//!
//! Source: <https://www.astronomer.io/docs/astro/api/v-1/api-token/list-api-tokens>

use super::{Draft, Kind};
use crate::{Api, Method, fields::fields, report::Report, request::push_query, spelling::Path};

/// Largest whole number that every JSON implementation carries exactly (RFC 8259, section 6); Astro names no limit.
const LARGEST_OFFSET: i64 = 9_007_199_254_740_991;
/// Source: `limit` in the published schema.
const LARGEST_LIMIT: i64 = 1000;

/// Every order of the list. Source: `sorts` in the published schema.
pub(crate) const SORTS: &[(&str, &str)] = &[
    ("name:asc", "name:asc"),
    ("name:desc", "name:desc"),
    ("description:asc", "description:asc"),
    ("description:desc", "description:desc"),
    ("createdAt:asc", "createdAt:asc"),
    ("createdAt:desc", "createdAt:desc"),
    ("updatedAt:asc", "updatedAt:asc"),
    ("updatedAt:desc", "updatedAt:desc"),
    ("tokenStartAt:asc", "tokenStartAt:asc"),
    ("tokenStartAt:desc", "tokenStartAt:desc"),
];

fields! {
    /// Lists one page of the tokens of the Organization; Astro's default is the first 20.
    ///
    /// ```
    /// use astro_tokens::{Api, ListTokens, Operation};
    ///
    /// let api = Api::new("clorg")?;
    /// let request = ListTokens::default().workspace_id("clws").limit(100).sorts(["createdAt:desc"]).request(&api)?;
    /// assert!(request.url().ends_with("/tokens?workspaceId=clws&limit=100&sorts=createdAt%3Adesc"));
    /// # Ok::<(), astro_tokens::ValidationError>(())
    /// ```
    pub struct ListTokens {
        /// Only the tokens with a role on this Workspace.
        workspace_id: text,
        /// Only the tokens with a role on this Deployment.
        deployment_id: text,
        /// Only Organization tokens.
        only_organization_tokens: boolean,
        /// How many tokens to skip: 0 or more.
        offset: integer,
        /// How many tokens to answer with: 0 to 1000. Not given: 20.
        limit: integer,
        /// Field and direction, such as `createdAt:desc`; the first decides, the next break ties.
        sorts: texts,
        /// Only tokens of this [`Kind`]; v1 only.
        kind: text,
        /// Only the tokens with a role on the DAG of this id; free text; v1 only.
        dag_id: text,
        /// Only the tokens with a role on DAGs with these tags; free text; v1 only.
        dag_tags: texts,
    }
    aliases {
        "includeOnlyOrganizationTokens" => "only_organization_tokens",
        "include_only_organization_tokens" => "only_organization_tokens",
        "sort" => "sorts",
    }
}

impl ListTokens<'_> {
    pub(crate) fn draft(&self, api: &Api, report: &mut Report) -> Option<Draft> {
        let workspace_id = report.id(Path::field("workspace_id"), &self.workspace_id);
        let deployment_id = report.id(Path::field("deployment_id"), &self.deployment_id);
        let only_at = Path::field("only_organization_tokens");
        let only_organization = report.boolean(only_at, &self.only_organization_tokens);
        let none = |_: &Report| String::new();
        let offset = report.integer(Path::field("offset"), &self.offset, 0..=LARGEST_OFFSET, "", none);
        let limit = report.integer(Path::field("limit"), &self.limit, 0..=LARGEST_LIMIT, "", none);
        let sorts = report.each(Path::field("sorts"), &self.sorts, |report, at, item| {
            let sort = report.choice(at, item, SORTS);
            report.required(at, sort)
        });
        let kind = report.since_v1(api, Path::field("kind"), &self.kind, |report, at, value| {
            report.choice(at, value, Kind::CHOICES)
        });
        let dag_id = report.since_v1(api, Path::field("dag_id"), &self.dag_id, Report::free_text);
        let dag_tags = report.since_v1(api, Path::field("dag_tags"), &self.dag_tags, |report, at, value| {
            report.each(at, value, |report, at, item| {
                let tag = report.free_text(at, item);
                report.required(at, tag)
            })
        });
        if report.has_errors() {
            return None;
        }

        let mut url = api.tokens_url().to_string();
        let mut first = true;
        let mut push = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                push_query(&mut url, &mut first, name, value);
            }
        };
        push("workspaceId", workspace_id.value());
        push("deploymentId", deployment_id.value());
        push("dagId", dag_id.value());
        dag_tags.value().iter().flatten().for_each(|tag| push("dagTags", Some(tag)));
        let only_organization = only_organization.map(|only| if only { "true" } else { "false" });
        push("includeOnlyOrganizationTokens", only_organization.value());
        push("kind", kind.map(Kind::as_str).value());
        push("offset", offset.map(|offset| offset.to_string()).value().as_deref());
        push("limit", limit.map(|limit| limit.to_string()).value().as_deref());
        sorts.value().iter().flatten().for_each(|sort| push("sorts", Some(sort)));
        Some(Draft { method: Method::Get, url: url.into(), body: None })
    }
}
