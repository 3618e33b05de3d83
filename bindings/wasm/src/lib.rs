//! The core for JavaScript: converts, calls, converts back. `npm/src/core.ts` is the other side.
//!
//! Crossing the boundary costs more than the work, so a call crosses it once: JavaScript writes a [`frame`] into two
//! buffers of this module, [`build`] reads it where it lies and writes the request into a third, and JavaScript decodes
//! that with one call. Objects of JavaScript are made for problems alone, where there are any.

#[cfg(feature = "client")]
pub mod answer;
#[cfg(feature = "client")]
pub mod audit;
#[cfg(feature = "client")]
pub mod claims;
#[cfg(feature = "cli")]
pub mod command;
#[cfg(feature = "client")]
pub mod conversation;
mod frame;
pub mod plain;
#[cfg(feature = "program")]
pub mod program;
#[cfg(feature = "sandbox")]
pub mod sandbox;
#[cfg(any(feature = "client", feature = "sandbox"))]
mod tokens;

use std::cell::RefCell;

use astro_tokens::{Api, Method, OperationKind, Problem, Request, Spelling, ValidationError, Value};
use js_sys::Object;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use frame::Frame;
use plain::Plain;

/// Where a call's input arrives and its answer waits for JavaScript.
///
/// It holds one [`Api`], the one of the last call: those of JavaScript remember their settings themselves and hand them
/// in again when another was used since. So nothing here has to be freed, however many of them come and go.
struct Boundary {
    numbers: Vec<f64>,
    text: Vec<u8>,
    output: Vec<u8>,
    api: Option<Api>,
    headers: &'static [(&'static str, &'static str)],
    problems: Vec<Problem>,
    message: String,
    plain: Plain,
}

thread_local! {
    static BOUNDARY: RefCell<Boundary> = const { RefCell::new(Boundary::new()) };
}

fn with<T>(use_it: impl FnOnce(&mut Boundary) -> T) -> T {
    BOUNDARY.with_borrow_mut(use_it)
}

/// The operations by number.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug)]
pub enum Operation {
    /// `createToken`
    CreateToken,
    /// `listTokens`
    ListTokens,
    /// `getToken`
    GetToken,
    /// `updateToken`
    UpdateToken,
    /// `updateTokenRoles`
    UpdateTokenRoles,
    /// `rotateToken`
    RotateToken,
    /// `deleteToken`
    DeleteToken,
}

impl From<Operation> for OperationKind {
    fn from(operation: Operation) -> Self {
        match operation {
            Operation::CreateToken => OperationKind::CreateToken,
            Operation::ListTokens => OperationKind::ListTokens,
            Operation::GetToken => OperationKind::GetToken,
            Operation::UpdateToken => OperationKind::UpdateToken,
            Operation::UpdateTokenRoles => OperationKind::UpdateTokenRoles,
            Operation::RotateToken => OperationKind::RotateToken,
            Operation::DeleteToken => OperationKind::DeleteToken,
        }
    }
}

/// How many numbers an answer has; they replace the first ones of the frame:
/// the address of the text of the answer, its length, where in it the URL and where the body begins, whether there is
/// a body, the address of the headers, and how many problems there are.
const ANSWER: usize = 7;

/// Makes room for a frame of so many numbers and bytes of text, or more.
#[wasm_bindgen]
pub fn reserve(numbers: usize, bytes: usize) {
    with(|boundary| {
        boundary.numbers.resize(numbers.max(boundary.numbers.len()).max(ANSWER), 0.0);
        boundary.text.resize(bytes.max(boundary.text.len()), 0);
    });
}

/// Where the numbers of a frame go.
#[wasm_bindgen]
#[must_use]
pub fn numbers_address() -> usize {
    with(|boundary| boundary.numbers.as_mut_ptr() as usize)
}

/// How many numbers there is room for.
#[wasm_bindgen]
#[must_use]
pub fn numbers_length() -> usize {
    with(|boundary| boundary.numbers.len())
}

/// Where the text of a frame goes.
#[wasm_bindgen]
#[must_use]
pub fn text_address() -> usize {
    with(|boundary| boundary.text.as_mut_ptr() as usize)
}

/// How many bytes of text there is room for.
#[wasm_bindgen]
#[must_use]
pub fn text_length() -> usize {
    with(|boundary| boundary.text.len())
}

/// Reads the options of an `Api`, which the next calls are for. `false`: they are wrong, see [`take_problems`].
#[wasm_bindgen]
#[must_use]
pub fn open_api(numbers: usize, bytes: usize, units: usize) -> bool {
    with(|boundary| {
        let input = read(&boundary.numbers, &boundary.text, numbers, bytes, units);
        let api = Api::from_value(input, Spelling::Camel);
        boundary.api = api.map_err(|error| boundary.refuse(error)).ok();
        boundary.api.is_some()
    })
}

/// The settings of the open `Api`, with what the options left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Settings<'a> {
    organization_id: &'a str,
    api_version: &'static str,
    base_url: &'a str,
    strict: bool,
    allow_unknown_roles: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_id: Option<&'a str>,
}

/// The settings of the open `Api` as an object, with what the options left out.
#[wasm_bindgen]
#[must_use]
pub fn settings() -> JsValue {
    with(|boundary| {
        let settings = boundary.api.as_ref().map(|api| Settings {
            organization_id: api.organization_id(),
            api_version: api.version().as_str(),
            base_url: api.base_url(),
            strict: api.is_strict(),
            allow_unknown_roles: api.allows_unknown_roles(),
            workspace_id: api.workspace_id(),
            deployment_id: api.deployment_id(),
        });
        to_object(&settings)
    })
}

/// Builds a request for the open `Api`. `false`: the input is wrong, see [`take_problems`]; else the numbers and the
/// text of the answer are where [`ANSWER`] says.
#[wasm_bindgen]
#[must_use]
pub fn build(operation: Operation, numbers: usize, bytes: usize, units: usize) -> bool {
    with(|boundary| {
        let Some(api) = &boundary.api else { return false };
        let input = read(&boundary.numbers, &boundary.text, numbers, bytes, units);
        match OperationKind::from(operation).request(api, input) {
            Ok(request) => boundary.answer(request),
            Err(error) => boundary.refuse(error),
        }
    })
}

/// The value in the buffers. A frame that cannot be read is no input at all, and the core will say so.
fn read<'a>(numbers: &'a [f64], text: &'a [u8], count: usize, bytes: usize, units: usize) -> Value<'a> {
    let text = text.get(..bytes).and_then(|text| std::str::from_utf8(text).ok());
    let frame = numbers.get(..count).zip(text).map(|(numbers, text)| Frame::new(numbers, text, units));
    frame.map(|mut frame| frame.value()).unwrap_or_default()
}

impl Boundary {
    const fn new() -> Self {
        Boundary {
            numbers: Vec::new(),
            text: Vec::new(),
            output: Vec::new(),
            api: None,
            headers: &[],
            problems: Vec::new(),
            message: String::new(),
            plain: Plain::new(),
        }
    }

    fn answer(&mut self, request: Request) -> bool {
        self.output.clear();
        self.output.extend_from_slice(request.method().as_str().as_bytes());
        let url = self.output.len();
        self.output.extend_from_slice(request.url().as_bytes());
        let body = self.output.len();
        self.output.extend_from_slice(request.body().unwrap_or_default());
        self.headers = request.headers();
        let answer: [usize; ANSWER] = [
            self.output.as_ptr() as usize,
            self.output.len(),
            url,
            body,
            usize::from(request.body().is_some()),
            self.headers.as_ptr() as usize,
            request.warnings().len(),
        ];
        self.numbers.iter_mut().zip(answer).for_each(|(slot, number)| *slot = number as f64);
        self.problems = request.warnings().to_vec();
        true
    }

    fn refuse(&mut self, error: ValidationError) -> bool {
        self.message = error.to_string();
        self.problems = error.problems;
        false
    }

    #[cfg(feature = "client")]
    fn accept<T>(&mut self, outcome: Result<T, ValidationError>) -> Option<T> {
        outcome.map_err(|error| self.refuse(error)).ok()
    }
}

/// The headers of the last request that was built, as an object.
#[wasm_bindgen]
#[must_use]
pub fn headers() -> Object {
    with(|boundary| {
        let entries = js_sys::Array::new();
        for (name, value) in boundary.headers {
            entries.push(&js_sys::Array::of2(&JsValue::from_str(name), &JsValue::from_str(value)));
        }
        Object::from_entries(&entries).unwrap_or_default()
    })
}

/// The problems that the last call ended with, or the warnings beside its request, as a list of objects.
#[wasm_bindgen]
#[must_use]
pub fn take_problems() -> JsValue {
    to_object(&with(|boundary| std::mem::take(&mut boundary.problems)))
}

/// The text of the error that the last call ended with.
#[wasm_bindgen]
#[must_use]
pub fn take_message() -> String {
    with(|boundary| std::mem::take(&mut boundary.message))
}

/// A request as a `curl` command; nothing where there is no such method.
#[wasm_bindgen]
#[must_use]
pub fn as_curl(method: &str, url: String, body: Option<String>) -> Option<String> {
    let method = Method::parse(method)?;
    Some(Request::from_parts(method, url, body.map(String::into_bytes)).as_curl())
}

/// Plain objects and `null`, never a `Map`.
fn to_object(value: &impl Serialize) -> JsValue {
    value.serialize(&Serializer::json_compatible()).unwrap_or_default()
}
