//! What goes wrong on demand.

use super::*;

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
