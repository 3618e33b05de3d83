"""What work says about the tokens that it was about, as Python classes that the extension module fills."""

from __future__ import annotations

from ._errors import _Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from ._types import EffectAction, EffectState, MarkState

__all__ = ["Candidate", "Effect", "Mark"]


class Effect(_Value):
    """One thing that work has done to a token, has not done, or does not know. It cannot be changed, and compares by its
    fields."""

    __module__ = "astro_tokens"
    __slots__ = ("action", "state", "text", "token_id")
    __match_args__ = ("action", "token_id", "state", "text")

    action: EffectAction
    """What is done: `create`, `update`, `set_roles`, `rotate`, `store`, `mark`, `delete` or `leave`."""
    token_id: str | None
    """The token; `None`: it was to be created, and its id is not known."""
    state: EffectState
    """`done`, `not_done`, or `unclear`: nobody knows."""
    text: str
    """The same in a sentence for people."""

    def __init__(self, action: EffectAction, token_id: str | None, state: EffectState, text: str) -> None:
        """From its parts."""
        put = object.__setattr__
        put(self, "action", action)
        put(self, "token_id", token_id)
        put(self, "state", state)
        put(self, "text", text)

    def __reduce__(self) -> tuple[type[Effect], tuple[object, ...]]:
        return Effect, self._fields()


class Mark(_Value):
    """What stands at the end of a token's description about its rotation, or about the call that created it. It cannot be
    changed, and compares by its fields; those that its state has no use for are `None`.

    The tokens that replace one another are a line, whose name is the id of the first one.
    """

    __module__ = "astro_tokens"
    __slots__ = ("by", "key", "line", "of", "run", "state", "until")
    __match_args__ = ("state", "line", "of", "by", "until", "run", "key")

    state: MarkState
    """`pending`: made to replace another token, its secret may not be stored yet. `replaced`: another token has taken its
    place. `settled`: it has taken the place of another one. `keyed`: created with an idempotency key, and not handed over yet.
    """
    line: str | None
    """The line that the token belongs to."""
    of: str | None
    """Of a `pending` one: the id of the token that it is going to replace."""
    by: str | None
    """Of a `replaced` one: the id of its replacement."""
    until: datetime | None
    """Of a `replaced` one: until when it is kept, in UTC."""
    run: str | None
    """Of a `pending` or `keyed` one: the call that made it."""
    key: str | None
    """Of a `keyed` one: a digest of the key."""

    def __init__(
        self,
        state: MarkState,
        line: str | None = None,
        of: str | None = None,
        by: str | None = None,
        until: datetime | None = None,
        run: str | None = None,
        key: str | None = None,
    ) -> None:
        """From its parts."""
        put = object.__setattr__
        put(self, "state", state)
        put(self, "line", line)
        put(self, "of", of)
        put(self, "by", by)
        put(self, "until", until)
        put(self, "run", run)
        put(self, "key", key)

    def __reduce__(self) -> tuple[type[Mark], tuple[object, ...]]:
        return Mark, self._fields()


class Candidate(_Value):
    """A token that fits what was asked for. It cannot be changed, and compares by its fields."""

    __module__ = "astro_tokens"
    __slots__ = ("created_at", "created_by", "id", "last_used_at", "mark", "name", "scope", "short_token")
    __match_args__ = ("id", "name", "scope", "short_token", "created_at", "created_by", "last_used_at", "mark")

    id: str
    """Its id."""
    name: str
    """Its name."""
    scope: str
    """Its scope."""
    short_token: str
    """Identifies its secret without revealing it."""
    created_at: str
    """When it was created, in RFC 3339."""
    created_by: str | None
    """Who created it: the name of a user or token, else an id."""
    last_used_at: str | None
    """When it was last used, in RFC 3339; `None`: never."""
    mark: Mark | None
    """What a rotation, or a create with an idempotency key, has written about it."""

    def __init__(
        self,
        id: str,
        name: str,
        scope: str,
        short_token: str,
        created_at: str,
        created_by: str | None = None,
        last_used_at: str | None = None,
        mark: Mark | None = None,
    ) -> None:
        """From its parts."""
        put = object.__setattr__
        put(self, "id", id)
        put(self, "name", name)
        put(self, "scope", scope)
        put(self, "short_token", short_token)
        put(self, "created_at", created_at)
        put(self, "created_by", created_by)
        put(self, "last_used_at", last_used_at)
        put(self, "mark", mark)

    def __reduce__(self) -> tuple[type[Candidate], tuple[object, ...]]:
        return Candidate, self._fields()
