//! The core for JavaScript: converts, calls, converts back. `npm/src/core.ts` is the other side.
//!
//! Crossing the boundary costs more than the work, so a call crosses it once: JavaScript writes a [`frame`] into two
//! buffers of this module, [`build`] reads it where it lies and writes the request into a third, and JavaScript decodes
//! that with one call. Objects of JavaScript are made for problems alone, where there are any.

#[cfg(feature = "client")]
pub mod answer;
#[cfg(feature = "client")]
pub mod audit;
#[cfg(feature = "batch")]
pub mod batch;
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
pub mod tokens;

use std::cell::RefCell;

use astro_tokens::{Api, Method, OperationKind, Problem, Request, Span, Spelling, ValidationError, Value};
use js_sys::{Array, Object};
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
    /// What a batch found in entries that made no request, and in those that made one.
    #[cfg(feature = "batch")]
    entries: [Vec<astro_tokens::BatchEntry>; 2],
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

/// The settings of the open `Api` in the order of its options, with what those left out.
#[wasm_bindgen]
#[must_use]
pub fn settings() -> Array {
    with(|boundary| {
        let Some(api) = &boundary.api else { return Array::new() };
        [
            api.organization_id().into(),
            api.version().as_str().into(),
            api.base_url().into(),
            api.is_strict().into(),
            api.allows_unknown_roles().into(),
            or_undefined(api.workspace_id()),
            or_undefined(api.deployment_id()),
        ]
        .into_iter()
        .collect()
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
            #[cfg(feature = "batch")]
            entries: [Vec::new(), Vec::new()],
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
        let entries = Array::new();
        for (name, value) in boundary.headers {
            entries.push(&Array::of2(&JsValue::from_str(name), &JsValue::from_str(value)));
        }
        Object::from_entries(&entries).unwrap_or_default()
    })
}

/// The problems that the last call ended with, or the warnings beside its request, one behind the other.
#[wasm_bindgen]
#[must_use]
pub fn take_problems() -> Array {
    let list = Array::new();
    let problems = with(|boundary| std::mem::take(&mut boundary.problems));
    problems.iter().for_each(|problem| push_problem(&list, problem));
    list
}

/// Appends the values of a problem: `problemAt` in `npm/src/core.ts` makes an object of them.
fn push_problem(list: &Array, problem: &Problem) {
    let Problem { code, severity, field, message, help, span } = problem;
    let number = |number: Option<usize>| number.map_or(JsValue::UNDEFINED, |number| (number as f64).into());
    for value in [
        code.as_str().into(),
        severity.as_str().into(),
        or_undefined(field.as_deref()),
        message.into(),
        or_undefined(help.as_deref()),
        number(span.map(|Span { start, .. }| start)),
        number(span.map(|Span { end, .. }| end)),
        number(span.and_then(|Span { argument, .. }| argument)),
    ] {
        list.push(&value);
    }
}

fn or_undefined(text: Option<&str>) -> JsValue {
    text.map_or(JsValue::UNDEFINED, JsValue::from_str)
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

/// Plain objects and `null`, never a `Map`. Not for requests: what does this for any type is a thirtieth of the
/// download.
#[cfg(any(feature = "client", feature = "sandbox"))]
fn to_object(value: &impl serde::Serialize) -> JsValue {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).unwrap_or_default()
}
