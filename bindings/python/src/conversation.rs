//! Conversations, as Python sees them: [`Session`], [`Conversation`], what it asks for and what it is told.

use std::{
    convert::Infallible,
    sync::{Mutex, MutexGuard, PoisonError},
};

use astro_tokens::{
    Code, CommandOptions, Value,
    conversation::{self as core, Cause, FailureCode, Outcome, WorkKind},
};
use pyo3::{
    IntoPyObjectExt,
    exceptions::{PyTypeError, PyValueError},
    prelude::*,
    types::{PyDict, PyString, PyTuple},
};

use crate::{
    answers::{ApiToken, TokenPage},
    api::Api,
    arguments::{Argument, unicode},
    command::Command,
    errors,
    outcomes::{RoleChange, Rotation, TokenUpdate},
    request::Request,
    response::Response,
    secret::Secret,
    value,
};

/// One caller's use of an `Api`: who it is, how patient it is, and how fast it may go.
///
/// Astro's rate limits are per credential, so make one session for each credential. It holds no credential itself, does
/// nothing to the world, and can be used by any number of threads.
///
/// Args:
///     api (Api): Where the tokens are.
///     token_id (str): The id of the token that the caller authenticates with, from its claims. With it, nobody locks
///         themselves out by rotating or deleting their own token.
///     attempts (int): How often a request is sent at most without an answer that can be used: with none, with a 5xx, or
///         with one that cannot be read. Where Astro says that it is busy (429, or a 5xx with `Retry-After`), that does
///         not count. Default: 5.
///     patience (float): How many seconds one request may take with all its repetitions and waits. Default: 120.
///     rate_limits (bool): Whether requests wait for their turn within Astro's documented rate limits; `False` is for
///         servers without limits, such as a sandbox. Default: `True`.
///
/// Raises:
///     ValidationError: `attempts` is not a whole number from 1 on, `patience` not a number from 0 on, `rate_limits` not a
///         boolean, or the id is not Unicode.
#[pyclass(frozen, module = "astro_tokens.conversation")]
pub(crate) struct Session {
    session: core::Session,
    patience_ms: u64,
}

#[pymethods]
impl Session {
    #[new]
    #[pyo3(signature = (api, *, token_id = None, attempts = None, patience = None, rate_limits = None))]
    fn new(
        api: &Bound<'_, Api>,
        token_id: Argument<'_, '_>,
        attempts: Argument<'_, '_>,
        patience: Argument<'_, '_>,
        rate_limits: Argument<'_, '_>,
    ) -> PyResult<Self> {
        let py = api.py();
        let mistake = |code, field, message, help| Err(errors::mistake(py, "Session", code, field, message, help));
        let mut session = core::Session::new(api.get().0.clone());
        if let Some(token_id) = token_id {
            session = session.token_id(unicode(token_id, "Session", "token_id")?);
        }
        match value::argument(attempts)? {
            Value::Absent => {}
            Value::Integer(attempts @ 1..) => session = session.attempts(u32::try_from(attempts).unwrap_or(u32::MAX)),
            Value::Integer(_) | Value::HugeInteger => {
                let help = "use 1 or more; with 1 nothing is sent again, unless Astro says that it is busy";
                return mistake(Code::OutOfRange, "attempts", "a request is sent at least once", help);
            }
            _ => {
                let help = "pass a whole number such as `5`";
                return mistake(Code::WrongType, "attempts", "how often a request is sent is a whole number", help);
            }
        }
        let seconds = match value::argument(patience)? {
            Value::Absent => None,
            Value::Integer(seconds) => Some(seconds as f64),
            Value::Float(seconds) => Some(seconds),
            _ => {
                let help = "pass the seconds as a number such as `120`";
                return mistake(Code::WrongType, "patience", "the patience is a number of seconds", help);
            }
        };
        let mut patience_ms = core::Session::DEFAULT_PATIENCE_MS;
        if let Some(seconds) = seconds {
            if seconds.is_nan() || seconds < 0.0 {
                let help = "use 0 or more seconds";
                return mistake(Code::OutOfRange, "patience", "there is no such number of seconds", help);
            }
            // A cast saturates, and forever is as good as any time that is longer than a life.
            patience_ms = (seconds * 1000.0) as u64;
            session = session.patience_ms(patience_ms);
        }
        match value::argument(rate_limits)? {
            Value::Absent => {}
            Value::Boolean(on) => session = session.rate_limits(on),
            _ => {
                let help = "use `True` or `False`";
                return mistake(Code::WrongType, "rate_limits", "whether rate limits are kept is a boolean", help);
            }
        }
        Ok(Session { session, patience_ms })
    }

    /// Begin work that takes several requests.
    ///
    /// Args:
    ///     work (str): `tokens`, `find_token`, `create_token`, `clone_token`, `update_token`, `add_token_role`,
    ///         `change_token_role`, `remove_token_role`, `rotate_token`, `finish_rotation` or `delete_token`.
    ///     input: A mapping with the fields of the work by name, instead of keywords. The fields are those of the methods
    ///         of `AstroTokens`.
    ///     seed (int): For the jitter of waits; from the system where it is not given.
    ///
    /// Returns:
    ///     Conversation: The work, not begun yet.
    ///
    /// Raises:
    ///     ValidationError: Everything that can be judged before anything is read.
    ///     ValueError: There is no such work.
    ///     TypeError: A mapping together with keywords.
    #[pyo3(signature = (work, input = None, /, *, seed = None, **fields))]
    fn start(
        &self,
        py: Python<'_>,
        work: &str,
        input: Argument<'_, '_>,
        seed: Option<u64>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Conversation> {
        let kind = WorkKind::named(work).ok_or_else(|| {
            let names: Vec<_> = WorkKind::ALL.iter().map(|kind| kind.as_str()).collect();
            PyValueError::new_err(format!("there is no such work; use one of {}", names.join(", ")))
        })?;
        let fields = match (input, fields) {
            (Some(_), Some(_)) => return Err(PyTypeError::new_err("start() takes one mapping or keywords, not both")),
            (Some(input), None) => value::everything(input)?,
            (None, Some(fields)) => value::everything(fields)?,
            (None, None) => astro_tokens::Value::Object(Vec::new()),
        };
        started(py, kind.start(&self.session, fields, seeded(py, seed)?))
    }

    /// Begin the work of a command. Its group decides what a token has to belong to; what the command does not say about
    /// where it works comes from the current Workspace and Deployment of the `Api`.
    ///
    /// Args:
    ///     command (Command): What `parse_command` or `Command.from_dict` made.
    ///     overlap (bool): Rotates with overlap, which no flag of the Astro CLI says; so the following.
    ///     keep_old (int): For how many seconds the old token stays.
    ///     leftover_after (int): After how many seconds a token of an earlier run counts as left behind. Default: 3600.
    ///     idempotency_key (str): Names the piece of work that a create is.
    ///     allow_lockout (bool): Rotates the caller's own token.
    ///     remove_orphans (bool): Removes narrower roles too.
    ///     seed (int): For the jitter of waits; from the system where it is not given.
    ///
    /// Returns:
    ///     Conversation: The work, not begun yet.
    ///
    /// Raises:
    ///     ValidationError: Everything that can be judged before anything is read.
    #[pyo3(signature = (
        command, *, overlap = false, keep_old = None, leftover_after = None, idempotency_key = None,
        allow_lockout = false, remove_orphans = false, seed = None
    ))]
    #[expect(clippy::too_many_arguments, reason = "the keywords of a Python method")]
    fn start_command(
        &self,
        py: Python<'_>,
        command: &Bound<'_, Command>,
        overlap: bool,
        keep_old: Option<i64>,
        leftover_after: Option<i64>,
        idempotency_key: Option<String>,
        allow_lockout: bool,
        remove_orphans: bool,
        seed: Option<u64>,
    ) -> PyResult<Conversation> {
        let mut options = CommandOptions::default();
        options.overlap = overlap;
        options.keep_old = keep_old;
        options.leftover_after = leftover_after;
        options.idempotency_key = idempotency_key;
        options.allow_lockout = allow_lockout;
        options.remove_orphans = remove_orphans;
        started(py, self.session.start_command(&command.get().0, options, seeded(py, seed)?))
    }

    /// What the requests are for.
    #[getter]
    fn api(&self) -> Api {
        Api(self.session.api().clone())
    }

    /// How many seconds one request may take with all its repetitions and waits.
    #[getter]
    fn patience(&self) -> f64 {
        self.patience_ms as f64 / 1000.0
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Session({})", self.api().into_bound_py_any(py)?.repr()?))
    }
}

/// The conversation of a command, for a caller that nothing is known about.
pub(crate) fn of_command(
    py: Python<'_>,
    api: &astro_tokens::Api,
    command: &Bound<'_, Command>,
    seed: Option<u64>,
) -> PyResult<Conversation> {
    started(py, api.start(&command.get().0, seeded(py, seed)?))
}

fn started(
    py: Python<'_>,
    conversation: Result<core::Conversation<Outcome>, astro_tokens::ValidationError>,
) -> PyResult<Conversation> {
    let conversation = conversation.map_err(|error| errors::raised(py, &error))?;
    Ok(Conversation { name: conversation.name(), state: Mutex::new(Some(conversation)) })
}

fn seeded(py: Python<'_>, seed: Option<u64>) -> PyResult<u64> {
    match seed {
        Some(seed) => Ok(seed),
        None => {
            let random: [u8; 8] = py.import("os")?.call_method1("urandom", (8,))?.extract()?;
            Ok(u64::from_le_bytes(random))
        }
    }
}

/// Work that takes several requests, in progress: a state machine that does nothing to the world.
///
/// It asks for one thing at a time, and is told what came of it. `run` makes a generator of it.
#[pyclass(frozen, module = "astro_tokens.conversation")]
pub(crate) struct Conversation {
    name: &'static str,
    /// `None`: closed.
    state: Mutex<Option<core::Conversation<Outcome>>>,
}

impl Conversation {
    fn state(&self) -> MutexGuard<'_, Option<core::Conversation<Outcome>>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Conversation {
    /// Go on with what came of the last step.
    ///
    /// Args:
    ///     event (None, Response or Event): `None` for the first step; then a `Response` or an `Event`, as the last step
    ///         says. Anything else ends the conversation.
    ///     now_ms (int): The time in milliseconds since 1970; it should not go back.
    ///
    /// Returns:
    ///     Step: What is to be done next; after `Step.Done` it is over.
    ///
    /// Raises:
    ///     ConversationError: It failed; the error says what stands.
    ///     ValidationError: The input breaks a rule that could not be judged before the token was read.
    fn step(&self, py: Python<'_>, event: Option<Told<'_>>, now_ms: i64) -> PyResult<Step> {
        let event = event.map_or(core::Event::Start, core::Event::from);
        let step = match self.state().as_mut() {
            Some(conversation) => conversation.step(event, now_ms),
            None => return Err(PyValueError::new_err("the conversation is closed")),
        };
        Ok(match step {
            core::Step::Request(request) => Step::Request { request: Py::new(py, Request(request))? },
            core::Step::Wait { milliseconds } => Step::Wait { milliseconds },
            core::Step::Prove => Step::Prove {},
            core::Step::ReadStore => Step::ReadStore {},
            core::Step::Store { token, secret } => {
                Step::Store { token: Py::new(py, ApiToken(*token))?, secret: Py::new(py, Secret(secret))? }
            }
            core::Step::Page(page) => Step::Page { page: Py::new(py, TokenPage::new(py, page)?)? },
            core::Step::Done(outcome) => Step::Done { result: result(py, outcome)? },
            core::Step::Failed(error) => return Err(failed(py, *error)),
        })
    }

    /// What is worth a look although it stops nothing, a tuple of `Problem`; it grows while the conversation goes on.
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let warnings = self.state().as_ref().map(core::Conversation::warnings);
        errors::problems(py, &warnings.unwrap_or_default())
    }

    /// The name of the work: `rotate_token`.
    #[getter]
    fn name(&self) -> &'static str {
        self.name
    }

    /// Free its memory now, secrets first of all. Nothing more can be asked of it.
    fn close(&self) {
        self.state().take();
    }

    fn __repr__(&self) -> String {
        format!("<Conversation {}>", self.name)
    }
}

/// What went wrong, in the words of somebody else: half a character in them becomes U+FFFD, so that telling what stands
/// cannot fail for it.
#[derive(Clone)]
pub(crate) struct Message(String);

impl<'py> FromPyObject<'_, 'py> for Message {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Message(object.cast::<PyString>()?.to_string_lossy().into_owned()))
    }
}

impl<'py> IntoPyObject<'py> for &Message {
    type Target = PyString;
    type Output = Bound<'py, PyString>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        self.0.as_str().into_pyobject(py)
    }
}

impl<'py> IntoPyObject<'py> for Message {
    type Target = PyString;
    type Output = Bound<'py, PyString>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        self.0.into_pyobject(py)
    }
}

/// What a conversation is told.
#[derive(FromPyObject)]
enum Told<'py> {
    Response(Bound<'py, Response>),
    Event(Bound<'py, Event>),
}

impl From<Told<'_>> for core::Event {
    fn from(told: Told<'_>) -> Self {
        match told {
            Told::Response(response) => core::Event::Response(response.get().0.clone()),
            Told::Event(event) => match event.get() {
                Event::Failed { message, may_have_arrived } => {
                    core::Event::Failed { message: message.0.clone(), may_have_arrived: *may_have_arrived }
                }
                Event::Waited {} => core::Event::Waited,
                Event::Proved {} => core::Event::Proved,
                Event::NotProved { message } => core::Event::NotProved { message: message.0.clone() },
                Event::NoStore {} => core::Event::NoStore,
                Event::Holds { secret } => {
                    core::Event::Holds { secret: secret.as_ref().map(|secret| secret.get().0.clone()) }
                }
                Event::Unreadable {} => core::Event::Unreadable,
                Event::Stored {} => core::Event::Stored,
                Event::NotStored { message, is_certain } => {
                    core::Event::NotStored { message: message.0.clone(), is_certain: *is_certain }
                }
                Event::Next {} => core::Event::Next,
                Event::Cancelled {} => core::Event::Cancelled,
            },
        }
    }
}

/// What came of a step, where that is not a `Response`.
#[pyclass(frozen, module = "astro_tokens.conversation")]
pub(crate) enum Event {
    /// There is no answer to the request: why, in the words of the HTTP client, without a credential in them, and whether
    /// the request could have arrived. `False` only where nothing was sent.
    Failed { message: Message, may_have_arrived: bool },
    /// The time is over.
    Waited {},
    /// As far as the store can tell, writing to it is going to work. Also for a store that cannot be asked.
    Proved {},
    /// Writing to the store is not going to work, and why.
    NotProved { message: Message },
    /// There is no store: a secret is handed over by the outcome alone.
    NoStore {},
    /// What the store holds now; `None`: nothing.
    Holds { secret: Option<Py<Secret>> },
    /// The store cannot be read.
    Unreadable {},
    /// The store has the secret.
    Stored {},
    /// Storing the secret failed: why, and whether it is certain that it was not written, and never will be. `False` where
    /// that is not known: the store may have written it before it failed.
    NotStored { message: Message, is_certain: bool },
    /// The page was taken; the next one is wanted.
    Next {},
    /// The caller wants no more: the conversation ends with an error that says what stands.
    Cancelled {},
}

#[pymethods]
impl Event {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let fields = |message: &Message, flag: &str, is_set: bool| -> PyResult<String> {
            let is_set = if is_set { "True" } else { "False" };
            Ok(format!("message={}, {flag}={is_set}", message.into_bound_py_any(py)?.repr()?))
        };
        Ok(match self {
            Event::Failed { message, may_have_arrived } => {
                format!("Event.Failed({})", fields(message, "may_have_arrived", *may_have_arrived)?)
            }
            Event::Waited {} => "Event.Waited()".to_owned(),
            Event::Proved {} => "Event.Proved()".to_owned(),
            Event::NotProved { message } => {
                format!("Event.NotProved(message={})", message.into_bound_py_any(py)?.repr()?)
            }
            Event::NoStore {} => "Event.NoStore()".to_owned(),
            Event::Holds { secret } => format!("Event.Holds(secret={})", secret.into_bound_py_any(py)?.repr()?),
            Event::Unreadable {} => "Event.Unreadable()".to_owned(),
            Event::Stored {} => "Event.Stored()".to_owned(),
            Event::NotStored { message, is_certain } => {
                format!("Event.NotStored({})", fields(message, "is_certain", *is_certain)?)
            }
            Event::Next {} => "Event.Next()".to_owned(),
            Event::Cancelled {} => "Event.Cancelled()".to_owned(),
        })
    }
}

/// What a conversation asks for next.
#[pyclass(frozen, module = "astro_tokens.conversation")]
pub(crate) enum Step {
    /// Add the credential to this request, and send it. Answered by a `Response` or `Event.Failed`.
    Request { request: Py<Request> },
    /// Wait for so many milliseconds. Answered by `Event.Waited`.
    Wait { milliseconds: u64 },
    /// Check that writing to the store is going to work. Answered by `Event.Proved`, `Event.NotProved` or `Event.NoStore`.
    Prove {},
    /// Read the secret that the store holds. Answered by `Event.Holds` or `Event.Unreadable`.
    ReadStore {},
    /// Write this secret to the store; the token comes without it. Answered by `Event.Stored` or `Event.NotStored`.
    Store { token: Py<ApiToken>, secret: Py<Secret> },
    /// A page of the tokens that were asked for. Answered by `Event.Next`.
    Page { page: Py<TokenPage> },
    /// It is done, and this is what came of it.
    Done { result: Py<PyAny> },
}

#[pymethods]
impl Step {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(match self {
            Step::Request { request } => format!("Step.Request(request={})", request.bind(py).repr()?),
            Step::Wait { milliseconds } => format!("Step.Wait(milliseconds={milliseconds})"),
            Step::Prove {} => "Step.Prove()".to_owned(),
            Step::ReadStore {} => "Step.ReadStore()".to_owned(),
            Step::Store { token, secret } => {
                format!("Step.Store(token={}, secret={})", token.bind(py).repr()?, secret.bind(py).repr()?)
            }
            Step::Page { page } => format!("Step.Page(page={})", page.bind(py).repr()?),
            Step::Done { result } => format!("Step.Done(result={})", result.bind(py).repr()?),
        })
    }
}

fn result(py: Python<'_>, outcome: Outcome) -> PyResult<Py<PyAny>> {
    match outcome {
        Outcome::Token(token) => ApiToken(*token).into_py_any(py),
        Outcome::Update(update) => TokenUpdate(*update).into_py_any(py),
        Outcome::Roles(change) => RoleChange(*change).into_py_any(py),
        Outcome::Rotation(rotation) => Rotation(*rotation).into_py_any(py),
        _ => Ok(py.None()),
    }
}

/// What a failure raises: the caller's mistake as that, where nothing else has to be said.
fn failed(py: Python<'_>, error: core::ConversationError) -> PyErr {
    match &error.cause {
        Some(Cause::Invalid(cause))
            if error.code == FailureCode::Invalid
                && error.done.is_empty()
                && error.unclear.is_empty()
                && error.secret.is_none() =>
        {
            errors::raised(py, cause)
        }
        _ => errors::stands(py, error),
    }
}
