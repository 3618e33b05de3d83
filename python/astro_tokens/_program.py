"""The host of the command `astro-tokens`: lends the core the network, the clock, the terminal and files.

All that the command does and says is in the core. It needs nothing but the standard library.
"""

from __future__ import annotations

import errno
import http.client
import os
import random
import signal
import socket
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any, cast

from ._core import Program, Reply, Request, Response, Secret, version
from ._limits import LARGEST_ANSWER, TIMEOUT

STUCK = 1.0
"""After how many seconds another Ctrl-C ends a program that did not heed the first one."""

NOT_SENT = (socket.gaierror, ConnectionRefusedError, ssl.SSLCertVerificationError)
"""Failures before anything was sent; the second line by their numbers."""
NOT_SENT_NUMBERS = (errno.ENETUNREACH, errno.EHOSTUNREACH)

Event = tuple[object, ...]


def main() -> int:
    """Run the command on this process; the exit code."""
    started, ticks = time.time(), time.monotonic()
    return run(
        sys.argv[1:],
        dict(os.environ),
        write=write,
        # It never goes back.
        now_ms=lambda: int((started + time.monotonic() - ticks) * 1000),
    )


def run(
    args: Sequence[str],
    env: dict[str, str],
    *,
    write: Callable[[int, str], None],
    now_ms: Callable[[], int],
) -> int:
    """Run the command to its end; the exit code."""
    terminals = (os.isatty(0), os.isatty(1), os.isatty(2))
    try:
        columns = os.get_terminal_size(1).columns or None
    except OSError:
        columns = None
    program = Program(
        [unicode(arg) for arg in args],
        [(unicode(name), unicode(value)) for name, value in env.items()],
        terminals=terminals,
        columns=columns,
        seed=random.SystemRandom().getrandbits(48),
    )
    host = Host(program, write, now_ms)
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, host.interrupt) if is_main else None
    try:
        event: Event = ("start",)
        while True:
            name, *values = program.step(now_ms(), *event)
            if name == "exit":
                return int(values[0])
            event = getattr(host, name)(*values)
    finally:
        if is_main:
            signal.signal(signal.SIGINT, before)


def unicode(text: str) -> str:
    """The text with U+FFFD for what is not Unicode."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        # Half a character that stands for no byte, as on Windows. The error itself would show the text, a credential too.
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)


class Host:
    """Answers the steps of a program: a method for each."""

    def __init__(self, program: Program, write: Callable[[int, str], None], now_ms: Callable[[], int]) -> None:
        self.program = program
        self.write = write
        self.now_ms = now_ms
        self.wake = threading.Event()
        self.is_interrupted = False
        self.interrupted_at = 0.0
        self.served: Served | None = None

    def interrupt(self, *_: object) -> None:
        """Ctrl-C: what can be waited for is not waited for any longer."""
        now = time.monotonic()
        if not self.is_interrupted:
            self.is_interrupted = True
            self.interrupted_at = now
            self.wake.set()
        elif now - self.interrupted_at > STUCK:
            os._exit(130)

    def unless_interrupted(self, work: Callable[[], Event], late: Event | None = None) -> Event:
        """What the work comes to, in a thread of its own, so that no interrupt can drop it half way; `late`, where it is
        given, after `TIMEOUT`: a timeout of a socket is that of one read, and a server that sends a byte now and then never
        meets it.

        An interrupt is told once, so that what stands can still be said.
        """
        events: list[Event] = []
        # Of this work alone: what came too late must not end the wait for the next.
        wake = self.wake = threading.Event()

        def worker() -> None:
            try:
                events.append(work())
            except Exception as error:
                events.append(("failed", said(error), True))
            wake.set()

        if not self.is_interrupted:
            threading.Thread(target=worker, daemon=True).start()
            end = time.monotonic() + TIMEOUT
            # On Windows a wait without an end is not interrupted.
            while not self.is_interrupted and not wake.wait(0.2):
                if late is not None and time.monotonic() > end:
                    return late
        if events:
            return events[0]
        self.is_interrupted = False
        return ("interrupted",)

    def request(self, request: Request, credential: Secret) -> Event:
        return self.unless_interrupted(lambda: send(request, credential), ("failed", said(TimeoutError()), True))

    def wait(self, milliseconds: int) -> Event:
        def work() -> Event:
            time.sleep(milliseconds / 1000)
            return ("waited",)

        return self.unless_interrupted(work)

    def out(self, text: str) -> Event:
        return self.written(1, text)

    def err(self, text: str) -> Event:
        return self.written(2, text)

    def written(self, descriptor: int, text: str) -> Event:
        try:
            self.write(descriptor, text)
        except OSError as error:
            return ("not_written", said(error))
        return ("written",)

    def confirm(self, question: str) -> Event:
        self.written(2, question)
        return self.unless_interrupted(lambda: ("line", line()))

    def read_input(self) -> Event:
        def work() -> Event:
            try:
                return ("input", b"".join(iter(lambda: os.read(0, 65536), b"")).decode("utf-8", "replace"))
            except OSError as error:
                return ("not_read", said(error))

        return self.unless_interrupted(work)

    def read_file(self, path: str) -> Event:
        try:
            with open(path, encoding="utf-8", newline="") as file:
                return ("input", file.read())
        except FileNotFoundError:
            return ("missing",)
        except (OSError, ValueError) as error:
            return ("not_read", said(error))

    def write_file(self, path: str, text: str) -> Event:
        try:
            write_file(path, text)
        except OSError as error:
            return ("not_done", said(error))
        return ("done",)

    def listen(self, port: int) -> Event:
        try:
            self.served = Served(self, port)
        except OSError as error:
            return ("not_done", said(error))
        return ("listening", self.served.server.server_port)

    def serve(self, state: str | None) -> Event:
        served = self.served
        if served is None:
            return ("not_done", "nothing listens")
        served.state = state

        def work() -> Event:
            served.server.serve_forever()
            return ("interrupted",)

        event = self.unless_interrupted(work)
        served.server.server_close()
        return event


class Served:
    """What the local server asks, in the place of a sandbox."""

    def __init__(self, host: Host, port: int) -> None:
        from .sandbox import Sandbox, SandboxServer

        self.host = host
        self.state: str | None = None
        self.lock = threading.Lock()
        self.server = SandboxServer(cast(Sandbox, self), port)

    def answer(self, method: str, url: str, headers: http.client.HTTPMessage, body: bytes) -> Reply:
        program, now_ms = self.host.program, self.host.now_ms()
        with self.lock:
            reply = program.answer(method, url, headers.get("authorization"), body, now_ms)
            text = program.state()
            if self.state is not None and text is not None and method != "GET":
                write_file(self.state, text)
        if reply is None:
            raise ConnectionAbortedError("the server is ending")
        return reply


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """The credential follows no redirect."""

    def redirect_request(self, *_: object) -> None:
        return None


def send(request: Request, credential: Secret) -> Event:
    headers = {
        **request.headers,
        "authorization": f"Bearer {credential.expose()}",
        "x-astro-client-identifier": "astro-tokens-python",
        "x-astro-client-version": version(),
        "user-agent": f"astro-tokens-python/{version()}",
    }
    sent = urllib.request.Request(request.url, request.body, headers, method=request.method)
    # Without encryption it stays on this machine, and passes no proxy.
    proxies = [] if request.url.startswith("https:") else [urllib.request.ProxyHandler({})]
    opener = urllib.request.build_opener(NoRedirect, *proxies)
    try:
        try:
            response = opener.open(sent, timeout=TIMEOUT)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            return ("response", Response(response.status, response.headers, whole_body(response)))
    except urllib.error.URLError as error:
        reason = error.reason
        is_sent = not isinstance(reason, NOT_SENT) and getattr(reason, "errno", None) not in NOT_SENT_NUMBERS
        return ("failed", said(reason), is_sent)
    except (OSError, http.client.HTTPException) as error:
        return ("failed", said(error), True)


def whole_body(response: Any) -> bytes:
    """The body, within the time and the size of an answer."""
    source: Any = response.fp if isinstance(response, urllib.error.HTTPError) else response
    expected, body, end = source.length, bytearray(), time.monotonic() + TIMEOUT
    while expected is None or len(body) < expected:
        # What has arrived, whereas `read` waits for all that it is asked for.
        piece = source.read1(65536)
        if not piece:
            break
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise http.client.HTTPException(f"the answer is larger than {LARGEST_ANSWER // 1024**2} MiB")
        if time.monotonic() > end:
            raise TimeoutError
    if expected is not None and len(body) < expected:
        raise http.client.IncompleteRead(bytes(), expected - len(body))
    return bytes(body)


def said(error: object) -> str:
    """What an error says, without the names of classes."""
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT:.0f} s"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def write(descriptor: int, text: str) -> None:
    """Write to standard output or error, and return when it is written: no buffer, no other line ends."""
    rest = memoryview(text.encode("utf-8", "replace"))
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            # A pipe that is full and does not wait by itself.
            time.sleep(0.01)


def line() -> str | None:
    """One line of standard input. It is read without Python's buffer, which a thread must not hold at the end."""
    text = b""
    while not text.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return text.decode("utf-8", "replace") or None
        text += byte
    return text.decode("utf-8", "replace").rstrip("\r\n")


def write_file(path: str, text: str) -> None:
    """As a whole or not at all, for nobody but its owner. A link stays one, and a device is not replaced by a file."""
    path = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError("not a regular file")
    draft = f"{path}.{os.getpid()}.tmp"
    binary = getattr(os, "O_BINARY", 0)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | binary, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
