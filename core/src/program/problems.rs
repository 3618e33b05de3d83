//! Problems as the command shows them: with the line as it was typed, and in the names of flags.

use super::{Ended, Exit, world::World};
use crate::{Problem, Severity, Source, ValidationError, command::rendered};

/// What the core calls some fields, and what a command line calls them.
const FIELDS: &[(&str, &str)] = &[
    ("token_id", "<token-id>"),
    ("token_name", "--name"),
    ("new_name", "--new-name"),
    ("name", "--name"),
    ("description", "--description"),
    ("role", "--role"),
    ("organization_id", "--organization-id"),
    ("workspace_id", "--workspace-id"),
    ("deployment_id", "--deployment-id"),
    ("base_url", "--base-url"),
    ("api_version", "--api-version"),
    ("overlap", "--overlap"),
    ("keep_old", "--keep-old"),
    ("leftover_after", "--leftover-after"),
    ("now", "--now"),
    ("idempotency_key", "--idempotency-key"),
    ("allow_lockout", "--allow-lockout"),
    ("remove_orphans", "--remove-orphans"),
    ("old_token_id", "--old-token-id"),
    ("domain", "ASTRO_DOMAIN"),
];

/// What the core says for all languages, as it is on a command line.
pub(super) fn advice(help: &str) -> String {
    let mut help = help.to_owned();
    for (field, flag) in FIELDS {
        help = help.replace(&format!("`{field}`"), &format!("`{flag}`"));
    }
    help.replace("finish_rotation", "`finish-rotation`")
}

/// Problems with their fields as a command line calls them.
pub(super) fn in_flags(problems: Vec<Problem>) -> Vec<Problem> {
    let mut problems = problems;
    for problem in &mut problems {
        let field = problem.field.as_deref();
        let flag = field.and_then(|field| FIELDS.iter().find(|(name, _)| *name == field)).map(|(_, flag)| *flag);
        let help = problem.help.take().map(|help| advice(&help));
        let field = flag.or(field).map(str::to_owned);
        let variable = match field.as_deref() {
            Some("--workspace-id") => "ASTRO_WORKSPACE_ID",
            Some("--deployment-id") => "ASTRO_DEPLOYMENT_ID",
            _ => "",
        };
        problem.help = help.map(|help| help.replace("the current one of the Api", &format!("`{variable}`")));
        problem.field = field;
    }
    problems
}

/// One line that begins with what it is.
pub(super) fn line(label: &str, message: &str, color: bool) -> String {
    let code = if label == "error" { "1;31" } else { "1;33" };
    if color { format!("\u{1b}[{code}m{label}:\u{1b}[0m {message}\n") } else { format!("{label}: {message}\n") }
}

pub(super) fn has_errors(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.severity == Severity::Error)
}

/// Adds what was not said before.
pub(super) fn add(problems: &mut Vec<Problem>, more: Vec<Problem>) {
    for problem in in_flags(more) {
        let is_same = |known: &Problem| {
            (known.code, &known.field, &known.message) == (problem.code, &problem.field, &problem.message)
        };
        if !problems.iter().any(is_same) {
            problems.push(problem);
        }
    }
}

impl World {
    /// Shows problems, on standard error.
    pub(super) async fn show(&self, problems: &[Problem]) {
        let source = Source::from(self.host.args.as_slice());
        self.err(rendered(&source, problems, self.host.has_color())).await;
    }

    /// What was made of the input, or the end of the program where it is invalid.
    pub(super) async fn valid<T>(&self, made: Result<T, ValidationError>) -> Ended<T> {
        match made {
            Ok(made) => Ok(made),
            Err(error) => {
                let mut problems = Vec::new();
                add(&mut problems, error.problems);
                self.show(&problems).await;
                Err(Exit::INVALID)
            }
        }
    }

    /// Ends the program where one of the problems is an error.
    pub(super) async fn judge(&self, problems: &[Problem]) -> Ended {
        if has_errors(problems) {
            self.show(problems).await;
            return Err(Exit::INVALID);
        }
        Ok(())
    }
}
