"""Types for annotations: the words of the API as literals, and inputs and commands as typed dictionaries.

Nothing at run time depends on them; the core decides what is valid. They are tested against `core/vocabulary.json`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal, Protocol, SupportsIndex, TypeAlias, TypedDict

from ._core import Secret
from ._errors import Problem

ApiVersion = Literal["v1", "v1beta1"]
"""A version of the API."""

Scope = Literal["ORGANIZATION", "WORKSPACE", "DEPLOYMENT"]
"""What a token is for: fixed when it is created."""

EntityType = Literal["ORGANIZATION", "WORKSPACE", "DEPLOYMENT", "DAG", "DAG_TAG"]
"""What a role is granted on."""

OrganizationRole = Literal[
    "ORGANIZATION_OWNER",
    "ORGANIZATION_BILLING_ADMIN",
    "ORGANIZATION_MEMBER",
    "ORGANIZATION_OBSERVE_ADMIN",
    "ORGANIZATION_OBSERVE_MEMBER",
]
"""A role on an Organization."""

WorkspaceRole = Literal[
    "WORKSPACE_OWNER", "WORKSPACE_OPERATOR", "WORKSPACE_AUTHOR", "WORKSPACE_MEMBER", "WORKSPACE_ACCESSOR"
]
"""A role on a Workspace."""

DeploymentRole = Literal["DEPLOYMENT_ADMIN"]
"""The predefined role on a Deployment; there are custom ones besides, which are any text."""

DagRole = Literal["DAG_AUTHOR", "DAG_VIEWER"]
"""A predefined role on a DAG or DAG tag; there are custom ones besides, which are any text."""

Kind = Literal["STANDARD", "DIRECT_ACCESS"]
"""The kind of a token: for the API of Astro, or for the Airflow API of a Deployment without a detour (v1 only)."""

Sort = Literal[
    "name:asc",
    "name:desc",
    "description:asc",
    "description:desc",
    "createdAt:asc",
    "createdAt:desc",
    "updatedAt:asc",
    "updatedAt:desc",
    "tokenStartAt:asc",
    "tokenStartAt:desc",
]
"""An order of the list: field and direction."""

CommandOperation = Literal[
    "create_token",
    "list_tokens",
    "list_token_roles",
    "update_token",
    "rotate_token",
    "delete_token",
    "add_token_role",
    "update_token_role",
    "remove_token_role",
]
"""What a command does. The last three concern the role that a token of a wider scope has here."""

Shell = Literal["posix", "powershell", "cmd"]
"""A shell that a command can be written for."""

Severity = Literal["error", "warning"]
"""Whether a problem stops the request."""

ProblemCode = Literal[
    "required",
    "too_long",
    "control_character",
    "invalid_unicode",
    "wrong_type",
    "invalid_json",
    "unknown_field",
    "invalid_value",
    "invalid_role",
    "role_scope_mismatch",
    "out_of_range",
    "not_an_integer",
    "conflicting_scope",
    "invalid_id",
    "invalid_url",
    "unsupported_in_version",
    "missing_primary_role",
    "duplicate_grant",
    "scope_forbids_grant",
    "organization_mismatch",
    "placeholder",
    "secret_in_text",
    "unterminated_quote",
    "unquoted_value",
    "smart_quote",
    "not_a_dash",
    "shell_syntax",
    "unknown_command",
    "unknown_flag",
    "duplicate_flag",
    "missing_value",
    "not_a_boolean",
    "unexpected_argument",
    "conflicting_arguments",
    "needs_conversation",
    "unquotable_value",
    "not_a_token",
    "expired_token",
    "retired_credential",
    "never_expires",
    "above_documented_limit",
    "possible_typo",
    "surrounding_quotes",
    "would_expand",
    "dag_role_scope",
    "orphaned_grants",
    "unknown_role",
    "replaced_token",
    "leftover_token",
    "roles_not_cloned",
    "unused_credential",
]
"""The stable name of a kind of problem."""

FailureCode = Literal[
    "refused",
    "unreachable",
    "unknown",
    "invalid",
    "not_found",
    "ambiguous",
    "mismatch",
    "unverifiable",
    "would_lock_out",
    "not_stored",
    "lost_update",
    "already_exists",
    "conflict",
    "cancelled",
    "misuse",
]
"""The stable name of a way in which a conversation fails."""

Work = Literal[
    "tokens",
    "find_token",
    "create_token",
    "clone_token",
    "update_token",
    "add_token_role",
    "change_token_role",
    "remove_token_role",
    "rotate_token",
    "finish_rotation",
    "delete_token",
]
"""Work that takes several requests."""

EffectAction = Literal["create", "update", "set_roles", "rotate", "store", "mark", "delete", "leave"]
"""What an `Effect` does to a token; `leave`: it stays as it is, although it belongs to the work."""

EffectState = Literal["done", "not_done", "unclear"]
"""How far an `Effect` is."""

MarkState = Literal["pending", "replaced", "settled", "keyed"]
"""What a `Mark` says about its token."""

Role = OrganizationRole | WorkspaceRole | DeploymentRole | str
"""A role on the entity of a token; a `str`, because Deployments have custom roles."""

GrantRole = Role | DagRole
"""A role on any entity."""

Entries = Mapping[str, Any]
"""A mapping from anywhere, JSON or YAML say. To have a mapping checked, annotate it with the typed dictionary."""


class _ApiRequired(TypedDict):
    organization_id: str


class ApiInput(_ApiRequired, total=False):
    """The settings of `Api`."""

    api_version: ApiVersion | None
    base_url: str | None
    strict: bool | None
    allow_unknown_roles: bool | None
    workspace_id: str | None
    deployment_id: str | None


class _CommandRequired(TypedDict):
    operation: CommandOperation
    scope: Scope


class CommandDict(_CommandRequired, total=False):
    """The fields of `Command.to_dict` and `Command.from_dict`; what was not given is absent.

    `scope` is the group of the command: where it works. `token_scope`: whose token gets, changes or loses a role there.
    `token_id` or `token_name` finds an existing token, `name` is for one to create, `new_name` for one to rename. Beside
    a Deployment, `workspace_id` is context and never sent.
    """

    token_scope: Scope
    organization_id: str
    workspace_id: str
    deployment_id: str
    token_id: str
    token_name: str
    name: str
    new_name: str
    description: str
    role: str
    expiration_days: int
    clean_output: bool
    force: bool


class _CreateTokenRequired(TypedDict):
    name: str
    role: Role


class CreateTokenInput(_CreateTokenRequired, total=False):
    """The fields of `Api.create_token`."""

    workspace_id: str | None
    deployment_id: str | None
    scope: Scope | None
    description: str | None
    expiration_days: SupportsIndex | None
    kind: Kind | None


class CreateTokenFields(CreateTokenInput, total=False):
    """The fields of `AstroTokens.create_token`."""

    idempotency_key: str | None


class ListTokensInput(TypedDict, total=False):
    """The fields of `Api.list_tokens`."""

    workspace_id: str | None
    deployment_id: str | None
    only_organization_tokens: bool | None
    offset: SupportsIndex | None
    limit: SupportsIndex | None
    sorts: Sequence[Sort] | None
    kind: Kind | None
    dag_id: str | None
    dag_tags: Sequence[str] | None


class GetTokenInput(TypedDict):
    """The field of `Api.get_token`."""

    token_id: str


class _UpdateTokenRequired(TypedDict):
    token_id: str
    name: str


class UpdateTokenInput(_UpdateTokenRequired, total=False):
    """The fields of `Api.update_token`."""

    description: str | None


class _GrantRequired(TypedDict):
    entity_type: EntityType
    entity_id: str
    role: GrantRole


class Grant(_GrantRequired, total=False):
    """A role on an entity."""

    deployment_id: str | None


class UpdateTokenRolesInput(TypedDict):
    """The fields of `Api.update_token_roles`."""

    token_id: str
    scope: Scope
    roles: Sequence[Grant]


class RotateTokenInput(TypedDict):
    """The field of `Api.rotate_token`."""

    token_id: str


class DeleteTokenInput(TypedDict):
    """The field of `Api.delete_token`."""

    token_id: str


class TokensFields(TypedDict, total=False):
    """The fields of `AstroTokens.tokens`."""

    workspace_id: str | None
    deployment_id: str | None
    only_organization_tokens: bool | None
    sorts: Sequence[Sort] | None
    kind: Kind | None
    dag_id: str | None
    dag_tags: Sequence[str] | None
    page_size: int | None


class FindTokenFields(TypedDict, total=False):
    """The fields of `AstroTokens.find_token`: an id, a name, or both."""

    token_id: str | None
    token_name: str | None
    workspace_id: str | None
    deployment_id: str | None


class CloneTokenFields(FindTokenFields, total=False):
    """The fields of `AstroTokens.clone_token`."""

    name: str | None
    idempotency_key: str | None


class UpdateTokenFields(FindTokenFields, total=False):
    """The fields of `AstroTokens.update_token`."""

    name: str | None
    description: str | None
    role: Role | None


class _RoleRequired(TypedDict):
    role: Role


class TokenRoleFields(FindTokenFields, _RoleRequired, total=False):
    """The fields of `AstroTokens.add_token_role` and `AstroTokens.change_token_role`."""

    preview: bool | None


class RemoveTokenRoleFields(FindTokenFields, total=False):
    """The fields of `AstroTokens.remove_token_role`."""

    remove_orphans: bool | None
    preview: bool | None


class RotateTokenFields(FindTokenFields, total=False):
    """The fields of `AstroTokens.rotate_token`."""

    overlap: bool | None
    keep_old: int | timedelta | None
    leftover_after: int | timedelta | None
    allow_lockout: bool | None


class DeletionFields(FindTokenFields, total=False):
    """The fields of `AstroTokens.delete_token`."""

    allow_lockout: bool | None


class FinishRotationFields(FindTokenFields, total=False):
    """The fields of `AstroTokens.finish_rotation`."""

    old_token_id: str | None
    now: bool | None
    leftover_after: int | timedelta | None


class CommandOptions(TypedDict, total=False):
    """What the Astro CLI has no flag for: see `AstroTokens.run`."""

    overlap: bool
    keep_old: int | timedelta | None
    leftover_after: int | timedelta | None
    idempotency_key: str | None
    allow_lockout: bool
    remove_orphans: bool


class Store(Protocol):
    """A store: an object that the secret of a token is written to before anything depends on it. A function of the `Secret`
    is one, too.

    Besides `write` it may have

    - `read()`: the secret that it holds now, a `Secret` or `str`, or `None` where it holds none. With it, a rotation goes on
      from what an earlier one has stored, and two at the same time agree on one of them.
    - `prove()`: raises where writing is not going to work. It is called before anything is sent, and changes nothing that
      others read.

    For `AsyncAstroTokens` each of them may be a coroutine function.
    """

    def write(self, secret: Secret, /) -> object:
        """Write the secret. What this raises means that the secret may have been written; `NotWritten`, that it certainly
        was not and will not be."""


AnyStore: TypeAlias = Store | Callable[[Secret], object]
"""What the methods of the clients take as `store`."""


class ClientSettings(TypedDict, total=False):
    """The settings that `AstroTokens` and `AsyncAstroTokens` have in common."""

    organization_id: str | None
    api_version: ApiVersion | None
    base_url: str | None
    domain: str | None
    strict: bool | None
    allow_unknown_roles: bool | None
    workspace_id: str | None
    deployment_id: str | None
    env: Mapping[str, str] | None
    attempts: int | None
    patience: float | None
    rate_limits: bool | None
    on_warning: Callable[[Problem], None] | None
