//! [`Wanted`]: what a new token is to look like, and how it is made once and not lost.
//!
//! Creating is not idempotent, and names are not unique. So a create whose answer was lost is never sent again: only a mark
//! in the description (see [`Mark`]) makes a token certainly its own, and without one it touches nothing.

use serde::Deserialize;

use super::{
    delete::abandon,
    error::{Failure, FailureCode},
    journal::{Deed, EffectAction},
    owner::{Owner, primary_role},
    pages::Filter,
    rotate::replace_secret,
    send::{Repeat, Trouble},
    talk::Talk,
};
use crate::{
    Api, ApiError, ApiToken, EntityType, Kind, Mark, Operation, Request, Response, Scope, TokenRole, Word, operations,
    text::shown,
};

/// How long a request whose answer was lost may still be at work before its token is looked for, first and once more.
const LOOKS_AFTER_MS: [u64; 2] = [500, 2000];

/// What a token is to look like: read from the body of a request, so that the two cannot differ.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    pub(super) name: String,
    /// Without a mark, which is not the caller's to write.
    #[serde(default)]
    pub(super) description: String,
    #[serde(alias = "type")]
    scope: Word<Scope>,
    role: String,
    entity_id: Option<String>,
    token_expiry_period_in_days: Option<i64>,
    kind: Option<Word<Kind>>,
}

impl Wanted {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
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
