//! [`ConversationError`]: a conversation failed, and this is what stands.

use std::fmt;

use super::journal::Journal;
use crate::{ApiError, ApiToken, Problem, Secret, ValidationError, text::shown};

/// One code per line: variant, what it is called in every language, and what it means.
macro_rules! failure_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// The stable name of a way in which a conversation fails.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
        #[non_exhaustive]
        pub enum FailureCode {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)+
        }

        impl FailureCode {
            /// Every code.
            pub const ALL: &'static [FailureCode] = &[$(FailureCode::$variant),+];

            /// The code as it is written in every language: `not_found`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(FailureCode::$variant => $name,)+ }
            }

            /// What the code means, in a sentence.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(FailureCode::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

failure_codes! {
    /// Astro refused a request.
    Refused = "refused",
    /// Astro could not be reached, and nothing was changed.
    Unreachable = "unreachable",
    /// Nobody knows whether a change took effect: `unclear` says which.
    Unknown = "unknown",
    /// The input breaks a rule that could not be judged before the token was read; nothing was written.
    Invalid = "invalid",
    /// There is no such token, or no such role on it.
    NotFound = "not_found",
    /// Several tokens fit; `candidates` lists them.
    Ambiguous = "ambiguous",
    /// The id and the name, or the id and the Workspace or Deployment, do not belong together.
    Mismatch = "mismatch",
    /// Astro does not tell what has to be known to go on safely.
    Unverifiable = "unverifiable",
    /// It would replace the secret that the caller itself authenticates with.
    WouldLockOut = "would_lock_out",
    /// The new secret could not be stored, so the old one was left as it was.
    NotStored = "not_stored",
    /// Another writer kept changing the roles at the same time.
    LostUpdate = "lost_update",
    /// The caller wanted no more.
    Cancelled = "cancelled",
    /// The driver did not keep to the order of steps and events.
    Misuse = "misuse",
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Nobody answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct TransportError {
    /// What the host's HTTP client said.
    pub message: String,
    /// Whether the request could have arrived.
    pub may_have_arrived: bool,
}

/// What a failure came from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Cause {
    /// Astro refused, or its answer cannot be read.
    Api(ApiError),
    /// Nobody answered.
    Transport(TransportError),
    /// The caller's mistake.
    Invalid(ValidationError),
}

/// A token that fits what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Candidate {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its scope.
    pub scope: String,
    /// Identifies its secret without revealing it.
    pub short_token: String,
    /// When it was created, in RFC 3339.
    pub created_at: String,
}

impl From<&ApiToken> for Candidate {
    fn from(token: &ApiToken) -> Self {
        Candidate {
            id: token.id.clone(),
            name: token.name.clone(),
            scope: token.scope.as_str().to_owned(),
            short_token: token.short_token.clone(),
            created_at: token.created_at.as_str().to_owned(),
        }
    }
}

/// A conversation failed. It says exactly what stands, in sentences for people, and hands over any secret that came on the
/// way.
///
/// ```text
/// rotate_token failed: Astro answered 403 Forbidden: no right to delete (request id req-7)
///   done: created the token `clnew`, which replaces `clold`
///   done: stored the secret of `clnew`
///   not done: delete the token `clold`
///   help: …
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConversationError {
    /// The work: `rotate_token`.
    pub work: &'static str,
    /// In which way it failed.
    pub code: FailureCode,
    /// What happened: starts in lower case, has no final period.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// What was done before, in order.
    pub done: Vec<String>,
    /// What was not done any more.
    pub not_done: Vec<String>,
    /// What nobody knows: look at it before trying again.
    pub unclear: Vec<String>,
    /// What it came from.
    pub cause: Option<Cause>,
    /// The last secret that was received; nobody will be told its value again.
    pub secret: Option<Secret>,
    /// The tokens that it may be about.
    pub candidates: Vec<Candidate>,
    /// What was worth a look until then.
    pub warnings: Vec<Problem>,
}

impl fmt::Display for ConversationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {}", self.work, self.message)?;
        for candidate in &self.candidates {
            write!(f, "\n  {} {} created {}", shown(&candidate.id), shown(&candidate.name), candidate.created_at)?;
        }
        for (label, lines) in [("done", &self.done), ("not done", &self.not_done), ("unknown", &self.unclear)] {
            for line in lines {
                write!(f, "\n  {label}: {line}")?;
            }
        }
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConversationError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.cause.as_ref()? {
            Cause::Api(error) => Some(error),
            Cause::Transport(error) => Some(error),
            Cause::Invalid(error) => Some(error),
        }
    }
}

/// A failure in the making: what is known where it happens.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(super) code: FailureCode,
    pub(super) message: String,
    pub(super) help: Option<String>,
    pub(super) cause: Option<Box<Cause>>,
    pub(super) candidates: Vec<Candidate>,
}

impl Failure {
    pub(super) fn new(code: FailureCode, message: impl Into<String>, help: impl Into<String>) -> Self {
        Failure { code, message: message.into(), help: Some(help.into()), cause: None, candidates: Vec::new() }
    }

    pub(super) fn cancelled() -> Self {
        Failure { help: None, ..Failure::new(FailureCode::Cancelled, "cancelled", "") }
    }

    pub(super) fn misuse(message: &str) -> Self {
        Failure::new(FailureCode::Misuse, message, "answer each step with an event that fits, and stop at the last")
    }

    pub(super) fn invalid(error: ValidationError) -> Self {
        let problems: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
        let cause = Some(Box::new(Cause::Invalid(error)));
        Failure { cause, help: None, ..Failure::new(FailureCode::Invalid, problems.join("\n"), "") }
    }

    pub(super) fn caused_by(mut self, cause: Cause) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    /// Whether Astro's refusal was this status.
    pub(super) fn has_status(&self, status: u16) -> bool {
        matches!(self.cause.as_deref(), Some(Cause::Api(error)) if error.status == status)
    }

    pub(super) fn among<'t>(mut self, tokens: impl IntoIterator<Item = &'t ApiToken>) -> Self {
        self.candidates = tokens.into_iter().map(Candidate::from).collect();
        self
    }

    pub(super) fn with_journal(self, work: &'static str, journal: Journal) -> ConversationError {
        let Failure { mut code, message, help, cause, candidates } = self;
        let mut cause = cause.map(|cause| *cause);
        // A change that nobody knows about is the first thing to know, whatever came after it.
        if !journal.unclear.is_empty() && matches!(code, FailureCode::Refused | FailureCode::Unreachable) {
            code = FailureCode::Unknown;
        }
        // And where everything is known after all, it is no more than that nobody answered.
        if journal.unclear.is_empty() && code == FailureCode::Unknown {
            code = FailureCode::Unreachable;
        }
        let of_cause = match &mut cause {
            Some(Cause::Api(error)) => error.secret.take(),
            _ => None,
        };
        ConversationError {
            work,
            code,
            message,
            help,
            done: journal.done,
            not_done: journal.planned,
            unclear: journal.unclear,
            cause,
            secret: journal.secret.or(of_cause),
            candidates,
            warnings: journal.warnings,
        }
    }
}
