//! [`Response`], as Python sees it.

use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyBytes, PyString},
};

use crate::{errors, secret::not_pickled};

/// What came back, as your HTTP client got it: for `Request.parse`.
///
/// It may hold a secret, so that its repr shows neither headers nor body, it refuses to be pickled, and its memory is
/// zeroed when it is gone.
///
/// Args:
///     status (int): The status: 200.
///     headers (mapping or iterable of pairs): The headers as strings, with names in any case.
///     body (bytes or str): The whole body; a string stands for its UTF-8.
///
/// Raises:
///     ValidationError: A header or the body is a string that holds a lone surrogate (`invalid_unicode`).
#[pyclass(frozen, module = "astro_tokens")]
pub(crate) struct Response(pub(crate) astro_tokens::Response);

#[pymethods]
impl Response {
    #[new]
    fn new(status: u16, headers: &Bound<'_, PyAny>, body: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Response(astro_tokens::Response::new(status, pairs(headers)?, bytes(body)?)))
    }

    /// The status: 200.
    #[getter]
    fn status(&self) -> u16 {
        self.0.status()
    }

    /// A new list of the headers, as they were given.
    #[getter]
    fn headers(&self) -> Vec<(&str, &str)> {
        self.0.headers().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The body as bytes. It may hold the secret of a token, and Python cannot erase it.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.body())
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }

    fn __copy__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __deepcopy__(this: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        this
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_pickled("a response, which may hold a secret,"))
    }
}

/// The pairs of anything with `items`, such as the headers of every HTTP client, or of an iterable.
pub(crate) fn pairs(headers: &Bound<'_, PyAny>) -> PyResult<Vec<(String, String)>> {
    let pairs = match headers.getattr_opt("items")? {
        Some(items) => items.call0()?,
        None => headers.clone(),
    };
    let pair = |pair: PyResult<Bound<'_, PyAny>>| {
        pair?.extract().map_err(|error| errors::not_unicode(headers.py(), error, "Response", "headers"))
    };
    pairs.try_iter()?.map(pair).collect()
}

/// The bytes of a body, where a string stands for its UTF-8.
pub(crate) fn bytes(body: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(text) = body.cast::<PyString>() {
        let text = text.to_str().map_err(|error| errors::not_unicode(body.py(), error, "Response", "body"))?;
        return Ok(text.as_bytes().to_vec());
    }
    if let Ok(bytes) = body.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    body.extract().map_err(|_| PyTypeError::new_err("the body is neither bytes nor a string"))
}
