//! [`AllTokens`]: every token that a list has, page by page.

use super::{error::Failure, owner::Owner, talk::Talk, work::Plan};
use crate::{
    Api, ApiToken, ListTokens, Operation, Request, Scope, Timestamp, TokenPage, Value, Word, fields::fields,
    report::Report,
};

/// How many tokens a page has. Astro answers with 1000 at most; pages of this size keep each answer small and an estate of
/// ten thousand tokens within a few seconds of the rate limit.
const PAGE: i64 = 200;

fields! {
    /// Every token of the Organization, a Workspace or a Deployment, page by page, each token once.
    ///
    /// Oldest first, so that tokens which are created meanwhile come at the end; where tokens are deleted meanwhile, it
    /// goes back as far as the rest has moved, and leaves out what it has shown. With `sorts` of the caller's own it
    /// cannot do that.
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
        Some(Pages { filter: Filter::new(draft.url.to_string(), !is_sorted), scope: None })
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
    /// The URL of the list with its filters, without offset and limit.
    url: String,
    /// Whether the list is in the order of creation, so that it can be told what was shown before.
    is_chronological: bool,
    offset: i64,
    total: Option<i64>,
    /// The last time of creation that was shown, and the ids of that very time.
    last: Option<(Timestamp, Vec<String>)>,
    /// Whether the next page repeats what was shown before.
    has_gone_back: bool,
    /// The first token of the page before.
    first: Option<String>,
    is_over: bool,
}

impl Filter {
    fn new(url: String, is_chronological: bool) -> Self {
        Filter {
            url,
            is_chronological,
            offset: 0,
            total: None,
            last: None,
            has_gone_back: false,
            first: None,
            is_over: false,
        }
    }

    /// The tokens that may belong to this owner, or all; oldest first.
    pub(super) fn oldest_first(api: &Api, owner: Option<&Owner>) -> Self {
        Filter::new(owner.map_or_else(|| api.tokens_url().to_string(), |owner| owner.list_url(api)), true)
    }

    fn push(&mut self, name: &str, value: &str) {
        self.url.push(if self.url.contains('?') { '&' } else { '?' });
        self.url.push_str(name);
        self.url.push('=');
        self.url.push_str(value);
    }

    fn request(&self) -> Request {
        let mut page = self.clone();
        if self.is_chronological {
            page.push("sorts", "createdAt%3Aasc");
        }
        page.push("limit", &PAGE.to_string());
        page.push("offset", &self.offset.to_string());
        Request::from_parts(crate::Method::Get, page.url, None)
    }

    /// The next page with tokens that were not shown yet; `None`: there are no more.
    pub(super) async fn next(&mut self, talk: &Talk) -> Result<Option<TokenPage>, Failure> {
        while !self.is_over {
            let mut page = talk.read(&self.request(), ListTokens::parse).await?;
            let count = i64::try_from(page.tokens.len()).unwrap_or(i64::MAX);
            let vanished = self.total.map_or(0, |total| total - page.total_count).max(0);
            self.total = Some(page.total_count);
            if self.is_chronological && vanished > 0 && self.offset > 0 {
                // What was deleted may have stood before this page, and then the rest has moved up past it.
                self.offset = (self.offset - vanished).max(0);
                self.has_gone_back = true;
                continue;
            }
            // A server that knows no offset answers with the same page for ever.
            let first = page.tokens.first().map(|token| token.id.clone());
            if !self.has_gone_back && first.is_some() && first == self.first {
                self.is_over = true;
                break;
            }
            self.first = first;
            // A server that does not keep the order must not lose anybody's tokens.
            self.is_chronological &= self.is_in_order(&page.tokens);
            // Servers may answer with fewer than were asked for; an empty page ends any list.
            self.offset += count;
            self.is_over = count == 0 || self.offset >= page.total_count;
            if self.is_chronological {
                page.tokens.retain(|token| !self.was_shown(token));
                self.remember(&page.tokens);
            }
            self.has_gone_back = false;
            if !page.tokens.is_empty() {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    /// Every token that is left.
    pub(super) async fn all(mut self, talk: &Talk) -> Result<Vec<ApiToken>, Failure> {
        let mut tokens = Vec::new();
        while let Some(page) = self.next(talk).await? {
            tokens.extend(page.tokens);
        }
        Ok(tokens)
    }

    /// Whether a page is in the order of creation, by itself and after the ones before it.
    fn is_in_order(&self, tokens: &[ApiToken]) -> bool {
        let follows = match (&self.last, tokens.first()) {
            (Some((time, _)), Some(first)) => {
                self.has_gone_back || first.created_at.unix_millis() >= time.unix_millis()
            }
            _ => true,
        };
        follows && tokens.is_sorted_by_key(|token| token.created_at.unix_millis())
    }

    fn was_shown(&self, token: &ApiToken) -> bool {
        self.last.as_ref().is_some_and(|(time, ids)| match token.created_at.unix_millis().cmp(&time.unix_millis()) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => ids.contains(&token.id),
            std::cmp::Ordering::Greater => false,
        })
    }

    fn remember(&mut self, tokens: &[ApiToken]) {
        for token in tokens {
            match &mut self.last {
                Some((time, ids)) if time.unix_millis() == token.created_at.unix_millis() => {
                    ids.push(token.id.clone());
                }
                last => *last = Some((token.created_at.clone(), vec![token.id.clone()])),
            }
        }
    }
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
