//! The rules of the sandbox, as its documentation has them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use astro_tokens::{
    Api, ApiToken, CreateToken, DeleteToken, Fault, FaultEffect, GetToken, Kind, NewToken, Operation, ReplyOutcome,
    Response, RotateToken, Sandbox, Scope, UpdateToken,
};
use serde_json::Value as Json;

/// 2026-11-22T08:40:10.500Z.
const NOW: i64 = 1_795_336_810_500;
const DAY: i64 = 86_400_000;
const TOKENS: &str = "/v1/organizations/clorg/tokens";

fn sandbox() -> Sandbox {
    Sandbox::new().without_rate_limits()
}

fn owner() -> String {
    Sandbox::owner_secret().expose().to_owned()
}

fn secret(token: &ApiToken) -> String {
    token.token.as_ref().unwrap().expose().to_owned()
}

/// The secret of a new token.
fn holder(sandbox: &mut Sandbox, token: NewToken) -> String {
    secret(&sandbox.add_token(token, NOW))
}

fn send<O: Operation>(sandbox: &mut Sandbox, operation: &O, credential: &str, now_ms: i64) -> Response {
    let request = operation.request(&Api::new("clorg").unwrap()).unwrap();
    answered(sandbox.answer(&request, Some(credential), now_ms).outcome)
}

fn answered(outcome: ReplyOutcome) -> Response {
    outcome.response().unwrap().clone()
}

/// Sends as an owner and reads the answer.
fn done<O: Operation>(sandbox: &mut Sandbox, operation: &O) -> O::Answer {
    O::parse(&send(sandbox, operation, &owner(), NOW)).unwrap()
}

fn ask(sandbox: &mut Sandbox, method: &str, url: &str, credential: &str, body: &Json) -> (u16, Json) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let authorization = format!("Bearer {credential}");
    let reply = sandbox.answer_parts(method, url, Some(&authorization), body.as_bytes(), NOW);
    let response = answered(reply.outcome);
    let body = if response.body().is_empty() { Json::Null } else { serde_json::from_slice(response.body()).unwrap() };
    (response.status(), body)
}

fn status(sandbox: &mut Sandbox, method: &str, url: &str, credential: &str, body: &Json) -> u16 {
    ask(sandbox, method, url, credential, body).0
}

// ---- the life of a token ----------------------------------------------------------------------------------------------

#[test]
fn a_token_lives_and_dies() {
    let mut sandbox = sandbox();
    let create = CreateToken::new("CI", "WORKSPACE_MEMBER").workspace_id("clws").expiration_days(30).description("d");
    let created = done(&mut sandbox, &create);
    assert_eq!((created.id.as_str(), created.name.as_str(), created.description.as_str()), ("cltoken1", "CI", "d"));
    assert_eq!(created.scope.known(), Some(Scope::Workspace));
    assert_eq!(created.kind.as_ref().and_then(|kind| kind.known()), Some(Kind::Standard));
    assert_eq!(created.created_at.as_str(), "2026-11-22T08:40:10.500Z");
    assert_eq!((&created.updated_at, &created.start_at), (&created.created_at, &created.created_at));
    assert_eq!(created.end_at.as_ref().unwrap().unix_millis(), NOW + 30 * DAY);
    assert_eq!(created.expiry_period_in_days, Some(30));
    assert!(created.last_used_at.is_none() && created.last_rotated_at.is_none() && !created.short_token.is_empty());
    let by = created.created_by.clone().unwrap();
    assert_eq!((by.id.as_str(), by.subject_type.as_deref()), ("cltoken0", Some("SERVICEKEY")));
    assert_eq!(by.api_token_name.as_deref(), Some("Owner"));
    let roles = created.roles.clone().unwrap();
    assert_eq!((roles.len(), roles[0].entity_id.as_str(), roles[0].role.as_str()), (1, "clws", "WORKSPACE_MEMBER"));

    let updated = done(&mut sandbox, &UpdateToken::new("cltoken1", "CI 2"));
    assert_eq!((updated.name.as_str(), updated.description.as_str()), ("CI 2", "d"));
    assert_eq!(done(&mut sandbox, &UpdateToken::new("cltoken1", "CI 2").description("")).description, "");

    let rotated = send(&mut sandbox, &RotateToken::new("cltoken1"), &owner(), NOW + DAY);
    let rotated = RotateToken::parse(&rotated).unwrap();
    assert_ne!(secret(&rotated), secret(&created));
    assert_ne!(rotated.short_token, created.short_token);
    assert_eq!(rotated.end_at.as_ref().unwrap().unix_millis(), NOW + 31 * DAY);
    assert_eq!(rotated.last_rotated_at.as_ref().unwrap().unix_millis(), NOW + DAY);
    assert_eq!(rotated.created_at, created.created_at);

    let response = send(&mut sandbox, &DeleteToken::new("cltoken1"), &owner(), NOW);
    assert_eq!((response.status(), response.body()), (204, &b""[..]));
    assert_eq!(send(&mut sandbox, &DeleteToken::new("cltoken1"), &owner(), NOW).status(), 404);
    assert_eq!(send(&mut sandbox, &GetToken::new("cltoken1"), &owner(), NOW).status(), 404);
}

// ---- credentials ------------------------------------------------------------------------------------------------------

#[test]
fn wrong_missing_rotated_expired_and_deleted_credentials_are_401() {
    let mut sandbox = sandbox();
    let get = GetToken::new("cltoken1");
    let first = holder(&mut sandbox, NewToken::organization("A", "ORGANIZATION_OWNER").expiration_days(1));
    let at = |sandbox: &mut Sandbox, credential: &str, now_ms| send(sandbox, &get, credential, now_ms).status();

    assert_eq!(status(&mut sandbox, "GET", TOKENS, "", &Json::Null), 401);
    assert_eq!(answered(sandbox.answer_parts("GET", TOKENS, None, b"", NOW).outcome).status(), 401);
    let basic = format!("Basic {first}");
    assert_eq!(answered(sandbox.answer_parts("GET", TOKENS, Some(&basic), b"", NOW).outcome).status(), 401);
    assert_eq!(at(&mut sandbox, "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", NOW), 401);
    let lower = format!("bearer {first}");
    assert_eq!(answered(sandbox.answer_parts("GET", TOKENS, Some(&lower), b"", NOW).outcome).status(), 200);

    assert_eq!(at(&mut sandbox, &first, NOW + DAY - 1), 200);
    assert_eq!(at(&mut sandbox, &first, NOW + DAY), 401);
    let rotated = send(&mut sandbox, &RotateToken::new("cltoken1"), &first, NOW + DAY - 1);
    let second = secret(&RotateToken::parse(&rotated).unwrap());
    assert_eq!(at(&mut sandbox, &first, NOW + DAY - 1), 401);
    assert_eq!(at(&mut sandbox, &second, NOW + 2 * DAY - 2), 200);

    assert_eq!(send(&mut sandbox, &DeleteToken::new("cltoken1"), &second, NOW).status(), 204);
    assert_eq!(at(&mut sandbox, &second, NOW), 401);
}

// ---- faults -----------------------------------------------------------------------------------------------------------

fn create(sandbox: &mut Sandbox) -> ReplyOutcome {
    let request = CreateToken::new("CI", "ORGANIZATION_MEMBER").request(&Api::new("clorg").unwrap()).unwrap();
    sandbox.answer(&request, Some(&owner()), NOW).outcome
}

#[test]
fn a_fault_says_whether_the_request_takes_effect() {
    let html = || Some("<h1>no</h1>".to_owned());
    for (effect, tokens, answer) in [
        (FaultEffect::NotSent, 1, None),
        (FaultEffect::LostBefore, 1, None),
        (FaultEffect::LostAfter, 2, None),
        (FaultEffect::Status { status: 503, retry_after_s: Some(7), body: None }, 1, Some(503)),
        (FaultEffect::Status { status: 502, retry_after_s: None, body: html() }, 1, Some(502)),
        (FaultEffect::StatusAfter { status: 504 }, 2, Some(504)),
        (FaultEffect::Garbage { body: None }, 2, Some(200)),
        (FaultEffect::Garbage { body: html() }, 2, Some(200)),
        (FaultEffect::CutShort, 2, Some(200)),
        (FaultEffect::Delay { ms: 9 }, 2, Some(200)),
    ] {
        let mut sandbox = sandbox();
        sandbox.fault(Fault::new(effect.clone()).method("POST").path("/tokens"));
        let outcome = create(&mut sandbox);
        assert_eq!(sandbox.tokens().len(), tokens, "{effect:?}");
        assert_eq!(outcome.response().map(Response::status), answer, "{effect:?}");
        assert_eq!(matches!(outcome, ReplyOutcome::NotSent), effect == FaultEffect::NotSent);
        let seen = sandbox.requests().last().unwrap();
        assert_eq!((seen.method.as_str(), seen.path.as_str(), seen.query.as_str()), ("POST", TOKENS, ""));
        assert_eq!((seen.status, seen.handled), (answer, (tokens == 2).then_some(200)), "{effect:?}");
        if let Some(response) = outcome.response() {
            assert_eq!(CreateToken::parse(response).is_ok(), matches!(effect, FaultEffect::Delay { .. }), "{effect:?}");
            let seven = matches!(effect, FaultEffect::Status { retry_after_s: Some(7), .. });
            assert_eq!(response.header("retry-after"), seven.then_some("7"));
        }
        // Once is enough, unless it says otherwise.
        assert!(CreateToken::parse(create(&mut sandbox).response().unwrap()).is_ok());
    }
}

#[test]
fn faults_count_the_requests_that_they_are_about() {
    let mut sandbox = sandbox();
    sandbox.fault(Fault::new(FaultEffect::LostBefore).path("/tokens/*").nth(2).times(2));
    sandbox.fault(Fault::new(FaultEffect::Delay { ms: 5 }).always());
    sandbox.fault(Fault::new(FaultEffect::Delay { ms: 6 }).method("get").always());
    let mut got = Vec::new();
    for _ in 0..5 {
        assert!(sandbox.answer_parts("GET", TOKENS, None, b"", NOW).outcome.response().is_some());
        let reply = sandbox.answer_parts("GET", "/v1/organizations/clorg/tokens/cltoken0", None, b"", NOW);
        assert_eq!(reply.delay_ms, 11);
        got.push(reply.outcome.response().is_some());
    }
    assert_eq!(got, [true, false, false, true, true]);
    sandbox.clear_faults();
    assert_eq!(sandbox.answer_parts("GET", TOKENS, None, b"", NOW).delay_ms, 0);
}

#[test]
fn faults_are_read_from_json() {
    for (json, fault) in [
        (r#"{"effect": "not_sent"}"#, Fault::new(FaultEffect::NotSent)),
        (r#"{"effect": "lost_before", "path": "/roles"}"#, Fault::new(FaultEffect::LostBefore).path("/roles")),
        (r#"{"effect": "cut_short", "times": 3}"#, Fault::new(FaultEffect::CutShort).times(3)),
        (r#"{"effect": "garbage"}"#, Fault::new(FaultEffect::Garbage { body: None })),
        (r#"{"effect": "garbage", "body": ""}"#, Fault::new(FaultEffect::Garbage { body: Some(String::new()) })),
        (r#"{"effect": "delay", "ms": 250}"#, Fault::new(FaultEffect::Delay { ms: 250 })),
        (r#"{"effect": "status_after", "status": 500}"#, Fault::new(FaultEffect::StatusAfter { status: 500 })),
        (
            r#"{"effect": "status", "status": 429, "retry_after_s": 2}"#,
            Fault::new(FaultEffect::Status { status: 429, retry_after_s: Some(2), body: None }),
        ),
    ] {
        assert_eq!(Fault::from_json(json).unwrap(), fault);
        assert_eq!(Fault::from_json(&serde_json::to_string(&fault).unwrap()).unwrap(), fault);
    }
    for (json, reason) in [
        (r#"{"effect": "explode"}"#, "`effect` is one of `status`"),
        (r#"{"effect": "status"}"#, "the effect `status` needs `status`"),
        (r#"{"effect": "lost_after", "status": 500}"#, "the effect `lost_after` has no `status`"),
        (r#"{"effect": "status", "status": 99}"#, "`status` is not within 200 and 599"),
        (r#"{"effect": "not_sent", "nth": 0}"#, "`nth` and `times` are 1 or more"),
        (r#"{"effect": "not_sent", "url": "x"}"#, "unknown field `url`"),
        ("{}", "missing field `effect`"),
    ] {
        let error = Fault::from_json(json).unwrap_err().to_string();
        assert!(error.starts_with("not a fault: ") && error.contains(reason), "{json}: {error}");
    }
}
