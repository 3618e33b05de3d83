//! Answers: `npm/src/answer.ts` is the other side.

use astro_tokens::{Answer, ApiError, FieldError, Method, OperationKind, Request, Response, TokenPage};
use js_sys::{Array, Float64Array, Object};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::{
    to_object,
    tokens::{described, numbers, push_secrets},
};

/// Reads the answer to a request. It comes back as a list: what it is (`token`, `page`, `roles`, `nothing` or `error`),
/// its JSON with secrets redacted or the error as an object, the times of its tokens as milliseconds since 1970, and from
/// there on its secrets, in the order of the JSON. Nothing: the request is none of this API.
///
/// `plainly`: a page that its body says all of, provided that it is JSON, comes back as its times alone.
#[wasm_bindgen]
#[must_use]
pub fn parse_answer(
    method: &str,
    url: String,
    status: u16,
    headers: Vec<String>,
    body: Vec<u8>,
    plainly: bool,
) -> Option<Object> {
    let operation = Request::from_parts(Method::parse(method)?, url, None).operation()?;
    let headers = headers.as_chunks().0.iter().map(|[name, value]| (name.as_str(), value.as_str()));
    let response = Response::new(status, headers, body);
    if plainly
        && operation == OperationKind::ListTokens
        && response.is_success()
        && let Some(times) = TokenPage::plain_times(response.body())
    {
        return Some(numbers(times.into_iter()).into());
    }
    let described = operation.parse(&response).map_or_else(|error| refused(&error), |answer| answered(&answer));
    Some(described.into())
}

fn answered(answer: &Answer) -> Array {
    let (kind, tokens) = match answer {
        Answer::Token(token) => ("token", std::slice::from_ref(&**token)),
        Answer::Page(page) => ("page", &*page.tokens),
        Answer::Roles(_) => ("roles", &[][..]),
        _ => ("nothing", &[][..]),
    };
    described(kind, answer, tokens)
}

fn refused(error: &ApiError) -> Array {
    let list = Array::of3(&"error".into(), &to_object(&Refusal::from(error)), &Float64Array::new_with_length(0));
    push_secrets(&list, error.secret.iter());
    list
}

/// An [`ApiError`] as JavaScript shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Refusal<'a> {
    message: String,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    field_errors: &'a [FieldError],
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'static str>,
}

impl<'a> From<&'a ApiError> for Refusal<'a> {
    fn from(error: &'a ApiError) -> Self {
        Refusal {
            message: error.to_string(),
            status: error.status,
            detail: &error.message,
            request_id: error.request_id.as_deref(),
            field_errors: &error.field_errors,
            retry_after_ms: error.retry_after_ms,
            help: error.help(),
        }
    }
}
