//! [`ApiError`]: Astro refused, or answered something that cannot be read.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Response, Secret, text};

/// How much of an answer that cannot be read is shown.
const EXCERPT_CHARACTERS: usize = 200;

/// The other side's error: Astro refused the request, or its answer cannot be read.
///
/// ```
/// use astro_tokens::{GetToken, Operation, Response};
///
/// let body = r#"{"message": "token not found", "requestId": "req-1", "statusCode": 404}"#;
/// let error = GetToken::parse(&Response::new(404, [("content-type", "application/json")], body)).unwrap_err();
/// assert_eq!(error.to_string(), "Astro answered 404 Not Found: token not found (request id req-1)
///   help: check the id, and that the credential belongs to the same Organization");
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub struct ApiError {
    /// The status of the answer.
    pub status: u16,
    /// What Astro said, or what is wrong with the answer.
    pub message: String,
    /// What Astro calls the request: support asks for it.
    pub request_id: Option<String>,
    /// What is wrong with single fields; v1 only.
    pub field_errors: Vec<FieldError>,
    /// How many milliseconds to wait before another try, where Astro says so.
    pub retry_after_ms: Option<u64>,
    /// A secret that came with an answer which cannot be read: the token exists, and nobody will be told its value again.
    pub secret: Option<Secret>,
}

/// What Astro says is wrong with a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldError {
    /// Astro's code.
    #[serde(default)]
    pub code: String,
    /// The field in Astro's spelling.
    #[serde(default)]
    pub field: String,
    /// What is wrong with it.
    #[serde(default)]
    pub message: String,
}

/// The body of a refusal. Source: `Error` in the published schemas.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Refusal {
    message: Option<String>,
    request_id: Option<String>,
    field_errors: Option<Vec<FieldError>>,
}

impl ApiError {
    /// Astro refused: the status is not one of success.
    pub(crate) fn refused(response: &Response) -> Self {
        let refusal: Option<Refusal> = serde_json::from_slice(response.body()).ok();
        let is_json = refusal.is_some();
        let Refusal { message, request_id, field_errors } = refusal.unwrap_or_default();
        let message = match message.filter(|message| !message.trim().is_empty()) {
            Some(message) => fit(&message),
            None if response.body().iter().all(u8::is_ascii_whitespace) => "it said nothing more".to_owned(),
            None if is_json => format!("its answer has no message: {}", excerpt(response.body())),
            None => format!("its answer is not JSON: {}", excerpt(response.body())),
        };
        let mut field_errors = field_errors.unwrap_or_default();
        for error in &mut field_errors {
            for text in [&mut error.code, &mut error.field, &mut error.message] {
                *text = fit(text);
            }
        }
        ApiError { field_errors, ..ApiError::new(response, message, request_id) }
    }

    /// Astro agreed, but its answer is not what was promised.
    pub(crate) fn unreadable(response: &Response, reason: &str) -> Self {
        let message = if response.body().iter().all(u8::is_ascii_whitespace) {
            format!("{reason}; it is empty")
        } else {
            format!("{reason}: {}", excerpt(response.body()))
        };
        ApiError { secret: secret_in(response.body()), ..ApiError::new(response, message, None) }
    }

    fn new(response: &Response, message: String, request_id: Option<String>) -> Self {
        ApiError {
            status: response.status(),
            message,
            request_id: request_id
                .as_deref()
                .or_else(|| response.header("x-request-id"))
                .map(fit)
                .filter(|request_id| !request_id.is_empty()),
            field_errors: Vec::new(),
            retry_after_ms: retry_after_ms(response),
            secret: None,
        }
    }

    /// What to do about it, where the status tells.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        Some(match self.status {
            300..=399 => "redirects are not followed, as the credential would go along; check the base URL",
            401 => "the credential is missing, wrong, expired or rotated; check what `ASTRO_API_TOKEN` holds",
            403 => "the credential lacks the right; it needs a role on the entity that the request is about",
            404 => "check the id, and that the credential belongs to the same Organization",
            429 => "wait, then send it again; the limits are 10 POST, 5 DELETE and 25 GET requests a second",
            500..=599 => "Astro is in trouble; whether the request took effect is not known",
            _ => return None,
        })
    }
}

impl ApiError {
    /// What happened, without what to do about it.
    pub(crate) fn summary(&self) -> String {
        let mut summary = format!("Astro answered {}{}: {}", self.status, phrase(self.status), self.message);
        if let Some(request_id) = &self.request_id {
            summary.push_str(&format!(" (request id {request_id})"));
        }
        for FieldError { field, message, .. } in &self.field_errors {
            summary.push_str(&format!("\n{field}: {message}"));
        }
        summary
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())?;
        match self.help() {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

/// What HTTP calls the status, of those that Astro documents and that stand in its way.
fn phrase(status: u16) -> &'static str {
    match status {
        200 => " OK",
        400 => " Bad Request",
        401 => " Unauthorized",
        403 => " Forbidden",
        404 => " Not Found",
        429 => " Too Many Requests",
        500 => " Internal Server Error",
        502 => " Bad Gateway",
        503 => " Service Unavailable",
        504 => " Gateway Timeout",
        _ => "",
    }
}

/// `Retry-After` in seconds, or as a date, which the server's own `Date` turns into a wait.
///
/// Source: RFC 9110, section 10.2.3.
fn retry_after_ms(response: &Response) -> Option<u64> {
    let value = response.header("retry-after")?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return seconds.checked_mul(1000);
    }
    let then = httpdate::parse_http_date(value).ok()?;
    let now = httpdate::parse_http_date(response.header("date")?).ok()?;
    let wait = then.duration_since(now).unwrap_or_default();
    u64::try_from(wait.as_millis()).ok()
}

/// The beginning of a body, fit to be printed: secrets masked, control characters escaped.
fn excerpt(body: &[u8]) -> String {
    let text = masked(&String::from_utf8_lossy(body));
    let mut excerpt: String = text.chars().take(EXCERPT_CHARACTERS).flat_map(printable).collect();
    if text.chars().nth(EXCERPT_CHARACTERS).is_some() {
        excerpt.push('…');
    }
    format!("`{excerpt}`")
}

/// What the other side or a host says, fit to be printed: secrets masked, control characters escaped, cut where it is longer
/// than anybody reads.
pub(crate) fn fit(text: &str) -> String {
    const LONGEST: usize = 1000;
    let text = masked(text.trim());
    let mut fit: String = text.chars().take(LONGEST).flat_map(printable).collect();
    if text.chars().nth(LONGEST).is_some() {
        fit.push('…');
    }
    fit
}

fn printable(character: char) -> Box<dyn Iterator<Item = char>> {
    if character.is_control() || text::is_invisible(character) {
        Box::new(character.escape_default())
    } else {
        Box::new(std::iter::once(character))
    }
}

/// The text without the values of tokens: whatever looks like one, and whatever stands behind the key `token`.
pub(crate) fn masked(text: &str) -> String {
    let mut ranges: Vec<_> = text::secrets(text).chain(token_values(text)).collect();
    ranges.sort_by_key(|range| range.start);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for range in ranges {
        if range.start >= from {
            out.push_str(&text[from..range.start]);
            out.push_str("[redacted]");
        }
        from = from.max(range.end);
    }
    out.push_str(&text[from..]);
    out
}

/// Where the strings behind the key `token` are in JSON that may be cut short anywhere.
fn token_values(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    const KEY: &str = "\"token\"";
    text.match_indices(KEY).filter_map(|(key, _)| {
        let behind = key + KEY.len();
        let rest = text[behind..].trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
        let start = text.len() - rest.len();
        let mut escaped = false;
        let end = rest.find(|character| {
            let ends = character == '"' && !escaped;
            escaped = character == '\\' && !escaped;
            ends
        });
        Some(start..end.map_or(text.len(), |end| start + end))
    })
}

/// The value of the key `token`, if the body is JSON or the beginning of it.
fn secret_in(body: &[u8]) -> Option<Secret> {
    let text = std::str::from_utf8(body).ok()?;
    let range = token_values(text).find(|range| range.end < text.len())?;
    let value: String = serde_json::from_str(&text[range.start - 1..=range.end]).ok()?;
    (!value.is_empty()).then(|| Secret::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JWT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

    #[test]
    fn secrets_are_masked_wherever_an_answer_is_cut() {
        let body = format!(r#"{{"id": "cl", "token" : "{JWT}", "name": "x"}}"#);
        for end in 0..body.len() {
            let shown = masked(&body[..end]);
            assert!(!shown.contains("hbGci") && !shown.contains("c2ln"), "{shown}");
        }
        assert_eq!(masked(r#"{"token":"a\"b","x":1}"#), r#"{"token":"[redacted]","x":1}"#);
        assert_eq!(masked(&format!("Bearer {JWT} x")), "Bearer [redacted] x");
    }

    #[test]
    fn a_secret_is_found_in_what_cannot_be_read() {
        let exposed = |body: &str| secret_in(body.as_bytes()).map(|secret| secret.expose().to_owned());
        assert_eq!(exposed(r#"{"token":"a\"b","#).as_deref(), Some("a\"b"));
        assert_eq!(exposed(r#"{"token":"a"#), None);
        assert_eq!(exposed(r#"{"token":""}"#), None);
        assert_eq!(exposed("<html>"), None);
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let wait = |headers: &[(&str, &str)]| retry_after_ms(&Response::new(429, headers.iter().copied(), ""));
        assert_eq!(wait(&[("Retry-After", "2")]), Some(2000));
        let date = ("date", "Sun, 22 Nov 2026 09:40:10 GMT");
        assert_eq!(wait(&[("retry-after", "Sun, 22 Nov 2026 09:40:40 GMT"), date]), Some(30_000));
        assert_eq!(wait(&[("retry-after", "Sun, 22 Nov 2026 09:00:00 GMT"), date]), Some(0));
        assert_eq!(wait(&[("retry-after", "Sun, 22 Nov 2026 09:40:40 GMT")]), None);
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[("retry-after", "99999999999999999999")]), None);
    }
}
