//! Conversations: `npm/src/conversation.ts` is the other side.
//!
//! JavaScript knows sessions and conversations by number. A conversation is dropped with its last step or when it is
//! closed, whichever is first.

use std::{cell::RefCell, collections::BTreeMap};

use astro_tokens::{
    Problem, Response, Secret,
    conversation::{
        Candidate, Cause, Conversation, ConversationError, Effect, Event, Outcome, Session, Step, WorkKind,
    },
};
use js_sys::{Array, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::{
    answer::Refusal,
    read, to_object,
    tokens::{described, push_secrets, shown_mark},
    with,
};

#[derive(Default)]
struct Desk {
    sessions: BTreeMap<u32, Session>,
    conversations: BTreeMap<u32, Conversation<Outcome>>,
    /// The number that was given last. None is given twice.
    last: u32,
}

thread_local! {
    static DESK: RefCell<Desk> = RefCell::default();
}

fn at_desk<T>(use_it: impl FnOnce(&mut Desk) -> T) -> T {
    DESK.with_borrow_mut(use_it)
}

impl Desk {
    fn number(&mut self) -> u32 {
        self.last += 1;
        self.last
    }
}

/// Opens a session for the open `Api`: its number.
#[wasm_bindgen]
#[must_use]
pub fn open_session(
    token_id: Option<String>,
    attempts: Option<u32>,
    patience_ms: Option<f64>,
    rate_limits: Option<bool>,
) -> Option<u32> {
    let api = with(|boundary| boundary.api.clone())?;
    let mut session = Session::new(api);
    if let Some(token_id) = token_id {
        session = session.token_id(token_id);
    }
    session = session.attempts(attempts.unwrap_or(Session::DEFAULT_ATTEMPTS));
    session = session.patience_ms(patience_ms.map_or(Session::DEFAULT_PATIENCE_MS, |patience_ms| patience_ms as u64));
    session = session.rate_limits(rate_limits.unwrap_or(true));
    Some(at_desk(|desk| {
        let number = desk.number();
        desk.sessions.insert(number, session);
        number
    }))
}

pub(crate) fn session(number: u32) -> Option<Session> {
    at_desk(|desk| desk.sessions.get(&number).cloned())
}

/// Forgets a session; its conversations go on.
#[wasm_bindgen]
pub fn close_session(session: u32) {
    at_desk(|desk| desk.sessions.remove(&session));
}

/// Begins a conversation with the object in the frame: its number. Nothing: the input is wrong, see `take_problems`.
#[wasm_bindgen]
#[must_use]
pub fn start_conversation(
    session: u32,
    work: &str,
    numbers: usize,
    bytes: usize,
    units: usize,
    seed: f64,
) -> Option<u32> {
    let (session, work) = (self::session(session)?, WorkKind::named(work)?);
    let conversation = with(|boundary| {
        let input = read(&boundary.numbers, &boundary.text, numbers, bytes, units);
        boundary.accept(work.start(&session, input, seed as u64))
    })?;
    Some(begin(conversation))
}

pub(crate) fn begin(conversation: Conversation<Outcome>) -> u32 {
    at_desk(|desk| {
        let number = desk.number();
        desk.conversations.insert(number, conversation);
        number
    })
}

/// Ends a conversation, wherever it stands.
#[wasm_bindgen]
pub fn close_conversation(conversation: u32) {
    at_desk(|desk| desk.conversations.remove(&conversation));
}

/// What is worth a look in a conversation although it stops nothing, as a list of objects.
#[wasm_bindgen]
#[must_use]
pub fn conversation_warnings(conversation: u32) -> JsValue {
    to_object(&at_desk(|desk| desk.conversations.get(&conversation).map(Conversation::warnings)).unwrap_or_default())
}

/// Goes on with an event other than a response; what it is called is in `npm/src/conversation.ts`. `flag` is its
/// `mayHaveArrived` or `isCertain`. See [`described_step`]. After the last step, the warnings of the conversation are
/// problems to take.
#[wasm_bindgen]
#[must_use]
pub fn step(
    conversation: u32,
    now_ms: f64,
    event: &str,
    message: String,
    flag: bool,
    secret: Option<String>,
) -> Option<Array> {
    go_on(
        conversation,
        now_ms,
        match event {
            "start" => Event::Start,
            "failed" => Event::Failed { message, may_have_arrived: flag },
            "waited" => Event::Waited,
            "proved" => Event::Proved,
            "not_proved" => Event::NotProved { message },
            "no_store" => Event::NoStore,
            "holds" => Event::Holds { secret: secret.map(Secret::new) },
            "unreadable" => Event::Unreadable,
            "stored" => Event::Stored,
            "not_stored" => Event::NotStored { message, is_certain: flag },
            "next" => Event::Next,
            "cancelled" => Event::Cancelled,
            _ => return None,
        },
    )
}

/// Goes on with a response. See [`described_step`].
#[wasm_bindgen]
#[must_use]
pub fn step_response(
    conversation: u32,
    now_ms: f64,
    status: u16,
    headers: Vec<String>,
    body: Vec<u8>,
) -> Option<Array> {
    let headers = headers.as_chunks().0.iter().map(|[name, value]| (name.as_str(), value.as_str()));
    go_on(conversation, now_ms, Event::Response(Response::new(status, headers, body)))
}

fn go_on(number: u32, now_ms: f64, event: Event) -> Option<Array> {
    at_desk(|desk| {
        let conversation = desk.conversations.get_mut(&number)?;
        let step = conversation.step(event, now_ms as i64);
        if matches!(step, Step::Done(_) | Step::Failed(_)) {
            with(|boundary| boundary.problems = conversation.warnings());
            desk.conversations.remove(&number);
        }
        Some(described_step(step))
    })
}

/// A step as a list: what it is, and from there on what belongs to it. Tokens are as in `described`, followed by
/// everything else.
fn described_step(step: Step<Outcome>) -> Array {
    match step {
        Step::Request(request) => {
            let body = request.body().map(String::from_utf8_lossy);
            Array::from_iter([
                "request".into(),
                request.method().as_str().into(),
                request.url().into(),
                to_object(&request.headers().iter().copied().collect::<BTreeMap<_, _>>()),
                body.as_deref().into(),
            ])
        }
        Step::Wait { milliseconds } => Array::of2(&"wait".into(), &(milliseconds as f64).into()),
        Step::Prove => Array::of1(&"prove".into()),
        Step::ReadStore => Array::of1(&"read_store".into()),
        Step::Store { token, secret } => {
            let list = described("store", &token, std::slice::from_ref(&*token));
            push_secrets(&list, std::iter::once(&secret));
            list
        }
        Step::Page(page) => described("page", &page, &page.tokens),
        Step::Done(outcome) => done(&outcome),
        Step::Failed(error) => failed(&error),
    }
}

fn done(outcome: &Outcome) -> Array {
    match outcome {
        Outcome::Token(token) => described("token", token, std::slice::from_ref(&**token)),
        Outcome::Update(update) => described("update", update, std::slice::from_ref(&update.token)),
        Outcome::Roles(change) => described("roles", change, std::slice::from_ref(&change.token)),
        Outcome::Rotation(rotation) => described("rotation", rotation, std::slice::from_ref(&rotation.token)),
        _ => described("nothing", &(), &[]),
    }
}

/// A failure: the word, the error as an object, what its cause is called and the cause as an object, its secret.
fn failed(error: &ConversationError) -> Array {
    let (cause, content) = match &error.cause {
        Some(Cause::Api(error)) => ("api", to_object(&Refusal::from(error))),
        Some(Cause::Transport(error)) => {
            ("transport", to_object(&Lost { message: &error.message, may_have_arrived: error.may_have_arrived }))
        }
        Some(Cause::Invalid(error)) => {
            ("invalid", to_object(&Invalid { message: error.to_string(), problems: &error.problems }))
        }
        _ => ("", JsValue::UNDEFINED),
    };
    let shown = to_object(&Failed::from(error));
    let candidates: Array = error.candidates.iter().map(shown_candidate).collect();
    // A plain object of our own takes any key, here and below.
    let _ = Reflect::set(&shown, &"candidates".into(), &candidates);
    let list = Array::of4(&"failed".into(), &shown, &cause.into(), &content);
    push_secrets(&list, error.secret.iter());
    list
}

fn shown_candidate(candidate: &Candidate) -> JsValue {
    let shown = to_object(candidate);
    if let Some(mark) = &candidate.mark {
        let _ = Reflect::set(&shown, &"mark".into(), &shown_mark(mark));
    }
    shown
}

/// A [`ConversationError`] as JavaScript shows it, without its candidates.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failed<'a> {
    message: String,
    work: &'a str,
    code: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    done: &'a [String],
    not_done: &'a [String],
    unclear: &'a [String],
    effects: &'a [Effect],
    warnings: &'a [Problem],
}

impl<'a> From<&'a ConversationError> for Failed<'a> {
    fn from(error: &'a ConversationError) -> Self {
        Failed {
            message: error.to_string(),
            work: error.work,
            code: error.code.as_str(),
            detail: &error.message,
            help: error.help.as_deref(),
            done: &error.done,
            not_done: &error.not_done,
            unclear: &error.unclear,
            effects: &error.effects,
            warnings: &error.warnings,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Lost<'a> {
    message: &'a str,
    may_have_arrived: bool,
}

#[derive(Serialize)]
struct Invalid<'a> {
    message: String,
    problems: &'a [Problem],
}
