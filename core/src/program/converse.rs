//! Holds a conversation with Astro, whatever it is about.

use super::{Ended, Exit, print::Format, wire::Wire};
use crate::{
    ApiToken, Problem,
    conversation::{Conversation, ConversationError, Event, Step},
};

/// What came of a conversation, with what it gave away before its end.
pub(super) struct Talked<T> {
    pub(super) outcome: Result<T, Box<ConversationError>>,
    pub(super) tokens: Vec<ApiToken>,
    pub(super) warnings: Vec<Problem>,
    /// Whether a secret was printed before its end.
    pub(super) is_stored: bool,
}

impl Wire {
    /// Holds the conversation to its end.
    pub(super) async fn converse<T: 'static>(
        &mut self,
        mut conversation: Conversation<T>,
        format: Format,
    ) -> Ended<Talked<T>> {
        let (mut tokens, mut is_stored) = (Vec::new(), false);
        let mut event = Event::Start;
        let outcome = loop {
            event = match conversation.step(event, self.now_ms()) {
                Step::Request(request) => match self.send(request).await {
                    Ok(event) => event,
                    Err(exit) => return Err(exit),
                },
                Step::Wait { milliseconds } => self.wait(milliseconds).await,
                // Standard output is the store. What a create without a key has made is printed at its end.
                Step::Prove if self.stores_created || conversation.name() == "rotate_token" => Event::Proved,
                Step::Prove => Event::NoStore,
                Step::ReadStore => Event::Unreadable,
                Step::Store { .. } if self.dry_run.is_some() => Event::Stored,
                Step::Store { token, secret } => {
                    // The mark that it still has is off, or another one, when this ends.
                    let description = token.plain_description().to_owned();
                    let token = ApiToken { token: Some(secret), description, ..*token };
                    let text = match self.stores_created {
                        true => format.created(&token, self.now_ms()),
                        false => format.successor(&token, self.now_ms()),
                    };
                    match self.world.try_out(text).await {
                        Ok(Ok(())) => {
                            is_stored = true;
                            Event::Stored
                        }
                        Ok(Err(message)) => Event::NotStored { message, is_certain: true },
                        Err(Exit(_)) => self.interrupted(),
                    }
                }
                Step::Page(page) => {
                    tokens.extend(page.tokens);
                    let (read, total) = (tokens.len(), page.total_count);
                    if self.world.host.stderr_is_terminal && i64::try_from(read).is_ok_and(|read| read < total) {
                        self.world.note(format!("read {read} of {total} tokens")).await;
                    }
                    Event::Next
                }
                Step::Done(outcome) => break Ok(outcome),
                Step::Failed(error) => break Err(error),
            };
        };
        let warnings = match &outcome {
            Ok(_) => conversation.warnings(),
            Err(error) => error.warnings.clone(),
        };
        Ok(Talked { outcome, tokens, warnings, is_stored })
    }
}
