//! Drives the command against the sandbox: what goes in is what a user types, what comes out is what a user sees.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;

use astro_tokens::{ApiToken, Fault, Host, NewToken, Program, ProgramEvent, ProgramStep, ReplyOutcome, Sandbox};
use serde_json::{Value as Json, json};

const NOW_MS: i64 = 1_795_336_810_000;

/// Where a command runs: a sandbox behind its network, and files.
struct Machine {
    sandbox: Sandbox,
    env: Vec<(String, String)>,
    is_terminal: bool,
    /// What is typed, or else what standard input holds.
    stdin: String,
    files: BTreeMap<String, String>,
    now_ms: i64,
    /// Standard output that takes so many texts before its pipe breaks.
    out_takes: usize,
    /// Ctrl-C in place of the answer to this step, counted from 0.
    interrupted_at: Option<usize>,
}

struct Ran {
    code: u8,
    out: String,
    err: String,
    /// How many requests went over the network.
    requests: usize,
}

impl Machine {
    fn new() -> Self {
        let owner = Sandbox::owner_secret().expose().to_owned();
        Machine {
            sandbox: Sandbox::new().without_rate_limits(),
            env: vec![("ASTRO_API_TOKEN".to_owned(), owner)],
            is_terminal: false,
            stdin: String::new(),
            files: BTreeMap::new(),
            now_ms: NOW_MS,
            out_takes: usize::MAX,
            interrupted_at: None,
        }
    }

    /// Without a network, and without a credential.
    fn offline() -> Self {
        Machine { env: Vec::new(), ..Machine::new() }
    }

    fn with(mut self, token: NewToken) -> Self {
        self.sandbox.add_token(token, NOW_MS - 86_400_000 * 3);
        self
    }

    fn fault(mut self, fault: &Json) -> Self {
        self.sandbox.fault(Fault::from_json(&fault.to_string()).unwrap());
        self
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.env.retain(|(variable, _)| variable != name);
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    fn typing(mut self, line: &str) -> Self {
        self.is_terminal = true;
        line.clone_into(&mut self.stdin);
        self
    }

    fn token(&self, id: &str) -> Option<ApiToken> {
        self.sandbox.tokens().into_iter().find(|token| token.id == id)
    }

    fn role(&self, id: &str, entity_id: &str) -> Option<String> {
        let token = self.token(id)?;
        token.roles?.into_iter().find(|role| role.entity_id == entity_id).map(|role| role.role)
    }

    /// Runs a line, in which words with spaces are written in single quotes.
    fn run(&mut self, line: &str) -> Ran {
        self.run_words(&words(line))
    }

    fn run_words(&mut self, args: &[String]) -> Ran {
        let mut program = Program::new(Host {
            args: args.to_vec(),
            env: self.env.clone(),
            stdin_is_terminal: self.is_terminal,
            stderr_is_terminal: self.is_terminal,
            version: "1.2.3".to_owned(),
            seed: 1,
            ..Host::default()
        });
        let mut ran = Ran { code: 0, out: String::new(), err: String::new(), requests: 0 };
        let mut event = ProgramEvent::Start;
        for position in 0.. {
            let step = program.step(event, self.now_ms);
            let text = format!("{step:?} {program:?}");
            assert!(!text.contains("eyJ"), "{text}");
            event = match step {
                ProgramStep::Exit(code) => {
                    ran.code = code;
                    break;
                }
                ProgramStep::Out(text) if self.out_takes > 0 => {
                    self.out_takes -= 1;
                    ran.out.push_str(&text);
                    ProgramEvent::Written
                }
                ProgramStep::Out(_) => ProgramEvent::NotWritten("broken pipe".to_owned()),
                ProgramStep::Err(text) => {
                    ran.err.push_str(&text);
                    ProgramEvent::Written
                }
                ProgramStep::Request { request, credential } => {
                    ran.requests += 1;
                    match self.sandbox.answer(&request, Some(credential.expose()), self.now_ms).outcome {
                        ReplyOutcome::Response(response) => ProgramEvent::Response(response),
                        ReplyOutcome::NotSent => failed(false),
                        ReplyOutcome::Lost => failed(true),
                    }
                }
                ProgramStep::Wait { milliseconds } => {
                    self.now_ms += i64::try_from(milliseconds).unwrap();
                    ProgramEvent::Waited
                }
                ProgramStep::Confirm(question) => {
                    assert!(self.is_terminal, "{question}");
                    ran.err.push_str(&question);
                    ProgramEvent::Line(Some(self.stdin.clone()))
                }
                ProgramStep::ReadInput => ProgramEvent::Input(self.stdin.clone()),
                ProgramStep::ReadFile(path) => {
                    self.files.get(&path).cloned().map_or(ProgramEvent::Missing, ProgramEvent::Input)
                }
                ProgramStep::WriteFile { path, text } => {
                    self.files.insert(path, text);
                    ProgramEvent::Done
                }
                ProgramStep::Listen { port } => ProgramEvent::Listening(port),
                ProgramStep::Serve { .. } => {
                    let reply = program.answer("GET", "/v1/organizations/clorg/tokens", None, b"", self.now_ms);
                    assert_eq!(reply.unwrap().outcome.response().unwrap().status(), 401);
                    ProgramEvent::Interrupted
                }
            };
            if self.interrupted_at == Some(position) {
                event = ProgramEvent::Interrupted;
            }
        }
        assert!(!ran.err.contains("eyJ"), "a secret on standard error: {}", ran.err);
        ran
    }
}

fn failed(may_have_arrived: bool) -> ProgramEvent {
    ProgramEvent::Failed { message: "no route".to_owned(), may_have_arrived }
}

fn words(line: &str) -> Vec<String> {
    let quoted = line.split('\'').enumerate();
    quoted
        .flat_map(|(position, part)| match position % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

fn ci() -> NewToken {
    NewToken::organization("CI", "ORGANIZATION_MEMBER").expiration_days(90)
}

fn offline_create(rest: &str) -> Ran {
    let line = format!("organization token create --name CI --role ORGANIZATION_MEMBER --organization-id clorg {rest}");
    let ran = Machine::offline().run(&line);
    assert_eq!(ran.requests, 0);
    ran
}

/// Runs `tests/vectors/program/*.json`; the format is described in `tests/vectors/README.md`.
#[test]
fn every_shared_case_passes() {
    // In these tests, maps of JSON keep another order than in the packages.
    let read = |text: &str| -> Option<Vec<Json>> {
        let whole = serde_json::from_str(text).map(|json| vec![json]);
        whole.or_else(|_| text.lines().map(serde_json::from_str).collect()).ok()
    };
    for (name, case) in common::cases("program") {
        let args: Vec<String> = serde_json::from_value(case["args"].clone()).unwrap();
        let mut machine = Machine::offline();
        for (variable, value) in case["env"].as_object().into_iter().flatten() {
            machine = machine.set(variable, value.as_str().unwrap());
        }
        case["stdin"].as_str().unwrap_or_default().clone_into(&mut machine.stdin);
        let ran = machine.run_words(&args);
        assert_eq!(
            (ran.code, ran.requests),
            (u8::try_from(case["exit"].as_u64().unwrap()).unwrap(), 0),
            "{name}: {}",
            ran.err
        );
        assert_eq!(ran.err, case["stderr"], "{name}");
        let expected = case["stdout"].as_str().unwrap();
        match (read(&ran.out), read(expected)) {
            (Some(found), Some(expected)) => assert_eq!(found, expected, "{name}"),
            _ => assert_eq!(ran.out, expected, "{name}"),
        }
    }
}

// ---- what goes wrong with other tools: section 7 of the facts that this project builds on -------------------------------

#[test]
fn item_1_the_expiration_is_checked_before_anything_is_sent() {
    for days in ["0", "-1", "3651", "30d", "1.5", "99999999999999999999"] {
        let ran =
            Machine::new().run(&format!("org token create --name CI --role ORGANIZATION_MEMBER --expiration={days}"));
        assert_eq!((ran.code, ran.requests, ran.out.as_str()), (2, 0, ""), "{days}: {}", ran.err);
        assert!(ran.err.contains("error: --expiration: "), "{days}: {}", ran.err);
    }
    assert!(offline_create("--dry-run").err.contains("the token will never expire"));
}

#[test]
fn item_2_renaming_a_token_never_promotes_it() {
    let mut machine = Machine::new().with(NewToken::deployment("CI", "cldep", "viewer"));
    let ran = machine.run("deployment token update cltoken1 --new-name Nightly --deployment-id cldep");
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "changed the name of the token `cltoken1` (`Nightly`)\n"),
        "{}",
        ran.err
    );
    assert_eq!(machine.role("cltoken1", "cldep").as_deref(), Some("viewer"));
}

#[test]
fn item_3_an_update_with_a_wrong_role_changes_nothing() {
    let mut machine = Machine::new().with(ci());
    let ran = machine.run("organization token update cltoken1 --new-name X --role ORGANIZATION_OWNR");
    assert_eq!((ran.code, ran.requests), (2, 0), "{}", ran.err);
    assert!(ran.err.contains("help: did you mean `ORGANIZATION_OWNER`?"), "{}", ran.err);
    // A role that Astro refuses comes before the name, too.
    let mut machine = machine.fault(&json!({"method": "POST", "path": "/roles", "effect": "status", "status": 400}));
    let ran = machine.run("organization token update cltoken1 --new-name X --role ORGANIZATION_OWNER");
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_eq!(machine.token("cltoken1").unwrap().name, "CI");
}

#[test]
fn item_4_newer_roles_pass_and_typos_do_not() {
    let create = |role: &str, rest: &str| {
        Machine::offline()
            .run(&format!("org token create --name CI -e 9 --role {role} --organization-id clorg --dry-run {rest}"))
    };
    assert_eq!(create("ORGANIZATION_OBSERVE_ADMIN", "").code, 0);
    assert_eq!(create("ORGANIZATION_MEMBR", "").code, 2);
    assert_eq!(create("ORGANIZATION_PIRATE", "").code, 2);
    let ran = create("ORGANIZATION_PIRATE", "--allow-unknown-roles");
    assert_eq!(ran.code, 0);
    assert!(ran.err.starts_with("warning: --role: "), "{}", ran.err);
    let near = Machine::offline().run(
        "deployment token create --name CI -e 9 --role DEPLOYMENT_ADMN --deployment-id cldep --organization-id clorg --dry-run",
    );
    assert!(near.err.contains("possible_typo"), "{}", near.err);
}

#[test]
fn item_5_every_other_role_is_kept_and_what_is_left_behind_is_named() {
    let machine = || {
        Machine::new().with(
            ci().role_on(astro_tokens::EntityType::Workspace, "clws", "WORKSPACE_AUTHOR", None).role_on(
                astro_tokens::EntityType::Deployment,
                "cldep",
                "DEPLOYMENT_ADMIN",
                None,
            ),
        )
    };
    let line = "workspace token organization-token remove cltoken1 --workspace-id clws";
    let mut left = machine();
    let ran = left.run(line);
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("orphaned_grants"), "{}", ran.err);
    assert_eq!(left.role("cltoken1", "cldep").as_deref(), Some("DEPLOYMENT_ADMIN"));
    assert_eq!(left.role("cltoken1", "clorg").as_deref(), Some("ORGANIZATION_MEMBER"));

    let mut removed = machine();
    let ran = removed.run(&format!("{line} --remove-orphans"));
    assert!(ran.out.ends_with("and the role `DEPLOYMENT_ADMIN` on the Deployment `cldep`\n"), "{}", ran.out);
    assert_eq!(removed.role("cltoken1", "cldep"), None);
}

#[test]
fn item_6_adding_the_same_role_again_is_a_success() {
    let mut machine = Machine::new().with(ci());
    let line = "workspace token add --org-token-name CI --role WORKSPACE_AUTHOR --workspace-id clws";
    assert!(machine.run(line).out.starts_with("gave the token `cltoken1` (`CI`) the role `WORKSPACE_AUTHOR` on"));
    let ran = machine.run(line);
    assert_eq!(ran.code, 0);
    assert!(ran.out.starts_with("nothing to do: "), "{}", ran.out);
    let ran = machine.run(&line.replace("AUTHOR", "MEMBER"));
    assert!(ran.out.ends_with(": `WORKSPACE_AUTHOR` before, `WORKSPACE_MEMBER` now\n"), "{}", ran.out);
}

#[test]
fn item_7_id_and_name_have_to_agree_and_a_foreign_id_is_left_alone() {
    let mut machine = Machine::new().with(ci()).with(NewToken::workspace("WS", "clws2", "WORKSPACE_MEMBER"));
    for line in [
        "organization token delete cltoken1 --name Other --force",
        "workspace token delete cltoken2 --workspace-id clws --force",
        "workspace token rotate cltoken1 --workspace-id clws --force",
        "organization token rotate cltoken2 --force",
        // Ids are what they are.
        "organization token delete CLTOKEN1 --force",
    ] {
        let ran = machine.run(line);
        assert!(ran.code == 1 || ran.code == 3, "{line}: {} {}", ran.code, ran.err);
        assert_eq!(ran.out, "", "{line}");
    }
    assert_eq!(machine.sandbox.tokens().len(), 3);
}

#[test]
fn item_8_a_name_that_several_tokens_bear_is_an_error_that_lists_them() {
    let mut machine = Machine::new().with(ci()).with(ci());
    let ran = machine.run("organization token delete --name CI --force");
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("`cltoken1`") && ran.err.contains("`cltoken2`"), "{}", ran.err);
    assert_eq!(machine.sandbox.tokens().len(), 3);

    let ran = machine.run("organization token delete cltoken1");
    assert_eq!((ran.code, ran.requests), (2, 0));
    assert!(ran.err.contains("`--force`"), "{}", ran.err);
}

#[test]
fn item_9_a_description_can_be_cleared() {
    let mut machine = Machine::new().with(ci().description("for CI"));
    let ran =
        machine.run_words(&["organization", "token", "update", "cltoken1", "--description", ""].map(str::to_owned));
    assert_eq!((ran.code, ran.out.as_str()), (0, "changed the description of the token `cltoken1` (`CI`)\n"));
    assert_eq!(machine.token("cltoken1").unwrap().description, "");
}

#[test]
fn item_10_errors_say_everything_and_what_is_worth_it_is_tried_again() {
    let list = "organization token list";
    let ran = Machine::new().fault(&json!({"effect": "status", "status": 503, "retry_after_s": 2})).run(list);
    assert_eq!((ran.code, ran.requests), (0, 2));
    let ran = Machine::new().fault(&json!({"times": 100, "effect": "garbage", "body": "<html>"})).run(list);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("<html>"), "{}", ran.err);

    let mut machine = Machine::new();
    let ran = machine.run("workspace token list --workspace-id clnone");
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("request id req-1"), "{}", ran.err);

    let mut machine = Machine::new();
    machine.is_terminal = true;
    let mut machine = machine.fault(&json!({"effect": "status", "status": 503, "retry_after_s": 2}));
    let ran = machine.run(list);
    assert!(ran.err.starts_with("waiting 3 s, then trying again (Astro answered 503)\n"), "{}", ran.err);
}

#[test]
fn item_11_clean_output_is_the_secret_and_nothing_else() {
    let mut machine = Machine::new();
    for line in [
        "organization token create --name CI --role ORGANIZATION_MEMBER --clean-output",
        "organization token create --name CI2 --role ORGANIZATION_MEMBER --clean-output=true",
        "organization token rotate --name CI --force -c",
        "organization token rotate --name CI2 --force -c --overlap",
    ] {
        let ran = machine.run(line);
        assert_eq!(ran.code, 0, "{line}: {}", ran.err);
        assert!(ran.out.starts_with("eyJ") && ran.out.ends_with('\n') && ran.out.lines().count() == 1, "{}", ran.out);
        let inspected = Machine::offline().set("ASTRO_API_TOKEN", ran.out.trim()).run("inspect --json");
        assert_eq!(inspected.code, 0, "{}", inspected.err);
    }
    let json: Json = serde_json::from_str(&machine.run("organization token list --json").out).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 3);
    let dry: Json = serde_json::from_str(&offline_create("--dry-run -e 30").out).unwrap();
    assert_eq!(
        dry,
        json!({
            "method": "POST",
            "url": "https://api.astronomer.io/v1/organizations/clorg/tokens",
            "headers": {"accept": "application/json", "content-type": "application/json"},
            "body": {"name": "CI", "scope": "ORGANIZATION", "role": "ORGANIZATION_MEMBER", "tokenExpiryPeriodInDays": 30},
        })
    );
}

#[test]
fn item_13_a_create_that_fails_half_way_loses_no_secret() {
    let line = "organization token create --name CI --role ORGANIZATION_MEMBER -e 9 -c";
    // Without a key nobody can tell whose token it is.
    let mut machine = Machine::new().fault(&json!({"method": "POST", "effect": "lost_after"}));
    let ran = machine.run(line);
    assert_eq!((ran.code, ran.out.as_str()), (4, ""), "{}", ran.err);
    assert!(ran.err.contains("`cltoken1` `CI` created") && ran.err.contains("`--idempotency-key`"), "{}", ran.err);
    assert!(machine.sandbox.requests().iter().filter(|seen| seen.method != "GET").count() == 1, "it touches nothing");

    let mut machine = Machine::new().fault(&json!({"method": "POST", "effect": "lost_after"}));
    let ran = machine.run(&format!("{line} --idempotency-key run-7"));
    assert_eq!((ran.code, machine.sandbox.tokens().len()), (0, 2), "{}", ran.err);
    assert_eq!(Machine::offline().set("ASTRO_API_TOKEN", ran.out.trim()).run("inspect").code, 0);

    // Nobody reads what it says: then it says which token nobody can use.
    let mut machine = Machine { out_takes: 0, ..Machine::new() };
    let ran = machine.run(line);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("rotate `cltoken1` to get another"), "{}", ran.err);
}

#[test]
fn what_is_created_with_a_key_is_handed_over_before_anything_says_so() {
    let line = "organization token create --name CI --role ORGANIZATION_MEMBER -e 9 -c --idempotency-key run-7";
    // Nobody reads it: the token goes again, and a repeat makes no second one.
    let mut machine = Machine { out_takes: 0, ..Machine::new() };
    for _ in 0..2 {
        let ran = machine.run(line);
        assert_eq!(ran.code, 1);
        assert!(ran.err.contains("could not be stored: broken pipe"), "{}", ran.err);
        assert_eq!(machine.sandbox.tokens().len(), 1);
    }
    machine.out_takes = usize::MAX;
    let ran = machine.run(line);
    assert!(ran.code == 0 && ran.out.starts_with("eyJ") && ran.out.lines().count() == 1, "{}{}", ran.out, ran.err);
    let json = machine.run(&line.replace("-c", "--json").replace("run-7", "run-8"));
    let token: Json = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, &token["description"]), (0, &json!("")), "{}", json.err);
}

#[test]
fn a_dry_run_of_an_end_says_why_a_token_stays() {
    let mut machine = Machine::new().with(ci());
    machine.run("organization token rotate --name CI --overlap --keep-old 5h --force");
    let ran = machine.run("organization token finish-rotation --name CI --force --dry-run");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert!(ran.err.contains("left the token `cltoken1`: it is kept until"), "{}", ran.err);
}

#[test]
fn item_14_a_list_has_every_page() {
    let mut machine = Machine::new();
    for number in 0..1050 {
        machine = machine.with(NewToken::organization(format!("CI {number}"), "ORGANIZATION_MEMBER"));
    }
    let ran = machine.run("organization token list");
    assert_eq!((ran.code, ran.out.lines().count(), ran.requests), (0, 1052, 2));
    machine.is_terminal = true;
    assert!(machine.run("organization token list").err.contains("read 1000 of 1051 tokens"));
}

// ---- the rest -------------------------------------------------------------------------------------------------------

#[test]
fn a_question_comes_before_rotate_and_delete() {
    for (line, answer, code, left) in [
        ("organization token delete --name CI", "y", 0, 1),
        ("organization token delete --name CI", " YES ", 0, 1),
        ("organization token delete --name CI", "", 1, 2),
        ("organization token delete --name CI", "yep", 1, 2),
        ("organization token rotate --name CI", "n", 1, 2),
    ] {
        let mut machine = Machine::new().with(ci()).typing(answer);
        let ran = machine.run(line);
        assert_eq!((ran.code, machine.sandbox.tokens().len()), (code, left), "{line} {answer}: {}", ran.err);
        assert!(ran.err.contains("the token `cltoken1` (`CI`)?"), "{}", ran.err);
        assert_eq!(ran.err.ends_with("cancelled, nothing was changed\n"), code == 1, "{}", ran.err);
    }
    // The input is judged before anybody is asked.
    let ran = Machine::new().with(ci()).typing("y").run("organization token rotate --name CI --keep-old 2d");
    assert_eq!((ran.code, ran.requests), (2, 0));
}

#[test]
fn rotation_with_overlap_deletes_the_old_token_only_when_the_secret_was_written() {
    let line = "organization token rotate cltoken1 --overlap --force --clean-output";
    let mut machine = Machine::new().with(ci());
    assert_eq!(machine.run(line).code, 0);
    assert!(machine.token("cltoken1").is_none() && machine.token("cltoken2").is_some());

    let mut machine = Machine { out_takes: 0, ..Machine::new().with(ci()) };
    let ran = machine.run(line);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("could not be stored: broken pipe"), "{}", ran.err);
    assert!(machine.token("cltoken1").is_some() && machine.token("cltoken2").is_none());

    let mut machine = Machine::new().with(ci());
    let ran = machine.run("organization token rotate cltoken1 --overlap --keep-old 5h --force");
    assert!(ran.err.contains("the old token `cltoken1` stays until 2026-11-22 13:40 UTC"), "{}", ran.err);
    assert!(ran.err.contains("`astro-tokens organization token finish-rotation cltoken2 --force`"), "{}", ran.err);
    let listed = machine.run("organization token list").out;
    assert!(listed.lines().next().unwrap().ends_with("STATE"), "{listed}");
    assert!(listed.contains("replaced by cltoken2, kept until 2026-11-22 13:40 UTC"), "{listed}");
    assert!(!listed.contains("[astro-tokens"), "{listed}");
    let finish = "organization token finish-rotation cltoken2 --force";
    let early = machine.run(finish);
    assert_eq!(early.out, "left the token `cltoken1`: it is kept until 2026-11-22T13:40:10Z\n", "{}", early.err);
    assert_eq!(machine.run(&format!("{finish} --now")).out, "deleted the token `cltoken1`\n");
    assert!(machine.token("cltoken1").is_none());
    assert_eq!(machine.run(finish).out, "nothing to do\n");
}

#[test]
fn a_token_may_be_called_like_a_command() {
    for name in ["finish-rotation", "delete", "check", "help", "serve"] {
        let mut machine = Machine::new();
        let create = format!("organization token create --role ORGANIZATION_MEMBER -e 9 --name {name}");
        assert_eq!(machine.run(&create).code, 0, "{name}");
        assert_eq!(machine.token("cltoken1").unwrap().name, name);
        let ran = machine.run(&format!("organization token delete --name={name} --force"));
        assert_eq!(ran.out, "deleted the token `cltoken1`\n", "{name}: {}", ran.err);
    }
}

#[test]
fn nobody_is_locked_out_by_their_own_rotation() {
    let ran = Machine::new().run("organization token rotate cltoken0 --force");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("pass `--overlap` or `--allow-lockout`"), "{}", ran.err);
    assert_eq!(Machine::new().run("organization token rotate cltoken0 --force --allow-lockout").code, 0);
}

#[test]
fn a_dry_run_reads_and_writes_nothing() {
    for (line, writes) in [
        ("organization token update cltoken1 --new-name X --role ORGANIZATION_OWNER", 2),
        ("organization token update cltoken1 --new-name CI", 0),
        ("organization token rotate cltoken1", 1),
        ("organization token rotate --name CI --overlap", 5),
        ("organization token delete cltoken1", 1),
        ("workspace token add cltoken1 --role WORKSPACE_OWNER --workspace-id clws", 1),
        ("workspace token organization-token remove cltoken1 --workspace-id clws", 1),
        ("organization token create --name X --role ORGANIZATION_MEMBER", 1),
    ] {
        let role =
            |token: NewToken| token.role_on(astro_tokens::EntityType::Workspace, "clws", "WORKSPACE_AUTHOR", None);
        let mut machine = Machine::new().with(role(ci()));
        let before = machine.sandbox.tokens();
        let ran = machine.run(&format!("{line} --dry-run"));
        assert_eq!((ran.code, ran.out.lines().count()), (0, writes), "{line}: {}{}", ran.out, ran.err);
        for written in ran.out.lines() {
            let request: Json = serde_json::from_str(written).unwrap();
            assert_eq!(request["url"].as_str().map(|url| url.starts_with("https://api.")), Some(true), "{written}");
        }
        assert_eq!(ran.err.contains("nothing to do"), writes == 0, "{}", ran.err);
        assert!(machine.sandbox.requests().iter().all(|seen| seen.method == "GET"), "{line}");
        assert_eq!(machine.sandbox.tokens().len(), before.len());
    }
    let ran = Machine::offline().run("organization token create --name X --role ORGANIZATION_MEMBER --dry-run");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("give `--organization-id`"), "{}", ran.err);
}

#[test]
fn the_sandbox_needs_nothing_and_may_be_kept() {
    let mut machine = Machine::offline();
    for (line, out) in [
        ("organization token create --name CI --role ORGANIZATION_MEMBER -e 9 --sandbox s.json", "created the"),
        ("workspace token add cltoken1 --role WORKSPACE_AUTHOR --workspace-id clws --sandbox=s.json", "gave the"),
        ("organization token rotate cltoken1 --force --overlap --sandbox s.json", "made the successor `cltoken2`"),
        ("organization token roles cltoken2 --sandbox s.json", "ENTITY_TYPE "),
        ("organization token delete cltoken2 --force --sandbox s.json", "deleted the token `cltoken2`\n"),
    ] {
        let ran = machine.run(line);
        assert_eq!((ran.code, ran.requests), (0, 0), "{line}: {}", ran.err);
        assert!(ran.out.starts_with(out), "{line}: {}", ran.out);
    }
    assert!(!machine.files["s.json"].contains("eyJ"));
    // The credential of somebody else never shadows the owner, and one of its own counts.
    let real = "eyJhbGciOiJSUzI1NiJ9.eyJwZXJtaXNzaW9ucyI6WyJvcmdhbml6YXRpb25JZDpjbCJdfQ.c2ln";
    assert_eq!(Machine::offline().set("ASTRO_API_TOKEN", real).run("organization token list --sandbox").code, 0);
    let created = machine.run("org token create --name M --role ORGANIZATION_MEMBER -e 9 -c --sandbox s.json");
    let mut member = machine.set("ASTRO_API_TOKEN", created.out.trim());
    let ran = member.run("org token create --name N --role ORGANIZATION_MEMBER -e 9 --sandbox s.json");
    assert_eq!(ran.code, 3, "{}", ran.err);

    member.files.insert("bad.json".to_owned(), "{}".to_owned());
    assert_eq!(member.run("organization token list --sandbox bad.json").code, 2);
}

#[test]
fn what_nobody_knows_is_4_and_says_where_to_look() {
    let lost = json!({"method": "POST", "path": "/rotate", "times": 100, "effect": "lost_after"});
    let ran = Machine::new().with(ci()).fault(&lost).run("organization token rotate cltoken1 --force");
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("unknown: whether the secret of the token `cltoken1` was replaced"), "{}", ran.err);

    let lost = json!({"method": "POST", "times": 100, "effect": "lost_before"});
    let down = json!({"method": "GET", "times": 100, "effect": "not_sent"});
    let mut machine = Machine::new().fault(&lost).fault(&down);
    let ran = machine.run("organization token create --name CI --role ORGANIZATION_MEMBER -e 9");
    assert_eq!(ran.code, 4, "{}", ran.err);
}

#[test]
fn an_interrupt_says_what_stands_wherever_it_comes() {
    let line = "organization token rotate cltoken1 --overlap --force --clean-output";
    let mut codes = Vec::new();
    for position in 0..20 {
        let mut machine = Machine { interrupted_at: Some(position), ..Machine::new().with(ci()) };
        let ran = machine.run(line);
        if machine.interrupted_at > Some(position) || ran.code == 0 {
            assert!(machine.token("cltoken2").is_some(), "{position}");
            break;
        }
        codes.push(ran.code);
        assert!([1, 4, 130].contains(&ran.code), "{position}: {}", ran.err);
        // Either the old one still works, or the new secret was told.
        let is_told = ran.out.starts_with("eyJ");
        assert!(machine.token("cltoken1").is_some() || is_told, "{position}: {}", ran.err);
        if machine.token("cltoken2").is_some() && !is_told {
            assert!(ran.err.contains("unknown: ") || ran.err.contains("cltoken2"), "{position}: {}", ran.err);
        }
    }
    assert!(codes.len() > 3 && codes[0] == 130 && codes.contains(&4), "{codes:?}");
}

#[test]
fn a_token_is_inspected_from_the_environment_or_standard_input() {
    let created =
        Machine::new().run("workspace token create --name W --role WORKSPACE_MEMBER -e 9 -c --workspace-id clws");
    let secret = created.out.trim().to_owned();
    let mut piped = Machine { stdin: format!("{secret}\n"), ..Machine::offline() };
    let ran = piped.run("inspect");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("workspace:    clws\n") && ran.out.ends_with("UTC, in 9 days\n"), "{}", ran.out);
    assert_eq!(
        Machine { stdin: secret.clone(), ..Machine::new() }.run("inspect - --json").out,
        piped.run("inspect --json").out
    );

    piped.now_ms += 86_400_000 * 10;
    let ran = piped.run("inspect");
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("expires: ") && ran.err.contains("the token expired on"), "{}{}", ran.out, ran.err);

    for line in [format!("inspect {secret}"), format!("inspect --json {secret}"), format!("inspect --token={secret}")] {
        let ran = Machine::new().run(&line);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{line}");
        assert!(ran.err.contains("never taken as an argument"), "{}", ran.err);
    }
    let blank = Machine::offline().set("ASTRO_API_TOKEN", " ").run("organization token list");
    assert!(blank.err.contains("is set but blank"), "{}", blank.err);
    let ran = Machine::offline().run("inspect");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no credential is set"), "{}", ran.err);
}

#[test]
fn where_it_works_comes_from_flags_environment_and_claims() {
    let create = "--name W --role WORKSPACE_OWNER -e 9 -c --workspace-id clws";
    let secret = Machine::new().run(&format!("workspace token create {create}")).out;
    let list = "workspace token list";
    let url = |machine: &mut Machine, line: &str| {
        let ran = machine.run(&format!("{line} --json"));
        (ran.code, machine.sandbox.requests().last().map(|seen| seen.query.clone()).unwrap_or_default())
    };
    assert_eq!(url(&mut Machine::new(), list).0, 2);
    assert!(url(&mut Machine::new().set("ASTRO_WORKSPACE_ID", "clws2"), list).1.contains("workspaceId=clws2&"));
    let both = format!("{list} --workspace-id clws");
    assert!(url(&mut Machine::new().set("ASTRO_WORKSPACE_ID", "clws2"), &both).1.contains("workspaceId=clws&"));
    assert!(url(&mut Machine::new().set("ASTRO_API_TOKEN", secret.trim()), list).1.contains("workspaceId=clws&"));

    let dry = |machine: Machine, rest: &str| {
        let mut machine = machine.set("ASTRO_ORGANIZATION_ID", "clenv");
        machine.run(&format!("org token create --name X --role ORGANIZATION_MEMBER -e 9 --dry-run {rest}"))
    };
    assert!(dry(Machine::offline(), "").out.contains("/organizations/clenv/"));
    assert!(dry(Machine::new(), "").out.contains("/organizations/clorg/"));
    assert!(dry(Machine::new(), "--organization-id clflag").out.contains("/organizations/clflag/"));
    let domain = dry(Machine::offline().set("ASTRO_DOMAIN", "localhost"), "");
    assert!(domain.out.contains("\"http://localhost:8888/v1/"), "{}", domain.out);
    assert_eq!(dry(Machine::offline().set("ASTRO_DOMAIN", "astronomr.io"), "").code, 2);
    assert!(dry(Machine::offline(), "--api-version v1beta1").out.contains("/iam/v1beta1/"));
    assert_eq!(dry(Machine::offline(), "--base-url http://example.com").code, 2);
}

#[test]
fn a_correction_keeps_the_flags_of_this_program() {
    let ran = Machine::new().run("organization token delet cltoken1 --force --dry-run --sandbox s.json");
    assert_eq!(ran.code, 2);
    let corrected = "corrected: astro-tokens organization token delete cltoken1 --force --dry-run --sandbox s.json\n";
    assert!(ran.err.ends_with(corrected), "{}", ran.err);
}

#[test]
fn a_check_explains_a_line_offline() {
    let line = "astro organization token create --name CI --role ORGANIZATION OWNER -e 9";
    let ran = Machine::offline().run_words(&["check".to_owned(), line.to_owned()]);
    assert_eq!((ran.code, ran.err.as_str()), (2, ""));
    assert!(ran.out.contains("^^^^") && ran.out.contains("corrected: astro organization"), "{}", ran.out);
    let ran = Machine::offline().run("check astro organization token list --organization-id clorg");
    assert_eq!((ran.code, ran.out.as_str()), (0, "no problems\n"));
    assert_eq!(Machine::offline().run("check").code, 2);
    // Positions count what most languages count.
    let ran = Machine::offline().run("check 'org token create --name 🚀 -r PIRATE -e 9' --json");
    let problems: Json = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(problems[0]["span"], json!({"start": 29, "end": 35}));
}

#[test]
fn help_is_there_on_every_level() {
    for (line, begins) in [
        ("", "Create, scope, rotate"),
        ("help", "Create, scope, rotate"),
        ("astro --help", "Create, scope, rotate"),
        ("workspace -h", "usage: astro-tokens workspace token COMMAND"),
        ("astro wo to --help", "usage: astro-tokens workspace token COMMAND"),
        ("deployment token workspace-token --help", "usage: astro-tokens deployment token workspace-token COMMAND"),
        ("deployment workspace-token add --help", "give a Workspace token a role on the Deployment\n\nusage: "),
        ("help organization token cr", "create an Organization token\n\nusage: "),
        ("check --help", "say what is wrong"),
        ("inspect -h", "say what the token"),
        ("serve --help", "serve an Astro"),
        ("organization token finish-rotation --help", "clean up after rotations"),
    ] {
        let ran = Machine::offline().run(line);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{line}");
        assert!(ran.out.starts_with(begins), "{line}: {}", ran.out);
        assert!(ran.out.lines().all(|line| line.chars().count() <= 115 && line == line.trim_end()), "{}", ran.out);
    }
    assert_eq!(Machine::offline().run("organization token create -V").out, "astro-tokens 1.2.3\n");
}

#[test]
fn the_sandbox_is_served() {
    let ran = Machine::offline().run("serve --port 4000");
    assert_eq!(ran.code, 0, "{}", ran.err);
    // Nothing but what a shell can read is on standard output.
    assert!(ran.out.starts_with("export ASTRO_API_TOKEN=eyJ") && ran.out.lines().count() == 1, "{}", ran.out);
    assert!(ran.err.contains("http://127.0.0.1:4000 "), "{}", ran.err);
    let mut machine = Machine::offline();
    machine.run("serve --state state.json");
    assert!(machine.files.contains_key("state.json"));
}
