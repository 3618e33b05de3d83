//! JSON of the core as Python objects.

use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    types::{PyDict, PyList},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value as Json;

/// Fields by name as a dictionary.
pub(crate) fn dictionary<'a, 'py>(
    py: Python<'py>,
    fields: impl IntoIterator<Item = (&'a String, &'a Json)>,
) -> PyResult<Bound<'py, PyDict>> {
    let dictionary = PyDict::new(py);
    for (name, value) in fields {
        dictionary.set_item(name, python(py, value)?)?;
    }
    Ok(dictionary)
}

/// An answer as a dictionary with Astro's names; secrets are redacted.
pub(crate) fn to_dict<'py>(py: Python<'py>, answer: &impl Serialize) -> PyResult<Bound<'py, PyDict>> {
    match serde_json::to_value(answer).map_err(|error| PyValueError::new_err(error.to_string()))? {
        Json::Object(fields) => dictionary(py, &fields),
        _ => Ok(PyDict::new(py)),
    }
}

/// An answer as JSON, for pickle.
pub(crate) fn text(answer: &impl Serialize) -> PyResult<String> {
    serde_json::to_string(answer).map_err(|error| PyValueError::new_err(error.to_string()))
}

/// An answer from the JSON that [`text`] made of it.
pub(crate) fn restored<T: DeserializeOwned>(json: &str) -> PyResult<T> {
    serde_json::from_str(json).map_err(|error| PyValueError::new_err(error.to_string()))
}

fn python<'py>(py: Python<'py>, value: &Json) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Json::Null => py.None().into_bound(py),
        Json::Bool(boolean) => boolean.into_pyobject(py)?.to_owned().into_any(),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => integer.into_pyobject(py)?.into_any(),
            (None, Some(integer)) => integer.into_pyobject(py)?.into_any(),
            (None, None) => number.as_f64().into_pyobject(py)?,
        },
        Json::String(text) => text.into_pyobject(py)?.into_any(),
        Json::Array(items) => {
            let items = items.iter().map(|item| python(py, item));
            PyList::new(py, items.collect::<PyResult<Vec<_>>>()?)?.into_any()
        }
        Json::Object(fields) => dictionary(py, fields)?.into_any(),
    })
}
