"""What users would pick instead, each told every rule of create that its own features can express.

None of them can say what was meant (`WORKSPACE_AUTHR`), warn (`never_expires`), or tell a placeholder or secret in a text
without code of the caller's.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
import pydantic

WorkspaceRole = Literal[
    "WORKSPACE_OWNER", "WORKSPACE_OPERATOR", "WORKSPACE_AUTHOR", "WORKSPACE_MEMBER", "WORKSPACE_ACCESSOR"
]
TEXT = r"^[^\x00-\x1f\x7f]*$"
ID = r"^[A-Za-z0-9_-]+$"


# ---- create ----------------------------------------------------------------------------------------------------------


class PydanticCreate(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)
    name: Annotated[str, pydantic.Field(min_length=1, max_length=256, pattern=TEXT)]
    description: Annotated[str, pydantic.Field(max_length=500, pattern=TEXT)] | None = None
    scope: Literal["WORKSPACE"] = "WORKSPACE"
    role: WorkspaceRole
    entityId: Annotated[str, pydantic.Field(pattern=ID)]
    tokenExpiryPeriodInDays: Annotated[int, pydantic.Field(ge=1, le=3650)] | None = None
    kind: Literal["STANDARD", "DIRECT_ACCESS"] | None = None


class MsgspecCreate(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=256, pattern=TEXT)]
    role: WorkspaceRole
    entityId: Annotated[str, msgspec.Meta(pattern=ID)]
    description: Annotated[str, msgspec.Meta(max_length=500, pattern=TEXT)] | None = None
    scope: Literal["WORKSPACE"] = "WORKSPACE"
    tokenExpiryPeriodInDays: Annotated[int, msgspec.Meta(ge=1, le=3650)] | None = None
    kind: Literal["STANDARD", "DIRECT_ACCESS"] | None = None


_to_json = PydanticCreate.__pydantic_serializer__.to_json


def pydantic_create(**values: object) -> bytes:
    return _to_json(PydanticCreate(**values), exclude_none=True)


_encoder = msgspec.json.Encoder()


def msgspec_unchecked(**values: object) -> bytes:
    """A struct made from keywords checks nothing: msgspec validates what it decodes."""
    return _encoder.encode(MsgspecCreate(**values))


def msgspec_create(**values: object) -> bytes:
    return _encoder.encode(msgspec.convert(values, MsgspecCreate))


def pydantic_batch(text: bytes) -> bytes:
    """Lines with the API's own names, which pydantic does not have to change."""
    return b"".join(_to_json(PydanticCreate.model_validate_json(line), exclude_none=True) + b"\n" for line in text.splitlines())


_decode_lines = msgspec.json.Decoder(MsgspecCreate).decode_lines


def msgspec_batch(text: bytes) -> bytes:
    """The same; `None` is sent as null, where the others leave it out: there is none in these lines."""
    return _encoder.encode_lines(_decode_lines(text))


# ---- a page ----------------------------------------------------------------------------------------------------------


class PydanticSubject(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    id: str
    subjectType: str | None = None
    fullName: str | None = None
    username: str | None = None
    apiTokenName: str | None = None


class PydanticRole(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    entityType: str
    entityId: str
    role: str
    deploymentId: str | None = None


class PydanticToken(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    id: str
    name: str
    description: str
    scope: str
    shortToken: str
    startAt: datetime
    createdAt: datetime
    updatedAt: datetime
    kind: str | None = None
    roles: list[PydanticRole] | None = None
    endAt: datetime | None = None
    expiryPeriodInDays: int | None = None
    lastUsedAt: datetime | None = None
    lastRotatedAt: datetime | None = None
    createdBy: PydanticSubject | None = None
    updatedBy: PydanticSubject | None = None
    token: pydantic.SecretStr | None = None


class PydanticPage(pydantic.BaseModel):
    tokens: list[PydanticToken]
    limit: int
    offset: int
    totalCount: int


class MsgspecSubject(msgspec.Struct):
    id: str
    subjectType: str | None = None
    fullName: str | None = None
    username: str | None = None
    apiTokenName: str | None = None


class MsgspecRole(msgspec.Struct):
    entityType: str
    entityId: str
    role: str
    deploymentId: str | None = None


class MsgspecToken(msgspec.Struct):
    """Unknown fields are lost: a struct cannot keep them."""

    id: str
    name: str
    description: str
    scope: str
    shortToken: str
    startAt: datetime
    createdAt: datetime
    updatedAt: datetime
    kind: str | None = None
    roles: list[MsgspecRole] | None = None
    endAt: datetime | None = None
    expiryPeriodInDays: int | None = None
    lastUsedAt: datetime | None = None
    lastRotatedAt: datetime | None = None
    createdBy: MsgspecSubject | None = None
    updatedBy: MsgspecSubject | None = None
    token: str | None = None


class MsgspecPage(msgspec.Struct):
    tokens: list[MsgspecToken]
    limit: int
    offset: int
    totalCount: int


pydantic_page = PydanticPage.model_validate_json
msgspec_page = msgspec.json.Decoder(MsgspecPage).decode
