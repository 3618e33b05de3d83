//! What the API says when it refuses, and how answers become responses.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use crate::{ApiVersion, FieldError, Response};

/// 9999-12-31T23:59:59Z, the last time that HTTP can write, in seconds.
const LAST_DATE: u64 = 253_402_300_799;

/// What a handler comes to: a body, or nothing to say (204).
pub(super) type Handled = Result<Option<Json>, Refusal>;

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    message: &'static str,
    fields: Vec<FieldError>,
    retry_after_s: Option<u64>,
}

impl Refusal {
    pub(super) fn new(status: u16, message: &'static str) -> Self {
        Refusal { status, message, fields: Vec::new(), retry_after_s: None }
    }

    pub(super) fn forbidden() -> Self {
        Refusal::new(403, "the token lacks the permission for this")
    }

    pub(super) fn token_not_found() -> Self {
        Refusal::new(404, "token not found")
    }

    pub(super) fn workspace_not_found() -> Self {
        Refusal::new(404, "workspace not found")
    }

    pub(super) fn deployment_not_found() -> Self {
        Refusal::new(404, "deployment not found")
    }

    pub(super) fn too_many_requests() -> Self {
        Refusal { retry_after_s: Some(1), ..Refusal::new(429, "too many requests") }
    }
}

/// What is wrong with the fields of a request, collected so that one answer names all of it.
#[derive(Default)]
pub(super) struct Findings(Vec<FieldError>);

impl Findings {
    /// The codes are those of the Go validator that Astro's answers show: `required`, `max`, `oneof` and so on.
    pub(super) fn add(&mut self, field: impl Into<String>, code: &str, message: impl Into<String>) {
        self.0.push(FieldError { code: code.to_owned(), field: field.into(), message: message.into() });
    }

    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Refusal { fields: self.0, ..Refusal::new(400, "invalid request") })
    }
}

/// Writes responses to one request.
pub(super) struct Writer {
    pub(super) version: ApiVersion,
    pub(super) request_id: String,
    pub(super) now_ms: i64,
}

impl Writer {
    pub(super) fn write(&self, handled: Handled) -> Response {
        match handled {
            Ok(Some(body)) => self.json(200, &body, None),
            Ok(None) => self.response(204, None, None, Vec::new()),
            Err(refusal) => {
                let mut body = self.error(refusal.status, refusal.message);
                if refusal.status == 400 && self.version == ApiVersion::V1 {
                    body["fieldErrors"] = json!(refusal.fields);
                }
                self.json(refusal.status, &body, refusal.retry_after_s)
            }
        }
    }

    /// An answer that a fault asks for.
    pub(super) fn fault(&self, status: u16, retry_after_s: Option<u64>, body: Option<&str>) -> Response {
        match body {
            Some(body) => self.text(status, retry_after_s, body),
            None => self.json(status, &self.error(status, "the sandbox was told to fail"), retry_after_s),
        }
    }

    /// An answer whose body is given, whatever it is.
    pub(super) fn text(&self, status: u16, retry_after_s: Option<u64>, body: &str) -> Response {
        let kind = if body.trim_start().starts_with('<') { "text/html" } else { "application/json" };
        self.response(status, Some(kind), retry_after_s, body.into())
    }

    fn error(&self, status: u16, message: &str) -> Json {
        json!({"message": message, "requestId": self.request_id, "statusCode": status})
    }

    fn json(&self, status: u16, body: &Json, retry_after_s: Option<u64>) -> Response {
        self.response(status, Some("application/json"), retry_after_s, body.to_string().into_bytes())
    }

    fn response(&self, status: u16, kind: Option<&str>, retry_after_s: Option<u64>, body: Vec<u8>) -> Response {
        let seconds = u64::try_from(self.now_ms / 1000).unwrap_or(0).min(LAST_DATE);
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        let headers = [
            kind.map(|kind| ("content-type", kind.to_owned())),
            Some(("date", date)),
            Some(("x-request-id", self.request_id.clone())),
            retry_after_s.map(|seconds| ("retry-after", seconds.to_string())),
        ];
        Response::new(status, headers.into_iter().flatten(), body)
    }
}
