"""An Astro API in memory, to try everything on: no network, no account, nothing to break.

    >>> from astro_tokens import AstroTokens
    >>> from astro_tokens.sandbox import Sandbox
    >>> astro = AstroTokens(sandbox=Sandbox())
    >>> astro.create_token(name="CI", role="ORGANIZATION_MEMBER", expiration_days=30).id
    'cltoken1'

`serve` makes it an HTTP server on this machine, for other programs.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ._core import Reply, Sandbox

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Self

    from ._transport import SandboxTransport as SandboxTransport

__all__ = ["Reply", "Sandbox", "SandboxServer", "SandboxTransport", "serve"]

LARGEST_BODY = 1_000_000


def __getattr__(name: str) -> object:
    # Needs httpx, which nothing else here does.
    if name == "SandboxTransport":
        from ._transport import SandboxTransport

        return SandboxTransport
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SandboxServer

    def handle_any(self) -> None:
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self.send_error(413)
            return
        body = self.rfile.read(int(length))
        reply = self.server.sandbox.answer(self.command, self.path, self.headers, body)
        time.sleep(reply.delay_ms / 1000)
        if reply.response is None:
            # All that a server can do that was connected to is to hang up.
            self.close_connection = True
            with contextlib.suppress(OSError):
                # Unless the other side was faster.
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response_only(reply.response.status)
        for name, value in reply.response.headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(reply.response.body)))
        self.end_headers()
        self.wfile.write(reply.response.body)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = handle_any

    def log_message(self, format: str, *args: object) -> None:
        """A request is logged by who sends it, if at all."""


class SandboxServer(ThreadingHTTPServer):
    """A sandbox that answers on 127.0.0.1. Made by `serve`; close it, or use it in a `with` statement."""

    daemon_threads = True

    sandbox: Sandbox
    """What answers: faults and tokens can be added while it serves."""

    def __init__(self, sandbox: Sandbox, port: int) -> None:
        """On this port; 0: any that is free."""
        super().__init__(("127.0.0.1", port), Handler)
        self.sandbox = sandbox

    @property
    def url(self) -> str:
        """The base URL for `Api` and `AstroTokens`: `http://127.0.0.1:8888`."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no error of the server; anything else is printed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def close(self) -> None:
        """Stop serving."""
        self.shutdown()
        self.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(sandbox: Sandbox | None = None, *, port: int = 0) -> SandboxServer:
    """Serve a sandbox on 127.0.0.1 from a thread of its own, until it is closed.

    Delays are real, and where an answer is lost or nothing was sent, the server hangs up.

    Args:
        sandbox: What answers. Default: a new one.
        port: The port. Default: any that is free.
    """
    server = SandboxServer(sandbox or Sandbox(), port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
