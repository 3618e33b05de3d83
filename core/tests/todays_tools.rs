//! What goes wrong with today's tools, item by item: `item_8_…` is about duplicate names. Each test fails where a tool does
//! what today's tools do. Items about the command line alone are tested with the command.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;
#[path = "common/talking.rs"]
mod talking;

use astro_tokens::{
    Api, ApiOptions, ApiToken, Audit, Code, CreateToken, EntityType, Fault, FaultEffect, Finding, Mark, Method,
    NewToken, Operation, Request, Response, Sandbox, ValidationError,
    conversation::{Cause, Conversation, ConversationError, Event, FailureCode, Outcome, Session, Step, WorkKind},
};
use serde_json::{Value as Json, json};
use talking::{NOON_MS, SERVER_AHEAD_MS, World};

fn session() -> Session {
    Session::new(Api::new("clorg").unwrap()).token_id("cltoken0")
}

fn start(session: &Session, work: WorkKind, input: &Json) -> Result<Conversation<Outcome>, ValidationError> {
    work.start(session, common::value(input), 3)
}

fn run(world: &mut World, work: WorkKind, input: &Json) -> Result<Outcome, Box<ConversationError>> {
    world.talk(start(&session(), work, input).unwrap())
}

const EARLIER_MS: i64 = NOON_MS + SERVER_AHEAD_MS - 86_400_000;

fn add(world: &mut World, token: NewToken) -> ApiToken {
    world.sandbox.add_token(token, EARLIER_MS)
}

fn problem_codes(error: &ConversationError) -> Vec<Code> {
    match &error.cause {
        Some(Cause::Invalid(error)) => error.problems.iter().map(|problem| problem.code).collect(),
        other => panic!("{other:?}"),
    }
}

fn roles(world: &World, id: &str) -> Vec<String> {
    let roles = world.token(id).unwrap().roles.unwrap();
    roles.iter().map(|role| format!("{} {}", role.entity_id, role.role)).collect()
}

#[test]
fn item_1_an_expiration_is_checked_before_anything_is_sent() {
    for days in [0, -1, 3651, 99_999] {
        let input = json!({"name": "CI", "role": "ORGANIZATION_MEMBER", "expiration_days": days});
        let error = start(&session(), WorkKind::CreateToken, &input).unwrap_err();
        assert_eq!(error.problems[0].code, Code::OutOfRange);
    }
    let never = CreateToken::new("CI", "ORGANIZATION_MEMBER").request(session().api()).unwrap();
    assert_eq!(never.warnings()[0].code, Code::NeverExpires);
}

#[test]
fn item_2_renaming_a_token_never_promotes_it() {
    let mut world = World::of_owner();
    let token = add(&mut world, NewToken::deployment("CI", "cldep", "viewer"));
    let input = json!({"token_id": token.id, "deployment_id": "cldep", "name": "CI 2"});
    run(&mut world, WorkKind::UpdateToken, &input).unwrap();
    assert_eq!(world.token(&token.id).unwrap().name, "CI 2");
    assert_eq!(roles(&world, &token.id), ["cldep viewer"]);
    assert_eq!(world.writes.len(), 1);
}

#[test]
fn item_3_everything_is_validated_before_anything_is_written() {
    let mut world = World::of_owner();
    let token = add(&mut world, NewToken::workspace("CI", "clws", "WORKSPACE_MEMBER"));
    // That the role does not fit is known only when the token was read.
    let input = json!({"token_id": token.id, "name": "CI 2", "role": "ORGANIZATION_OWNER"});
    let error = run(&mut world, WorkKind::UpdateToken, &input).unwrap_err();
    assert_eq!(problem_codes(&error), [Code::RoleScopeMismatch]);
    assert!(world.writes.is_empty() && error.done.is_empty() && error.unclear.is_empty(), "{error}");
    assert_eq!(world.token(&token.id).unwrap().name, "CI");

    // Where Astro itself refuses the role, the name is not written either.
    world
        .sandbox
        .fault(Fault::new(FaultEffect::Status { status: 403, retry_after_s: None, body: None }).path("/roles"));
    let input = json!({"token_id": token.id, "name": "CI 2", "role": "WORKSPACE_OWNER"});
    let error = run(&mut world, WorkKind::UpdateToken, &input).unwrap_err();
    assert_eq!(error.code, FailureCode::Refused);
    assert_eq!(world.token(&token.id).unwrap().name, "CI");
}

#[test]
fn item_4_newer_roles_pass_and_misspelt_ones_do_not() {
    let mut world = World::of_owner();
    for (role, workspace_id) in [("ORGANIZATION_OBSERVE_ADMIN", None), ("WORKSPACE_ACCESSOR", Some("clws"))] {
        let input = json!({"name": role, "role": role, "workspace_id": workspace_id, "expiration_days": 1});
        run(&mut world, WorkKind::CreateToken, &input).unwrap();
    }
    let typo = json!({"name": "CI", "role": "WORKSPACE_AUTHR", "workspace_id": "clws"});
    assert_eq!(start(&session(), WorkKind::CreateToken, &typo).unwrap_err().problems[0].code, Code::InvalidRole);
    let typo = json!({"name": "CI", "role": "DEPLOYMENT_ADMN", "deployment_id": "cldep", "expiration_days": 1});
    let conversation = start(&session(), WorkKind::CreateToken, &typo).unwrap();
    assert_eq!(conversation.warnings()[0].code, Code::PossibleTypo);
}

/// Another program that writes the roles of `cltoken1` whenever somebody else has.
fn talk_against_another_writer(
    world: &mut World,
    mut conversation: Conversation<Outcome>,
    mut times: u32,
) -> Result<Outcome, Box<ConversationError>> {
    let mut event = Event::Start;
    loop {
        event = match conversation.step(event, world.now_ms) {
            Step::Request(request) => {
                let reply = world.sandbox.answer(&request, Some(world.credential.expose()), world.server_now_ms());
                if request.method() == Method::Post && times > 0 {
                    times -= 1;
                    let body = json!({"roles": [{"entityType": "ORGANIZATION", "entityId": "clorg", "role": "ORGANIZATION_MEMBER"}]});
                    let other =
                        Request::from_parts(Method::Post, request.url().to_owned(), Some(body.to_string().into()));
                    world.sandbox.answer(&other, Some(world.credential.expose()), world.server_now_ms());
                }
                Event::Response(reply.outcome.response().unwrap().clone())
            }
            Step::Done(outcome) => return Ok(outcome),
            Step::Failed(error) => return Err(error),
            other => panic!("{other:?}"),
        };
    }
}

#[test]
fn item_5_a_lost_update_is_repaired_or_reported() {
    let input = json!({"token_id": "cltoken1", "workspace_id": "clws", "role": "WORKSPACE_MEMBER"});
    for (times, is_repaired) in [(0, true), (1, true), (2, true), (3, false)] {
        let mut world = World::of_owner();
        add(&mut world, NewToken::organization("CI", "ORGANIZATION_MEMBER"));
        let conversation = start(&session(), WorkKind::AddTokenRole, &input).unwrap();
        match talk_against_another_writer(&mut world, conversation, times) {
            Ok(_) => assert!(is_repaired && roles(&world, "cltoken1").contains(&"clws WORKSPACE_MEMBER".to_owned())),
            Err(error) => {
                assert!(!is_repaired && error.code == FailureCode::LostUpdate, "{error}");
                assert!(error.done.is_empty() && error.not_done[0].contains("`WORKSPACE_MEMBER`"), "{error}");
            }
        }
    }
}

#[test]
fn item_5_roles_below_the_removed_one_are_named_or_removed_too() {
    let with_roles = || {
        let mut world = World::of_owner();
        let token = NewToken::organization("CI", "ORGANIZATION_MEMBER")
            .role_on(EntityType::Workspace, "clws", "WORKSPACE_MEMBER", None)
            .role_on(EntityType::Deployment, "cldep", "DEPLOYMENT_ADMIN", None)
            .role_on(EntityType::Dag, "etl", "DAG_VIEWER", Some("cldep2"))
            .role_on(EntityType::Deployment, "cldep3", "DEPLOYMENT_ADMIN", None);
        add(&mut world, token);
        world
    };
    let mut world = with_roles();
    let input = json!({"token_name": "CI", "workspace_id": "clws"});
    let mut conversation = start(&session(), WorkKind::RemoveTokenRole, &input).unwrap();
    let mut event = Event::Start;
    while let Step::Request(request) = conversation.step(event, world.now_ms) {
        let reply = world.sandbox.answer(&request, Some(world.credential.expose()), world.server_now_ms());
        event = Event::Response(reply.outcome.response().unwrap().clone());
    }
    let warning = conversation.warnings().remove(0);
    assert_eq!(warning.code, Code::OrphanedGrants);
    assert!(warning.message.contains("`cldep`") && warning.message.contains("`etl`"), "{warning}");
    assert!(!warning.message.contains("cldep3"), "{warning}");
    assert_eq!(roles(&world, "cltoken1").len(), 4);

    let mut world = with_roles();
    let input = json!({"token_name": "CI", "workspace_id": "clws", "remove_orphans": true});
    let Ok(Outcome::Roles(change)) = run(&mut world, WorkKind::RemoveTokenRole, &input) else { panic!() };
    assert_eq!(change.removed.len(), 2);
    assert_eq!(roles(&world, "cltoken1"), ["clorg ORGANIZATION_MEMBER", "cldep3 DEPLOYMENT_ADMIN"]);

    // `strict` makes the warning an error, before anything is written.
    let mut world = with_roles();
    let strict = Session::new(ApiOptions::new("clorg").strict(true).build().unwrap());
    let input = json!({"token_id": "cltoken1", "workspace_id": "clws"});
    let error = world.talk(start(&strict, WorkKind::RemoveTokenRole, &input).unwrap()).unwrap_err();
    assert_eq!(problem_codes(&error), [Code::OrphanedGrants]);
    assert!(world.writes.is_empty());
}

#[test]
fn item_5_what_this_release_does_not_know_about_roles_survives() {
    let mut world = World::of_owner();
    let token: NewToken = NewToken::from_json(
        r#"{"name": "CI", "role": "ORGANIZATION_MEMBER",
            "roles": [{"entityType": "WORKSPACE", "entityId": "clws", "role": "WORKSPACE_MEMBER", "grantedBy": "someone"}]}"#,
    )
    .unwrap();
    let token = add(&mut world, token);
    let input = json!({"token_id": token.id, "workspace_id": "clws2", "role": "WORKSPACE_AUTHOR"});
    run(&mut world, WorkKind::AddTokenRole, &input).unwrap();
    let kept = world.token(&token.id).unwrap().roles.unwrap();
    assert_eq!(kept[1].extra["grantedBy"], "someone");
    assert_eq!(kept.len(), 3);
}

#[test]
fn item_6_adding_a_role_again_is_a_success_with_nothing_to_do() {
    let mut world = World::of_owner();
    add(&mut world, NewToken::organization("CI", "ORGANIZATION_MEMBER"));
    let input = json!({"token_name": "CI", "workspace_id": "clws", "role": "WORKSPACE_MEMBER"});
    let Ok(Outcome::Roles(first)) = run(&mut world, WorkKind::AddTokenRole, &input) else { panic!() };
    assert!(first.changed && first.old_role.is_none());
    let writes = world.writes.len();
    let Ok(Outcome::Roles(again)) = run(&mut world, WorkKind::AddTokenRole, &input) else { panic!() };
    assert!(!again.changed && world.writes.len() == writes);

    let input = json!({"token_name": "CI", "workspace_id": "clws", "role": "WORKSPACE_OWNER"});
    let Ok(Outcome::Roles(other)) = run(&mut world, WorkKind::AddTokenRole, &input) else { panic!() };
    assert_eq!(other.old_role.as_deref(), Some("WORKSPACE_MEMBER"));
    assert_eq!(other.new_role.as_deref(), Some("WORKSPACE_OWNER"));

    // Changing a role that is not there would give access by a slip in an id.
    let input = json!({"token_name": "CI", "workspace_id": "clws2", "role": "WORKSPACE_OWNER"});
    assert_eq!(run(&mut world, WorkKind::ChangeTokenRole, &input).unwrap_err().code, FailureCode::NotFound);
    // Removing one that is not there has nothing to do.
    let input = json!({"token_name": "CI", "workspace_id": "clws2"});
    let Ok(Outcome::Roles(gone)) = run(&mut world, WorkKind::RemoveTokenRole, &input) else { panic!() };
    assert!(!gone.changed);
}

#[test]
fn item_7_ids_keep_their_letters() {
    let input = json!({"token_id": "clAbC"});
    let mut conversation = start(&session(), WorkKind::FindToken, &input).unwrap();
    let Step::Request(request) = conversation.step(Event::Start, 0) else { panic!() };
    assert!(request.url().ends_with("/tokens/clAbC"));
}

#[test]
fn item_7_an_id_and_a_name_have_to_agree() {
    let mut world = World::of_owner();
    let token = add(&mut world, NewToken::organization("CI", "ORGANIZATION_MEMBER"));
    for work in [WorkKind::RotateToken, WorkKind::DeleteToken, WorkKind::FindToken] {
        let error = run(&mut world, work, &json!({"token_id": token.id, "token_name": "Other"})).unwrap_err();
        assert_eq!(error.code, FailureCode::Mismatch, "{error}");
        run(&mut world.clone(), work, &json!({"token_id": token.id, "token_name": "CI"})).unwrap();
    }
    assert!(world.writes.is_empty());
}

#[test]
fn item_7_a_foreign_id_is_neither_rotated_nor_deleted() {
    let mut world = World::of_owner();
    let tokens = [
        NewToken::workspace("CI", "clws2", "WORKSPACE_MEMBER"),
        NewToken::deployment("CI", "cldep", "DEPLOYMENT_ADMIN"),
        // A role there does not make it a token of that Workspace.
        NewToken::organization("CI", "ORGANIZATION_MEMBER").role_on(
            EntityType::Workspace,
            "clws",
            "WORKSPACE_OWNER",
            None,
        ),
    ];
    for token in tokens {
        let token = add(&mut world, token);
        for work in [WorkKind::RotateToken, WorkKind::DeleteToken, WorkKind::UpdateToken] {
            let mut input = json!({"token_id": token.id, "workspace_id": "clws"});
            if work == WorkKind::UpdateToken {
                input["name"] = "New".into();
            }
            let error = run(&mut world, work, &input).unwrap_err();
            assert_eq!(error.code, FailureCode::Mismatch, "{error}");
        }
    }
    assert!(world.writes.is_empty());
}

#[test]
fn item_8_a_name_of_several_tokens_is_an_error_that_lists_them() {
    let mut world = World::of_owner();
    let ids = [1, 2].map(|_| add(&mut world, NewToken::organization("CI", "ORGANIZATION_MEMBER")).id);
    for work in [WorkKind::FindToken, WorkKind::RotateToken, WorkKind::DeleteToken] {
        let error = run(&mut world, work, &json!({"token_name": "CI"})).unwrap_err();
        assert_eq!(error.code, FailureCode::Ambiguous);
        let found: Vec<&str> = error.candidates.iter().map(|candidate| candidate.id.as_str()).collect();
        assert_eq!(found, ids);
        assert!(ids.iter().all(|id| error.to_string().contains(id.as_str())), "{error}");
    }
    assert!(world.writes.is_empty());
    let error = run(&mut world, WorkKind::FindToken, &json!({"token_name": "Cl"})).unwrap_err();
    assert_eq!(error.code, FailureCode::NotFound);
}

#[test]
fn item_9_a_description_can_be_cleared() {
    let mut world = World::of_owner();
    let token = add(&mut world, NewToken::organization("CI", "ORGANIZATION_MEMBER").description("builds"));
    let input = json!({"token_id": token.id, "description": ""});
    let Ok(Outcome::Update(update)) = run(&mut world, WorkKind::UpdateToken, &input) else { panic!() };
    assert_eq!(update.changed, ["description"]);
    assert_eq!(world.token(&token.id).unwrap().description, "");
    // And where nothing changes, nothing is sent.
    let writes = world.writes.len();
    let Ok(Outcome::Update(update)) = run(&mut world, WorkKind::UpdateToken, &input) else { panic!() };
    assert!(update.changed.is_empty() && world.writes.len() == writes);
}

#[test]
fn item_10_an_error_says_everything_that_astro_said() {
    let mut world = World::of_owner();
    let body = r#"{"message": "Invalid request", "requestId": "req-9", "statusCode": 400,
        "fieldErrors": [{"code": "max", "field": "name", "message": "too long for Astro"}]}"#;
    let refusal = FaultEffect::Status { status: 400, retry_after_s: None, body: Some(body.to_owned()) };
    world.sandbox.fault(Fault::new(refusal));
    let error = run(&mut world, WorkKind::RotateToken, &json!({"token_id": "cltoken9"})).unwrap_err();
    let text = error.to_string();
    for part in ["400", "req-9", "name", "too long for Astro"] {
        assert!(text.contains(part), "{text}");
    }
    let Some(Cause::Api(cause)) = &error.cause else { panic!() };
    assert_eq!((cause.status, cause.request_id.as_deref()), (400, Some("req-9")));
}

#[test]
fn item_10_what_is_no_json_does_not_crash_and_trouble_that_passes_is_waited_for() {
    let mut world = World::of_owner();
    let token = add(&mut world, NewToken::organization("CI", "ORGANIZATION_MEMBER"));
    let busy = FaultEffect::Status { status: 503, retry_after_s: Some(4), body: Some("<html>busy</html>".to_owned()) };
    world.sandbox.fault(Fault::new(busy).times(2));
    run(&mut world, WorkKind::FindToken, &json!({"token_id": token.id})).unwrap();
    assert!(world.waited_ms >= 8000, "Retry-After is kept: {}", world.waited_ms);

    world.sandbox.fault(Fault::new(FaultEffect::Garbage { body: None }).always());
    let error = run(&mut world, WorkKind::FindToken, &json!({"token_id": token.id})).unwrap_err();
    assert!(error.to_string().contains("not JSON"), "{error}");
}

#[test]
fn item_12_secrets_are_in_no_output_and_no_saved_state() {
    let mut world = World::of_owner();
    let input = json!({"name": "CI", "role": "ORGANIZATION_MEMBER", "expiration_days": 1});
    let Ok(created) = run(&mut world, WorkKind::CreateToken, &input) else { panic!() };
    let Outcome::Token(token) = &created else { panic!() };
    let secret = token.token.clone().unwrap();
    let request = CreateToken::new("CI", "ORGANIZATION_MEMBER").request(session().api()).unwrap();
    let outputs = [
        format!("{created:?}{created:#?}{token:?}"),
        serde_json::to_string(&token).unwrap(),
        world.sandbox.to_json(),
        format!("{:?}{:?}", world.sandbox, world.sandbox.requests()),
        request.as_curl(),
        format!("{request:?}"),
    ];
    for output in outputs {
        assert!(!output.contains(secret.expose()), "{output}");
        assert!(!output.contains(world.credential.expose()), "{output}");
    }
}

#[test]
fn item_13_a_create_whose_answer_is_lost_loses_neither_token_nor_secret() {
    for effect in [FaultEffect::LostAfter, FaultEffect::CutShort, FaultEffect::StatusAfter { status: 504 }] {
        let mut world = World::of_owner();
        // Others have made tokens of that name before, and one of them is being used.
        for creator in ["cltoken0", "clsomeone"] {
            let token = NewToken::workspace("CI", "clws", "WORKSPACE_AUTHOR").expiration_days(30);
            add(&mut world, token.created_by_token(creator, "a token"));
        }
        world.sandbox.fault(Fault::new(effect).method("POST"));
        let mut input =
            json!({"name": "CI", "role": "WORKSPACE_AUTHOR", "workspace_id": "clws", "expiration_days": 30});
        input["idempotency_key"] = "run 7".into();
        let Ok(Outcome::Token(token)) = run(&mut world, WorkKind::CreateToken, &input) else { panic!() };
        assert!(world.works(token.token.unwrap().expose()));
        assert_eq!(world.sandbox.tokens().len(), 4);
        assert_eq!(world.token(&token.id).unwrap().description, "", "the mark is off");
    }
}

#[test]
fn item_13_without_a_key_a_lost_create_touches_nothing() {
    let lost = || {
        let mut world = World::of_owner();
        world.sandbox.fault(Fault::new(FaultEffect::LostAfter).method("POST"));
        world
    };
    let input = json!({"name": "CI", "role": "ORGANIZATION_MEMBER", "expiration_days": 30});
    let mut world = lost();
    // Another one that looks the same, made by the same caller at the same time.
    let now_ms = world.server_now_ms() + 1;
    world.sandbox.add_token(
        NewToken::organization("CI", "ORGANIZATION_MEMBER").expiration_days(30).created_by_token("cltoken0", "Owner"),
        now_ms,
    );
    let error = run(&mut world, WorkKind::CreateToken, &input).unwrap_err();
    assert_eq!((error.code, error.candidates.len()), (FailureCode::Unknown, 2), "{error}");
    let help = error.help.unwrap();
    assert!(help.contains("rotate yours by its id") && help.contains("`idempotency_key`"), "{help}");
    assert_eq!(error.candidates[1].created_by.as_deref(), Some("Owner"));
    assert_eq!(error.candidates[1].last_used_at, None);
    assert_eq!(world.writes.len(), 1, "nothing but the create was sent");

    // Without the time of the server nobody can tell an older one from it.
    let mut world = lost();
    let mut conversation = start(&self::session(), WorkKind::CreateToken, &input).unwrap();
    let mut event = Event::Start;
    let error = loop {
        event = match conversation.step(event, world.now_ms) {
            Step::Request(request) => {
                let reply = world.sandbox.answer(&request, Some(world.credential.expose()), world.server_now_ms());
                match reply.outcome.response() {
                    Some(response) => {
                        let headers = response.headers().iter().filter(|(name, _)| name != "date").cloned();
                        Event::Response(Response::new(response.status(), headers, response.body()))
                    }
                    None => Event::Failed { message: "reset".to_owned(), may_have_arrived: true },
                }
            }
            Step::Wait { .. } => Event::Waited,
            Step::Prove => Event::NoStore,
            Step::Failed(error) => break error,
            other => panic!("{other:?}"),
        };
    };
    assert_eq!((error.code, error.candidates.len()), (FailureCode::Unknown, 1), "{error}");
}

#[test]
fn item_14_a_list_does_not_stop_after_its_first_page() {
    let mut world = World::of_owner();
    for number in 0..2450 {
        let token = NewToken::organization(format!("token {number}"), "ORGANIZATION_MEMBER");
        world.sandbox.add_token(token, EARLIER_MS + number);
    }
    run(&mut world, WorkKind::AllTokens, &json!({})).unwrap();
    assert_eq!(world.pages.iter().map(Vec::len).sum::<usize>(), 2451);
    let error = run(&mut world, WorkKind::FindToken, &json!({"token_name": "token 2449"}));
    assert!(error.is_ok(), "{error:?}");
}

/// A token that is deleted while a list is read moves the rest up; none of it may be skipped or shown twice.
#[test]
fn item_14_nothing_is_skipped_when_tokens_are_deleted_meanwhile() {
    let mut world = World::of_owner();
    for number in 0..2450 {
        let token = NewToken::organization(format!("token {number}"), "ORGANIZATION_MEMBER");
        // Many in the same millisecond, as a script makes them.
        world.sandbox.add_token(token, EARLIER_MS + number / 50);
    }
    let mut conversation = start(&session(), WorkKind::AllTokens, &json!({})).unwrap();
    let (mut event, mut seen) = (Event::Start, Vec::new());
    loop {
        event = match conversation.step(event, world.now_ms) {
            Step::Request(request) => {
                let reply = world.sandbox.answer(&request, Some(world.credential.expose()), world.server_now_ms());
                Event::Response(reply.outcome.response().unwrap().clone())
            }
            Step::Page(page) => {
                seen.extend(page.tokens.into_iter().map(|token| token.id));
                for id in seen.iter().skip(1).rev().take(7) {
                    let request = astro_tokens::DeleteToken::new(id).request(session().api()).unwrap();
                    world.sandbox.answer(&request, Some(world.credential.expose()), world.server_now_ms());
                }
                Event::Next
            }
            Step::Done(_) => break,
            other => panic!("{other:?}"),
        };
    }
    assert_eq!(seen.len(), 2451);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 2451);
}

#[test]
fn item_15_the_old_secret_lives_until_the_new_one_is_stored() {
    let mut world = World::of_owner();
    let old =
        add(&mut world, NewToken::workspace("CI", "clws", "WORKSPACE_AUTHOR").description("d").expiration_days(30));
    let old_secret = old.token.clone().unwrap();
    let input = json!({"token_name": "CI", "overlap": true});

    let mut sealed = World {
        store: Event::NotStored { message: "the vault is sealed".to_owned(), is_certain: true },
        ..world.clone()
    };
    let error = run(&mut sealed, WorkKind::RotateToken, &input).unwrap_err();
    assert_eq!(error.code, FailureCode::NotStored);
    assert!(sealed.works(old_secret.expose()) && sealed.sandbox.tokens().len() == 2, "{error}");

    let Ok(Outcome::Rotation(rotation)) = run(&mut world, WorkKind::RotateToken, &input) else { panic!() };
    assert_eq!(rotation.old_token_id.as_deref(), Some(old.id.as_str()));
    assert!(!world.works(old_secret.expose()) && world.works(world.stored[0].expose()));
    let new = world.token(&rotation.token.id).unwrap();
    assert_eq!(
        (new.name.as_str(), new.plain_description(), new.expiry_period_in_days),
        (old.name.as_str(), old.description.as_str(), old.expiry_period_in_days)
    );
    assert_eq!(new.mark(), Some(Mark::Settled { line: old.id }));
    assert_eq!(new.roles, old.roles);
}

#[test]
fn item_15_an_old_token_can_be_kept_for_a_time() {
    let mut world = World::of_owner();
    let old = add(&mut world, NewToken::workspace("CI", "clws", "WORKSPACE_AUTHOR").expiration_days(30));
    let input = json!({"token_id": old.id, "overlap": true, "keep_old": 7200});
    let Ok(Outcome::Rotation(rotation)) = run(&mut world, WorkKind::RotateToken, &input) else { panic!() };
    let kept_ms = rotation.old_kept_until_ms.unwrap() - rotation.token.created_at.unix_millis();
    assert!((7_200_000..7_201_000).contains(&kept_ms), "{kept_ms}");
    assert!(world.works(old.token.unwrap().expose()));

    // Too early: nothing happens.
    let input = json!({"token_id": rotation.token.id});
    let Ok(Outcome::Rotation(early)) = run(&mut world, WorkKind::FinishRotation, &input) else { panic!() };
    assert!(early.old_kept_until_ms.is_some() && world.token(&old.id).is_some());
    world.now_ms += 7_300_000;
    let Ok(Outcome::Rotation(late)) = run(&mut world, WorkKind::FinishRotation, &input) else { panic!() };
    assert!(late.old_kept_until_ms.is_none() && world.token(&old.id).is_none());
    // Again: there is nothing to do.
    run(&mut world, WorkKind::FinishRotation, &input).unwrap();
}

#[test]
fn item_15_a_replaced_token_is_not_rotated_by_its_id() {
    let mut world = World::of_owner();
    let old = add(&mut world, NewToken::workspace("CI", "clws", "WORKSPACE_AUTHOR").expiration_days(30));
    let input = json!({"token_id": old.id, "overlap": true, "keep_old": 7200});
    run(&mut world, WorkKind::RotateToken, &input).unwrap();
    let error = run(&mut world, WorkKind::RotateToken, &input).unwrap_err();
    assert_eq!(error.code, FailureCode::Mismatch);
    assert!(error.message.contains("was replaced by `cltoken2`"), "{error}");
    assert!(world.works(world.stored[0].expose()));
}

#[test]
fn item_15_nobody_locks_themselves_out() {
    let mut world = World::of_owner();
    let error = run(&mut world, WorkKind::RotateToken, &json!({"token_id": "cltoken0"})).unwrap_err();
    assert_eq!(error.code, FailureCode::WouldLockOut);
    assert!(world.writes.is_empty());
    let mut yes = world.clone();
    run(&mut yes, WorkKind::RotateToken, &json!({"token_id": "cltoken0", "allow_lockout": true})).unwrap();
    // With overlap the old one is deleted with itself, as the last thing that it does.
    let Ok(Outcome::Rotation(rotation)) =
        run(&mut world, WorkKind::RotateToken, &json!({"token_id": "cltoken0", "overlap": true}))
    else {
        panic!()
    };
    assert!(world.works(rotation.token.token.unwrap().expose()) && !world.works(world.credential.expose()));
}

#[test]
fn item_15_an_audit_finds_what_expires_is_unused_or_never_ends() {
    let mut sandbox = Sandbox::new();
    const DAY_MS: i64 = 86_400_000;
    let token = sandbox.add_token(NewToken::organization("CI", "ORGANIZATION_MEMBER").expiration_days(100), 0);
    let audit = Audit::default();
    assert_eq!(audit.findings(&token, 0), []);
    assert_eq!(audit.findings(&token, 80 * DAY_MS), [Finding::Expires { in_days: 20 }]);
    let late = audit.findings(&token, 110 * DAY_MS);
    assert_eq!(late, [Finding::Expired { days_ago: 10 }, Finding::NeverUsed { for_days: 110 }]);
    let forever = sandbox.add_token(NewToken::organization("CI", "ORGANIZATION_MEMBER"), 0);
    assert_eq!(audit.findings(&forever, 0), [Finding::NeverExpires]);
    assert_eq!(audit.unused_for_days(5).findings(&forever, 6 * DAY_MS).len(), 2);
}

#[test]
fn item_15_a_token_is_cloned_to_another_entity() {
    let mut world = World::of_owner();
    let token =
        add(&mut world, NewToken::workspace("CI", "clws", "WORKSPACE_AUTHOR").description("d").expiration_days(30));
    let input = json!({"token_id": token.id, "workspace_id": "clws2"});
    let Ok(Outcome::Token(clone)) = run(&mut world, WorkKind::CloneToken, &input) else { panic!() };
    assert_eq!(roles(&world, &clone.id), ["clws2 WORKSPACE_AUTHOR"]);
    assert_eq!((clone.name.as_str(), clone.description.as_str(), clone.expiry_period_in_days), ("CI", "d", Some(30)));
    let input = json!({"token_id": token.id, "deployment_id": "cldep"});
    assert_eq!(run(&mut world, WorkKind::CloneToken, &input).unwrap_err().code, FailureCode::Mismatch);
}

#[test]
fn item_15_a_change_of_roles_can_be_seen_before_it_is_written() {
    let mut world = World::of_owner();
    let token = add(&mut world, NewToken::organization("CI", "ORGANIZATION_MEMBER"));
    let input = json!({"token_id": token.id, "workspace_id": "clws", "role": "WORKSPACE_OWNER", "preview": true});
    let Ok(Outcome::Roles(change)) = run(&mut world, WorkKind::AddTokenRole, &input) else { panic!() };
    assert!(change.changed && world.writes.is_empty());
    assert_eq!((change.diff.added.len(), change.diff.removed.len(), change.diff.changed.len()), (1, 0, 0));
    assert_eq!(change.diff.added[0].role, "WORKSPACE_OWNER");
}

#[test]
fn a_token_that_is_not_there_is_not_deleted_by_anybody() {
    let mut world = World::of_owner();
    let error = run(&mut world, WorkKind::DeleteToken, &json!({"token_id": "clnone"})).unwrap_err();
    assert_eq!(error.code, FailureCode::NotFound);
    // After an attempt that nobody knows the end of, it was deleted by that.
    let token = add(&mut world, NewToken::organization("CI", "ORGANIZATION_MEMBER"));
    world.sandbox.fault(Fault::new(FaultEffect::LostAfter).method("DELETE"));
    run(&mut world, WorkKind::DeleteToken, &json!({"token_id": token.id})).unwrap();
}

#[test]
fn the_rate_limits_are_kept() {
    let mut world = World::new(Sandbox::new(), Sandbox::owner_secret());
    let session = session();
    for number in 0..25 {
        let input = json!({"name": format!("token {number}"), "role": "ORGANIZATION_MEMBER", "expiration_days": 1});
        world.talk(start(&session, WorkKind::CreateToken, &input).unwrap()).unwrap();
    }
    assert!(world.sandbox.requests().iter().all(|seen| seen.status != Some(429)));
    assert!(world.waited_ms > 0);
}

#[test]
fn a_rotation_whose_every_answer_is_lost_says_so() {
    let mut world = World::of_owner();
    let token = add(&mut world, NewToken::organization("CI", "ORGANIZATION_MEMBER"));
    world.sandbox.fault(Fault::new(FaultEffect::LostAfter).always());
    let error = run(&mut world, WorkKind::RotateToken, &json!({"token_id": token.id})).unwrap_err();
    assert_eq!(error.code, FailureCode::Unknown);
    assert!(error.unclear[0].contains("its old secret may not work any more"), "{error}");
    assert_eq!(world.writes.len(), Session::DEFAULT_ATTEMPTS as usize);
}

/// Two conversations at once, each step of one between two of the other.
fn talk_in_turn(
    world: &mut World,
    conversations: Vec<Conversation<Outcome>>,
) -> Vec<Result<Outcome, Box<ConversationError>>> {
    let mut running: Vec<_> = conversations.into_iter().map(|one| (one, Some(Event::Start), None)).collect();
    while running.iter().any(|(_, event, _)| event.is_some()) {
        for (conversation, next, outcome) in &mut running {
            let Some(event) = next.take() else { continue };
            world.now_ms += 10;
            *next = match conversation.step(event, world.now_ms) {
                Step::Request(request) => {
                    let credential = world.credential.clone();
                    let reply = world.sandbox.answer(&request, Some(credential.expose()), world.server_now_ms());
                    Some(Event::Response(reply.outcome.response().unwrap().clone()))
                }
                Step::Wait { milliseconds } => {
                    world.now_ms += i64::try_from(milliseconds).unwrap();
                    Some(Event::Waited)
                }
                Step::Prove => Some(Event::Proved),
                Step::ReadStore => Some(Event::Unreadable),
                Step::Store { secret, .. } => {
                    world.stored.push(secret);
                    Some(Event::Stored)
                }
                Step::Page(_) => Some(Event::Next),
                Step::Done(done) => {
                    *outcome = Some(Ok(done));
                    None
                }
                Step::Failed(error) => {
                    *outcome = Some(Err(error));
                    None
                }
            };
        }
    }
    running.into_iter().filter_map(|(_, _, outcome)| outcome).collect()
}

#[test]
fn item_5_changes_of_one_program_at_the_same_time_lose_none() {
    let mut world = World::of_owner();
    let workspaces: Vec<String> = (0..6).map(|number| format!("w{number}")).collect();
    workspaces.iter().for_each(|id| world.sandbox.add_workspace("clorg", id, id));
    add(&mut world, NewToken::organization("CI", "ORGANIZATION_MEMBER"));
    let session = session();
    let conversations = workspaces.iter().map(|id| {
        let input = json!({"token_name": "CI", "workspace_id": id, "role": "WORKSPACE_MEMBER"});
        start(&session, WorkKind::AddTokenRole, &input).unwrap()
    });
    let conversations = conversations.collect();
    assert!(talk_in_turn(&mut world, conversations).iter().all(Result::is_ok));
    assert_eq!(roles(&world, "cltoken1").len(), 7);
}

#[test]
fn item_15_rotations_at_the_same_time_leave_one_token() {
    let mut world = World::of_owner();
    let token = add(&mut world, NewToken::workspace("CI", "clws", "WORKSPACE_AUTHOR").expiration_days(30));
    let session = session();
    let input = json!({"token_id": token.id, "overlap": true});
    let conversations = (0..4).map(|_| start(&session, WorkKind::RotateToken, &input).unwrap()).collect();
    let outcomes = talk_in_turn(&mut world, conversations);
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let left: Vec<_> = world.sandbox.tokens().into_iter().filter(|token| token.name == "CI").collect();
    assert_eq!(left.len(), 1);
    assert!(world.works(world.stored.last().unwrap().expose()));
}

#[test]
fn item_15_what_an_earlier_rotation_left_behind_lives_until_the_new_secret_is_stored() {
    let mut world = World::of_owner();
    add(&mut world, NewToken::workspace("CI", "clws", "WORKSPACE_AUTHOR").expiration_days(30));
    let input = json!({"token_id": "cltoken1", "overlap": true});
    // It crashed after the secret was stored, for all that anybody knows.
    world.crash_at_store(start(&session(), WorkKind::RotateToken, &input).unwrap());
    let stored = world.delivered["cltoken2"].clone();
    let error = run(&mut world, WorkKind::RotateToken, &input).unwrap_err();
    assert_eq!(error.code, FailureCode::Conflict, "it may be at work");
    world.now_ms += 3_700_000;

    let mut sealed =
        World { store: Event::NotStored { message: "sealed".to_owned(), is_certain: true }, ..world.clone() };
    let error = run(&mut sealed, WorkKind::RotateToken, &input).unwrap_err();
    assert_eq!(error.code, FailureCode::NotStored);
    assert!(sealed.works(&stored) && sealed.token("cltoken1").is_some(), "{error}");

    run(&mut world, WorkKind::RotateToken, &input).unwrap();
    let left: Vec<String> = world.sandbox.tokens().into_iter().map(|token| token.id).collect();
    assert_eq!(left, ["cltoken0", "cltoken3"]);
}

#[test]
fn item_15_a_chain_of_kept_tokens_keeps_each_for_its_time() {
    let mut world = World::of_owner();
    add(&mut world, NewToken::workspace("CI", "clws", "WORKSPACE_AUTHOR").expiration_days(30));
    let input = json!({"token_name": "CI", "overlap": true, "keep_old": 7200});
    for _ in 0..2 {
        run(&mut world, WorkKind::RotateToken, &input).unwrap();
    }
    let ids = |world: &World| -> Vec<String> { world.sandbox.tokens().into_iter().map(|token| token.id).collect() };
    assert_eq!(ids(&world), ["cltoken0", "cltoken1", "cltoken2", "cltoken3"]);
    world.now_ms += 7_300_000;
    run(&mut world, WorkKind::FinishRotation, &json!({"token_name": "CI"})).unwrap();
    assert_eq!(ids(&world), ["cltoken0", "cltoken3"]);
}

#[test]
fn a_young_token_is_not_taken_for_its_own_successor() {
    let mut world = World::of_owner();
    let input = json!({"name": "CI", "role": "ORGANIZATION_MEMBER", "expiration_days": 3});
    run(&mut world, WorkKind::CreateToken, &input).unwrap();
    world.sandbox.fault(Fault::new(FaultEffect::LostAfter).method("POST"));
    run(&mut world, WorkKind::RotateToken, &json!({"token_name": "CI", "overlap": true})).unwrap();
    assert_eq!(world.sandbox.tokens().len(), 2);
}

#[test]
fn what_is_cleaned_up_needs_no_looking_after() {
    let mut world = World::of_owner();
    world.sandbox.fault(Fault::new(FaultEffect::LostAfter).method("POST").always());
    let input = json!({"name": "CI", "role": "ORGANIZATION_MEMBER", "expiration_days": 3, "idempotency_key": "run 7"});
    let error = run(&mut world, WorkKind::CreateToken, &input).unwrap_err();
    assert_eq!(error.code, FailureCode::Unreachable, "{error}");
    assert!(error.unclear.is_empty() && error.help.as_deref().unwrap().contains("try again"), "{error}");
    assert_eq!(world.sandbox.tokens().len(), 1);
}

#[test]
fn nobody_deletes_their_own_token_by_accident() {
    let mut world = World::of_owner();
    for input in [json!({"token_id": "cltoken0"}), json!({"token_name": "Owner"})] {
        assert_eq!(run(&mut world, WorkKind::DeleteToken, &input).unwrap_err().code, FailureCode::WouldLockOut);
    }
    run(&mut world, WorkKind::DeleteToken, &json!({"token_id": "cltoken0", "allow_lockout": true})).unwrap();
}

#[test]
fn item_14_a_server_that_repeats_its_page_is_left() {
    let page = r#"{"tokens": [{"id": "cl", "name": "n", "scope": "WORKSPACE", "startAt": "2026-01-01T00:00:00Z",
        "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z"}], "limit": 1, "offset": 0, "totalCount": 1000000}"#;
    for input in [json!({}), json!({"sorts": ["name:asc"]})] {
        let mut conversation = start(&session(), WorkKind::AllTokens, &input).unwrap();
        let (mut event, mut requests) = (Event::Start, 0);
        loop {
            event = match conversation.step(event, 0) {
                Step::Request(_) => {
                    requests += 1;
                    Event::Response(Response::new(200, [("a", "b")], page))
                }
                Step::Page(_) => Event::Next,
                // What it lists is not what it says that there is.
                Step::Failed(error) => {
                    assert_eq!(error.code, FailureCode::Unverifiable);
                    break;
                }
                other => panic!("{other:?}"),
            };
        }
        assert_eq!(requests, 2);
    }
}

#[test]
fn item_12_what_a_host_or_server_says_shows_no_secret_and_moves_no_cursor() {
    let mut world = World::of_owner();
    let secret = world.credential.expose().to_owned();
    let refusal = json!({
        "message": format!("bad \u{1b}[2J\n{secret}"), "requestId": secret,
        "fieldErrors": [{"field": secret, "code": secret, "message": secret}],
    });
    let effect = FaultEffect::Status { status: 400, retry_after_s: None, body: Some(refusal.to_string()) };
    world.sandbox.fault(Fault::new(effect));
    let error = run(&mut world, WorkKind::FindToken, &json!({"token_id": "cltoken0"})).unwrap_err();
    let mut conversation = start(&session(), WorkKind::FindToken, &json!({"token_id": "cltoken0"})).unwrap();
    let (mut event, mut failed) = (Event::Start, None);
    while failed.is_none() {
        let message = format!("headers: Bearer {secret}\u{1b}[31m{}", "x".repeat(100_000));
        event = match conversation.step(event, 0) {
            Step::Request(_) => Event::Failed { message, may_have_arrived: true },
            Step::Wait { .. } => Event::Waited,
            Step::Failed(error) => {
                failed = Some(error);
                Event::Cancelled
            }
            other => panic!("{other:?}"),
        };
    }
    for error in [error, failed.unwrap()] {
        let text = format!("{error}{error:?}");
        assert!(!text.contains(&secret) && !text.contains('\u{1b}') && text.len() < 5000, "{text}");
    }
}

#[test]
fn roles_that_cannot_be_found_are_not_said_to_be_removed() {
    let mut world = World::of_owner();
    let token = NewToken::organization("CI", "ORGANIZATION_MEMBER")
        .role_on(EntityType::Workspace, "clws", "WORKSPACE_AUTHOR", None)
        .role_on(EntityType::Deployment, "cldep", "DEPLOYMENT_ADMIN", None);
    add(&mut world, token);
    world
        .sandbox
        .fault(Fault::new(FaultEffect::Status { status: 403, retry_after_s: None, body: None }).path("/deployments"));
    let input = json!({"token_id": "cltoken1", "workspace_id": "clws", "remove_orphans": true});
    let mut warnings = Vec::new();
    let conversation = start(&session(), WorkKind::RemoveTokenRole, &input).unwrap();
    world.talk_and(conversation, |conversation| warnings = conversation.warnings()).unwrap();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].message.contains("may stay behind"), "{}", warnings[0]);
}
