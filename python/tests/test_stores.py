"""Stores: what each client asks of them, and what stands when they fail, in rotations, creates and the end of rotations."""

import asyncio
import io
import json
import pickle
import traceback
import unittest.mock
from datetime import datetime, timedelta, timezone

import pytest
from clock import aged, no_time_passes  # noqa: F401

from astro_tokens import (
    AstroTokens,
    AsyncAstroTokens,
    ConversationError,
    Effect,
    Mark,
    NotWritten,
    Secret,
    ValidationError,
    inspect_token,
    parse_command,
)
from astro_tokens.sandbox import Sandbox

CREATE = {"name": "CI", "role": "ORGANIZATION_MEMBER", "expiration_days": 90}


class Killed(BaseException):
    """The process ends here."""


class Vault:
    """Holds one secret, and says what it was asked."""

    def __init__(self, held=None, *, before=None, after=None, unprovable=None):
        self.held, self.asked = held, []
        self.before, self.after, self.unprovable = before, after, unprovable

    def write(self, secret):
        self.asked.append("write")
        if self.before:
            raise self.before
        self.held = secret
        if self.after:
            raise self.after

    def read(self):
        self.asked.append("read")
        return self.held

    def prove(self):
        self.asked.append("prove")
        if self.unprovable:
            raise self.unprovable


class AsyncVault(Vault):
    async def write(self, secret):
        await asyncio.sleep(0)
        super().write(secret)

    async def read(self):
        await asyncio.sleep(0)
        return super().read()

    async def prove(self):
        await asyncio.sleep(0)
        super().prove()


@pytest.fixture(params=[(AstroTokens, Vault), (AsyncAstroTokens, Vault), (AsyncAstroTokens, AsyncVault)], ids=["sync", "mixed", "async"])
def both(request):
    """A client, and a kind of store."""
    return request.param


@pytest.fixture
def sandbox():
    return Sandbox(rate_limits=False)


def use(client, sandbox, work, *args, **fields):
    """What comes of a method of either client."""
    if client is AstroTokens:
        with AstroTokens(sandbox=sandbox, env={}) as astro:
            return getattr(astro, work)(*args, **fields)

    async def used():
        async with AsyncAstroTokens(sandbox=sandbox, env={}) as astro:
            return await getattr(astro, work)(*args, **fields)

    return asyncio.run(used())


def failure(*args, **fields):
    with pytest.raises(ConversationError) as caught:
        use(*args, **fields)
    return caught.value


def ids(sandbox):
    return [token.id for token in sandbox.tokens if token.name != "Owner"]


def owner_of(secret):
    return inspect_token(secret).token_id


def works(sandbox, secret):
    """Whether Astro accepts it."""
    headers = {"authorization": f"Bearer {secret.expose()}"}
    return sandbox.answer("GET", "/v1/organizations/clorg/tokens", headers).response.status != 401


def old_token(sandbox, **fields):
    """A token of yesterday, and its secret."""
    now_ms = int((datetime.now(timezone.utc) - timedelta(days=1)).timestamp() * 1000)
    token = sandbox.add_token(**CREATE, **fields, now_ms=now_ms)
    return token.id, token.token


# ---- a store is a function or an object -------------------------------------------------------------------------------


def test_every_secret_that_is_made_goes_to_the_store(both, sandbox):
    client, kind = both
    vault = kind()
    created = use(client, sandbox, "create_token", **CREATE, store=vault)
    assert vault.held == created.token and vault.asked == ["prove", "write"]
    cloned = use(client, sandbox, "clone_token", created.id, name="CE", store=vault)
    assert vault.held == cloned.token != created.token
    rotated = use(client, sandbox, "rotate_token", created.id, overlap=True, store=vault)
    assert vault.held == rotated.secret == rotated.token.token
    ran = use(client, sandbox, "run", parse_command("astro organization token create --name X --role ORGANIZATION_MEMBER -e 9"), store=vault)
    assert vault.held == ran.token
    rotate = parse_command("astro organization token rotate --name X --force")
    assert vault.held != use(client, sandbox, "run", rotate, store=vault, overlap=True).old_token_id == ran.id


def test_a_function_is_a_store_that_can_only_write(both, sandbox):
    client, _ = both
    stored = []

    async def later(secret):
        stored.append(secret)

    created = use(client, sandbox, "create_token", **CREATE, store=stored.append)
    rotated = use(client, sandbox, "rotate_token", created.id, overlap=True, store=stored.append if client is AstroTokens else later)
    assert stored == [created.token, rotated.secret] and ids(sandbox) == [rotated.token.id]
    assert use(client, sandbox, "finish_rotation", rotated.token.id, store=stored.append).effects == ()


class Silent:
    write = None


class Later:
    def write(self, secret):
        yield secret


class Unread:
    read = "vault"

    def write(self, secret): ...


@pytest.mark.parametrize(
    "store",
    ["vault", 5, {}, [], Vault, io.StringIO(), Silent(), Later(), Unread(), AsyncVault()],
    ids=lambda store: type(store).__name__,
)
def test_what_is_not_a_store_is_said_before_anything_is_sent(sandbox, store):
    token_id, _ = old_token(sandbox)
    calls = {
        "create_token": CREATE,
        "clone_token": {"token_id": token_id, "name": "CE"},
        "rotate_token": {"token_id": token_id, "overlap": True},
        "finish_rotation": {"token_id": token_id},
    }
    clients = [AstroTokens] if isinstance(store, AsyncVault) else [AstroTokens, AsyncAstroTokens]
    for client in clients:
        for work, fields in calls.items():
            with pytest.raises(TypeError, match=r"^`store(\.\w+)?` is ") as caught:
                use(client, sandbox, work, **fields, store=store)
    if not isinstance(store, Later | Unread | AsyncVault):
        expected = "`store` is a function of the Secret, or an object with `write(secret)` and, where it can, `read()` and `prove()`"
        assert str(caught.value).startswith(expected)
    assert not sandbox.requests


def test_a_store_that_nothing_would_be_written_to_is_refused(sandbox):
    token_id, _ = old_token(sandbox)
    for work, args, fields in (
        ("rotate_token", [token_id], {}),
        ("run", [parse_command(f"astro organization token rotate {token_id} --force")], {}),
        ("run", [parse_command(f"astro organization token delete {token_id} --force")], {"overlap": True}),
    ):
        with pytest.raises(TypeError, match="`store` is used only by "):
            use(AstroTokens, sandbox, work, *args, **fields, store=print)
    for missing in (
        lambda: use(AstroTokens, sandbox, "rotate_token", token_id, overlap=True),
        lambda: use(AsyncAstroTokens, sandbox, "rotate_token", token_id, overlap=True),
        lambda: use(AstroTokens, sandbox, "run", parse_command(f"astro organization token rotate {token_id} --force"), overlap=True),
    ):
        with pytest.raises(ValidationError) as caught:
            missing()
        assert [(problem.code, problem.field) for problem in caught.value.problems] == [("required", "store")]
    assert not sandbox.requests


# ---- stores that fail -------------------------------------------------------------------------------------------------


def test_a_store_that_cannot_be_proven_is_known_before_anything_is_sent(both, sandbox):
    client, kind = both
    token_id, _ = old_token(sandbox)
    vault = kind(unprovable=ConnectionError("no route to the vault"))
    for work, fields in (("create_token", CREATE), ("rotate_token", {"token_id": token_id, "overlap": True})):
        error = failure(client, sandbox, work, **fields, store=vault)
        assert error.code == "not_stored" and error.__cause__ is vault.unprovable and error.effects == ()
        assert error.message == "the store cannot be written to: ConnectionError: no route to the vault"
    assert not sandbox.requests and set(vault.asked) == {"prove"}


def test_what_was_certainly_not_written_leaves_all_as_it_was(both, sandbox):
    client, kind = both
    token_id, secret = old_token(sandbox)
    vault = kind(secret, before=NotWritten("the vault refused it"))
    error = failure(client, sandbox, "rotate_token", token_id, overlap=True, store=vault)
    assert error.code == "not_stored" and error.__cause__ is vault.before and "the vault refused it" in error.message
    assert ids(sandbox) == [token_id] and error.secret is None and not error.unclear and vault.held is secret
    error = failure(client, sandbox, "create_token", **{**CREATE, "name": "CD"}, store=vault)
    assert error.code == "not_stored" and ids(sandbox) == [token_id]
    assert [(each.action, each.state) for each in error.effects if each.state == "done"] == [("create", "done"), ("delete", "done")]


def test_what_may_have_been_written_is_not_deleted(both, sandbox):
    client, kind = both
    token_id, _ = old_token(sandbox)
    vault = kind(after=TimeoutError("no answer from the vault"))
    error = failure(client, sandbox, "rotate_token", token_id, overlap=True, store=vault)
    new_id = owner_of(vault.held)
    assert (error.code, error.__cause__) == ("not_stored", vault.after) and ids(sandbox) == [token_id, new_id]
    assert [candidate.id for candidate in error.candidates] == [token_id, new_id]
    assert error.unclear == (f"whether the secret of the token `{new_id}` was stored",)
    assert error.secret == vault.held and works(sandbox, vault.held) and f"of `{token_id}` or of `{new_id}`, and both work" in error.help

    error = failure(client, sandbox, "create_token", **{**CREATE, "name": "CD"}, store=vault)
    assert error.code == "not_stored" and [candidate.name for candidate in error.candidates] == ["CD"]
    assert works(sandbox, vault.held) and len(ids(sandbox)) == 3


def test_what_cannot_be_read_is_logged_and_no_obstacle(both, sandbox, caplog):
    client, kind = both
    token_id, secret = old_token(sandbox)

    class Sealed(kind):
        def read(self):
            raise OSError(f"sealed, holds {secret.expose()}")

    for store in (Sealed(), unittest.mock.Mock(**{"write.return_value": None, "prove.return_value": None})):
        token_id = use(client, sandbox, "rotate_token", token_id, overlap=True, store=store).token.id
    assert "the store could not be read: OSError" in caplog.text and "the store could not be read: TypeError" in caplog.text
    assert secret.expose() not in caplog.text and ids(sandbox) == [token_id]


def test_no_secret_that_a_store_has_seen_is_shown(both, sandbox):
    client, kind = both
    token_id, held = old_token(sandbox)
    seen = []

    class Talkative(kind):
        def write(self, secret):
            seen.append(secret.expose())
            raise OSError(f"cannot replace {self.held} by {secret.expose()}")

    error = failure(client, sandbox, "rotate_token", token_id, overlap=True, store=Talkative(held.expose()))
    assert "OSError: cannot replace [redacted] by [redacted]" in error.message and error.__cause__ is None
    text = "".join(traceback.format_exception(error)) + repr(error) + json.dumps([each.text for each in error.effects])
    assert not [secret for secret in (held.expose(), *seen) if secret in text]


# ---- what a store that can be read is good for ------------------------------------------------------------------------


def killed(client, sandbox, **fields):
    """A rotation that is killed in its store."""
    with pytest.raises(Killed):
        use(client, sandbox, "rotate_token", token_name="CI", overlap=True, **fields)


def test_a_rotation_goes_on_from_what_a_killed_one_has_stored(both, sandbox):
    client, kind = both
    token_id, _ = old_token(sandbox)
    vault = kind(after=Killed())
    killed(client, sandbox, store=vault)
    left = owner_of(vault.held)
    assert [token.mark and token.mark.state for token in sandbox.tokens] == [None, None, "pending"]

    # Soon after, the other run may still be at work.
    vault.after = None
    assert failure(client, sandbox, "rotate_token", token_name="CI", overlap=True, store=vault).code == "conflict"
    sandbox = aged(sandbox, hours=2)
    rotated = use(client, sandbox, "rotate_token", token_name="CI", overlap=True, store=vault)
    assert (rotated.old_token_id, vault.held) == (left, rotated.secret) and works(sandbox, vault.held)
    # The rotation that was killed has ended, too.
    assert ids(sandbox) == [rotated.token.id]
    assert ("delete", token_id, "done") in [(each.action, each.token_id, each.state) for each in rotated.effects]


def test_what_a_killed_rotation_has_not_stored_is_cleaned_up(both, sandbox):
    client, kind = both
    token_id, secret = old_token(sandbox)
    vault = kind(secret, before=Killed())
    killed(client, sandbox, store=vault)
    [left] = [id for id in ids(sandbox) if id != token_id]
    vault.before = None
    sandbox = aged(sandbox, hours=2)
    rotated = use(client, sandbox, "rotate_token", token_name="CI", overlap=True, store=vault)
    assert rotated.old_token_id == token_id and ids(sandbox) == [rotated.token.id]
    assert ("delete", left, "done") in [(each.action, each.token_id, each.state) for each in rotated.effects]


def test_the_end_of_a_rotation_leaves_what_the_store_holds(both, sandbox):
    client, kind = both
    token_id, secret = old_token(sandbox)
    vault = kind(secret)
    rotated = use(client, sandbox, "rotate_token", token_id, overlap=True, keep_old=timedelta(hours=48), store=vault)
    left = rotated.old_kept_until - datetime.now(timezone.utc)
    assert timedelta(hours=47) < left <= timedelta(hours=48, seconds=1) and works(sandbox, secret) and works(sandbox, vault.held)
    waiting = use(client, sandbox, "finish_rotation", rotated.token.id, store=vault)
    assert waiting.old_kept_until == rotated.old_kept_until and waiting.secret is None
    [stays] = waiting.effects
    assert stays == Effect("leave", token_id, "done", stays.text) and "it is kept until" in stays.text

    vault.held, new = secret, vault.held
    sandbox = aged(sandbox, hours=3)
    [stays] = use(client, sandbox, "finish_rotation", token_name="CI", now=True, store=vault).effects
    assert "the store holds its secret" in stays.text and ids(sandbox) == [token_id, rotated.token.id]
    vault.held, vault.asked = new, []
    [gone] = use(client, sandbox, "finish_rotation", token_id, now=True, old_token_id=token_id, store=vault).effects
    assert (gone.action, gone.token_id, gone.state) == ("delete", token_id, "done") and set(vault.asked) == {"read"}
    assert ids(sandbox) == [rotated.token.id]


def test_leftovers_are_as_old_as_the_caller_says(both, sandbox):
    client, kind = both
    token_id, secret = old_token(sandbox)
    vault = kind(secret, before=Killed())
    killed(client, sandbox, store=vault)
    vault.before = None
    sandbox = aged(sandbox, minutes=10)
    for leftover_after in (timedelta(minutes=11), 660):
        finished = use(client, sandbox, "finish_rotation", token_name="CI", leftover_after=leftover_after, store=vault)
        assert [(each.action, each.token_id != token_id) for each in finished.effects] == [("leave", True)]
    finished = use(client, sandbox, "finish_rotation", token_name="CI", leftover_after=timedelta(minutes=9), store=vault)
    assert [each.action for each in finished.effects] == ["delete"] and ids(sandbox) == [token_id]


# ---- creates with a key -----------------------------------------------------------------------------------------------


def test_a_key_is_recognised_by_another_client(both, sandbox):
    client, kind = both
    keyed = {**CREATE, "idempotency_key": "run 7"}
    with pytest.raises(Killed) as caught:
        use(client, sandbox, "create_token", **keyed, store=kind(before=Killed()))
    [left] = ids(sandbox)
    assert ConversationError.of(caught.value).secret is not None
    for other in (AstroTokens, AsyncAstroTokens):
        error = failure(other, sandbox, "create_token", **keyed)
        assert error.code == "conflict" and [(each.id, each.mark.state) for each in error.candidates] == [(left, "keyed")]
    assert ids(sandbox) == [left]

    sandbox, vault = aged(sandbox, hours=2), kind()
    created = use(client, sandbox, "create_token", **keyed, store=vault)
    assert ids(sandbox) == [created.id] != [left] and vault.held == created.token and created.mark is None
    # It was handed over: the same again is another wish.
    assert use(client, sandbox, "create_token", **keyed, store=vault).id != created.id
    with pytest.raises(ValidationError):
        use(client, sandbox, "create_token", **CREATE, idempotency_key=5)
    assert use(client, sandbox, "clone_token", created.id, name="CE", idempotency_key="run 8").name == "CE"


@pytest.mark.parametrize("effect", ["lost_after", "lost_before"])
def test_a_lost_create_is_certain_with_a_key_and_nobodys_without(both, sandbox, effect):
    client, kind = both
    sandbox.fault(effect=effect, method="POST", path="/tokens")
    error = failure(client, sandbox, "create_token", **CREATE, store=kind())
    assert error.code == "unknown" and [each.id for each in error.candidates] == ids(sandbox) == ["cltoken1"][: effect == "lost_after"]
    assert [(each.action, each.token_id, each.state) for each in error.effects] == [("create", None, "unclear")]
    sandbox = Sandbox(rate_limits=False)
    sandbox.fault(effect=effect, method="POST", path="/tokens")
    vault = kind()
    if effect == "lost_after":
        created = use(client, sandbox, "create_token", **CREATE, idempotency_key="run 7", store=vault)
        assert ids(sandbox) == [created.id] and vault.held == created.token and works(sandbox, vault.held)
    else:
        error = failure(client, sandbox, "create_token", **CREATE, idempotency_key="run 7", store=vault)
        assert error.code == "unknown" and "its description ends with `[astro-tokens: key " in error.help and vault.held is None


# ---- what is said about it --------------------------------------------------------------------------------------------


def test_effects_say_what_was_done(both, sandbox):
    client, kind = both
    token_id, _ = old_token(sandbox)
    rotated = use(client, sandbox, "rotate_token", token_id, overlap=True, store=kind())
    new_id = rotated.token.id
    assert [(each.action, each.token_id, each.state) for each in rotated.effects] == [
        ("create", new_id, "done"),
        ("store", new_id, "done"),
        ("mark", token_id, "done"),
        ("mark", new_id, "done"),
        ("delete", token_id, "done"),
    ]
    assert rotated.effects[-1].text == f"deleted the token `{token_id}`" and rotated.to_dict()["effects"][0]["tokenId"] == new_id
    sandbox.fault(effect="status", status=403, method="DELETE")
    error = failure(client, sandbox, "rotate_token", new_id, overlap=True, store=kind())
    assert error.code == "refused" and Effect("delete", new_id, "not_done", f"delete the token `{new_id}`") in error.effects
    assert pickle.loads(pickle.dumps(error.effects)) == error.effects


def test_marks_say_what_replaces_what(sandbox):
    token_id, _ = old_token(sandbox, description="builds")
    rotated = use(AstroTokens, sandbox, "rotate_token", token_id, overlap=True, keep_old=7200, store=Vault())
    old, new = (use(AstroTokens, sandbox, "find_token", id) for id in (token_id, rotated.token.id))
    assert old.mark == Mark("replaced", token_id, by=new.id, until=rotated.old_kept_until) and new.mark == Mark("settled", token_id)
    assert old.mark.until.tzinfo is timezone.utc and pickle.loads(pickle.dumps(old.mark)) == old.mark != new.mark
    assert old.plain_description == new.plain_description == "builds" != old.description
    # A name finds the current one, and a change of the other one is a warning that names it.
    assert use(AstroTokens, sandbox, "find_token", token_name="CI").id == new.id
    warned = []
    AstroTokens(sandbox=sandbox, env={}, on_warning=warned.append).update_token(token_id, description="")
    assert [problem.code for problem in warned] == ["replaced_token"] and new.id in warned[0].message
    error = failure(AstroTokens, sandbox, "rotate_token", token_id, overlap=True, store=print)
    assert error.code == "mismatch" and error.candidates[0].mark == new.mark and error.candidates[0].created_by == "Owner"
    assert error.candidates[0].last_used_at is None and pickle.loads(pickle.dumps(error)).candidates == error.candidates
