//! Tokens inspected, credentials chosen, base URLs of domains: `npm/src/claims.ts` is the other side.

use astro_tokens::{Claims, Credential, Timestamp, base_url_of_domain as base_url, inspect};
use js_sys::{Array, Function};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::{to_object, with};

/// [`Claims`] as JavaScript shows them, with times in milliseconds since 1970.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    organization_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_id: Option<String>,
    scope: &'static str,
    permissions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_at: Option<f64>,
    is_astronomer_generated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

impl From<Claims> for Shown {
    fn from(claims: Claims) -> Self {
        let millis = |time: Option<Timestamp>| time.map(|time| time.unix_millis() as f64);
        Shown {
            organization_id: claims.organization_id,
            workspace_id: claims.workspace_id,
            deployment_id: claims.deployment_id,
            token_id: claims.token_id,
            scope: claims.scope.as_str(),
            permissions: claims.permissions,
            expires_at: millis(claims.expires_at),
            issued_at: millis(claims.issued_at),
            is_astronomer_generated: claims.is_astronomer_generated,
            version: claims.version,
        }
    }
}

/// The claims of a token that can still be used, as an object. Nothing: see `take_problems`.
#[wasm_bindgen]
#[must_use]
pub fn inspect_token(token: &str, now_ms: f64) -> Option<JsValue> {
    with(|boundary| boundary.accept(inspect(token, now_ms as i64))).map(|claims| to_object(&Shown::from(claims)))
}

/// The value of the token in an environment, which `variable` looks up, and the name of its variable; the warnings are
/// problems to take. Nothing: see `take_problems`.
#[wasm_bindgen]
#[must_use]
pub fn credential_from_env(variable: &Function) -> Option<Array> {
    // The function is the caller's code, which may use this module: nothing of it is borrowed meanwhile.
    let look_up = |name: &str| variable.call1(&JsValue::UNDEFINED, &name.into()).ok()?.as_string();
    let credential = Credential::from_env(look_up);
    with(|boundary| {
        let credential = boundary.accept(credential)?;
        boundary.problems = credential.warnings;
        Some(Array::of2(&credential.token.expose().into(), &credential.source.into()))
    })
}

/// Where the API of a domain is. Nothing: see `take_problems`.
#[wasm_bindgen]
#[must_use]
pub fn base_url_of_domain(domain: &str) -> Option<String> {
    with(|boundary| boundary.accept(base_url(domain)))
}
