//! Findings about a token: `npm/src/audit.ts` is the other side.

use astro_tokens::{ApiToken, Audit, Finding};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::to_object;

/// A [`Finding`] as JavaScript shows it.
#[derive(Serialize)]
struct Shown {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<i64>,
}

impl From<Finding> for Shown {
    fn from(finding: Finding) -> Self {
        Shown { kind: finding.kind(), days: finding.days() }
    }
}

/// What is to say about the token of this JSON, as a list of objects. Nothing: it is none.
#[wasm_bindgen]
#[must_use]
pub fn findings(json: &str, expiring_within_days: f64, unused_for_days: f64, now_ms: f64) -> Option<JsValue> {
    let token: ApiToken = serde_json::from_str(json).ok()?;
    let audit =
        Audit::default().expiring_within_days(expiring_within_days as i64).unused_for_days(unused_for_days as i64);
    let found: Vec<Shown> = audit.findings(&token, now_ms as i64).into_iter().map(Shown::from).collect();
    Some(to_object(&found))
}
