//! Conversions to and from the types of other crates.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use astro_tokens::{
    Api, CreateToken, GetToken, InvalidTimestamp, Method, Operation, Request, Response, Secret, Timestamp,
};

/// What is written, the same in UTC, and the nanoseconds since 1970.
const TIMES: &[(&str, &str, i128)] = &[
    ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z", 0),
    ("2026-11-22T09:40:10.5+01:00", "2026-11-22T08:40:10.500Z", 1_795_336_810_500_000_000),
    ("2023-09-08T13:30:48.766123456Z", "2023-09-08T13:30:48.766123456Z", 1_694_179_848_766_123_456),
    ("2023-09-08T13:30:48.00000012Z", "2023-09-08T13:30:48.000000120Z", 1_694_179_848_000_000_120),
    ("1969-12-31T23:59:59.9999999999Z", "1969-12-31T23:59:59.999999999Z", -1),
    ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z", -62_167_219_200_000_000_000),
    ("9999-12-30T22:00:00Z", "9999-12-30T22:00:00.000Z", 253_402_207_200_000_000_000),
];

#[test]
fn times_of_jiff() {
    for (text, utc, nanos) in TIMES {
        let time = jiff::Timestamp::try_from(&text.parse::<Timestamp>().unwrap()).unwrap();
        assert_eq!(time.as_nanosecond(), *nanos, "{text}");
        assert_eq!(Timestamp::try_from(time).unwrap().as_str(), *utc);
    }
    assert!(jiff::Timestamp::try_from(&"9999-12-31T23:59:59Z".parse::<Timestamp>().unwrap()).is_err());
    assert_eq!(Timestamp::try_from(jiff::Timestamp::MIN), Err(InvalidTimestamp));
}

#[test]
fn times_of_chrono() {
    for (text, utc, nanos) in TIMES {
        let time = chrono::DateTime::from(&text.parse::<Timestamp>().unwrap());
        assert_eq!(i128::from(time.timestamp()), nanos.div_euclid(1_000_000_000), "{text}");
        assert_eq!(i128::from(time.timestamp_subsec_nanos()), nanos.rem_euclid(1_000_000_000), "{text}");
        assert_eq!(Timestamp::try_from(time).unwrap().as_str(), *utc);
        let elsewhere = time.with_timezone(&chrono::FixedOffset::east_opt(3600).unwrap());
        assert_eq!(Timestamp::try_from(elsewhere).unwrap().as_str(), *utc);
    }
    let last = chrono::DateTime::from(&"9999-12-31T23:59:59.999999999-23:59".parse::<Timestamp>().unwrap());
    for time in [last, chrono::DateTime::<chrono::Utc>::MIN_UTC, chrono::DateTime::<chrono::Utc>::MAX_UTC] {
        assert_eq!(Timestamp::try_from(time), Err(InvalidTimestamp));
    }
}

#[test]
fn times_of_time() {
    for (text, utc, nanos) in TIMES {
        let time = time::OffsetDateTime::try_from(&text.parse::<Timestamp>().unwrap()).unwrap();
        assert_eq!(time.unix_timestamp_nanos(), *nanos, "{text}");
        let elsewhere = time.to_offset(time::UtcOffset::from_hms(0, 30, 0).unwrap());
        assert_eq!(Timestamp::try_from(elsewhere).unwrap().as_str(), *utc);
    }
    assert!(time::OffsetDateTime::try_from(&"9999-12-31T23:59:59-23:59".parse::<Timestamp>().unwrap()).is_err());
    let before = time::OffsetDateTime::UNIX_EPOCH - time::Duration::days(800_000);
    assert_eq!(Timestamp::try_from(before), Err(InvalidTimestamp));
}

#[test]
fn requests_are_the_same_for_every_client() {
    let api = Api::new("clorg").unwrap();
    let create = CreateToken::new("CI", "ORGANIZATION_OWNER").expiration_days(30).request(&api).unwrap();
    let sent = http::Request::try_from(&create).unwrap();
    assert_eq!(sent.method(), http::Method::POST);
    assert_eq!(sent.uri(), create.url());
    assert_eq!(sent.body(), create.body().unwrap());
    let headers: Vec<_> = sent.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    assert_eq!(headers, create.headers());

    let get = GetToken::new("cltok").request(&api).unwrap();
    let sent = http::Request::try_from(get).unwrap();
    assert!(sent.body().is_empty() && sent.method() == http::Method::GET && sent.headers().len() == 1);

    let no_url = Request::from_parts(Method::Get, "not a URL".to_owned(), None);
    assert!(http::Request::try_from(no_url).is_err());
}

#[test]
fn a_credential_is_a_header_that_is_not_shown() {
    let secret = Secret::new("eyJhbGciOiJSUzI1NiJ9.e30.c2ln".to_owned());
    let header = http::HeaderValue::try_from(&secret).unwrap();
    assert_eq!(header.to_str().unwrap(), "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln");
    assert!(!format!("{header:?}").contains("eyJ"));

    let error = http::HeaderValue::try_from(&Secret::new("eyJ\n".to_owned())).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("eyJ"));
}

#[test]
fn answers_are_read_from_every_client() {
    let body = r#"{"message": "token not found", "requestId": "req-1", "statusCode": 404}"#;
    let answer = http::Response::builder()
        .status(404)
        .header("X-Request-Id", "req-2")
        .header("x-odd", http::HeaderValue::from_bytes(b"\xff").unwrap())
        .body(body)
        .unwrap();
    let response = Response::from(answer);
    assert_eq!(response.status(), 404);
    assert_eq!(response.header("x-request-id"), Some("req-2"));
    assert_eq!(response.header("x-odd"), Some("\u{fffd}"));
    assert_eq!(GetToken::parse(&response).unwrap_err().request_id.as_deref(), Some("req-1"));
    // As clients hand bodies out: `Vec<u8>`, `bytes::Bytes`.
    assert!(Response::from(http::Response::new(Vec::new())).is_success());
}
