//! The base URL: it decides where the credential goes, so only what is plainly right passes.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::{
    Code,
    report::Report,
    spelling::Path,
    text::{looks_like_secret, shown},
};

pub(crate) const DEFAULT: &str = "https://api.astronomer.io";

/// Reads an origin with an optional path, as it is but for slashes at its end.
///
/// This is deliberately narrower than the URL standard: a host is letters, digits, dots and dashes or an address in
/// brackets. What browsers repair (backslashes, missing slashes, odd numbers as addresses) is refused, because two
/// programs might repair it differently and the credential end up on another host.
pub(crate) fn read<'u>(report: &mut Report, at: Path, url: &'u str) -> Option<&'u str> {
    match check(url) {
        Ok(()) => Some(url.trim_end_matches('/')),
        Err((message, help)) => {
            // What is more than a plain address may be a credential, so nothing of it is shown then.
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/.-_~[]".contains(&byte);
            let subject = if url.bytes().all(is_plain) { shown(url) } else { "the base URL".to_owned() };
            report.add(Code::InvalidUrl, at, format!("{subject} {message}"), help);
            None
        }
    }
}

fn check(url: &str) -> Result<(), (&'static str, &'static str)> {
    const EXAMPLE: &str = "give an origin such as `https://api.astronomer.io`";
    let unusable = |character: char| character.is_whitespace() || character.is_control() || character == '\\';
    if url.contains(unusable) {
        return Err(("holds spaces, control characters or backslashes", EXAMPLE));
    }
    let (scheme, rest) = url.split_once("://").ok_or(("is not an absolute URL", EXAMPLE))?;
    if rest.contains('@') {
        return Err(("carries credentials", "leave the part up to `@` out; the token travels in a header"));
    }
    if rest.contains(['?', '#']) {
        return Err(("carries a query or a fragment", "leave out everything from the `?` or `#` on"));
    }
    if scheme != "https" && scheme != "http" {
        return Err(("is not HTTPS", "use `https://`"));
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host_of(authority).ok_or(("has no valid host and port", EXAMPLE))?;
    if scheme == "http" && !is_loopback(host) {
        return Err(("is not HTTPS", "use `https://`; plain HTTP is for loopback addresses alone"));
    }
    if looks_like_secret(path) {
        return Err(("holds the secret value of a token", "leave it out; the token travels in a header"));
    }
    if host.starts_with("cloud.") && host.ends_with("astronomer.io") {
        return Err(("is the address of Astro's web pages", "use `https://api.astronomer.io`"));
    }
    let path = path.trim_end_matches('/');
    if !path.is_empty() && !path[1..].split('/').all(is_plain_segment) {
        return Err(("has a path that is not plain", "use letters, digits, `-`, `_`, `.` and `~` between the slashes"));
    }
    let is_version = |segment: &str| segment.eq_ignore_ascii_case("v1") || segment.eq_ignore_ascii_case("v1beta1");
    if path.split('/').any(is_version) || path.ends_with("/iam") {
        return Err(("holds the API version", "leave out `/v1` or `/iam/v1beta1` and what follows; it is added"));
    }
    Ok(())
}

/// The host of `host` or `host:port`.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        address.parse::<Ipv6Addr>().ok()?;
        (address, port.strip_prefix(':').or(port.is_empty().then_some("443"))?)
    } else {
        let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
        let label = |label: &str| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        if !host.split('.').all(label) {
            return None;
        }
        (host, port)
    };
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    (digits && port.parse::<u16>().is_ok_and(|port| port > 0)).then_some(host)
}

/// Whether traffic to the host stays on this machine: `localhost` and below, `127.0.0.0/8` and `::1`.
fn is_loopback(host: &str) -> bool {
    let name = host.to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

/// A part between slashes that cannot climb (`..`) and needs no decoding.
fn is_plain_segment(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_origins_pass() {
        for url in [
            DEFAULT,
            "https://pr1234.api.astronomer-dev.io",
            "https://proxy.example.com:8443/astro/",
            "http://localhost:8888",
            "http://sandbox.localhost",
            "http://127.8.9.1:1",
            "http://[::1]:8080",
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for url in [
            "",
            "api.astronomer.io",
            "ftp://api.astronomer.io",
            "http://api.astronomer.io",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://127.1",
            "https://",
            "https:///path",
            "https://user:secret@api.astronomer.io",
            "https://api.astronomer.io\\@example.com",
            "https://api.astronomer.io?x=1",
            "https://api.astronomer.io#x",
            "https://api.astronomer.io:0",
            "https://api.astronomer.io:99999",
            "https://api.astronomer.io:",
            "https://api..astronomer.io",
            "https://api.astronomer.io/a/../b",
            "https://api.astronomer.io/a%2fb",
            "https://api.astronomer.io/v1",
            "https://api.astronomer.io/V1/organizations/x",
            "https://api.astronomer.io/iam",
            "https://api.astronomer.io//x",
            "https://cloud.astronomer.io",
            "https://api.astronomer.io/eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
            "https://api.astronomer.io/iam/v1beta1/",
            "https://exämple.com",
            "https://[::1",
            "https://[zz]",
            " https://api.astronomer.io",
        ] {
            assert!(check(url).is_err(), "{url}");
        }
    }
}
