"""One request and its answer over `httpx`, within a time and a size that no server can stretch."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import anyio
import httpcore
import httpx

from ._core import Response
from ._limits import LARGEST_ANSWER

__all__ = ["Until", "Unread", "bound", "exchange", "exchange_async"]

LONGEST = 86_400.0
"""No request takes longer than a day, whatever the settings say: sockets take no number of seconds that is much larger."""


class Unread(httpx.TransportError):
    """The answer was not read to its end; the text says why."""


class Until(float):
    """A number of seconds that runs from its making on. Being a float, it passes through `httpx` as a timeout."""

    end: float

    def __new__(cls, seconds: float) -> Until:
        """From now on."""
        until = super().__new__(cls, min(seconds, LONGEST))
        until.end = time.monotonic() + until
        return until

    def left(self) -> float:
        """How many seconds are left: 0 or less when it is over."""
        return self.end - time.monotonic()

    def check(self) -> None:
        """Raises where it is over."""
        if self.left() <= 0:
            raise self.late()

    def late(self) -> Unread:
        return Unread(f"no whole answer within {float(self):g} s")


def exchange(http: httpx.Client, request: httpx.Request, until: Until) -> Response:
    """Send a request, and read the answer.

    Raises:
        httpx.RequestError: There is no answer.
    """
    try:
        response = http.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            body = bytearray()
            for chunk in response.iter_bytes():
                until.check()
                add(body, chunk)
            return answered(response, body)
        finally:
            response.close()
    except (httpx.ReadTimeout, httpx.WriteTimeout):
        until.check()
        raise


async def exchange_async(http: httpx.AsyncClient, request: httpx.Request, until: Until) -> Response:
    """Like `exchange`."""
    with anyio.move_on_after(until.left()):
        response = await http.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                add(body, chunk)
            return answered(response, body)
        finally:
            await response.aclose()
    raise until.late()


def add(body: bytearray, chunk: bytes) -> None:
    if len(body) + len(chunk) > LARGEST_ANSWER:
        raise Unread(f"the answer is larger than {LARGEST_ANSWER // 1024**2} MiB")
    body += chunk


def answered(response: httpx.Response, body: bytearray) -> Response:
    return Response(response.status_code, response.headers.multi_items(), bytes(body))


# ---- deadlines of blocking connections --------------------------------------------------------------------------------

# A timeout of a socket is that of one read, and a server that sends a byte now and then never meets it. The body comes in
# chunks between which the time can be looked at, but the headers do not: for them, the connections themselves have to know
# when it is over.


class Stream(httpcore.NetworkStream):
    """A connection whose reads and writes end with the time of the whole request."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, within(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, within(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return Stream(self._stream.start_tls(ssl_context, server_hostname, within(timeout, httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Backend(httpcore.NetworkBackend):
    """Makes such connections."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        limit = within(timeout, httpcore.ConnectTimeout)
        return Stream(self._backend.connect_tcp(host, port, limit, local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        limit = within(timeout, httpcore.ConnectTimeout)
        return Stream(self._backend.connect_unix_socket(path, limit, socket_options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


def within(timeout: float | None, late: type[Exception]) -> float | None:
    if not isinstance(timeout, Until):
        return timeout
    left = timeout.left()
    if left <= 0:
        raise late(str(timeout.late()))
    return left


def bound(http: httpx.Client, url: str) -> None:
    """Make the connections of a client to this URL, through a proxy or not, heed `Until`.

    `httpx` has no setting for it. Where another release keeps its connections elsewhere, the time is still looked at between
    the chunks of a body.
    """
    pool = getattr(http._transport_for_url(httpx.URL(url)), "_pool", None)
    backend = getattr(pool, "_network_backend", None)
    if pool is not None and isinstance(backend, httpcore.NetworkBackend):
        pool._network_backend = Backend(backend)
