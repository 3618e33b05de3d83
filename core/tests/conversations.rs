//! Runs `tests/vectors/conversations/*.json`; the format is described in `tests/vectors/README.md`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;
#[path = "common/talking.rs"]
mod talking;

use astro_tokens::{
    Api, Fault, NewToken, Problem, Sandbox, ValidationError,
    conversation::{Cause, ConversationError, Event, Outcome, Session, WorkKind},
};
use serde_json::{Value as Json, json};
use talking::World;

const NOW_MS: i64 = 1_795_336_810_500;

#[test]
fn conversations_are_what_the_cases_say() {
    for (name, case) in common::cases("conversations") {
        run(&name, &case);
    }
}

fn run(name: &str, case: &Json) {
    let mut world = World::of_owner();
    world.now_ms = NOW_MS - talking::SERVER_AHEAD_MS;
    for token in case["tokens"].as_array().into_iter().flatten() {
        let mut token = token.clone();
        let minutes = token.as_object_mut().unwrap().remove("minutes_ago").and_then(|minutes| minutes.as_i64());
        let created_ms = NOW_MS - minutes.map_or(86_400_000, |minutes| minutes * 60_000);
        let added = world.sandbox.add_token(NewToken::from_json(&token.to_string()).unwrap(), created_ms);
        if case["holds"] == added.id.as_str() {
            world.held = added.token;
        }
    }
    for fault in case["faults"].as_array().into_iter().flatten() {
        world.sandbox.fault(Fault::from_json(&fault.to_string()).unwrap());
    }
    let failed = |is_certain| Event::NotStored { message: "the vault is sealed".to_owned(), is_certain };
    world.is_readable = case.get("holds").is_some();
    world.stores_all = case.get("store").is_some() || world.is_readable;
    match case["store"].as_str() {
        Some("not_written") => world.store = failed(true),
        Some("failed") => world.store = failed(false),
        Some("not_proved") => world.proof = Event::NotProved { message: "the vault is sealed".to_owned() },
        _ => {}
    }
    let mut session = Session::new(Api::new("clorg").unwrap());
    if case.get("caller") != Some(&Json::Null) {
        session = session.token_id("cltoken0");
    }
    let work = WorkKind::named(case["work"].as_str().unwrap()).unwrap();
    let started = work.start(&session, common::value(&case["input"]), 0);
    let (warnings, outcome) = match started {
        Err(error) => return refused(name, &error, case),
        Ok(conversation) => {
            let mut warnings = conversation.warnings();
            let outcome = world.talk_and(conversation, |conversation| warnings = conversation.warnings());
            (warnings, outcome)
        }
    };
    check_requests(name, &world.sandbox, case);
    match &outcome {
        Err(error) if matches!(error.cause, Some(Cause::Invalid(_))) => {
            let Some(Cause::Invalid(error)) = &error.cause else { return };
            return refused(name, error, case);
        }
        Err(error) => check_failure(name, error, &case["failure"]),
        Ok(outcome) => check_outcome(name, outcome, case),
    }
    let has_secret = match &outcome {
        Ok(Outcome::Token(token)) => token.token.is_some(),
        Ok(Outcome::Rotation(rotation)) => rotation.token.token.is_some(),
        Ok(_) => false,
        Err(error) => error.secret.is_some(),
    };
    assert_eq!(has_secret, case["has_secret"] == true, "{name}");
    assert_eq!(world.stored.len(), usize::try_from(case["stored"].as_u64().unwrap_or(0)).unwrap(), "{name}");
    if let Some(pages) = case["pages"].as_array() {
        let ids: Vec<Json> =
            world.pages.iter().map(|page| page.iter().map(|token| token.id.clone()).collect()).collect();
        assert_eq!(&ids, pages, "{name}");
    }
    if let (Ok(Outcome::Rotation(rotation)), Some(effects)) = (&outcome, case.get("effects")) {
        let found: Vec<Json> =
            rotation.effects.iter().map(|effect| json!([effect.action, effect.token_id, effect.state])).collect();
        assert_eq!(&json!(found), effects, "{name}");
    }
    check_warnings(name, &warnings, case);
}

fn check_warnings(name: &str, warnings: &[Problem], case: &Json) {
    common::check_problems(name, warnings, &case["warnings"]);
}

fn refused(name: &str, error: &ValidationError, case: &Json) {
    common::check_problems(name, &error.problems, &case["problems"]);
}

fn check_requests(name: &str, sandbox: &Sandbox, case: &Json) {
    let sent: Vec<String> = sandbox
        .requests()
        .iter()
        .map(|seen| {
            let path = seen.path.split("/clorg/").nth(1).unwrap();
            let path = path.strip_prefix("tokens").unwrap_or(path);
            let status = match (seen.status, seen.handled) {
                (Some(status), _) => status.to_string(),
                // Lost before it took effect or after: the caller cannot tell the two apart, and never sent is known.
                (None, _) if is_not_sent(case) => "not_sent".to_owned(),
                (None, _) => "lost".to_owned(),
            };
            [seen.method.as_str(), path, &status].join(" ").replace("  ", " ")
        })
        .collect();
    assert_eq!(json!(sent), case["requests"], "{name}");
}

fn is_not_sent(case: &Json) -> bool {
    case["faults"].as_array().into_iter().flatten().any(|fault| fault["effect"] == "not_sent")
}

fn check_outcome(name: &str, outcome: &Outcome, case: &Json) {
    let json = match outcome {
        Outcome::Token(token) => serde_json::to_value(token).unwrap(),
        Outcome::Update(update) => serde_json::to_value(update).unwrap(),
        Outcome::Roles(change) => serde_json::to_value(change).unwrap(),
        Outcome::Rotation(rotation) => serde_json::to_value(rotation).unwrap(),
        _ => Json::Null,
    };
    match case["outcome"].as_object() {
        None => assert_eq!(json, Json::Null, "{name}"),
        Some(expected) => {
            for (key, value) in expected {
                assert_eq!(&json[key], value, "{name}: {key}");
            }
        }
    }
}

fn check_failure(name: &str, error: &ConversationError, expected: &Json) {
    assert_eq!(error.code.as_str(), expected["code"], "{name}: {error}");
    for (key, found) in [("done", &error.done), ("not_done", &error.not_done), ("unclear", &error.unclear)] {
        if let Some(lines) = expected.get(key) {
            assert_eq!(&json!(found), lines, "{name}: {key}");
        }
    }
    if let Some(help) = expected.get("help") {
        assert_eq!(&json!(error.help), help, "{name}");
    }
    if let Some(ids) = expected.get("candidates") {
        let found: Vec<&str> = error.candidates.iter().map(|candidate| candidate.id.as_str()).collect();
        assert_eq!(&json!(found), ids, "{name}");
    }
    if let Some(status) = expected["cause"].get("status") {
        let Some(Cause::Api(cause)) = &error.cause else { panic!("{name}: {error:?}") };
        assert_eq!(&json!(cause.status), status, "{name}");
    }
}
