//! Runs `tests/vectors/*.json`; the format is described in `tests/vectors/README.md`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{borrow::Cow, collections::BTreeSet, fs, path::PathBuf};

use astro_tokens::{Api, Code, OperationKind, Problem, Request, Severity, Spelling, ValidationError, Value};
use serde_json::Value as Json;

/// Every case of every file, with a name to report it by.
fn cases() -> Vec<(String, Json)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut cases = Vec::new();
    for path in files {
        let file: Json = serde_json::from_str(&fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for case in file["cases"].as_array().unwrap() {
            let name = format!("{}: {}", path.file_stem().unwrap().display(), case["name"].as_str().unwrap());
            cases.push((name, case.clone()));
        }
    }
    cases
}

/// What a case writes, as the value it stands for.
fn value(json: &Json) -> Value<'_> {
    match json {
        Json::Null => Value::Absent,
        Json::Bool(boolean) => Value::Boolean(*boolean),
        Json::Number(number) => number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap()), Value::Integer),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(members) => match members.iter().next() {
            Some((key, special)) if key == "$value" => match special.as_str().unwrap() {
                "lone_surrogate" => Value::BrokenText,
                "huge_integer" => Value::HugeInteger,
                "nan" => Value::Float(f64::NAN),
                "infinity" => Value::Float(f64::INFINITY),
                "date" => Value::Other("Date".into()),
                other => panic!("no value is written {other}"),
            },
            Some((key, repeat)) if key == "$repeat" => {
                repeat[0].as_str().unwrap().repeat(repeat[1].as_u64().unwrap().try_into().unwrap()).into()
            }
            _ => Value::Object(
                members.iter().map(|(key, member)| (Cow::Borrowed(key.as_str()), value(member))).collect(),
            ),
        },
    }
}

fn run(case: &Json) -> Result<Option<Request>, ValidationError> {
    let default = serde_json::json!({"organization_id": "clorg"});
    let options = case.get("api").unwrap_or(&default);
    let api = Api::from_value(value(options), Spelling::Snake)?;
    let Some(operation) = case["operation"].as_str() else { return Ok(None) };
    let kind = OperationKind::ALL.iter().find(|kind| kind.as_str() == operation).unwrap();
    kind.request(&api, value(&case["input"])).map(Some)
}

fn check_problems(name: &str, found: &[Problem], expected: &Json) {
    let expected = expected.as_array().map(Vec::as_slice).unwrap_or_default();
    let codes: Vec<_> = found.iter().map(|problem| (problem.code.as_str(), &problem.field)).collect();
    assert_eq!(found.len(), expected.len(), "{name}: {codes:?}");
    for (problem, expected) in found.iter().zip(expected) {
        assert_eq!(problem.code.as_str(), expected["code"], "{name}: {problem}");
        assert_eq!(problem.field.as_deref(), expected["field"].as_str(), "{name}: {problem}");
        let severity = expected["severity"].as_str().unwrap_or("error");
        assert_eq!(problem.severity.as_str(), severity, "{name}: {problem}");
        if let Some(named) = expected["names"].as_str() {
            let help = problem.help.as_deref().unwrap_or_default();
            assert!(help.contains(&format!("`{named}`")), "{name}: {help}");
        }
    }
}

fn check_request(name: &str, request: &Request, expected: &Json) {
    assert_eq!(request.method().as_str(), expected["method"], "{name}");
    assert_eq!(request.url(), expected["url"], "{name}");
    let body = request.body().map_or(Json::Null, |body| serde_json::from_slice(body).unwrap());
    assert_eq!(body, special_free(&expected["body"]), "{name}");
    if let Some(headers) = expected["headers"].as_object() {
        let found: serde_json::Map<String, Json> =
            request.headers().iter().map(|(key, value)| ((*key).to_owned(), Json::from(*value))).collect();
        assert_eq!(&found, headers, "{name}");
    }
    if let Some(curl) = expected["curl"].as_str() {
        assert_eq!(request.as_curl(), curl, "{name}");
    }
}

/// An expected body with its `$repeat`s written out.
fn special_free(json: &Json) -> Json {
    match json {
        Json::Object(members) if members.contains_key("$repeat") => match value(json) {
            Value::Text(text) => Json::String(text.into_owned()),
            other => panic!("{other:?}"),
        },
        Json::Object(members) => members
            .iter()
            .map(|(key, member)| (key.clone(), special_free(member)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[test]
fn every_case_passes() {
    for (name, case) in cases() {
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
    let cases = cases();
    let names: BTreeSet<&String> = cases.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), cases.len());
}

/// A code that no case shows could disappear without anybody noticing.
#[test]
fn every_code_has_a_case() {
    let shown: BTreeSet<String> = cases()
        .iter()
        .flat_map(|(_, case)| [case["problems"].clone(), case["warnings"].clone()])
        .flat_map(|problems| problems.as_array().cloned().unwrap_or_default())
        .map(|problem| problem["code"].as_str().unwrap().to_owned())
        .collect();
    let missing: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).filter(|code| !shown.contains(*code)).collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
}

/// The text of a problem reads the same in every language: it is lower case, without a final period.
#[test]
fn messages_keep_the_style() {
    for (name, case) in cases() {
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
