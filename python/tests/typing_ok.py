"""What type checkers have to accept and to refuse; `mypy --strict` complains about a suppression that is not needed."""

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from datetime import datetime, timezone
from typing import Any, assert_never

from astro_tokens import (
    Api,
    ApiError,
    ApiToken,
    ApiVersion,
    AstroTokens,
    AstroTokensError,
    AsyncAstroTokens,
    Claims,
    Command,
    CommandDict,
    CommandOperation,
    ConversationError,
    CreateTokenInput,
    Credential,
    Grant,
    Mark,
    NotWritten,
    Problem,
    Request,
    Response,
    RoleChange,
    Rotation,
    Scope,
    Secret,
    Severity,
    Shell,
    Sort,
    Span,
    Store,
    SubjectRoles,
    TokenPage,
    UpdateTokenRolesInput,
    ValidationError,
    WorkspaceRole,
    base_url_of_domain,
    correct_command,
    credential_from_env,
    explain_command,
    format_command,
    inspect_token,
    parse_command,
)

api: Api = Api(organization_id="clorg", api_version="v1beta1", strict=True)
version: ApiVersion = api.api_version
Api({"organization_id": "clorg", "base_url": None})
Api("clorg")  # type: ignore[call-overload]
Api(organization_id="clorg", api_version="v2")  # type: ignore[call-overload]
Api(organization_id="clorg", organisation="clorg")  # type: ignore[call-overload]

role: WorkspaceRole = "WORKSPACE_MEMBER"
scope: Scope = "WORKSPACE"
custom_role = input()
request: Request = api.create_token(name="CI", role=role, workspace_id="clws", scope=scope, expiration_days=30)
api.create_token(name="CI", role=custom_role, deployment_id="cldep", kind="DIRECT_ACCESS")
api.create_token(name="CI")  # type: ignore[call-overload]
api.create_token(name="CI", role=role, expiration_days="30")  # type: ignore[call-overload]
api.create_token(name="CI", role=role, kind="OTHER")  # type: ignore[call-overload]
api.create_token("CI", role=role)  # type: ignore[call-overload]

entry: CreateTokenInput = {"name": "CI", "role": "WORKSPACE_OWNER", "workspace_id": "clws", "expiration_days": None}
misspelt: CreateTokenInput = {"name": "CI", "rol": "WORKSPACE_OWNER"}  # type: ignore[typeddict-unknown-key, typeddict-item]
from_json: dict[str, Any] = json.loads("{}")
from_anywhere: Mapping[str, object] = from_json
for mapping in (from_json, from_anywhere):
    api.create_token(mapping)
api.create_token(entry)
api.create_token(entry, name="CI")  # type: ignore[call-overload]

sorts: list[Sort] = ["createdAt:desc", "name:asc"]
api.list_tokens()
api.list_tokens(workspace_id="clws", sorts=sorts, limit=100, dag_tags=("daily", "hourly"))
api.list_tokens(sorts=["createdAt"])  # type: ignore[list-item]

api.get_token("cltoken")
api.get_token(token_id="cltoken")
api.rotate_token({"token_id": "cltoken"})
api.delete_token(5)  # type: ignore[call-overload]
api.update_token("cltoken", name="CI", description="")
api.update_token("cltoken")  # type: ignore[call-overload]

grants: list[Grant] = [{"entity_type": "WORKSPACE", "entity_id": "clws", "role": role}]
api.update_token_roles("cltoken", scope="WORKSPACE", roles=grants)
inferred = [{"entity_type": "WORKSPACE", "entity_id": "clws", "role": custom_role}]
api.update_token_roles("cltoken", scope="WORKSPACE", roles=inferred)
roles_input: UpdateTokenRolesInput = {"token_id": "cltoken", "scope": "WORKSPACE", "roles": grants}
api.update_token_roles(roles_input)

headers: dict[str, str] = {**request.headers, "authorization": "Bearer secret"}
body: bytes | None = request.body
Request(request.method, request.url, body)
Request("PUT", request.url)  # type: ignore[arg-type]
request.url = "https://example.com"  # type: ignore[misc]

line = "astro workspace token create --name CI --role WORKSPACE_MEMBER"
command: Command = parse_command(line, strict=True, allow_unknown_roles=False)
for source in (line.split(), tuple(line.split())):
    parse_command(source)
parse_command(line, True)  # type: ignore[call-arg]
parse_command(5)  # type: ignore[arg-type]
as_data: CommandDict = command.to_dict()
operation: CommandOperation = as_data["operation"]
days: int = as_data.get("expiration_days", 90)
Command.from_dict(as_data)
Command.from_dict(from_json)
Command.from_dict(line)  # type: ignore[arg-type]
partial: CommandDict = {"operation": "create_token"}  # type: ignore[typeddict-item]
current = Api(organization_id="clorg", workspace_id="clws", deployment_id=None)
workspace_id: str | None = current.workspace_id
built: Request = current.build(command)
current.build(as_data)  # type: ignore[arg-type]
shell: Shell = "powershell"
written: list[str] = [format_command(command), format_command(as_data, shell), format_command(built, shell="cmd")]
format_command(command, "fish")  # type: ignore[arg-type]
corrected: str | None = correct_command(line)
explained: str = explain_command(line, color=True)


def severity_of(problem: Problem) -> Severity:
    match problem.severity:
        case "error" | "warning":
            return problem.severity
    assert_never(problem.severity)


try:
    api.get_token("")
except ValidationError as error:
    as_base: tuple[AstroTokensError, ValueError] = (error, error)
    problems: tuple[Problem, ...] = error.problems
    span: Span | None = problems[0].span
    if span is not None:
        part: str = line[span.start : span.end]
        argument: int | None = span.argument
    misspelt_code = problems[0].code == "to_long"  # type: ignore[comparison-overlap]

response = Response(200, {"content-type": "application/json"}, b"{}")
page: TokenPage = api.list_tokens().parse(response)
first: ApiToken = page.tokens[0]
roles: SubjectRoles = api.update_token_roles({}).parse(response)
created: ApiToken = api.create_token(entry).parse(response)
secret: Secret | None = created.token
secret_of_created: str = api.create_token(entry).parse(response).token.expose()
secret_of_read: str = first.token.expose()  # type: ignore[union-attr]
stored: Request[ApiToken] = Request("GET", "https://api.astronomer.io/v1/organizations/clorg/tokens/cltoken")
from_parts = Request("DELETE", "https://api.astronomer.io")
from_parts.parse(response)
answer: ApiToken | TokenPage | SubjectRoles | None = request.parse(response)
wrong: TokenPage = api.get_token("cltoken").parse(response)  # type: ignore[assignment]
created.token = None  # type: ignore[misc]
for role_of_token in first.roles or ():
    text: str = role_of_token.role
until: float = (created.end_at or created.start_at).timestamp()
try:
    api.delete_token("cltoken").parse(response)
except ApiError as error:
    wait: float | None = error.retry_after

credential: Credential = credential_from_env(os.environ)
credential_from_env({"ASTRO_API_TOKEN": 5})  # type: ignore[dict-item]
claims: Claims = inspect_token(credential.token, now=datetime.now(timezone.utc))
inspect_token("eyJ", datetime.now(timezone.utc))  # type: ignore[call-arg]
token_scope: Scope = Claims.read("eyJ").scope
is_old: bool = claims.is_expired() and claims.expires_at is not None
at_home = Api(organization_id=claims.organization_id, base_url=base_url_of_domain("astronomer.io"))


class Vault:
    held: Secret | None = None

    def write(self, secret: Secret) -> None:
        if secret == self.held:
            raise NotWritten("it is there already")

    def read(self) -> Secret | None:
        return self.held


class AsyncVault:
    async def write(self, secret: Secret) -> None: ...


class NoVault:
    def write(self, secret: str) -> None: ...


a_store: Store = Vault()
another_store: Store = AsyncVault()
no_store: Store = NoVault()  # type: ignore[assignment]

with AstroTokens(secret, timeout=5, workspace_id="clws", on_warning=print) as astro:
    made: ApiToken = astro.create_token(name="CI", role="ORGANIZATION_MEMBER", expiration_days=90)
    change: RoleChange = astro.add_token_role(token_name="CI", workspace_id="clws", role="WORKSPACE_AUTHOR")
    rotation: Rotation = astro.rotate_token(made.id, overlap=True, keep_old=timedelta(hours=48), store=lambda each: each.expose())
    astro.create_token(name="CI", role="ORGANIZATION_MEMBER", store=Vault(), idempotency_key="run 7")
    astro.create_token(name="CI", role="ORGANIZATION_MEMBER", store=NoVault())  # type: ignore[arg-type]
    astro.rotate_token("cl", overlap=True, anew=True, store=print)  # type: ignore[call-arg]
    for effect in astro.finish_rotation("cl", now=True, leftover_after=timedelta(hours=2), store=Vault()).effects:
        is_kept: bool = effect.action == "leave" and effect.state == "done" and effect.token_id is not None
    mark: Mark | None = made.mark
    replaced_at: datetime | None = mark.until if mark is not None and mark.state == "replaced" else None
    ids: list[str] = [each.id for each in astro.tokens(workspace_id="clws", sorts=["name:asc"])]
    astro.delete_token(token_name="CI")
    astro.create_token(name="CI")  # type: ignore[call-arg]
    astro.find_token(name="CI")  # type: ignore[call-arg]
    astro.tokens(sorts=["size:asc"])  # type: ignore[list-item]
    AstroTokens(organisation_id="clorg")  # type: ignore[call-arg]


async def asynchronous() -> ApiToken | None:
    async with AsyncAstroTokens() as astro:
        async for each in astro.tokens():
            return each
        change: RoleChange = await astro.remove_token_role("cl", workspace_id="clws", remove_orphans=True)
        return change.token


try:
    ids.clear()
except BaseException as interrupt:
    stands: ConversationError | None = ConversationError.of(interrupt)
