//! [`Request`], as Python sees it.

use astro_tokens::Method;
use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    types::{IntoPyDict, PyBytes, PyDict, PyTuple},
};

use crate::{answers, arguments::unicode, errors, response::Response};

/// One HTTP request, without the credential.
///
/// Made by the methods of `Api`. Whoever sends it adds the header `authorization: Bearer ...`, so a request can be
/// printed, logged, compared, hashed and pickled. Two requests are equal if method, URL and body are; the warnings are
/// no part of that, and a pickled request comes back without them.
///
/// Called as a class it makes a request that was built before and stored since: method (`GET`, `POST` or `DELETE`),
/// URL, and body. Nothing is validated again.
#[pyclass(frozen, eq, hash, generic, module = "astro_tokens")]
#[derive(PartialEq, Hash)]
pub(crate) struct Request(pub(crate) astro_tokens::Request);

#[pymethods]
impl Request {
    #[new]
    #[pyo3(signature = (method, url, body = None))]
    fn new(method: &str, url: &Bound<'_, PyAny>, body: Option<&[u8]>) -> PyResult<Self> {
        let url = unicode(url, "Request", "url")?;
        let unknown = || PyValueError::new_err("the method is none of `GET`, `POST` and `DELETE`");
        let method = Method::parse(method).ok_or_else(unknown)?;
        Ok(Request(astro_tokens::Request::from_parts(method, url, body.map(<[u8]>::to_vec))))
    }

    /// The method, in upper case: `GET`, `POST` or `DELETE`.
    #[getter]
    fn method(&self) -> &'static str {
        self.0.method().as_str()
    }

    /// The absolute URL, percent-encoded.
    #[getter]
    fn url(&self) -> &str {
        self.0.url()
    }

    /// A new dictionary of the headers, with lower-case names: `accept`, and `content-type` where there is a body.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.0.headers().iter().copied().into_py_dict(py)
    }

    /// The body as bytes, JSON in UTF-8; `None` where there is none.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.0.body().map(|body| PyBytes::new(py, body))
    }

    /// What is worth a look although it does not stop the request: a tuple of `Problem`.
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        errors::problems(py, self.0.warnings())
    }

    /// The request as a `curl` command for a POSIX shell.
    ///
    /// The credential is a reference to the variable `ASTRO_API_TOKEN`, so the command can be shown to anybody and runs
    /// where that variable is set.
    fn as_curl(&self) -> String {
        self.0.as_curl()
    }

    /// Read the answer to this request.
    ///
    /// Args:
    ///     response (Response): Status, headers and body, as your HTTP client got them.
    ///
    /// Returns:
    ///     ApiToken, TokenPage, SubjectRoles or None: What the operation answers with; a deletion with nothing.
    ///
    /// Raises:
    ///     ApiError: Astro refused, or its answer cannot be read.
    ///     ValueError: The request is none that the methods of `Api` build.
    fn parse<'py>(&self, py: Python<'py>, response: &Bound<'py, Response>) -> PyResult<Bound<'py, PyAny>> {
        let unknown =
            || PyValueError::new_err("the request is none of an operation on tokens, so its answer cannot be read");
        let operation = self.0.operation().ok_or_else(unknown)?;
        let response = &response.get().0;
        match py.detach(|| operation.parse(response)) {
            Ok(answer) => answers::answer(py, answer),
            Err(error) => Err(errors::refused(py, &error)),
        }
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Request{}", self.__getnewargs__(py)?.repr()?))
    }

    // A request never changes, so that a copy is the request itself, with its warnings.
    fn __copy__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __deepcopy__(this: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        this
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (self.method(), self.url(), self.body(py)).into_pyobject(py)
    }
}
