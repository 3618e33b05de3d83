//! Runs `tests/vectors/*.json`; the format is described in `tests/vectors/README.md`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;

use astro_tokens::{Api, Code, OperationKind, Problem, Request, Severity, Spelling, ValidationError};
use common::{cases, check_problems, check_request, value};
use serde_json::Value as Json;

fn run(case: &Json) -> Result<Option<Request>, ValidationError> {
    let default = serde_json::json!({"organization_id": "clorg"});
    let options = case.get("api").unwrap_or(&default);
    let api = Api::from_value(value(options), Spelling::Snake)?;
    let Some(operation) = case["operation"].as_str() else { return Ok(None) };
    let kind = OperationKind::ALL.iter().find(|kind| kind.as_str() == operation).unwrap();
    kind.request(&api, value(&case["input"])).map(Some)
}

#[test]
fn every_case_passes() {
    for (name, case) in cases("") {
        match (run(&case), case.get("problems")) {
            (Err(error), Some(expected)) => check_problems(&name, &error.problems, expected),
            (Ok(Some(request)), None) => {
                check_request(&name, &request, &case["request"]);
                check_problems(&name, request.warnings(), &case["warnings"]);
            }
            (Ok(None), None) => assert!(case.get("request").is_none(), "{name}: there is no operation"),
            (found, _) => panic!("{name}: {found:?}"),
        }
    }
}

#[test]
fn cases_have_names_of_their_own() {
    let mut cases = cases("");
    cases.extend(["batches", "commands", "claims", "conversations"].into_iter().flat_map(common::cases));
    let names: BTreeSet<&String> = cases.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), cases.len());
}

/// A code that no case shows could disappear without anybody noticing.
#[test]
fn every_code_has_a_case() {
    let mut lists = Vec::new();
    for (_, mut case) in ["", "commands", "claims", "conversations"].into_iter().flat_map(cases) {
        lists.extend(["problems", "warnings", "build_problems"].map(|key| case[key].take()));
        if let Some(formatted) = case["formatted"].as_object() {
            lists.extend(formatted.values().map(|expected| expected["problems"].clone()));
        }
    }
    for (_, case) in cases("batches") {
        let failures = case["failures"].as_array().cloned().unwrap_or_default();
        lists.extend(failures.iter().map(|failure| failure["problems"].clone()));
    }
    let shown: BTreeSet<String> = lists
        .iter()
        .flat_map(|problems| problems.as_array().cloned().unwrap_or_default())
        .map(|problem| problem["code"].as_str().unwrap().to_owned())
        .collect();
    let missing: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).filter(|code| !shown.contains(*code)).collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
}

/// The text of a problem reads the same in every language: it is lower case, without a final period.
#[test]
fn messages_keep_the_style() {
    for (name, case) in cases("") {
        let problems = match run(&case) {
            Err(error) => error.problems,
            Ok(request) => request.map(|request| request.warnings().to_vec()).unwrap_or_default(),
        };
        for Problem { message, help, severity, .. } in problems {
            let help = help.unwrap_or_default();
            for text in [&message, &help] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{name}: {text}");
                assert!(!text.starts_with(|first: char| first.is_uppercase()), "{name}: {text}");
                assert_eq!(text.matches('`').count() % 2, 0, "{name}: {text}");
                assert!(!text.contains("  ") && text.chars().count() < 400, "{name}: {text}");
            }
            assert!(matches!(severity, Severity::Error | Severity::Warning));
        }
    }
}
