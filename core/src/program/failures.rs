//! Failed conversations: what stands, and with which code the program ends.

use super::{
    Exit,
    dry_run::is_pretended,
    print::Format,
    problems::{self, advice, in_flags},
    wire::Wire,
};
use crate::conversation::{Cause, ConversationError, FailureCode};

impl Wire {
    /// Says what stands, and gives out any secret that nobody will be told again.
    pub(super) async fn failed(&self, mut error: Box<ConversationError>, format: Format, is_stored: bool) -> Exit {
        let world = &self.world;
        if let (FailureCode::Invalid, Some(Cause::Invalid(invalid))) = (error.code, &error.cause)
            && error.done.is_empty()
        {
            world.show(&in_flags(invalid.problems.clone())).await;
            return Exit::INVALID;
        }
        let secret = error.secret.take().filter(|_| self.dry_run.is_none() && !is_stored);
        error.help = error.help.map(|help| advice(&help));
        world.err(problems::line("error", &error.to_string(), world.host.has_color())).await;
        if let Some(secret) = secret {
            let is_printed = matches!(world.try_out(format.left_behind(secret.expose())).await, Ok(Ok(())));
            world
                .note(if is_printed {
                    "the secret that was received is on standard output; it is shown only this once".to_owned()
                } else {
                    "a secret was received and could not be written to standard output; rotate its token".to_owned()
                })
                .await;
        }
        code(&error, self.is_interrupted)
    }

    /// Prints a secret that nobody will be told again.
    pub(super) async fn hand_over(&self, token: &crate::ApiToken, text: String) -> super::Ended {
        if self.dry_run.is_some() && is_pretended(token) {
            return Ok(());
        }
        match self.world.try_out(text).await {
            Ok(Ok(())) => Ok(()),
            failed => {
                let reason =
                    failed.map_or_else(|_| "interrupted".to_owned(), |written| written.err().unwrap_or_default());
                let id = crate::text::shown(&token.id);
                self.world
                    .complain(format!(
                        "the secret of the token {id} could not be written to standard output: {reason}\n  \
                         help: nobody will be told its value again; rotate {id} to get another, or delete it"
                    ))
                    .await;
                Err(Exit::ANYTHING_ELSE)
            }
        }
    }
}

fn code(error: &ConversationError, is_interrupted: bool) -> Exit {
    if !error.unclear.is_empty() || error.code == FailureCode::Unknown {
        return Exit::UNKNOWN;
    }
    match &error.cause {
        _ if is_interrupted => Exit::INTERRUPTED,
        Some(Cause::Api(error)) if !(200..300).contains(&error.status) => Exit::REFUSED,
        _ => Exit::ANYTHING_ELSE,
    }
}
