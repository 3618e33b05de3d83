"""Validate and build requests for the API tokens of Astronomer's Astro, and read and write its command lines.

    >>> from astro_tokens import Api
    >>> api = Api(organization_id="clorg")
    >>> request = api.create_token(name="CI", role="WORKSPACE_MEMBER", workspace_id="clws", expiration_days=30)
    >>> print(request)
    POST https://api.astronomer.io/v1/organizations/clorg/tokens

    >>> from astro_tokens import correct_command
    >>> correct_command("astro organization token create --name CI --role ORGANIZATION OWNER")
    'astro organization token create --name CI --role ORGANIZATION_OWNER'

Nothing here touches the network: any HTTP client can send the request, with the header `authorization` added.
"""

from ._core import (
    Api,
    ApiToken,
    Claims,
    Command,
    Credential,
    Request,
    Response,
    Secret,
    Subject,
    SubjectRoles,
    TokenPage,
    TokenRole,
    base_url_of_domain,
    correct_command,
    credential_from_env,
    explain_command,
    format_command,
    inspect_token,
    parse_command,
)
from ._errors import ApiError, AstroTokensError, FieldError, Problem, Span, TransportError, ValidationError

__all__ = [
    "Api",
    "ApiError",
    "ApiInput",
    "ApiToken",
    "ApiVersion",
    "AstroTokensError",
    "Claims",
    "Command",
    "CommandDict",
    "CommandOperation",
    "CreateTokenInput",
    "Credential",
    "DagRole",
    "DeleteTokenInput",
    "DeploymentRole",
    "EntityType",
    "FieldError",
    "GetTokenInput",
    "Grant",
    "Kind",
    "ListTokensInput",
    "OrganizationRole",
    "Problem",
    "ProblemCode",
    "Request",
    "Response",
    "RotateTokenInput",
    "Scope",
    "Secret",
    "Severity",
    "Shell",
    "Sort",
    "Span",
    "Subject",
    "SubjectRoles",
    "TokenPage",
    "TokenRole",
    "TransportError",
    "UpdateTokenInput",
    "UpdateTokenRolesInput",
    "ValidationError",
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
    # What is left of `__all__` serves annotations, and `typing` takes longer to load than all the rest.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import _types

    value = globals()[name] = getattr(_types, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
