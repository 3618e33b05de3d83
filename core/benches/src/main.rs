//! The rows of Rust: `make bench` runs this and makes one table of all languages.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that fails has to stop")]

mod measure;
mod peers;

use std::{fs, path::PathBuf};

use astro_tokens::{Api, ApiToken, CreateToken, ListTokens, Operation, Response, TokenPage, parse_command};
use clap::Parser;
use garde::Validate;
use measure::{Candidate, measure};
use serde_json::{Value, json};

/// 200 characters, as a user writes them.
const LINE: &str = "astro workspace token create --name 'CI deploy of team 7' --role WORKSPACE_AUTHOR --expiration 90 \
    --description \"Deploys the nightly jobs of all the teams\" --workspace-id clm8q7f6q000008lcgyougpsk --clean-output";

fn main() {
    let rows = vec![
        row("create one", create()),
        row("parse a list page of 1,000 tokens", page()),
        row("parse a line of 200 characters", line()),
    ];
    println!("{}", serde_json::to_string_pretty(&rows).unwrap());
}

fn row(name: &str, candidates: Vec<Candidate<'_>>) -> Value {
    let times: Vec<Value> = measure(candidates)
        .into_iter()
        .map(|(name, time)| json!({"name": name, "ns": time.ns, "spread": time.spread}))
        .collect();
    json!({"language": "Rust", "row": name, "times": times})
}

fn create() -> Vec<Candidate<'static>> {
    let api = Api::new("clorg").unwrap();
    let body = || peers::Body {
        name: "CI deploy 17",
        description: "Deploys the nightly jobs of team 17",
        scope: "WORKSPACE",
        role: "WORKSPACE_AUTHOR",
        entity_id: "clm8q7f6q000008lcgyougpsk",
        token_expiry_period_in_days: 90,
        kind: "STANDARD",
    };
    let ours = move || {
        CreateToken::new("CI deploy 17", "WORKSPACE_AUTHOR")
            .workspace_id("clm8q7f6q000008lcgyougpsk")
            .description("Deploys the nightly jobs of team 17")
            .expiration_days(90)
            .kind("STANDARD")
            .request(&api)
            .unwrap()
    };
    assert_eq!(ours().body().unwrap(), serde_json::to_vec(&body()).unwrap(), "all write the same");
    vec![
        ("astro-tokens", Box::new(move || ours().body().unwrap().len())),
        ("serde_json::to_vec", Box::new(move || serde_json::to_vec(&body()).unwrap().len())),
        (
            "garde + serde_json",
            Box::new(move || {
                let body = body();
                body.validate().unwrap();
                serde_json::to_vec(&body).unwrap().len()
            }),
        ),
    ]
}

fn page() -> Vec<Candidate<'static>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read(root.join("../../target/bench/page.json")).unwrap();
    let response = Response::new(200, [("content-type", "application/json")], text.clone());
    vec![
        ("astro-tokens", Box::new(move || touched(&ListTokens::parse(&response).unwrap()))),
        ("serde_json::from_slice", Box::new(move || touched(&serde_json::from_slice(&text).unwrap()))),
    ]
}

/// Reads of every token what a list shows, as the benches of the other languages do.
fn touched(page: &TokenPage) -> usize {
    let of = |token: &ApiToken| {
        let (end_at, roles) = (token.end_at.as_ref().unwrap(), token.roles.as_ref().unwrap());
        let texts = token.id.len() + token.name.len() + token.scope.as_str().len() + roles[0].role.len();
        texts + end_at.unix_millis() as usize
    };
    page.tokens.iter().map(of).sum()
}

fn line() -> Vec<Candidate<'static>> {
    vec![
        ("astro-tokens", Box::new(|| parse_command(LINE).unwrap().name.unwrap().len())),
        (
            "shlex + clap",
            Box::new(|| {
                let words = shlex::split(LINE).unwrap();
                let peers::Group::Workspace(peers::Token { token: peers::TokenGroup::Token(operation) }) =
                    peers::Astro::try_parse_from(words).unwrap().group
                else {
                    return 0;
                };
                let peers::Operations::Create(create) = operation.operation else { return 0 };
                create.name.len()
            }),
        ),
    ]
}
