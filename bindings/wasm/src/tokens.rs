//! How tokens cross: as JSON in which secrets are redacted, with times and secrets beside it. `Beside` in
//! `npm/src/token.ts` is the other side.

use astro_tokens::{ApiToken, Secret, Timestamp};
use js_sys::{Array, Float64Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// Something with these tokens in it: a list of what it is, its JSON with secrets redacted, the times and the secrets of
/// the tokens.
pub(crate) fn described(kind: &str, content: &impl Serialize, tokens: &[ApiToken]) -> Array {
    // Its parts were read from JSON, or are numbers and text, so nothing in it cannot be written.
    let json = serde_json::to_string(content).unwrap_or_default();
    let times: Vec<f64> = tokens.iter().flat_map(times).map(|time| time.unix_millis() as f64).collect();
    let list = Array::of3(&kind.into(), &json.into(), &Float64Array::from(&*times));
    push_secrets(&list, tokens.iter().filter_map(|token| token.token.as_ref()));
    list
}

/// The times of a token in the order in which it is written.
fn times(token: &ApiToken) -> impl Iterator<Item = &Timestamp> {
    let ApiToken { start_at, end_at, created_at, updated_at, last_used_at, last_rotated_at, .. } = token;
    [
        Some(start_at),
        end_at.as_ref(),
        Some(created_at),
        Some(updated_at),
        last_used_at.as_ref(),
        last_rotated_at.as_ref(),
    ]
    .into_iter()
    .flatten()
}

pub(crate) fn push_secrets<'a>(list: &Array, secrets: impl Iterator<Item = &'a Secret>) {
    for secret in secrets {
        list.push(&JsValue::from_str(secret.expose()));
    }
}
