"""`SandboxTransport`: the sandbox in the place of the network, for `httpx`."""

import time

import anyio
import httpx

from ._core import Reply, Sandbox

__all__ = ["SandboxTransport"]


class SandboxTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers the requests of `httpx.Client` and `httpx.AsyncClient` from a sandbox."""

    __module__ = "astro_tokens.sandbox"

    def __init__(self, sandbox: Sandbox) -> None:
        """With this sandbox."""
        self.sandbox = sandbox

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        reply = self._reply(request, request.read())
        time.sleep(waiting(request, reply))
        return outcome(request, reply)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        reply = self._reply(request, await request.aread())
        await anyio.sleep(waiting(request, reply))
        return outcome(request, reply)

    def _reply(self, request: httpx.Request, body: bytes) -> Reply:
        return self.sandbox.answer(request.method, str(request.url), request.headers, body)


def limit(request: httpx.Request) -> float:
    """How many seconds the caller waits for an answer."""
    seconds = request.extensions.get("timeout", {}).get("read")
    return float("inf") if seconds is None else float(seconds)


def waiting(request: httpx.Request, reply: Reply) -> float:
    return min(reply.delay_ms / 1000, limit(request))


def outcome(request: httpx.Request, reply: Reply) -> httpx.Response:
    if reply.delay_ms / 1000 > limit(request):
        raise httpx.ReadTimeout("the sandbox took too long", request=request)
    if reply.response is not None:
        response = reply.response
        return httpx.Response(response.status, headers=response.headers, content=response.body, request=request)
    if reply.outcome == "not_sent":
        raise httpx.ConnectError("the sandbox refuses connections", request=request)
    raise httpx.ReadError("the sandbox broke the connection", request=request)
