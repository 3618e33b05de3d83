//! [`Secret`], as Python sees it.

use pyo3::{exceptions::PyTypeError, prelude::*, types::PyString};

use crate::errors;

/// The value of a token: whoever has it can do what the token may.
///
/// Nothing shows it but `expose()`: its text and repr are redacted, it has no hash, JSON does not take it, and it
/// refuses to be pickled. A copy of it is the secret itself. Two secrets are equal if their values are. The memory is
/// zeroed when the secret is gone; the string that `expose()` returns is the caller's, and Python cannot erase it.
///
/// Args:
///     value (str): The value to take into custody.
///
/// Raises:
///     ValidationError: The value holds a lone surrogate (`invalid_unicode`). It is not shown.
///     TypeError: The value is no `str`.
#[pyclass(frozen, eq, module = "astro_tokens")]
#[derive(PartialEq)]
pub(crate) struct Secret(pub(crate) astro_tokens::Secret);

#[pymethods]
impl Secret {
    #[new]
    #[pyo3(signature = (value, /))]
    fn new(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let Ok(value) = value.cast::<PyString>() else {
            let found = value.get_type().fully_qualified_name()?;
            return Err(PyTypeError::new_err(format!("the value of a secret must be a str, not {found}")));
        };
        match value.to_str() {
            Ok(text) => Ok(Secret(astro_tokens::Secret::new(text.to_owned()))),
            Err(error) => Err(errors::not_unicode(value.py(), error, "Secret", "value")),
        }
    }

    /// The value itself. What becomes of it from here is the caller's.
    fn expose(&self) -> &str {
        self.0.expose()
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
        Err(not_pickled("a secret"))
    }
}

/// What holds a secret is not pickled: the secret would lie in the pickle for anybody to read.
pub(crate) fn not_pickled(subject: &str) -> PyErr {
    PyTypeError::new_err(format!("{subject} is never pickled; `expose()` its value to whatever keeps your secrets"))
}
