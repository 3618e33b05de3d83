//! How tokens cross: as JSON in which secrets are redacted, with times and secrets beside it. `Beside` in
//! `npm/src/token.ts` is the other side.

use astro_tokens::{ApiToken, Mark, Secret, TokenTimes};
use js_sys::{Array, Date, Float64Array, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::to_object;

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

/// A description without its mark, and the mark as an object. Nothing: there is no mark.
#[wasm_bindgen]
#[must_use]
pub fn split_mark(description: &str) -> Option<Array> {
    let (description, mark) = Mark::split(description);
    mark.map(|mark| Array::of2(&description.into(), &shown_mark(&mark)))
}

/// A mark as JavaScript shows it: its time is a `Date`.
pub(crate) fn shown_mark(mark: &Mark) -> JsValue {
    let shown = to_object(mark);
    if let Mark::Replaced { until, .. } = mark {
        // A plain object of our own takes any key.
        let _ = Reflect::set(&shown, &"until".into(), &Date::new(&(until.unix_millis() as f64).into()));
    }
    shown
}
