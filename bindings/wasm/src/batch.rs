//! Many tokens to create: `npm/src/batch.ts` is the other side.

use astro_tokens::{Batch, BatchEntry, Request, Spelling, ValidationError};
use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::{Boundary, push_problem, read, with};

/// Builds the requests of lines of NDJSON, which lie where the text of a frame goes, for the open `Api`; behind so many
/// entries and lines. The answer: see [`Boundary::answer_batch`].
#[wasm_bindgen]
#[must_use]
pub fn create_lines(bytes: usize, entries: usize, lines: usize, stop_on_error: bool) -> Vec<f64> {
    with(|boundary| {
        let Some(api) = &boundary.api else { return Vec::new() };
        let mut batch = Batch::behind(api, entries, lines).stop_on_error(stop_on_error);
        batch.push_ndjson(boundary.text.get(..bytes).unwrap_or_default());
        boundary.answer_batch(batch)
    })
}

/// The same for one entry in a frame.
#[wasm_bindgen]
#[must_use]
pub fn create_entry(numbers: usize, bytes: usize, units: usize, entries: usize) -> Vec<f64> {
    with(|boundary| {
        let Some(api) = &boundary.api else { return Vec::new() };
        let mut batch = Batch::behind(api, entries, 0);
        batch.push_value(read(&boundary.numbers, &boundary.text, numbers, bytes, units));
        boundary.answer_batch(batch)
    })
}

/// The method and the URL of every request that creates a token in the open `Api`; `headers` gives its headers.
#[wasm_bindgen]
#[must_use]
pub fn create_target() -> Vec<String> {
    with(|boundary| {
        let Some(api) = &boundary.api else { return Vec::new() };
        let (method, url) = Batch::target(api);
        let request = Request::from_parts(method, url, Some(Vec::new()));
        boundary.headers = request.headers();
        vec![request.method().as_str().to_owned(), request.url().to_owned()]
    })
}

/// What was found in the entries of the last call: those that made no request, and those that made one. Of each entry its
/// index, its line, how many problems there are, and those, each followed by its text.
#[wasm_bindgen]
#[must_use]
pub fn take_entries() -> Array {
    let entries = with(|boundary| std::mem::take(&mut boundary.entries));
    entries.iter().map(|entries| listed(entries)).collect()
}

/// The text of an error with so many problems, of which these are the first.
#[wasm_bindgen]
#[must_use]
pub fn batch_message(problems: usize, first: Vec<String>) -> String {
    ValidationError::text(&Spelling::Camel.spell("create_tokens"), problems, first)
}

impl Boundary {
    /// Leaves the bodies where JavaScript finds them. The answer: the address of the bodies, their length, how many there
    /// are, how many entries and lines were read, and whether there are entries to take.
    fn answer_batch(&mut self, batch: Batch) -> Vec<f64> {
        self.output.clear();
        self.output.extend_from_slice(batch.bodies());
        self.entries = [batch.failures().to_vec(), batch.warnings().to_vec()];
        let has_entries = self.entries.iter().any(|entries| !entries.is_empty());
        let (address, length) = (self.output.as_ptr() as usize, self.output.len());
        let answer = [address, length, batch.len(), batch.total(), batch.lines(), usize::from(has_entries)];
        answer.map(|number| number as f64).to_vec()
    }
}

fn listed(entries: &[BatchEntry]) -> Array {
    let list = Array::new();
    for BatchEntry { index, line, problems } in entries {
        list.push(&(*index as f64).into());
        list.push(&line.map_or(JsValue::UNDEFINED, |line| (line as f64).into()));
        list.push(&(problems.len() as f64).into());
        for problem in problems {
            push_problem(&list, problem);
            list.push(&problem.to_string().into());
        }
    }
    list
}
