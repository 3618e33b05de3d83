//! What the sandbox gives back, and what it remembers of it.

use serde::Serialize;

use crate::Response;

/// The answer to a request, or what became of it instead.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reply {
    /// How many milliseconds the answer takes; 0 unless a [`Fault`](super::Fault) says otherwise.
    pub delay_ms: u64,
    /// What the caller gets to see after that time.
    pub outcome: ReplyOutcome,
}

/// What the caller of the sandbox gets to see.
#[derive(Clone, Debug)]
pub enum ReplyOutcome {
    /// An answer.
    Response(Response),
    /// The connection could not be made: the request certainly took no effect.
    NotSent,
    /// The connection broke before an answer came: the caller cannot know whether the request took effect.
    Lost,
}

impl ReplyOutcome {
    /// The answer, if one came.
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        match self {
            ReplyOutcome::Response(response) => Some(response),
            ReplyOutcome::NotSent | ReplyOutcome::Lost => None,
        }
    }
}

/// A request as the sandbox remembers it. It holds neither the credential nor a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Seen {
    /// The method: `POST`.
    pub method: String,
    /// The path with what stands before the version: `/v1/organizations/clorg/tokens`.
    pub path: String,
    /// The query, percent-encoded and without the question mark; empty where there was none.
    pub query: String,
    /// The status that was answered; absent where no answer came back.
    pub status: Option<u16>,
    /// The status that the API itself came to, although the caller may not have seen it; absent where the request did
    /// not reach it.
    pub handled: Option<u16>,
}
