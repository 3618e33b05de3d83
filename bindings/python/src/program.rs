//! The command `astro-tokens`: `python/astro_tokens/_program.py` is its host.

use std::sync::{Mutex, MutexGuard, PoisonError};

use astro_tokens::{Host, ProgramEvent, ProgramStep};
use pyo3::{exceptions::PyValueError, prelude::*, types::PyTuple};

use crate::{request::Request, response::Response, sandbox::Reply, secret::Secret};

/// The command `astro-tokens`, which asks its host for one thing at a time.
///
/// Args:
///     args (list[str]): The arguments, without the name of the program.
///     env (list[tuple[str, str]]): The environment.
///     terminals (tuple[bool, bool, bool]): Whether standard input, output and error are terminals.
///     columns (int): How many columns the terminal has.
///     seed (int): For the jitter of waits.
#[pyclass(frozen, module = "astro_tokens._core")]
pub(crate) struct Program(Mutex<astro_tokens::Program>);

impl Program {
    fn program(&self) -> MutexGuard<'_, astro_tokens::Program> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Program {
    #[new]
    #[pyo3(signature = (args, env, *, terminals, columns, seed))]
    fn new(
        args: Vec<String>,
        env: Vec<(String, String)>,
        terminals: (bool, bool, bool),
        columns: Option<usize>,
        seed: u64,
    ) -> Self {
        let (stdin_is_terminal, stdout_is_terminal, stderr_is_terminal) = terminals;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let host =
            Host { args, env, stdin_is_terminal, stdout_is_terminal, stderr_is_terminal, columns, version, seed };
        Program(Mutex::new(astro_tokens::Program::new(host)))
    }

    /// Go on with what came of the last step.
    ///
    /// Args:
    ///     now_ms (int): The time in milliseconds since 1970.
    ///     event (str): The name of the event.
    ///     *values: What the event carries.
    ///
    /// Returns:
    ///     tuple: The name of the next step, and what it carries.
    #[pyo3(signature = (now_ms, event, *values))]
    fn step<'py>(
        &self,
        py: Python<'py>,
        now_ms: i64,
        event: &str,
        values: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let text = || -> PyResult<String> { values.get_item(0)?.extract() };
        let event = match event {
            "start" => ProgramEvent::Start,
            "response" => ProgramEvent::Response(values.get_item(0)?.cast::<Response>()?.get().0.clone()),
            "failed" => ProgramEvent::Failed { message: text()?, may_have_arrived: values.get_item(1)?.extract()? },
            "waited" => ProgramEvent::Waited,
            "written" => ProgramEvent::Written,
            "not_written" => ProgramEvent::NotWritten(text()?),
            "line" => ProgramEvent::Line(values.get_item(0)?.extract()?),
            "input" => ProgramEvent::Input(text()?),
            "missing" => ProgramEvent::Missing,
            "not_read" => ProgramEvent::NotRead(text()?),
            "listening" => ProgramEvent::Listening(values.get_item(0)?.extract()?),
            "done" => ProgramEvent::Done,
            "not_done" => ProgramEvent::NotDone(text()?),
            "interrupted" => ProgramEvent::Interrupted,
            _ => return Err(PyValueError::new_err("there is no such event")),
        };
        match self.program().step(event, now_ms) {
            ProgramStep::Request { request, credential } => {
                ("request", Py::new(py, Request(request))?, Py::new(py, Secret(credential))?).into_pyobject(py)
            }
            ProgramStep::Wait { milliseconds } => ("wait", milliseconds).into_pyobject(py),
            ProgramStep::Out(text) => ("out", text).into_pyobject(py),
            ProgramStep::Err(text) => ("err", text).into_pyobject(py),
            ProgramStep::Confirm(question) => ("confirm", question).into_pyobject(py),
            ProgramStep::ReadInput => ("read_input",).into_pyobject(py),
            ProgramStep::ReadFile(path) => ("read_file", path).into_pyobject(py),
            ProgramStep::WriteFile { path, text } => ("write_file", path, text).into_pyobject(py),
            ProgramStep::Listen { port } => ("listen", port).into_pyobject(py),
            ProgramStep::Serve { state } => ("serve", state).into_pyobject(py),
            ProgramStep::Exit(code) => ("exit", code).into_pyobject(py),
        }
    }

    /// Answer a request to the local server, while it serves.
    fn answer(
        &self,
        py: Python<'_>,
        method: &str,
        url: &str,
        authorization: Option<&str>,
        body: &[u8],
        now_ms: i64,
    ) -> PyResult<Option<Reply>> {
        let reply = self.program().answer(method, url, authorization, body, now_ms);
        reply.map(|reply| Reply::of(py, reply)).transpose()
    }

    /// The state of the local server; it holds no secret.
    fn state(&self) -> Option<String> {
        self.program().state()
    }
}
