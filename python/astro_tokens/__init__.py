"""Validate and build requests for the API tokens of Astronomer's Astro, and read and write its command lines.

    >>> from astro_tokens import Api
    >>> api = Api(organization_id="clorg")
    >>> request = api.create_token(name="CI", role="WORKSPACE_MEMBER", workspace_id="clws", expiration_days=30)
    >>> print(request)
    POST https://api.astronomer.io/v1/organizations/clorg/tokens

    >>> from astro_tokens import correct_command
    >>> correct_command("astro organization token create --name CI --role ORGANIZATION OWNER")
    'astro organization token create --name CI --role ORGANIZATION_OWNER'

None of this touches the network: any HTTP client can send the request, with the header `authorization` added.
`AstroTokens` and `AsyncAstroTokens` do so with `httpx`, and do work that takes several requests.
"""

from ._core import (
    Api,
    ApiToken,
    Batch,
    Claims,
    Command,
    Credential,
    Finding,
    Request,
    Response,
    RoleChange,
    RoleDiff,
    Rotation,
    Secret,
    Subject,
    SubjectRoles,
    TokenPage,
    TokenRole,
    TokenUpdate,
    base_url_of_domain,
    correct_command,
    credential_from_env,
    explain_command,
    format_command,
    inspect_token,
    parse_command,
)
from ._errors import (
    ApiError,
    AstroTokensError,
    BatchEntry,
    ConversationError,
    FieldError,
    NotWritten,
    Problem,
    Span,
    TransportError,
    ValidationError,
)
from ._outcomes import Candidate, Effect, Mark

__all__ = [
    "Api",
    "ApiError",
    "ApiInput",
    "ApiToken",
    "ApiVersion",
    "AstroTokens",
    "AstroTokensError",
    "AsyncAstroTokens",
    "Batch",
    "BatchEntry",
    "Candidate",
    "Claims",
    "ClientSettings",
    "CloneTokenFields",
    "Command",
    "CommandDict",
    "CommandOperation",
    "CommandOptions",
    "ConversationError",
    "CreateTokenFields",
    "CreateTokenInput",
    "Credential",
    "DagRole",
    "DeleteTokenInput",
    "DeletionFields",
    "DeploymentRole",
    "Effect",
    "EffectAction",
    "EffectState",
    "EntityType",
    "FailureCode",
    "FieldError",
    "FindTokenFields",
    "Finding",
    "FinishRotationFields",
    "GetTokenInput",
    "Grant",
    "Kind",
    "ListTokensInput",
    "Mark",
    "MarkState",
    "NotWritten",
    "OrganizationRole",
    "Problem",
    "ProblemCode",
    "RemoveTokenRoleFields",
    "Request",
    "Response",
    "RoleChange",
    "RoleDiff",
    "RotateTokenFields",
    "RotateTokenInput",
    "Rotation",
    "Scope",
    "Secret",
    "Severity",
    "Shell",
    "Sort",
    "Span",
    "Store",
    "Subject",
    "SubjectRoles",
    "TokenPage",
    "TokenRole",
    "TokenRoleFields",
    "TokenUpdate",
    "TokensFields",
    "TransportError",
    "UpdateTokenFields",
    "UpdateTokenInput",
    "UpdateTokenRolesInput",
    "ValidationError",
    "Work",
    "WorkspaceRole",
    "base_url_of_domain",
    "correct_command",
    "credential_from_env",
    "explain_command",
    "format_command",
    "inspect_token",
    "parse_command",
]


def __getattr__(name: str) -> object:
    # What is left of `__all__` needs an HTTP client or serves annotations: both take longer to load than all the rest.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in ("AstroTokens", "AsyncAstroTokens"):
        try:
            if name == "AstroTokens":
                from . import _sync_client as module
            else:
                from . import _async_client as module
        except ModuleNotFoundError as missing:
            if missing.name not in ("anyio", "httpx"):
                raise
            message = f"{name} sends requests with httpx: pip install 'astro-tokens[http]'"
            raise ModuleNotFoundError(message, name=missing.name) from missing
    else:
        from . import _types as module

    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
