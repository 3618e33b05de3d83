//! What becomes of a token, and of its secret.

use super::*;

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

#[test]
fn secrets_have_the_claims_of_real_ones() {
    let mut sandbox = sandbox();
    let read = |secret: &str| {
        let claims = inspect(secret, NOW).unwrap();
        let ids = [claims.token_id, Some(claims.organization_id), claims.workspace_id, claims.deployment_id];
        (ids.map(Option::unwrap_or_default), claims.expires_at.map(|time| time.unix_millis()))
    };
    let ids = |ids: [&str; 4]| ids.map(str::to_owned);
    assert_eq!(read(&owner()), (ids(["cltoken0", "clorg", "", ""]), None));
    let workspace = holder(&mut sandbox, NewToken::workspace("W", "clws", "WORKSPACE_OWNER").expiration_days(2));
    // JWTs count in seconds.
    assert_eq!(read(&workspace), (ids(["cltoken1", "clorg", "clws", ""]), Some(NOW - 500 + 2 * DAY)));
    let deployment = holder(&mut sandbox, NewToken::deployment("D", "cldep3", "data-engineer"));
    assert_eq!(read(&deployment), (ids(["cltoken2", "clorg", "clws2", "cldep3"]), None));
}

/// So examples are reproducible, and a test that fails fails again.
#[test]
fn the_same_requests_get_the_same_answers() {
    let run = || {
        let mut sandbox = Sandbox::new();
        let created = answered(create(&mut sandbox));
        let rotated = send(&mut sandbox, &RotateToken::new("cltoken1"), &owner(), NOW);
        let listed = send(&mut sandbox, &ListTokens::default(), &owner(), NOW);
        [created, rotated, listed].map(|response| (response.headers().to_vec(), response.body().to_vec()))
    };
    assert_eq!(run(), run());
    assert_eq!(owner(), owner());
}
