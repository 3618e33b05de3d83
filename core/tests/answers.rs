//! Runs `tests/vectors/answers/*.json`; the format is described in `tests/vectors/README.md`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use astro_tokens::{Answer, ApiError, ListTokens, Operation, OperationKind, Response, Secret};
use common::cases;
use serde_json::{Value as Json, json};

/// The answer as JSON, and the secret in it.
type Read = Result<(Json, Option<Secret>), ApiError>;

fn read(operation: &str, response: &Response) -> Read {
    let operation = OperationKind::ALL.iter().find(|kind| kind.as_str() == operation).unwrap();
    let answer = operation.parse(response)?;
    let json = serde_json::to_value(&answer).unwrap();
    let secret = match answer {
        Answer::Token(token) => token.token,
        _ => None,
    };
    Ok((json, secret))
}

fn body(case: &Json) -> String {
    case["text"].as_str().map_or_else(|| case["body"].to_string(), str::to_owned)
}

fn response(case: &Json, body: String) -> Response {
    let headers = case["headers"].as_object().cloned().unwrap_or_default();
    let headers = headers.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
    Response::new(case["status"].as_u64().unwrap().try_into().unwrap(), headers, body)
}

fn check_error(name: &str, error: &ApiError, expected: &Json) {
    assert_eq!(error.status, expected["status"], "{name}");
    let message = expected["message"].as_str().unwrap();
    assert!(error.message.starts_with(message), "{name}: {}", error.message);
    assert_eq!(error.request_id.as_deref(), expected["request_id"].as_str(), "{name}");
    let fields = expected.get("field_errors").cloned().unwrap_or_else(|| json!([]));
    assert_eq!(serde_json::to_value(&error.field_errors).unwrap(), fields, "{name}");
    assert_eq!(error.retry_after_ms, expected["retry_after_ms"].as_u64(), "{name}");
    assert_eq!(error.secret.as_ref().map(Secret::expose), expected["secret"].as_str(), "{name}");
    if let Some(help) = expected["help"].as_str() {
        assert!(error.to_string().contains(help), "{name}: {error}");
    }
}

#[test]
fn every_case_passes() {
    for (name, case) in cases("answers") {
        let operation = case["operation"].as_str().unwrap();
        match (read(operation, &response(&case, body(&case))), case.get("error")) {
            (Ok((answer, secret)), None) => {
                assert_eq!(answer, case["answer"], "{name}");
                assert_eq!(secret.as_ref().map(Secret::expose), case["secret"].as_str(), "{name}");
            }
            (Err(error), Some(expected)) => check_error(&name, &error, expected),
            (found, _) => panic!("{name}: {found:?}"),
        }
    }
}

/// An answer may be cut short anywhere, and nothing that is printed shows the secret.
#[test]
fn no_cut_shows_a_secret_or_panics() {
    for (name, case) in cases("answers") {
        let whole = body(&case);
        for end in (0..=whole.len()).filter(|end| whole.is_char_boundary(*end)).take(4000) {
            let response = response(&case, whole[..end].to_owned());
            let outputs = match read(case["operation"].as_str().unwrap(), &response) {
                Ok((answer, secret)) => format!("{answer} {secret:?} {response:?}"),
                Err(error) => format!("{error} {error:?} {response:?}"),
            };
            // The header of a JWT is the same for all of them; the claims and the signature are what must not be seen.
            assert!(!outputs.contains("zdWIiOi") && !outputs.contains("c2ln"), "{name}: {outputs}");
        }
    }
}

#[test]
fn text_that_is_none_is_no_json() {
    let whole = r#"{"tokens":[],"limit":20,"offset":0,"totalCount":0,"x":"é"}"#.as_bytes();
    let inside = whole.len() - 3;
    let mut wrong = whole.to_vec();
    wrong[inside] = b'"';
    for (body, reason) in [
        (whole[..inside].to_vec(), "the answer is cut short"),
        (wrong, "the answer is not JSON"),
        ([whole, &b"\xc3"[..]].concat(), "the answer is not JSON"),
    ] {
        let error = ListTokens::parse(&Response::new(200, [("", "")], body)).unwrap_err();
        assert!(error.message.starts_with(reason), "{error}");
    }
    assert!(ListTokens::parse(&Response::new(200, [("", "")], whole)).is_ok());
}
