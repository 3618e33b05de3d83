//! Where the API of a domain is: `ASTRO_DOMAIN`, as users of the Astro CLI set it or paste it.

use crate::{
    Code, Spelling, ValidationError, base_url,
    not_a_token::Fault,
    report::Report,
    text::{hides_secret, is_blank, is_placeholder, nearest, shown},
};

const FIELD: &str = "domain";
const ASTRO: &str = "astronomer.io";
const LOCAL: &str = "http://localhost:8888";
const ELSEWHERE: &str = "for any other host give the base URL of its API";

/// The base URL of the API on a domain, without the version: what [`ApiOptions::base_url`](crate::ApiOptions::base_url)
/// takes.
///
/// The address of Astro's web pages or of its API, pasted from a browser or a document, stands for its domain. Blank
/// means the default, as an environment variable that is empty does.
///
/// ```
/// use astro_tokens::base_url_of_domain;
///
/// assert_eq!(base_url_of_domain("astronomer.io")?, "https://api.astronomer.io");
/// assert_eq!(base_url_of_domain("https://cloud.astronomer.io/")?, "https://api.astronomer.io");
/// assert_eq!(base_url_of_domain("pr1234.astronomer-dev.io")?, "https://pr1234.api.astronomer-dev.io");
/// assert_eq!(base_url_of_domain("localhost")?, "http://localhost:8888");
/// # Ok::<(), astro_tokens::ValidationError>(())
/// ```
///
/// # Errors
///
/// [`ValidationError`] with one problem about the field `domain`: [`Code::InvalidValue`] where it is no domain or looks
/// like a slip for one of Astro's, [`Code::InvalidUrl`] where it is a URL of something else, [`Code::Placeholder`].
///
/// Source: the Astro CLI, `pkg/domainutil`.
pub fn base_url_of_domain(domain: &str) -> Result<String, ValidationError> {
    let mut report = Report::new(Spelling::Snake, false);
    let url = read(domain).map_err(|fault| fault.report(&mut report, FIELD)).ok();
    report.finish("the domain", url).map(|(url, _)| url)
}

fn read(domain: &str) -> Result<String, Fault> {
    if is_blank(domain) {
        return Ok(base_url::DEFAULT.to_owned());
    }
    let given = domain.trim();
    if hides_secret(given) {
        return Err(wrong(given, ""));
    }
    if is_placeholder(given) {
        let message = format!("{} is a placeholder from an example", shown(given));
        return Err(Fault::new(
            Code::Placeholder,
            message,
            "put the domain in its place, or leave it out for `astronomer.io`",
        ));
    }
    let (scheme, rest) = given.split_once("://").map_or((None, given), |(scheme, rest)| (Some(scheme), rest));
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if authority.contains('@') {
        let help = "leave the part up to `@` out; the token travels in a header";
        return Err(Fault::new(Code::InvalidUrl, "the domain carries credentials", help));
    }
    if scheme.is_some_and(|scheme| !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http")) {
        return Err(not_a_url(given, "is not the URL of a web page", "give a domain such as `astronomer.io`"));
    }
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let host = host.to_ascii_lowercase();
    if host == "localhost" {
        return match port {
            None | Some("8888") => Ok(LOCAL.to_owned()),
            Some(_) => {
                Err(not_a_url(given, "has another port than 8888", "give the base URL of its API in place of a domain"))
            }
        };
    }
    let host = ["cloud.", "api."].iter().find_map(|prefix| host.strip_prefix(prefix)).unwrap_or(&host);
    if !is_domain(host) {
        return Err(wrong(given, host));
    }
    if port.is_some_and(|port| port != "443") {
        return Err(not_a_url(given, "has a port", ELSEWHERE));
    }
    match host.split('.').collect::<Vec<_>>().as_slice() {
        [name, "io"] if is_astro(name) => Ok(format!("https://api.{host}")),
        [preview, "astronomer-dev", "io"] | [preview, "api" | "cloud", "astronomer-dev", "io"]
            if is_preview(preview) =>
        {
            Ok(format!("https://{preview}.api.astronomer-dev.io"))
        }
        _ if looks_like_astro(host) => Err(wrong(given, host)),
        _ if !matches!(path, "" | "/") => Err(not_a_url(given, "has a path, so it is not a domain", ELSEWHERE)),
        _ => Ok(format!("https://api.{host}")),
    }
}

/// `astronomer`, and what Astronomer itself works with: `astronomer-dev`.
fn is_astro(name: &str) -> bool {
    let stage = name.strip_prefix("astronomer");
    stage.is_some_and(|stage| matches!(stage, "" | "-dev" | "-stage" | "-perf"))
}

/// A preview of a change: `pr` and four to six digits.
fn is_preview(label: &str) -> bool {
    let digits = label.strip_prefix("pr").unwrap_or_default();
    (4..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a host that is none of Astro's was probably meant to be one. A credential must not go to its neighbour.
fn looks_like_astro(host: &str) -> bool {
    host.contains("astronomer") || nearest(host, [ASTRO, "astronomer"]).is_some()
}

/// At least two labels, the last of which is not a number, as that of an address is.
fn is_domain(host: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let top = host.rsplit('.').next().unwrap_or_default();
    host.len() <= 253
        && host.contains('.')
        && host.split('.').all(label)
        && !top.bytes().all(|byte| byte.is_ascii_digit())
}

/// The fault of what is no domain, or not the one that was meant.
fn wrong(given: &str, host: &str) -> Fault {
    let help = if nearest(host, ["localhost"]).is_some() {
        "did you mean `localhost`?".to_owned()
    } else if looks_like_astro(host) {
        format!("did you mean `{ASTRO}`? {ELSEWHERE}")
    } else {
        format!("give a domain such as `{ASTRO}`; {ELSEWHERE}")
    };
    Fault::new(Code::InvalidValue, format!("{} is not a domain of Astro", shown(given)), help)
}

fn not_a_url(given: &str, message: &str, help: &str) -> Fault {
    Fault::new(Code::InvalidUrl, format!("{} {message}", shown(given)), help)
}
