//! [`Request`]: what to send, and how it looks as a `curl` command.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{OperationKind, Problem};

/// All but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The methods that the API of tokens uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Writes, updates included: the API has neither PUT nor PATCH.
    Post,
    /// Deletes.
    Delete,
}

impl Method {
    /// As HTTP writes it: `GET`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        }
    }

    /// The method of this name, in upper case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Method::Get, Method::Post, Method::Delete].into_iter().find(|method| method.as_str() == name)
    }
}

/// One HTTP request, without the credential.
///
/// Whoever sends it adds `authorization: Bearer …`, so a request can be printed, logged, compared and stored. The
/// warnings travel beside it and are no part of its identity.
///
/// ```
/// use astro_tokens::{Api, CreateToken, Operation, Request};
///
/// let request = CreateToken::new("CI", "ORGANIZATION_MEMBER").request(&Api::new("clorg")?)?;
/// assert_eq!(request.headers(), [("accept", "application/json"), ("content-type", "application/json")]);
/// assert_eq!(request.body(), Some(&br#"{"name":"CI","scope":"ORGANIZATION","role":"ORGANIZATION_MEMBER"}"#[..]));
/// assert_eq!(request.warnings()[0].message, "the token will never expire");
///
/// let stored = Request::from_parts(request.method(), request.url(), request.body().map(<[u8]>::to_vec));
/// assert_eq!(stored, request);
/// # Ok::<(), astro_tokens::ValidationError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) method: Method,
    /// Shared: many requests go to one URL.
    pub(crate) url: Arc<str>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) warnings: Vec<Problem>,
}

impl Request {
    /// A request that was built before and stored since, without its warnings.
    #[must_use]
    pub fn from_parts(method: Method, url: impl Into<Arc<str>>, body: Option<Vec<u8>>) -> Self {
        Request { method, url: url.into(), body, warnings: Vec::new() }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The absolute URL, percent-encoded.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The headers, with lower-case names: `accept`, and `content-type` where there is a body.
    #[must_use]
    pub fn headers(&self) -> &'static [(&'static str, &'static str)] {
        match self.body {
            Some(_) => &[("accept", "application/json"), ("content-type", "application/json")],
            None => &[("accept", "application/json")],
        }
    }

    /// The body: JSON in UTF-8.
    #[must_use]
    pub fn body(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }

    /// What is worth a look although it does not stop the request.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// The operation that this is a request of, by its method and URL: one that was stored and made again knows it, too.
    #[must_use]
    pub fn operation(&self) -> Option<OperationKind> {
        let (_, rest) = self.url.split_once("://")?;
        let path = rest.get(rest.find('/')?..)?.split('?').next()?;
        // No base URL holds a version, so the first one is where the path of the API begins.
        let behind = |start| Some(path.split_once(start)?.1);
        let path = behind("/v1/organizations/").or_else(|| behind("/v1beta1/organizations/"))?;
        let mut parts = path.split('/').skip(1);
        if parts.next() != Some("tokens") {
            return None;
        }
        match (self.method, parts.next(), parts.next(), parts.next()) {
            (Method::Post, None, ..) => Some(OperationKind::CreateToken),
            (Method::Get, None, ..) => Some(OperationKind::ListTokens),
            (Method::Get, Some(_), None, _) => Some(OperationKind::GetToken),
            (Method::Post, Some(_), None, _) => Some(OperationKind::UpdateToken),
            (Method::Post, Some(_), Some("roles"), None) => Some(OperationKind::UpdateTokenRoles),
            (Method::Post, Some(_), Some("rotate"), None) => Some(OperationKind::RotateToken),
            (Method::Delete, Some(_), None, _) => Some(OperationKind::DeleteToken),
            _ => None,
        }
    }

    /// The request as a `curl` command for a POSIX shell.
    ///
    /// The credential is a reference to the variable `ASTRO_API_TOKEN`, so the command can be shown to anybody and
    /// runs where that variable is set.
    #[must_use]
    pub fn as_curl(&self) -> String {
        let mut curl = format!("curl --request {} {}", self.method.as_str(), single_quoted(&self.url));
        curl.push_str(" \\\n  --header \"authorization: Bearer $ASTRO_API_TOKEN\"");
        for (name, value) in self.headers() {
            curl.push_str(" \\\n  --header ");
            curl.push_str(&single_quoted(&format!("{name}: {value}")));
        }
        if let Some(body) = &self.body {
            curl.push_str(" \\\n  --data-raw ");
            curl.push_str(&single_quoted(&String::from_utf8_lossy(body)));
        }
        curl
    }
}

impl PartialEq for Request {
    fn eq(&self, other: &Self) -> bool {
        self.method == other.method && self.url == other.url && self.body == other.body
    }
}

impl Eq for Request {}

impl Hash for Request {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.method, &self.url, &self.body).hash(state);
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.url)
    }
}

/// In single quotes, where a POSIX shell changes nothing; a single quote itself is written outside of them.
pub(crate) fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Appends a path segment or query value, percent-encoded.
pub(crate) fn push_encoded(url: &mut String, part: &str) {
    url.extend(utf8_percent_encode(part, RESERVED));
}

/// Appends `name=value` to the query of a URL.
pub(crate) fn push_query(url: &mut String, first: &mut bool, name: &str, value: &str) {
    url.push(if std::mem::take(first) { '?' } else { '&' });
    url.push_str(name);
    url.push('=');
    push_encoded(url, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_knows_its_operation() {
        for (method, url, operation) in [
            (Method::Post, "https://api.astronomer.io/v1/organizations/clorg/tokens", "create_token"),
            (Method::Get, "https://a.io/iam/v1beta1/organizations/clorg/tokens?limit=1", "list_tokens"),
            (Method::Get, "https://a.io/v1/organizations/tokens/tokens/tokens", "get_token"),
            (Method::Post, "https://v1/organizations/x/v1/organizations/clorg/tokens/x", "update_token"),
            (Method::Post, "http://[::1]:1/organizations/v1/organizations/o/tokens/x/roles", "update_token_roles"),
            (Method::Post, "http://localhost/v1/organizations/clorg/tokens/x/rotate", "rotate_token"),
            (Method::Delete, "http://localhost/v1/organizations/clorg/tokens/x", "delete_token"),
            (Method::Delete, "https://a.io/v1/organizations/clorg/tokens", ""),
            (Method::Get, "https://a.io/v1/organizations/clorg/workspaces", ""),
            (Method::Post, "https://a.io/v1/organizations/clorg/tokens/x/roles/y", ""),
            (Method::Get, "https://a.io/dev1/organizations/clorg/tokens", ""),
            (Method::Get, "https://a.io/v1/organizations", ""),
            (Method::Get, "tokens", ""),
        ] {
            let request = Request::from_parts(method, url.to_owned(), None);
            assert_eq!(request.operation().map_or("", OperationKind::as_str), operation, "{url}");
        }
    }
}
