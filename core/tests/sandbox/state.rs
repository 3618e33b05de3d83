//! The saved state, and what is put in without a request.

use super::*;

#[test]
fn the_state_survives_and_holds_no_secret() {
    let mut sandbox = sandbox();
    let first = holder(&mut sandbox, NewToken::workspace("W", "clws", "WORKSPACE_OWNER"));
    sandbox.fault(Fault::new(FaultEffect::LostAfter).path("/rotate").nth(2));
    let rotate = RotateToken::new("cltoken1");
    let second = secret(&RotateToken::parse(&send(&mut sandbox, &rotate, &first, NOW)).unwrap());

    let saved = sandbox.to_json();
    let outputs = format!("{saved} {sandbox:?} {:?} {:?}", sandbox.tokens(), sandbox.requests());
    for secret in [&owner(), &first, &second] {
        assert!(secret.split('.').skip(1).all(|part| !outputs.contains(part)), "{outputs}");
    }
    let mut restored = Sandbox::from_json(&saved).unwrap();
    assert_eq!(restored.to_json(), saved);
    assert_eq!(send(&mut restored, &GetToken::new("cltoken1"), &first, NOW).status(), 401);
    assert_eq!(send(&mut restored, &GetToken::new("cltoken1"), &second, NOW).status(), 200);
    assert_eq!(send(&mut restored, &GetToken::new("cltoken1"), &owner(), NOW).status(), 200);
    // The rule has seen one of its two.
    let request = rotate.request(&Api::new("clorg").unwrap()).unwrap();
    assert!(matches!(restored.answer(&request, Some(&second), NOW).outcome, ReplyOutcome::Lost));
    assert_eq!(restored.add_token(NewToken::workspace("W", "clws", "WORKSPACE_OWNER"), NOW).id, "cltoken2");
}

#[test]
fn a_broken_state_is_refused_with_its_reason() {
    let mut sandbox = sandbox();
    sandbox.add_token(NewToken::workspace("W", "clws", "WORKSPACE_OWNER"), NOW);
    let saved: Json = serde_json::from_str(&sandbox.to_json()).unwrap();
    let value = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";
    for (pointer, wrong, reason) in [
        ("/version", json!(2), "its version is 2"),
        ("/tokens/1/token/token", json!(value), "the token `cltoken1` holds a secret"),
        ("/tokens/1/token/id", json!("cltoken0"), "two of the token `cltoken0`"),
        ("/tokens/1/token/scope", json!("GALAXY"), "no scope that this release knows"),
        ("/tokens/1/token/startAt", json!("today"), "RFC 3339"),
        ("/tokens/1/token/roles", json!(null), "no role on the entity"),
        ("/tokens/1/token/roles", json!([]), "no role on the entity"),
        ("/tokens/1/hash", json!("ABC"), "no SHA-256"),
        ("/tokens/1/entityId", json!("clnone"), "belongs to an entity that its organization lacks"),
        ("/tokens/1/organizationId", json!("clnone"), "an organization that it lacks"),
        ("/workspaces/0/organizationId", json!("clnone"), "the workspace `clws` is in an organization"),
        ("/deployments/0/workspaceId", json!("clnone"), "the deployment `cldep` is in a workspace"),
        ("/counters/tokens", json!(0), "that the counter of tokens will give again"),
        ("/secret", json!(value), "unknown field `secret`"),
        ("/rateLimits", json!(value), "invalid type"),
    ] {
        let mut state = saved.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        state.pointer_mut(parent).unwrap()[key] = wrong;
        let error = Sandbox::from_json(&state.to_string()).unwrap_err().to_string();
        assert!(error.starts_with("not a state of the sandbox: ") && error.contains(reason), "{pointer}: {error}");
        assert!(!error.contains("zdWIiOi"), "{error}");
    }
    for text in ["", "{}", "[1]", "<html>"] {
        assert!(Sandbox::from_json(text).is_err(), "{text}");
    }
}

#[test]
fn tokens_are_added_from_json_and_their_entities_with_them() {
    let mut sandbox = Sandbox::empty();
    let json = r#"{"name": "D", "scope": "DEPLOYMENT", "entity_id": "d1", "role": "custom", "expiration_days": 3,
        "roles": [{"entityType": "DAG", "entityId": "etl", "deploymentId": "d1", "role": "DAG_VIEWER", "new": 1}],
        "kind": "DIRECT_ACCESS", "created_by": {"id": "u", "subjectType": "USER"}}"#;
    let token = sandbox.add_token(NewToken::from_json(json).unwrap(), NOW);
    assert_eq!(token.created_by.as_ref().unwrap().id, "u");
    assert_eq!(token.roles.as_ref().unwrap()[1].extra["new"], 1);
    let other = sandbox.add_token(NewToken::organization("O", "ORGANIZATION_OWNER").created_by_token("t", "T"), NOW);
    assert_eq!(other.created_by.as_ref().unwrap().subject_type.as_deref(), Some("SERVICEKEY"));
    let (_, page) = ask(&mut sandbox, "GET", "/v1/organizations/clorg/deployments", &secret(&other), &Json::Null);
    assert_eq!(page["deployments"][0]["id"], "d1");
    assert!(Sandbox::from_json(&sandbox.to_json()).is_ok());

    for (json, reason) in [
        (r#"{"role": "x"}"#, "missing field `name`"),
        (r#"{"name": "n", "role": "x", "scope": "WORKSPACE"}"#, "needs `entity_id`"),
        (r#"{"name": "n", "role": "x", "kind": "y"}"#, "`kind` is one of"),
        (r#"{"name": "n", "role": "x", "expiry": 1}"#, "unknown field `expiry`"),
    ] {
        let error = NewToken::from_json(json).unwrap_err().to_string();
        assert!(error.starts_with("not a token to add: ") && error.contains(reason), "{json}: {error}");
    }
}

#[test]
fn what_is_added_twice_is_renamed() {
    let mut sandbox = sandbox();
    sandbox.add_organization("clorg", "O");
    sandbox.add_workspace("clorg", "clws", "W");
    sandbox.add_deployment("clws", "cldep", "D");
    let mut name = |path: &str| {
        let url = format!("/v1/organizations/clorg{path}");
        ask(&mut sandbox, "GET", &url, &owner(), &Json::Null).1["name"].as_str().unwrap().to_owned()
    };
    assert_eq!([name(""), name("/workspaces/clws"), name("/deployments/cldep")], ["O", "W", "D"]);
}

#[test]
fn the_log_forgets_old_requests_and_shows_no_secret() {
    let mut sandbox = sandbox();
    for _ in 0..10_001 {
        sandbox.answer_parts("GET", "/", None, b"", NOW);
    }
    assert!(sandbox.requests().len() <= 10_000);
    sandbox.answer_parts("GET", &format!("{TOKENS}/{}?a={}", owner(), owner()), None, b"", NOW);
    let log = format!("{:?}", sandbox.requests().last());
    assert!(owner().split('.').all(|part| !log.contains(part)), "{log}");
}
