"""Where the secrets of tokens go: an Airflow Variable, the environment of the process, or functions of your own.

They are stores as the methods of `AstroTokens` take them: see `astro_tokens.Store`.
"""

from __future__ import annotations

import copy
import os
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from airflow.sdk import Variable
from airflow.sdk.log import mask_secret

from .. import AstroTokensError, Secret
from .._store import EXPECTED, methods, refuse_unrun

__all__ = ["EnvironmentStore", "FunctionStore", "StoreError", "TokenStore", "VariableStore"]

PROBE = "astro-tokens was here"
SHADOWED = "a secrets backend that holds it is asked first, and is not written to; use another key"


class StoreError(AstroTokensError):
    """What was written to a store is not what is read back, or it is known before that it would not be."""


class TokenStore(ABC):
    """A place for the secret of one token: what the stores of this module have in common, and yours.

    Besides `write` it may have `read()` and `prove()`, as `astro_tokens.Store` says. Templates are rendered in the attributes
    that `template_fields` names; they and nothing else are in its `repr`, so put no secret there. Secrets belong into no
    attribute at all.
    """

    template_fields: ClassVar[Sequence[str]] = ()
    is_lasting: bool = True
    """Whether a secret in it outlives the task."""

    @abstractmethod
    def write(self, secret: Secret) -> object:
        """Store the secret, or raise."""

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.template_fields)
        return f"{type(self).__name__}({fields})"


class VariableStore(TokenStore):
    """An Airflow Variable. It is encrypted in the database of Airflow where `fernet_key` is set.

    It is proven with another Variable, whose key begins with this one and `_probe`: that is written, read back and deleted.

    Args:
        key: The key of the Variable. Rendered as a template.
        description: Its description, written each time: Airflow replaces it together with the value.
    """

    template_fields = ("key",)

    def __init__(self, key: str, *, description: str | None = None) -> None:
        """The Variable with this key."""
        self.key = key
        self.description = description

    def prove(self) -> None:
        """Write, read back and delete another Variable. The one itself is not touched: another run may be writing to it."""
        probe = f"{self.key}_probe_{uuid.uuid4().hex}"
        Variable.set(probe, PROBE)
        found = Variable.get(probe, default=None)
        Variable.delete(probe)
        if found != PROBE:
            raise StoreError(f"the Variable `{probe}` does not read back as it was written; {SHADOWED}")

    def write(self, secret: Secret) -> None:
        """Set the Variable."""
        Variable.set(self.key, secret.expose(), self.description)

    def read(self) -> str | None:
        """Get the Variable."""
        held: str | None = Variable.get(self.key, default=None)
        return held


class EnvironmentStore(TokenStore):
    """A variable of the environment of the process that runs the task, and of the programs that it starts.

    It is gone when that process ends, which is with the task everywhere but in `airflow dags test`. So it is for operators
    of your own that go on with the secret in the same task; a rotation takes it only where the old token is kept
    (`keep_old`).

    Args:
        name: The name of the variable. Rendered as a template.
    """

    template_fields = ("name",)
    is_lasting = False

    def __init__(self, name: str) -> None:
        """The variable with this name."""
        self.name = name

    def prove(self) -> None:
        """Set another variable whose name ends with `_probe`, and take it away."""
        os.environ[f"{self.name}_probe"] = PROBE
        del os.environ[f"{self.name}_probe"]

    def write(self, secret: Secret) -> None:
        """Set the variable."""
        os.environ[self.name] = secret.expose()

    def read(self) -> str | None:
        """Get the variable."""
        return os.environ.get(self.name)


class FunctionStore(TokenStore):
    """Functions of your own: of a vault, say. An operator makes one of a bare function, and of any other store.

    Args:
        write: Is called with the `Secret` and stores what its `expose()` returns, or raises; see `NotWritten`.
        read: Returns what is stored, a `Secret` or `str`; `None`: nothing. Without it, nothing is read back.
        prove: Is called before anything is sent to Astro, and raises where nothing could be stored.
    """

    template_fields = ("function",)

    def __init__(
        self,
        write: Callable[[Secret], object],
        *,
        read: Callable[[], Secret | str | None] | None = None,
        prove: Callable[[], object] | None = None,
    ) -> None:
        """These functions."""
        self._write, self.read, self.prove = write, read, prove
        # Of a `functools.partial` the arguments are not to be shown.
        self.function = getattr(write, "__qualname__", type(write).__qualname__)

    def write(self, secret: Secret) -> object:
        """Call `write`."""
        return self._write(secret)


def as_store(store: Any) -> TokenStore:
    """A store of its own for an operator, made of a bare function too.

    Raises:
        TypeError: It is not a store, or one whose body would never run. At parse time, not only in the task.
    """
    write, read, prove = methods(store, is_async=False)
    if write is None:
        raise TypeError(f"`store` is {EXPECTED}, not NoneType")
    if isinstance(store, TokenStore):
        # Templates are rendered in place, and the tasks of a mapped operator, say, share one.
        return copy.copy(store)
    return FunctionStore(write, read=read, prove=prove)


class Watched:
    """A store as an operator passes it to a client: what goes through it is masked in the log of the task, and what was
    written is read back."""

    def __init__(self, store: TokenStore) -> None:
        """With this store."""
        self.store = store
        _, self._read, self.prove = methods(store, is_async=False)
        self.read = self._masked if self._read else None

    def write(self, secret: Secret) -> None:
        """Store the secret and read it back."""
        mask_secret(secret.expose())
        refuse_unrun(self.store.write(secret))
        if self._read and not is_same(self._read(), secret):
            help = f"; {SHADOWED}" if isinstance(self.store, VariableStore) else ""
            raise StoreError(f"what is read back of {self.store!r} is not the secret that was written{help}")

    def _masked(self) -> Secret | str | None:
        held: Secret | str | None = self._read()
        if held:
            mask_secret(held.expose() if isinstance(held, Secret) else held)
        return held


def is_same(found: Secret | str | None, secret: Secret) -> bool:
    return found is not None and (found if isinstance(found, Secret) else Secret(found)) == secret
