//! Runs `tests/vectors/claims/*.json`; the format is described in `tests/vectors/README.md`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fmt::Write;

use astro_tokens::{Claims, Credential, Problem, Timestamp, ValidationError, base_url_of_domain, inspect};
use common::{cases, check_problems, text};
use serde_json::Value as Json;

/// What stands in the values of these cases and never in an output.
const SECRETS: [&str; 5] = ["c2lnb", "hunter2", "eyJh", "Zm9v", "Ab1"];

fn cases_of(file: &str) -> Vec<(String, Json)> {
    let cases: Vec<_> = cases("claims").into_iter().filter(|(name, _)| name.starts_with(file)).collect();
    assert!(!cases.is_empty());
    cases
}

fn token(case: &Json) -> String {
    match case.get("payload") {
        Some(payload) => {
            let payload = base64url(payload.to_string().as_bytes());
            let token = format!("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.{payload}.c2lnbmF0dXJl");
            case["written"].as_str().unwrap_or("{}").replace("{}", &token)
        }
        None => text(&case["token"]),
    }
}

/// Source: RFC 4648, section 5.
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bits = String::new();
    bytes.iter().for_each(|byte| write!(bits, "{byte:08b}").unwrap());
    let digits = bits.as_bytes().chunks(6).map(|digit| {
        let digit = format!("{:0<6}", std::str::from_utf8(digit).unwrap());
        char::from(ALPHABET[usize::from_str_radix(&digit, 2).unwrap()])
    });
    digits.collect()
}

fn now(case: &Json) -> i64 {
    let now = case["now"].as_str().unwrap_or("2026-11-22T08:40:10Z");
    now.parse::<Timestamp>().unwrap().unix_millis()
}

/// Problems as expected, each saying what the case wants it to say, in the house's style.
fn check_texts(name: &str, found: &[Problem], expected: &Json) {
    check_problems(name, found, expected);
    for (problem, expected) in found.iter().zip(expected.as_array().into_iter().flatten()) {
        let says = expected["says"].as_str().unwrap_or_default();
        assert!(problem.message.contains(says), "{name}: {}", problem.message);
        for text in [Some(&problem.message), problem.help.as_ref()].into_iter().flatten() {
            assert!(!text.is_empty() && !text.ends_with('.') && !text.contains("  "), "{name}: {text}");
            assert!(!text.starts_with(|first: char| first.is_uppercase()), "{name}: {text}");
            assert_eq!(text.matches('`').count() % 2, 0, "{name}: {text}");
            assert!(text.chars().count() < 400, "{name}: {text}");
        }
    }
}

fn check_secrets(name: &str, output: &str) {
    for secret in SECRETS {
        assert!(!output.contains(secret), "{name}: {output}");
    }
}

fn check_error(name: &str, case: &Json, error: &ValidationError) {
    check_secrets(name, &format!("{error} {error:?} {}", serde_json::to_string(&error.problems).unwrap()));
    check_texts(name, &error.problems, case.get("problems").unwrap_or_else(|| panic!("{name}: {error}")));
}

#[test]
fn tokens_are_inspected() {
    for (name, case) in cases_of("inspect") {
        match inspect(&token(&case), now(&case)) {
            Ok(claims) => {
                assert_eq!(serde_json::to_value(&claims).unwrap(), case["claims"], "{name}");
                assert!(!claims.is_expired(now(&case)), "{name}");
                check_secrets(&name, &format!("{claims:?}"));
            }
            Err(error) => {
                check_error(&name, &case, &error);
                let is_expired = error.problems[0].code.as_str() == "expired_token";
                assert_eq!(Claims::read(&token(&case)).is_ok(), is_expired, "{name}");
            }
        }
    }
}

/// A token may be cut short anywhere, and nothing that is printed shows a part of it.
#[test]
fn no_part_of_a_token_is_shown() {
    for (name, case) in cases_of("inspect").into_iter().filter(|(_, case)| case.get("payload").is_some()) {
        let whole = token(&case);
        for end in (0..=whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            if let Err(error) = inspect(&whole[..end], now(&case)) {
                check_secrets(&name, &format!("{error} {error:?}"));
            }
        }
    }
}

#[test]
fn domains_have_base_urls() {
    for (name, case) in cases_of("hosts") {
        match base_url_of_domain(case["domain"].as_str().unwrap()) {
            Ok(url) => {
                assert_eq!(case["base_url"], url, "{name}");
                assert_eq!(astro_tokens::ApiOptions::new("clorg").base_url(&url).build().unwrap().base_url(), url);
            }
            Err(error) => check_error(&name, &case, &error),
        }
    }
}

#[test]
fn credentials_are_chosen() {
    for (name, case) in cases_of("credentials") {
        let env = &case["env"];
        match Credential::from_env(|variable| env[variable].as_str().map(str::to_owned)) {
            Ok(credential) => {
                assert_eq!(case["source"], credential.source, "{name}");
                assert_eq!(env[credential.source], credential.token.expose(), "{name}");
                check_texts(&name, &credential.warnings, &case["warnings"]);
                check_secrets(&name, &format!("{credential:?}"));
            }
            Err(error) => check_error(&name, &case, &error),
        }
    }
}
