//! The question before a token is rotated or deleted.

use super::{Ended, Exit, options::Options, print::Format, settings::Settings, wire::Wire};
use crate::{
    Code, Command, CommandOperation, Spelling,
    conversation::FailureCode,
    report::Report,
    text::{is_blank, shown},
};

/// Whether the command takes something away that cannot be brought back.
pub(super) fn is_grave(command: &Command) -> bool {
    matches!(command.operation, CommandOperation::RotateToken | CommandOperation::DeleteToken)
}

/// The problem that nobody can be asked.
pub(super) fn nobody_to_ask(report: &mut Report) {
    let message = "there is no terminal to ask on before this is done".to_owned();
    report.push(
        Code::Required,
        Some("--force".to_owned()),
        None,
        message,
        "give `--force` to do it unasked".to_owned(),
    );
}

pub(super) fn report() -> Report {
    Report::new(Spelling::Snake, false)
}

impl Wire {
    /// Finds the token, asks whether it is the one, and makes sure that the command is about no other.
    pub(super) async fn ask_first(
        &mut self,
        settings: &Settings,
        options: &Options,
        command: &mut Command,
        is_finish: bool,
    ) -> Ended {
        let session = &settings.session;
        let is_delete = command.operation == CommandOperation::DeleteToken;
        let overlap = options.has("--overlap");
        let called = command.token_id.as_deref().or(command.token_name.as_deref()).map(shown).unwrap_or_default();
        let mut which = called;
        if !is_finish {
            let conversation = self.world.valid(session.start_find(command, self.world.host.seed)).await?;
            match self.converse(conversation, Format::Text).await?.outcome {
                Ok(token) => {
                    which = format!("{} ({})", shown(&token.id), shown(&token.name));
                    command.token_id = Some(token.id);
                }
                // A rotation that was begun before has left two of the name, and knows which is which.
                Err(error) if error.code == FailureCode::Ambiguous && overlap => {}
                Err(error) => return Err(self.failed(error, Format::Text, false).await),
            }
        }
        let question = match (is_finish, is_delete, overlap) {
            (true, ..) => format!("delete the old token of the rotation of {which}, if its time is over?"),
            (_, true, _) => format!("delete the token {which}? it stops working at once and cannot be brought back"),
            (_, _, true) => format!("replace the token {which} by a successor, and delete it then?"),
            _ => format!("rotate the token {which}? its old secret stops working at once"),
        };
        let answer = self.world.confirm(format!("{question} [y/N] ")).await?;
        let answer = answer.unwrap_or_default();
        if ["y", "yes"].iter().any(|yes| answer.trim().eq_ignore_ascii_case(yes)) && !is_blank(&answer) {
            return Ok(());
        }
        self.world.note("cancelled, nothing was changed".to_owned()).await;
        Err(Exit::ANYTHING_ELSE)
    }
}
