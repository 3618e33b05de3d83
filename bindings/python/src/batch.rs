//! [`Batch`]: many tokens to create, as Python sees it.

use std::{ops::ControlFlow, sync::Mutex};

use astro_tokens::{BatchCursor, BatchEntry, BatchProgress};
use pyo3::{
    IntoPyObjectExt,
    exceptions::PyTypeError,
    prelude::*,
    sync::PyOnceLock,
    types::{PyByteArray, PyBytes, PyDict, PyMapping, PyMemoryView, PyString, PyTuple, PyType},
};

use crate::{errors, request::Request, value};

/// Requests that create tokens, and what is wrong with the entries that made none.
///
/// Made by `Api.create_tokens`. Its length is the number of requests; iterating gives them in the order of the entries.
/// It cannot be changed.
#[pyclass(frozen, module = "astro_tokens")]
pub(crate) struct Batch(astro_tokens::Batch);

#[pymethods]
impl Batch {
    /// The bodies of the requests as NDJSON: one line of JSON in UTF-8 for each, in the order of the entries.
    #[getter]
    fn bodies<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.bodies())
    }

    /// How many entries were read, wrong ones too.
    #[getter]
    fn total(&self) -> usize {
        self.0.total()
    }

    /// The entries that made no request, in their order: a tuple of `BatchEntry`, made anew each time.
    #[getter]
    fn failures<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        entries(py, self.0.failures())
    }

    /// The entries that made a request and deserve a look nevertheless: a tuple of `BatchEntry`, made anew each time.
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        entries(py, self.0.warnings())
    }

    /// The requests with the positions of their entries: an iterator of `(index, request)`.
    fn items(this: Py<Self>, py: Python<'_>) -> Requests {
        Requests::new(py, this, true)
    }

    /// Raise one `ValidationError` with the problems of all entries that made no request, if there are any.
    ///
    /// Raises:
    ///     ValidationError: Its text shows the first hundred problems, its `problems` are all of them.
    fn raise_for_errors(&self, py: Python<'_>) -> PyResult<()> {
        self.0.error().map_or(Ok(()), |error| Err(errors::raised(py, &error)))
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __iter__(this: Py<Self>, py: Python<'_>) -> Requests {
        Requests::new(py, this, false)
    }

    fn __repr__(&self) -> String {
        let (built, total) = (self.0.len(), self.0.total());
        format!("<Batch of {total} entries: {built} requests, {} failures>", self.0.failures().len())
    }
}

/// An iterator over the requests of a batch.
#[pyclass(frozen, module = "astro_tokens._core")]
pub(crate) struct Requests {
    batch: Py<Batch>,
    cursor: Mutex<BatchCursor>,
    with_index: bool,
}

impl Requests {
    fn new(py: Python<'_>, batch: Py<Batch>, with_index: bool) -> Self {
        let cursor = Mutex::new(batch.bind(py).get().0.cursor());
        Requests { batch, cursor, with_index }
    }
}

#[pymethods]
impl Requests {
    fn __iter__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let mut cursor = self.cursor.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some((index, request)) = self.batch.bind(py).get().0.next_request(&mut cursor) else { return Ok(None) };
        let request = Request(request).into_bound_py_any(py)?;
        Ok(Some(if self.with_index { (index, request).into_bound_py_any(py)? } else { request }))
    }
}

/// What `Api.create_tokens` does.
pub(crate) fn create_tokens(
    api: &astro_tokens::Api,
    input: &Bound<'_, PyAny>,
    stop_on_error: bool,
    on_progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Batch> {
    let py = input.py();
    let mut batch = astro_tokens::Batch::new(api).stop_on_error(stop_on_error);
    let on_progress = on_progress.map(|callable| callable.clone().unbind());
    let tell = |progress| Python::attach(|py| broken_off(told(py, on_progress.as_ref(), progress)));
    let outcome = if let Some(text) = text(input)? {
        let text = text.as_bytes();
        py.detach(|| batch.push_ndjson_with_progress(text, tell))
    } else if input.is_instance_of::<PyMapping>() {
        let message =
            "create_tokens() takes NDJSON or an iterable of entries, not one mapping: that is for create_token()";
        return Err(PyTypeError::new_err(message));
    } else {
        batch.push_each_with_progress(input.try_iter()?, |batch, entry| broken_off(push(batch, entry)), tell)
    };
    match outcome {
        ControlFlow::Continue(()) => Ok(Batch(batch)),
        ControlFlow::Break(error) => Err(error),
    }
}

fn push(batch: &mut astro_tokens::Batch, entry: PyResult<Bound<'_, PyAny>>) -> PyResult<()> {
    let entry = entry?;
    if let Ok(mapping) = entry.cast_exact::<PyDict>() {
        // Held here, so that its texts can be borrowed whatever becomes of the dictionary.
        let pairs: Vec<_> = mapping.iter().collect();
        batch.push_value(value::members(&pairs)?);
    } else if let Some(line) = text(&entry)? {
        batch.push_ndjson(line.as_bytes());
    } else {
        batch.push_value(value::everything(&entry)?);
    }
    Ok(())
}

/// Between two stretches of work: somebody may have pressed Ctrl-C, and somebody may want to know.
fn told(py: Python<'_>, on_progress: Option<&Py<PyAny>>, progress: BatchProgress) -> PyResult<()> {
    py.check_signals()?;
    if let Some(on_progress) = on_progress {
        on_progress.call1(py, (progress.entries, progress.failures))?;
    }
    Ok(())
}

fn broken_off(outcome: PyResult<()>) -> ControlFlow<PyErr> {
    outcome.map_or_else(ControlFlow::Break, ControlFlow::Continue)
}

/// NDJSON as UTF-8, if this is text or bytes.
fn text<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyBytes>>> {
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(Some(bytes.clone()));
    }
    let py = object.py();
    if object.is_instance_of::<PyString>() {
        // Half a character is no UTF-8 then, and the core says in which line it is.
        let encoded = object.call_method1("encode", ("utf-8", "surrogatepass"))?;
        return Ok(Some(encoded.cast_into::<PyBytes>()?));
    }
    if object.is_instance_of::<PyByteArray>() || object.is_instance_of::<PyMemoryView>() {
        return Ok(Some(py.get_type::<PyBytes>().call1((object,))?.cast_into::<PyBytes>()?));
    }
    Ok(None)
}

fn entries<'py>(py: Python<'py>, found: &[BatchEntry]) -> PyResult<Bound<'py, PyTuple>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.import(py, errors::MODULE, "BatchEntry")?;
    let entry = |entry: &BatchEntry| class.call1((entry.index, entry.line, errors::problems(py, &entry.problems)?));
    PyTuple::new(py, found.iter().map(entry).collect::<PyResult<Vec<_>>>()?)
}
