"""Runs `tests/vectors/conversations/*.json`, and tests what those rely on who drive conversations themselves."""

import json
import pickle
import time

import pytest
from vectors import ROOT, check_problems, read_cases

from astro_tokens import Api, ConversationError, Response, Secret, ValidationError, parse_command
from astro_tokens.conversation import Conversation, Event, Session, Step, run
from astro_tokens.sandbox import Sandbox

CASES = read_cases("conversations")
NOW_MS = 1_795_336_810_500
VOCABULARY = json.loads((ROOT / "core/vocabulary.json").read_text("utf-8"))


class World:
    """A driver whose network is the sandbox, and whose clock stands still but for waits."""

    def __init__(self, case):
        self.sandbox, self.now_ms = Sandbox(rate_limits=False), NOW_MS
        self.held = None
        for token in case.get("tokens", []):
            minutes = token.get("minutes_ago", 24 * 60)
            fields = {name: value for name, value in token.items() if name != "minutes_ago"}
            added = self.sandbox.add_token(**fields, now_ms=NOW_MS - minutes * 60_000)
            if added.id == case.get("holds"):
                self.held = added.token
        for fault in case.get("faults", []):
            self.sandbox.fault(**fault)
        self.is_readable = "holds" in case
        self.has_store = "store" in case or self.is_readable or case["work"] == "rotate_token"
        self.store = case.get("store", "written")
        self.stored, self.pages = [], []

    def perform(self, step):
        self.now_ms += 40
        match step:
            case Step.Request(request):
                headers = {**request.headers, "Authorization": f"Bearer {self.sandbox.owner_token.expose()}"}
                reply = self.sandbox.answer(request.method, request.url, headers, request.body, now_ms=self.now_ms)
                return reply.response or Event.Failed("connection reset", reply.outcome == "lost")
            case Step.Wait(milliseconds):
                self.now_ms += milliseconds
                return Event.Waited()
            case Step.Prove() if self.store == "not_proved":
                return Event.NotProved("the vault is sealed")
            case Step.Prove():
                return Event.Proved() if self.has_store else Event.NoStore()
            case Step.ReadStore():
                return Event.Holds([self.held, *self.stored][-1]) if self.is_readable else Event.Unreadable()
            case Step.Store(token, secret):
                assert token.token is None and type(secret) is Secret
                if self.store != "written":
                    return Event.NotStored("the vault is sealed", self.store == "not_written")
                self.stored.append(secret)
                return Event.Stored()
            case Step.Page(page):
                self.pages.append([token.id for token in page.tokens])
                return Event.Next()

    def drive(self, conversation):
        event = None
        while not isinstance(step := conversation.step(event, self.now_ms), Step.Done):
            event = self.perform(step)
        return step.result

    def generate(self, conversation):
        steps = run(conversation, now_ms=lambda: self.now_ms)
        step = next(steps)
        while not isinstance(step, Step.Done):
            step = steps.send(self.perform(step))
        steps.close()
        return step.result


def sent(world, case):
    """What was sent, as the cases write it."""
    lost = "not_sent" if any(fault["effect"] == "not_sent" for fault in case.get("faults", [])) else "lost"
    for seen in world.sandbox.requests:
        path = seen["path"].split("/clorg/")[1].removeprefix("tokens")
        yield " ".join(filter(None, [seen["method"], path, str(seen["status"] or lost)]))


def check_failure(error, expected):
    assert error.code == expected["code"]
    for name in ("done", "not_done", "unclear", "help"):
        found = getattr(error, name)
        assert name not in expected or (list(found) if isinstance(found, tuple) else found) == expected[name]
    assert "candidates" not in expected or [token.id for token in error.candidates] == expected["candidates"]
    assert "status" not in expected.get("cause", {}) or error.cause.status == expected["cause"]["status"]
    assert error.__cause__ is error.cause and error.message in str(error)
    assert all(line in str(error) for line in (*error.done, *error.not_done, *error.unclear))
    states = {"done": error.done, "not_done": error.not_done, "unclear": error.unclear}
    assert {name: tuple(each.text for each in error.effects if each.state == name) for name in states} == states


def check(case, drive):
    world = World(case)
    session = Session(Api(organization_id="clorg"), token_id=case.get("caller", "cltoken0"))
    failed, secret = None, None
    try:
        conversation = session.start(case["work"], case["input"], seed=0)
        result = drive(world, conversation)
    except ValidationError as error:
        check_problems(error.problems, case["problems"])
        failed = error
    except ConversationError as error:
        check_failure(error, case["failure"])
        failed, secret = error, error.secret
    else:
        expected = case["outcome"]
        found = None if result is None else result.to_dict()
        assert (found is None) == (expected is None)
        assert expected is None or {key: found[key] for key in expected} == expected
        if "effects" in case:
            assert [[each.action, each.token_id, each.state] for each in result.effects] == case["effects"]
        secret = getattr(result, "secret", None) or getattr(result, "token", None)
        secret = secret if isinstance(secret, Secret) else None
    assert bool(failed) == ("problems" in case or "failure" in case)
    assert list(sent(world, case)) == case.get("requests", [])
    assert (secret is not None) == case.get("has_secret", False) and len(world.stored) == case.get("stored", 0)
    assert world.pages == case.get("pages", world.pages)
    return None if failed else conversation


@pytest.mark.parametrize("name", CASES)
def test_conversations(name):
    conversation = check(CASES[name], World.drive)
    if conversation:
        check_problems(conversation.warnings, CASES[name].get("warnings", []))
        assert conversation.name == CASES[name]["work"]


@pytest.mark.parametrize("name", CASES)
def test_generators_do_the_same(name):
    check(CASES[name], World.generate)


# ---- driving --------------------------------------------------------------------------------------------------------


@pytest.fixture
def session():
    return Session(Api(organization_id="clorg"), attempts=2, patience=60.0)


def test_work_takes_fields_or_one_mapping(session):
    fields = {"token_id": "cl"}
    steps = [session.start("find_token", **fields), session.start("find_token", fields), session.start("find_token", fields, seed=5)]
    assert len({each.step(None, 0).request for each in steps}) == 1
    for wrong in (
        lambda: session.start("find_token", fields, token_id="cl"),
        lambda: session.start(),
        lambda: session.start("find_token", seed="x"),
        lambda: Session("clorg"),
        lambda: Session(session.api, attempts=-1),
        lambda: Session(session.api, patience=float("nan")),
        lambda: Session(session.api, patience=-1),
        lambda: Session(session.api, rate_limits="no"),
        lambda: Conversation(),
    ):
        with pytest.raises((TypeError, OverflowError, ValueError)):
            wrong()
    with pytest.raises(ValueError, match="use one of tokens, find_token, create_token"):
        session.start("rotate")
    with pytest.raises(ValidationError):
        session.start("find_token")
    assert session.api == Api(organization_id="clorg") and "clorg" in repr(session)


def test_every_work_is_there(session):
    for work in VOCABULARY["conversations"]:
        with pytest.raises(ValidationError) as caught:
            session.start(work, nonsense=1)
        assert caught.value.problems[0].code == "unknown_field" and str(caught.value).startswith(work)


def test_commands_are_started(session):
    rotate = parse_command("astro workspace token rotate cltoken --workspace-id clws --force")
    for conversation in (session.api.start(rotate, seed=1), session.start_command(rotate, overlap=True, keep_old=60, seed=1)):
        assert conversation.name == "rotate_token" and repr(conversation) == "<Conversation rotate_token>"
    assert isinstance(conversation.step(None, 0), Step.Prove) and isinstance(conversation.step(Event.Proved(), 0), Step.ReadStore)
    assert "workspaceId=clws" in conversation.step(Event.Unreadable(), 0).request.url
    create = parse_command("astro organization token create --name CI --role ORGANIZATION_MEMBER")
    conversation = session.start_command(create, idempotency_key="run 7", seed=1)
    assert isinstance(conversation.step(None, 0), Step.Prove) and conversation.step(Event.NoStore(), 0).request.method == "GET"
    for wrong in ({"leftover_after": 60}, {"overlap": True, "leftover_after": 0}):
        with pytest.raises(ValidationError):
            session.start_command(rotate, **wrong)
    with pytest.raises(TypeError):
        session.api.start("astro workspace token list")


def test_a_step_that_nobody_asked_for_ends_it(session):
    conversation = session.start("delete_token", token_id="cl")
    conversation.step(None, 0)
    with pytest.raises(ConversationError) as caught:
        conversation.step(Event.Waited(), 0)
    assert caught.value.code == "misuse" and caught.value.not_done == ("delete the token `cl`",)
    with pytest.raises(ConversationError):
        conversation.step(None, 0)
    for wrong in ("response", 5, {"status": 200}):
        with pytest.raises(TypeError):
            session.start("tokens").step(wrong, 0)


def test_steps_and_events_show_themselves(session):
    conversation = session.start("delete_token", token_id="cl")
    step = conversation.step(None, 0)
    assert repr(step) == f"Step.Request(request={step.request!r})"
    wait = conversation.step(Response(503, {"retry-after": "2"}, "{}"), 0)
    assert wait.milliseconds >= 2000 and repr(wait) == f"Step.Wait(milliseconds={wait.milliseconds})"
    assert conversation.step(Event.Waited(), 0).request == step.request
    assert repr(conversation.step(Response(204, {}, ""), 0)) == "Step.Done(result=None)"
    store = Step.Store(Sandbox().add_token(name="CI", role="ORGANIZATION_MEMBER"), Secret("eyJsecret"))
    assert repr(store).endswith("secret=Secret([redacted]))") and "eyJ" not in repr(store)
    told = [Event.Failed("it's lost", True), Event.NotProved("full"), Event.NotStored("full", False), Event.Holds(None)]
    plain = [Event.Waited, Event.Proved, Event.NoStore, Event.Unreadable, Event.Stored, Event.Next, Event.Cancelled]
    for each in (*told, *(kind() for kind in plain), Step.Prove(), Step.ReadStore()):
        assert repr(eval(repr(each))) == repr(each)
    assert repr(Event.Holds(Secret("eyJsecret"))) == "Event.Holds(secret=Secret([redacted]))"
    with pytest.raises(TypeError):
        pickle.dumps(conversation)


def test_a_closed_conversation_is_gone(session):
    conversation = session.start("create_token", name="CI", role="ORGANIZATION_MEMBER")
    assert len(conversation.warnings) == 1
    conversation.close()
    conversation.close()
    assert conversation.warnings == () and conversation.name == "create_token"
    with pytest.raises(ValueError):
        conversation.step(None, 0)


def test_a_generator_closes_its_conversation(session):
    conversation = session.start("find_token", token_id="cl")
    steps = run(conversation)
    assert isinstance(next(steps), Step.Request)
    steps.close()
    with pytest.raises(ValueError):
        conversation.step(None, 0)


def test_what_is_thrown_into_a_generator_learns_what_stands(session):
    steps = run(session.start("delete_token", token_id="cl"))
    next(steps)
    with pytest.raises(KeyboardInterrupt) as caught:
        steps.throw(KeyboardInterrupt())
    assert ConversationError.of(caught.value).unclear == ("whether the token `cl` was deleted",)


def test_a_failure_of_its_own_is_not_overlaid(session):
    steps = run(session.start("delete_token", token_id="cl"))
    next(steps)
    with pytest.raises(ConversationError) as caught:
        steps.send(Response(403, {}, "{}"))
    assert caught.value.code == "refused" and ConversationError.of(caught.value) is caught.value
    assert ConversationError.of(ValueError()) is None


def test_the_clock_never_goes_back(session, monkeypatch):
    steps = run(session.start("find_token", token_id="cl"))
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert isinstance(next(steps), Step.Request)
    assert isinstance(steps.send(Response(429, {}, "")), Step.Wait)


def test_sessions_share_their_pace(session):
    waits = [session.start("delete_token", token_id="cl", seed=0).step(None, NOW_MS) for _ in range(6)]
    assert [type(step) for step in waits] == [Step.Request] * 5 + [Step.Wait] and waits[5].milliseconds == 1100
