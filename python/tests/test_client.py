"""The clients on the sandbox: what they send, what they return, and what stands when something goes wrong."""

import asyncio
import contextlib
import copy
import inspect
import json
import logging
import pickle
import pprint
import subprocess
import sys
import time
import traceback
import typing
from datetime import datetime, timedelta, timezone

import anyio
import httpx
import pytest
from clock import no_time_passes  # noqa: F401
from vectors import ROOT

import astro_tokens
from astro_tokens import (
    ApiError,
    ApiToken,
    AstroTokens,
    AstroTokensError,
    AsyncAstroTokens,
    ConversationError,
    RoleChange,
    Rotation,
    TokenUpdate,
    TransportError,
    ValidationError,
    inspect_token,
    parse_command,
)
from astro_tokens.conversation import Step
from astro_tokens.sandbox import Sandbox, SandboxTransport, serve

VOCABULARY = json.loads((ROOT / "core/vocabulary.json").read_text("utf-8"))
OWNER = Sandbox().owner_token
CREATE = {"name": "CI", "role": "ORGANIZATION_MEMBER", "expiration_days": 90}


@pytest.fixture
def sandbox():
    return Sandbox(rate_limits=False)


@pytest.fixture
def astro(sandbox):
    with AstroTokens(sandbox=sandbox, env={}) as astro:
        yield astro


def asked(sandbox, method=None):
    """What was asked: methods with the last two parts of the paths."""
    seen = [(each["method"], "/".join(each["path"].split("/")[-2:])) for each in sandbox.requests]
    return [each for each in seen if method in (None, each[0])]


def failure(call, *args, **keywords):
    with pytest.raises(ConversationError) as caught:
        call(*args, **keywords)
    return caught.value


# ---- a token's life -------------------------------------------------------------------------------------------------


def test_a_tokens_life(astro, sandbox):
    created = astro.create_token(**CREATE, description="for the pipeline")
    assert type(created) is ApiToken and inspect_token(created.token).organization_id == "clorg"

    added = astro.add_token_role(token_name="CI", workspace_id="clws", role="WORKSPACE_AUTHOR")
    assert type(added) is RoleChange and (added.changed, added.old_role, added.new_role) == (True, None, "WORKSPACE_AUTHOR")
    assert [role.entity_id for role in added.diff.added] == ["clws"] and not added.diff.removed
    again = astro.add_token_role(created.id, workspace_id="clws", role="WORKSPACE_AUTHOR")
    assert not again.changed and not again.diff
    preview = astro.change_token_role(created.id, workspace_id="clws", role="WORKSPACE_OWNER", preview=True)
    assert preview.changed and astro.find_token(created.id).roles == added.token.roles

    updated = astro.update_token(token_name="CI", description="")
    assert type(updated) is TokenUpdate and (updated.changed, updated.token.description) == (("description",), "")

    stored = []
    rotated = astro.rotate_token(token_name="CI", overlap=True, store=stored.append)
    assert type(rotated) is Rotation and rotated.old_token_id == created.id and rotated.old_kept_until is None
    assert stored == [rotated.secret] == [rotated.token.token] and rotated.secret != created.token
    assert astro.find_token(token_name="CI").roles == added.token.roles

    removed = astro.remove_token_role(token_name="CI", workspace_id="clws")
    assert (removed.old_role, removed.new_role, removed.entity_type, removed.entity_id) == ("WORKSPACE_AUTHOR", None, "WORKSPACE", "clws")
    assert astro.rotate_token(token_name="CI").secret != rotated.secret
    assert astro.delete_token(token_name="CI") is None
    assert [token.id for token in sandbox.tokens] == ["cltoken0"]


def test_a_clone_goes_elsewhere(astro):
    workspace = astro.create_token(name="CI", role="WORKSPACE_AUTHOR", workspace_id="clws", expiration_days=5)
    clone = astro.clone_token(workspace.id, workspace_id="clws2")
    assert (clone.name, clone.roles[0].entity_id, clone.expiry_period_in_days) == ("CI", "clws2", 5) and clone.token


def test_all_tokens_are_read_as_they_are_asked_for(astro, sandbox):
    for number in range(2050):
        sandbox.add_token(name=f"token {number}", role="ORGANIZATION_MEMBER")
    tokens = astro.tokens()
    assert not sandbox.requests
    assert next(tokens).name == "Owner" and len(sandbox.requests) == 1
    assert sum(1 for _ in tokens) == 2050 and len(sandbox.requests) == 3
    assert [token.name for token in astro.tokens(workspace_id="clws2")] == []
    with pytest.raises(ValidationError):
        astro.tokens(workspace="clws")


def turns(session):
    """How many of 26 reads may be sent at once."""
    steps = [session.start("find_token", token_id="cltoken0").step(None, 0) for _ in range(26)]
    return sum(isinstance(step, Step.Request) for step in steps)


@pytest.mark.parametrize("client", [AstroTokens, AsyncAstroTokens])
def test_rate_limits_are_kept_unless_that_is_switched_off(client, sandbox):
    assert turns(client(OWNER, env={}).session) == 25
    assert turns(client(OWNER, env={}, rate_limits=None).session) == 25
    assert turns(client(OWNER, env={}, rate_limits=False).session) == 26
    # A sandbox in this process keeps limits of its own, where they are on.
    assert turns(client(sandbox=sandbox, env={}).session) == 26
    assert turns(client(sandbox=sandbox, env={}, rate_limits=True).session) == 25


def test_what_an_answer_says_is_checked():
    def answering(text):
        transport = httpx.MockTransport(lambda _: httpx.Response(200, text=text))
        return AstroTokens(OWNER, env={}, attempts=1, transport=transport)

    with pytest.raises(ConversationError, match="the answer is not that of a deletion"):
        answering("<html>Sign in</html>").delete_token("cl")
    astro = answering('{"tokens": [], "limit": 1000, "offset": 0, "totalCount": 7}')
    for read in (lambda: astro.find_token(token_name="CI"), lambda: list(astro.tokens())):
        with pytest.raises(ConversationError, match="the list has 7 tokens and listed none") as caught:
            read()
        assert caught.value.code == "unverifiable"


def test_commands_are_run(astro, sandbox):
    made = astro.run(parse_command("astro organization token create --name CI --role ORGANIZATION_MEMBER -e 30"))
    assert made.token and [token.id for token in astro.run(parse_command("astro organization token list"))] == ["cltoken0", made.id]
    stored = []
    rotated = astro.run(parse_command("astro organization token rotate --name CI --force"), overlap=True, store=stored.append)
    assert stored == [rotated.secret]
    assert astro.run(parse_command(f"astro organization token delete {rotated.token.id} --force")) is None


def test_findings_of_an_audit(astro):
    soon, never = astro.create_token(**CREATE), astro.find_token(token_name="Owner")
    assert soon.findings() == ()
    (finding,) = soon.findings(expiring_within_days=90)
    assert (finding.kind, finding.days, repr(finding)) == ("expires", 90, "Finding(kind='expires', days=90)")
    assert "never_expires" in [finding.kind for finding in never.findings(now=datetime.now(timezone.utc))]


def test_the_async_client_does_the_same(sandbox):
    async def life():
        async with AsyncAstroTokens(sandbox=sandbox, env={}) as astro:
            created = await astro.create_token(**CREATE)
            change = await astro.add_token_role(created.id, workspace_id="clws", role="WORKSPACE_AUTHOR")
            await astro.change_token_role(created.id, workspace_id="clws", role="WORKSPACE_OWNER")
            await astro.remove_token_role(created.id, workspace_id="clws")
            update = await astro.update_token(created.id, name="CD")
            stored = []

            async def store(secret):
                await asyncio.sleep(0)
                stored.append(secret)

            rotated = await astro.rotate_token(token_name="CD", overlap=True, store=store)
            await astro.finish_rotation(rotated.token.id, store=store)
            again = await astro.rotate_token(token_name="CD", overlap=True, store=stored.append)
            clone = await astro.clone_token(again.token.id, name="CE")
            await astro.delete_token(clone.id)
            assert stored == [rotated.secret, again.secret] and update.changed == ("name",) and change.changed
            names = [token.name async for token in astro.tokens()]
            listed = await astro.run(parse_command("astro organization token list"))
            assert names == [token.name for token in listed] == ["Owner", "CD"]
            await astro.run(parse_command("astro organization token delete --name CD --force"))
            return await astro.find_token(token_name="Owner")

    assert asyncio.run(life()).id == "cltoken0" and len(sandbox.tokens) == 1


def test_the_two_clients_have_the_same_methods():
    sync, asynchronous = vars(AstroTokens), vars(AsyncAstroTokens)
    names = {name for name in sync if not name.startswith("_")} - {"close"}
    assert names == {name for name in asynchronous if not name.startswith("_")} - {"aclose"}
    assert names == {*VOCABULARY["conversations"], "run"}
    for name in names:
        signatures = [inspect.signature(cls[name]).parameters for cls in (sync, asynchronous)]
        assert list(signatures[0]) == list(signatures[1]) and sync[name].__doc__ and asynchronous[name].__doc__


@pytest.mark.parametrize("work", VOCABULARY["conversations"])
def test_fields_are_those_of_the_core(work):
    (fields,) = [each for each in inspect.signature(getattr(AstroTokens, work)).parameters.values() if each.kind == each.VAR_KEYWORD]
    name = fields.annotation.removeprefix("Unpack[").removesuffix("]")
    declared = typing.get_type_hints(getattr(astro_tokens, name))
    assert set(declared) == set(VOCABULARY["conversations"][work])
    for field in declared.keys() - {"token_id", "token_name", "workspace_id", "deployment_id"}:
        assert f"    {field} (" in getattr(AstroTokens, work).__doc__


# ---- what is sent ---------------------------------------------------------------------------------------------------


def recorded(status=404, **answer):
    requests = []

    def handle(request):
        requests.append(request)
        return httpx.Response(status, **({"json": {}} | answer))

    return requests, httpx.MockTransport(handle)


def test_requests_are_identified_and_authorized():
    requests, transport = recorded()
    astro = AstroTokens(OWNER.expose(), env={}, transport=transport)
    failure(astro.find_token, "cl")
    (request,) = requests
    assert str(request.url) == "https://api.astronomer.io/v1/organizations/clorg/tokens/cl"
    assert request.headers["authorization"] == f"Bearer {OWNER.expose()}"
    assert request.headers["x-astro-client-identifier"] == "astro-tokens-python"
    assert request.headers["x-astro-client-version"] in request.headers["user-agent"]
    assert request.headers["accept"] == "application/json" and "content-type" not in request.headers


def test_no_redirect_is_followed():
    requests, transport = recorded(302, headers={"location": "https://evil.example"})
    http = httpx.Client(transport=transport, follow_redirects=True, auth=("someone", "else"))
    error = failure(AstroTokens(OWNER, env={}, http=http).find_token, "cl")
    assert len(requests) == 1 and requests[0].headers["authorization"].startswith("Bearer ")
    assert error.cause.status == 302 and "redirects are not followed" in str(error)


def test_a_client_of_the_callers_own_stays_open():
    http = httpx.Client(transport=recorded()[1])
    with AstroTokens(OWNER, env={}, http=http) as astro:
        failure(astro.find_token, "cl")
    assert not http.is_closed
    with AstroTokens(OWNER, env={}, transport=recorded()[1]) as astro:
        pass
    with pytest.raises(AstroTokensError, match="this AstroTokens is closed"):
        astro.find_token("cl")


# ---- settings -------------------------------------------------------------------------------------------------------


def codes(call, *args, **keywords):
    with pytest.raises(ValidationError) as caught:
        call(*args, **keywords)
    return [problem.code for problem in caught.value.problems]


def test_the_credential_and_the_place_come_from_the_environment():
    env = {"ASTRO_API_TOKEN": OWNER.expose(), "ASTRO_DOMAIN": "pr1234.astronomer-dev.io", "ASTRONOMER_KEY_ID": "x"}
    warned = []
    astro = AstroTokens(env=env, on_warning=warned.append)
    assert (astro.api.organization_id, astro.api.base_url) == ("clorg", "https://pr1234.api.astronomer-dev.io")
    assert astro.claims.token_id == "cltoken0" and astro.session.api == astro.api
    assert [problem.code for problem in warned] == ["unused_credential"]
    assert AstroTokens(env=env, domain="localhost", on_warning=warned.append).api.base_url == "http://localhost:8888"
    elsewhere = AstroTokens(OWNER, env=env, base_url="http://localhost:1", organization_id="clother", api_version="v1beta1")
    assert (elsewhere.api.base_url, elsewhere.api.organization_id) == ("http://localhost:1", "clother")


@pytest.mark.parametrize("client", [AstroTokens, AsyncAstroTokens])
def test_what_is_no_client(client):
    assert codes(client, env={}) == ["required"]
    assert codes(client, "cltoken", env={}) == codes(client, "", env={}) == ["not_a_token"]
    expired = Sandbox().add_token(name="x", role="ORGANIZATION_MEMBER", expiration_days=1, now_ms=0).token
    assert codes(client, expired, env={}) == ["expired_token"]
    assert codes(client, OWNER, env={}, base_url="http://example.com") == ["invalid_url"]
    assert codes(client, OWNER, env={"ASTRO_DOMAIN": "a b"})
    for wrong in ({"organisation_id": "x"}, {"token": 5}):
        with pytest.raises(TypeError):
            client(**{"token": OWNER, "env": {}, **wrong})


def test_warnings_are_logged_or_handed_over(sandbox, caplog):
    astro = AstroTokens(sandbox=sandbox, env={})
    astro.create_token(name="CI", role="ORGANIZATION_MEMBER")
    assert "never_expires" in caplog.text and caplog.records[0].name == "astro_tokens"

    def refuse(problem):
        raise ValueError("mine")

    created = AstroTokens(sandbox=sandbox, env={}, on_warning=refuse).create_token(name="CI", role="ORGANIZATION_MEMBER")
    assert created.token and "on_warning failed" in caplog.text


def test_mistakes_are_found_before_anything_is_sent(astro, sandbox):
    assert codes(astro.create_token, name="", role="ORGANIZATION_MEMBR", expiration_days=0) == ["required", "invalid_role", "out_of_range"]
    assert codes(astro.find_token) == ["required"] and codes(astro.find_token, 5) == ["wrong_type"]
    assert codes(astro.delete_token, "cl", name="CI") == ["unknown_field"]
    assert codes(astro.rotate_token, "cl", keep_old=5) == ["conflicting_arguments"]
    for wrong in (
        lambda: astro.rotate_token("cl", token_id="cl"),
        lambda: astro.run("astro organization token list"),
    ):
        with pytest.raises(TypeError):
            wrong()
    assert not sandbox.requests


def test_a_role_that_fits_no_token_is_the_callers_mistake(astro, sandbox):
    assert codes(astro.update_token, token_name="Owner", role="WORKSPACE_OWNER") == ["role_scope_mismatch"]
    assert not asked(sandbox, "POST")


# ---- what goes wrong ------------------------------------------------------------------------------------------------


def test_a_refusal_says_what_stands(astro, sandbox):
    sandbox.fault(effect="status", status=403, method="DELETE")
    created, stored = astro.create_token(**CREATE), []
    error = failure(astro.rotate_token, created.id, overlap=True, store=stored.append)
    assert (error.work, error.code, error.cause.status) == ("rotate_token", "refused", 403)
    assert type(error.cause) is ApiError and error.__cause__ is error.cause
    assert len(error.done) == 4 and error.not_done == (f"delete the token `{created.id}`",) and not error.unclear
    assert stored == [error.secret] and "\n  not done: delete" in str(error)


def test_names_that_several_tokens_bear_are_listed(astro):
    ids = [astro.create_token(**CREATE).id for _ in range(2)]
    error = failure(astro.delete_token, token_name="CI")
    assert error.code == "ambiguous" and [candidate.id for candidate in error.candidates] == ids
    assert error.cause is None and error.candidates[0] == copy.deepcopy(error.candidates[0]) != error.candidates[1]
    back = pickle.loads(pickle.dumps(error))
    assert (str(back), vars(back)) == (str(error), vars(error))


@pytest.mark.parametrize(("effect", "sent", "made"), [("lost_after", 1, 1), ("lost_before", 1, 0), ("not_sent", 2, 1)])
def test_a_lost_answer_never_makes_two(astro, sandbox, effect, sent, made):
    sandbox.fault(effect=effect, method="POST")
    if effect == "not_sent":
        assert astro.create_token(**CREATE).token
    else:
        error = failure(astro.create_token, **CREATE)
        assert error.code == "unknown" and error.unclear and len(error.candidates) == made
    assert [token.name for token in sandbox.tokens] == ["Owner", "CI"][: 1 + made]
    assert len([path for _, path in asked(sandbox, "POST") if path == "clorg/tokens"]) == sent


@pytest.mark.parametrize(
    ("failure_of_http", "may_have_arrived"),
    [
        (httpx.ConnectError, False),
        (httpx.ConnectTimeout, False),
        (httpx.PoolTimeout, False),
        (httpx.UnsupportedProtocol, False),
        (httpx.ReadTimeout, True),
        (httpx.WriteError, True),
        (httpx.RemoteProtocolError, True),
        (httpx.DecodingError, True),
    ],
)
def test_failures_of_http_are_told_apart(failure_of_http, may_have_arrived):
    requests = []

    def handle(request):
        requests.append(request)
        raise failure_of_http(f"no luck with {request.headers['authorization']}", request=request)

    astro = AstroTokens(OWNER, env={}, transport=httpx.MockTransport(handle), attempts=3)
    error = failure(astro.delete_token, "cl")
    assert type(error.cause) is TransportError and error.cause.may_have_arrived is may_have_arrived
    assert error.code == ("unknown" if may_have_arrived else "unreachable")
    assert error.cause.message == f"{failure_of_http.__name__}: no luck with Bearer [redacted]"
    assert len([request for request in requests if request.method == "DELETE"]) == 3


def test_a_body_that_breaks_off_is_a_lost_answer(sandbox):
    class Broken(httpx.SyncByteStream):
        def __iter__(self):
            yield b'{"id":'
            raise httpx.ReadError("connection reset")

    astro = AstroTokens(OWNER, env={}, attempts=1, transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=Broken())))
    assert failure(astro.rotate_token, "cl").unclear


def test_timeouts_and_delays(sandbox, no_time_passes):
    sandbox.fault(effect="delay", ms=60_000)
    with AstroTokens(sandbox=sandbox, env={}, timeout=5, attempts=1) as astro:
        assert failure(astro.find_token, "cltoken0").cause.message == "ReadTimeout: the sandbox took too long"
    assert no_time_passes == [5]
    sandbox.fault(effect="delay", ms=60_000)
    with AstroTokens(sandbox=sandbox, env={}, timeout=None) as astro:
        assert astro.find_token("cltoken0")


class VaultError(Exception):
    pass


def shown(text):
    raise VaultError(text)


def led_to(text):
    try:
        raise KeyError(text)
    except KeyError as error:
        raise VaultError("sealed") from error


def meanwhile(text):
    try:
        raise KeyError(text)
    except KeyError:
        raise VaultError("sealed")


def noted(text):
    error = VaultError("sealed")
    error.__notes__ = [text]
    raise error


def unprintable(text):
    class Unprintable(Exception):
        def __repr__(self):
            raise RuntimeError(text)

    raise Unprintable("sealed")


@pytest.mark.parametrize("way", [shown, led_to, meanwhile, noted, unprintable])
def test_what_a_store_shows_is_redacted(astro, way):
    created = astro.create_token(**CREATE)
    secrets = []

    def store(secret):
        secrets.append(secret.expose())
        way(f"cannot write {secret.expose()}")

    error = failure(astro.rotate_token, created.id, overlap=True, store=store)
    assert "cannot write [redacted]" in error.message if way is shown else "sealed" in error.message
    assert error.__cause__ is None
    assert secrets[0] not in "".join(traceback.format_exception(error))


# ---- interrupts -----------------------------------------------------------------------------------------------------


class Interrupting(SandboxTransport):
    """Interrupts a request once the sandbox has answered it."""

    def __init__(self, sandbox, interrupt, method, path):
        super().__init__(sandbox)
        self.interrupt, self.method, self.path = interrupt, method, path

    def is_hit(self, request):
        return self.interrupt and (request.method, request.url.path.endswith(self.path)) == (self.method, True)

    def handle_request(self, request):
        header = [request.headers["authorization"]]
        response = super().handle_request(request)
        if self.is_hit(request):
            raise self.interrupt
        assert header
        return response

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if self.is_hit(request):
            await asyncio.sleep(3600)
        return response


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), SystemExit(3), MemoryError("mine")])
def test_an_interrupt_knows_what_stands(sandbox, interrupt):
    transport = Interrupting(sandbox, None, "DELETE", "/tokens/cltoken1")
    astro = AstroTokens(OWNER, env={}, transport=transport)
    created, stored = astro.create_token(**CREATE), []
    transport.interrupt = interrupt
    with pytest.raises(type(interrupt)) as caught:
        astro.rotate_token(created.id, overlap=True, store=stored.append)
    error = ConversationError.of(caught.value)
    assert caught.value is interrupt and error.code == "cancelled" and error.secret == stored[0]
    assert error.unclear == (f"whether the token `{created.id}` was deleted",) and len(error.done) == 4
    if sys.version_info >= (3, 11):
        assert caught.value.__notes__ == [str(error)]
    if not isinstance(interrupt, Exception):
        # The frames of the HTTP client hold the credential.
        traced = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
        assert OWNER.expose() not in traced


def test_an_interrupt_in_a_store_loses_no_secret(astro, sandbox):
    created = astro.create_token(**CREATE)

    def store(secret):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        astro.rotate_token(created.id, overlap=True, store=store)
    error = ConversationError.of(caught.value)
    (successor,) = [token for token in sandbox.tokens if token.id not in (created.id, "cltoken0")]
    assert inspect_token(error.secret).token_id == successor.id
    # It may have been stored before the interrupt.
    assert error.unclear == (f"whether the secret of the token `{successor.id}` was stored",)
    assert {token.id for token in sandbox.tokens} == {"cltoken0", created.id, successor.id}


def test_an_interrupt_of_the_last_moment_loses_no_secret(sandbox):
    def interrupt(problem):
        raise KeyboardInterrupt

    astro = AstroTokens(sandbox=sandbox, env={}, on_warning=interrupt)
    with pytest.raises(KeyboardInterrupt) as caught:
        astro.create_token(name="CI", role="ORGANIZATION_MEMBER")
    error = ConversationError.of(caught.value)
    assert inspect_token(error.secret).token_id == "cltoken1" and error.done


def test_an_interrupt_of_a_read_says_nothing_more(astro, sandbox, monkeypatch):
    monkeypatch.setattr(SandboxTransport, "handle_request", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt) as caught:
        astro.find_token("cltoken0")
    assert ConversationError.of(caught.value).code == "cancelled" and not hasattr(caught.value, "__notes__")
    assert ConversationError.of(KeyboardInterrupt()) is ConversationError.of(None) is None


def check_cancelled(exception, sandbox):
    error = ConversationError.of(exception)
    assert error.code == "cancelled" and error.unclear == ("whether a token `CI` was created",)
    assert [token.name for token in sandbox.tokens] == ["Owner", "CI"]


def test_a_cancelled_task_knows_what_stands(sandbox):
    async def cancelled():
        astro = AsyncAstroTokens(OWNER, env={}, transport=Interrupting(sandbox, True, "POST", "/tokens"))
        task = asyncio.create_task(astro.create_token(**CREATE))
        while len(sandbox.tokens) < 2:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        check_cancelled(caught.value, sandbox)

    asyncio.run(cancelled())


def test_a_timeout_of_asyncio_knows_what_stands(sandbox):
    async def late():
        astro = AsyncAstroTokens(OWNER, env={}, transport=Interrupting(sandbox, True, "POST", "/tokens"))
        with pytest.raises(asyncio.TimeoutError) as caught:
            await asyncio.wait_for(astro.create_token(**CREATE), 0.2)
        check_cancelled(caught.value, sandbox)

    asyncio.run(late())


def test_iteration_may_stop_anywhere(sandbox):
    for number in range(1050):
        sandbox.add_token(name=f"token {number}", role="ORGANIZATION_MEMBER")
    with AstroTokens(sandbox=sandbox, env={}) as astro:
        for token in astro.tokens():
            break

    async def stop():
        async with AsyncAstroTokens(sandbox=sandbox, env={}) as astro, contextlib.aclosing(astro.tokens()) as tokens:
            async for token in tokens:
                return token

    assert asyncio.run(stop()).id == token.id == "cltoken0" and len(sandbox.requests) == 2


# ---- secrets --------------------------------------------------------------------------------------------------------


def test_nothing_shows_a_secret(astro, sandbox, caplog):
    caplog.set_level(logging.DEBUG)
    stored = []

    def store(secret):
        stored.append(secret)
        raise VaultError("sealed")

    created = astro.create_token(**CREATE)
    held = [astro, AsyncAstroTokens(sandbox=sandbox, env={}), created, astro.rotate_token(created.id), *stored]
    held.append(failure(astro.rotate_token, created.id, overlap=True, store=store))
    sandbox.fault(effect="status", status=403, method="DELETE")
    other = astro.create_token(**{**CREATE, "name": "CD"})
    held.append(failure(astro.rotate_token, other.id, overlap=True, store=stored.append))
    held += [held[-1].secret, astro.session, astro.claims, sandbox, sandbox.tokens, sandbox.requests]
    values = [OWNER, created.token, other.token, held[3].secret, *stored]
    assert len({value.expose() for value in values}) == len(values) == 6
    for each in held:
        texts = [repr(each), str(each), f"{each}", pprint.pformat([each]), json.dumps(each, default=str)]
        for reveal in (vars, copy.copy, copy.deepcopy):
            with contextlib.suppress(TypeError):
                texts.append(repr(reveal(each)))
        texts += [json.dumps(each.to_dict())] if hasattr(each, "to_dict") else []
        if isinstance(each, Exception):
            traced = traceback.TracebackException.from_exception(each.with_traceback(None), capture_locals=True)
            texts.append("".join(traced.format()))
        with contextlib.suppress(TypeError, AttributeError):
            texts.append(repr(pickle.dumps(each)))
        for value in values:
            assert not any(value.expose() in text for text in texts)
    assert not any(value.expose() in caplog.text or value.expose() in sandbox.to_json() for value in values)


# ---- the package ----------------------------------------------------------------------------------------------------


def test_without_httpx_only_the_clients_are_missing():
    code = (
        "import sys; sys.modules['httpx'] = None\n"
        "import astro_tokens, astro_tokens.sandbox, astro_tokens.conversation\n"
        "astro_tokens.ClientSettings\n"
        "try: astro_tokens.AstroTokens\n"
        "except ModuleNotFoundError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said == "AstroTokens sends requests with httpx: pip install 'astro-tokens[http]'\n"


def test_the_server_is_an_astro_for_other_programs(sandbox):
    with serve(sandbox) as server, AstroTokens(OWNER, env={}, base_url=server.url) as astro:
        created = astro.create_token(**CREATE, description="é")
        assert astro.find_token(created.id).description == "é"
        sandbox.fault(effect="lost_after", method="POST")
        astro.rotate_token(created.id)
        sandbox.fault(effect="cut_short", method="GET")
        assert astro.find_token(created.id)
        assert astro.delete_token(created.id) is None
        assert httpx.get(f"{server.url}/v1/organizations").status_code == 401
        assert httpx.post(f"{server.url}/v1", content=b"x" * 1_000_001).status_code == 413
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)


def test_any_loop_of_anyio_will_do(sandbox):
    async def found():
        async with AsyncAstroTokens(sandbox=sandbox, env={}) as astro:
            return (await astro.find_token("cltoken0")).name

    assert anyio.run(found) == "Owner"
