from collections.abc import Sequence
from typing import Literal, SupportsIndex, final, overload

from ._errors import Problem
from ._types import (
    ApiInput,
    ApiVersion,
    CreateTokenInput,
    DeleteTokenInput,
    Entries,
    GetTokenInput,
    Grant,
    Kind,
    ListTokensInput,
    Role,
    RotateTokenInput,
    Scope,
    Sort,
    UpdateTokenInput,
    UpdateTokenRolesInput,
)

__all__ = ["Api", "Request"]

@final
class Api:
    @overload
    def __new__(
        cls,
        *,
        organization_id: str,
        api_version: ApiVersion | None = None,
        base_url: str | None = None,
        strict: bool | None = None,
        allow_unknown_roles: bool | None = None,
    ) -> Api: ...
    @overload
    def __new__(cls, input: ApiInput | Entries, /) -> Api: ...
    @property
    def organization_id(self) -> str: ...
    @property
    def api_version(self) -> ApiVersion: ...
    @property
    def base_url(self) -> str: ...
    @property
    def strict(self) -> bool: ...
    @property
    def allow_unknown_roles(self) -> bool: ...
    @overload
    def create_token(
        self,
        *,
        name: str,
        role: Role,
        workspace_id: str | None = None,
        deployment_id: str | None = None,
        scope: Scope | None = None,
        description: str | None = None,
        expiration_days: SupportsIndex | None = None,
        kind: Kind | None = None,
    ) -> Request: ...
    @overload
    def create_token(self, input: CreateTokenInput | Entries, /) -> Request: ...
    @overload
    def list_tokens(
        self,
        *,
        workspace_id: str | None = None,
        deployment_id: str | None = None,
        only_organization_tokens: bool | None = None,
        offset: SupportsIndex | None = None,
        limit: SupportsIndex | None = None,
        sorts: Sequence[Sort] | None = None,
        kind: Kind | None = None,
        dag_id: str | None = None,
        dag_tags: Sequence[str] | None = None,
    ) -> Request: ...
    @overload
    def list_tokens(self, input: ListTokensInput | Entries, /) -> Request: ...
    @overload
    def get_token(self, token_id: str) -> Request: ...
    @overload
    def get_token(self, input: GetTokenInput | Entries, /) -> Request: ...
    @overload
    def update_token(self, token_id: str, *, name: str, description: str | None = None) -> Request: ...
    @overload
    def update_token(self, input: UpdateTokenInput | Entries, /) -> Request: ...
    @overload
    def update_token_roles(self, token_id: str, *, scope: Scope, roles: Sequence[Grant | Entries]) -> Request: ...
    @overload
    def update_token_roles(self, input: UpdateTokenRolesInput | Entries, /) -> Request: ...
    @overload
    def rotate_token(self, token_id: str) -> Request: ...
    @overload
    def rotate_token(self, input: RotateTokenInput | Entries, /) -> Request: ...
    @overload
    def delete_token(self, token_id: str) -> Request: ...
    @overload
    def delete_token(self, input: DeleteTokenInput | Entries, /) -> Request: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Request:
    def __new__(cls, method: Literal["GET", "POST", "DELETE"], url: str, body: bytes | None = None) -> Request: ...
    @property
    def method(self) -> Literal["GET", "POST", "DELETE"]: ...
    @property
    def url(self) -> str: ...
    @property
    def headers(self) -> dict[str, str]: ...
    @property
    def body(self) -> bytes | None: ...
    @property
    def warnings(self) -> tuple[Problem, ...]: ...
    def as_curl(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Request: ...
    def __deepcopy__(self, memo: object, /) -> Request: ...
