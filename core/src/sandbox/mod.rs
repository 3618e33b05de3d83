//! An Astro API in memory: see [`Sandbox`].

mod fault;
mod form;
mod grants;
mod limits;
mod lists;
mod new_token;
mod refusal;
mod reply;
mod rights;
mod route;
mod secrets;
mod state;
mod tokens;

use std::fmt;

pub use fault::{Fault, FaultEffect};
pub use new_token::NewToken;
pub use reply::{Reply, ReplyOutcome, Seen};
pub use state::InvalidState;

use self::{
    form::Query,
    limits::Limits,
    refusal::{Handled, Refusal, Writer},
    rights::Caller,
    route::{Resource, Route},
    state::State,
    tokens::Call,
};
use crate::{ApiToken, ApiVersion, Request, Response, Secret, Timestamp, api_error::masked};

/// 2026-01-01T00:00:00Z, when the sandbox of [`Sandbox::new`] began.
const BEGINNING_MS: i64 = 1_767_225_600_000;
/// How many requests the sandbox remembers at most: it may serve for days.
const REMEMBERED: usize = 10_000;
/// What a proxy says when it cannot reach Astro.
const PROXY_PAGE: &str = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";

/// An Astro API in memory: organizations, workspaces, deployments and tokens, and answers as Astro documents them.
///
/// It takes a [`Request`] and the time, and needs no network, no clock and no randomness: the same requests get the same
/// answers, ids and secrets. It knows v1 (below `/v1`) and v1beta1 (tokens below `/iam/v1beta1`, the rest below
/// `/platform/v1beta1`), behind a base URL with any origin and prefix.
///
/// ```
/// use astro_tokens::{Api, CreateToken, Operation, Sandbox};
///
/// let mut sandbox = Sandbox::new();
/// let owner = Sandbox::owner_secret();
/// let api = Api::new("clorg")?;
///
/// let request = CreateToken::new("CI", "WORKSPACE_MEMBER").workspace_id("clws").expiration_days(30).request(&api)?;
/// let reply = sandbox.answer(&request, Some(owner.expose()), 1_800_000_000_000);
/// let token = CreateToken::parse(reply.outcome.response().ok_or("no answer")?)?;
/// assert_eq!(token.id, "cltoken1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Who may do what
///
/// | to | a token needs |
/// |---|---|
/// | read, rotate or delete itself | nothing else |
/// | list all tokens; read any token, Workspace or Deployment | any Organization role |
/// | list the tokens of a Workspace (`workspaceId`) | any role on it, or any Organization role |
/// | list the tokens of a Deployment (`deploymentId`) | any role on it or on its Workspace, or any Organization role |
/// | read a token | any role on a Workspace or Deployment, or on the Workspace of a Deployment, on which that token has one |
/// | manage Organization tokens and Organization roles | `ORGANIZATION_OWNER` |
/// | manage the tokens of a Workspace, and roles on it | `WORKSPACE_OWNER` on it, or `ORGANIZATION_OWNER` |
/// | manage the tokens of a Deployment, and roles on it and its DAGs | `DEPLOYMENT_ADMIN` on it, `WORKSPACE_OWNER` or `WORKSPACE_OPERATOR` on its Workspace, or `ORGANIZATION_OWNER` |
///
/// To manage is to create, update, rotate and delete tokens, and to grant, change and take away roles. Replacing the roles
/// of a token takes the right to every role that changes, and none for those that stay. Nobody but the holder of the
/// strongest role on an entity, or of one above it, grants anything on it, so no token grants more than it has. Everything
/// else is 403, another Organization too.
///
/// # Saved state
///
/// [`Sandbox::to_json`] holds hashes of secrets and never a secret. The log of requests and what the rate limits have
/// counted are not saved.
#[derive(Clone)]
pub struct Sandbox {
    state: State,
    limits: Limits,
    log: Vec<Seen>,
}

impl Default for Sandbox {
    fn default() -> Self {
        Sandbox::new()
    }
}

impl Sandbox {
    /// One Organization with the id `clorg`, the Workspaces `clws` and `clws2`, the Deployments `cldep` and `cldep2` in
    /// the first and `cldep3` in the second, and one Organization token `cltoken0` with the name "Owner" and the role
    /// `ORGANIZATION_OWNER`, whose secret is [`Sandbox::owner_secret`].
    #[must_use]
    pub fn new() -> Self {
        Sandbox::with_owner().0
    }

    /// Nothing yet.
    #[must_use]
    pub fn empty() -> Self {
        Sandbox { state: State::empty(), limits: Limits::default(), log: Vec::new() }
    }

    /// The secret of the token `cltoken0` of [`Sandbox::new`]. It is the same each time.
    #[must_use]
    pub fn owner_secret() -> Secret {
        Sandbox::with_owner().1
    }

    fn with_owner() -> (Self, Secret) {
        let mut sandbox = Sandbox::empty();
        sandbox.add_organization("clorg", "Example Organization");
        sandbox.add_workspace("clorg", "clws", "Data Platform");
        sandbox.add_workspace("clorg", "clws2", "Marketing");
        sandbox.add_deployment("clws", "cldep", "production");
        sandbox.add_deployment("clws", "cldep2", "staging");
        sandbox.add_deployment("clws2", "cldep3", "reports");
        let draft = NewToken::organization("Owner", "ORGANIZATION_OWNER").draft(&mut sandbox.state);
        let (_, secret) = tokens::insert(&mut sandbox.state, "cltoken0".to_owned(), draft, BEGINNING_MS);
        (sandbox, secret)
    }

    /// Without the rate limits of 10 POST, 5 DELETE and 25 GET requests a second for each token.
    #[must_use]
    pub fn without_rate_limits(mut self) -> Self {
        self.set_rate_limits(false);
        self
    }

    /// Turns the rate limits on or off; at first they are on.
    pub fn set_rate_limits(&mut self, on: bool) {
        self.state.rate_limits = on;
    }

    /// Adds an Organization, or renames the one of this id.
    pub fn add_organization(&mut self, id: &str, name: &str) {
        name.clone_into(&mut self.state.organization_mut(id).name);
    }

    /// Adds a Workspace, or renames the one of this id. An Organization that does not exist yet is made.
    pub fn add_workspace(&mut self, organization_id: &str, id: &str, name: &str) {
        name.clone_into(&mut self.state.workspace_mut(organization_id, id).name);
    }

    /// Adds a Deployment, or renames the one of this id. A Workspace that does not exist yet is made, in the first
    /// Organization.
    pub fn add_deployment(&mut self, workspace_id: &str, id: &str, name: &str) {
        name.clone_into(&mut self.state.deployment_mut(workspace_id, id).name);
    }

    /// Makes a token as an administrator would, without a request, and returns it with its secret. `now_ms` is the time
    /// in milliseconds since 1970.
    pub fn add_token(&mut self, token: NewToken, now_ms: i64) -> ApiToken {
        let draft = token.draft(&mut self.state);
        let id = self.state.next_token_id();
        let (held, secret) = tokens::insert(&mut self.state, id, draft, now_ms);
        ApiToken { token: Some(secret), ..held.token }
    }

    /// Adds a rule that makes requests go wrong.
    pub fn fault(&mut self, fault: Fault) {
        self.state.faults.push(fault::Rule::new(fault));
    }

    /// Takes all those rules away.
    pub fn clear_faults(&mut self) {
        self.state.faults.clear();
    }

    /// Every token that stands, in the order of their creation and without secrets.
    #[must_use]
    pub fn tokens(&self) -> Vec<ApiToken> {
        self.state.tokens.iter().map(|held| held.token.clone()).collect()
    }

    /// What was asked so far; at most the last 10,000 requests.
    #[must_use]
    pub fn requests(&self) -> &[Seen] {
        &self.log
    }

    /// The state as JSON. It holds no secret.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.state.to_json()
    }

    /// From what [`Sandbox::to_json`] returned.
    ///
    /// # Errors
    ///
    /// [`InvalidState`], which says what is wrong with the text.
    pub fn from_json(text: &str) -> Result<Self, InvalidState> {
        Ok(Sandbox { state: State::from_json(text)?, ..Sandbox::empty() })
    }

    /// Answers a request. `credential` is the value of the bearer token that the driver adds when it sends, `now_ms` the
    /// time in milliseconds since 1970.
    pub fn answer(&mut self, request: &Request, credential: Option<&str>, now_ms: i64) -> Reply {
        let body = request.body().unwrap_or_default();
        self.reply(request.method().as_str(), request.url(), credential, body, now_ms)
    }

    /// Answers a request of which a host has only the parts: the method, the URL or its path with the query, the value of
    /// the header `authorization`, the body (empty where there is none).
    pub fn answer_parts(
        &mut self,
        method: &str,
        url: &str,
        authorization: Option<&str>,
        body: &[u8],
        now_ms: i64,
    ) -> Reply {
        // Source: RFC 9110, section 11.1: the scheme is written in any case.
        let credential = authorization.and_then(|value| {
            let (scheme, credential) = value.trim().split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| credential.trim())
        });
        self.reply(method, url, credential, body, now_ms)
    }

    fn reply(&mut self, method: &str, url: &str, credential: Option<&str>, body: &[u8], now_ms: i64) -> Reply {
        let (path, query) = route::split(url);
        let route = route::find(path);
        self.state.counters.requests += 1;
        let writer = Writer {
            version: route.as_ref().map_or(ApiVersion::V1, |route| route.version),
            request_id: format!("req-{}", self.state.counters.requests),
            now_ms,
        };
        let (delay_ms, effect) = fault::strike(&mut self.state.faults, method, path);

        let mut handled = None;
        let mut handle = || {
            let response = writer.write(self.handle(method, route.as_ref(), query, credential, body, now_ms));
            handled = Some(response.status());
            response
        };
        let outcome = match effect {
            None => ReplyOutcome::Response(handle()),
            Some(FaultEffect::Status { status, retry_after_s, body }) => {
                ReplyOutcome::Response(writer.fault(status, retry_after_s, body.as_deref()))
            }
            Some(FaultEffect::StatusAfter { status }) => {
                handle();
                ReplyOutcome::Response(writer.fault(status, None, None))
            }
            Some(FaultEffect::Garbage { body }) => {
                let status = handle().status();
                ReplyOutcome::Response(writer.text(status, None, body.as_deref().unwrap_or(PROXY_PAGE)))
            }
            Some(FaultEffect::CutShort) => {
                let whole = handle();
                let half = whole.body()[..whole.body().len() / 2].to_vec();
                ReplyOutcome::Response(Response::new(whole.status(), whole.headers().to_vec(), half))
            }
            Some(FaultEffect::LostAfter) => {
                handle();
                ReplyOutcome::Lost
            }
            Some(FaultEffect::LostBefore) => ReplyOutcome::Lost,
            // A delay is no effect of its own.
            Some(FaultEffect::NotSent | FaultEffect::Delay { .. }) => ReplyOutcome::NotSent,
        };
        let status = outcome.response().map(Response::status);
        self.remember(Seen { method: masked(method), path: masked(path), query: masked(query), status, handled });
        Reply { delay_ms, outcome }
    }

    fn remember(&mut self, seen: Seen) {
        // Half at once, so that not every request moves the whole log.
        if self.log.len() >= REMEMBERED {
            self.log.drain(..REMEMBERED / 2);
        }
        self.log.push(seen);
    }

    fn handle(
        &mut self,
        method: &str,
        route: Option<&Route>,
        query: &str,
        credential: Option<&str>,
        body: &[u8],
        now_ms: i64,
    ) -> Handled {
        let route = route.ok_or_else(|| Refusal::new(404, "no such path"))?;
        if !route.resource.allows(method) {
            return Err(Refusal::new(405, "method not allowed"));
        }
        let caller = self.authenticate(credential, now_ms)?;
        if self.state.rate_limits && !self.limits.admit(&caller.id, method, now_ms) {
            return Err(Refusal::too_many_requests());
        }
        if route.resource != Resource::Organizations && route.organization_id != caller.organization_id {
            return Err(Refusal::forbidden());
        }
        let call = Call { version: route.version, caller: &caller, now_ms };
        let query = Query(route::query(query));
        let state = &mut self.state;
        match (&route.resource, method) {
            (Resource::Organizations, _) => lists::organizations(state, &call, &query),
            (Resource::Organization, _) => lists::organization(state, &call),
            (Resource::Workspaces, _) => lists::workspaces(state, &call, &query),
            (Resource::Workspace(id), _) => lists::workspace(state, &call, id),
            (Resource::Deployments, _) => lists::deployments(state, &call, &query),
            (Resource::Deployment(id), _) => lists::deployment(state, &call, id),
            (Resource::Tokens, "POST") => tokens::create(state, &call, body),
            (Resource::Tokens, _) => lists::tokens(state, &call, &query),
            (Resource::Token(id), "POST") => tokens::update(state, &call, id, body),
            (Resource::Token(id), "DELETE") => tokens::delete(state, &call, id),
            (Resource::Token(id), _) => tokens::get(state, &call, id),
            (Resource::Roles(id), _) => tokens::replace_roles(state, &call, id, body),
            (Resource::Rotate(id), _) => tokens::rotate(state, &call, id),
        }
    }

    /// Whose credential it is; using it is noted.
    fn authenticate(&mut self, credential: Option<&str>, now_ms: i64) -> Result<Caller, Refusal> {
        let credential = credential.filter(|credential| !credential.is_empty());
        let credential = credential.ok_or_else(|| Refusal::new(401, "the request has no bearer token"))?;
        let held = self.state.bearer(credential).ok_or_else(|| Refusal::new(401, "the token is not valid"))?;
        if held.has_expired(now_ms) {
            return Err(Refusal::new(401, "the token has expired"));
        }
        held.token.last_used_at = Some(Timestamp::from_unix_millis(now_ms));
        Ok(Caller::new(held))
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let State { organizations, workspaces, deployments, tokens, faults, .. } = &self.state;
        f.debug_struct("Sandbox")
            .field("organizations", &organizations.len())
            .field("workspaces", &workspaces.len())
            .field("deployments", &deployments.len())
            .field("tokens", &tokens.len())
            .field("faults", &faults.len())
            .field("requests", &self.log.len())
            .finish()
    }
}
