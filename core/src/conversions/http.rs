//! [`Request`], [`Response`] and [`Secret`] to and from the types of the `http` crate, which HTTP clients share.

use http::{HeaderValue, header::InvalidHeaderValue};

use crate::{Request, Response, Secret};

/// A request for any client that takes those of the `http` crate, still without the credential. No body is an empty one.
///
/// ```
/// use astro_tokens::{Api, Operation, RotateToken, Secret};
///
/// let secret = Secret::new("eyJhbGciOiJSUzI1NiJ9.e30.c2ln".to_owned());
/// let request = RotateToken::new("clm8q7f6q000008lcgyougpsk").request(&Api::new("clorg")?)?;
/// let mut request = http::Request::try_from(request)?;
/// request.headers_mut().insert("authorization", http::HeaderValue::try_from(&secret)?);
/// assert_eq!(request.uri().host(), Some("api.astronomer.io"));
/// assert!(!format!("{request:?}").contains("eyJ"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// The URL is longer than 65,534 bytes, or was put together by hand and is none.
impl TryFrom<Request> for http::Request<Vec<u8>> {
    type Error = http::Error;

    fn try_from(request: Request) -> Result<Self, http::Error> {
        let builder = request.headers().iter().fold(
            http::Request::builder().method(request.method.as_str()).uri(request.url()),
            |builder, (name, value)| builder.header(*name, *value),
        );
        builder.body(request.body.unwrap_or_default())
    }
}

/// As for a request by value; to send it again after a failure.
///
/// # Errors
///
/// The same.
impl TryFrom<&Request> for http::Request<Vec<u8>> {
    type Error = http::Error;

    fn try_from(request: &Request) -> Result<Self, http::Error> {
        request.clone().try_into()
    }
}

/// The value of the header `authorization`, marked as sensitive, so that its debug text does not show it.
///
/// # Errors
///
/// The secret holds characters that a header cannot.
impl TryFrom<&Secret> for HeaderValue {
    type Error = InvalidHeaderValue;

    fn try_from(secret: &Secret) -> Result<Self, InvalidHeaderValue> {
        let text = zeroize::Zeroizing::new(format!("Bearer {}", secret.expose()));
        let mut value = HeaderValue::from_str(&text)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// The answer of a client, once it has read the whole body. Values of headers that are not UTF-8 are read as well as
/// they can be.
impl<B: Into<Vec<u8>>> From<http::Response<B>> for Response {
    fn from(response: http::Response<B>) -> Self {
        let (parts, body) = response.into_parts();
        let headers = parts
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        Response::new(parts.status.as_u16(), headers, body)
    }
}
