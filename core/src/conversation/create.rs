//! [`CreateToken`], safe against a lost answer: it never makes two.
//!
//! Creating is not idempotent, and names are not unique. So after an answer was lost it looks for the token that it may have
//! made, before it makes another; where it finds exactly one that is certainly its own, rotating that gives its secret.

use serde::Deserialize;

pub use crate::CreateToken;

use super::{
    delete::abandon,
    error::{Failure, FailureCode},
    find,
    journal::Deed,
    owner::{Owner, primary_role},
    pages::Filter,
    rotate::replace_secret,
    send::{Repeat, Trouble},
    talk::Talk,
    work::Plan,
};
use crate::{Api, ApiToken, Kind, Operation, Request, Scope, Word, report::Report, text::shown};

/// How often a token is created at most, when each answer is lost and no token is found afterwards.
const ROUNDS: u32 = 3;
/// How long a request whose answer was lost may still be at work before its token is looked for, first and once more.
const LOOKS_AFTER_MS: [u64; 2] = [500, 2000];

impl CreateToken<'_> {
    pub(crate) fn plan(&self, api: &Api, report: &mut Report) -> Option<Creation> {
        let draft = self.draft(api, report)?;
        let wanted = serde_json::from_slice(draft.body.as_deref()?).ok()?;
        Some(Creation { request: Request::from_parts(draft.method, draft.url, draft.body), wanted, others: Vec::new() })
    }
}

/// A token to create.
pub(crate) struct Creation {
    request: Request,
    wanted: Wanted,
    /// Tokens that are certainly others, however much they look like the wanted one.
    others: Vec<String>,
}

/// What its own token looks like: read from the body that is sent, so that the two cannot differ.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(alias = "type")]
    scope: Word<Scope>,
    role: String,
    entity_id: Option<String>,
    token_expiry_period_in_days: Option<i64>,
    kind: Option<Word<Kind>>,
}

impl Plan for Creation {
    type Outcome = ApiToken;

    async fn run(self, talk: Talk) -> Result<ApiToken, Failure> {
        create(&talk, &self).await
    }
}

/// What a search for its own token found.
enum Found {
    Nothing,
    One(Box<ApiToken>),
    /// Tokens that may be its own, but nobody can be sure.
    Several(Vec<ApiToken>),
}

/// Creates a token; its secret is in the journal too, until the conversation is over.
pub(super) async fn create(talk: &Talk, creation: &Creation) -> Result<ApiToken, Failure> {
    let name = shown(&creation.wanted.name);
    let mut deed = Deed {
        plan: format!("create the token {name}"),
        done: String::new(),
        unclear: format!("whether a token {name} was created"),
    };
    talk.plan(&deed);
    let began_ms = talk.now_ms();
    let mut round = 1;
    loop {
        let trouble = match talk.send(&creation.request, Repeat::Harmful, CreateToken::parse).await {
            Ok(token) => {
                deed.done = format!("created the token {name} with the id {}", shown(&token.id));
                talk.journal(|journal| {
                    journal.did(&deed);
                    journal.secret.clone_from(&token.token);
                });
                return Ok(token);
            }
            Err(trouble) => trouble,
        };
        if !trouble.unclear {
            return Err(trouble.into());
        }
        talk.journal(|journal| journal.lost_track(&deed));
        if trouble.is_cancelled() {
            return Err(trouble.into());
        }
        match look(talk, creation, began_ms).await {
            Ok(Found::One(token)) => {
                let id = shown(&token.id);
                deed.done =
                    format!("created the token {name} with the id {id}; the answer was lost, it was found after");
                talk.journal(|journal| journal.did(&deed));
                return match replace_secret(talk, &token.id).await {
                    // Nobody has its secret, so it would be of no use to anybody.
                    Err(failure) => Err(abandon(talk, &token.id, failure).await),
                    token => token,
                };
            }
            Ok(Found::Nothing) if round < ROUNDS => {
                round += 1;
                talk.journal(|journal| {
                    journal.strike(&deed);
                    journal.plan(&deed);
                });
            }
            Ok(Found::Nothing) => {
                let help = format!("Astro lists no such token now; look again for {name} before trying again");
                return Err(unknown(trouble, "", help));
            }
            Ok(Found::Several(tokens)) => {
                let found = format!("; {} may have been made by it", plural(tokens.len()));
                let help = "look at them: rotate the one that is yours, or delete it and try again; \
                            a nonce in the description makes this certain"
                    .to_owned();
                return Err(unknown(trouble, &found, help).among(&tokens));
            }
            Err(failure) if failure.code == FailureCode::Cancelled => return Err(failure),
            Err(failure) => {
                let found = format!("; and looking for the token failed: {}", failure.message);
                let help = format!("look for a token called {name} before trying again");
                return Err(unknown(trouble, &found, help));
            }
        }
    }
}

fn plural(count: usize) -> String {
    if count == 1 { "a token".to_owned() } else { format!("{count} tokens") }
}

/// Nobody knows whether the token was created.
fn unknown(trouble: Trouble, found: &str, help: String) -> Failure {
    let failure = Failure::from(trouble);
    let message = format!("{}{found}", failure.message);
    Failure { code: FailureCode::Unknown, message, help: Some(help), ..failure }
}

/// Looks for the token twice, unless the first look finds it: the request may still be at work.
async fn look(talk: &Talk, creation: &Creation, began_ms: i64) -> Result<Found, Failure> {
    for after in LOOKS_AFTER_MS {
        talk.wait(after + talk.random(after)).await?;
        let found = own(talk, creation, began_ms).await?;
        if !matches!(found, Found::Nothing) {
            return Ok(found);
        }
    }
    Ok(Found::Nothing)
}

/// The tokens that look like the wanted one and were created since, by this very caller.
async fn own(talk: &Talk, creation: &Creation, began_ms: i64) -> Result<Found, Failure> {
    let wanted = &creation.wanted;
    let owner =
        Owner { scope: wanted.scope.known().unwrap_or(Scope::Organization), entity_id: wanted.entity_id.clone() };
    let mut filter = Filter::newest_first(&talk.session.api, &owner);
    let (mut certain, mut possible) = (Vec::new(), Vec::new());
    'pages: while let Some(page) = filter.next(talk).await? {
        // Known now, as a page was answered; without it every token of this look may be the one.
        let since_ms = talk.server_time_ms(began_ms);
        for token in page.tokens {
            if since_ms.is_some_and(|since| token.created_at.unix_millis() < since) {
                break 'pages;
            }
            if !wanted.looks_like(&token) || creation.others.contains(&token.id) {
                continue;
            }
            // A list may leave the roles out.
            let token = if token.roles.is_none() { find::read(talk, &token.id).await? } else { token };
            if !wanted.has_role_of(&token) {
                continue;
            }
            let creator = token.created_by.as_ref().map(|creator| creator.id.as_str());
            match (talk.session.token_id.as_deref(), creator) {
                (Some(own), Some(creator)) if own != creator => {}
                (Some(_), Some(_)) if since_ms.is_some() => certain.push(token),
                _ => possible.push(token),
            }
        }
    }
    Ok(match (certain.len(), possible.len()) {
        (0, 0) => Found::Nothing,
        (1, 0) => Found::One(Box::new(certain.remove(0))),
        _ => {
            certain.append(&mut possible);
            Found::Several(certain)
        }
    })
}

impl Wanted {
    fn looks_like(&self, token: &ApiToken) -> bool {
        let kind = token.kind.as_ref().map_or(Kind::Standard.as_str(), Word::as_str);
        token.name == self.name
            && token.scope == self.scope
            && token.description == self.description
            && token.expiry_period_in_days.filter(|days| *days != 0) == self.token_expiry_period_in_days
            && kind == self.kind.as_ref().map_or(Kind::Standard.as_str(), Word::as_str)
    }

    /// Whether it has the wanted role and no other.
    fn has_role_of(&self, token: &ApiToken) -> bool {
        let is_alone = token.roles.as_ref().is_some_and(|roles| roles.len() == 1);
        is_alone
            && primary_role(token).is_some_and(|role| {
                role.role == self.role && self.entity_id.as_ref().is_none_or(|id| *id == role.entity_id)
            })
    }
}

impl Creation {
    /// Another token than these.
    pub(super) fn besides(self, others: &[&str]) -> Self {
        Creation { others: others.iter().map(|id| (*id).to_owned()).collect(), ..self }
    }

    /// A token like another one, which Astro has already accepted.
    pub(super) fn like(api: &Api, token: &ApiToken) -> Result<Self, Failure> {
        let primary = primary_role(token).map(|role| (role.entity_id.as_str(), role.role.as_str()));
        let (entity_id, role) = primary.unwrap_or_default();
        let mut input = CreateToken::new(token.name.as_str(), role).scope(token.scope.as_str());
        match token.scope {
            Word::Known(Scope::Workspace) => input = input.workspace_id(entity_id),
            Word::Known(Scope::Deployment) => input = input.deployment_id(entity_id),
            _ => {}
        }
        if !token.description.is_empty() {
            input = input.description(token.description.as_str());
        }
        if let Some(days) = token.expiry_period_in_days.filter(|days| *days != 0) {
            input = input.expiration_days(days);
        }
        if let Some(kind) = &token.kind {
            input = input.kind(kind.as_str());
        }
        let api = super::update::lenient(api);
        let mut report = api.report();
        let plan = input.plan(&api, &mut report);
        report.finish("the successor", plan).map(|(creation, _)| creation).map_err(Failure::invalid)
    }
}
