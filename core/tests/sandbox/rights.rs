//! The table of rights in the documentation of `Sandbox`.

use super::*;

/// A sandbox with the tokens `cltoken1` of the Organization (with a role on `clws2`), `cltoken2` of `clws` and
/// `cltoken3` of `cldep`, and the secret of one more.
fn with_caller(caller: NewToken) -> (Sandbox, String) {
    let mut sandbox = sandbox();
    let member = NewToken::organization("O", "ORGANIZATION_MEMBER");
    sandbox.add_token(member.role_on(EntityType::Workspace, "clws2", "WORKSPACE_AUTHOR", None), NOW);
    sandbox.add_token(NewToken::workspace("W", "clws", "WORKSPACE_MEMBER"), NOW);
    sandbox.add_token(NewToken::deployment("D", "cldep", "custom"), NOW);
    let secret = holder(&mut sandbox, caller);
    (sandbox, secret)
}

/// What a caller may do: each letter stands for a request that is not answered with 403.
fn rights(caller: &NewToken) -> String {
    let organization = json!({"name": "n", "scope": "ORGANIZATION", "role": "ORGANIZATION_MEMBER"});
    let workspace = json!({"name": "n", "scope": "WORKSPACE", "entityId": "clws", "role": "WORKSPACE_OWNER"});
    let deployment = json!({"name": "n", "scope": "DEPLOYMENT", "entityId": "cldep", "role": "DEPLOYMENT_ADMIN"});
    let org_role = json!({"entityType": "ORGANIZATION", "entityId": "clorg", "role": "ORGANIZATION_MEMBER"});
    let granted = |entity_type: &str, id: &str, role: &str| {
        let kept = json!({"entityType": "WORKSPACE", "entityId": "clws2", "role": "WORKSPACE_AUTHOR"});
        json!({"roles": [org_role, kept, {"entityType": entity_type, "entityId": id, "role": role}]})
    };
    let letters = [
        ('l', "GET", "", Json::Null),
        ('w', "GET", "?workspaceId=clws", Json::Null),
        ('d', "GET", "?deploymentId=cldep", Json::Null),
        ('1', "GET", "/cltoken1", Json::Null),
        ('2', "GET", "/cltoken2", Json::Null),
        ('3', "GET", "/cltoken3", Json::Null),
        ('4', "GET", "/cltoken4", Json::Null),
        (' ', "GET", "/cltoken4", Json::Null),
        ('O', "POST", "", organization),
        ('W', "POST", "", workspace),
        ('D', "POST", "", deployment),
        ('A', "POST", "/cltoken1/roles", granted("WORKSPACE", "clws", "WORKSPACE_MEMBER")),
        ('B', "POST", "/cltoken1/roles", granted("DEPLOYMENT", "cldep", "custom")),
        (' ', "GET", "/cltoken4", Json::Null),
        ('u', "POST", "/cltoken2", json!({"name": "n"})),
        ('v', "POST", "/cltoken3", json!({"name": "n"})),
        ('r', "POST", "/cltoken2/rotate", Json::Null),
        ('s', "POST", "/cltoken3/rotate", Json::Null),
        ('x', "DELETE", "/cltoken1", Json::Null),
        ('y', "DELETE", "/cltoken2", Json::Null),
        ('z', "DELETE", "/cltoken3", Json::Null),
    ];
    let may = letters.into_iter().filter(|(_, method, suffix, body)| {
        let (mut sandbox, secret) = with_caller(caller.clone());
        let status = status(&mut sandbox, method, &format!("{TOKENS}{suffix}"), &secret, body);
        assert!(matches!(status, 200 | 204 | 403), "{method} {suffix}: {status}");
        status != 403
    });
    may.map(|(letter, ..)| letter).collect()
}

#[test]
fn rights_follow_the_table() {
    let organization = |role: &str| NewToken::organization("C", role);
    let workspace = |id: &str, role: &str| NewToken::workspace("C", id, role);
    let deployment = |id: &str, role: &str| NewToken::deployment("C", id, role);
    let member = organization("ORGANIZATION_MEMBER");
    for (caller, expected) in [
        (organization("ORGANIZATION_OWNER"), "lwd1234 OWDAB uvrsxyz"),
        (organization("ORGANIZATION_BILLING_ADMIN"), "lwd1234  "),
        (member.clone(), "lwd1234  "),
        (organization("ORGANIZATION_OBSERVE_MEMBER"), "lwd1234  "),
        (workspace("clws", "WORKSPACE_OWNER"), "wd234 WD uvrsyz"),
        (workspace("clws", "WORKSPACE_OPERATOR"), "wd234 D vsz"),
        (workspace("clws", "WORKSPACE_AUTHOR"), "wd234  "),
        (workspace("clws", "WORKSPACE_ACCESSOR"), "wd234  "),
        (workspace("clws2", "WORKSPACE_OWNER"), "14  "),
        (deployment("cldep", "DEPLOYMENT_ADMIN"), "d34 D vsz"),
        (deployment("cldep", "custom"), "d34  "),
        (deployment("cldep2", "DEPLOYMENT_ADMIN"), "4  "),
        (member.clone().role_on(EntityType::Workspace, "clws", "WORKSPACE_OWNER", None), "lwd1234 WDAB uvrsyz"),
        (member.role_on(EntityType::Deployment, "cldep", "DEPLOYMENT_ADMIN", None), "lwd1234 DB vsz"),
    ] {
        assert_eq!(rights(&caller), expected, "{caller:?}");
    }
}

#[test]
fn a_token_rotates_and_deletes_itself_but_does_not_promote_itself() {
    let caller = || NewToken::workspace("C", "clws", "WORKSPACE_MEMBER");
    let own = format!("{TOKENS}/cltoken4");
    let (mut sandbox, secret) = with_caller(caller());
    assert_eq!(status(&mut sandbox, "POST", &own, &secret, &json!({"name": "n"})), 403);
    let roles = json!({"roles": [{"entityType": "WORKSPACE", "entityId": "clws", "role": "WORKSPACE_OWNER"}]});
    assert_eq!(status(&mut sandbox, "POST", &format!("{own}/roles"), &secret, &roles), 403);
    assert_eq!(status(&mut sandbox, "POST", &format!("{own}/rotate"), &secret, &Json::Null), 200);
    let (mut sandbox, secret) = with_caller(caller());
    assert_eq!(status(&mut sandbox, "DELETE", &own, &secret, &Json::Null), 204);
}

#[test]
fn taking_a_role_away_takes_the_right_to_it() {
    let roles = json!({"roles": [{"entityType": "ORGANIZATION", "entityId": "clorg", "role": "ORGANIZATION_MEMBER"}]});
    for (workspace_id, expected) in [("clws", 403), ("clws2", 200)] {
        let caller = NewToken::organization("C", "ORGANIZATION_MEMBER");
        let caller = caller.role_on(EntityType::Workspace, workspace_id, "WORKSPACE_OWNER", None);
        let (mut sandbox, secret) = with_caller(caller);
        assert_eq!(status(&mut sandbox, "POST", &format!("{TOKENS}/cltoken1/roles"), &secret, &roles), expected);
    }
}

#[test]
fn another_organization_is_out_of_reach() {
    let mut sandbox = sandbox();
    sandbox.add_organization("clother", "Other");
    let other = NewToken::organization("X", "ORGANIZATION_OWNER").organization_id("clother");
    let secret = holder(&mut sandbox, other);
    assert_eq!(status(&mut sandbox, "GET", TOKENS, &secret, &Json::Null), 403);
    assert_eq!(status(&mut sandbox, "GET", "/v1/organizations/clnone/tokens", &owner(), &Json::Null), 403);
    let (_, page) = ask(&mut sandbox, "GET", "/v1/organizations/clother/tokens", &secret, &Json::Null);
    assert_eq!(page["totalCount"], 1);
    let grant = json!({"name": "n", "scope": "WORKSPACE", "entityId": "clws", "role": "WORKSPACE_OWNER"});
    assert_eq!(status(&mut sandbox, "POST", "/v1/organizations/clother/tokens", &secret, &grant), 404);
}
