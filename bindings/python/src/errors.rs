//! Hands problems and errors to the classes in `python/astro_tokens/_errors.py`, with the core's texts.

use astro_tokens::{ApiError, FieldError, Problem, Span, ValidationError};
use pyo3::{
    prelude::*,
    sync::PyOnceLock,
    types::{PyTuple, PyType},
};

use crate::secret::Secret;

const MODULE: &str = "astro_tokens._errors";

/// The exception that says what is wrong; where even making it fails, that failure.
pub(crate) fn raised(py: Python<'_>, error: &ValidationError) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let exception = || {
        let problems = problems(py, &error.problems)?;
        CLASS.import(py, MODULE, "ValidationError")?.call1((error.to_string(), problems))
    };
    exception().map_or_else(|failure| failure, PyErr::from_value)
}

/// The exception that says what Astro refused, or what is wrong with its answer.
pub(crate) fn refused(py: Python<'_>, error: &ApiError) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let exception = || {
        let field_errors = field_errors(py, &error.field_errors)?;
        // Waits are short: every millisecond below 2^53 is a float.
        let retry_after = error.retry_after_ms.map(|wait| wait as f64 / 1000.0);
        let secret = error.secret.clone().map(Secret);
        let (text, message, request_id) = (error.to_string(), &error.message, &error.request_id);
        let fields = (text, error.status, message, request_id, field_errors, retry_after, secret, error.help());
        CLASS.import(py, MODULE, "ApiError")?.call1(fields)
    };
    exception().map_or_else(|failure| failure, PyErr::from_value)
}

/// What Astro says of single fields as a tuple of Python's `FieldError`.
fn field_errors<'py>(py: Python<'py>, errors: &[FieldError]) -> PyResult<Bound<'py, PyTuple>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let error =
        |error: &FieldError| CLASS.import(py, MODULE, "FieldError")?.call1((&error.code, &error.field, &error.message));
    PyTuple::new(py, errors.iter().map(error).collect::<PyResult<Vec<_>>>()?)
}

/// Problems as a tuple of Python's `Problem`.
pub(crate) fn problems<'py>(py: Python<'py>, problems: &[Problem]) -> PyResult<Bound<'py, PyTuple>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let problem = |problem: &Problem| {
        let (code, severity) = (problem.code.as_str(), problem.severity.as_str());
        let span = problem.span.map(|span| place(py, span)).transpose()?;
        let fields = (code, severity, &problem.field, &problem.message, &problem.help, span, problem.to_string());
        CLASS.import(py, MODULE, "Problem")?.call1(fields)
    };
    PyTuple::new(py, problems.iter().map(problem).collect::<PyResult<Vec<_>>>()?)
}

/// A place in a command as Python's `Span`.
fn place(py: Python<'_>, Span { argument, start, end }: Span) -> PyResult<Bound<'_, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, MODULE, "Span")?.call1((start, end, argument))
}
