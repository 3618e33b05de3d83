//! [`Request`]: what to send, and how it looks as a `curl` command.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::Problem;

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
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) warnings: Vec<Problem>,
}

impl Request {
    /// A request that was built before and stored since, without its warnings.
    #[must_use]
    pub fn from_parts(method: Method, url: String, body: Option<Vec<u8>>) -> Self {
        Request { method, url, body, warnings: Vec::new() }
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
