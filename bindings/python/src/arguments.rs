//! The two ways to call an operation: one mapping with everything, or keywords.

use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyMapping, PyString},
};

use crate::errors;

/// What a caller passed for a parameter; `None` stands for nothing, as in Python.
pub(crate) type Argument<'a, 'py> = Option<&'a Bound<'py, PyAny>>;

/// Builds the request of an operation, from a mapping or from keywords named like its fields.
macro_rules! request {
    ($api:expr, $py:expr, $mapping:expr, $Operation:ident { $($field:ident),+ }) => {{
        let built = match $mapping {
            Some(mapping) => {
                $crate::arguments::refuse_keywords($Operation::NAME, &[$($field),+])?;
                ::astro_tokens::OperationKind::$Operation.request($api, $crate::value::everything(mapping)?)
            }
            None => {
                let mut operation = $Operation::default();
                $($crate::value::put_argument(&mut operation.$field, $field)?;)+
                operation.request($api)
            }
        };
        built.map($crate::request::Request).map_err(|error| $crate::errors::raised($py, &error))
    }};
}

pub(crate) use request;

/// Text as it is, for what is no field of an operation.
pub(crate) fn unicode(object: &Bound<'_, PyAny>, function: &str, name: &str) -> PyResult<String> {
    let Ok(text) = object.cast::<PyString>() else {
        let found = object.get_type().fully_qualified_name()?;
        return Err(PyTypeError::new_err(format!("{function}() takes a str as `{name}`, not {found}")));
    };
    text.to_str().map(str::to_owned).map_err(|error| errors::not_unicode(object.py(), error, function, name))
}

/// Tells the two meanings of a first argument apart: a mapping with everything, or the id of a token, which may also be
/// given by keyword. Text signatures show the id alone; that a mapping given as `token_id=` stays a wrong id takes two
/// parameters.
pub(crate) fn mapping_or_token_id<'a, 'py>(
    function: &str,
    first: Argument<'a, 'py>,
    token_id: Argument<'a, 'py>,
) -> PyResult<(Argument<'a, 'py>, Argument<'a, 'py>)> {
    match (first, token_id) {
        (Some(first), _) if is_mapping(first) => Ok((Some(first), token_id)),
        (Some(_), Some(_)) => Err(PyTypeError::new_err(format!("{function}() got two values for `token_id`"))),
        (first, token_id) => Ok((None, first.or(token_id))),
    }
}

/// A mapping says everything, so nothing may be said beside it.
pub(crate) fn refuse_keywords(function: &str, keywords: &[Argument<'_, '_>]) -> PyResult<()> {
    if keywords.iter().all(Option::is_none) {
        return Ok(());
    }
    Err(PyTypeError::new_err(format!("{function}() takes one mapping or keywords, not both")))
}

fn is_mapping(object: &Bound<'_, PyAny>) -> bool {
    // An id is text most of the time, and asking whether something is a mapping takes Python long.
    !object.is_instance_of::<PyString>() && object.is_instance_of::<PyMapping>()
}
