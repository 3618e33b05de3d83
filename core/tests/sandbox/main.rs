//! The rules of the sandbox, as its documentation has them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod answers;
#[path = "../common/mod.rs"]
mod common;
mod exchanges;
mod faults;
mod life;
mod lists;
mod rights;
mod state;
mod validation;

use astro_tokens::{
    Api, ApiToken, CreateToken, DeleteToken, EntityType, Fault, FaultEffect, GetToken, Kind, ListTokens, NewToken,
    Operation, ReplyOutcome, Response, RotateToken, Sandbox, Scope, UpdateToken, inspect,
};
use serde_json::{Value as Json, json};

/// 2026-11-22T08:40:10.500Z.
const NOW: i64 = 1_795_336_810_500;
const DAY: i64 = 86_400_000;
const TOKENS: &str = "/v1/organizations/clorg/tokens";

fn sandbox() -> Sandbox {
    Sandbox::new().without_rate_limits()
}

fn owner() -> String {
    Sandbox::owner_secret().expose().to_owned()
}

fn secret(token: &ApiToken) -> String {
    token.token.as_ref().unwrap().expose().to_owned()
}

/// The secret of a new token.
fn holder(sandbox: &mut Sandbox, token: NewToken) -> String {
    secret(&sandbox.add_token(token, NOW))
}

fn send<O: Operation>(sandbox: &mut Sandbox, operation: &O, credential: &str, now_ms: i64) -> Response {
    let request = operation.request(&Api::new("clorg").unwrap()).unwrap();
    answered(sandbox.answer(&request, Some(credential), now_ms).outcome)
}

fn answered(outcome: ReplyOutcome) -> Response {
    outcome.response().unwrap().clone()
}

/// Sends as an owner and reads the answer.
fn done<O: Operation>(sandbox: &mut Sandbox, operation: &O) -> O::Answer {
    O::parse(&send(sandbox, operation, &owner(), NOW)).unwrap()
}

fn ask(sandbox: &mut Sandbox, method: &str, url: &str, credential: &str, body: &Json) -> (u16, Json) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let authorization = format!("Bearer {credential}");
    let reply = sandbox.answer_parts(method, url, Some(&authorization), body.as_bytes(), NOW);
    let response = answered(reply.outcome);
    let body = if response.body().is_empty() { Json::Null } else { serde_json::from_slice(response.body()).unwrap() };
    (response.status(), body)
}

fn status(sandbox: &mut Sandbox, method: &str, url: &str, credential: &str, body: &Json) -> u16 {
    ask(sandbox, method, url, credential, body).0
}

fn create(sandbox: &mut Sandbox) -> ReplyOutcome {
    let request = CreateToken::new("CI", "ORGANIZATION_MEMBER").request(&Api::new("clorg").unwrap()).unwrap();
    sandbox.answer(&request, Some(&owner()), NOW).outcome
}

/// The code and field of each finding.
fn findings(body: &Json) -> Vec<String> {
    let errors = body["fieldErrors"].as_array().unwrap();
    let text = |error: &Json, key: &str| error[key].as_str().unwrap().to_owned();
    errors.iter().map(|error| format!("{} {}", text(error, "code"), text(error, "field"))).collect()
}
