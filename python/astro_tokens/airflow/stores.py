"""Where the secrets of tokens go: an Airflow Variable, the environment of the process, or functions of your own.

A store is proven writable before anything is sent to Astro, and what it has stored is read back and compared.
"""

from __future__ import annotations

import copy
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

from airflow.sdk import Variable
from airflow.sdk.log import mask_secret

from .. import AstroTokensError, Secret
from .._settings import check_store, named, refuse_unrun
from .._shown import harmless

__all__ = ["EnvironmentStore", "FunctionStore", "StoreError", "TokenStore", "VariableStore"]

PROBE = "astro-tokens was here"


class StoreError(AstroTokensError):
    """A secret could not be stored, or it is known before that it could not."""


class TokenStore(ABC):
    """A place for the secret of one token: what the stores of this module have in common, and yours.

    Templates are rendered in the attributes that `template_fields` names; they and nothing else are in its `repr`, so put no
    secret there. Secrets belong into no attribute at all.
    """

    template_fields: ClassVar[Sequence[str]] = ()
    can_prove: bool = True
    """Whether `prove` proves something."""
    can_read: bool = True
    """Whether `read` reads something."""
    is_lasting: bool = True
    """Whether a secret in it outlives the task."""

    @abstractmethod
    def prove(self) -> Callable[[], object]:
        """Raise where a secret could not be stored.

        Returns:
            A function that puts back what was there; it is called where storing the secret fails.
        """

    @abstractmethod
    def write(self, secret: Secret) -> object:
        """Store the secret, or raise."""

    @abstractmethod
    def read(self) -> Secret | str | None:
        """What is stored; `None`: nothing."""

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.template_fields)
        return f"{type(self).__name__}({fields})"


class VariableStore(TokenStore):
    """An Airflow Variable. It is encrypted in the database of Airflow where `fernet_key` is set.

    It is proven by writing what it holds once more; where there is none yet, one is written and deleted.

    Args:
        key: The key of the Variable. Rendered as a template.
        description: Its description, written each time: Airflow replaces it together with the value.
    """

    template_fields = ("key",)

    def __init__(self, key: str, *, description: str | None = None) -> None:
        """The Variable with this key."""
        self.key = key
        self.description = description

    def prove(self) -> Callable[[], object]:
        """Write what is there, or a probe, and read it back."""
        held = Variable.get(self.key, default=None)
        if held is None:
            self._set(PROBE)
            self._expect(PROBE)
            Variable.delete(self.key)
            return lambda: Variable.delete(self.key)
        held = str(held)
        mask_secret(held)
        self._set(held)
        self._expect(held)
        return lambda: self._set(held)

    def write(self, secret: Secret) -> None:
        """Set the Variable."""
        self._set(secret.expose())

    def read(self) -> str | None:
        """Get the Variable."""
        held: str | None = Variable.get(self.key, default=None)
        return held

    def _set(self, value: str) -> None:
        Variable.set(self.key, value, self.description)

    def _expect(self, value: str) -> None:
        if self.read() != value:
            help = "a secrets backend that holds it is asked first, and is not written to; use another key"
            raise RuntimeError(f"the Variable `{self.key}` does not read back as it was written; {help}")


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

    def prove(self) -> Callable[[], object]:
        """Set it to what it is, or to nothing and back."""
        held = os.environ.get(self.name)

        def restore() -> None:
            if held is None:
                os.environ.pop(self.name, None)
            else:
                os.environ[self.name] = held

        os.environ[self.name] = held or ""
        restore()
        return restore

    def write(self, secret: Secret) -> None:
        """Set the variable."""
        os.environ[self.name] = secret.expose()

    def read(self) -> str | None:
        """Get the variable."""
        return os.environ.get(self.name)


class FunctionStore(TokenStore):
    """Functions of your own: of a vault, say. An operator makes one of a bare function.

    Args:
        write: Is called with the `Secret` and stores what its `expose()` gives, or raises.
        read: Returns what is stored, a `Secret` or `str`; `None`: nothing. Without it, nothing is read back. With it, what
            was there is written again where storing fails.
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
        # At parse time: a function whose body would never run.
        check_store(True, write, is_async=False)
        self._write, self._read, self._prove = write, read, prove
        # Of a `functools.partial` the arguments are not to be shown.
        self.function = getattr(write, "__qualname__", type(write).__qualname__)
        self.can_read, self.can_prove = read is not None, prove is not None

    def prove(self) -> Callable[[], object]:
        """Call `prove`, and `read` what is there."""
        if self._prove is not None:
            self._prove()
        held = self.read()
        if held is None or held == "":
            return lambda: None
        secret = held if isinstance(held, Secret) else Secret(held)
        mask_secret(secret.expose())
        return lambda: self._write(secret)

    def write(self, secret: Secret) -> object:
        """Call `write`."""
        return self._write(secret)

    def read(self) -> Secret | str | None:
        """Call `read`."""
        return self._read() if self._read is not None else None


def as_store(store: object) -> TokenStore:
    """A store of its own for an operator, made of a bare function too.

    Raises:
        TypeError: It is neither.
    """
    if isinstance(store, TokenStore):
        # Templates are rendered in place, and the tasks of a mapped operator, say, are given the same one.
        return copy.copy(store)
    if isinstance(store, type) or not callable(store):
        raise TypeError(f"`store` is a store such as VariableStore or a function of a Secret, not {named(store)}")
    return FunctionStore(store)


class Deposit:
    """The way of one secret into a store that was proven."""

    def __init__(self, store: TokenStore) -> None:
        """Prove the store.

        Raises:
            StoreError: It cannot be written to. Nothing was sent to Astro.
        """
        self.store = store
        try:
            self._restore = store.prove()
        except Exception as failure:
            raise StoreError(f"{store!r} cannot be written to, nothing was sent: {told(failure)}") from failure

    def put(self, secret: Secret, *, restore: bool) -> None:
        """Store the secret and read it back. Where that fails and `restore` says so, what was there is put back: the secret
        that it belongs to goes on to work.

        Raises:
            StoreError: It is not stored, and this is why, without the secret.
        """
        mask_secret(secret.expose())
        try:
            refuse_unrun(self.store.write(secret))
            if self.store.can_read and not is_same(self.store.read(), secret):
                raise RuntimeError(f"what is read back of {self.store!r} is not the secret that was written")
            return
        except Exception as exception:
            failure = exception
        text = told(failure)
        if restore:
            try:
                self._restore()
            except Exception as other:
                # Without its text, which may show the secret that was there.
                text += f"; what it held before could not be put back: {type(other).__name__}"
        # Not in the `except`: what prints an error with all that led to it would show the secret, too.
        raise StoreError(text.replace(secret.expose(), "[redacted]")) from harmless(failure, secret.expose())


def is_same(found: Secret | str | None, secret: Secret) -> bool:
    return found is not None and (found if isinstance(found, Secret) else Secret(found)) == secret


def told(failure: BaseException) -> str:
    return f"{type(failure).__name__}: {failure}"
