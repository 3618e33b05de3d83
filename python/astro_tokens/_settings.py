"""The arguments of the clients, checked before anything is made of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx

from ._core import Sandbox, Secret
from ._errors import Problem, ValidationError
from ._limits import TIMEOUT

if TYPE_CHECKING:
    from ._types import ProblemCode

__all__ = ["check_client", "check_http", "check_names", "in_seconds", "named", "refuse_unused"]


def check_names(client: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise for the first argument that does not exist, in the name of the class that was called."""
    known = sorted(known)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            help = f"did you mean `{near[0]}`?" if near else f"the arguments are {', '.join(known)}"
            raise TypeError(f"{client}() has no argument `{name}`; {help}")


def check_client(client: str, token: object, env: object, on_warning: Any) -> None:
    """Raise for what is no credential, no environment or no function."""
    if isinstance(token, bytes | bytearray):
        raise TypeError(f"{client}() takes a str or a Secret as `token`, not {named(token)}; decode it first")
    if not isinstance(token, str | Secret | None):
        raise TypeError(f"{client}() takes a str or a Secret as `token`, not {named(token)}")
    if not isinstance(env, Mapping | None):
        raise TypeError(f"{client}() takes a mapping such as `os.environ` as `env`, not {named(env)}")
    if on_warning is not None and not callable(on_warning):
        raise TypeError(f"{client}() takes a function of one Problem as `on_warning`, not {named(on_warning)}")


def check_http(
    client: str,
    sandbox: object,
    timeout: object,
    transport: object,
    http: object,
    *,
    kind: type[httpx.Client | httpx.AsyncClient],
) -> None:
    """Raise for what sends no requests, and for two ways to send them at once."""
    if not isinstance(sandbox, Sandbox | None):
        raise TypeError(f"{client}() takes a Sandbox as `sandbox`, not {named(sandbox)}; pass `sandbox=Sandbox()`")
    is_async = kind is httpx.AsyncClient
    handler = "handle_async_request" if is_async else "handle_request"
    if http is not None and not isinstance(http, kind):
        help = ""
        if isinstance(http, httpx.Client | httpx.AsyncClient):
            help = f"; for this one use {'AstroTokens' if is_async else 'AsyncAstroTokens'}"
        raise TypeError(f"{client}() takes an httpx.{kind.__name__} as `http`, not {named(http)}{help}")
    if transport is not None and (isinstance(transport, type) or not hasattr(transport, handler)):
        base = "httpx.AsyncBaseTransport" if is_async else "httpx.BaseTransport"
        raise TypeError(f"{client}() takes an {base} as `transport`, not {named(transport)}")
    if sandbox is not None and (http is not None or transport is not None):
        other = "transport" if http is None else "http"
        raise TypeError(f"{client}() takes `sandbox` or `{other}`, not both: each of them is what answers")
    if http is not None and (transport is not None or timeout is not TIMEOUT):
        other = "timeout" if transport is None else "transport"
        raise TypeError(f"{client}() takes `http` or `{other}`, not both: set it where you make your httpx.{kind.__name__}")
    if timeout is None:
        return
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        help = "pass the seconds as a number such as `30`, or `None` for no limit but `patience`"
        raise mistake(client, "wrong_type", "timeout", "the timeout is a number of seconds", help)
    if not timeout > 0:
        help = "use more than 0 seconds, or `None` for no limit but `patience`"
        raise mistake(client, "out_of_range", "timeout", "nothing can be answered in no time", help)


def refuse_unused(store: object, is_used: object, *, by: str) -> None:
    """Raise for a store that nothing would be written to: its caller believes that the secret is in it."""
    if store is not None and not is_used:
        raise TypeError(f"`store` is used only by {by}")


def in_seconds(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with each `timedelta` as whole seconds, rounded up; anything else is for the core to judge."""
    # Not by division of the negative, which the longest of them do not have.
    return {
        name: value.days * 86_400 + value.seconds + (value.microseconds > 0) if isinstance(value, timedelta) else value
        for name, value in fields.items()
    }


def mistake(client: str, code: ProblemCode, field: str, message: str, help: str) -> ValidationError:
    text = f"{field}: {message} ({code})\n  help: {help}"
    problem = Problem(code, "error", field, message, help, None, text)
    return ValidationError(f"{client} has 1 problem, nothing was sent\n{text}", (problem,))


def named(thing: object) -> str:
    """What something is, without showing it: it may be a credential."""
    kind = thing if isinstance(thing, type) else type(thing)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"the class {name}" if isinstance(thing, type) else name
