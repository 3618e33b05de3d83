//! Drives conversations against the sandbox, and remembers what went over the line.

#![allow(dead_code, reason = "each test uses a part")]

use std::collections::BTreeMap;

use astro_tokens::{
    ApiToken, Method, Request, Response, Sandbox, Secret,
    conversation::{Conversation, ConversationError, Event, Outcome, Step},
};

/// The clock of the sandbox is ahead of the caller's: nothing may depend on the two being equal.
pub(crate) const SERVER_AHEAD_MS: i64 = 2 * 60 * 1000;
/// 2026-11-22T12:00:00Z
pub(crate) const NOON_MS: i64 = 1_795_348_800_000;

/// What the driver does at one step instead of what was asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The caller wants no more: the request never left.
    CancelBefore,
    /// The caller wants no more while the request is on its way, and it takes effect.
    CancelAfter,
}

/// A caller with its sandbox.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) credential: Secret,
    pub(crate) now_ms: i64,
    /// How many requests were sent.
    pub(crate) sent: usize,
    /// The writes that were sent.
    pub(crate) writes: Vec<String>,
    /// The last secret of each token that came back whole.
    pub(crate) delivered: BTreeMap<String, String>,
    /// The secrets that were handed over to be stored, and were.
    pub(crate) stored: Vec<Secret>,
    pub(crate) waited_ms: u64,
    pub(crate) pages: Vec<Vec<ApiToken>>,
    /// What to do at the nth request, counted from 1, instead of sending it.
    pub(crate) turn: Option<(usize, Turn)>,
    /// What to answer when a secret is to be stored.
    pub(crate) store: Event,
    /// Whether there is a store for what is created, too. A rotation with overlap always has one.
    pub(crate) stores_all: bool,
    /// Whether the store can be read.
    pub(crate) is_readable: bool,
    /// What the store held before anything was stored.
    pub(crate) held: Option<Secret>,
    /// What to answer when the store is to be proven.
    pub(crate) proof: Event,
}

impl World {
    pub(crate) fn new(sandbox: Sandbox, credential: Secret) -> Self {
        World {
            sandbox,
            credential,
            now_ms: NOON_MS,
            sent: 0,
            writes: Vec::new(),
            delivered: BTreeMap::new(),
            stored: Vec::new(),
            waited_ms: 0,
            pages: Vec::new(),
            turn: None,
            store: Event::Stored,
            stores_all: false,
            is_readable: false,
            held: None,
            proof: Event::Proved,
        }
    }

    /// As the owner of the sandbox, without its rate limits.
    pub(crate) fn of_owner() -> Self {
        World::new(Sandbox::new().without_rate_limits(), Sandbox::owner_secret())
    }

    pub(crate) fn server_now_ms(&self) -> i64 {
        self.now_ms + SERVER_AHEAD_MS
    }

    /// Talks until the end.
    pub(crate) fn talk(&mut self, conversation: Conversation<Outcome>) -> Result<Outcome, Box<ConversationError>> {
        self.talk_and(conversation, |_| ())
    }

    /// Talks until the end, and looks at the conversation after each step.
    pub(crate) fn talk_and(
        &mut self,
        mut conversation: Conversation<Outcome>,
        mut look: impl FnMut(&Conversation<Outcome>),
    ) -> Result<Outcome, Box<ConversationError>> {
        let mut event = Event::Start;
        for _ in 0..1000 {
            let step = conversation.step(event, self.now_ms);
            look(&conversation);
            event = match step {
                Step::Request(request) => self.send(&request),
                Step::Wait { milliseconds } => {
                    self.waited_ms += milliseconds;
                    self.now_ms += i64::try_from(milliseconds).unwrap();
                    Event::Waited
                }
                Step::Prove if self.stores_all || conversation.name() == "rotate_token" => self.proof.clone(),
                Step::Prove => Event::NoStore,
                Step::ReadStore if self.is_readable => {
                    Event::Holds { secret: self.stored.last().or(self.held.as_ref()).cloned() }
                }
                Step::ReadStore => Event::Unreadable,
                Step::Store { secret, token } => {
                    assert!(token.token.is_none());
                    if matches!(self.store, Event::Stored) {
                        self.stored.push(secret);
                    }
                    self.store.clone()
                }
                Step::Page(page) => {
                    self.pages.push(page.tokens);
                    Event::Next
                }
                Step::Done(outcome) => return Ok(outcome),
                Step::Failed(error) => return Err(error),
            };
        }
        panic!("{} does not end", conversation.name());
    }

    /// Talks until a secret is to be stored, and then never comes back.
    pub(crate) fn crash_at_store(&mut self, mut conversation: Conversation<Outcome>) {
        let mut event = Event::Start;
        loop {
            event = match conversation.step(event, self.now_ms) {
                Step::Request(request) => self.send(&request),
                Step::Wait { milliseconds } => {
                    self.now_ms += i64::try_from(milliseconds).unwrap();
                    Event::Waited
                }
                Step::Prove => Event::Proved,
                Step::ReadStore => Event::Unreadable,
                Step::Store { .. } => return,
                other => panic!("{other:?}"),
            };
        }
    }

    fn send(&mut self, request: &Request) -> Event {
        self.sent += 1;
        self.now_ms += 40;
        let turn = self.turn.filter(|(position, _)| *position == self.sent).map(|(_, turn)| turn);
        if turn == Some(Turn::CancelBefore) {
            return Event::Cancelled;
        }
        if request.method() != Method::Get {
            self.writes.push(request.to_string());
        }
        let reply = self.sandbox.answer(request, Some(self.credential.expose()), self.server_now_ms());
        self.now_ms += 40;
        if turn == Some(Turn::CancelAfter) {
            return Event::Cancelled;
        }
        match reply.outcome {
            astro_tokens::ReplyOutcome::Response(response) => {
                self.remember(&response);
                Event::Response(response)
            }
            astro_tokens::ReplyOutcome::NotSent => {
                Event::Failed { message: "connection refused".to_owned(), may_have_arrived: false }
            }
            astro_tokens::ReplyOutcome::Lost => {
                Event::Failed { message: "connection reset".to_owned(), may_have_arrived: true }
            }
        }
    }

    fn remember(&mut self, response: &Response) {
        let Ok(body) = serde_json::from_slice::<serde_json::Value>(response.body()) else { return };
        if let (Some(id), Some(secret)) = (body["id"].as_str(), body["token"].as_str()) {
            self.delivered.insert(id.to_owned(), secret.to_owned());
        }
    }

    /// Whether a secret opens anything.
    pub(crate) fn works(&self, secret: &str) -> bool {
        let mut sandbox = self.sandbox.clone().without_rate_limits();
        sandbox.clear_faults();
        let url = "https://api.astronomer.io/v1/organizations/clorg/tokens?limit=1";
        let request = Request::from_parts(Method::Get, url.to_owned(), None);
        let reply = sandbox.answer(&request, Some(secret), self.server_now_ms());
        reply.outcome.response().is_some_and(|response| response.status() != 401)
    }

    pub(crate) fn token(&self, id: &str) -> Option<ApiToken> {
        self.sandbox.tokens().into_iter().find(|token| token.id == id)
    }
}
