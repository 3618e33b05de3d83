//! Runs `tests/vectors/commands/*.json`; the format is described in `tests/vectors/README.md`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use astro_tokens::{
    Api, Code, Command, CommandParser, OperationKind, Problem, Shell, Source, Spelling, ValidationError, format_command,
};
use common::{cases, check_problems, check_request, value};
use serde_json::{Value as Json, json};

fn api(case: &Json) -> Api {
    Api::from_value(value(case.get("api").unwrap_or(&json!({"organization_id": "clorg"}))), Spelling::Snake).unwrap()
}

fn parser(case: &Json) -> CommandParser {
    let option = |name: &str| case["options"][name].as_bool().unwrap_or_default();
    CommandParser::default().strict(option("strict")).allow_unknown_roles(option("allow_unknown_roles"))
}

/// What the case says the spans cover, against what they cover.
fn check_spans(name: &str, source: &Json, problems: &[Problem], expected: &Json) {
    for (problem, expected) in problems.iter().zip(expected.as_array().unwrap()) {
        let Some(at) = expected.get("at") else { continue };
        let covered = problem.span.map(|span| {
            let text = match span.argument {
                Some(position) => common::text(&source[position]),
                None => common::text(source),
            };
            text[span.start..span.end].to_owned()
        });
        let at = (!at.is_null()).then(|| common::text(at));
        assert_eq!(covered, at, "{name}: {problem}");
    }
}

fn format(command: Result<Command, ValidationError>, shell: &str) -> Result<String, ValidationError> {
    let shell = Shell::from_value(&shell.into(), Spelling::Snake)?;
    format_command(&command?, shell)
}

fn check_formatted(name: &str, command: &dyn Fn() -> Result<Command, ValidationError>, expected: &Json) {
    for (shell, expected) in expected.as_object().unwrap() {
        match format(command(), shell) {
            Ok(line) => assert_eq!(line, *expected, "{name}: {shell}"),
            Err(error) => check_problems(&format!("{name}: {shell}"), &error.problems, &expected["problems"]),
        }
    }
}

fn check_build(name: &str, case: &Json, command: &Command) {
    match (api(case).build(command), case.get("build_problems")) {
        (Err(error), Some(expected)) => check_problems(name, &error.problems, expected),
        (Ok(request), None) => check_request(name, &request, &case["request"]),
        (found, _) => panic!("{name}: {found:?}"),
    }
}

fn check_line(name: &str, case: &Json, json: &Json) {
    let parser = parser(case);
    let source = || Source::from_value(value(json));
    let parsed = source().and_then(|source| parser.parse(source));
    match (&parsed, case.get("problems")) {
        (Err(error), Some(expected)) => {
            check_problems(name, &error.problems, expected);
            check_spans(name, json, &error.problems, expected);
        }
        (Ok(command), None) => {
            assert_eq!(serde_json::to_value(command).unwrap(), case["command"], "{name}");
            assert_eq!(serde_json::from_value::<Command>(case["command"].clone()).unwrap(), *command, "{name}");
            let again = Command::from_value(command.to_value(Spelling::Camel), Spelling::Camel).unwrap();
            assert_eq!(again, *command, "{name}");
            check_problems(name, command.warnings(), &case["warnings"]);
            if case.get("warnings").is_some() {
                check_spans(name, json, command.warnings(), &case["warnings"]);
            }
        }
        (found, _) => panic!("{name}: {found:?}"),
    }
    if let Some(corrected) = case.get("corrected") {
        assert_eq!(parser.correct(source().unwrap()).as_deref(), corrected.as_str(), "{name}");
    }
    if let Some(explained) = case["explained"].as_str() {
        assert_eq!(parser.explain(source().unwrap(), false), explained, "{name}");
    }
    if let Ok(command) = parsed {
        // What a shell would have replaced is quoted in the line, where it is text that has to obey the rules.
        if command.warnings().iter().all(|warning| warning.code != Code::WouldExpand) {
            let line = format_command(&command, Shell::Posix).unwrap();
            assert_eq!(parser.parse(line.as_str()).unwrap(), command, "{name}: {line}");
        }
        if case.get("request").is_some() || case.get("build_problems").is_some() {
            check_build(name, case, &command);
        }
        check_formatted(name, &|| Ok(command.clone()), case.get("formatted").unwrap_or(&json!({})));
    }
}

#[test]
fn every_case_passes() {
    for (name, case) in cases("commands") {
        if let Some(source) = case.get("line").or(case.get("arguments")) {
            check_line(&name, &case, source);
        } else if let Some(input) = case.get("create_request") {
            let request = OperationKind::CreateToken.request(&api(&case), value(input)).unwrap();
            check_formatted(&name, &|| Command::from_request(&request), &case["formatted"]);
        } else {
            let command = || Command::from_value(value(&case["command"]), Spelling::Snake);
            check_formatted(&name, &command, &case["formatted"]);
        }
    }
}
