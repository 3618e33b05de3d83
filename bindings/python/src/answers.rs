//! The answers of the core as Python classes. They keep the core's values and make Python's when they are asked for.

use std::{
    hash::{Hash, Hasher},
    ops::Deref,
};

use astro_tokens::{Answer, Audit};
use pyo3::{
    IntoPyObjectExt,
    prelude::*,
    types::{PyDict, PyList, PyTuple, PyType},
};

use crate::{
    errors, json,
    outcomes::Finding,
    secret,
    secret::Secret,
    time::{self, datetime},
};

/// What pickle needs: the function that makes the answer again, and its arguments.
pub(crate) type Reduced<'py, A = (String,)> = PyResult<(Bound<'py, PyAny>, A)>;

/// An API token, as Astro describes it.
///
/// Made by `Request.parse`. It cannot be changed; it can be compared, hashed (by its id), copied, and, without a secret in
/// it, pickled. Its repr names it by id, name and short token.
#[pyclass(frozen, eq, generic, module = "astro_tokens")]
#[derive(PartialEq)]
pub(crate) struct ApiToken(pub(crate) astro_tokens::ApiToken);

#[pymethods]
impl ApiToken {
    /// The id: `clm8q7f6q000008lcgyougpsk`.
    #[getter]
    fn id(&self) -> &str {
        &self.0.id
    }

    /// The name. Names are not unique.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// The description; may be empty. While the token is being rotated, and after that, it ends with a mark.
    #[getter]
    fn description(&self) -> &str {
        &self.0.description
    }

    /// The description without the mark.
    #[getter]
    fn plain_description(&self) -> &str {
        self.0.plain_description()
    }

    /// What a rotation with overlap, or a create with an idempotency key, has written about it: a `Mark`; `None`: nothing.
    #[getter]
    fn mark<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.mark().map(|mark| errors::mark_of(py, &mark)).transpose()
    }

    /// What the token is for: `ORGANIZATION`, `WORKSPACE`, `DEPLOYMENT`, or what Astro will have thought of.
    #[getter]
    fn scope(&self) -> &str {
        self.0.scope.as_str()
    }

    /// The kind: `STANDARD`, `DIRECT_ACCESS`, or a newer one; `None` in v1beta1.
    #[getter]
    fn kind(&self) -> Option<&str> {
        self.0.kind.as_ref().map(astro_tokens::Word::as_str)
    }

    /// The roles, a tuple of `TokenRole`. `None` is not empty: a list of v1beta1 leaves them out.
    #[getter]
    fn roles<'py>(this: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let of_token = |position| TokenRole(Held::OfToken(this.clone().unbind(), position));
        let roles = this.get().0.roles.as_ref();
        roles.map(|roles| PyTuple::new(this.py(), (0..roles.len()).map(of_token))).transpose()
    }

    /// Identifies the secret without revealing it: safe to log.
    #[getter]
    fn short_token(&self) -> &str {
        &self.0.short_token
    }

    /// When the token becomes valid: a `datetime` in UTC, like all times here.
    #[getter]
    fn start_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        datetime(py, &self.0.start_at)
    }

    /// When the token expires; `None`: never.
    #[getter]
    fn end_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.end_at.as_ref().map(|time| datetime(py, time)).transpose()
    }

    /// When it was created.
    #[getter]
    fn created_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        datetime(py, &self.0.created_at)
    }

    /// When it was last changed.
    #[getter]
    fn updated_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        datetime(py, &self.0.updated_at)
    }

    /// Days from its creation or rotation until it expires; `None`: never.
    #[getter]
    fn expiry_period_in_days(&self) -> Option<i64> {
        self.0.expiry_period_in_days
    }

    /// When it was last used, if ever.
    #[getter]
    fn last_used_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.last_used_at.as_ref().map(|time| datetime(py, time)).transpose()
    }

    /// When its secret was last replaced, if ever.
    #[getter]
    fn last_rotated_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.last_rotated_at.as_ref().map(|time| datetime(py, time)).transpose()
    }

    /// Who created it, where Astro says so.
    #[getter]
    fn created_by(&self) -> Option<Subject> {
        self.0.created_by.clone().map(Subject)
    }

    /// Who changed it last, where Astro says so.
    #[getter]
    fn updated_by(&self) -> Option<Subject> {
        self.0.updated_by.clone().map(Subject)
    }

    /// The secret: in the answers to create and rotate, and never again.
    #[getter]
    fn token(&self) -> Option<Secret> {
        self.0.token.clone().map(Secret)
    }

    /// A new dictionary of the fields that this release does not know.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::dictionary(py, &self.0.extra)
    }

    /// Judge whether the token deserves a look: one that expires soon or never, or that nobody uses.
    ///
    /// Args:
    ///     expiring_within_days (int): How soon is soon.
    ///     unused_for_days (int): After how many days without use.
    ///     now (datetime): The time to compare with, aware of its time zone. Default: the time of this machine.
    ///
    /// Returns:
    ///     tuple of Finding: What is to say about it.
    #[pyo3(signature = (*, expiring_within_days = 30, unused_for_days = 90, now = None))]
    fn findings<'py>(
        &self,
        py: Python<'py>,
        expiring_within_days: i64,
        unused_for_days: i64,
        now: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let audit = Audit::default().expiring_within_days(expiring_within_days).unused_for_days(unused_for_days);
        PyTuple::new(py, audit.findings(&self.0, time::now(now)?).into_iter().map(Finding))
    }

    /// A new dictionary in Astro's own names, with everything that this release does not know; the secret is redacted.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::to_dict(py, &self.0)
    }

    #[classmethod]
    fn _from_json(_cls: &Bound<'_, PyType>, text: &str) -> PyResult<Self> {
        json::restored(text).map(ApiToken)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> Reduced<'py> {
        match self.0.token {
            Some(_) => Err(secret::not_pickled("a token with its secret")),
            None => Ok((py.get_type::<Self>().getattr("_from_json")?, (json::text(&self.0)?,))),
        }
    }

    // A token never changes, so that a copy is the token itself, with its secret.
    fn __copy__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __deepcopy__(this: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        this
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.id().into_bound_py_any(py)?.hash()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let fields =
            [("id", self.id()), ("name", self.name()), ("scope", self.scope()), ("short_token", self.short_token())];
        shown(py, "ApiToken", fields)
    }
}

/// A role of a token on an entity.
///
/// It cannot be changed, and can be compared, hashed, copied and pickled.
#[pyclass(frozen, eq, hash, module = "astro_tokens")]
#[derive(PartialEq, Hash)]
pub(crate) struct TokenRole(pub(crate) Held);

/// Where a role is: a list of tokens has thousands, and they are read where they are.
pub(crate) enum Held {
    Here(astro_tokens::TokenRole),
    /// Among those of a token, at this position.
    OfToken(Py<ApiToken>, usize),
}

impl Deref for Held {
    type Target = astro_tokens::TokenRole;

    fn deref(&self) -> &Self::Target {
        match self {
            Held::Here(role) => role,
            Held::OfToken(token, position) => &token.get().0.roles.as_deref().unwrap_or_default()[*position],
        }
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Hash for Held {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl From<astro_tokens::TokenRole> for TokenRole {
    fn from(role: astro_tokens::TokenRole) -> Self {
        TokenRole(Held::Here(role))
    }
}

#[pymethods]
impl TokenRole {
    /// What the role is granted on: `ORGANIZATION`, `WORKSPACE`, `DEPLOYMENT`, `DAG`, `DAG_TAG`, or a newer one.
    #[getter]
    fn entity_type(&self) -> &str {
        self.0.entity_type.as_str()
    }

    /// The id of the entity; of a DAG its DAG id, of a DAG tag the tag.
    #[getter]
    fn entity_id(&self) -> &str {
        &self.0.entity_id
    }

    /// The role, predefined or custom.
    #[getter]
    fn role(&self) -> &str {
        &self.0.role
    }

    /// The Deployment of a DAG or DAG tag.
    #[getter]
    fn deployment_id(&self) -> Option<&str> {
        self.0.deployment_id.as_deref()
    }

    /// A new dictionary of the fields that this release does not know.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::dictionary(py, &self.0.extra)
    }

    /// A new dictionary in Astro's own names, with everything that this release does not know.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::to_dict(py, &*self.0)
    }

    #[classmethod]
    fn _from_json(_cls: &Bound<'_, PyType>, text: &str) -> PyResult<Self> {
        json::restored(text).map(|role: astro_tokens::TokenRole| role.into())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> Reduced<'py> {
        Ok((py.get_type::<Self>().getattr("_from_json")?, (json::text(&*self.0)?,)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let fields = [
            ("entity_type", Some(self.entity_type())),
            ("entity_id", Some(self.entity_id())),
            ("role", Some(self.role())),
            ("deployment_id", self.deployment_id()),
        ];
        shown(py, "TokenRole", fields)
    }
}

/// A user or token that did something.
///
/// It cannot be changed, and can be compared, hashed, copied and pickled.
#[pyclass(frozen, eq, hash, module = "astro_tokens")]
#[derive(PartialEq, Hash)]
pub(crate) struct Subject(astro_tokens::Subject);

#[pymethods]
impl Subject {
    /// The id.
    #[getter]
    fn id(&self) -> &str {
        &self.0.id
    }

    /// `USER`, `SERVICEKEY`, or a newer one.
    #[getter]
    fn subject_type(&self) -> Option<&str> {
        self.0.subject_type.as_deref()
    }

    /// The full name of a user.
    #[getter]
    fn full_name(&self) -> Option<&str> {
        self.0.full_name.as_deref()
    }

    /// The username of a user.
    #[getter]
    fn username(&self) -> Option<&str> {
        self.0.username.as_deref()
    }

    /// The name of a token.
    #[getter]
    fn api_token_name(&self) -> Option<&str> {
        self.0.api_token_name.as_deref()
    }

    /// A new dictionary of the fields that this release does not know.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::dictionary(py, &self.0.extra)
    }

    /// A new dictionary in Astro's own names, with everything that this release does not know.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::to_dict(py, &self.0)
    }

    #[classmethod]
    fn _from_json(_cls: &Bound<'_, PyType>, text: &str) -> PyResult<Self> {
        json::restored(text).map(Subject)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> Reduced<'py> {
        Ok((py.get_type::<Self>().getattr("_from_json")?, (json::text(&self.0)?,)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let fields = [
            ("id", Some(self.id())),
            ("subject_type", self.subject_type()),
            ("full_name", self.full_name()),
            ("username", self.username()),
            ("api_token_name", self.api_token_name()),
        ];
        shown(py, "Subject", fields)
    }
}

/// One page of a list of tokens.
///
/// It cannot be changed, and can be compared, copied and pickled.
#[pyclass(frozen, module = "astro_tokens")]
pub(crate) struct TokenPage {
    /// The page without its tokens.
    page: astro_tokens::TokenPage,
    tokens: Py<PyTuple>,
}

impl TokenPage {
    pub(crate) fn new(py: Python<'_>, mut page: astro_tokens::TokenPage) -> PyResult<Self> {
        let tokens = std::mem::take(&mut page.tokens);
        Ok(TokenPage { page, tokens: PyTuple::new(py, tokens.into_iter().map(ApiToken))?.unbind() })
    }
}

#[pymethods]
impl TokenPage {
    /// The tokens of this page: a tuple of `ApiToken`.
    #[getter]
    fn tokens(&self, py: Python<'_>) -> Py<PyTuple> {
        self.tokens.clone_ref(py)
    }

    /// How many tokens a page has at most.
    #[getter]
    fn limit(&self) -> i64 {
        self.page.limit
    }

    /// How many tokens come before this page.
    #[getter]
    fn offset(&self) -> i64 {
        self.page.offset
    }

    /// How many tokens there are on all pages.
    #[getter]
    fn total_count(&self) -> i64 {
        self.page.total_count
    }

    /// A new dictionary of the fields that this release does not know.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::dictionary(py, &self.page.extra)
    }

    /// A new dictionary in Astro's own names, with everything that this release does not know; secrets are redacted.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dictionary = json::to_dict(py, &self.page)?;
        let tokens = self.tokens.bind(py).iter().map(|token| token.cast::<ApiToken>()?.get().to_dict(py));
        dictionary.set_item("tokens", PyList::new(py, tokens.collect::<PyResult<Vec<_>>>()?)?)?;
        Ok(dictionary)
    }

    #[classmethod]
    fn _from_json(_cls: &Bound<'_, PyType>, text: &str, tokens: Py<PyTuple>) -> PyResult<Self> {
        Ok(TokenPage { page: json::restored(text)?, tokens })
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> Reduced<'py, (String, Py<PyTuple>)> {
        Ok((py.get_type::<Self>().getattr("_from_json")?, (json::text(&self.page)?, self.tokens(py))))
    }

    fn __eq__(&self, other: &Self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.page == other.page && self.tokens.bind(py).eq(other.tokens.bind(py))?)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (tokens, page) = (self.tokens.bind(py).repr()?, &self.page);
        let (limit, offset, total_count) = (page.limit, page.offset, page.total_count);
        Ok(format!("TokenPage(tokens={tokens}, limit={limit}, offset={offset}, total_count={total_count})"))
    }
}

/// The roles of a token after they were replaced: not a token.
///
/// It cannot be changed, and can be compared, hashed, copied and pickled.
#[pyclass(frozen, eq, hash, module = "astro_tokens")]
#[derive(PartialEq, Hash)]
pub(crate) struct SubjectRoles(astro_tokens::SubjectRoles);

#[pymethods]
impl SubjectRoles {
    /// The role on the Organization.
    #[getter]
    fn organization_role(&self) -> Option<&str> {
        self.0.organization_role.as_deref()
    }

    /// The roles on Workspaces: a tuple of dictionaries in Astro's own names.
    #[getter]
    fn workspace_roles<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        dictionaries(py, self.0.workspace_roles.as_deref())
    }

    /// The roles on Deployments: a tuple of dictionaries in Astro's own names.
    #[getter]
    fn deployment_roles<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        dictionaries(py, self.0.deployment_roles.as_deref())
    }

    /// The roles on DAGs: a tuple of dictionaries in Astro's own names.
    #[getter]
    fn dag_roles<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        dictionaries(py, self.0.dag_roles.as_deref())
    }

    /// A new dictionary of the fields that this release does not know.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::dictionary(py, &self.0.extra)
    }

    /// A new dictionary in Astro's own names, with everything that this release does not know.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::to_dict(py, &self.0)
    }

    #[classmethod]
    fn _from_json(_cls: &Bound<'_, PyType>, text: &str) -> PyResult<Self> {
        json::restored(text).map(SubjectRoles)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> Reduced<'py> {
        Ok((py.get_type::<Self>().getattr("_from_json")?, (json::text(&self.0)?,)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let fields = [
            ("organization_role", self.organization_role().into_bound_py_any(py)?),
            ("workspace_roles", self.workspace_roles(py)?.into_bound_py_any(py)?),
            ("deployment_roles", self.deployment_roles(py)?.into_bound_py_any(py)?),
            ("dag_roles", self.dag_roles(py)?.into_bound_py_any(py)?),
        ];
        shown(py, "SubjectRoles", fields)
    }
}

/// An answer as what `Request.parse` returns.
pub(crate) fn answer(py: Python<'_>, answer: Answer) -> PyResult<Bound<'_, PyAny>> {
    match answer {
        Answer::Token(token) => ApiToken(*token).into_bound_py_any(py),
        Answer::Page(page) => TokenPage::new(py, page)?.into_bound_py_any(py),
        Answer::Roles(roles) => SubjectRoles(roles).into_bound_py_any(py),
        _ => Ok(py.None().into_bound(py)),
    }
}

fn dictionaries<'py>(
    py: Python<'py>,
    objects: Option<&[astro_tokens::Extra]>,
) -> PyResult<Option<Bound<'py, PyTuple>>> {
    let dictionaries = |objects: &[astro_tokens::Extra]| {
        let dictionaries = objects.iter().map(|object| json::dictionary(py, object));
        PyTuple::new(py, dictionaries.collect::<PyResult<Vec<_>>>()?)
    };
    objects.map(dictionaries).transpose()
}

/// The repr of a class with fields.
pub(crate) fn shown<'py, V: IntoPyObject<'py>>(
    py: Python<'py>,
    class: &str,
    fields: impl IntoIterator<Item = (&'static str, V)>,
) -> PyResult<String> {
    let fields = fields.into_iter().map(|(name, value)| Ok(format!("{name}={}", value.into_bound_py_any(py)?.repr()?)));
    Ok(format!("{class}({})", fields.collect::<PyResult<Vec<_>>>()?.join(", ")))
}
