//! What a token says about itself, which credential an environment holds, and where a domain's API is.

use std::cell::RefCell;

use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyDict, PyMapping, PyString, PyTuple, PyType},
};

use crate::{
    answers::{Reduced, shown},
    errors, json, secret,
    secret::Secret,
    time::datetime,
};

/// What a token says about itself: an API token is a JWT, and this is its payload, read and not verified.
///
/// Made by `inspect_token` and `Claims.read`. Nothing here is secret. It cannot be changed, and can be compared, hashed,
/// copied and pickled.
#[pyclass(frozen, eq, hash, module = "astro_tokens")]
#[derive(PartialEq, Hash)]
pub(crate) struct Claims(astro_tokens::Claims);

#[pymethods]
impl Claims {
    /// Read the claims of a token, expired or not.
    ///
    /// Args:
    ///     token (str or Secret): The value of the token.
    ///
    /// Returns:
    ///     Claims: What it says about itself.
    ///
    /// Raises:
    ///     ValidationError: The value is not that of an API token; see `inspect_token`.
    #[classmethod]
    #[pyo3(signature = (token, /))]
    fn read(cls: &Bound<'_, PyType>, token: &Bound<'_, PyAny>) -> PyResult<Self> {
        let claims = astro_tokens::Claims::read(value(token)?.expose());
        claims.map(Claims).map_err(|error| errors::raised(cls.py(), &error))
    }

    /// The Organization that the token belongs to.
    #[getter]
    fn organization_id(&self) -> &str {
        &self.0.organization_id
    }

    /// The Workspace of a Workspace token.
    #[getter]
    fn workspace_id(&self) -> Option<&str> {
        self.0.workspace_id.as_deref()
    }

    /// The Deployment of a Deployment token.
    #[getter]
    fn deployment_id(&self) -> Option<&str> {
        self.0.deployment_id.as_deref()
    }

    /// The id of the token itself, where it says.
    #[getter]
    fn token_id(&self) -> Option<&str> {
        self.0.token_id.as_deref()
    }

    /// What the token is for, by the narrowest id: `ORGANIZATION`, `WORKSPACE` or `DEPLOYMENT`.
    #[getter]
    fn scope(&self) -> &str {
        self.0.scope.as_str()
    }

    /// What the ids come from, to the letter: a tuple of `organizationId:clorg` and the like.
    #[getter]
    fn permissions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.0.permissions)
    }

    /// When the token expires, a `datetime` in UTC; `None`: never.
    #[getter]
    fn expires_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.expires_at.as_ref().map(|time| datetime(py, time)).transpose()
    }

    /// When the token was made, a `datetime` in UTC, where it says.
    #[getter]
    fn issued_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.issued_at.as_ref().map(|time| datetime(py, time)).transpose()
    }

    /// Whether the token says that Astro generated it, as API tokens do and other credentials do not.
    #[getter]
    fn is_astronomer_generated(&self) -> bool {
        self.0.is_astronomer_generated
    }

    /// The version of the claims, where they say.
    #[getter]
    fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// Whether the token has expired.
    ///
    /// Args:
    ///     now (datetime): The time to compare with, aware of its time zone. Default: the time of this machine.
    #[pyo3(signature = (now = None))]
    fn is_expired(&self, now: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
        Ok(self.0.is_expired(crate::time::now(now)?))
    }

    /// A new dictionary of all of it, with times as Astro writes them.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::to_dict(py, &self.0)
    }

    #[classmethod]
    fn _from_json(_cls: &Bound<'_, PyType>, text: &str) -> PyResult<Self> {
        json::restored(text).map(Claims)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> Reduced<'py> {
        Ok((py.get_type::<Self>().getattr("_from_json")?, (json::text(&self.0)?,)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let fields = [
            ("organization_id", Some(self.organization_id())),
            ("workspace_id", self.workspace_id()),
            ("deployment_id", self.deployment_id()),
            ("token_id", self.token_id()),
            ("scope", Some(self.scope())),
            ("expires_at", self.0.expires_at.as_ref().map(astro_tokens::Timestamp::as_str)),
        ];
        shown(py, "Claims", fields)
    }
}

/// The credential that an environment provides.
///
/// Made by `credential_from_env`. It is redacted like its secret, and refuses to be pickled.
#[pyclass(frozen, module = "astro_tokens")]
pub(crate) struct Credential(astro_tokens::Credential);

#[pymethods]
impl Credential {
    /// The token.
    #[getter]
    fn token(&self) -> Secret {
        Secret(self.0.token.clone())
    }

    /// The variable that it comes from.
    #[getter]
    fn source(&self) -> &str {
        self.0.source
    }

    /// What else is set and not used: a tuple of `Problem`.
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        errors::problems(py, &self.0.warnings)
    }

    fn __repr__(&self) -> String {
        format!("Credential(token={:?}, source='{}')", self.0.token, self.0.source)
    }

    // A credential never changes, so that a copy is the credential itself.
    fn __copy__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __deepcopy__(this: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        this
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(secret::not_pickled("a credential"))
    }
}

/// Say what a token is for and until when, without a request: its claims are read, and not verified.
///
/// Args:
///     token (str or Secret): The value of the token.
///     now (datetime): The time to compare its expiry with, aware of its time zone. Default: the time of this machine.
///
/// Returns:
///     Claims: What the token says about itself: Organization, scope, expiry.
///
/// Raises:
///     ValidationError: The value is something else, such as a user's login, an id, a token in quotes or cut short
///         (`not_a_token`), a `placeholder`, or it has expired (`expired_token`). It shows nothing of the value.
///     TypeError: A token or time of another type.
///     ValueError: A time without a time zone.
#[pyfunction]
#[pyo3(signature = (token, *, now = None))]
pub(crate) fn inspect_token(token: &Bound<'_, PyAny>, now: Option<&Bound<'_, PyAny>>) -> PyResult<Claims> {
    let claims = astro_tokens::inspect(value(token)?.expose(), crate::time::now(now)?);
    claims.map(Claims).map_err(|error| errors::raised(token.py(), &error))
}

/// Choose the credential of an environment, and say why.
///
/// `ASTRO_API_TOKEN` is the only one that works: the key pair `ASTRONOMER_KEY_ID` and `ASTRONOMER_KEY_SECRET` stopped in
/// June 2024. Beside a token it is a warning, alone an error. A blank variable counts as not set.
///
/// Args:
///     env (mapping of str to str): The environment. Default: `os.environ`.
///
/// Returns:
///     Credential: The token, the variable that it comes from, and warnings.
///
/// Raises:
///     ValidationError: Nothing is set (`required`), only the key pair is (`retired_credential`), or what is set cannot be
///         a token, as with quotes or a line break around it (`not_a_token`, `placeholder`). It shows nothing of a value.
///     TypeError: The environment is no mapping of strings.
#[pyfunction]
#[pyo3(signature = (env = None))]
pub(crate) fn credential_from_env(py: Python<'_>, env: Option<&Bound<'_, PyAny>>) -> PyResult<Credential> {
    let env = match env {
        Some(env) => env.cast::<PyMapping>()?.as_any().clone(),
        None => py.import("os")?.getattr("environ")?,
    };
    let failed = RefCell::new(None);
    let variable = |name: &str| {
        let found = env.call_method1("get", (name,)).and_then(|found| match found.is_none() {
            true => Ok(None),
            false => text(&found, name).map(Some),
        });
        found.unwrap_or_else(|error| {
            failed.replace(Some(error));
            None
        })
    };
    let credential = astro_tokens::Credential::from_env(variable);
    match failed.take() {
        Some(error) => Err(error),
        None => credential.map(Credential).map_err(|error| errors::raised(py, &error)),
    }
}

/// Say where the API of a domain is, for `Api(base_url=...)`.
///
/// Args:
///     domain (str): What the variable `ASTRO_DOMAIN` holds: `astronomer.io`, `localhost`, a preview such as
///         `pr1234.astronomer-dev.io`, or the address of Astro's web pages or API. Blank means the default.
///
/// Returns:
///     str: The base URL, without the version of the API.
///
/// Raises:
///     ValidationError: It is no domain, or looks like a slip for one of Astro's (`invalid_value`), or it is the URL of
///         something else (`invalid_url`), or a `placeholder`.
///     TypeError: A domain that is no string.
#[pyfunction]
pub(crate) fn base_url_of_domain(domain: &Bound<'_, PyAny>) -> PyResult<String> {
    let url = astro_tokens::base_url_of_domain(&text(domain, "domain")?);
    url.map_err(|error| errors::raised(domain.py(), &error))
}

/// The value of a token.
fn value(token: &Bound<'_, PyAny>) -> PyResult<astro_tokens::Secret> {
    match token.cast::<Secret>() {
        Ok(secret) => Ok(secret.get().0.clone()),
        Err(_) => text(token, "token").map(astro_tokens::Secret::new),
    }
}

/// Text that may be secret. Where it is not Unicode, nothing is said of it that would show it, as Python's own error does:
/// half a character becomes one that no token and no domain has.
fn text(object: &Bound<'_, PyAny>, name: &str) -> PyResult<String> {
    match object.cast::<PyString>() {
        Ok(string) => Ok(string.to_string_lossy().into_owned()),
        Err(_) => {
            let found = object.get_type().fully_qualified_name()?;
            Err(PyTypeError::new_err(format!("{name} must be a str, not {found}")))
        }
    }
}
