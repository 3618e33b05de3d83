//! How tokens cross: as JSON in which secrets are redacted, with times and secrets beside it. `Beside` in
//! `npm/src/token.ts` is the other side.

use astro_tokens::{ApiToken, Secret, TokenTimes};
use js_sys::{Array, Float64Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// Something with these tokens in it: a list of what it is, its JSON with secrets redacted, the times and the secrets of
/// the tokens.
pub(crate) fn described(kind: &str, content: &impl Serialize, tokens: &[ApiToken]) -> Array {
    // Its parts were read from JSON, or are numbers and text, so nothing in it cannot be written.
    let json = serde_json::to_string(content).unwrap_or_default();
    let list = Array::of3(&kind.into(), &json.into(), &numbers(tokens.iter().map(ApiToken::times)));
    push_secrets(&list, tokens.iter().filter_map(|token| token.token.as_ref()));
    list
}

/// The times of tokens, as many for each; not a number: there is none.
pub(crate) fn numbers(times: impl Iterator<Item = TokenTimes>) -> Float64Array {
    let numbers: Vec<f64> = times.flatten().map(|time| time.map_or(f64::NAN, |millis| millis as f64)).collect();
    Float64Array::from(&*numbers)
}

pub(crate) fn push_secrets<'a>(list: &Array, secrets: impl Iterator<Item = &'a Secret>) {
    for secret in secrets {
        list.push(&JsValue::from_str(secret.expose()));
    }
}
