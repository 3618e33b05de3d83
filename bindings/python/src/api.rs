//! [`Api`] and its operations, as Python sees them.

use astro_tokens::{
    ApiOptions, CreateToken, DeleteToken, GetToken, ListTokens, Operation, RotateToken, Spelling, UpdateToken,
    UpdateTokenRoles,
};
use pyo3::{
    prelude::*,
    types::{IntoPyDict, PyDict},
};

use crate::{
    arguments::{Argument, mapping_or_token_id, refuse_keywords, request},
    batch::{self, Batch},
    command::Command,
    conversation::{self, Conversation},
    errors,
    request::Request,
    value::{self, argument},
};

/// An Organization, the version of the API, and how strict to be: what all requests share.
///
/// It holds no credential and does nothing to the world; it can be compared, hashed, pickled, and used by any number of
/// threads.
///
/// Args:
///     input: A mapping with the settings below by name, instead of keywords.
///     organization_id (str): The id of the Organization that the tokens belong to, required.
///     api_version (str): `v1` (default) or `v1beta1`, which Astro supports until January 2027.
///     base_url (str): Where the API is: an origin with an optional path, HTTPS unless it is loopback; the version is
///         appended. Default: `https://api.astronomer.io`.
///     strict (bool): Makes every warning an error. Default: `False`.
///     allow_unknown_roles (bool): Lets Organization and Workspace roles through that this release does not know, with
///         a warning; misspelt ones stay errors. Default: `False`.
///     workspace_id (str): The current Workspace, for commands that do not name one.
///     deployment_id (str): The current Deployment, for commands that do not name one.
///
/// Raises:
///     ValidationError: Something is wrong with the settings; it lists everything.
///     TypeError: An unknown keyword, or a mapping together with keywords.
///
/// Every operation takes its fields as keywords, or one mapping with the same names. A mapping may come from anywhere
/// (JSON, YAML): keys that do not exist are problems like any other. `None` always means: not given.
#[pyclass(frozen, eq, hash, module = "astro_tokens")]
#[derive(PartialEq, Hash)]
pub(crate) struct Api(pub(crate) astro_tokens::Api);

#[pymethods]
impl Api {
    #[new]
    #[pyo3(signature = (
        input = None, /, *, organization_id = None, api_version = None, base_url = None, strict = None,
        allow_unknown_roles = None, workspace_id = None, deployment_id = None
    ))]
    #[expect(clippy::too_many_arguments, reason = "the keywords of a Python class")]
    fn new(
        py: Python<'_>,
        input: Argument<'_, '_>,
        organization_id: Argument<'_, '_>,
        api_version: Argument<'_, '_>,
        base_url: Argument<'_, '_>,
        strict: Argument<'_, '_>,
        allow_unknown_roles: Argument<'_, '_>,
        workspace_id: Argument<'_, '_>,
        deployment_id: Argument<'_, '_>,
    ) -> PyResult<Self> {
        let built = match input {
            Some(mapping) => {
                let settings =
                    [organization_id, api_version, base_url, strict, allow_unknown_roles, workspace_id, deployment_id];
                refuse_keywords("Api", &settings)?;
                astro_tokens::Api::from_value(value::everything(mapping)?, Spelling::Snake)
            }
            None => ApiOptions {
                organization_id: argument(organization_id)?,
                api_version: argument(api_version)?,
                base_url: argument(base_url)?,
                strict: argument(strict)?,
                allow_unknown_roles: argument(allow_unknown_roles)?,
                workspace_id: argument(workspace_id)?,
                deployment_id: argument(deployment_id)?,
            }
            .build(),
        };
        built.map(Api).map_err(|error| errors::raised(py, &error))
    }

    /// Build the request that creates a token. Its secret is in the answer to the request and never shown again.
    ///
    /// The scope follows from the ids: with a Workspace it is a Workspace token, with a Deployment a Deployment token,
    /// with neither an Organization token.
    ///
    /// Args:
    ///     input: A mapping with the fields below by name, instead of keywords.
    ///     name (str): The name, required: 1 to 256 characters. Names are not unique.
    ///     role (str): The role on the entity of the token's scope, required: `WORKSPACE_MEMBER`, or for a Deployment
    ///         also a custom role.
    ///     workspace_id (str): The Workspace of a Workspace token.
    ///     deployment_id (str): The Deployment of a Deployment token.
    ///     scope (str): `ORGANIZATION`, `WORKSPACE` or `DEPLOYMENT`; it must agree with the ids, from which it follows.
    ///     description (str): At most 500 characters; an empty one is sent.
    ///     expiration_days (int): Days until the token expires: 1 to 3650. Without it the token never expires, which is
    ///         a warning.
    ///     kind (str): `STANDARD` (Astro's default) or `DIRECT_ACCESS`; v1 only.
    ///
    /// Returns:
    ///     Request: What to send.
    ///
    /// Raises:
    ///     ValidationError: The input breaks a rule of the API; it lists all problems.
    ///     TypeError: An unknown keyword, or a mapping together with keywords.
    ///
    /// Source: https://www.astronomer.io/docs/astro/api/v-1/api-token/create-an-api-token
    #[pyo3(signature = (
        input = None, /, *, name = None, role = None, workspace_id = None, deployment_id = None, scope = None,
        description = None, expiration_days = None, kind = None
    ))]
    #[expect(clippy::too_many_arguments, reason = "the keywords of a Python method")]
    fn create_token(
        &self,
        py: Python<'_>,
        input: Argument<'_, '_>,
        name: Argument<'_, '_>,
        role: Argument<'_, '_>,
        workspace_id: Argument<'_, '_>,
        deployment_id: Argument<'_, '_>,
        scope: Argument<'_, '_>,
        description: Argument<'_, '_>,
        expiration_days: Argument<'_, '_>,
        kind: Argument<'_, '_>,
    ) -> PyResult<Request> {
        request!(
            &self.0,
            py,
            input,
            CreateToken { name, role, workspace_id, deployment_id, scope, description, expiration_days, kind }
        )
    }

    /// Build the requests that create many tokens. An entry that is wrong does not stop the others.
    ///
    /// Args:
    ///     entries (str, bytes or iterable): NDJSON in UTF-8: one object a line with the fields of `create_token` by name;
    ///         blank lines are no entries. Or an iterable of mappings with those fields; lines of NDJSON in it, as an
    ///         open file gives them, are read, too.
    ///     stop_on_error (bool): Makes the first entry with an error the last one that is looked at.
    ///     on_progress (callable): Is called with the number of entries so far, and how many of them are wrong: about
    ///         every thousand entries, and at the end. What it raises ends the work.
    ///
    /// Returns:
    ///     Batch: The requests, and what is wrong with the entries that made none; see its `raise_for_errors`.
    ///
    /// Raises:
    ///     TypeError: Something that is neither text nor an iterable, or one mapping.
    ///
    /// Source of the format: https://github.com/ndjson/ndjson-spec
    #[pyo3(signature = (entries, /, *, stop_on_error = false, on_progress = None))]
    fn create_tokens(
        &self,
        entries: &Bound<'_, PyAny>,
        stop_on_error: bool,
        on_progress: Argument<'_, '_>,
    ) -> PyResult<Batch> {
        batch::create_tokens(&self.0, entries, stop_on_error, on_progress)
    }

    /// Build the request that lists one page of the Organization's tokens.
    ///
    /// Args:
    ///     input: A mapping with the fields below by name, instead of keywords.
    ///     workspace_id (str): Only the tokens with a role on this Workspace.
    ///     deployment_id (str): Only the tokens with a role on this Deployment.
    ///     only_organization_tokens (bool): Only Organization tokens.
    ///     offset (int): How many tokens to skip: 0 or more.
    ///     limit (int): How many tokens to answer with: 0 to 1000. Astro's default: 20.
    ///     sorts (sequence of str): Field and direction, such as `createdAt:desc`; the first decides, the next break
    ///         ties.
    ///     kind (str): Only the tokens of this kind, `STANDARD` or `DIRECT_ACCESS`; v1 only.
    ///     dag_id (str): Only the tokens with a role on the DAG of this id; free text; v1 only.
    ///     dag_tags (sequence of str): Only the tokens with a role on DAGs with these tags; free text; v1 only.
    ///
    /// Returns:
    ///     Request: What to send.
    ///
    /// Raises:
    ///     ValidationError: The input breaks a rule of the API; it lists all problems.
    ///     TypeError: An unknown keyword, or a mapping together with keywords.
    ///
    /// Source: https://www.astronomer.io/docs/astro/api/v-1/api-token/list-api-tokens
    #[pyo3(signature = (
        input = None, /, *, workspace_id = None, deployment_id = None, only_organization_tokens = None, offset = None,
        limit = None, sorts = None, kind = None, dag_id = None, dag_tags = None
    ))]
    #[expect(clippy::too_many_arguments, reason = "the keywords of a Python method")]
    fn list_tokens(
        &self,
        py: Python<'_>,
        input: Argument<'_, '_>,
        workspace_id: Argument<'_, '_>,
        deployment_id: Argument<'_, '_>,
        only_organization_tokens: Argument<'_, '_>,
        offset: Argument<'_, '_>,
        limit: Argument<'_, '_>,
        sorts: Argument<'_, '_>,
        kind: Argument<'_, '_>,
        dag_id: Argument<'_, '_>,
        dag_tags: Argument<'_, '_>,
    ) -> PyResult<Request> {
        request!(
            &self.0,
            py,
            input,
            ListTokens {
                workspace_id,
                deployment_id,
                only_organization_tokens,
                offset,
                limit,
                sorts,
                kind,
                dag_id,
                dag_tags
            }
        )
    }

    /// Build the request that reads one token, with its roles. The secret is not in the answer.
    ///
    /// Args:
    ///     token_id (str): The id of the token, required. As the only argument it may be a mapping with all fields by
    ///         name.
    ///
    /// Returns:
    ///     Request: What to send.
    ///
    /// Raises:
    ///     ValidationError: The input breaks a rule of the API; it lists all problems.
    ///     TypeError: An unknown keyword, or a mapping together with keywords.
    ///
    /// Source: https://www.astronomer.io/docs/astro/api/v-1/api-token/get-api-token
    #[pyo3(signature = (input = None, /, *, token_id = None), text_signature = "($self, token_id=None)")]
    fn get_token(&self, py: Python<'_>, input: Argument<'_, '_>, token_id: Argument<'_, '_>) -> PyResult<Request> {
        let (mapping, token_id) = mapping_or_token_id(GetToken::NAME, input, token_id)?;
        request!(&self.0, py, mapping, GetToken { token_id })
    }

    /// Build the request that changes the name and description of a token. Its expiration and scope cannot be changed.
    ///
    /// Args:
    ///     token_id (str): The id of the token, required. As the only argument it may be a mapping with all fields by
    ///         name.
    ///     name (str): The name, required: 1 to 256 characters. The API wants it each time, also where it stays the
    ///         same.
    ///     description (str): At most 500 characters. An empty one clears it, none leaves it as it is.
    ///
    /// Returns:
    ///     Request: What to send.
    ///
    /// Raises:
    ///     ValidationError: The input breaks a rule of the API; it lists all problems.
    ///     TypeError: An unknown keyword, or a mapping together with keywords.
    ///
    /// Source: https://www.astronomer.io/docs/astro/api/v-1/api-token/update-api-token
    #[pyo3(
        signature = (input = None, /, *, token_id = None, name = None, description = None),
        text_signature = "($self, token_id=None, *, name=None, description=None)"
    )]
    fn update_token(
        &self,
        py: Python<'_>,
        input: Argument<'_, '_>,
        token_id: Argument<'_, '_>,
        name: Argument<'_, '_>,
        description: Argument<'_, '_>,
    ) -> PyResult<Request> {
        let (mapping, token_id) = mapping_or_token_id(UpdateToken::NAME, input, token_id)?;
        request!(&self.0, py, mapping, UpdateToken { token_id, name, description })
    }

    /// Build the request that replaces all roles of a token: what is not in the list is taken away.
    ///
    /// Args:
    ///     token_id (str): The id of the token, required. As the only argument it may be a mapping with all fields by
    ///         name.
    ///     scope (str): The scope that the token has, required: `ORGANIZATION`, `WORKSPACE` or `DEPLOYMENT`. It decides
    ///         which roles the token may hold, and is not sent.
    ///     roles (sequence of mappings): All roles that the token shall have, at least the one on the entity of its own
    ///         scope. Each has `entity_type` (`ORGANIZATION`, `WORKSPACE`, `DEPLOYMENT`, `DAG` or `DAG_TAG`),
    ///         `entity_id` (for a DAG its DAG id, for a DAG tag the tag), `role`, and for DAGs and DAG tags
    ///         `deployment_id`.
    ///
    /// Returns:
    ///     Request: What to send.
    ///
    /// Raises:
    ///     ValidationError: The input breaks a rule of the API; it lists all problems.
    ///     TypeError: An unknown keyword, or a mapping together with keywords.
    ///
    /// Source: https://www.astronomer.io/docs/astro/api/v-1/api-token/update-api-token-roles
    #[pyo3(
        signature = (input = None, /, *, token_id = None, scope = None, roles = None),
        text_signature = "($self, token_id=None, *, scope=None, roles=None)"
    )]
    fn update_token_roles(
        &self,
        py: Python<'_>,
        input: Argument<'_, '_>,
        token_id: Argument<'_, '_>,
        scope: Argument<'_, '_>,
        roles: Argument<'_, '_>,
    ) -> PyResult<Request> {
        let (mapping, token_id) = mapping_or_token_id(UpdateTokenRoles::NAME, input, token_id)?;
        request!(&self.0, py, mapping, UpdateTokenRoles { token_id, scope, roles })
    }

    /// Build the request that replaces the secret of a token.
    ///
    /// The old value stops working at once; the new one is in the answer to the request and never shown again.
    ///
    /// Args:
    ///     token_id (str): The id of the token, required. As the only argument it may be a mapping with all fields by
    ///         name.
    ///
    /// Returns:
    ///     Request: What to send.
    ///
    /// Raises:
    ///     ValidationError: The input breaks a rule of the API; it lists all problems.
    ///     TypeError: An unknown keyword, or a mapping together with keywords.
    ///
    /// Source: https://www.astronomer.io/docs/astro/api/v-1/api-token/rotate-api-token
    #[pyo3(signature = (input = None, /, *, token_id = None), text_signature = "($self, token_id=None)")]
    fn rotate_token(&self, py: Python<'_>, input: Argument<'_, '_>, token_id: Argument<'_, '_>) -> PyResult<Request> {
        let (mapping, token_id) = mapping_or_token_id(RotateToken::NAME, input, token_id)?;
        request!(&self.0, py, mapping, RotateToken { token_id })
    }

    /// Build the request that deletes a token. Its secret stops working at once, and it cannot be brought back.
    ///
    /// Args:
    ///     token_id (str): The id of the token, required. As the only argument it may be a mapping with all fields by
    ///         name.
    ///
    /// Returns:
    ///     Request: What to send.
    ///
    /// Raises:
    ///     ValidationError: The input breaks a rule of the API; it lists all problems.
    ///     TypeError: An unknown keyword, or a mapping together with keywords.
    ///
    /// Source: https://www.astronomer.io/docs/astro/api/v-1/api-token/delete-api-token
    #[pyo3(signature = (input = None, /, *, token_id = None), text_signature = "($self, token_id=None)")]
    fn delete_token(&self, py: Python<'_>, input: Argument<'_, '_>, token_id: Argument<'_, '_>) -> PyResult<Request> {
        let (mapping, token_id) = mapping_or_token_id(DeleteToken::NAME, input, token_id)?;
        request!(&self.0, py, mapping, DeleteToken { token_id })
    }

    /// Build the request of a command that needs one: to create a token, to list the tokens of the group itself (the
    /// first page, 100 at most), and to list the roles of a token given by its id.
    ///
    /// Where the command does not say where it works, the current Workspace and Deployment of this `Api` do.
    ///
    /// Args:
    ///     command (Command): What `parse_command` or `Command.from_dict` made.
    ///
    /// Returns:
    ///     Request: What to send.
    ///
    /// Raises:
    ///     ValidationError: The command breaks a rule of the API, or takes several requests (`needs_conversation`); it
    ///         lists all problems.
    ///     TypeError: Something else than a `Command`.
    fn build(&self, py: Python<'_>, command: &Bound<'_, Command>) -> PyResult<Request> {
        self.0.build(&command.get().0).map(Request).map_err(|error| errors::raised(py, &error))
    }

    /// Begin the work of any command, for a caller that nothing is known about: see `Session.start_command`.
    ///
    /// Args:
    ///     command (Command): What `parse_command` or `Command.from_dict` made.
    ///     seed (int): For the jitter of waits; from the system where it is not given.
    ///
    /// Returns:
    ///     Conversation: The work, not begun yet.
    ///
    /// Raises:
    ///     ValidationError: Everything that can be judged before anything is read.
    ///     TypeError: Something else than a `Command`.
    #[pyo3(signature = (command, *, seed = None))]
    fn start(&self, py: Python<'_>, command: &Bound<'_, Command>, seed: Option<u64>) -> PyResult<Conversation> {
        conversation::of_command(py, &self.0, command, seed)
    }

    /// The id of the Organization.
    #[getter]
    fn organization_id(&self) -> &str {
        self.0.organization_id()
    }

    /// The version of the API: `v1` or `v1beta1`.
    #[getter]
    fn api_version(&self) -> &'static str {
        self.0.version().as_str()
    }

    /// Where the API is, without the version.
    #[getter]
    fn base_url(&self) -> &str {
        self.0.base_url()
    }

    /// Whether warnings are errors.
    #[getter]
    fn strict(&self) -> bool {
        self.0.is_strict()
    }

    /// Whether Organization and Workspace roles that this release does not know are let through.
    #[getter]
    fn allow_unknown_roles(&self) -> bool {
        self.0.allows_unknown_roles()
    }

    /// The id of the current Workspace, if there is one.
    #[getter]
    fn workspace_id(&self) -> Option<&str> {
        self.0.workspace_id()
    }

    /// The id of the current Deployment, if there is one.
    #[getter]
    fn deployment_id(&self) -> Option<&str> {
        self.0.deployment_id()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let settings = self.settings(py)?;
        let settings = settings.iter().map(|(name, value)| Ok(format!("{name}={}", value.repr()?)));
        Ok(format!("Api({})", settings.collect::<PyResult<Vec<_>>>()?.join(", ")))
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyDict>,)> {
        Ok((self.settings(py)?,))
    }
}

impl Api {
    /// Everything that makes this `Api`, by the names that [`Api::new`] takes.
    fn settings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let settings = [
            ("organization_id", self.organization_id().into_pyobject(py)?.into_any()),
            ("api_version", self.api_version().into_pyobject(py)?.into_any()),
            ("base_url", self.base_url().into_pyobject(py)?.into_any()),
            ("strict", self.strict().into_pyobject(py)?.to_owned().into_any()),
            ("allow_unknown_roles", self.allow_unknown_roles().into_pyobject(py)?.to_owned().into_any()),
            ("workspace_id", self.workspace_id().into_pyobject(py)?),
            ("deployment_id", self.deployment_id().into_pyobject(py)?),
        ];
        settings.into_py_dict(py)
    }
}
