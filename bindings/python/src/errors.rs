//! Hands problems to the classes in `python/astro_tokens/_errors.py`, with the core's texts.

use astro_tokens::{Problem, Span, ValidationError};
use pyo3::{
    prelude::*,
    sync::PyOnceLock,
    types::{PyTuple, PyType},
};

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
