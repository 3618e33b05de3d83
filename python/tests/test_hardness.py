"""What callers get wrong, what servers do to a client that trusts them, and what must not be shown on the way."""

import asyncio
import contextlib
import functools
import gzip
import io
import os
import pickle
import socket
import socketserver
import stat
import subprocess
import sys
import threading
import time
import traceback
from datetime import timedelta

import httpx
import pytest

from astro_tokens import (
    Api,
    AstroTokens,
    AstroTokensError,
    AsyncAstroTokens,
    ConversationError,
    Request,
    Response,
    Secret,
    ValidationError,
    inspect_token,
)
from astro_tokens import _exchange, _program
from astro_tokens.conversation import Event, Session
from astro_tokens.sandbox import Sandbox, SandboxTransport, serve

OWNER = Sandbox().owner_token
BOTH = pytest.mark.parametrize("client", [AstroTokens, AsyncAstroTokens])


@pytest.fixture
def sandbox():
    return Sandbox(rate_limits=False)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def failure(call, *args, **keywords):
    with pytest.raises(ConversationError) as caught:
        call(*args, **keywords)
    return caught.value


def old_token(sandbox):
    return sandbox.add_token(name="CI", role="ORGANIZATION_MEMBER", expiration_days=9)


def find(client, **settings):
    """Find a token with either client; what stands where it fails."""
    if client is AstroTokens:
        with AstroTokens(OWNER, env={}, **settings) as astro:
            return failure(astro.find_token, "cl")

    async def found():
        async with AsyncAstroTokens(OWNER, env={}, **settings) as astro:
            with pytest.raises(ConversationError) as caught:
                await astro.find_token("cl")
            return caught.value

    return asyncio.run(found())


@contextlib.contextmanager
def server(handle):
    """A server of raw bytes: `handle` is called with each connection once the request is there. The base URL."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            asked.append(self.request.recv(65536))
            with contextlib.suppress(OSError):
                handle(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    asked = []
    with Server(("127.0.0.1", 0), Handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        served.asked = asked
        served.url = f"http://127.0.0.1:{served.server_address[1]}"
        yield served
        served.shutdown()


def drip(head):
    def handle(connection):
        connection.sendall(head)
        for _ in range(200):
            time.sleep(0.1)
            connection.sendall(b"x")

    return handle


DRIPS = {
    "body": drip(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"),
    "headers": drip(b"HTTP/1.1 200 OK\r\nx-slow: "),
}


# ---- a store that stores nothing ------------------------------------------------------------------------------------


async def store_later(secret):
    """Would store it, if it were awaited."""


class Vault:
    async def __call__(self, secret):
        pass


def store_piecewise(secret):
    yield secret


@pytest.mark.parametrize("store", [store_later, functools.partial(store_later), Vault(), store_piecewise, "vault", 5])
def test_a_store_that_cannot_run_is_refused_before_anything_is_sent(sandbox, store):
    old = old_token(sandbox)
    with AstroTokens(sandbox=sandbox, env={}) as astro, pytest.raises(TypeError, match="`store` is "):
        astro.rotate_token(old.id, overlap=True, store=store)
    assert not sandbox.requests and len(sandbox.tokens) == 2


@pytest.mark.parametrize("store", [store_piecewise, "vault"])
def test_so_does_the_async_client(sandbox, store):
    async def rotate():
        async with AsyncAstroTokens(sandbox=sandbox, env={}) as astro:
            with pytest.raises(TypeError, match="`store` is "):
                await astro.rotate_token("cltoken1", overlap=True, store=store)

    asyncio.run(rotate())
    assert not sandbox.requests


@pytest.mark.parametrize("store", [lambda secret: store_later(secret), lambda secret: store_piecewise(secret)])
def test_what_a_store_leaves_unrun_may_be_stored_in_part(sandbox, store):
    old = old_token(sandbox)
    with AstroTokens(sandbox=sandbox, env={}) as astro:
        error = failure(astro.rotate_token, old.id, overlap=True, store=store)
    assert error.code == "not_stored" and "which is never run" in error.message
    # It may have done something before it returned.
    assert [token.id for token in sandbox.tokens] == ["cltoken0", old.id, "cltoken2"] and len(error.unclear) == 1


def test_half_a_character_in_the_failure_of_a_store_changes_nothing(sandbox):
    old = old_token(sandbox)

    def store(secret):
        raise OSError("no file 'caf\udce9'")

    with AstroTokens(sandbox=sandbox, env={}) as astro:
        error = failure(astro.rotate_token, old.id, overlap=True, store=store)
    assert error.code == "not_stored" and "caf\ufffd" in error.message
    assert [candidate.id for candidate in error.candidates] == [old.id, "cltoken2"]


# ---- arguments ------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"token": 5}, "takes a str or a Secret as `token`, not int"),
        ({"token": b"eyJ"}, "as `token`, not bytes; decode it first"),
        ({"sandbox": 5}, "as `sandbox`, not int; pass `sandbox=Sandbox()`"),
        ({"sandbox": Sandbox}, "as `sandbox`, not the class astro_tokens.sandbox.Sandbox"),
        ({"http": "x"}, "as `http`, not str"),
        ({"transport": "x"}, "as `transport`, not str"),
        ({"env": 5}, "as `env`, not int"),
        ({"on_warning": 5}, "as `on_warning`, not int"),
        ({"organisation_id": "clorg"}, "has no argument `organisation_id`; did you mean `organization_id`"),
        ({"time_out": 5}, "has no argument `time_out`; did you mean `timeout`"),
        ({"zzz": 5}, "has no argument `zzz`; the arguments are allow_unknown_roles, api_version"),
    ],
)
def test_arguments_that_are_none(client, settings, said):
    with pytest.raises(TypeError) as caught:
        client(**{"token": OWNER, "env": {}, **settings})
    assert str(caught.value).startswith(f"{client.__name__}() ") and said in str(caught.value)


@BOTH
@pytest.mark.parametrize(
    ("settings", "field", "code"),
    [
        ({"timeout": "30"}, "timeout", "wrong_type"),
        ({"timeout": True}, "timeout", "wrong_type"),
        ({"timeout": 0}, "timeout", "out_of_range"),
        ({"timeout": float("nan")}, "timeout", "out_of_range"),
        ({"attempts": 0}, "attempts", "out_of_range"),
        ({"attempts": -1}, "attempts", "out_of_range"),
        ({"attempts": -(10**30)}, "attempts", "out_of_range"),
        ({"attempts": True}, "attempts", "wrong_type"),
        ({"attempts": "5"}, "attempts", "wrong_type"),
        ({"patience": -1}, "patience", "out_of_range"),
        ({"patience": float("nan")}, "patience", "out_of_range"),
        ({"patience": "long"}, "patience", "wrong_type"),
        ({"rate_limits": "no"}, "rate_limits", "wrong_type"),
        ({"organization_id": 5}, "organization_id", "wrong_type"),
        ({"strict": "yes"}, "strict", "wrong_type"),
    ],
)
def test_settings_that_are_none(client, settings, field, code):
    with pytest.raises(ValidationError) as caught:
        client(OWNER, env={}, **settings)
    (problem,) = caught.value.problems
    assert (problem.field, problem.code) == (field, code) and problem.help and str(problem) in str(caught.value)
    assert pickle.loads(pickle.dumps(problem)) == problem


@BOTH
def test_two_ways_to_send_are_one_too_many(client, sandbox):
    own, other = (httpx.Client, httpx.AsyncClient) if client is AstroTokens else (httpx.AsyncClient, httpx.Client)
    transport = SandboxTransport(sandbox)
    for settings, said in (
        ({"sandbox": sandbox, "http": own()}, "`sandbox` or `http`"),
        ({"sandbox": sandbox, "transport": transport}, "`sandbox` or `transport`"),
        ({"http": own(), "timeout": 30.5}, "`http` or `timeout`"),
        ({"http": own(), "timeout": None}, "`http` or `timeout`"),
        ({"http": own(), "transport": transport}, "`http` or `transport`"),
        ({"http": other()}, f"for this one use {'AsyncAstroTokens' if client is AstroTokens else 'AstroTokens'}"),
    ):
        with pytest.raises(TypeError, match=said):
            client(OWNER, env={}, **settings)
    assert client(OWNER, env={}, http=own()) and client(sandbox=sandbox, env={}, timeout=5)


def test_the_longest_timedelta_is_too_long(sandbox):
    old = old_token(sandbox)
    with AstroTokens(sandbox=sandbox, env={}) as astro, pytest.raises(ValidationError) as caught:
        astro.rotate_token(old.id, overlap=True, store=print, keep_old=timedelta.max)
    assert [(each.field, each.code) for each in caught.value.problems] == [("keep_old", "out_of_range")]
    assert not sandbox.requests


def test_a_sandbox_without_an_owner_says_so(sandbox):
    empty = Sandbox(empty=True)
    empty.add_organization("clorg", "Mine")
    mine = empty.add_token(name="mine", role="ORGANIZATION_OWNER")
    for wrong in (lambda: empty.owner_token, lambda: AstroTokens(sandbox=empty, env={})):
        with pytest.raises(ValueError, match="no token with the secret of a new sandbox's owner.*`add_token`"):
            wrong()
    with AstroTokens(mine.token, sandbox=empty, env={}) as astro:
        assert astro.find_token(mine.id).name == "mine"
    sandbox.fault(effect="status", status=500)
    assert sandbox.owner_token == OWNER and not sandbox.requests


# ---- half a character -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        Secret,
        lambda text: AstroTokens(text, env={}),
        lambda text: AstroTokens(env={"ASTRO_API_TOKEN": text}),
        lambda text: AstroTokens(OWNER, env={}, base_url=text),
        lambda text: AstroTokens(OWNER, env={}, domain=text),
        lambda text: AstroTokens(OWNER, env={}, organization_id=text),
        inspect_token,
        lambda text: Session(Api(organization_id="clorg"), token_id=text),
        lambda text: Response(200, {}, text),
        lambda text: Response(200, {"x": text}, ""),
        lambda text: Request("GET", text),
    ],
)
def test_no_error_shows_what_is_not_unicode(call):
    with pytest.raises(ValidationError) as caught:
        call(OWNER.expose() + "\udc80")
    error = caught.value
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(error.__context__) + repr(vars(error))
    assert OWNER.expose()[20:60] not in shown and not isinstance(error.__context__, UnicodeError)


def test_half_a_character_is_named():
    with pytest.raises(ValidationError) as caught:
        AstroTokens(OWNER.expose() + "\udc80", env={})
    assert [problem.code for problem in caught.value.problems] == ["invalid_unicode"]
    with pytest.raises(TypeError, match="the value of a secret must be a str, not int"):
        Secret(5)
    assert "\ufffd" in Event.Failed("no \udc80", True).message


# ---- servers --------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("part", DRIPS)
@pytest.mark.parametrize("limit", [{"timeout": 0.5}, {"timeout": None, "patience": 0.5}])
def test_a_server_that_drips_is_left(client, part, limit):
    with server(DRIPS[part]) as served:
        began = time.monotonic()
        error = find(client, base_url=served.url, attempts=1, **limit)
    assert 0.4 < time.monotonic() - began < 5
    assert error.cause.may_have_arrived and error.cause.message == "no whole answer within 0.5 s"


def test_a_client_of_the_callers_own_leaves_it_when_the_patience_is_over():
    with server(DRIPS["body"]) as served, httpx.Client() as http:
        began = time.monotonic()
        error = find(AstroTokens, base_url=served.url, attempts=1, patience=0.5, http=http)
    assert time.monotonic() - began < 5 and "no whole answer within 0.5 s" in error.cause.message


def test_connections_are_kept_and_each_request_has_its_time(sandbox):
    with serve(sandbox) as served, AstroTokens(OWNER, env={}, base_url=served.url, timeout=0.5) as astro:
        for _ in range(4):
            astro.find_token("cltoken0")
            time.sleep(0.2)
        sandbox.fault(effect="delay", ms=3000)
        began = time.monotonic()
        assert astro.find_token("cltoken0") and time.monotonic() - began < 2.5


@BOTH
def test_an_answer_has_a_largest_size(client, monkeypatch):
    assert _exchange.LARGEST_ANSWER == 64 * 1024**2
    monkeypatch.setattr(_exchange, "LARGEST_ANSWER", 1024**2)
    bomb = gzip.compress(b" " * 2 * 1024**2)
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {len(bomb)}\r\n\r\n".encode()
    with server(lambda connection: connection.sendall(head + bomb)) as served:
        error = find(client, base_url=served.url, attempts=1)
    assert error.cause.message == "the answer is larger than 1 MiB" and error.cause.may_have_arrived


@BOTH
def test_no_proxy_reads_the_credential(client, monkeypatch):
    answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"
    with server(lambda connection: connection.sendall(answer)) as proxy, server(lambda c: c.sendall(answer)) as served:
        for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy.url)
        find(client, base_url=served.url)
        find(client, base_url=served.url.replace("127.0.0.1", "localhost"))
        outcome = _program.send(Request("GET", f"{served.url}/v1"), OWNER)
        assert not proxy.asked and len(served.asked) == 3 and (outcome[0], outcome[1].status) == ("response", 404)
        # Where the connection is encrypted, the proxy is asked for a tunnel, and gets to see no header.
        find(client, base_url="https://api.astronomer.io", attempts=1)
        assert proxy.asked and not any(b"Bearer" in asked for asked in proxy.asked)


# ---- after the end --------------------------------------------------------------------------------------------------


def test_a_closed_client_says_so(sandbox):
    astro = AstroTokens(sandbox=sandbox, env={})
    left = astro.tokens()
    astro.close()
    for call in (lambda: astro.find_token("cl"), astro.tokens, lambda: next(left)):
        with pytest.raises(AstroTokensError, match="this AstroTokens is closed"):
            call()

    async def closed():
        astro = AsyncAstroTokens(sandbox=sandbox, env={})
        await astro.aclose()
        with pytest.raises(AstroTokensError, match="this AsyncAstroTokens is closed"):
            await astro.find_token("cl")

    asyncio.run(closed())


def test_who_closes_a_client_at_work_leaves_what_stands(sandbox):
    old = old_token(sandbox)
    astro = AstroTokens(sandbox=sandbox, env={})
    stored = []

    def store(secret):
        stored.append(secret)
        thread = threading.Thread(target=astro.close)
        thread.start()
        thread.join()

    error = failure(astro.rotate_token, old.id, overlap=True, store=store)
    assert "this AstroTokens is closed" in str(error) and not error.unclear
    assert error.secret == stored[0] and len(error.done) == 2 and error.not_done == (f"delete the token `{old.id}`",)


def test_closing_breaks_off_what_is_on_its_way():
    with server(lambda connection: time.sleep(3)) as served:
        astro = AstroTokens(OWNER, env={}, base_url=served.url, timeout=2)
        timer = threading.Timer(0.3, astro.close)
        timer.start()
        began = time.monotonic()
        assert failure(astro.delete_token, "cl").unclear == ("whether the token `cl` was deleted",)
        assert time.monotonic() - began < 2.5
        timer.join()


def test_a_client_that_hangs_up_is_no_error_of_the_server(sandbox, capsys):
    sandbox.fault(effect="delay", ms=300, times=20)
    with serve(sandbox) as served:
        for linger in range(5):
            with socket.create_connection(("127.0.0.1", served.server_port)) as connection:
                # Closed with a reset.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.sendall(b"GET /v1/organizations HTTP/1.1\r\n" + b"\r\n" * (linger % 2))
        time.sleep(0.8)
    assert capsys.readouterr().err == ""


# ---- the command ----------------------------------------------------------------------------------------------------


def command(*args, env=None, timeout=None):
    code = "import sys, astro_tokens._program as p\n"
    code += f"p.TIMEOUT = {timeout}\n" if timeout else ""
    code += "sys.exit(p.main())"
    done = subprocess.run(
        [sys.executable, "-c", code, *args],
        env={"PATH": os.environ["PATH"], "ASTRO_API_TOKEN": OWNER.expose(), **(env or {})},
        capture_output=True,
        timeout=60,
    )
    assert OWNER.expose().encode()[20:60] not in done.stdout + done.stderr
    return done.returncode, (done.stdout + done.stderr).decode()


@pytest.mark.parametrize("part", DRIPS)
def test_the_command_leaves_a_server_that_drips(part):
    with server(DRIPS[part]) as served:
        began = time.monotonic()
        host = _program.Host(None, None, None)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_program, "TIMEOUT", 0.5)
            event = host.request(Request("GET", f"{served.url}/v1"), OWNER)
    assert event[0] == "failed" and event[2] and "no answer within" in event[1] and time.monotonic() - began < 5


def test_what_comes_too_late_does_not_end_the_next_wait(monkeypatch):
    host = _program.Host(None, None, None)
    monkeypatch.setattr(_program, "TIMEOUT", 0.1)
    assert host.unless_interrupted(lambda: time.sleep(0.6) or ("late",), ("failed",)) == ("failed",)
    assert host.wait(1000) == ("waited",)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"content-length: 3000000\r\n\r\n" + b" " * 3_000_000, "larger than 1 MiB"),
        (b"content-length: 10\r\n\r\n{}", "IncompleteRead"),
        (b"transfer-encoding: chunked\r\n\r\n5\r\n{}", "IncompleteRead"),
    ],
)
@pytest.mark.parametrize("status", [b"200 OK", b"404 Not Found"])
def test_the_command_reads_whole_answers_within_limits(monkeypatch, answer, said, status):
    monkeypatch.setattr(_program, "LARGEST_ANSWER", 1024**2)
    with server(lambda connection: connection.sendall(b"HTTP/1.1 " + status + b"\r\n" + answer)) as served:
        event = _program.send(Request("GET", f"{served.url}/v1"), OWNER)
    assert event[0] == "failed" and event[2] and said in event[1]


@pytest.mark.parametrize("broken", ["\udc80", "\ud800", "\U0001f600\udfff"])
def test_the_command_replaces_what_is_not_unicode(broken):
    written = io.StringIO()
    code = _program.run(
        ["organization", "token", "list", broken],
        {"ASTRO_API_TOKEN": OWNER.expose() + broken},
        write=lambda _, text: written.write(text) and None,
        now_ms=lambda: 1_800_000_000_000,
    )
    assert code == 2 and OWNER.expose()[20:60] not in written.getvalue()
    assert _program.unicode("caf\udcc3\udca9") == "café" and _program.unicode("x\ud800") == "x\ufffd"


def test_state_never_replaces_what_is_no_file(tmp_path):
    target, link, pipe = tmp_path / "state", tmp_path / "link", tmp_path / "pipe"
    target.write_text("old")
    link.symlink_to(target)
    _program.write_file(str(link), "new")
    assert link.is_symlink() and target.read_text() == "new"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="not a regular file"):
        _program.write_file(str(pipe), "new")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
