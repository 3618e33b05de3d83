//! The sandbox: `npm/src/sandbox.ts` is the other side. JavaScript knows each by number.

use std::{cell::RefCell, collections::BTreeMap};

use astro_tokens::{ApiToken, Fault, NewToken, ReplyOutcome, Sandbox, Seen};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::{to_object, tokens::described};

#[derive(Default)]
struct Yard {
    sandboxes: BTreeMap<u32, Sandbox>,
    /// The number that was given last. None is given twice.
    last: u32,
}

thread_local! {
    static YARD: RefCell<Yard> = RefCell::default();
}

fn keep(sandbox: Sandbox) -> u32 {
    YARD.with_borrow_mut(|yard| {
        yard.last += 1;
        yard.sandboxes.insert(yard.last, sandbox);
        yard.last
    })
}

/// What `use_it` makes of the sandbox of this number; JavaScript has no numbers of others.
fn with<T: Default>(number: u32, use_it: impl FnOnce(&mut Sandbox) -> T) -> T {
    YARD.with_borrow_mut(|yard| yard.sandboxes.get_mut(&number).map(use_it)).unwrap_or_default()
}

/// A new sandbox, as in the documentation or with nothing in it.
#[wasm_bindgen]
#[must_use]
pub fn open_sandbox(is_empty: bool) -> u32 {
    keep(if is_empty { Sandbox::empty() } else { Sandbox::new() })
}

/// A sandbox with a saved state: its number, or the text of what is wrong.
#[wasm_bindgen]
#[must_use]
pub fn sandbox_of_json(text: &str) -> JsValue {
    match Sandbox::from_json(text) {
        Ok(sandbox) => keep(sandbox).into(),
        Err(error) => error.to_string().into(),
    }
}

/// Forgets a sandbox.
#[wasm_bindgen]
pub fn close_sandbox(number: u32) {
    YARD.with_borrow_mut(|yard| yard.sandboxes.remove(&number));
}

/// The state as JSON.
#[wasm_bindgen]
#[must_use]
pub fn sandbox_json(number: u32) -> String {
    with(number, |sandbox| sandbox.to_json())
}

/// The secret of the owner's token.
#[wasm_bindgen]
#[must_use]
pub fn sandbox_owner() -> JsValue {
    JsValue::from_str(Sandbox::owner_secret().expose())
}

/// Turns the rate limits on or off.
#[wasm_bindgen]
pub fn set_rate_limits(number: u32, on: bool) {
    with(number, |sandbox| sandbox.set_rate_limits(on));
}

/// Adds an Organization.
#[wasm_bindgen]
pub fn add_organization(number: u32, id: &str, name: &str) {
    with(number, |sandbox| sandbox.add_organization(id, name));
}

/// Adds a Workspace.
#[wasm_bindgen]
pub fn add_workspace(number: u32, organization_id: &str, id: &str, name: &str) {
    with(number, |sandbox| sandbox.add_workspace(organization_id, id, name));
}

/// Adds a Deployment.
#[wasm_bindgen]
pub fn add_deployment(number: u32, workspace_id: &str, id: &str, name: &str) {
    with(number, |sandbox| sandbox.add_deployment(workspace_id, id, name));
}

/// Adds the token that the JSON describes: as in `described`, or the text of what is wrong.
#[wasm_bindgen]
#[must_use]
pub fn add_token(number: u32, json: &str, now_ms: f64) -> JsValue {
    match NewToken::from_json(json) {
        Ok(token) => with(number, |sandbox| Some(sandbox.add_token(token, now_ms as i64)))
            .map_or(JsValue::UNDEFINED, |token| list(&[token]).into()),
        Err(error) => error.to_string().into(),
    }
}

/// Every token that stands: as in `described`.
#[wasm_bindgen]
#[must_use]
pub fn sandbox_tokens(number: u32) -> Array {
    list(&with(number, |sandbox| sandbox.tokens()))
}

fn list(tokens: &[ApiToken]) -> Array {
    described("tokens", &tokens, tokens)
}

/// Adds a rule that makes requests go wrong. The text of what is wrong with the rule itself, if anything is.
#[wasm_bindgen]
#[must_use]
pub fn add_fault(number: u32, json: &str) -> Option<String> {
    match Fault::from_json(json) {
        Ok(fault) => {
            with(number, |sandbox| sandbox.fault(fault));
            None
        }
        Err(error) => Some(error.to_string()),
    }
}

/// Takes all those rules away.
#[wasm_bindgen]
pub fn clear_faults(number: u32) {
    with(number, Sandbox::clear_faults);
}

/// What was asked so far, as a list of objects.
#[wasm_bindgen]
#[must_use]
pub fn sandbox_requests(number: u32) -> JsValue {
    let requests: Vec<Seen> = with(number, |sandbox| sandbox.requests().to_vec());
    to_object(&requests)
}

/// Answers a request: a list of how many milliseconds it takes and what comes of it (`response`, `not_sent` or `lost`),
/// and for a response its status, names and values of its headers in turn, and its body.
#[wasm_bindgen]
#[must_use]
pub fn sandbox_answer(
    number: u32,
    method: &str,
    url: &str,
    authorization: Option<String>,
    body: &[u8],
    now_ms: f64,
) -> Option<Array> {
    let reply =
        with(number, |sandbox| Some(sandbox.answer_parts(method, url, authorization.as_deref(), body, now_ms as i64)))?;
    let list = Array::of1(&(reply.delay_ms as f64).into());
    match &reply.outcome {
        ReplyOutcome::Response(response) => {
            let headers: Array = response
                .headers()
                .iter()
                .flat_map(|(name, value)| [JsValue::from_str(name), JsValue::from_str(value)])
                .collect();
            list.push(&"response".into());
            list.push(&response.status().into());
            list.push(&headers);
            list.push(&Uint8Array::from(response.body()));
        }
        ReplyOutcome::NotSent => {
            list.push(&"not_sent".into());
        }
        ReplyOutcome::Lost => {
            list.push(&"lost".into());
        }
    }
    Some(list)
}
