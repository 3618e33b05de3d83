//! The sandbox, as Python sees it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use astro_tokens::{Fault, InvalidState, NewToken, ReplyOutcome};
use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    prelude::*,
    types::{PyDict, PyTuple, PyType},
};

use crate::{
    answers::ApiToken,
    arguments::Argument,
    json,
    response::{self, Response},
    secret::{Secret, not_pickled},
    time,
};

/// An Astro API in memory: organizations, workspaces, deployments and tokens, and answers as Astro documents them.
///
/// It needs no network, and the same requests get the same answers, ids and secrets. It knows v1 (below `/v1`) and v1beta1
/// (tokens below `/iam/v1beta1`, the rest below `/platform/v1beta1`), behind a base URL with any origin and prefix. Any
/// number of threads may use it.
///
/// At first it has the Organization `clorg`, the Workspaces `clws` and `clws2`, the Deployments `cldep` and `cldep2` in the
/// first and `cldep3` in the second, and the Organization token `cltoken0` with the name "Owner", the role
/// `ORGANIZATION_OWNER` and the secret `owner_token`.
///
/// Args:
///     empty (bool): Begins with nothing instead.
///     rate_limits (bool): Keeps the limits of 10 POST, 5 DELETE and 25 GET requests a second for each token. Default:
///         `True`.
#[pyclass(frozen, module = "astro_tokens.sandbox")]
pub(crate) struct Sandbox(Mutex<astro_tokens::Sandbox>);

impl Sandbox {
    fn state(&self) -> MutexGuard<'_, astro_tokens::Sandbox> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Sandbox {
    #[new]
    #[pyo3(signature = (*, empty = false, rate_limits = true))]
    fn new(empty: bool, rate_limits: bool) -> Self {
        let mut sandbox = if empty { astro_tokens::Sandbox::empty() } else { astro_tokens::Sandbox::new() };
        sandbox.set_rate_limits(rate_limits);
        Sandbox(Mutex::new(sandbox))
    }

    /// Make a sandbox of what `to_json` returned.
    ///
    /// Raises:
    ///     ValueError: The text is no state of a sandbox; it says what is wrong with it.
    #[classmethod]
    #[pyo3(signature = (text, /))]
    fn from_json(_cls: &Bound<'_, PyType>, text: &str) -> PyResult<Self> {
        Ok(Sandbox(Mutex::new(astro_tokens::Sandbox::from_json(text).map_err(|error| invalid(&error))?)))
    }

    /// The state as JSON. It holds hashes of secrets and never a secret; what was asked is not saved.
    fn to_json(&self) -> String {
        self.state().to_json()
    }

    /// The secret of the token `cltoken0` of a new sandbox. It is the same each time.
    ///
    /// Raises:
    ///     ValueError: It is good for nothing here: the sandbox began empty, or the token was rotated or deleted.
    #[getter]
    fn owner_token(&self) -> PyResult<Secret> {
        let owner = astro_tokens::Sandbox::owner_secret();
        // A copy is asked, so that the question is not among the requests.
        let mut copy = self.state().clone();
        copy.clear_faults();
        copy.set_rate_limits(false);
        let authorization = format!("Bearer {}", owner.expose());
        let reply = copy.answer_parts("GET", "/v1/organizations", Some(&authorization), b"", now(None)?);
        match reply.outcome.response().map(astro_tokens::Response::status) {
            Some(401) => Err(PyValueError::new_err(
                "this sandbox has no token with the secret of a new sandbox's owner: it began empty, or the token was \
                 rotated or deleted; make a token with `add_token`, and take its `token`",
            )),
            _ => Ok(Secret(owner)),
        }
    }

    /// Add an Organization, or rename the one of this id.
    fn add_organization(&self, id: &str, name: &str) {
        self.state().add_organization(id, name);
    }

    /// Add a Workspace, or rename the one of this id. An Organization that does not exist yet is made.
    fn add_workspace(&self, organization_id: &str, id: &str, name: &str) {
        self.state().add_workspace(organization_id, id, name);
    }

    /// Add a Deployment, or rename the one of this id. A Workspace that does not exist yet is made.
    fn add_deployment(&self, workspace_id: &str, id: &str, name: &str) {
        self.state().add_deployment(workspace_id, id, name);
    }

    /// Make a token as an administrator would, without a request.
    ///
    /// Args:
    ///     name (str): Required.
    ///     role (str): On the entity of its scope, required.
    ///     scope (str): `ORGANIZATION` (default), `WORKSPACE` or `DEPLOYMENT`.
    ///     entity_id (str): The Workspace or Deployment.
    ///     organization_id (str): Default: the first one.
    ///     roles (list): Further ones, as the API writes them.
    ///     description (str), expiration_days (int), kind (str): As for `Api.create_token`.
    ///     created_by (dict): A subject as the API writes it. Default: a user.
    ///     now_ms (int): The time in milliseconds since 1970. Default: the time of this machine.
    ///
    /// Returns:
    ///     ApiToken: The token with its secret.
    #[pyo3(signature = (*, now_ms = None, **fields))]
    fn add_token(&self, py: Python<'_>, now_ms: Option<i64>, fields: Option<&Bound<'_, PyDict>>) -> PyResult<ApiToken> {
        let token = NewToken::from_json(&text(py, fields)?).map_err(|error| invalid(&error))?;
        Ok(ApiToken(self.state().add_token(token, now(now_ms)?)))
    }

    /// Make requests go wrong: from the `nth` on of those that the rule is about, `times` times.
    ///
    /// Args:
    ///     effect (str): `status` (this is answered, and the request takes no effect), `status_after` (the request takes
    ///         effect, and this is answered), `delay`, `not_sent` (no connection can be made), `lost_before` and
    ///         `lost_after` (the connection breaks before or after the request has taken effect), `garbage` (it takes
    ///         effect, and the answer is no JSON), `cut_short` (it takes effect, and the second half of its answer is
    ///         missing).
    ///     method (str): Only requests of this method.
    ///     path (str): Only requests whose path ends so; `*` stands for any one segment: `/tokens/*/rotate`.
    ///     nth (int): The first request that goes wrong. Default: 1.
    ///     times (int): How many go wrong. Default: 1.
    ///     status (int): For `status` and `status_after`.
    ///     retry_after_s (int): For `status`: the header `retry-after`.
    ///     body (str): For `status` and `garbage`.
    ///     ms (int): For `delay`.
    ///
    /// Raises:
    ///     ValueError: There is no such fault; it says what is wrong with it.
    #[pyo3(signature = (**fields))]
    fn fault(&self, py: Python<'_>, fields: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        let fault = Fault::from_json(&text(py, fields)?).map_err(|error| invalid(&error))?;
        self.state().fault(fault);
        Ok(())
    }

    /// Take all faults away.
    fn clear_faults(&self) {
        self.state().clear_faults();
    }

    /// Every token that stands, a tuple of `ApiToken` in the order of their creation, without secrets.
    #[getter]
    fn tokens<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let tokens = self.state().tokens();
        PyTuple::new(py, tokens.into_iter().map(ApiToken))
    }

    /// What was asked so far, a tuple of dictionaries with `method`, `path`, `query`, `status` (what was answered; `None`:
    /// no answer came back) and `handled` (what the API came to). At most the last 10,000 requests.
    #[getter]
    fn requests<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let seen = self.state().requests().to_vec();
        PyTuple::new(py, seen.iter().map(|seen| json::to_dict(py, seen)).collect::<PyResult<Vec<_>>>()?)
    }

    /// Answer a request.
    ///
    /// Args:
    ///     method (str): The method, in upper case.
    ///     url (str): The URL, or its path with the query.
    ///     headers (mapping or iterable of pairs): The headers, of which `authorization` counts.
    ///     body (bytes or str): The body; empty where there is none.
    ///     now_ms (int): The time in milliseconds since 1970. Default: the time of this machine.
    ///
    /// Returns:
    ///     Reply: The answer, or what became of the request instead.
    #[pyo3(signature = (method, url, headers = None, body = None, *, now_ms = None))]
    fn answer(
        &self,
        py: Python<'_>,
        method: &str,
        url: &str,
        headers: Argument<'_, '_>,
        body: Argument<'_, '_>,
        now_ms: Option<i64>,
    ) -> PyResult<Reply> {
        let headers = headers.map(response::pairs).transpose()?.unwrap_or_default();
        let authorization = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let authorization = authorization.map(|(_, value)| value.as_str());
        let body = body.map(response::bytes).transpose()?.unwrap_or_default();
        let reply = self.state().answer_parts(method, url, authorization, &body, now(now_ms)?);
        Reply::of(py, reply)
    }

    fn __repr__(&self) -> String {
        format!("<Sandbox with {} tokens>", self.state().tokens().len())
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a sandbox is not pickled; use `to_json` and `from_json`"))
    }
}

/// What the sandbox gives back.
#[pyclass(frozen, module = "astro_tokens.sandbox")]
pub(crate) struct Reply {
    delay_ms: u64,
    outcome: &'static str,
    response: Option<Py<Response>>,
}

impl Reply {
    pub(crate) fn of(py: Python<'_>, reply: astro_tokens::Reply) -> PyResult<Self> {
        let (outcome, response) = match reply.outcome {
            ReplyOutcome::Response(response) => ("response", Some(Py::new(py, Response(response))?)),
            ReplyOutcome::NotSent => ("not_sent", None),
            ReplyOutcome::Lost => ("lost", None),
        };
        Ok(Reply { delay_ms: reply.delay_ms, outcome, response })
    }
}

#[pymethods]
impl Reply {
    /// How many milliseconds the answer takes; 0 unless a fault says otherwise.
    #[getter]
    fn delay_ms(&self) -> u64 {
        self.delay_ms
    }

    /// What the caller gets to see after that time: `response`; `not_sent`: no connection could be made; `lost`: the
    /// connection broke before an answer came.
    #[getter]
    fn outcome(&self) -> &'static str {
        self.outcome
    }

    /// The answer, where there is one.
    #[getter]
    fn response(&self, py: Python<'_>) -> Option<Py<Response>> {
        self.response.as_ref().map(|response| response.clone_ref(py))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let response = self.response(py).into_pyobject(py)?.repr()?;
        Ok(format!("Reply(delay_ms={}, outcome='{}', response={response})", self.delay_ms, self.outcome))
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_pickled("an answer, which may hold a secret,"))
    }
}

/// Fields as JSON, for the core to judge.
fn text(py: Python<'_>, fields: Option<&Bound<'_, PyDict>>) -> PyResult<String> {
    let fields = fields.map_or_else(|| PyDict::new(py), Bound::clone);
    py.import("json")?.call_method1("dumps", (fields,))?.extract()
}

fn invalid(error: &InvalidState) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn now(now_ms: Option<i64>) -> PyResult<i64> {
    now_ms.map_or_else(|| time::now(None), Ok)
}
