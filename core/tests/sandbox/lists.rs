//! Lists of tokens, Workspaces and Deployments.

use super::*;

#[test]
fn lists_are_filtered() {
    let mut sandbox = sandbox();
    let member = || NewToken::organization("O", "ORGANIZATION_MEMBER");
    sandbox.add_token(member().role_on(EntityType::Workspace, "clws", "WORKSPACE_AUTHOR", None), NOW);
    sandbox.add_token(NewToken::workspace("W", "clws", "WORKSPACE_MEMBER"), NOW);
    sandbox.add_token(NewToken::deployment("D", "cldep", "custom").kind(Kind::DirectAccess), NOW);
    sandbox.add_token(member().role_on(EntityType::Dag, "etl", "DAG_VIEWER", Some("cldep")), NOW);
    sandbox.add_token(member().role_on(EntityType::DagTag, "hot", "DAG_VIEWER", Some("cldep")), NOW);
    for (query, expected) in [
        ("", "0 1 2 3 4 5"),
        ("?workspaceId=clws", "1 2"),
        ("?workspaceId=clws2", ""),
        ("?deploymentId=cldep", "3"),
        ("?includeOnlyOrganizationTokens=true", "0 1 4 5"),
        ("?includeOnlyOrganizationTokens=false&workspaceId=", "0 1 2 3 4 5"),
        ("?includeOnlyOrganizationTokens=true&workspaceId=clws", "1"),
        ("?kind=DIRECT_ACCESS", "3"),
        ("?kind=STANDARD", "0 1 2 4 5"),
        ("?dagId=etl", "4"),
        ("?dagTags=cold&dagTags=hot", "5"),
        ("?dagTags=cold", ""),
        ("?limit=2", "0 1"),
        ("?limit=2&offset=4", "4 5"),
        ("?offset=100", ""),
        ("?limit=0", ""),
    ] {
        let (_, page) = ask(&mut sandbox, "GET", &format!("{TOKENS}{query}"), &owner(), &Json::Null);
        let ids = page["tokens"].as_array().unwrap().iter().map(|token| &token["id"].as_str().unwrap()[7..]);
        assert_eq!(ids.collect::<Vec<_>>().join(" "), expected, "{query}");
        let paged = query.contains("limit") || query.contains("offset");
        assert!(!paged || page["totalCount"] == 6, "{query}");
    }
    for (query, expected) in [
        ("?limit=1001", "range limit"),
        ("?limit=-1", "range limit"),
        ("?limit=x", "type limit"),
        ("?offset=-1", "range offset"),
        ("?includeOnlyOrganizationTokens=maybe", "type includeOnlyOrganizationTokens"),
        ("?kind=x", "oneof kind"),
        ("?sorts=name", "oneof sorts"),
        ("?sorts=name:up", "oneof sorts"),
    ] {
        let (status, answer) = ask(&mut sandbox, "GET", &format!("{TOKENS}{query}"), &owner(), &Json::Null);
        assert_eq!((status, findings(&answer)), (400, vec![expected.to_owned()]), "{query}");
    }
    assert_eq!(status(&mut sandbox, "GET", &format!("{TOKENS}?workspaceId=clnone"), &owner(), &Json::Null), 404);
    assert_eq!(status(&mut sandbox, "GET", &format!("{TOKENS}?deploymentId=clws"), &owner(), &Json::Null), 404);
}

#[test]
fn lists_have_pages_of_20_and_are_sorted() {
    let mut sandbox = sandbox();
    for number in 0..30_i64 {
        let name = format!("{}", number % 3);
        sandbox.add_token(NewToken::organization(name, "ORGANIZATION_MEMBER"), NOW + number * 1000);
    }
    let page = done(&mut sandbox, &ListTokens::default());
    assert_eq!((page.tokens.len(), page.limit, page.offset, page.total_count), (20, 20, 0, 31));
    let sorted = done(&mut sandbox, &ListTokens::default().limit(1000).sorts(["name:desc", "createdAt:desc"])).tokens;
    let keys: Vec<(String, i64)> =
        sorted.iter().map(|token| (token.name.clone(), token.created_at.unix_millis())).collect();
    let mut expected = keys.clone();
    expected.sort();
    expected.reverse();
    assert_eq!(keys, expected);
    for sort in ["description:asc", "updatedAt:desc", "tokenStartAt:asc"] {
        assert_eq!(done(&mut sandbox, &ListTokens::default().sorts([sort])).total_count, 31);
    }
}

#[test]
fn organizations_workspaces_and_deployments_are_read() {
    for base in ["/v1", "https://api.example.com/prefix/platform/v1beta1"] {
        let mut sandbox = sandbox();
        let author = holder(&mut sandbox, NewToken::workspace("A", "clws2", "WORKSPACE_AUTHOR"));
        let custom = holder(&mut sandbox, NewToken::deployment("C", "cldep2", "custom"));
        let mut ids = |path: &str, plural: &str, credential: &str| {
            let (status, body) =
                ask(&mut sandbox, "GET", &format!("{base}/organizations{path}"), credential, &Json::Null);
            assert_eq!(status, 200, "{path}: {body}");
            let items = body[plural].as_array().unwrap().iter();
            items.map(|item| item["id"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(ids("", "organizations", &author), "clorg");
        assert_eq!(ids("/clorg/workspaces", "workspaces", &owner()), "clws clws2");
        assert_eq!(ids("/clorg/workspaces?limit=1&offset=1", "workspaces", &owner()), "clws2");
        assert_eq!(ids("/clorg/workspaces", "workspaces", &author), "clws2");
        assert_eq!(ids("/clorg/workspaces", "workspaces", &custom), "clws");
        assert_eq!(ids("/clorg/deployments", "deployments", &owner()), "cldep cldep2 cldep3");
        assert_eq!(ids("/clorg/deployments?workspaceIds=clws", "deployments", &owner()), "cldep cldep2");
        assert_eq!(ids("/clorg/deployments?deploymentIds=cldep3&deploymentIds=x", "deployments", &owner()), "cldep3");
        assert_eq!(ids("/clorg/deployments?names=staging", "deployments", &owner()), "cldep2");
        assert_eq!(ids("/clorg/deployments", "deployments", &author), "cldep3");
        assert_eq!(ids("/clorg/deployments", "deployments", &custom), "cldep2");
        let mut one = |path: &str, credential: &str| {
            ask(&mut sandbox, "GET", &format!("{base}/organizations/clorg{path}"), credential, &Json::Null)
        };
        assert_eq!(one("", &custom).1["name"], "Example Organization");
        assert_eq!(one("/workspaces/clws", &owner()).1["organizationId"], "clorg");
        assert_eq!(one("/deployments/cldep", &owner()).1["workspaceId"], "clws");
        assert_eq!(one("/deployments/cldep", &author).0, 403);
        assert_eq!(one("/workspaces/clnone", &owner()).0, 404);
    }
}
