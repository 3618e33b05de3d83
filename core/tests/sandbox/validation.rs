//! What the sandbox refuses, and what it keeps.

use super::*;

#[test]
fn create_is_validated() {
    let mut sandbox = sandbox();
    let valid = json!({"name": "n", "role": "WORKSPACE_MEMBER", "scope": "WORKSPACE", "entityId": "clws"});
    for (changes, expected) in [
        (json!({"name": null}), vec!["required name"]),
        (json!({"name": ""}), vec!["required name"]),
        (json!({"name": "é".repeat(257)}), vec!["max name"]),
        (json!({"name": 5}), vec!["type name"]),
        (json!({"description": "é".repeat(501)}), vec!["max description"]),
        (json!({"role": null}), vec!["required role"]),
        (json!({"role": "ORGANIZATION_OWNER"}), vec!["oneof role"]),
        (json!({"role": "PIRATE"}), vec!["oneof role"]),
        (json!({"scope": "DEPLOYMENT", "entityId": "cldep"}), vec!["oneof role"]),
        (json!({"scope": null}), vec!["required scope"]),
        (json!({"scope": "GALAXY"}), vec!["oneof scope"]),
        (json!({"entityId": null}), vec!["required entityId"]),
        (json!({"scope": "ORGANIZATION", "role": "ORGANIZATION_MEMBER"}), vec!["excluded entityId"]),
        (json!({"kind": "SPECIAL"}), vec!["oneof kind"]),
        (json!({"tokenExpiryPeriodInDays": 0}), vec!["range tokenExpiryPeriodInDays"]),
        (json!({"tokenExpiryPeriodInDays": -1}), vec!["range tokenExpiryPeriodInDays"]),
        (json!({"tokenExpiryPeriodInDays": 3651}), vec!["range tokenExpiryPeriodInDays"]),
        (json!({"tokenExpiryPeriodInDays": u64::MAX}), vec!["range tokenExpiryPeriodInDays"]),
        (json!({"tokenExpiryPeriodInDays": 1.5}), vec!["type tokenExpiryPeriodInDays"]),
        (json!({"tokenExpiryPeriodInDays": "30"}), vec!["type tokenExpiryPeriodInDays"]),
        (json!({"name": "", "role": "", "kind": ""}), vec!["required name", "required role", "oneof kind"]),
    ] {
        let mut body = valid.clone();
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let (status, answer) = ask(&mut sandbox, "POST", TOKENS, &owner(), &body);
        assert_eq!(
            (status, findings(&answer)),
            (400, expected.iter().map(|text| (*text).to_owned()).collect()),
            "{changes}"
        );
    }
    for (changes, expected) in [
        (json!({"name": "é".repeat(256), "description": "é".repeat(500)}), 200),
        (json!({"tokenExpiryPeriodInDays": 3650, "kind": "DIRECT_ACCESS", "unknown": 1}), 200),
        (json!({"tokenExpiryPeriodInDays": 1, "kind": null, "description": null}), 200),
        (json!({"scope": "DEPLOYMENT", "entityId": "cldep", "role": "data engineer"}), 200),
        (json!({"scope": "DEPLOYMENT", "entityId": "cldep", "role": "DEPLOYMENT_ADMIN"}), 200),
        (json!({"scope": "ORGANIZATION", "entityId": null, "role": "ORGANIZATION_OBSERVE_MEMBER"}), 200),
        (json!({"entityId": "clnone"}), 404),
        (json!({"scope": "DEPLOYMENT", "entityId": "clws", "role": "x"}), 404),
    ] {
        let mut body = valid.clone();
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        assert_eq!(status(&mut sandbox, "POST", TOKENS, &owner(), &body), expected, "{changes}");
    }
    for text in ["", "{", "[]", "\"x\"", "<html>"] {
        let authorization = format!("Bearer {}", owner());
        let reply = sandbox.answer_parts("POST", TOKENS, Some(&authorization), text.as_bytes(), NOW);
        assert_eq!(answered(reply.outcome).status(), 400, "{text}");
    }
}

#[test]
fn update_is_validated() {
    let mut sandbox = sandbox();
    sandbox.add_token(NewToken::organization("A", "ORGANIZATION_MEMBER").description("d"), NOW);
    let url = format!("{TOKENS}/cltoken1");
    for (body, expected) in [
        (json!({}), "required name"),
        (json!({"name": "x".repeat(257)}), "max name"),
        (json!({"name": "B", "description": "x".repeat(501)}), "max description"),
        (json!({"name": "B", "description": 1}), "type description"),
    ] {
        let (status, answer) = ask(&mut sandbox, "POST", &url, &owner(), &body);
        assert_eq!((status, findings(&answer)), (400, vec![expected.to_owned()]), "{body}");
    }
    assert_eq!(sandbox.tokens()[1].name, "A");
    let (_, answer) = ask(&mut sandbox, "POST", &url, &owner(), &json!({"name": "B", "description": null}));
    assert_eq!((answer["name"].as_str(), answer["description"].as_str()), (Some("B"), Some("d")));
    assert_eq!(answer["updatedBy"]["id"], "cltoken0");
}

#[test]
fn roles_are_validated() {
    let mut sandbox = sandbox();
    sandbox.add_token(NewToken::organization("O", "ORGANIZATION_MEMBER"), NOW);
    sandbox.add_token(NewToken::workspace("W", "clws", "WORKSPACE_MEMBER"), NOW);
    sandbox.add_token(NewToken::deployment("D", "cldep", "DEPLOYMENT_ADMIN"), NOW);
    let org = json!({"entityType": "ORGANIZATION", "entityId": "clorg", "role": "ORGANIZATION_MEMBER"});
    let ws = |id: &str| json!({"entityType": "WORKSPACE", "entityId": id, "role": "WORKSPACE_AUTHOR"});
    let dep = |id: &str| json!({"entityType": "DEPLOYMENT", "entityId": id, "role": "custom"});
    let dag = |id: &str| json!({"entityType": "DAG", "entityId": "d", "deploymentId": id, "role": "DAG_VIEWER"});
    let tag = |id: &str| json!({"entityType": "DAG_TAG", "entityId": "d", "deploymentId": id, "role": "custom"});
    let [none, missing] = ["required roles", "required roles[1].deploymentId"];
    let item = |field: &str, value: Json| {
        let mut role = ws("clws");
        role[field] = value;
        json!([org, role])
    };
    for (token, roles, expected) in [
        ("cltoken1", json!([org, ws("clws"), ws("clws2"), dep("cldep"), dag("cldep"), tag("cldep")]), ""),
        ("cltoken1", json!([org, dag("cldep"), dag("cldep3")]), ""),
        ("cltoken1", json!([]), none),
        ("cltoken1", json!(null), none),
        ("cltoken1", json!("x"), "type roles"),
        ("cltoken1", json!([org, 5]), "type roles[1]"),
        ("cltoken1", json!([ws("clws")]), none),
        ("cltoken1", json!([org, org]), "unique roles[1]"),
        ("cltoken1", json!([org, ws("clws"), ws("clws")]), "unique roles[2]"),
        ("cltoken1", item("entityType", json!("GALAXY")), "oneof roles[1].entityType"),
        ("cltoken1", item("entityId", json!("")), "required roles[1].entityId"),
        ("cltoken1", item("role", json!(null)), "required roles[1].role"),
        ("cltoken1", item("role", json!("ORGANIZATION_MEMBER")), "oneof roles[1].role"),
        ("cltoken1", item("role", json!("PIRATE")), "oneof roles[1].role"),
        ("cltoken1", json!([org, {"entityType": "DAG", "entityId": "d", "role": "DAG_VIEWER"}]), missing),
        ("cltoken2", json!([ws("clws"), dep("cldep")]), ""),
        ("cltoken2", json!([ws("clws"), org]), "scope roles[1]"),
        ("cltoken2", json!([ws("clws"), ws("clws2")]), "scope roles[1]"),
        ("cltoken2", json!([ws("clws"), dep("cldep3")]), "scope roles[1]"),
        ("cltoken3", json!([dep("cldep"), dag("cldep")]), ""),
        ("cltoken3", json!([dep("cldep"), dag("cldep2")]), "scope roles[1]"),
        ("cltoken3", json!([dep("cldep"), dep("cldep2")]), "scope roles[1]"),
        ("cltoken3", json!([dep("cldep"), ws("clws")]), "scope roles[1]"),
    ] {
        let url = format!("{TOKENS}/{token}/roles");
        let (status, answer) = ask(&mut sandbox, "POST", &url, &owner(), &json!({"roles": roles}));
        if expected.is_empty() {
            assert_eq!(status, 200, "{roles}: {answer}");
        } else {
            assert_eq!((status, findings(&answer)), (400, vec![expected.to_owned()]), "{roles}");
        }
    }
    for roles in [json!([org, ws("clnone")]), json!([org, dep("clnone")]), json!([org, dag("clnone")])] {
        let url = format!("{TOKENS}/cltoken1/roles");
        assert_eq!(status(&mut sandbox, "POST", &url, &owner(), &json!({"roles": roles})), 404);
    }
}

#[test]
fn replaced_roles_are_kept_as_they_were_given() {
    let mut sandbox = sandbox();
    sandbox.add_token(NewToken::organization("O", "ORGANIZATION_MEMBER"), NOW);
    let roles = json!([
        {"entityType": "DAG", "entityId": "d", "deploymentId": "cldep", "role": "DAG_VIEWER"},
        {"entityType": "ORGANIZATION", "entityId": "clorg", "role": "ORGANIZATION_OWNER", "since": {"year": 2030}},
        {"entityType": "WORKSPACE", "entityId": "clws", "role": "WORKSPACE_AUTHOR", "note": "kept"},
        {"entityType": "DEPLOYMENT", "entityId": "cldep3", "role": "custom"},
    ]);
    let url = format!("{TOKENS}/cltoken1/roles");
    let (status, answer) = ask(&mut sandbox, "POST", &url, &owner(), &json!({"roles": roles}));
    assert_eq!(status, 200);
    let expected = json!({
        "organizationRole": "ORGANIZATION_OWNER",
        "workspaceRoles": [{"workspaceId": "clws", "role": "WORKSPACE_AUTHOR", "note": "kept"}],
        "deploymentRoles": [{"deploymentId": "cldep3", "role": "custom"}],
        "dagRoles": [{"dagId": "d", "deploymentId": "cldep", "role": "DAG_VIEWER"}],
    });
    assert_eq!(answer, expected);
    let (_, token) = ask(&mut sandbox, "GET", &format!("{TOKENS}/cltoken1"), &owner(), &Json::Null);
    assert_eq!(token["roles"], roles);
}
