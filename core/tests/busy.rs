//! A server that is busy: the rate limits, and what a client that runs into them does.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;
#[path = "common/talking.rs"]
mod talking;

use astro_tokens::{
    Api, Fault, FaultEffect, Response, Sandbox,
    conversation::{Conversation, ConversationError, Event, FailureCode, Outcome, Session, Step, WorkKind},
};
use serde_json::{Value as Json, json};
use talking::World;

type Ended = Result<Outcome, Box<ConversationError>>;

fn session() -> Session {
    Session::new(Api::new("clorg").unwrap()).token_id("cltoken0")
}

fn start(session: &Session, work: WorkKind, input: &Json, seed: u64) -> Conversation<Outcome> {
    work.start(session, common::value(input), seed).unwrap()
}

fn owner(session: &Session, seed: u64) -> Conversation<Outcome> {
    start(session, WorkKind::FindToken, &json!({"token_id": "cltoken0"}), seed)
}

fn creation(session: &Session, number: u64) -> Conversation<Outcome> {
    let input = json!({"name": format!("token {number}"), "role": "ORGANIZATION_MEMBER", "expiration_days": 1});
    start(session, WorkKind::CreateToken, &input, number)
}

#[test]
fn the_own_pace_can_be_switched_off() {
    let waited_ms = |session: &Session| {
        let mut world = World::of_owner();
        (0..25).for_each(|number| drop(world.talk(creation(session, number)).unwrap()));
        world.waited_ms
    };
    assert_eq!(waited_ms(&session().rate_limits(false)), 0);
    assert!(waited_ms(&session()) > 0);
    assert!(waited_ms(&session().rate_limits(false).rate_limits(true)) > 0);
}

fn busy(status: u16, retry_after_s: Option<u64>) -> FaultEffect {
    FaultEffect::Status { status, retry_after_s, body: None }
}

/// What comes of reading a token where the first so many answers are such a fault.
fn read_through(effect: &FaultEffect, times: u32, session: &Session, seed: u64) -> (World, Ended) {
    let mut world = World::of_owner();
    for nth in 1..=times {
        world.sandbox.fault(Fault::new(effect.clone()).nth(nth));
    }
    let ended = world.talk(owner(session, seed));
    (world, ended)
}

/// Being told to wait does not count as an attempt: the total time ends it.
#[test]
fn a_busy_server_is_waited_for() {
    assert_eq!((Session::DEFAULT_ATTEMPTS, Session::DEFAULT_PATIENCE_MS), (5, 120_000));
    for effect in [busy(429, Some(1)), busy(503, Some(1)), busy(500, Some(1))] {
        for seed in 0..20 {
            let (world, ended) = read_through(&effect, 7, &session(), seed);
            assert!(ended.is_ok(), "{effect:?} {seed}: {ended:?}");
            assert_eq!(world.sent, 8);
            assert!((7000..=120_000).contains(&world.waited_ms));
        }
    }
    // 429 without a time to come back does not count either, and the waits grow.
    let (world, ended) = read_through(&busy(429, None), 7, &session(), 3);
    assert!(ended.is_ok(), "{ended:?}");
    assert!(world.sent == 8 && world.waited_ms > 5000, "{}", world.waited_ms);
}

#[test]
fn what_is_no_answer_is_an_attempt() {
    let nothing =
        [busy(500, None), busy(503, None), FaultEffect::LostBefore, FaultEffect::NotSent, FaultEffect::CutShort];
    for effect in nothing {
        let (world, ended) = read_through(&effect, 4, &session(), 3);
        assert!(ended.is_ok() && world.sent == 5, "{effect:?}");
        let (world, ended) = read_through(&effect, 7, &session(), 3);
        assert!(ended.is_err() && world.sent == 5, "{effect:?}");
    }
}

#[test]
fn a_server_that_stays_busy_is_left_when_the_time_is_over() {
    let (world, ended) = read_through(&busy(429, Some(1)), 200, &session().patience_ms(30_000), 3);
    assert_eq!(ended.unwrap_err().code, FailureCode::Refused);
    assert!(world.sent > 5 && world.waited_ms <= 30_000, "{} {}", world.sent, world.waited_ms);

    // Nor does a clock that stands still make it send for ever.
    let mut conversation = owner(&session(), 3);
    let (mut event, mut requests) = (Event::Start, 0);
    loop {
        event = match conversation.step(event, 0) {
            Step::Request(_) => {
                requests += 1;
                Event::Response(Response::new(429, [("retry-after", "0")], "{}"))
            }
            Step::Wait { .. } => Event::Waited,
            Step::Failed(_) => break,
            other => panic!("{other:?}"),
        };
        assert!(requests < 1000);
    }
}

/// Each of them has a pace of its own, as programs on several machines have, and all have one credential.
#[test]
fn two_dozen_at_once_are_too_many_for_the_limits_and_all_succeed() {
    let mut world = World::new(Sandbox::new(), Sandbox::owner_secret());
    for rate_limits in [false, true] {
        let conversations = (0..24).map(|number| creation(&session().rate_limits(rate_limits), number));
        for ended in talk_at_once(&mut world, conversations.collect()) {
            assert!(ended.is_ok(), "{ended:?}");
        }
    }
    assert_eq!(world.sandbox.tokens().len(), 1 + 2 * 24);
    assert!(world.sandbox.requests().iter().any(|seen| seen.status == Some(429)), "they are too many");
}

/// Conversations at once, of which each waits while the others go on.
fn talk_at_once(world: &mut World, conversations: Vec<Conversation<Outcome>>) -> Vec<Ended> {
    // When each goes on, and with what.
    let mut running: Vec<_> = conversations.into_iter().map(|one| (world.now_ms, Event::Start, one)).collect();
    let mut ended = Vec::new();
    while let Some(next) = (0..running.len()).min_by_key(|position| running[*position].0) {
        let (due_ms, event, mut conversation) = running.swap_remove(next);
        world.now_ms = world.now_ms.max(due_ms);
        let (after_ms, event) = match conversation.step(event, world.now_ms) {
            Step::Request(request) => {
                let credential = world.credential.clone();
                let reply = world.sandbox.answer(&request, Some(credential.expose()), world.server_now_ms());
                (40, Event::Response(reply.outcome.response().unwrap().clone()))
            }
            Step::Wait { milliseconds } => (i64::try_from(milliseconds).unwrap(), Event::Waited),
            Step::Prove => (0, Event::Proved),
            Step::ReadStore => (0, Event::Unreadable),
            Step::Store { .. } => (0, Event::Stored),
            Step::Done(outcome) => {
                ended.push(Ok(outcome));
                continue;
            }
            Step::Failed(error) => {
                ended.push(Err(error));
                continue;
            }
            other => panic!("{other:?}"),
        };
        running.push((world.now_ms + after_ms, event, conversation));
    }
    ended
}
