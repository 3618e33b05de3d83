//! Command lines: `npm/src/command.ts` is the other side.

use astro_tokens::{
    Command, CommandOptions, CommandParser, Method, Request, Shell, Source, Spelling, Units, ValidationError, Value,
};
use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::{Boundary, conversation, read, with};

fn parser(strict: bool, allow_unknown_roles: bool) -> CommandParser {
    CommandParser::default().units(Units::Utf16).strict(strict).allow_unknown_roles(allow_unknown_roles)
}

/// The command as an object, and its warnings as problems to take; nothing where there is none.
fn object(boundary: &mut Boundary, command: Result<Command, ValidationError>) -> JsValue {
    match command {
        Ok(command) => {
            boundary.problems = command.warnings().to_vec();
            to_object(&command.to_value(Spelling::Camel))
        }
        Err(error) => {
            boundary.refuse(error);
            JsValue::UNDEFINED
        }
    }
}

/// Reads a command from a line or a list of arguments. Nothing: it is wrong, see `take_problems`.
#[wasm_bindgen]
#[must_use]
pub fn parse_command(numbers: usize, bytes: usize, units: usize, strict: bool, allow_unknown_roles: bool) -> JsValue {
    with(|boundary| {
        let input = read(&boundary.numbers, &boundary.text, numbers, bytes, units);
        let command = Source::from_value(input).and_then(|source| parser(strict, allow_unknown_roles).parse(source));
        object(boundary, command)
    })
}

/// Reads a command from an object with its fields. Nothing: it is wrong, see `take_problems`.
#[wasm_bindgen]
#[must_use]
pub fn read_command(numbers: usize, bytes: usize, units: usize) -> JsValue {
    with(|boundary| {
        let input = read(&boundary.numbers, &boundary.text, numbers, bytes, units);
        let command = Command::from_value(input, Spelling::Camel);
        object(boundary, command)
    })
}

/// The command that makes a request to create a token. Nothing: there is none, see `take_problems`.
#[wasm_bindgen]
#[must_use]
pub fn command_of_request(method: &str, url: String, body: Option<String>) -> JsValue {
    let method = Method::parse(method).unwrap_or(Method::Get);
    let request = Request::from_parts(method, url, body.map(String::into_bytes));
    with(|boundary| object(boundary, Command::from_request(&request)))
}

/// Everything about a command in words. Nothing: the source is no text, see `take_problems`.
#[wasm_bindgen]
#[must_use]
pub fn explain_command(
    numbers: usize,
    bytes: usize,
    units: usize,
    strict: bool,
    allow_unknown_roles: bool,
    color: bool,
) -> Option<String> {
    with(|boundary| {
        let input = read(&boundary.numbers, &boundary.text, numbers, bytes, units);
        let text = Source::from_value(input).map(|source| parser(strict, allow_unknown_roles).explain(source, color));
        boundary.accept(text)
    })
}

/// The corrected command, or the empty string where there is none. Nothing: the source is no text, see `take_problems`.
#[wasm_bindgen]
#[must_use]
pub fn correct_command(numbers: usize, bytes: usize, units: usize, allow_unknown_roles: bool) -> Option<String> {
    with(|boundary| {
        let input = read(&boundary.numbers, &boundary.text, numbers, bytes, units);
        let line = Source::from_value(input).map(|source| parser(false, allow_unknown_roles).correct(source));
        boundary.accept(line.map(Option::unwrap_or_default))
    })
}

/// Writes a command: the frame is a list of the command's object and the name of the shell. Nothing: it cannot be
/// written, see `take_problems`.
#[wasm_bindgen]
#[must_use]
pub fn format_command(numbers: usize, bytes: usize, units: usize) -> Option<String> {
    with(|boundary| {
        let input = read(&boundary.numbers, &boundary.text, numbers, bytes, units);
        let [command, shell] = match input {
            Value::List(items) => items.try_into().unwrap_or_default(),
            _ => <[Value<'_>; 2]>::default(),
        };
        let line = Shell::from_value(&shell, Spelling::Camel)
            .and_then(|shell| Command::from_value(command, Spelling::Camel)?.format(shell, Spelling::Camel));
        boundary.accept(line)
    })
}

/// Builds the one request of a command for the open `Api`; answers like `build`. The frame is what the command was
/// read from, which is read again so that its warnings go along, or the object of a command without a source.
#[wasm_bindgen]
#[must_use]
pub fn build_command(numbers: usize, bytes: usize, units: usize, has_source: bool, allow_unknown_roles: bool) -> bool {
    with(|boundary| {
        let Some(api) = &boundary.api else { return false };
        let input = read(&boundary.numbers, &boundary.text, numbers, bytes, units);
        let command = given(input, has_source, allow_unknown_roles);
        match command.and_then(|command| api.build(&command)) {
            Ok(request) => boundary.answer(request),
            Err(error) => boundary.refuse(error),
        }
    })
}

/// Begins the conversation of a command; the frame is as in `build_command`. Nothing: see `take_problems`.
#[wasm_bindgen]
#[must_use]
#[expect(clippy::too_many_arguments, reason = "each crosses by itself, so that nothing has to be unpacked")]
pub fn start_command(
    session: u32,
    numbers: usize,
    bytes: usize,
    units: usize,
    has_source: bool,
    allow_unknown_roles: bool,
    overlap: bool,
    keep_old: Option<f64>,
    leftover_after: Option<f64>,
    idempotency_key: Option<String>,
    allow_lockout: bool,
    remove_orphans: bool,
    seed: f64,
) -> Option<u32> {
    let session = conversation::session(session)?;
    let mut options = CommandOptions::default();
    options.overlap = overlap;
    options.keep_old = keep_old.map(|seconds| seconds as i64);
    options.leftover_after = leftover_after.map(|seconds| seconds as i64);
    options.idempotency_key = idempotency_key;
    options.allow_lockout = allow_lockout;
    options.remove_orphans = remove_orphans;
    let started = with(|boundary| {
        let input = read(&boundary.numbers, &boundary.text, numbers, bytes, units);
        let command = given(input, has_source, allow_unknown_roles);
        let started = command.and_then(|command| session.start_command(&command, options, seed as u64));
        boundary.accept(started)
    })?;
    Some(conversation::begin(started))
}

/// The command that a frame holds: as what it was read from, or as its object.
fn given(input: Value<'_>, has_source: bool, allow_unknown_roles: bool) -> Result<Command, ValidationError> {
    if has_source {
        Source::from_value(input).and_then(|source| parser(false, allow_unknown_roles).parse(source))
    } else {
        Command::from_value(input, Spelling::Camel)
    }
}

/// A plain object with the fields of a command: texts, numbers and booleans.
fn to_object(command: &Value<'_>) -> JsValue {
    let object = Object::new();
    let Value::Object(members) = command else { return object.into() };
    for (key, value) in members {
        let value = match value {
            Value::Text(text) => JsValue::from_str(text),
            Value::Integer(number) => JsValue::from_f64(*number as f64),
            Value::Boolean(boolean) => JsValue::from_bool(*boolean),
            _ => continue,
        };
        // A plain object of our own takes any key.
        let _ = Reflect::set(&object, &JsValue::from_str(key), &value);
    }
    object.into()
}
