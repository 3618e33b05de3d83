//! [`AllTokens`]: every token that a list has, page by page.

mod paging;

pub(super) use paging::{PAGE, Paging};

use super::{error::Failure, owner::Owner, talk::Talk, work::Plan};
use crate::{
    Api, ApiToken, ListTokens, Operation, Request, Scope, TokenPage, Value, Word, fields::fields, report::Report,
    spelling::Path,
};

fields! {
    /// Every token of the Organization, a Workspace or a Deployment, page by page, each token once.
    ///
    /// Oldest first, unless `sorts` says otherwise, so that tokens which are created meanwhile come at the end; where
    /// tokens are deleted meanwhile, it goes back as far as the rest has moved, and leaves out what it has shown.
    ///
    /// Where what Astro lists and what it says about the list do not agree, it fails with the code `unverifiable` after
    /// all pages that it could read, so that an incomplete list is never taken for a complete one.
    pub struct AllTokens {
        /// Only the tokens with a role on this Workspace.
        workspace_id: text,
        /// Only the tokens with a role on this Deployment.
        deployment_id: text,
        /// Only Organization tokens.
        only_organization_tokens: boolean,
        /// Field and direction, such as `createdAt:desc`; the first decides, the next break ties.
        sorts: texts,
        /// Only the tokens of this kind; v1 only.
        kind: text,
        /// Only the tokens with a role on the DAG of this id; v1 only.
        dag_id: text,
        /// Only the tokens with a role on DAGs with these tags; v1 only.
        dag_tags: texts,
        /// How many tokens to ask for at once: 1 to 1000. Default: 1000.
        page_size: integer,
    }
    aliases {
        "workspace" => "workspace_id",
        "deployment" => "deployment_id",
        "include_only_organization_tokens" => "only_organization_tokens",
        "includeOnlyOrganizationTokens" => "only_organization_tokens",
    }
}

impl AllTokens<'_> {
    pub(crate) fn plan(&self, api: &Api, report: &mut Report) -> Option<Pages> {
        let none = |_: &Report| "pass 1 or more".to_owned();
        let size = report.integer(Path::field("page_size"), &self.page_size, 1..=1000, "", none);
        let is_sorted = self.sorts != Value::Absent;
        let list = ListTokens {
            workspace_id: self.workspace_id.clone(),
            deployment_id: self.deployment_id.clone(),
            only_organization_tokens: self.only_organization_tokens.clone(),
            sorts: self.sorts.clone(),
            kind: self.kind.clone(),
            dag_id: self.dag_id.clone(),
            dag_tags: self.dag_tags.clone(),
            ..ListTokens::default()
        };
        let draft = list.draft(api, report)?;
        let url = draft.url.to_string();
        let filter = if is_sorted { Filter::new(url) } else { Filter::new(url).sorted("createdAt%3Aasc") };
        let size = size.value().and_then(|size| usize::try_from(size).ok()).unwrap_or(PAGE);
        let filter = Filter { size, ..filter };
        Some(Pages { filter, scope: None })
    }
}

/// A list that is read page by page.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    filter: Filter,
    /// Only tokens of this scope, which the API itself cannot be asked for.
    scope: Option<Scope>,
}

#[cfg(feature = "cli")]
impl Pages {
    pub(crate) fn of_scope(self, scope: Option<Scope>) -> Self {
        Pages { scope, ..self }
    }
}

impl Plan for Pages {
    type Outcome = ();

    async fn run(mut self, talk: Talk) -> Result<(), Failure> {
        while let Some(mut page) = self.filter.next(&talk).await? {
            if let Some(scope) = self.scope {
                page.tokens.retain(|token| token.scope == Word::Known(scope));
            }
            talk.page(page).await?;
        }
        Ok(())
    }
}

/// Where a list is, and how far it was read.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// The URL of the list with its filters and order, without offset and limit.
    url: String,
    /// How many tokens to ask for at once.
    size: usize,
    paging: Paging,
}

impl Filter {
    fn new(url: String) -> Self {
        Filter { url, size: PAGE, paging: Paging::default() }
    }

    fn sorted(mut self, order: &str) -> Self {
        push(&mut self.url, "sorts", order);
        self
    }

    /// The tokens that may belong to this owner, or all; oldest first.
    pub(super) fn oldest_first(api: &Api, owner: Option<&Owner>) -> Self {
        let url = owner.map_or_else(|| api.tokens_url().to_string(), |owner| owner.list_url(api));
        Filter::new(url).sorted("createdAt%3Aasc")
    }

    fn request(&self, offset: i64) -> Request {
        let mut url = self.url.clone();
        push(&mut url, "limit", &self.size.to_string());
        push(&mut url, "offset", &offset.to_string());
        Request::from_parts(crate::Method::Get, url, None)
    }

    /// The next page with tokens that were not shown yet; `None`: the list is complete. Where its end is not proven,
    /// this fails with the code `unverifiable`.
    pub(super) async fn next(&mut self, talk: &Talk) -> Result<Option<TokenPage>, Failure> {
        while let Some(offset) = self.paging.next()? {
            let mut page = talk.read(&self.request(offset), &ListTokens::parse).await?;
            self.paging.take(&mut page.tokens, page.total_count, |token| &token.id)?;
            if !page.tokens.is_empty() {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    /// All tokens at once.
    pub(super) async fn all(mut self, talk: &Talk) -> Result<Vec<ApiToken>, Failure> {
        let mut tokens = Vec::new();
        while let Some(page) = self.next(talk).await? {
            tokens.extend(page.tokens);
        }
        Ok(tokens)
    }
}

fn push(url: &mut String, name: &str, value: &str) {
    url.push(if url.contains('?') { '&' } else { '?' });
    url.push_str(name);
    url.push('=');
    url.push_str(value);
}

impl Owner {
    /// The list of the tokens that may belong here.
    fn list_url(&self, api: &Api) -> String {
        let mut url = api.tokens_url().to_string();
        let (name, value) = match (self.scope, &self.entity_id) {
            (Scope::Workspace, Some(id)) => ("workspaceId", id.as_str()),
            (Scope::Deployment, Some(id)) => ("deploymentId", id.as_str()),
            _ => ("includeOnlyOrganizationTokens", "true"),
        };
        crate::request::push_query(&mut url, &mut true, name, value);
        url
    }
}
