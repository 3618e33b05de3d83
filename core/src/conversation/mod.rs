//! Work that takes several requests: state machines that do nothing to the world.
//!
//! A [`Conversation`] asks for one thing at a time ([`Step`]) and is told what came of it ([`Event`]). Whoever drives it
//! lends it the network and the clock:
//!
//! ```
//! use astro_tokens::{Api, Response};
//! use astro_tokens::conversation::{Event, FindToken, Session, Step, Work};
//!
//! let session = Session::new(Api::new("clorg")?);
//! let mut conversation = FindToken::default().token_id("cltoken").start(&session, 0)?;
//!
//! let mut event = Event::Start;
//! let outcome = loop {
//!     event = match conversation.step(event, 1_795_336_810_000) {
//!         Step::Request(request) => {
//!             assert!(request.url().ends_with("/tokens/cltoken"));
//!             // Here a driver adds the credential and sends it.
//!             Event::Response(Response::new(404, [("x-request-id", "req-1")], r#"{"message": "no such token"}"#))
//!         }
//!         Step::Wait { .. } => Event::Waited, // Here it sleeps.
//!         Step::Prove => Event::Proved, // Here it makes sure that the store can be written to,
//!         Step::ReadStore => Event::Unreadable, // says what the store holds, if it can,
//!         Step::Store { .. } => Event::Stored, // and writes the secret.
//!         Step::Page(_) => Event::Next,
//!         Step::Done(token) => break Ok(token),
//!         Step::Failed(error) => break Err(error),
//!     };
//! };
//! assert_eq!(outcome.unwrap_err().message, "there is no token with the id `cltoken`");
//! # Ok::<(), astro_tokens::ValidationError>(())
//! ```
//!
//! Written in Rust's `async`, which the compiler turns into the state machine; there is no runtime, and nothing ever
//! wakes it but [`Conversation::step`].

mod cleanup;
mod create;
mod delete;
mod diff;
mod duplicate;
mod error;
mod find;
mod finish;
mod journal;
mod line;
mod marking;
mod overlap;
mod owner;
mod pace;
mod pages;
mod roles;
mod rotate;
mod send;
mod session;
mod settle;
mod stores;
mod talk;
mod turn;
mod update;
mod wanted;
mod work;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

pub use error::{Candidate, Cause, ConversationError, FailureCode, TransportError};
pub use find::FindToken;
pub use journal::{Effect, EffectAction, EffectState};
pub use pages::AllTokens;
pub use roles::{AddTokenRole, ChangeTokenRole, RemoveTokenRole, RoleChange};
pub use rotate::{FinishRotation, RotateToken, Rotation};
pub use session::Session;
pub use update::{TokenUpdate, UpdateToken};
pub use work::{Outcome, Work, WorkKind};
pub use {create::CreateToken, delete::DeleteToken, diff::RoleDiff, duplicate::CloneToken};
#[cfg(feature = "cli")]
pub(crate) use {owner::Owner, work::begin};

use crate::{ApiToken, Problem, Request, Response, Secret, TokenPage};
use error::Failure;
use talk::{Ask, Talk};

/// What came of the last [`Step`].
#[derive(Clone, Debug)]
pub enum Event {
    /// Nothing yet: the first event of a conversation.
    Start,
    /// The answer to the request, whatever its status.
    Response(Response),
    /// There is no answer to the request.
    Failed {
        /// Why, in the words of the host's HTTP client, without a credential in them.
        message: String,
        /// Whether the request could have arrived. `false` only where nothing was sent: the name was not found, the
        /// connection was refused.
        may_have_arrived: bool,
    },
    /// The time is over.
    Waited,
    /// As far as the store can tell, writing to it is going to work. Also for a store that cannot be asked.
    Proved,
    /// Writing to the store is not going to work.
    NotProved {
        /// Why.
        message: String,
    },
    /// There is no store: a secret is handed over by the outcome alone.
    NoStore,
    /// What the store holds now.
    Holds {
        /// The secret; `None`: nothing.
        secret: Option<Secret>,
    },
    /// The store cannot be read.
    Unreadable,
    /// The store has the secret.
    Stored,
    /// Storing the secret failed.
    NotStored {
        /// Why.
        message: String,
        /// Whether it is certain that the secret was not written, and never will be. `false` where it is not known: the
        /// store may have written it before it failed.
        is_certain: bool,
    },
    /// The page was taken; the next one is wanted.
    Next,
    /// The caller wants no more: the conversation ends with an error that says what stands.
    Cancelled,
}

/// What a conversation asks for next.
#[derive(Debug)]
pub enum Step<T> {
    /// Add the credential to this request, and send it. Answered by [`Event::Response`] or [`Event::Failed`].
    Request(Request),
    /// Wait. Answered by [`Event::Waited`].
    Wait {
        /// How long, in milliseconds.
        milliseconds: u64,
    },
    /// Check that writing to the store is going to work. Answered by [`Event::Proved`], [`Event::NotProved`] or
    /// [`Event::NoStore`].
    Prove,
    /// Read the secret that the store holds. Answered by [`Event::Holds`] or [`Event::Unreadable`].
    ReadStore,
    /// Write this secret to the store. Answered by [`Event::Stored`] or [`Event::NotStored`].
    Store {
        /// The token that the secret belongs to, without the secret.
        token: Box<ApiToken>,
        /// Its secret.
        secret: Secret,
    },
    /// A page of the tokens that were asked for. Answered by [`Event::Next`].
    Page(TokenPage),
    /// It is done.
    Done(T),
    /// It failed, and this is what stands.
    Failed(Box<ConversationError>),
}

type Running<T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send>>;

/// Work that takes several requests, in progress.
pub struct Conversation<T> {
    name: &'static str,
    talk: Talk,
    /// `None`: it is over.
    running: Option<Running<T>>,
    has_begun: bool,
}

impl<T: 'static> Conversation<T> {
    /// Goes on with what came of the last step. `now_ms` is the time in milliseconds since 1970; it should not go back.
    ///
    /// An event that does not answer the last step ends the conversation, as anything else would lose track of what
    /// happened.
    pub fn step(&mut self, event: Event, now_ms: i64) -> Step<T> {
        let Some(running) = &mut self.running else {
            // An interrupt may come when it is done and before its outcome has reached anybody.
            let is_cancelled = matches!(event, Event::Cancelled);
            let misuse = || Failure::misuse("the conversation is over");
            return self.failed(if is_cancelled { Failure::cancelled() } else { misuse() });
        };
        let fits = if self.has_begun { self.talk.expects(&event) } else { matches!(event, Event::Start) };
        // A cancelled conversation that has not begun has nothing to say but that.
        if !fits && !matches!(event, Event::Cancelled) {
            return self.failed(Failure::misuse("the event does not answer the last step"));
        }
        if !self.has_begun && matches!(event, Event::Cancelled) {
            return self.failed(Failure::cancelled());
        }
        self.talk.hear(self.has_begun.then_some(event), now_ms);
        self.has_begun = true;
        let polled = running.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        match polled {
            Poll::Ready(Ok(outcome)) => {
                self.running = None;
                Step::Done(outcome)
            }
            Poll::Ready(Err(failure)) => self.failed(failure),
            Poll::Pending => match self.talk.asked() {
                Some(Ask::Request(request)) => Step::Request(*request),
                Some(Ask::Wait(milliseconds)) => Step::Wait { milliseconds },
                Some(Ask::Prove) => Step::Prove,
                Some(Ask::ReadStore) => Step::ReadStore,
                Some(Ask::Store(token, secret)) => Step::Store { token, secret },
                Some(Ask::Page(page)) => Step::Page(page),
                None => self.failed(Failure::misuse("the conversation asked for nothing")),
            },
        }
    }

    /// What is worth a look although it stops nothing; it grows while the conversation goes on.
    #[must_use]
    pub fn warnings(&self) -> Vec<Problem> {
        self.talk.warnings()
    }

    /// What it has done so far, has not done, or does not know.
    #[must_use]
    pub fn effects(&self) -> Vec<Effect> {
        self.talk.effects()
    }

    /// The name of the work: `rotate_token`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The same conversation with the form of outcome that all have.
    pub(crate) fn outcome(self) -> Conversation<Outcome>
    where
        Outcome: From<T>,
    {
        self.map(Outcome::from)
    }

    fn failed(&mut self, failure: Failure) -> Step<T> {
        self.running = None;
        Step::Failed(Box::new(failure.with_journal(self.name, self.talk.take_journal())))
    }

    /// The same conversation with another form of outcome.
    fn map<U: 'static>(self, change: fn(T) -> U) -> Conversation<U> {
        let running = self.running.map(|running| Box::pin(async move { running.await.map(change) }) as Running<U>);
        Conversation { name: self.name, talk: self.talk, running, has_begun: self.has_begun }
    }
}

impl<T> std::fmt::Debug for Conversation<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conversation").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What the session and the conversation share.
type Shared<T> = Arc<std::sync::Mutex<T>>;

fn lock<T>(shared: &Shared<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
