//! The protocol of rotation with overlap and of a create with a key, rule by rule: `docs/rotation.md`. What two runs do to each
//! other is in `interleavings.rs`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;
#[path = "common/talking.rs"]
mod talking;

use astro_tokens::{
    Api, ApiToken, EntityType, Fault, FaultEffect, GetToken, Mark, NewToken, Operation, Response, Timestamp,
    conversation::{
        Conversation, ConversationError, EffectAction, Event, FailureCode, Outcome, Rotation, Session, Step, WorkKind,
    },
};
use serde_json::{Value as Json, json};
use talking::{NOON_MS, SERVER_AHEAD_MS, World};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const RUN: &str = "0123456789abcdef";

fn session() -> Session {
    Session::new(Api::new("clorg").unwrap()).token_id("cltoken0")
}

fn start(work: &str, input: &Json) -> Conversation<Outcome> {
    WorkKind::named(work).unwrap().start(&session(), common::value(input), 1).unwrap()
}

fn run(world: &mut World, work: &str, input: Json) -> Result<Outcome, Box<ConversationError>> {
    world.talk(start(work, &input))
}

fn rotated(world: &mut World, input: Json) -> Rotation {
    match run(world, "rotate_token", input) {
        Ok(Outcome::Rotation(rotation)) => *rotation,
        other => panic!("{other:?}"),
    }
}

fn finished(world: &mut World, input: Json) -> Rotation {
    match run(world, "finish_rotation", input) {
        Ok(Outcome::Rotation(rotation)) => *rotation,
        other => panic!("{other:?}"),
    }
}

fn failed(world: &mut World, work: &str, input: Json) -> Box<ConversationError> {
    run(world, work, input).unwrap_err()
}

/// A token `Nightly` of the Workspace, with something at the end of its description, made so many hours ago.
fn add(world: &mut World, mark: &str, hours: i64) -> ApiToken {
    let token = NewToken::workspace("Nightly", "clws", "WORKSPACE_AUTHOR").expiration_days(30);
    let token = token.description(format!("builds {mark}").trim_end());
    world.sandbox.add_token(token, NOON_MS + SERVER_AHEAD_MS - hours * HOUR_MS)
}

fn pending(of: &str) -> String {
    format!("[astro-tokens: successor of {of}, run {RUN}, line cltoken1]")
}

fn replaced(by: &str, until_ms: i64) -> String {
    format!("[astro-tokens: replaced by {by} until {}, line cltoken1]", Timestamp::from_unix_millis(until_ms))
}

const SETTLED: &str = "[astro-tokens: line cltoken1]";

fn world() -> World {
    World::of_owner()
}

fn ids(world: &World) -> Vec<String> {
    world.sandbox.tokens().into_iter().map(|token| token.id).filter(|id| id != "cltoken0").collect()
}

/// Somebody uses the token.
fn use_it(world: &mut World, token: &ApiToken) {
    let request = GetToken::new(&token.id).request(session().api()).unwrap();
    let now_ms = world.server_now_ms();
    world.sandbox.answer(&request, Some(token.token.as_ref().unwrap().expose()), now_ms);
}

fn without_secret(token: &ApiToken) -> ApiToken {
    let mut token = token.clone();
    token.token = None;
    token
}

fn overlap() -> Json {
    json!({"token_name": "Nightly", "workspace_id": "clws", "overlap": true})
}

// ---- which token -----------------------------------------------------------------------------------------------------

#[test]
fn the_store_says_which_token_is_rotated_a_replaced_one_too() {
    let mut world = world();
    let old = add(&mut world, &replaced("cltoken2", NOON_MS + DAY_MS), 48);
    add(&mut world, SETTLED, 24);
    (world.is_readable, world.held) = (true, old.token);
    assert_eq!(rotated(&mut world, overlap()).old_token_id.as_deref(), Some("cltoken1"));
    // By its id as well.
    let mut world = self::world();
    let old = add(&mut world, &replaced("cltoken2", NOON_MS + DAY_MS), 48);
    add(&mut world, SETTLED, 24);
    let by_id = json!({"token_id": "cltoken1", "overlap": true});
    assert_eq!(failed(&mut world, "rotate_token", by_id.clone()).code, FailureCode::Mismatch);
    (world.is_readable, world.held) = (true, old.token);
    assert_eq!(rotated(&mut world, by_id).old_token_id.as_deref(), Some("cltoken1"));
}

#[test]
fn what_has_replaced_a_replacement_counts_in_its_place() {
    // The second rotation has deleted the token that the first one is replaced by.
    let with = |until_ms| {
        let mut world = world();
        add(&mut world, &replaced("clgone", until_ms), 72);
        add(&mut world, SETTLED, 24);
        world
    };
    let mut world = with(NOON_MS + DAY_MS);
    let error = failed(&mut world, "rotate_token", json!({"token_id": "cltoken1", "overlap": true}));
    assert_eq!(error.code, FailureCode::Mismatch);
    assert!(error.message.contains("was replaced by `cltoken2`"), "{error}");
    let mut world = with(NOON_MS - HOUR_MS);
    finished(&mut world, json!({"token_name": "Nightly"}));
    assert_eq!(ids(&world), ["cltoken2"]);
    // Where there is none, it is all that is left: an end leaves it, and it can be rotated by its id.
    let mut world = self::world();
    add(&mut world, &replaced("clgone", NOON_MS - HOUR_MS), 72);
    finished(&mut world, json!({"token_id": "cltoken1"}));
    assert_eq!(ids(&world), ["cltoken1"]);
    rotated(&mut world, json!({"token_id": "cltoken1", "overlap": true}));
    assert_eq!(ids(&world), ["cltoken2"]);
}

#[test]
fn white_space_around_a_stored_secret_does_not_count_and_rubbish_says_nothing() {
    let with = |change: fn(&str) -> String| {
        let mut world = world();
        let old = add(&mut world, &replaced("cltoken2", NOON_MS - HOUR_MS), 72);
        add(&mut world, SETTLED, 48);
        let held = change(old.token.unwrap().expose());
        (world.is_readable, world.held) = (true, Some(astro_tokens::Secret::new(held)));
        world
    };
    let mut world = with(|secret| format!(" {secret}\r\n"));
    finished(&mut world, json!({"token_name": "Nightly"}));
    assert_eq!(ids(&world), ["cltoken1", "cltoken2"], "the store holds its secret");
    let mut world = with(|_| "hunter2".to_owned());
    add(&mut world, &pending("cltoken2"), 24);
    finished(&mut world, json!({"token_name": "Nightly"}));
    assert_eq!(ids(&world), ["cltoken2", "cltoken3"], "the store may hold the secret of what a run has left");
    add(&mut world, &pending("cltoken2"), 0);
    failed(&mut world, "rotate_token", overlap());
    assert!(world.writes.iter().all(|write| !write.starts_with("POST")), "nobody could tell whose secret counts");
}

#[test]
fn by_name_the_newest_of_a_line_is_rotated_and_two_lines_are_ambiguous() {
    let mut world = world();
    add(&mut world, "", 48);
    add(&mut world, SETTLED, 24);
    assert_eq!(rotated(&mut world, overlap()).old_token_id.as_deref(), Some("cltoken2"));
    let mut world = self::world();
    add(&mut world, "", 48);
    add(&mut world, "[astro-tokens: line cltoken9]", 24);
    let error = failed(&mut world, "rotate_token", overlap());
    assert_eq!((error.code, error.candidates.len()), (FailureCode::Ambiguous, 2), "{error}");
}

#[test]
fn a_young_pending_token_is_rotated_by_nobody() {
    for input in [json!({"token_id": "cltoken1", "overlap": true}), overlap()] {
        let mut world = world();
        add(&mut world, &pending("clgone"), 0);
        let error = failed(&mut world, "rotate_token", input.clone());
        assert_eq!(error.code, FailureCode::Conflict, "{error}");
        assert!(error.help.as_deref().unwrap().contains("after 1 hour"), "{error}");
        assert!(world.writes.is_empty());
        // The caller may know better.
        let mut patient = world.clone();
        patient.now_ms += 120_000;
        let mut input = input;
        input["leftover_after"] = 60.into();
        rotated(&mut patient, input);
    }
}

#[test]
fn a_token_that_another_run_is_at_work_with_can_be_looked_at() {
    let mut world = world();
    add(&mut world, &pending("clgone"), 0);
    let Ok(Outcome::Token(token)) = run(&mut world, "find_token", json!({"token_name": "Nightly"})) else { panic!() };
    assert_eq!(token.id, "cltoken1");
    // And changed by its id, but not rotated by its name.
    let error = failed(&mut world, "rotate_token", json!({"token_name": "Nightly"}));
    assert_eq!(error.code, FailureCode::Conflict);
}

#[test]
fn a_pending_token_that_is_rotated_is_settled_first() {
    let mut world = world();
    add(&mut world, "", 48);
    add(&mut world, &pending("cltoken1"), 24);
    let rotation = rotated(&mut world, json!({"token_id": "cltoken2", "overlap": true, "keep_old": 7200}));
    let marks: Vec<&str> = rotation
        .effects
        .iter()
        .filter(|effect| effect.action == EffectAction::Mark)
        .map(|effect| effect.text.as_str())
        .collect();
    assert!(marks[0].starts_with("marked the token `cltoken1` as replaced by `cltoken2`"), "{marks:?}");
    assert_eq!(marks[1], "marked the token `cltoken2` as handed over");
    assert!(marks[2].starts_with("marked the token `cltoken2` as replaced by `cltoken3`"), "{marks:?}");
    assert_eq!(ids(&world), ["cltoken2", "cltoken3"]);
}

#[test]
fn a_pending_token_that_its_old_one_names_is_the_current_one() {
    let mut world = world();
    add(&mut world, &replaced("cltoken2", NOON_MS + DAY_MS), 48);
    add(&mut world, &pending("cltoken1"), 24);
    assert_eq!(rotated(&mut world, overlap()).old_token_id.as_deref(), Some("cltoken2"));
}

#[test]
fn a_pending_token_is_found_by_its_name_where_its_old_one_is_gone() {
    let mut world = world();
    add(&mut world, &pending("clgone"), 24);
    assert_eq!(rotated(&mut world, overlap()).old_token_id.as_deref(), Some("cltoken1"));
}

#[test]
fn a_name_that_only_a_replaced_token_has_leads_to_the_other() {
    let mut world = world();
    add(&mut world, &replaced("cltoken2", NOON_MS + DAY_MS), 48);
    let token = NewToken::workspace("Renamed", "clws", "WORKSPACE_AUTHOR").description(SETTLED);
    world.sandbox.add_token(token, NOON_MS - DAY_MS);
    let error = failed(&mut world, "rotate_token", overlap());
    assert_eq!(error.code, FailureCode::NotFound);
    assert!(error.message.ends_with("was replaced by `cltoken2`, which is called `Renamed`"), "{error}");
}

#[test]
fn what_only_shares_the_name_is_never_touched() {
    let mut world = world();
    add(&mut world, "", 48);
    // As a first rotation made by another tool would leave it.
    let stranger = add(&mut world, "", 24);
    rotated(&mut world, json!({"token_id": "cltoken1", "overlap": true}));
    assert_eq!(world.token("cltoken2"), Some(without_secret(&stranger)));
    finished(&mut world, json!({"token_id": "cltoken3"}));
    assert_eq!(ids(&world), ["cltoken2", "cltoken3"]);
}

// ---- the store -------------------------------------------------------------------------------------------------------

#[test]
fn nothing_is_sent_where_the_store_cannot_be_written_to() {
    let mut world = world();
    add(&mut world, "", 48);
    world.proof = Event::NotProved { message: "sealed".to_owned() };
    assert_eq!(failed(&mut world, "rotate_token", overlap()).code, FailureCode::NotStored);
    assert_eq!(world.sent, 0);
    world.proof = Event::NoStore;
    let error = failed(&mut world, "rotate_token", overlap());
    assert_eq!((error.code, world.sent), (FailureCode::Invalid, 0), "{error}");
}

#[test]
fn a_store_that_may_have_written_leaves_both_tokens_and_names_them() {
    let mut world = world();
    add(&mut world, "", 48);
    world.store = Event::NotStored { message: "timeout".to_owned(), is_certain: false };
    let error = failed(&mut world, "rotate_token", overlap());
    assert_eq!(error.code, FailureCode::NotStored);
    assert!(error.message.contains("timeout") && error.secret.is_some(), "{error}");
    let named: Vec<&str> = error.candidates.iter().map(|candidate| candidate.id.as_str()).collect();
    assert_eq!(named, ["cltoken1", "cltoken2"]);
    assert_eq!(ids(&world), ["cltoken1", "cltoken2"]);
    assert_eq!(world.token("cltoken1").unwrap().description, "builds");
}

// ---- what is lost on the way -----------------------------------------------------------------------------------------

#[test]
fn a_create_whose_answer_is_lost_is_found_by_its_run_and_not_sent_again() {
    let lost = |effect| {
        let mut world = world();
        add(&mut world, "", 48);
        world.sandbox.fault(Fault::new(effect).method("POST").path("/tokens"));
        world
    };
    let mut found = lost(FaultEffect::LostAfter);
    let rotation = rotated(&mut found, overlap());
    assert!(found.works(rotation.token.token.unwrap().expose()));
    assert_eq!(ids(&found), ["cltoken2"]);

    let mut never = lost(FaultEffect::LostBefore);
    let error = failed(&mut never, "rotate_token", overlap());
    assert_eq!(error.code, FailureCode::Unknown);
    assert!(error.help.as_deref().unwrap().contains("[astro-tokens: successor of cltoken1, run "), "{error}");
    assert_eq!(never.writes.len(), 1, "{:?}", never.writes);
}

#[test]
fn the_answer_to_a_create_is_about_a_token_that_was_not_there() {
    // A cache answers the create with the old token.
    for work in ["rotate_token", "create_token"] {
        let mut world = world();
        let old = add(&mut world, "", 48);
        let mut body = serde_json::to_value(&old).unwrap();
        body["token"] = "eyJh.eyJi.c2ln".into();
        let fault = Fault::new(FaultEffect::Garbage { body: Some(body.to_string()) }).method("POST").path("/tokens");
        world.sandbox.fault(fault);
        let input = match work {
            "rotate_token" => overlap(),
            _ => {
                json!({"name": "Nightly", "role": "WORKSPACE_AUTHOR", "workspace_id": "clws", "description": "builds", "expiration_days": 30, "idempotency_key": "k"})
            }
        };
        let outcome = run(&mut world, work, input);
        assert!(outcome.is_ok(), "{outcome:?}");
        // It was looked for by its mark, and the old token was neither stored nor taken for the new one.
        assert!(world.stored.iter().all(|secret| secret.expose() != "eyJh.eyJi.c2ln"));
        assert!(world.works(world.delivered["cltoken2"].as_str()));
    }
}

#[test]
fn an_answer_about_another_token_is_never_acted_on() {
    for (work, input) in [
        ("delete_token", json!({"token_id": "cltoken1", "workspace_id": "clws"})),
        ("rotate_token", json!({"token_id": "cltoken1", "workspace_id": "clws"})),
        ("rotate_token", json!({"token_id": "cltoken1", "overlap": true})),
        ("update_token", json!({"token_id": "cltoken1", "name": "X"})),
        ("add_token_role", json!({"token_id": "cltoken1", "deployment_id": "cldep", "role": "DEPLOYMENT_ADMIN"})),
        ("clone_token", json!({"token_id": "cltoken1", "name": "X"})),
        ("find_token", json!({"token_id": "cltoken1"})),
    ] {
        let mut world = world();
        add(&mut world, "", 48);
        let other = add(&mut world, "", 24);
        let before = world.sandbox.tokens();
        let body = serde_json::to_string(&without_secret(&other)).unwrap();
        world
            .sandbox
            .fault(Fault::new(FaultEffect::Garbage { body: Some(body) }).method("GET").path("/tokens/*").always());
        let error = failed(&mut world, work, input);
        assert!(error.message.contains("the answer is about the token `cltoken2`, not `cltoken1`"), "{error}");
        assert!(world.writes.is_empty(), "{work}: {:?}", world.writes);
        assert_eq!(world.sandbox.tokens()[1..], before[1..]);
    }
}

#[test]
fn a_write_that_is_answered_with_another_token_is_unclear() {
    let mut world = world();
    add(&mut world, "", 48);
    let other = add(&mut world, "", 24);
    let mut body = serde_json::to_value(without_secret(&other)).unwrap();
    body["token"] = "eyJh.eyJi.c2ln".into();
    let fault = Fault::new(FaultEffect::Garbage { body: Some(body.to_string()) })
        .method("POST")
        .path("/tokens/*/rotate")
        .always();
    world.sandbox.fault(fault);
    let error = failed(&mut world, "rotate_token", json!({"token_id": "cltoken1"}));
    assert_eq!(error.code, FailureCode::Unknown);
    assert!(error.unclear[0].starts_with("whether the secret of the token `cltoken1` was replaced"), "{error}");
}

#[test]
fn a_deletion_is_believed_when_the_token_is_gone() {
    for body in ["<html>login</html>", "[]"] {
        // It took no effect.
        let mut world = world();
        add(&mut world, "", 48);
        let status = FaultEffect::Status { status: 200, retry_after_s: None, body: Some(body.to_owned()) };
        world.sandbox.fault(Fault::new(status).method("DELETE").always());
        let error = failed(&mut world, "delete_token", json!({"token_id": "cltoken1"}));
        assert_eq!(error.code, FailureCode::Unknown, "{error}");
        assert_eq!(ids(&world), ["cltoken1"]);
        // It did.
        let mut world = self::world();
        add(&mut world, "", 48);
        world.sandbox.fault(Fault::new(FaultEffect::Garbage { body: Some(body.to_owned()) }).method("DELETE"));
        assert!(run(&mut world, "delete_token", json!({"token_id": "cltoken1"})).is_ok());
        assert!(ids(&world).is_empty());
    }
}

// ---- the end of a rotation -------------------------------------------------------------------------------------------

#[test]
fn the_line_is_cleaned_up_and_what_may_be_in_use_is_kept_for_a_time() {
    let mut world = world();
    add(&mut world, &replaced("clgone", NOON_MS - HOUR_MS), 72); // its time is over, its replacement gone: goes
    let used = add(&mut world, &pending("cltoken1"), 48); // used: is kept for a time
    add(&mut world, &pending("cltoken1"), 47); // left behind: goes
    let kept = add(&mut world, &replaced("cltoken6", NOON_MS + 30 * DAY_MS), 46); // kept: stays
    add(&mut world, SETTLED, 45); // an earlier one that is not replaced: is kept for a time
    add(&mut world, SETTLED, 44); // the current one
    use_it(&mut world, &used);
    let rotation = rotated(&mut world, overlap());
    assert_eq!(rotation.token.id, "cltoken7");
    assert_eq!(ids(&world), ["cltoken2", "cltoken4", "cltoken5", "cltoken7"]);
    for id in ["cltoken2", "cltoken5"] {
        let Some(Mark::Replaced { by, until, .. }) = world.token(id).unwrap().mark() else { panic!() };
        assert_eq!(by, "cltoken7");
        let left_ms = until.unix_millis() - world.server_now_ms();
        assert!((2 * HOUR_MS - 10_000..=2 * HOUR_MS).contains(&left_ms), "{left_ms}");
    }
    assert_eq!(world.token("cltoken4").unwrap().description, kept.description);
    // All of them are named.
    let named: Vec<&str> = rotation.effects.iter().filter_map(|effect| effect.token_id.as_deref()).collect();
    for id in ["cltoken1", "cltoken2", "cltoken3", "cltoken4", "cltoken5", "cltoken6", "cltoken7"] {
        assert!(named.contains(&id), "{id}: {named:?}");
    }
}

#[test]
fn nothing_is_deleted_because_of_its_age_where_the_clocks_differ() {
    for ahead_ms in [-2 * HOUR_MS, 2 * HOUR_MS] {
        let mut world = world();
        add(&mut world, &replaced("cltoken2", NOON_MS - HOUR_MS), 72);
        add(&mut world, SETTLED, 48);
        world.now_ms -= ahead_ms;
        let conversation = start("finish_rotation", &json!({"token_name": "Nightly", "now": true}));
        // The server goes on as before; the caller's clock is wrong, or the `Date` is.
        let outcome = talk_at(&mut world, conversation, NOON_MS + SERVER_AHEAD_MS);
        let Ok(Outcome::Rotation(rotation)) = outcome else { panic!() };
        assert_eq!(ids(&world), ["cltoken1", "cltoken2"], "{ahead_ms}");
        assert!(rotation.effects[0].text.contains("the clocks of Astro and of this machine differ"), "{rotation:?}");
    }
}

/// Talks with a server whose clock stands.
fn talk_at(
    world: &mut World,
    mut conversation: Conversation<Outcome>,
    server_ms: i64,
) -> Result<Outcome, Box<ConversationError>> {
    let mut event = Event::Start;
    loop {
        event = match conversation.step(event, world.now_ms) {
            Step::Request(request) => {
                let reply = world.sandbox.answer(&request, Some(world.credential.expose()), server_ms);
                Event::Response(reply.outcome.response().unwrap().clone())
            }
            Step::Wait { .. } => Event::Waited,
            Step::Prove => Event::Proved,
            Step::ReadStore => Event::Unreadable,
            Step::Store { .. } => Event::Stored,
            Step::Page(_) => Event::Next,
            Step::Done(outcome) => return Ok(outcome),
            Step::Failed(error) => return Err(error),
        };
    }
}

#[test]
fn a_date_in_the_future_ends_no_time() {
    let mut world = world();
    add(&mut world, &replaced("cltoken2", NOON_MS + DAY_MS), 72);
    add(&mut world, SETTLED, 48);
    let mut conversation = start("finish_rotation", &json!({"token_name": "Nightly"}));
    let mut event = Event::Start;
    let rotation = loop {
        event = match conversation.step(event, world.now_ms) {
            Step::Request(request) => {
                let reply = world.sandbox.answer(&request, Some(world.credential.expose()), world.server_now_ms());
                let response = reply.outcome.response().unwrap();
                let future = ("date".to_owned(), "Fri, 22 Nov 2030 12:00:00 GMT".to_owned());
                let headers = response.headers().iter().filter(|(name, _)| name != "date").cloned().chain([future]);
                Event::Response(Response::new(response.status(), headers, response.body()))
            }
            Step::ReadStore => Event::Unreadable,
            Step::Done(Outcome::Rotation(rotation)) => break rotation,
            other => panic!("{other:?}"),
        };
    };
    assert!(rotation.old_kept_until_ms.is_some());
    assert_eq!(ids(&world), ["cltoken1", "cltoken2"]);
}

#[test]
fn what_differs_is_named_when_a_replaced_token_goes() {
    let mut world = world();
    let token = NewToken::workspace("Nightly", "clws", "WORKSPACE_AUTHOR")
        .role_on(EntityType::Deployment, "cldep", "DEPLOYMENT_ADMIN", None)
        .description(format!("changed {}", replaced("cltoken2", NOON_MS - HOUR_MS)));
    world.sandbox.add_token(token, NOON_MS - 3 * DAY_MS);
    add(&mut world, SETTLED, 48);
    let rotation = finished(&mut world, json!({"token_name": "Nightly"}));
    let text = &rotation.effects.last().unwrap().text;
    assert!(text.starts_with("deleted the token `cltoken1`; unlike `cltoken2`: "), "{text}");
    assert!(text.contains("its description was `changed`"), "{text}");
    assert!(text.contains("it had the role `DEPLOYMENT_ADMIN` on `cldep`"), "{text}");
}

#[test]
fn the_token_that_the_caller_authenticates_with_goes_last_or_stays() {
    // Rotated itself: the leftovers first.
    let mut world = world();
    let own = NewToken::organization("Own", "ORGANIZATION_OWNER").expiration_days(30);
    let own = world.sandbox.add_token(own, NOON_MS - 3 * DAY_MS);
    let left = NewToken::organization("Own", "ORGANIZATION_OWNER").description(pending("cltoken1")).expiration_days(30);
    world.sandbox.add_token(left, NOON_MS - DAY_MS);
    world.credential = own.token.clone().unwrap();
    let session = Session::new(Api::new("clorg").unwrap()).token_id("cltoken1");
    let input = json!({"token_name": "Own", "overlap": true});
    let conversation = WorkKind::RotateToken.start(&session, common::value(&input), 1).unwrap();
    world.talk(conversation).unwrap();
    assert_eq!(ids(&world), ["cltoken3"]);
    let deletes: Vec<&String> = world.writes.iter().filter(|write| write.starts_with("DELETE")).collect();
    assert!(deletes[0].ends_with("/cltoken2") && deletes[1].ends_with("/cltoken1"), "{deletes:?}");

    // A replaced one of the line: a rotation leaves it, and says so.
    let mut world = self::world();
    let own = NewToken::organization("Own", "ORGANIZATION_OWNER").description(replaced("cltoken2", NOON_MS - DAY_MS));
    let own = world.sandbox.add_token(own, NOON_MS - 3 * DAY_MS);
    let current = NewToken::organization("Own", "ORGANIZATION_OWNER").description(SETTLED).expiration_days(30);
    world.sandbox.add_token(current, NOON_MS - 2 * DAY_MS);
    world.credential = own.token.unwrap();
    let conversation = WorkKind::RotateToken.start(&session, common::value(&input), 1).unwrap();
    let Ok(Outcome::Rotation(rotation)) = world.talk(conversation) else { panic!() };
    assert_eq!(ids(&world), ["cltoken1", "cltoken3"]);
    assert!(rotation.effects.iter().any(|effect| effect.text.ends_with("it is the token that you authenticate with")));
}

#[test]
fn a_long_description_is_cut_while_it_is_marked_and_whole_afterwards() {
    let mut world = world();
    let long = "x".repeat(500);
    let token = NewToken::workspace("Nightly", "clws", "WORKSPACE_AUTHOR").description(long.clone());
    world.sandbox.add_token(token, NOON_MS - 3 * DAY_MS);
    let input = json!({"token_name": "Nightly", "overlap": true, "keep_old": 3600});
    for night in 1..=3 {
        let rotation = rotated(&mut world, input.clone());
        let new = world.token(&rotation.token.id).unwrap();
        assert_eq!(new.description, long, "night {night}");
        let old = world.token(&rotation.old_token_id.unwrap()).unwrap();
        assert!(old.description.chars().count() <= 500 && old.mark().is_some(), "{}", old.description);
        world.now_ms += DAY_MS;
    }
    // What the first nights have kept goes all the same.
    finished(&mut world, json!({"token_name": "Nightly"}));
    assert_eq!(ids(&world).len(), 1);
}

// ---- what else reads and writes descriptions -------------------------------------------------------------------------

#[test]
fn marks_are_kept_by_updates_and_copied_by_nobody() {
    let mut world = world();
    add(&mut world, SETTLED, 48);
    // What was read is written back, mark and all: nothing changes.
    let whole = format!("builds {SETTLED}");
    let update = json!({"token_id": "cltoken1", "description": whole});
    let Ok(Outcome::Update(update)) = run(&mut world, "update_token", update) else { panic!() };
    assert!(update.changed.is_empty());
    run(&mut world, "update_token", json!({"token_id": "cltoken1", "description": "other"})).unwrap();
    assert_eq!(world.token("cltoken1").unwrap().description, format!("other {SETTLED}"));
    run(&mut world, "update_token", json!({"token_id": "cltoken1", "description": ""})).unwrap();
    assert_eq!(world.token("cltoken1").unwrap().description, SETTLED);

    run(&mut world, "clone_token", json!({"token_id": "cltoken1", "name": "Clone"})).unwrap();
    assert_eq!(world.token("cltoken2").unwrap().description, "");
    let create = json!({"name": "New", "role": "ORGANIZATION_MEMBER", "description": whole});
    run(&mut world, "create_token", create).unwrap();
    assert_eq!(world.token("cltoken3").unwrap().description, "builds");
}

#[test]
fn a_deletion_by_name_is_never_of_one_of_two() {
    let mut world = world();
    add(&mut world, &replaced("cltoken2", NOON_MS + DAY_MS), 72);
    add(&mut world, SETTLED, 48);
    let error = failed(&mut world, "delete_token", json!({"token_name": "Nightly"}));
    assert_eq!((error.code, error.candidates.len()), (FailureCode::Ambiguous, 2), "{error}");
    assert!(error.to_string().contains("replaced by `cltoken2`"), "{error}");
}

// ---- creates with a key ----------------------------------------------------------------------------------------------

fn with_key() -> Json {
    json!({"name": "New", "role": "WORKSPACE_AUTHOR", "workspace_id": "clws", "expiration_days": 7, "idempotency_key": "run 7"})
}

#[test]
fn a_key_is_known_again_until_its_token_is_handed_over() {
    let killed = || {
        let mut world = World { stores_all: true, ..world() };
        world.crash_at_store(start("create_token", &with_key()));
        world
    };
    // At once: it may be at work.
    let mut world = killed();
    let error = failed(&mut world, "create_token", with_key());
    assert_eq!((error.code, error.candidates[0].id.as_str()), (FailureCode::Conflict, "cltoken1"), "{error}");
    // Later: one is made, and what was left goes, when the secret is stored.
    let mut world = killed();
    world.now_ms += 2 * HOUR_MS;
    run(&mut world, "create_token", with_key()).unwrap();
    assert_eq!(ids(&world), ["cltoken2"]);
    // Somebody uses it, so somebody has it.
    let mut world = killed();
    let secret = world.delivered["cltoken1"].clone();
    let mut used = world.token("cltoken1").unwrap();
    used.token = Some(astro_tokens::Secret::new(secret));
    use_it(&mut world, &used);
    world.now_ms += 2 * HOUR_MS;
    assert_eq!(failed(&mut world, "create_token", with_key()).code, FailureCode::AlreadyExists);
    // The store has it.
    let mut world = killed();
    (world.is_readable, world.held) = (true, used.token);
    world.now_ms += 2 * HOUR_MS;
    assert_eq!(failed(&mut world, "create_token", with_key()).code, FailureCode::AlreadyExists);
    // Another key is another wish, and so is a repeat after the end.
    let mut world = self::world();
    for _ in 0..2 {
        run(&mut world, "create_token", with_key()).unwrap();
    }
    assert_eq!(ids(&world).len(), 2);
}

#[test]
fn what_is_left_of_a_create_is_deleted_only_when_the_new_secret_is_stored() {
    let mut world = World { stores_all: true, ..world() };
    world.crash_at_store(start("create_token", &with_key()));
    world.now_ms += 2 * HOUR_MS;
    world.store = Event::NotStored { message: "sealed".to_owned(), is_certain: true };
    failed(&mut world, "create_token", with_key());
    assert_eq!(ids(&world), ["cltoken1"]);
}

// ---- what it costs ---------------------------------------------------------------------------------------------------

#[test]
fn a_rotation_takes_as_few_requests_as_it_can() {
    let with = |count: i64| {
        let mut world = world();
        for number in 0..count {
            let token = NewToken::organization(format!("token {number}"), "ORGANIZATION_MEMBER");
            world.sandbox.add_token(token, NOON_MS - 90 * DAY_MS + number);
        }
        world
    };
    let by_id = json!({"token_id": "cltoken7", "overlap": true});
    let by_name = json!({"token_name": "token 7", "overlap": true});
    let keeping = |input: &Json| {
        let mut input = input.clone();
        input["keep_old"] = 3600.into();
        input
    };
    for (tokens, input, requests) in [
        (900, by_name.clone(), 8),
        (900, keeping(&by_name), 6),
        (900, by_id.clone(), 9),
        (900, keeping(&by_id), 7),
        (4998, by_id, 17),
    ] {
        let mut world = with(tokens);
        rotated(&mut world, input.clone());
        assert_eq!(world.sent, requests, "{tokens} tokens, {input}");
    }
}

// ---- what somebody else does meanwhile -------------------------------------------------------------------------------

/// Talks, and does something else before one of the requests, which are counted from 1.
fn meddled(
    world: &mut World,
    work: &str,
    input: &Json,
    before: usize,
    mut meddle: impl FnMut(&mut World),
) -> Result<Outcome, Box<ConversationError>> {
    let mut conversation = start(work, input);
    let (mut event, mut sent) = (Event::Start, 0);
    loop {
        event = match conversation.step(event, world.now_ms) {
            Step::Request(request) => {
                sent += 1;
                if sent == before {
                    meddle(world);
                }
                let now_ms = world.server_now_ms();
                let reply = world.sandbox.answer(&request, Some(world.credential.expose()), now_ms);
                Event::Response(reply.outcome.response().unwrap().clone())
            }
            Step::Wait { .. } => Event::Waited,
            Step::Prove => Event::Proved,
            Step::ReadStore if world.is_readable => {
                Event::Holds { secret: world.stored.last().or(world.held.as_ref()).cloned() }
            }
            Step::ReadStore => Event::Unreadable,
            Step::Store { secret, .. } => {
                world.stored.push(secret);
                Event::Stored
            }
            Step::Page(_) => Event::Next,
            Step::Done(outcome) => return Ok(outcome),
            Step::Failed(error) => return Err(error),
        };
    }
}

/// Somebody else's request.
fn ask(world: &mut World, method: &str, path: &str, body: &Json) {
    let url = format!("https://api.astronomer.io/v1/organizations/clorg/tokens{path}");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let bearer = format!("Bearer {}", world.credential.expose());
    let now_ms = world.server_now_ms();
    let reply = world.sandbox.answer_parts(method, &url, Some(&bearer), body.as_bytes(), now_ms);
    let status = reply.outcome.response().unwrap().status();
    assert!(status < 300, "{method} {path}: {status}");
}

fn describe(world: &mut World, id: &str, description: &str) {
    ask(world, "POST", &format!("/{id}"), &json!({"name": "Nightly", "description": description}));
}

/// The requests of a rotation by name: 1 list, 2 create, 3 read the old one, 4 list, 5 mark the old one, 6 settle the new one,
/// 7 read the old one, 8 delete it.
fn one() -> World {
    let mut world = world();
    add(&mut world, "", 48);
    world
}

#[test]
fn a_change_of_the_old_token_is_carried_over_whenever_it_comes() {
    type Change = (&'static str, fn(&mut World), fn(&ApiToken) -> bool);
    let changes: [Change; 3] = [
        ("name", |world| ask(world, "POST", "/cltoken1", &json!({"name": "Renamed"})), |token| token.name == "Renamed"),
        (
            "description",
            |world| {
                let mark = world.token("cltoken1").unwrap().mark();
                let text = mark.map_or_else(|| "changed".to_owned(), |mark| format!("changed {mark}"));
                ask(world, "POST", "/cltoken1", &json!({"name": "Nightly", "description": text}));
            },
            |token| token.plain_description() == "changed",
        ),
        (
            "roles",
            |world| {
                let roles = json!({"roles": [
                    {"entityType": "WORKSPACE", "entityId": "clws", "role": "WORKSPACE_OPERATOR"},
                    {"entityType": "DEPLOYMENT", "entityId": "cldep", "role": "DEPLOYMENT_ADMIN"},
                ]});
                ask(world, "POST", "/cltoken1/roles", &roles);
            },
            |token| token.roles.as_ref().is_some_and(|roles| roles.len() == 2 && roles[0].role == "WORKSPACE_OPERATOR"),
        ),
    ];
    for (what, change, is_there) in changes {
        for before in [2, 3, 4, 7] {
            let mut world = one();
            let outcome = meddled(&mut world, "rotate_token", &overlap(), before, change);
            assert!(outcome.is_ok(), "{what}, before request {before}: {outcome:?}");
            assert_eq!(ids(&world), ["cltoken2"]);
            let new = world.token("cltoken2").unwrap();
            assert!(is_there(&new), "{what}, before request {before}: {new:?}");
        }
    }
}

#[test]
fn a_mark_that_somebody_has_written_over_is_written_again() {
    let mut world = one();
    let outcome =
        meddled(&mut world, "rotate_token", &overlap(), 7, |world| describe(world, "cltoken1", "written over"));
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(ids(&world), ["cltoken2"]);
    assert_eq!(world.token("cltoken2").unwrap().plain_description(), "written over");
}

#[test]
fn an_old_token_that_is_deleted_or_replaced_before_the_secret_is_stored_ends_the_rotation() {
    let delete: fn(&mut World) = |world| ask(world, "DELETE", "/cltoken1", &Json::Null);
    let replace: fn(&mut World) = |world| describe(world, "cltoken1", &replaced("clother", NOON_MS + DAY_MS));
    for (meddle, left) in [(delete, &[][..]), (replace, &["cltoken1"][..])] {
        let mut world = one();
        let error = meddled(&mut world, "rotate_token", &overlap(), 3, meddle).unwrap_err();
        assert_eq!(error.code, FailureCode::Conflict, "{error}");
        assert!(world.stored.is_empty());
        assert_eq!(ids(&world), left);
    }
}

#[test]
fn what_the_second_list_shows_of_others_is_decided_by_the_store() {
    let delete: fn(&mut World) = |world| ask(world, "DELETE", "/cltoken1", &Json::Null);
    let replace: fn(&mut World) = |world| {
        add(world, SETTLED, 0);
        describe(world, "cltoken1", &replaced("cltoken3", NOON_MS + DAY_MS));
    };
    let rival: fn(&mut World) = |world| {
        add(world, &pending("cltoken1"), 0);
    };
    for (what, meddle) in [("deleted", delete), ("replaced", replace), ("rival", rival)] {
        // Nobody can tell: nothing is deleted, and all that the store may hold are named.
        let mut world = one();
        let error = meddled(&mut world, "rotate_token", &overlap(), 4, meddle).unwrap_err();
        assert_eq!(error.code, FailureCode::Conflict, "{what}: {error}");
        assert!(world.token("cltoken2").is_some());
        for token in world.sandbox.tokens().iter().skip(1) {
            assert!(error.candidates.iter().any(|candidate| candidate.id == token.id), "{what}: {} {error}", token.id);
        }
        // The store says that this one counts.
        let mut world = one();
        world.is_readable = true;
        let Ok(Outcome::Rotation(rotation)) = meddled(&mut world, "rotate_token", &overlap(), 4, meddle) else {
            panic!("{what}")
        };
        assert_eq!(world.token("cltoken2").unwrap().mark(), Some(Mark::Settled { line: "cltoken1".to_owned() }));
        let named: Vec<&str> = rotation.effects.iter().filter_map(|effect| effect.token_id.as_deref()).collect();
        assert!(named.contains(&"cltoken1"), "{what}: {named:?}");
        assert_eq!(world.token("cltoken3").is_some(), what != "deleted", "what another run made is left: {what}");
        let is_old_there = world.token("cltoken1").is_some();
        assert_eq!(is_old_there, what == "replaced", "what another run keeps is kept: {what}");
        assert_eq!(
            rotation.effects.iter().any(|effect| effect.text.ends_with("somebody else deleted it")),
            what == "deleted"
        );
    }
}

#[test]
fn a_new_token_that_is_deleted_meanwhile_ends_the_rotation_and_touches_nothing() {
    for before in [4, 6] {
        let mut world = one();
        let delete = |world: &mut World| ask(world, "DELETE", "/cltoken2", &Json::Null);
        let error = meddled(&mut world, "rotate_token", &overlap(), before, delete).unwrap_err();
        assert_eq!(error.code, FailureCode::Conflict, "{error}");
        assert_eq!(ids(&world), ["cltoken1"]);
        // Where the second list shows it, nothing was marked yet.
        assert_eq!(world.token("cltoken1").unwrap().mark().is_none(), before == 4);
    }
    // What has changed about the old one meanwhile would go to the new one, which is not said to work.
    let mut world = one();
    let meddle = |world: &mut World| {
        ask(world, "DELETE", "/cltoken2", &Json::Null);
        ask(world, "POST", "/cltoken1", &json!({"name": "Renamed", "description": "builds"}));
    };
    let error = meddled(&mut world, "rotate_token", &overlap(), 7, meddle).unwrap_err();
    assert_eq!(error.code, FailureCode::Conflict, "{error}");
    assert!(error.help.as_ref().is_some_and(|help| help.contains("does not work")), "{error}");
    assert_eq!(ids(&world), ["cltoken1"]);
}

#[test]
fn an_old_token_that_is_deleted_at_last_by_somebody_else_is_named() {
    for before in [5, 7, 8] {
        let mut world = one();
        world.is_readable = true;
        let delete = |world: &mut World| ask(world, "DELETE", "/cltoken1", &Json::Null);
        let Ok(Outcome::Rotation(rotation)) = meddled(&mut world, "rotate_token", &overlap(), before, delete) else {
            panic!("{before}")
        };
        let text = &rotation.effects.iter().rfind(|effect| effect.action == EffectAction::Delete).unwrap().text;
        assert_eq!(text, "the token `cltoken1` is gone: somebody else deleted it");
    }
}

#[test]
fn an_old_token_that_another_run_marks_at_last_is_left() {
    let mut world = one();
    let mark = |world: &mut World| describe(world, "cltoken1", &replaced("clother", NOON_MS + DAY_MS));
    let Ok(Outcome::Rotation(rotation)) = meddled(&mut world, "rotate_token", &overlap(), 7, mark) else { panic!() };
    assert_eq!(ids(&world), ["cltoken1", "cltoken2"]);
    assert_eq!(rotation.effects.last().unwrap().text, "left the token `cltoken1`: another run has marked it since");
}

#[test]
fn what_has_changed_since_it_was_listed_is_not_deleted() {
    // 5 reads the leftover, 6 would delete it.
    let mark: fn(&mut World) = |world| describe(world, "cltoken2", SETTLED);
    let use_it: fn(&mut World) = |world| {
        let secret = world.held.clone();
        let mut token = world.token("cltoken2").unwrap();
        token.token = secret;
        self::use_it(world, &token);
    };
    for meddle in [mark, use_it] {
        let mut world = one();
        world.held = add(&mut world, &pending("cltoken1"), 24).token;
        let Ok(Outcome::Rotation(rotation)) = meddled(&mut world, "rotate_token", &overlap(), 5, meddle) else {
            panic!()
        };
        assert_eq!(ids(&world), ["cltoken2", "cltoken3"]);
        assert!(rotation.effects.iter().any(|effect| effect.text == "left the token `cltoken2`: it has changed since"));
    }
}

#[test]
fn a_new_token_that_another_run_has_replaced_is_not_settled() {
    // With something to clean up there are requests between the list and the end: 9 reads the new one once more.
    let mut world = one();
    add(&mut world, &pending("cltoken1"), 24);
    let replace = |world: &mut World| {
        add(world, SETTLED, 0);
        describe(world, "cltoken3", &replaced("cltoken4", NOON_MS + DAY_MS));
    };
    let error = meddled(&mut world, "rotate_token", &overlap(), 9, replace).unwrap_err();
    assert_eq!(error.code, FailureCode::Conflict, "{error}");
    assert!(matches!(world.token("cltoken3").unwrap().mark(), Some(Mark::Replaced { .. })));
}

// ---- times -----------------------------------------------------------------------------------------------------------

#[test]
fn of_several_dates_the_earliest_counts() {
    let mut world = world();
    add(&mut world, &replaced("cltoken2", NOON_MS + SERVER_AHEAD_MS + 60_000), 72);
    add(&mut world, SETTLED, 48);
    let mut conversation = start("finish_rotation", &json!({"token_id": "cltoken2"}));
    let (mut event, mut answers) = (Event::Start, 0);
    loop {
        event = match conversation.step(event, world.now_ms) {
            Step::Request(request) => {
                answers += 1;
                let now_ms = world.server_now_ms();
                let reply = world.sandbox.answer(&request, Some(world.credential.expose()), now_ms);
                let response = reply.outcome.response().unwrap();
                // The second answer comes from a server whose clock is two minutes further ahead.
                let date = if answers == 2 { "Sun, 22 Nov 2026 12:04:00 GMT" } else { "Sun, 22 Nov 2026 12:02:00 GMT" };
                let headers = response.headers().iter().filter(|(name, _)| name != "date").cloned();
                let headers = headers.chain([("date".to_owned(), date.to_owned())]);
                Event::Response(Response::new(response.status(), headers, response.body()))
            }
            Step::ReadStore => Event::Unreadable,
            Step::Done(_) => break,
            other => panic!("{other:?}"),
        };
    }
    assert_eq!(ids(&world), ["cltoken1", "cltoken2"]);
}

#[test]
fn a_time_that_an_earlier_run_has_said_is_not_cut() {
    let mut world = world();
    let old = add(&mut world, &replaced("cltoken2", NOON_MS + DAY_MS), 72);
    add(&mut world, SETTLED, 48);
    (world.is_readable, world.held) = (true, old.token);
    let rotation = rotated(&mut world, overlap());
    assert_eq!(rotation.old_kept_until_ms, Some(NOON_MS + DAY_MS));
    assert!(world.token("cltoken1").is_some());
}

// ---- the end by itself -----------------------------------------------------------------------------------------------

#[test]
fn an_end_completes_what_was_handed_over_and_is_not_young() {
    // The old one names the pending one as its replacement.
    let with = |hours| {
        let mut world = world();
        add(&mut world, &replaced("cltoken2", NOON_MS - HOUR_MS), 72);
        add(&mut world, &pending("cltoken1"), hours);
        world
    };
    let mut world = with(24);
    let rotation = finished(&mut world, json!({"token_name": "Nightly"}));
    assert_eq!(world.token("cltoken2").unwrap().mark(), Some(Mark::Settled { line: "cltoken1".to_owned() }));
    assert_eq!((ids(&world), rotation.token.id.as_str()), (vec!["cltoken2".to_owned()], "cltoken2"));
    // A run may be about to do that itself.
    let mut world = with(0);
    finished(&mut world, json!({"token_name": "Nightly"}));
    assert_eq!(ids(&world), ["cltoken1", "cltoken2"]);
    assert!(world.writes.is_empty());
}

#[test]
fn an_end_deletes_nothing_young_and_nothing_used() {
    let mut world = world();
    add(&mut world, &replaced("cltoken2", NOON_MS - HOUR_MS), 0);
    let current = add(&mut world, SETTLED, 0);
    add(&mut world, &pending("cltoken2"), 0);
    let used = add(&mut world, &pending("cltoken2"), 24);
    use_it(&mut world, &used);
    (world.is_readable, world.held) = (true, current.token);
    let rotation = finished(&mut world, json!({"token_name": "Nightly", "now": true}));
    assert_eq!(ids(&world).len(), 4);
    let texts: Vec<&str> = rotation.effects.iter().map(|effect| effect.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "left the token `cltoken4`: an earlier run has left it, and it is being used",
            "left the token `cltoken1`: it is younger than 1 hour, so another run may be at work with it; if it must end now, delete it by its id",
            "left the token `cltoken3`: another run may be at work with it",
        ]
    );
}

#[test]
fn an_end_by_the_old_token_itself_deletes_it_last() {
    let mut world = world();
    let mark = replaced("cltoken3", NOON_MS - HOUR_MS);
    let own = NewToken::organization("Own", "ORGANIZATION_OWNER").description(mark.clone());
    let own = world.sandbox.add_token(own, NOON_MS - 3 * DAY_MS);
    for mark in [mark.as_str(), SETTLED] {
        let token = NewToken::organization("Own", "ORGANIZATION_OWNER").description(mark);
        world.sandbox.add_token(token, NOON_MS - 2 * DAY_MS);
    }
    world.credential = own.token.unwrap();
    let session = Session::new(Api::new("clorg").unwrap()).token_id("cltoken1");
    let input = json!({"token_name": "Own"});
    let conversation = WorkKind::FinishRotation.start(&session, common::value(&input), 1).unwrap();
    world.talk(conversation).unwrap();
    assert_eq!(ids(&world), ["cltoken3"]);
}

#[test]
fn an_end_that_cannot_delete_is_an_error() {
    let mut world = world();
    add(&mut world, &replaced("cltoken2", NOON_MS - HOUR_MS), 72);
    add(&mut world, SETTLED, 48);
    world
        .sandbox
        .fault(Fault::new(FaultEffect::Status { status: 403, retry_after_s: None, body: None }).method("DELETE"));
    let error = failed(&mut world, "finish_rotation", json!({"token_name": "Nightly"}));
    assert_eq!(error.code, FailureCode::Refused);
    assert_eq!(error.not_done, ["delete the token `cltoken1`"]);
}

#[test]
fn an_end_is_about_the_old_token_that_is_named() {
    let with = || {
        let mut world = world();
        add(&mut world, &replaced("cltoken3", NOON_MS - HOUR_MS), 72);
        add(&mut world, &replaced("cltoken3", NOON_MS - HOUR_MS), 60);
        add(&mut world, SETTLED, 48);
        add(&mut world, "", 48);
        world
    };
    let mut world = with();
    finished(&mut world, json!({"token_id": "cltoken3", "old_token_id": "cltoken2"}));
    assert_eq!(ids(&world), ["cltoken1", "cltoken3", "cltoken4"]);
    let error = failed(&mut world, "finish_rotation", json!({"token_id": "cltoken3", "old_token_id": "cltoken4"}));
    assert_eq!(error.code, FailureCode::Mismatch, "{error}");
    // One that is gone is as well.
    finished(&mut world, json!({"token_id": "cltoken3", "old_token_id": "cltoken2"}));
}

// ---- two creates with one key ----------------------------------------------------------------------------------------

#[test]
fn the_second_of_two_creates_with_a_key_takes_its_own_back() {
    let young = |world: &mut World, mark: &str| {
        let token = NewToken::workspace("New", "clws", "WORKSPACE_AUTHOR").expiration_days(7).description(mark);
        world.sandbox.add_token(token, NOON_MS + SERVER_AHEAD_MS - 60_000);
    };
    // The digest of this key stands in the description of a token that was made with it.
    let mut world = World { stores_all: true, ..world() };
    world.crash_at_store(start("create_token", &with_key()));
    let mark = world.token("cltoken1").unwrap().description;
    let other = mark.replace("run ", "run f");
    for (what, mark) in [("the key", other.as_str()), ("the name, and the mark is off", "")] {
        let mut world = self::world();
        // 3 lists again.
        let error = meddled(&mut world, "create_token", &with_key(), 3, |world| young(world, mark)).unwrap_err();
        assert_eq!(error.code, FailureCode::Conflict, "{what}: {error}");
        assert_eq!(error.candidates.len(), 1, "{what}");
        assert_eq!(ids(&world), [error.candidates[0].id.clone()], "{what}");
        assert!(world.stored.is_empty());
    }
    // One that was there before, of another wish, is none of its business.
    let mut world = self::world();
    young(&mut world, "");
    assert!(meddled(&mut world, "create_token", &with_key(), 99, |_| ()).is_ok());
}
