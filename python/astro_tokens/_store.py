"""The store of a caller: where a secret goes before anything depends on it."""

from __future__ import annotations

import inspect
import io
import logging
from collections.abc import Callable
from typing import Any

from ._core import Event, Secret, Step
from ._errors import NotWritten
from ._settings import named
from ._shown import harmless, told

__all__ = ["LentStore", "refuse_unrun"]

EXPECTED = "a function of the Secret, or an object with `write(secret)` and, where it can, `read()` and `prove()`"


class LentStore:
    """A store as a client lends it to a conversation, and what may be shown of its failures.

    Raises:
        TypeError: It is not a store, or it cannot be run here. Nothing was sent.
    """

    def __init__(self, store: object = None, *, is_async: bool = False) -> None:
        """With the argument `store` of a method."""
        self._write, self._read, self._prove = methods(store, is_async)
        self._secrets: list[str] = []
        self.failure: Exception | None = None

    def call(self, step: Step) -> object:
        """Begin what a step asks for. What this returns goes to `answer`, awaited where it has to be."""
        match step:
            case Step.Store(_, secret):
                self._secrets.append(secret.expose())
                # Nobody is asked to store anything who has said that there is no store.
                return self._write(secret) if self._write else None
            case Step.ReadStore() if self._read:
                return self._read()
            case Step.Prove() if self._prove:
                return self._prove()
        return None

    def answer(self, step: Step, came: object) -> Event:
        """The event for what came of it."""
        refuse_unrun(came)
        match step:
            case Step.ReadStore():
                return Event.Holds(self._held(came)) if self._read else Event.Unreadable()
            case Step.Prove():
                return Event.Proved() if self._write else Event.NoStore()
        return Event.Stored()

    def failed(self, step: Step, failure: Exception) -> Event:
        """The event for an exception, without the secrets that it may show."""
        if isinstance(step, Step.ReadStore):
            # A rotation goes on without; so does what was wrong, unless it is said. Its text may show what was read.
            kind = type(failure).__name__
            logging.getLogger("astro_tokens").warning("the store could not be read: %s", kind)
            return Event.Unreadable()
        # It becomes the cause of the error, and whatever prints the one prints the other.
        self.failure = harmless(failure, *self._secrets)
        text = told(failure, *self._secrets)
        if isinstance(step, Step.Prove):
            return Event.NotProved(text)
        return Event.NotStored(text, isinstance(failure, NotWritten))

    def _held(self, came: object) -> Secret | None:
        if came is None:
            return None
        if not isinstance(came, str | Secret):
            raise TypeError(f"`read` of the store returned {named(came)}, not a Secret, a str or None")
        secret = came if isinstance(came, Secret) else Secret(came)
        if not secret.expose():
            return None
        self._secrets.append(secret.expose())
        return secret


def methods(store: Any, is_async: bool) -> tuple[Callable[[Secret], object] | None, Any, Any]:
    """How to write to a store, to read it and to prove it; `None` for what it cannot do."""
    if store is None:
        return None, None, None
    if isinstance(store, type | io.IOBase) or not (callable(store) or hasattr(store, "write")):
        raise TypeError(f"`store` is {EXPECTED}, not {named(store)}")
    if not hasattr(store, "write"):
        return checked(store, "`store`", is_async), None, None
    names = ("write", "read", "prove")
    write, read, prove = (checked(getattr(store, name, None), f"`store.{name}`", is_async) for name in names)
    if write is None:
        raise TypeError(f"`store` is {EXPECTED}; `store.write` is None")
    return write, read, prove


def checked(function: Any, name: str, is_async: bool) -> Any:
    if function is None:
        return None
    if not callable(function):
        raise TypeError(f"{name} is a function, not {named(function)}")
    for each in (function, getattr(function, "__call__", None)):
        if inspect.isgeneratorfunction(each) or inspect.isasyncgenfunction(each):
            raise TypeError(f"{name} is a generator function, whose body would never run; take its `yield` out")
        if inspect.iscoroutinefunction(each) and not is_async:
            raise TypeError(f"{name} is a coroutine function, which AstroTokens cannot await; use AsyncAstroTokens")
    return function


def refuse_unrun(came: object) -> None:
    """Raise where a store has returned what has still to be run, and nobody will."""
    if inspect.isawaitable(came) or inspect.isgenerator(came) or inspect.isasyncgen(came):
        # Neither a warning at the end of its life, nor a task that stores what somebody else may replace meanwhile.
        end = getattr(came, "close", None) or getattr(came, "cancel", None)
        if end is not None and not inspect.isasyncgen(came):
            end()
        raise TypeError(f"the store returned {named(came)}, which is never run")
