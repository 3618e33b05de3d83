//! `inspect`: what a token says about itself, offline.

use std::fmt::Write;

use serde::Serialize;

use super::{
    Ended, Exit,
    options::{INSPECT, Options},
    print::{self, expiry, minute},
    world::World,
};
use crate::{Claims, Code, Scope, Secret, claims::ago, text::is_blank};

/// The claims as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Inspected<'c> {
    organization_id: &'c str,
    workspace_id: Option<&'c str>,
    deployment_id: Option<&'c str>,
    scope: Scope,
    token_id: Option<&'c str>,
    permissions: &'c [String],
    issued_at: Option<&'c str>,
    expires_at: Option<&'c str>,
    is_expired: bool,
}

pub(super) async fn run(world: &World, mut options: Options) -> Ended {
    let wants_input = options.words.iter().any(|word| word == "-");
    if options.words.iter().skip(1).any(|word| word != "-") {
        // It may be a token, so nothing of it is shown.
        options.problem(
            Code::UnexpectedArgument,
            "inspect",
            "a token is never taken as an argument: it would stay in the shell's history and in the list of processes"
                .to_owned(),
            "put it into `ASTRO_API_TOKEN`, or give it on standard input",
        );
    }
    // The line is not shown either.
    let problems = options.problems(INSPECT);
    if super::problems::has_errors(&problems) {
        let problems: Vec<_> = problems.into_iter().map(|problem| crate::Problem { span: None, ..problem }).collect();
        world.judge(&problems).await?;
    }

    let token = token(world, wants_input).await?;
    let claims = world.valid(Claims::read(token.expose())).await?;
    let now_ms = world.now_ms();
    world.out(if options.has("--json") { json(&claims, now_ms) } else { text(&claims, now_ms) }).await?;
    world.valid(claims.check_expiry(now_ms)).await
}

/// The token of the environment, or of standard input.
async fn token(world: &World, wants_input: bool) -> Ended<Secret> {
    let host = &world.host;
    let is_set = host.variable("ASTRO_API_TOKEN").is_some();
    if wants_input || (!is_set && !host.stdin_is_terminal) {
        let text = world.read_input().await?;
        if !is_blank(&text) {
            return Ok(Secret::new(text.trim().to_owned()));
        }
    }
    if wants_input {
        world.complain("standard input is empty".to_owned()).await;
        return Err(Exit::INVALID);
    }
    let credential = world.valid(host.credential()).await?;
    world.show(&credential.warnings).await;
    Ok(credential.token)
}

fn json(claims: &Claims, now_ms: i64) -> String {
    print::json(&Inspected {
        organization_id: &claims.organization_id,
        workspace_id: claims.workspace_id.as_deref(),
        deployment_id: claims.deployment_id.as_deref(),
        scope: claims.scope,
        token_id: claims.token_id.as_deref(),
        permissions: &claims.permissions,
        issued_at: claims.issued_at.as_ref().map(crate::Timestamp::as_str),
        expires_at: claims.expires_at.as_ref().map(crate::Timestamp::as_str),
        is_expired: claims.is_expired(now_ms),
    })
}

fn text(claims: &Claims, now_ms: i64) -> String {
    let issued =
        claims.issued_at.as_ref().map(|time| format!("{}, {}", minute(time), ago(now_ms - time.unix_millis())));
    let lines = [
        ("organization", Some(claims.organization_id.clone())),
        ("workspace", claims.workspace_id.clone()),
        ("deployment", claims.deployment_id.clone()),
        ("scope", Some(claims.scope.as_str().to_owned())),
        ("token id", claims.token_id.clone()),
        ("issued", issued),
        ("expires", Some(expiry(claims.expires_at.as_ref(), now_ms))),
    ];
    let mut text = String::new();
    for (name, value) in lines {
        if let Some(value) = value {
            let _ = writeln!(text, "{:<14}{value}", format!("{name}:"));
        }
    }
    text
}
