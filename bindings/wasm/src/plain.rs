//! The short way through the boundary for what creates a token: `npm/src/plain.ts` is the other side.
//!
//! It takes inputs whose every field is text or a number, as nearly all are, and gives back a body where there is nothing
//! to say about it. Anything else goes the long way, which says it.

use std::mem::ManuallyDrop;

use astro_tokens::{Api, CreateToken, Value};
use wasm_bindgen::prelude::*;

use crate::with;

/// More than any body takes whose texts fit into [`TEXT`]: each of their bytes may be written with six.
const ROOM: usize = 8192;
/// How many bytes of text there is room for.
const TEXT: usize = 1024;

/// Where the texts arrive and the body waits for JavaScript. Neither ever moves.
pub(crate) struct Plain {
    text: Vec<u8>,
    body: Vec<u8>,
}

impl Plain {
    pub(crate) const fn new() -> Self {
        Plain { text: Vec::new(), body: Vec::new() }
    }

    fn create(&mut self, api: &Api, lengths: [i32; 7], days: f64) -> Option<usize> {
        let all: i32 = lengths.iter().filter(|length| **length > 0).sum();
        let mut rest = std::str::from_utf8(self.text.get(..usize::try_from(all).ok()?)?).ok()?;
        let [name, role, workspace_id, deployment_id, scope, description, kind] = lengths.map(|length| {
            let Ok(length) = usize::try_from(length) else { return Value::Absent };
            let (text, behind) = rest.split_at_checked(length).unwrap_or_default();
            rest = behind;
            Value::from(text)
        });
        let expiration_days = if days.is_nan() { Value::Absent } else { Value::Float(days) };
        // Nothing in it is owned, and looking for what to free takes as long as validating.
        let token = ManuallyDrop::new(CreateToken {
            name,
            role,
            workspace_id,
            deployment_id,
            scope,
            description,
            expiration_days,
            kind,
        });
        self.body.clear();
        let warnings = token.append_body(api, &mut self.body).ok()?;
        warnings.is_empty().then_some(self.body.len())
    }
}

/// Where the texts go, all of them ASCII, one behind the other.
#[wasm_bindgen]
#[must_use]
pub fn plain_text_address() -> usize {
    with(|boundary| {
        boundary.plain.text.resize(TEXT, b' ');
        boundary.plain.text.as_mut_ptr() as usize
    })
}

/// Where the body is.
#[wasm_bindgen]
#[must_use]
pub fn plain_body_address() -> usize {
    with(|boundary| {
        boundary.plain.body.reserve_exact(ROOM);
        boundary.plain.body.as_mut_ptr() as usize
    })
}

/// How long the body is that creates a token in the open `Api`. 0: there is something to say about it.
///
/// Each text is given by its length; -1: it is not given. Nor are days that are not a number.
#[wasm_bindgen]
#[must_use]
#[expect(clippy::too_many_arguments, reason = "a number each is what crosses the boundary fastest")]
pub fn create_plain(
    name: i32,
    role: i32,
    workspace_id: i32,
    deployment_id: i32,
    scope: i32,
    description: i32,
    kind: i32,
    days: f64,
) -> usize {
    let lengths = [name, role, workspace_id, deployment_id, scope, description, kind];
    with(|boundary| {
        let api = boundary.api.as_ref()?;
        boundary.plain.create(api, lengths, days)
    })
    .unwrap_or_default()
}
