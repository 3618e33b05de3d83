//! [`CreateToken`]: a new token whose secret is not lost, and that is not made twice.
//!
//! Creating is not idempotent, and names are not unique. So a create whose answer was lost is never sent again: only a mark
//! in the description (see [`Mark`]) makes a token certainly its own, and without one it touches nothing.

use std::borrow::Cow;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{
    delete::abandon,
    error::{Failure, FailureCode},
    journal::{Deed, EffectAction},
    line::{Age, LEFTOVER_AFTER_MS, Place, at_work, by_age},
    owner::{Owner, primary_role},
    pages::Filter,
    roles::set_roles,
    rotate::replace_secret,
    send::{Repeat, Trouble},
    settle::{attempt, delete_leftover},
    stores::{Delivery, Held},
    talk::Talk,
    update::write_texts,
    work::Plan,
};
use crate::{
    Api, ApiError, ApiToken, Code, EntityType, Kind, Mark, Operation, Request, Response, Scope, TokenRole, Value, Word,
    fields::fields,
    mark::is_same_description,
    operations,
    report::{Given, Report},
    spelling::Path,
    text::shown,
};

/// How long a request whose answer was lost may still be at work before its token is looked for, first and once more.
const LOOKS_AFTER_MS: [u64; 2] = [500, 2000];

fields! {
    /// Creates a token. Its secret is written to the store, where there is one, and in the outcome.
    ///
    /// A create whose answer is lost is not sent again. With an `idempotency_key` its token is certain, for another process
    /// that repeats the work after a crash too; without one the error lists the tokens that may have been made.
    pub struct CreateToken {
        /// The name: 1 to 256 characters. Names are not unique.
        name: text,
        /// The role on the entity of the token's scope.
        role: text,
        /// The Workspace of a Workspace token.
        workspace_id: text,
        /// The Deployment of a Deployment token.
        deployment_id: text,
        /// `ORGANIZATION`, `WORKSPACE` or `DEPLOYMENT`; must agree with the ids, from which it follows.
        scope: text,
        /// The description: at most 500 characters.
        description: text,
        /// Days until the token expires: 1 to 3650. Not set: it never expires.
        expiration_days: integer,
        /// `STANDARD` or `DIRECT_ACCESS`.
        kind: text,
        /// Any text that names this piece of work, such as the id of a run. As long as a token made with it is not handed
        /// over, a repeat with the same key recognises it.
        idempotency_key: text,
    }
    aliases {
        "tokenExpiryPeriodInDays" => "expiration_days",
        "expiry" => "expiration_days",
        "type" => "scope",
        "entityId" => "workspace_id",
        "entityId" => "deployment_id",
        "entity_id" => "workspace_id",
        "entity_id" => "deployment_id",
        "workspace" => "workspace_id",
        "deployment" => "deployment_id",
    }
}

impl<'a> CreateToken<'a> {
    /// An Organization token that never expires, until the setters say otherwise.
    #[must_use]
    pub fn new(name: impl Into<Cow<'a, str>>, role: impl Into<Cow<'a, str>>) -> Self {
        CreateToken::default().name(name).role(role)
    }
}

impl CreateToken<'_> {
    pub(crate) fn plan(&self, api: &Api, report: &mut Report) -> Option<Creation> {
        let key = Key::read(report, &self.idempotency_key);
        let input = operations::CreateToken {
            name: self.name.clone(),
            role: self.role.clone(),
            workspace_id: self.workspace_id.clone(),
            deployment_id: self.deployment_id.clone(),
            scope: self.scope.clone(),
            description: self.description.clone(),
            expiration_days: self.expiration_days.clone(),
            kind: self.kind.clone(),
        };
        let body = input.draft(api, report)?.body?;
        Some(Creation { wanted: Wanted::read(&body)?, key: key.ok()?, roles: Vec::new() })
    }
}

/// The digest of an idempotency key: the key itself may be private, and a description is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key(String);

impl Key {
    /// The digest of the key that was passed, if there is one.
    pub(super) fn read(report: &mut Report, key: &Value<'_>) -> Result<Option<Self>, ()> {
        match report.free_text(Path::field("idempotency_key"), key) {
            Given::Is(key) => {
                let digest = Sha256::digest(key);
                Ok(Some(Key(digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect())))
            }
            Given::Absent => Ok(None),
            Given::Wrong => Err(()),
        }
    }

    fn is_of(&self, token: &ApiToken) -> bool {
        matches!(token.mark(), Some(Mark::Keyed { key, .. }) if key == self.0)
    }
}

/// A token to create, and to hand over.
pub(crate) struct Creation {
    pub(super) wanted: Wanted,
    pub(super) key: Option<Key>,
    /// Its roles besides the one that it is created with.
    pub(super) roles: Vec<TokenRole>,
}

/// What a token is to look like: read from the body of a request, so that the two cannot differ.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    pub(super) name: String,
    /// Without a mark, which is not the caller's to write.
    #[serde(default)]
    description: String,
    #[serde(alias = "type")]
    scope: Word<Scope>,
    role: String,
    entity_id: Option<String>,
    token_expiry_period_in_days: Option<i64>,
    kind: Option<Word<Kind>>,
}

impl Wanted {
    fn read(body: &[u8]) -> Option<Self> {
        let wanted: Wanted = serde_json::from_slice(body).ok()?;
        Some(Wanted { description: Mark::split(&wanted.description).0.to_owned(), ..wanted })
    }

    /// A token like another one, which Astro has already accepted.
    pub(super) fn like(token: &ApiToken) -> Result<Self, Failure> {
        let Some(primary) = primary_role(token) else {
            let message = format!("Astro does not tell the roles of the token {}", shown(&token.id));
            let help = "a new token could not have the same; use a credential that may read its roles";
            return Err(Failure::new(FailureCode::Unverifiable, message, help));
        };
        Ok(Wanted {
            name: token.name.clone(),
            description: token.plain_description().to_owned(),
            scope: token.scope.clone(),
            role: primary.role.clone(),
            entity_id: (primary.entity_type != Word::Known(EntityType::Organization))
                .then(|| primary.entity_id.clone()),
            token_expiry_period_in_days: token.expiry_period_in_days.filter(|days| *days != 0),
            kind: token.kind.clone(),
        })
    }

    /// On another entity of the same kind.
    pub(super) fn on(self, entity_id: String) -> Self {
        Wanted { entity_id: Some(entity_id), ..self }
    }

    /// Where it belongs.
    pub(super) fn owner(&self) -> Owner {
        Owner { scope: self.scope.known().unwrap_or(Scope::Organization), entity_id: self.entity_id.clone() }
    }

    /// The request that creates it, with a mark at the end of its description.
    fn request(&self, api: &Api, mark: Option<&Mark>) -> Result<Request, Failure> {
        let mut input = operations::CreateToken::new(self.name.as_str(), self.role.as_str()).scope(self.scope.as_str());
        match (&self.scope, &self.entity_id) {
            (Word::Known(Scope::Workspace), Some(id)) => input = input.workspace_id(id.as_str()),
            (Word::Known(Scope::Deployment), Some(id)) => input = input.deployment_id(id.as_str()),
            _ => {}
        }
        let description = mark.map_or_else(|| self.description.clone(), |mark| mark.after(&self.description));
        if !description.is_empty() {
            input = input.description(description);
        }
        if let Some(days) = self.token_expiry_period_in_days {
            input = input.expiration_days(days);
        }
        if let Some(kind) = &self.kind {
            input = input.kind(kind.as_str());
        }
        // Every part of it was judged before, or comes from Astro.
        input.request(&api.clone().lenient()).map_err(Failure::invalid)
    }

    /// Reads the answer to that request: a token that was not there before, where it belongs.
    fn created(&self, response: &Response, known: &[String]) -> Result<ApiToken, ApiError> {
        let token = operations::CreateToken::parse(response)?;
        let elsewhere = |role: &TokenRole| self.entity_id.as_ref().is_some_and(|id| *id != role.entity_id);
        let reason = if known.contains(&token.id) {
            format!("the answer is about the token {}, which was there before", shown(&token.id))
        } else if token.scope != self.scope || primary_role(&token).is_some_and(elsewhere) {
            format!("the answer is about the token {}, which belongs elsewhere", shown(&token.id))
        } else {
            return Ok(token);
        };
        Err(ApiError::unreadable(response, &reason))
    }

    /// Whether a token may have been made by the request without a mark.
    fn looks_like(&self, token: &ApiToken) -> bool {
        let kind = token.kind.as_ref().map_or(Kind::Standard.as_str(), Word::as_str);
        token.name == self.name
            && token.scope == self.scope
            && token.description == self.description
            && token.expiry_period_in_days.filter(|days| *days != 0) == self.token_expiry_period_in_days
            && kind == self.kind.as_ref().map_or(Kind::Standard.as_str(), Word::as_str)
            && self.owner().owns(token) != Some(false)
    }
}

impl Plan for Creation {
    type Outcome = ApiToken;

    async fn run(self, talk: Talk) -> Result<ApiToken, Failure> {
        let has_store = talk.prove().await?;
        match self.key.clone() {
            Some(key) => self.with_key(&talk, &key, has_store).await,
            None => {
                let token = self.wanted.create(&talk, None, &[]).await?;
                let token = self.complete(&talk, token).await?;
                if has_store {
                    self.deliver(&talk, &token).await?;
                }
                Ok(token)
            }
        }
    }
}

impl Creation {
    /// Creates it so that a repeat with the same key knows it, until it is handed over.
    async fn with_key(&self, talk: &Talk, key: &Key, has_store: bool) -> Result<ApiToken, Failure> {
        let held = if has_store { talk.held().await? } else { Held::Unreadable };
        let owner = self.wanted.owner();
        let before = Place::list(talk, Some(&owner)).await?;
        let age = Age::now(talk, LEFTOVER_AFTER_MS);
        let mut leftovers = Vec::new();
        for token in before.tokens.iter().filter(|token| key.is_of(token)) {
            if token.last_used_at.is_some() || held.names(&token.id) {
                return Err(exists(token));
            }
            if age.is_young(token) {
                return Err(at_work([token], &age));
            }
            leftovers.push(token.clone());
        }

        let mark = Mark::Keyed { key: key.0.clone(), run: talk.run_id() };
        let known: Vec<String> = before.tokens.iter().map(|token| token.id.clone()).collect();
        let token = self.wanted.create(talk, Some(&mark), &known).await?;
        let id = token.id.clone();
        let token = self.complete(talk, token).await?;

        let now = match self.rival(talk, key, &owner, &before, &id).await {
            Ok(now) => now,
            Err(failure) => return Err(abandon(talk, &id, failure).await),
        };
        if has_store {
            self.deliver(talk, &token).await?;
        }
        let deed = unmark_deed(&id);
        talk.plan(&deed);
        // Whole again, where it was cut to make room for the mark.
        let is_as_created = is_same_description(&now.description, &self.wanted.description);
        let description = if is_as_created { &self.wanted.description } else { now.plain_description() };
        let written = write_texts(talk, &deed, &id, &now.name, Some(description)).await?;
        for leftover in leftovers {
            if has_store {
                let outcome = delete_leftover(talk, &leftover, "an earlier call with this key has left it").await;
                attempt(talk, &leftover.id, outcome)?;
            } else {
                let message = format!(
                    "an earlier call with this idempotency key has left the token {}; its secret was never handed over",
                    shown(&leftover.id)
                );
                talk.warn(Code::LeftoverToken, message, "delete it".to_owned());
            }
        }
        let ApiToken { token: secret, roles, .. } = token;
        Ok(ApiToken { token: secret, roles: written.roles.clone().or(roles), ..written })
    }

    /// The token as a list shows it now, unless another one of this key, or of this name, came before it.
    async fn rival(
        &self,
        talk: &Talk,
        key: &Key,
        owner: &Owner,
        before: &Place,
        id: &str,
    ) -> Result<ApiToken, Failure> {
        let after = Place::list(talk, Some(owner)).await?;
        let age = Age::now(talk, LEFTOVER_AFTER_MS);
        let Some(own) = after.get(id) else {
            let message = format!("the token {} was deleted by somebody else as soon as it was created", shown(id));
            return Err(Failure::new(FailureCode::Conflict, message, "find out who deletes it, then try again"));
        };
        let is_first = |other: &&ApiToken| {
            let is_older = other.id != id && by_age(other, own).is_lt();
            let is_of_key = key.is_of(other) && (age.is_young(other) || other.last_used_at.is_some());
            let is_of_name = other.name == own.name && other.mark().is_none() && before.get(&other.id).is_none();
            is_older && (is_of_key || is_of_name)
        };
        match after.tokens.iter().find(is_first) {
            Some(first) => {
                let message = format!("another run has created the token {} meanwhile", shown(&first.id));
                let help = "nothing is left of this attempt; use that token, or repeat this when that run has ended";
                Err(Failure::new(FailureCode::Conflict, message, help).among([first]))
            }
            None => Ok(own.clone()),
        }
    }

    /// The token with its further roles. Nobody has its secret, so where they cannot be written it goes.
    async fn complete(&self, talk: &Talk, token: ApiToken) -> Result<ApiToken, Failure> {
        let id = token.id.clone();
        match set_roles(talk, token, &self.roles).await {
            Ok(token) => Ok(token),
            Err(failure) => Err(abandon(talk, &id, failure).await),
        }
    }

    /// Writes its secret to the store; where it certainly was not written, the token goes.
    async fn deliver(&self, talk: &Talk, token: &ApiToken) -> Result<(), Failure> {
        let Some(secret) = &token.token else { return Ok(()) };
        match talk.deliver(token, secret).await? {
            Delivery::Stored => Ok(()),
            Delivery::NotWritten(failure) => Err(abandon(talk, &token.id, failure).await),
            Delivery::Unclear(failure) => {
                let help = "the store may hold its secret: look, then keep the token, or delete it and try again";
                Err(Failure { help: Some(help.to_owned()), ..failure }.among([token]))
            }
        }
    }
}

/// Somebody has the token that was made with this key.
fn exists(token: &ApiToken) -> Failure {
    let message = format!("the token {} was created with this idempotency key already", shown(&token.id));
    let help = "use it, or use another key to create one more; nothing was changed";
    Failure::new(FailureCode::AlreadyExists, message, help).among([token])
}

fn unmark_deed(token_id: &str) -> Deed {
    let id = shown(token_id);
    Deed::new(
        EffectAction::Mark,
        token_id,
        format!("take the mark of its creation off the token {id}"),
        format!("took the mark of its creation off the token {id}"),
        format!("whether the mark of its creation is off the token {id}"),
    )
}

impl Wanted {
    /// Creates the token; its secret is in the journal too, until the conversation is over. After a lost answer it is found
    /// by the run in its mark, and only then another secret can be made for it.
    pub(super) async fn create(&self, talk: &Talk, mark: Option<&Mark>, known: &[String]) -> Result<ApiToken, Failure> {
        let name = shown(&self.name);
        let mut deed = Deed {
            action: EffectAction::Create,
            token_id: None,
            plan: format!("create the token {name}"),
            done: String::new(),
            unclear: format!("whether a token {name} was created"),
        };
        talk.plan(&deed);
        let request = self.request(&talk.session.api, mark)?;
        let began_ms = talk.now_ms();
        let read = |response: &Response| self.created(response, known);
        let trouble = match talk.send(&request, Repeat::Harmful, &read).await {
            Ok(token) => {
                deed.token_id = Some(token.id.clone());
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
        match self.look(talk, mark, known, began_ms).await {
            Ok(found) => match (found.as_slice(), mark) {
                ([token], Some(_)) => {
                    let id = shown(&token.id);
                    deed.token_id = Some(token.id.clone());
                    deed.done =
                        format!("created the token {name} with the id {id}; the answer was lost, it was found after");
                    talk.journal(|journal| journal.did(&deed));
                    match replace_secret(talk, &token.id).await {
                        // Nobody has its secret, so it would be of no use to anybody.
                        Err(failure) => Err(abandon(talk, &token.id, failure).await),
                        token => token,
                    }
                }
                ([], Some(mark)) => {
                    let help = format!("if it is created later, its description ends with `{mark}`; then delete it");
                    Err(unknown(trouble, "", help))
                }
                ([], None) => {
                    let help = format!("Astro lists no such token now; look again for {name} before trying again");
                    Err(unknown(trouble, "", help))
                }
                (tokens, _) => {
                    let found = format!("; {} may have been made by it", plural(tokens.len()));
                    let field = talk.session.api.report().named("idempotency_key");
                    let help = format!(
                        "look at them: rotate yours by its id to get a secret, or delete it and try again; \
                         with {field} the token is certain"
                    );
                    Err(unknown(trouble, &found, help).among(tokens))
                }
            },
            Err(failure) if failure.code == FailureCode::Cancelled => Err(failure),
            Err(failure) => {
                let found = format!("; and looking for the token failed: {}", failure.message);
                let help = format!("look for a token called {name} before trying again");
                Err(unknown(trouble, &found, help))
            }
        }
    }

    /// Looks twice for what the request has made, unless the first look finds it: it may still be at work.
    async fn look(
        &self,
        talk: &Talk,
        mark: Option<&Mark>,
        known: &[String],
        began_ms: i64,
    ) -> Result<Vec<ApiToken>, Failure> {
        for after in LOOKS_AFTER_MS {
            talk.wait(after + talk.random(after)).await?;
            let tokens = Filter::oldest_first(&talk.session.api, Some(&self.owner())).all(talk).await?;
            let since_ms = talk.astro_time_ms(began_ms);
            let is_its = |token: &ApiToken| match mark {
                Some(_) => token.mark().as_ref() == mark,
                None => {
                    let is_new = since_ms.is_none_or(|since_ms| token.created_at.unix_millis() >= since_ms);
                    is_new && !known.contains(&token.id) && self.looks_like(token)
                }
            };
            let found: Vec<ApiToken> = tokens.into_iter().filter(is_its).collect();
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }
}

fn plural(count: usize) -> String {
    if count == 1 { "a token".to_owned() } else { format!("{count} tokens") }
}

/// Whether the token was created is not known.
fn unknown(trouble: Trouble, found: &str, help: String) -> Failure {
    let failure = Failure::from(trouble);
    let message = format!("{}{found}", failure.message);
    Failure { code: FailureCode::Unknown, message, help: Some(help), ..failure }
}
