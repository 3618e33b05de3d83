//! What comes of conversations, as Python sees it.

use astro_tokens::{Timestamp, conversation as core};
use pyo3::{
    IntoPyObjectExt,
    prelude::*,
    types::{PyDict, PyTuple},
};

use crate::{
    answers::{ApiToken, TokenRole, shown},
    errors, json,
    secret::{Secret, not_pickled},
    time::datetime,
};

/// What became of a token that was to be changed.
#[pyclass(frozen, module = "astro_tokens")]
pub(crate) struct TokenUpdate(pub(crate) core::TokenUpdate);

#[pymethods]
impl TokenUpdate {
    /// The token as it is now.
    #[getter]
    fn token(&self) -> ApiToken {
        ApiToken(self.0.token.clone())
    }

    /// What was changed, a tuple of `name`, `description` and `role`. Empty: it was so already, and nothing was sent.
    #[getter]
    fn changed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.0.changed)
    }

    /// The role that the token had, where it was changed.
    #[getter]
    fn old_role(&self) -> Option<&str> {
        self.0.old_role.as_deref()
    }

    /// A new dictionary in Astro's own names.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::to_dict(py, &self.0)
    }

    fn __copy__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __deepcopy__(this: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        this
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let fields = [
            ("token", self.token().into_bound_py_any(py)?),
            ("changed", self.changed(py)?.into_any()),
            ("old_role", self.old_role().into_bound_py_any(py)?),
        ];
        shown(py, "TokenUpdate", fields)
    }
}

/// What became of the roles of a token.
#[pyclass(frozen, module = "astro_tokens")]
pub(crate) struct RoleChange(pub(crate) core::RoleChange);

#[pymethods]
impl RoleChange {
    /// The token as it is now; in a preview, as it would be.
    #[getter]
    fn token(&self) -> ApiToken {
        ApiToken(self.0.token.clone())
    }

    /// What the role is on: `WORKSPACE` or `DEPLOYMENT`.
    #[getter]
    fn entity_type(&self) -> &'static str {
        self.0.entity_type.as_str()
    }

    /// The id of the Workspace or Deployment.
    #[getter]
    fn entity_id(&self) -> &str {
        &self.0.entity_id
    }

    /// The role that the token had there, if any.
    #[getter]
    fn old_role(&self) -> Option<&str> {
        self.0.old_role.as_deref()
    }

    /// The role that the token has there now, if any.
    #[getter]
    fn new_role(&self) -> Option<&str> {
        self.0.new_role.as_deref()
    }

    /// Whether anything had to be done; in a preview, whether anything would have to be.
    #[getter]
    fn changed(&self) -> bool {
        self.0.changed
    }

    /// Narrower roles that were removed with it: a tuple of `TokenRole`.
    #[getter]
    fn removed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        roles(py, &self.0.removed)
    }

    /// All that is different about the roles of the token.
    #[getter]
    fn diff(&self) -> RoleDiff {
        RoleDiff(self.0.diff.clone())
    }

    /// A new dictionary in Astro's own names.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::to_dict(py, &self.0)
    }

    fn __copy__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __deepcopy__(this: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        this
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let fields = [
            ("token", self.token().into_bound_py_any(py)?),
            ("entity_type", self.entity_type().into_bound_py_any(py)?),
            ("entity_id", self.entity_id().into_bound_py_any(py)?),
            ("old_role", self.old_role().into_bound_py_any(py)?),
            ("new_role", self.new_role().into_bound_py_any(py)?),
            ("changed", self.changed().into_bound_py_any(py)?),
            ("removed", self.removed(py)?.into_any()),
        ];
        shown(py, "RoleChange", fields)
    }
}

/// What is different between two sets of roles. An entity has one role, so each is listed once.
#[pyclass(frozen, eq, module = "astro_tokens")]
#[derive(PartialEq)]
pub(crate) struct RoleDiff(core::RoleDiff);

#[pymethods]
impl RoleDiff {
    /// Compare two sets of roles, such as those of a token before and after.
    ///
    /// Args:
    ///     old (sequence of TokenRole): The roles before.
    ///     new (sequence of TokenRole): The roles after.
    #[staticmethod]
    fn between(old: Vec<PyRef<'_, TokenRole>>, new: Vec<PyRef<'_, TokenRole>>) -> Self {
        let roles = |roles: &[PyRef<'_, TokenRole>]| roles.iter().map(|role| role.0.clone()).collect::<Vec<_>>();
        RoleDiff(core::RoleDiff::between(&roles(&old), &roles(&new)))
    }

    /// Roles on entities that had none: a tuple of `TokenRole`.
    #[getter]
    fn added<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        roles(py, &self.0.added)
    }

    /// Roles on entities that have none any more: a tuple of `TokenRole`.
    #[getter]
    fn removed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        roles(py, &self.0.removed)
    }

    /// Roles on entities that have another one now: a tuple of pairs, the old one and the new one.
    #[getter]
    fn changed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let pairs = self.0.changed.iter().cloned();
        PyTuple::new(py, pairs.map(|(old, new)| (TokenRole::from(old), TokenRole::from(new))))
    }

    /// A new dictionary in Astro's own names.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::to_dict(py, &self.0)
    }

    fn __bool__(&self) -> bool {
        !self.0.is_empty()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let fields = [("added", self.added(py)?), ("removed", self.removed(py)?), ("changed", self.changed(py)?)];
        shown(py, "RoleDiff", fields)
    }
}

fn roles<'py>(py: Python<'py>, roles: &[astro_tokens::TokenRole]) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, roles.iter().cloned().map(TokenRole::from))
}

/// Why a token deserves a look: see `ApiToken.findings`.
#[pyclass(frozen, eq, module = "astro_tokens")]
#[derive(PartialEq)]
pub(crate) struct Finding(pub(crate) astro_tokens::Finding);

#[pymethods]
impl Finding {
    /// `expired`, `expires` (soon), `never_expires`, `unused` or `never_used`.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    /// The days that it is about: since when, or how soon; `None` where it is about none.
    #[getter]
    fn days(&self) -> Option<i64> {
        self.0.days()
    }

    fn __repr__(&self) -> String {
        let days = self.days().map_or_else(|| "None".to_owned(), |days| days.to_string());
        format!("Finding(kind='{}', days={days})", self.kind())
    }
}

/// A new secret in the place of an old one.
#[pyclass(frozen, module = "astro_tokens")]
pub(crate) struct Rotation(pub(crate) core::Rotation);

#[pymethods]
impl Rotation {
    /// The token with its new secret: the same token, or its successor.
    #[getter]
    fn token(&self) -> ApiToken {
        ApiToken(self.0.token.clone())
    }

    /// The new secret; `None` after `finish_rotation`: it was stored before.
    #[getter]
    fn secret(&self) -> Option<Secret> {
        self.0.token.token.clone().map(Secret)
    }

    /// The id of the token that the successor replaces; `None` without overlap.
    #[getter]
    fn old_token_id(&self) -> Option<&str> {
        self.0.old_token_id.as_deref()
    }

    /// Until when the old token stays, a `datetime` in UTC; `None`: it is gone, or there was none.
    #[getter]
    fn old_kept_until<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let until = self.0.old_kept_until_ms.map(Timestamp::from_unix_millis);
        until.map(|until| datetime(py, &until)).transpose()
    }

    /// Every token that was created, marked, deleted or left, and whether its secret was stored: a tuple of `Effect`, in the
    /// order in which it happened.
    #[getter]
    fn effects<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        errors::effects(py, &self.0.effects)
    }

    /// A new dictionary in Astro's own names; the secret is redacted.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::to_dict(py, &self.0)
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_pickled("a rotation with its secret"))
    }

    fn __copy__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __deepcopy__(this: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        this
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let fields = [
            ("token", self.token().into_bound_py_any(py)?),
            ("old_token_id", self.old_token_id().into_bound_py_any(py)?),
            ("old_kept_until", self.old_kept_until(py)?.into_bound_py_any(py)?),
        ];
        shown(py, "Rotation", fields)
    }
}
