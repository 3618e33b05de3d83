//! [`Turn`]: one conversation of a session at a time changes a token.
//!
//! Astro replaces all roles at once and knows no versions, so two changes at the same time lose one of them. Between
//! programs that can only be noticed; within one session it is kept from happening.

use std::collections::BTreeSet;

use super::{
    Shared,
    error::{Failure, FailureCode},
    lock,
    talk::Talk,
};
use crate::text::shown;

/// How long to wait before asking again whether it is one's turn.
const ASKS_AFTER_MS: u64 = 50;

/// The right to change a token, until it is dropped.
pub(super) struct Turn {
    taken: Shared<BTreeSet<String>>,
    token_id: String,
}

impl Drop for Turn {
    fn drop(&mut self) {
        lock(&self.taken).remove(&self.token_id);
    }
}

impl Talk {
    /// The right to change this token, if no other conversation of the session changes it.
    pub(super) fn turn_at_once(&self, token_id: &str) -> Option<Turn> {
        let is_free = lock(&self.session.taken).insert(token_id.to_owned());
        is_free.then(|| Turn { taken: self.session.taken.clone(), token_id: token_id.to_owned() })
    }

    /// Waits until no other conversation of the session changes this token.
    pub(super) async fn turn(&self, token_id: &str) -> Result<Turn, Failure> {
        let since_ms = self.now_ms();
        loop {
            if let Some(turn) = self.turn_at_once(token_id) {
                return Ok(turn);
            }
            let spent_ms = u64::try_from(self.now_ms() - since_ms).unwrap_or_default();
            if spent_ms > self.session.patience_ms {
                let message =
                    format!("another conversation of this program changes the token {} all the time", shown(token_id));
                return Err(Failure::new(FailureCode::Unreachable, message, "end that one first; nothing was changed"));
            }
            self.wait(ASKS_AFTER_MS + self.random(ASKS_AFTER_MS)).await?;
        }
    }
}
