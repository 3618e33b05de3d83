//! How answers look in both versions, and the rate limits.

use super::*;

#[test]
fn v1beta1_says_type_and_knows_neither_kinds_nor_dags_nor_field_errors() {
    let mut sandbox = sandbox();
    let base = "/iam/v1beta1/organizations/clorg/tokens";
    let body = json!({"name": "n", "type": "WORKSPACE", "entityId": "clws", "role": "WORKSPACE_MEMBER", "kind": "x"});
    let (status, token) = ask(&mut sandbox, "POST", base, &owner(), &body);
    assert_eq!((status, token["type"].as_str()), (200, Some("WORKSPACE")));
    assert!(token.get("scope").is_none() && token.get("kind").is_none() && token["token"].is_string());
    let (_, token) = ask(&mut sandbox, "GET", &format!("{base}/cltoken1"), &owner(), &Json::Null);
    assert_eq!(token["roles"].as_array().unwrap().len(), 1);
    let (_, page) = ask(&mut sandbox, "GET", &format!("{base}?kind=x&dagId=y"), &owner(), &Json::Null);
    assert_eq!(page["totalCount"], 2);
    assert!(page["tokens"].as_array().unwrap().iter().all(|token| token.get("roles").is_none()));

    let wrong = json!({"name": "n", "scope": "WORKSPACE", "entityId": "clws", "role": "WORKSPACE_MEMBER"});
    let (status, answer) = ask(&mut sandbox, "POST", base, &owner(), &wrong);
    assert_eq!((status, answer.get("fieldErrors")), (400, None));
    let roles = json!({"roles": [
        {"entityType": "WORKSPACE", "entityId": "clws", "role": "WORKSPACE_MEMBER"},
        {"entityType": "DAG", "entityId": "d", "deploymentId": "cldep", "role": "DAG_VIEWER"},
    ]});
    assert_eq!(ask(&mut sandbox, "POST", &format!("{base}/cltoken1/roles"), &owner(), &roles).0, 400);
    assert_eq!(ask(&mut sandbox, "POST", &format!("{TOKENS}/cltoken1/roles"), &owner(), &roles).0, 200);
}

#[test]
fn errors_and_headers_are_as_documented() {
    let mut sandbox = sandbox();
    for (method, url, expected) in [
        ("GET", "/v1/organizations/clorg/nothing", 404),
        ("GET", "/v2/organizations/clorg/tokens", 404),
        ("GET", "/", 404),
        ("PUT", TOKENS, 405),
        ("DELETE", TOKENS, 405),
        ("PATCH", "/v1/organizations/clorg/tokens/cltoken0", 405),
        ("GET", "/v1/organizations/clorg/tokens/cltoken0/rotate", 405),
        ("POST", "/v1/organizations/clorg/workspaces", 405),
        ("GET", "/v1/organizations/clorg/tokens/clnone", 404),
    ] {
        let (status, body) = ask(&mut sandbox, method, url, &owner(), &Json::Null);
        assert_eq!((status, &body["statusCode"]), (expected, &json!(expected)), "{method} {url}");
        assert!(body["message"].is_string() && body.get("fieldErrors").is_none(), "{body}");
    }
    let reply = sandbox.answer_parts("GET", TOKENS, None, b"", NOW);
    let response = answered(reply.outcome);
    let body: Json = serde_json::from_slice(response.body()).unwrap();
    assert_eq!((&body["requestId"], response.header("x-request-id")), (&json!("req-10"), Some("req-10")));
    assert_eq!(response.header("date"), Some("Sun, 22 Nov 2026 08:40:10 GMT"));
    assert_eq!(response.header("content-type"), Some("application/json"));
    for now_ms in [i64::MIN, -1, 0, i64::MAX] {
        assert!(sandbox.answer_parts("GET", TOKENS, None, b"", now_ms).outcome.response().is_some());
        sandbox.add_token(NewToken::organization("A", "ORGANIZATION_MEMBER").expiration_days(u32::MAX), now_ms);
    }
}

#[test]
fn rate_limits_are_kept_for_each_token_and_method() {
    let mut sandbox = Sandbox::new();
    let member = holder(&mut sandbox, NewToken::organization("M", "ORGANIZATION_MEMBER"));
    let get = GetToken::new("cltoken0");
    let update = UpdateToken::new("cltoken0", "Owner");
    for _ in 0..25 {
        assert_eq!(send(&mut sandbox, &get, &owner(), NOW).status(), 200);
    }
    let refused = send(&mut sandbox, &get, &owner(), NOW + 999);
    assert_eq!((refused.status(), refused.header("retry-after")), (429, Some("1")));
    assert_eq!(send(&mut sandbox, &get, &member, NOW + 999).status(), 200);
    for _ in 0..10 {
        assert_eq!(send(&mut sandbox, &update, &owner(), NOW + 999).status(), 200);
    }
    for _ in 0..5 {
        assert_eq!(send(&mut sandbox, &DeleteToken::new("clnone"), &owner(), NOW + 999).status(), 404);
    }
    assert_eq!(send(&mut sandbox, &update, &owner(), NOW + 1998).status(), 429);
    assert_eq!(send(&mut sandbox, &DeleteToken::new("clnone"), &owner(), NOW + 1998).status(), 429);
    assert_eq!(send(&mut sandbox, &update, &owner(), NOW + 1999).status(), 200);
    assert_eq!(send(&mut sandbox, &get, &owner(), NOW + 1000).status(), 200);
    // A clock that was set back does not lock anybody out.
    assert_eq!(send(&mut sandbox, &update, &owner(), 0).status(), 200);
    sandbox.set_rate_limits(false);
    for _ in 0..50 {
        assert_eq!(send(&mut sandbox, &get, &owner(), NOW).status(), 200);
    }
}

#[test]
fn use_is_noted() {
    let mut sandbox = sandbox();
    assert!(sandbox.tokens()[0].last_used_at.is_none());
    let token = GetToken::parse(&send(&mut sandbox, &GetToken::new("cltoken0"), &owner(), NOW)).unwrap();
    assert_eq!(token.last_used_at.unwrap().unix_millis(), NOW);
}
