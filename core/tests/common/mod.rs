//! What the runners of the shared cases have in common; the format is described in `tests/vectors/README.md`.

#![allow(dead_code, clippy::unwrap_used, clippy::panic, reason = "each runner uses a part; a test fails by panicking")]

use std::{borrow::Cow, fs, path::PathBuf};

use astro_tokens::{Problem, Request, Value};
use serde_json::Value as Json;

/// Every case of every file in a folder of `tests/vectors`, with a name to report it by.
pub(crate) fn cases(folder: &str) -> Vec<(String, Json)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(folder);
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
pub(crate) fn value(json: &Json) -> Value<'_> {
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

pub(crate) fn check_problems(name: &str, found: &[Problem], expected: &Json) {
    let expected = expected.as_array().map(Vec::as_slice).unwrap_or_default();
    let codes: Vec<_> = found.iter().map(|problem| (problem.code.as_str(), &problem.field)).collect();
    assert_eq!(found.len(), expected.len(), "{name}: {codes:?}");
    for (problem, expected) in found.iter().zip(expected) {
        assert_eq!(problem.code.as_str(), expected["code"], "{name}: {problem}");
        assert_eq!(problem.field.as_deref(), expected["field"].as_str(), "{name}: {problem}");
        let severity = expected["severity"].as_str().unwrap_or("error");
        assert_eq!(problem.severity.as_str(), severity, "{name}: {problem}");
        if let Some(message) = expected["message"].as_str() {
            assert_eq!(problem.message, message, "{name}");
        }
        if let Some(meant) = expected["meant"].as_str() {
            assert_eq!(problem.help, Some(format!("did you mean `{meant}`?")), "{name}: {problem}");
        }
        if let Some(named) = expected["names"].as_str() {
            let help = problem.help.as_deref().unwrap_or_default();
            assert!(help.contains(&format!("`{named}`")), "{name}: {help}");
        }
    }
}

pub(crate) fn check_request(name: &str, request: &Request, expected: &Json) {
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

/// Text that a case writes, perhaps with a `$repeat`.
pub(crate) fn text(json: &Json) -> String {
    match value(json) {
        Value::Text(text) => text.into_owned(),
        other => panic!("{other:?}"),
    }
}

/// An expected body with its `$repeat`s written out.
pub(crate) fn special_free(json: &Json) -> Json {
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
