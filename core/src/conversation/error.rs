//! [`ConversationError`]: a conversation failed, and this is what stands.

use std::fmt;

use super::journal::{Effect, EffectState, Journal};
use crate::{ApiError, ApiToken, Mark, Problem, Secret, ValidationError, text::shown};

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
    /// The new secret could not be stored, or whether it was is not known; the old token is as it was.
    NotStored = "not_stored",
    /// Another writer kept changing the roles at the same time.
    LostUpdate = "lost_update",
    /// There is a token that fits already; `candidates` has it.
    AlreadyExists = "already_exists",
    /// Another run works on the same token, or has done so meanwhile; nothing was deleted.
    Conflict = "conflict",
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
    /// Who created it: a user's name, or that of a token; else an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// When it was last used, in RFC 3339; `None`: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<String>,
    /// What a rotation, or a create with a key, has written about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
}

impl From<&ApiToken> for Candidate {
    fn from(token: &ApiToken) -> Self {
        Candidate {
            id: token.id.clone(),
            name: token.name.clone(),
            scope: token.scope.as_str().to_owned(),
            short_token: token.short_token.clone(),
            created_at: token.created_at.as_str().to_owned(),
            created_by: token.created_by.as_ref().map(|creator| creator.shown_name().to_owned()),
            last_used_at: token.last_used_at.as_ref().map(|time| time.as_str().to_owned()),
            mark: token.mark(),
        }
    }
}

impl fmt::Display for Candidate {
    /// "`clnew` `CI` created 2026-11-22T12:00:00Z by `Owner`, never used, pending"
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} created {}", shown(&self.id), shown(&self.name), self.created_at)?;
        if let Some(by) = &self.created_by {
            write!(f, " by {}", shown(by))?;
        }
        match &self.last_used_at {
            Some(time) => write!(f, ", last used {time}")?,
            None => f.write_str(", never used")?,
        }
        match &self.mark {
            Some(Mark::Pending { of, .. }) => write!(f, ", made to replace {}", shown(of)),
            Some(Mark::Keyed { .. }) => f.write_str(", made with an idempotency key"),
            Some(Mark::Replaced { by, .. }) => write!(f, ", replaced by {}", shown(by)),
            Some(Mark::Settled { .. }) | None => Ok(()),
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
    /// The same, token by token, for programs.
    pub effects: Vec<Effect>,
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
            write!(f, "\n  {candidate}")?;
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
        let effects = journal.effects();
        let texts = |state| -> Vec<String> {
            effects.iter().filter(|effect| effect.state == state).map(|effect| effect.text.clone()).collect()
        };
        let unclear = texts(EffectState::Unclear);
        // A change that nobody knows about is the first thing to know, whatever came after it.
        if !unclear.is_empty() && matches!(code, FailureCode::Refused | FailureCode::Unreachable) {
            code = FailureCode::Unknown;
        }
        // And where everything is known after all, it is no more than that nobody answered.
        if unclear.is_empty() && code == FailureCode::Unknown {
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
            done: texts(EffectState::Done),
            not_done: texts(EffectState::NotDone),
            unclear,
            effects,
            cause,
            secret: journal.secret.or(of_cause),
            candidates,
            warnings: journal.warnings,
        }
    }
}
