//! Times of the core as `datetime`, and back.

use std::time::{SystemTime, UNIX_EPOCH};

use astro_tokens::Timestamp;
use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    sync::PyOnceLock,
    types::{PyDateTime, PyDelta, PyTzInfo},
};

/// The time in UTC, with the microseconds that it was written with.
///
/// Fails for the few hours of RFC 3339 that Python's calendar lacks: those before the year 1, or behind 9999.
pub(crate) fn datetime<'py>(py: Python<'py>, time: &Timestamp) -> PyResult<Bound<'py, PyAny>> {
    match in_iso_format(time.as_str()) {
        Some(text) => {
            static FROM_ISO_FORMAT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
            let read = FROM_ISO_FORMAT
                .get_or_try_init(py, || py.get_type::<PyDateTime>().getattr("fromisoformat").map(Bound::unbind))?;
            read.bind(py).call1((text,))
        }
        None => computed(py, time),
    }
}

/// A time in UTC as every version of Python reads it, with six digits behind the second; nothing where it is written in
/// another way than Astro's.
fn in_iso_format(text: &str) -> Option<String> {
    let text = text.strip_suffix('Z')?;
    let (second, fraction) = text.split_once('.').unwrap_or((text, ""));
    // A leap second is one that Python lacks.
    if second.as_bytes().get(10) != Some(&b'T') || second.ends_with("60") {
        return None;
    }
    let mut iso = String::with_capacity(32);
    iso.push_str(second);
    iso.push('.');
    iso.extend(fraction.chars().chain(std::iter::repeat('0')).take(6));
    iso.push_str("+00:00");
    Some(iso)
}

fn computed<'py>(py: Python<'py>, time: &Timestamp) -> PyResult<Bound<'py, PyAny>> {
    static EPOCH: PyOnceLock<Py<PyDateTime>> = PyOnceLock::new();
    let epoch = EPOCH.get_or_try_init(py, || {
        let utc = PyTzInfo::utc(py)?.to_owned();
        PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&utc)).map(Bound::unbind)
    })?;
    let seconds = time.unix_millis().div_euclid(1000);
    let days = i32::try_from(seconds.div_euclid(86_400))?;
    let second = i32::try_from(seconds.rem_euclid(86_400))?;
    epoch.bind(py).add(PyDelta::new(py, days, second, microseconds(time.as_str()), false)?)
}

/// The time that the caller calls now, or the time of this machine, in milliseconds since 1970.
pub(crate) fn now(now: Option<&Bound<'_, PyAny>>) -> PyResult<i64> {
    let Some(now) = now else {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        return Ok(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    };
    let now = now.cast::<PyDateTime>()?;
    // Python would take a time without an offset for one of this machine's, which is not what its author had in mind.
    if now.call_method0("utcoffset")?.is_none() {
        return Err(PyValueError::new_err("`now` has no time zone; use `datetime.now(timezone.utc)`"));
    }
    let seconds: f64 = now.call_method0("timestamp")?.extract()?;
    Ok((seconds * 1000.0).round() as i64)
}

/// The fraction of the second; digits beyond microseconds are cut off.
fn microseconds(text: &str) -> i32 {
    let digits = text.split_once('.').map_or("", |(_, rest)| rest).bytes().take_while(u8::is_ascii_digit);
    digits.chain(std::iter::repeat(b'0')).take(6).fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0'))
}
