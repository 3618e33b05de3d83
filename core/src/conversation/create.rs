//! [`CreateToken`]: a new token, handed over to a store or in the outcome, with an idempotency key or without.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::{
    cleanup::{attempt, delete_leftover},
    delete::abandon,
    error::{Failure, FailureCode},
    journal::{Deed, EffectAction},
    line::{Age, LEFTOVER_AFTER_MS, Place, at_work, by_age},
    marking::complete,
    owner::Owner,
    roles::set_roles,
    stores::{Delivery, Held},
    talk::Talk,
    update::write_texts,
    wanted::Wanted,
    work::Plan,
};
use crate::{
    Api, ApiToken, Code, Mark, TokenRole, Value,
    fields::fields,
    mark::is_same_description,
    operations,
    report::{Given, Report},
    spelling::Path,
    text::shown,
};

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
        let mut before = Place::list(talk, Some(&owner)).await?;
        let age = Age::now(talk, LEFTOVER_AFTER_MS);
        let mut leftovers = Vec::new();
        let of_key: Vec<ApiToken> = before.tokens.iter().filter(|token| key.is_of(token)).cloned().collect();
        for token in of_key {
            if token.last_used_at.is_some() || held.names(&token.id) {
                // Who made it was killed before its mark was off.
                let token = if age.is_young(&token) { token } else { complete(talk, &mut before, &token).await? };
                return Err(exists(&token));
            }
            if age.is_young(&token) {
                return Err(at_work([&token], &held, &age));
            }
            leftovers.push(token);
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
    let help = "use it, or use another key to create one more";
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
