//! Hands problems, errors and outcomes to the classes in `python/astro_tokens/_errors.py` and `_outcomes.py`, with the core's
//! texts.

use astro_tokens::{
    ApiError, Code, FieldError, Mark, Problem, Severity, Span, ValidationError,
    conversation::{Candidate, Cause, ConversationError, Effect, TransportError},
};
use pyo3::{
    exceptions::PyUnicodeEncodeError,
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyTuple, PyType},
};

use crate::{json, secret::Secret, time::datetime};

pub(crate) const MODULE: &str = "astro_tokens._errors";
const OUTCOMES: &str = "astro_tokens._outcomes";

/// The exception that says what is wrong; where even making it fails, that failure.
pub(crate) fn raised(py: Python<'_>, error: &ValidationError) -> PyErr {
    invalid(py, error).map_or_else(|failure| failure, PyErr::from_value)
}

fn invalid<'py>(py: Python<'py>, error: &ValidationError) -> PyResult<Bound<'py, PyAny>> {
    made(py, &error.to_string(), &error.problems)
}

fn made<'py>(py: Python<'py>, text: &str, found: &[Problem]) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, MODULE, "ValidationError")?.call1((text, problems(py, found)?))
}

/// The exception for a mistake in what only this binding takes: the settings of a session, the value of a secret.
pub(crate) fn mistake(py: Python<'_>, subject: &str, code: Code, field: &str, message: &str, help: &str) -> PyErr {
    let (message, help) = (message.to_owned(), Some(help.to_owned()));
    let problem = Problem { code, severity: Severity::Error, field: Some(field.to_owned()), message, help, span: None };
    let text = format!("{subject} has 1 problem, nothing was sent\n{problem}");
    made(py, &text, &[problem]).map_or_else(|failure| failure, PyErr::from_value)
}

/// Text that is not Unicode, without the text: Python's own error shows all of it, and it may be a credential.
pub(crate) fn not_unicode(py: Python<'_>, error: PyErr, subject: &str, field: &str) -> PyErr {
    if !error.is_instance_of::<PyUnicodeEncodeError>(py) {
        return error;
    }
    let message = "the text holds a lone surrogate, half of a character";
    let help = "read it as UTF-8 where it comes from, and take out what is no character";
    mistake(py, subject, Code::InvalidUnicode, field, message, help)
}

/// The exception that says what Astro refused, or what is wrong with its answer.
pub(crate) fn refused(py: Python<'_>, error: &ApiError) -> PyErr {
    refusal(py, error).map_or_else(|failure| failure, PyErr::from_value)
}

fn refusal<'py>(py: Python<'py>, error: &ApiError) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let field_errors = field_errors(py, &error.field_errors)?;
    // Waits are short: every millisecond below 2^53 is a float.
    let retry_after = error.retry_after_ms.map(|wait| wait as f64 / 1000.0);
    let secret = error.secret.clone().map(Secret);
    let (text, message, request_id) = (error.to_string(), &error.message, &error.request_id);
    let fields = (text, error.status, message, request_id, field_errors, retry_after, secret, error.help());
    CLASS.import(py, MODULE, "ApiError")?.call1(fields)
}

/// The exception that says what stands after a conversation failed; what it comes from is its `__cause__`.
pub(crate) fn stands(py: Python<'_>, error: ConversationError) -> PyErr {
    conversation_error(py, error).map_or_else(|failure| failure, PyErr::from_value)
}

fn conversation_error(py: Python<'_>, error: ConversationError) -> PyResult<Bound<'_, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let text = error.to_string();
    let cause = match &error.cause {
        None => None,
        Some(Cause::Api(cause)) => Some(refusal(py, cause)?),
        Some(Cause::Transport(cause)) => Some(no_answer(py, cause)?),
        Some(Cause::Invalid(cause)) => Some(invalid(py, cause)?),
        Some(_) => None,
    };
    let fields = PyDict::new(py);
    fields.set_item("work", error.work)?;
    fields.set_item("code", error.code.as_str())?;
    fields.set_item("message", error.message)?;
    fields.set_item("help", error.help)?;
    fields.set_item("done", PyTuple::new(py, error.done)?)?;
    fields.set_item("not_done", PyTuple::new(py, error.not_done)?)?;
    fields.set_item("unclear", PyTuple::new(py, error.unclear)?)?;
    fields.set_item("effects", effects(py, &error.effects)?)?;
    fields.set_item("cause", &cause)?;
    fields.set_item("secret", error.secret.map(Secret))?;
    fields.set_item("candidates", candidates(py, &error.candidates)?)?;
    fields.set_item("warnings", problems(py, &error.warnings)?)?;
    let exception = CLASS.import(py, MODULE, "ConversationError")?.call((text,), Some(&fields))?;
    exception.setattr("__cause__", cause)?;
    Ok(exception)
}

fn no_answer<'py>(py: Python<'py>, error: &TransportError) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, MODULE, "TransportError")?.call1((&error.message, error.may_have_arrived))
}

/// Tokens that may be meant as a tuple of Python's `Candidate`.
fn candidates<'py>(py: Python<'py>, candidates: &[Candidate]) -> PyResult<Bound<'py, PyTuple>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let candidate = |token: &Candidate| {
        let mark = token.mark.as_ref().map(|mark| mark_of(py, mark)).transpose()?;
        let (created_at, created_by, last_used_at) = (&token.created_at, &token.created_by, &token.last_used_at);
        let (id, name, scope, short_token) = (&token.id, &token.name, &token.scope, &token.short_token);
        let fields = (id, name, scope, short_token, created_at, created_by, last_used_at, mark);
        CLASS.import(py, OUTCOMES, "Candidate")?.call1(fields)
    };
    PyTuple::new(py, candidates.iter().map(candidate).collect::<PyResult<Vec<_>>>()?)
}

/// What work has done as a tuple of Python's `Effect`.
pub(crate) fn effects<'py>(py: Python<'py>, effects: &[Effect]) -> PyResult<Bound<'py, PyTuple>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let effect = |effect: &Effect| {
        let fields = json::to_dict(py, effect)?;
        let word = |name: &str| fields.get_item(name);
        let fields = (word("action")?, &effect.token_id, word("state")?, &effect.text);
        CLASS.import(py, OUTCOMES, "Effect")?.call1(fields)
    };
    PyTuple::new(py, effects.iter().map(effect).collect::<PyResult<Vec<_>>>()?)
}

/// What stands at the end of a description as Python's `Mark`.
pub(crate) fn mark_of<'py>(py: Python<'py>, mark: &Mark) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let fields = json::to_dict(py, mark)?;
    if let Mark::Replaced { until, .. } = mark {
        fields.set_item("until", datetime(py, until)?)?;
    }
    CLASS.import(py, OUTCOMES, "Mark")?.call((), Some(&fields))
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
