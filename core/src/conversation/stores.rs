//! The store of a caller: where a secret goes before anything depends on it.

use super::{
    Event,
    error::{Failure, FailureCode},
    journal::{Deed, EffectAction},
    talk::{Ask, Talk, told},
};
use crate::{ApiToken, Claims, Secret, text::shown};

/// What a store was found to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// It cannot be read, or holds something that does not say which token it is of.
    Unreadable,
    /// The secret of the token of this id, as the secret itself says.
    Names(String),
    Nothing,
}

impl Held {
    pub(super) fn names(&self, token_id: &str) -> bool {
        matches!(self, Held::Names(id) if id == token_id)
    }

    pub(super) fn is_readable(&self) -> bool {
        *self != Held::Unreadable
    }
}

/// How storing a secret ended.
pub(super) enum Delivery {
    Stored,
    /// It certainly was not written.
    NotWritten(Failure),
    /// The store may hold it, now or later.
    Unclear(Failure),
}

impl Talk {
    /// Whether there is a store. Where there is one that cannot be written to, that is a failure.
    pub(super) async fn prove(&self) -> Result<bool, Failure> {
        let expects = |event: &Event| matches!(event, Event::Proved | Event::NotProved { .. } | Event::NoStore);
        match self.ask(Ask::Prove, expects).await {
            Some(Event::NotProved { message }) => {
                let message = format!("the store cannot be written to: {}", told(&message));
                Err(Failure::new(FailureCode::NotStored, message, "repair the store, then try again; nothing was sent"))
            }
            Some(event) => Ok(!matches!(event, Event::NoStore)),
            None => Err(Failure::cancelled()),
        }
    }

    /// Which token the store holds the secret of.
    pub(super) async fn held(&self) -> Result<Held, Failure> {
        let expects = |event: &Event| matches!(event, Event::Holds { .. } | Event::Unreadable);
        match self.ask(Ask::ReadStore, expects).await {
            Some(Event::Holds { secret }) => {
                // Files end with a newline, and a pasted secret with more than that.
                let text = secret.as_ref().map(|secret| secret.expose().trim()).filter(|text| !text.is_empty());
                let Some(text) = text else { return Ok(Held::Nothing) };
                // What does not say which token it is of says nothing.
                let token_id = Claims::read(text).ok().and_then(|claims| claims.token_id);
                Ok(token_id.map_or(Held::Unreadable, Held::Names))
            }
            Some(_) => Ok(Held::Unreadable),
            None => Err(Failure::cancelled()),
        }
    }

    /// Writes a secret to the store.
    pub(super) async fn deliver(&self, token: &ApiToken, secret: &Secret) -> Result<Delivery, Failure> {
        let id = shown(&token.id);
        let deed = store_deed(&token.id);
        self.plan(&deed);
        let token = Box::new(ApiToken { token: None, ..token.clone() });
        let ask = Ask::Store(token, secret.clone());
        let event = self.ask(ask, |event| matches!(event, Event::Stored | Event::NotStored { .. })).await;
        match event {
            Some(Event::NotStored { message, is_certain }) => {
                let message = format!("the secret of the token {id} could not be stored: {}", told(&message));
                let failure = Failure::new(FailureCode::NotStored, message, "repair the store, then try again");
                if is_certain {
                    return Ok(Delivery::NotWritten(failure));
                }
                self.journal(|journal| journal.lost_track(&deed));
                Ok(Delivery::Unclear(failure))
            }
            Some(_) => {
                self.journal(|journal| journal.did(&deed));
                Ok(Delivery::Stored)
            }
            None => {
                // Who was interrupted may have stored it before.
                self.journal(|journal| journal.lost_track(&deed));
                Err(Failure::cancelled())
            }
        }
    }
}

fn store_deed(token_id: &str) -> Deed {
    let id = shown(token_id);
    Deed::new(
        EffectAction::Store,
        token_id,
        format!("store the secret of the token {id}"),
        format!("stored the secret of the token {id}"),
        format!("whether the secret of the token {id} was stored"),
    )
}
