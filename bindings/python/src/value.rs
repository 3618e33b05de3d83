//! Says what a Python object is, in the words of the core, and back: what will not do is for the core to decide.

use std::borrow::Cow;

use astro_tokens::Value;
use pyo3::{
    exceptions::{PyOverflowError, PyTypeError, PyUnicodeEncodeError},
    prelude::*,
    types::{PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PySequence, PyString},
};

/// How many containers are looked into: a mapping of fields, the list of roles in it, and each of those. Nothing needs
/// more, and a list that contains itself has to end somewhere.
const CONTAINERS: usize = 3;

/// A keyword argument. Its text is borrowed from the Python string, which the caller holds.
pub(crate) fn argument<'a>(object: Option<&'a Bound<'_, PyAny>>) -> PyResult<Value<'a>> {
    let Some(object) = object else { return Ok(Value::Absent) };
    match object.cast::<PyString>() {
        Ok(string) => text(string, Cow::Borrowed),
        // What an expiration is nearly always, which saves the questions whether it is something else.
        Err(_) if object.is_exact_instance_of::<PyInt>() => integer(object),
        Err(_) => copied(object, CONTAINERS - 1),
    }
}

/// A keyword argument, put where it belongs: on its way through a result each would be copied twice, which is a tenth of a
/// whole call.
#[inline]
pub(crate) fn put_argument<'a>(place: &mut Value<'a>, object: Option<&'a Bound<'_, PyAny>>) -> PyResult<()> {
    let Some(object) = object else { return Ok(()) };
    let text = object.cast_exact::<PyString>().ok().and_then(|string| string.to_str().ok());
    *place = match text {
        Some(text) => Value::Text(Cow::Borrowed(text)),
        None => argument(Some(object))?,
    };
    Ok(())
}

/// A mapping with everything, or whatever else was given instead of one.
pub(crate) fn everything(object: &Bound<'_, PyAny>) -> PyResult<Value<'static>> {
    copied(object, CONTAINERS)
}

/// The pairs of a dictionary, which the caller holds, as an object.
pub(crate) fn members<'a>(pairs: &'a [(Bound<'_, PyAny>, Bound<'_, PyAny>)]) -> PyResult<Value<'a>> {
    let member = |(key, value): &'a (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let key = match key.cast::<PyString>().ok().and_then(|key| key.to_str().ok()) {
            Some(key) => Cow::Borrowed(key),
            None => name(key)?,
        };
        Ok((key, argument(Some(value))?))
    };
    Ok(Value::Object(pairs.iter().map(member).collect::<PyResult<_>>()?))
}

/// A value that may be inside of a container. Text is copied, because the container is not ours and could let go of it.
fn copied(object: &Bound<'_, PyAny>, containers: usize) -> PyResult<Value<'static>> {
    if let Ok(string) = object.cast::<PyString>() {
        return text(string, |text| Cow::Owned(text.to_owned()));
    }
    if object.is_none() {
        return Ok(Value::Absent);
    }
    // Before the integers: in Python, a boolean is one.
    if let Ok(boolean) = object.cast::<PyBool>() {
        return Ok(Value::Boolean(boolean.is_true()));
    }
    if object.is_instance_of::<PyInt>() {
        return integer(object);
    }
    if let Ok(float) = object.cast::<PyFloat>() {
        return Ok(Value::Float(float.value()));
    }
    if object.is_instance_of::<PyBytes>() || object.is_instance_of::<PyByteArray>() || containers == 0 {
        return other(object);
    }
    if let Ok(mapping) = object.cast::<PyMapping>() {
        // A copy of the pairs, so that code of the caller's that runs meanwhile cannot change what is iterated over.
        let pairs = mapping.items()?;
        let pair = |pair: Bound<'_, PyAny>| {
            let (key, value) = pair.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
            Ok((name(&key)?, copied(&value, containers - 1)?))
        };
        return Ok(Value::Object(pairs.iter().map(pair).collect::<PyResult<_>>()?));
    }
    if let Ok(sequence) = object.cast::<PySequence>() {
        let items = sequence.try_iter()?.map(|item| copied(&item?, containers - 1));
        return Ok(Value::List(items.collect::<PyResult<_>>()?));
    }
    match integer(object) {
        // No `__index__`, or one that refuses, as those of arrays do.
        Err(error) if error.is_instance_of::<PyTypeError>(object.py()) => other(object),
        read => read,
    }
}

fn text<'a, 'k>(string: &'a Bound<'_, PyString>, keep: impl FnOnce(&'a str) -> Cow<'k, str>) -> PyResult<Value<'k>> {
    match string.to_str() {
        Ok(text) => Ok(Value::Text(keep(text))),
        Err(error) if error.is_instance_of::<PyUnicodeEncodeError>(string.py()) => Ok(Value::BrokenText),
        Err(error) => Err(error),
    }
}

/// A Python integer, or what `__index__` makes one of.
fn integer(object: &Bound<'_, PyAny>) -> PyResult<Value<'static>> {
    match object.extract() {
        Ok(integer) => Ok(Value::Integer(integer)),
        Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => Ok(Value::HugeInteger),
        Err(error) => Err(error),
    }
}

fn other(object: &Bound<'_, PyAny>) -> PyResult<Value<'static>> {
    Ok(Value::Other(object.get_type().fully_qualified_name()?.to_string_lossy().into_owned().into()))
}

/// A key as the text that names it, whatever it is.
fn name(key: &Bound<'_, PyAny>) -> PyResult<Cow<'static, str>> {
    let name = match key.cast::<PyString>() {
        Ok(key) => key.to_string_lossy().into_owned(),
        Err(_) => key.str()?.to_string_lossy().into_owned(),
    };
    Ok(name.into())
}

/// An object of the core as a dictionary, in the same order; anything else is an empty one.
pub(crate) fn dictionary<'py>(py: Python<'py>, object: &Value<'_>) -> PyResult<Bound<'py, PyDict>> {
    let dictionary = PyDict::new(py);
    if let Value::Object(pairs) = object {
        for (key, value) in pairs {
            dictionary.set_item(key, python(py, value)?)?;
        }
    }
    Ok(dictionary)
}

/// A value of the core as a Python object.
fn python<'py>(py: Python<'py>, value: &Value<'_>) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Boolean(boolean) => boolean.into_pyobject(py)?.to_owned().into_any(),
        Value::Integer(integer) => integer.into_pyobject(py)?.into_any(),
        Value::Float(float) => float.into_pyobject(py)?.into_any(),
        Value::Text(text) => text.into_pyobject(py)?.into_any(),
        Value::List(items) => {
            let items = items.iter().map(|item| python(py, item));
            PyList::new(py, items.collect::<PyResult<Vec<_>>>()?)?.into_any()
        }
        Value::Object(_) => dictionary(py, value)?.into_any(),
        // Of these, the core keeps nothing that could be handed back.
        Value::Absent | Value::HugeInteger | Value::BrokenText | Value::Other(_) => py.None().into_bound(py),
    })
}
