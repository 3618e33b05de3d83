"""Runs `tests/vectors/answers/*.json`, and tests what users of answers, errors and secrets rely on in Python alone."""

import copy
import dataclasses
import io
import json
import logging
import pickle
import pprint
import traceback
import types
from datetime import datetime, timedelta, timezone

import pytest
from vectors import read_cases

from astro_tokens import (
    Api,
    ApiError,
    ApiToken,
    AstroTokensError,
    FieldError,
    Request,
    Response,
    Secret,
    Subject,
    SubjectRoles,
    TokenPage,
    TokenRole,
    TransportError,
)

CASES = read_cases("answers")
REQUESTS = {
    name: Request(method, f"https://api.astronomer.io/v1/organizations/clorg/tokens{path}")
    for name, method, path in [
        ("create_token", "POST", ""),
        ("list_tokens", "GET", "?limit=5"),
        ("get_token", "GET", "/cl"),
        ("update_token", "POST", "/cl"),
        ("update_token_roles", "POST", "/cl/roles"),
        ("rotate_token", "POST", "/cl/rotate"),
        ("delete_token", "DELETE", "/cl"),
    ]
}
VALUE = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
UTC = timezone.utc


def parse(name, **changes):
    case = {**CASES[f"answers: {name}"], **changes}
    body = case["text"] if "text" in case else json.dumps(case["body"])
    return REQUESTS[case["operation"]].parse(Response(case["status"], case.get("headers", {}), body))


def failure(name, **changes):
    with pytest.raises(ApiError) as caught:
        parse(name, **changes)
    return caught.value


# ---- the vectors ----------------------------------------------------------------------------------------------------


def exposed(secret):
    return None if secret is None else secret.expose()


def check_error(error, expected):
    assert error.status == expected["status"] and error.message.startswith(expected["message"])
    assert error.request_id == expected.get("request_id")
    fields = [(each.code, each.field, each.message) for each in error.field_errors]
    assert fields == [tuple(map(each.get, ("code", "field", "message"))) for each in expected.get("field_errors", [])]
    wait = error.retry_after
    assert (None if wait is None else wait * 1000) == expected.get("retry_after_ms")
    assert exposed(error.secret) == expected.get("secret")
    assert expected.get("help", "") in str(error)


@pytest.mark.parametrize("name", CASES)
def test_answers(name):
    case, short = CASES[name], name.removeprefix("answers: ")
    if "error" in case:
        check_error(failure(short), case["error"])
        return
    answer = parse(short)
    assert (None if answer is None else answer.to_dict()) == case["answer"]
    assert exposed(getattr(answer, "token", None)) == case.get("secret")


# ---- answers --------------------------------------------------------------------------------------------------------


def test_a_token_has_attributes():
    token = parse("a token with everything")
    assert type(token) is ApiToken
    assert (token.id, token.name, token.description) == ("clm8q7f6q000008lcgyougpsk", "CI", "for the pipeline")
    assert (token.scope, token.kind, token.short_token) == ("WORKSPACE", "STANDARD", "ABCD1234")
    assert token.start_at == datetime(2026, 8, 1, 9, tzinfo=UTC) and token.start_at.tzinfo is UTC
    assert token.created_at == datetime(2026, 8, 1, 9, 0, 0, 123000, tzinfo=UTC)
    assert token.updated_at == datetime(2026, 8, 2, 10, 11, 12, 500000, tzinfo=UTC)
    assert token.end_at - token.start_at == timedelta(days=token.expiry_period_in_days)
    assert (token.last_used_at, token.last_rotated_at) == (datetime(2026, 8, 3, tzinfo=UTC), datetime(2026, 8, 2, 10, 11, 12, tzinfo=UTC))
    workspace, dag = token.roles
    assert (workspace.entity_type, workspace.entity_id, workspace.role) == ("WORKSPACE", "clws", "WORKSPACE_AUTHOR")
    assert workspace.deployment_id is None and dag.deployment_id == "cldep"
    assert (token.created_by.full_name, token.created_by.username) == ("Jane Doe", "jane@example.com")
    assert (token.updated_by.subject_type, token.updated_by.api_token_name) == ("SERVICEKEY", "Terraform")
    assert token.token is None and token.extra == {}


def test_what_is_absent_is_none_and_what_is_new_is_kept():
    little, newer = parse("a token with little"), parse("what this release does not know is kept")
    for name in ("kind", "roles", "end_at", "expiry_period_in_days", "last_used_at", "last_rotated_at", "created_by"):
        assert getattr(little, name) is None
    assert (newer.scope, newer.kind, newer.roles[0].entity_type) == ("GALAXY", "QUANTUM", "PLANET")
    assert newer.extra == {"colour": {"nested": [1, 2.5, None, "x"]}}
    assert (newer.roles[0].extra, newer.created_by.extra) == ({"since": "2027"}, {"model": 7})
    newer.extra["colour"] = None
    assert newer.extra["colour"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-22T09:40:10.123456789+01:00", datetime(2026, 11, 22, 8, 40, 10, 123456, tzinfo=UTC)),
        ("2026-11-22T09:40:10.123456789Z", datetime(2026, 11, 22, 9, 40, 10, 123456, tzinfo=UTC)),
        ("2026-11-22t09:40:10Z", datetime(2026, 11, 22, 9, 40, 10, tzinfo=UTC)),
        ("2016-12-31T23:59:60.5Z", datetime(2016, 12, 31, 23, 59, 59, 500000, tzinfo=UTC)),
        ("1969-12-31T23:59:59.25Z", datetime(1969, 12, 31, 23, 59, 59, 250000, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime.min.replace(tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_times_keep_their_microseconds(written, expected):
    body = {**CASES["answers: a token with little"]["body"], "startAt": written}
    token = parse("a token with little", body=body)
    assert token.start_at == expected and token.start_at.tzinfo is UTC and token.to_dict()["startAt"] == written


def test_roles_outlive_their_token():
    roles = parse("a token with everything").roles
    again = parse("a token with everything").roles
    assert roles == again and hash(roles) == hash(again) and pickle.loads(pickle.dumps(roles)) == again
    assert [role.to_dict() for role in roles] == CASES["answers: a token with everything"]["body"]["roles"]


def test_a_page_has_tokens():
    page = parse("a page of tokens, with a field of a later release")
    assert type(page) is TokenPage and [token.name for token in page.tokens] == ["CI", "old"]
    assert (page.limit, page.offset, page.total_count, page.extra) == (100, 200, 202, {"cursor": "x"})
    assert page.tokens is page.tokens and type(page.tokens) is tuple


def answers():
    names = ["a token with everything", "what this release does not know is kept", "a page of tokens, with a field of a later release"]
    found = [parse(name) for name in names]
    found += [*found[0].roles, *found[1].roles, found[0].created_by]
    return [*found, *(parse(name) for name, case in short_cases() if case["operation"] == "update_token_roles" and "answer" in case)]


def short_cases():
    return [(name.removeprefix("answers: "), case) for name, case in CASES.items()]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_answers_are_values(protocol):
    found = answers()
    assert {type(answer) for answer in found} == {ApiToken, TokenPage, TokenRole, Subject, SubjectRoles}
    for answer, again, back in zip(found, answers(), pickle.loads(pickle.dumps(found, protocol)), strict=True):
        assert answer == again == back == copy.deepcopy(answer) and repr(answer) == repr(again) == repr(back)
        assert answer != "x" and type(answer).__name__ in repr(answer) and back.to_dict() == answer.to_dict()
        assert isinstance(answer, TokenPage) or hash(answer) == hash(back)
        with pytest.raises(AttributeError):
            answer.id = "x"
        with pytest.raises(TypeError):
            type(answer)()
    assert len({answer for answer in found if not isinstance(answer, TokenPage)}) > 4


def test_tokens_differ_by_any_field():
    case = CASES["answers: a token with little"]["body"]
    token = parse("a token with little")
    for change in ({"name": "x"}, {"roles": []}, {"new": None}, {"updatedAt": "2027-01-01T00:00:00Z"}, {"token": "x"}):
        assert parse("a token with little", body={**case, **change}) != token


def test_a_repr_names_the_token():
    expected = "ApiToken(id='clm8q7f6q000008lcgyougpsk', name='CI', scope='WORKSPACE', short_token='ABCD1234')"
    assert repr(parse("create answers with the secret")) == expected
    role = "TokenRole(entity_type='DAG', entity_id='etl', role='DAG_VIEWER', deployment_id='cldep')"
    assert repr(parse("a token with everything").roles[1]) == role
    page = parse("a page whose list is null")
    assert repr(page) == "TokenPage(tokens=(), limit=20, offset=0, total_count=0)"


# ---- requests and responses -----------------------------------------------------------------------------------------


class Headers:
    """The headers of most HTTP clients: no mapping of `collections`, but with `items`."""

    def items(self):
        yield "X-Request-Id", "req-7"


@pytest.mark.parametrize("headers", [{"x-request-id": "req-7"}, [("X-Request-ID", "req-7")], Headers()])
@pytest.mark.parametrize("body", ["oh\n", b"oh\n", bytearray(b"oh\n")])
def test_responses_of_every_client(headers, body):
    response = Response(status=503, headers=headers, body=body)
    (pair,) = response.headers
    assert (response.status, response.body, pair[1]) == (503, b"oh\n", "req-7")
    with pytest.raises(ApiError) as caught:
        Api(organization_id="clorg").get_token("cl").parse(response)
    assert (caught.value.status, caught.value.request_id) == (503, "req-7")


@pytest.mark.parametrize(
    "parts",
    [
        ("200", {}, ""),
        (70000, {}, ""),
        (200, {"a": 1}, ""),
        (200, {"a": b"b"}, ""),
        (200, "headers", ""),
        (200, None, ""),
        (200, {}, None),
        (200, {}, {"id": "x"}),
    ],
)
def test_what_is_no_response(parts):
    with pytest.raises((TypeError, ValueError, OverflowError)):
        Response(*parts)


def test_a_stored_request_reads_its_answer():
    request = pickle.loads(pickle.dumps(Api(organization_id="clorg", api_version="v1beta1").delete_token("cl")))
    assert request.parse(Response(204, {}, "")) is None
    with pytest.raises(ValueError):
        Request("GET", "https://api.astronomer.io/v1/organizations").parse(Response(200, {}, "{}"))
    for wrong in (None, "{}", {"status": 200}):
        with pytest.raises(TypeError):
            request.parse(wrong)


def test_a_request_may_say_what_it_answers_with():
    assert isinstance(Request[ApiToken], types.GenericAlias)


def test_a_token_may_say_that_it_has_its_secret():
    assert isinstance(ApiToken[Secret], types.GenericAlias)


# ---- errors ---------------------------------------------------------------------------------------------------------


def test_errors_have_one_base_and_are_pickled():
    errors = [failure(name) for name, case in short_cases() if "error" in case and "secret" not in case["error"]]
    assert errors
    for error in [*errors, TransportError("the connection was lost", True)]:
        assert isinstance(error, AstroTokensError) and not isinstance(error, ValueError)
        back = pickle.loads(pickle.dumps(error))
        assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))


def test_a_field_error_is_a_value():
    error = FieldError("INVALID", "name", "too long")
    assert error == copy.deepcopy(error) == pickle.loads(pickle.dumps(error)) != FieldError("", "name", "too long")
    assert len({error, FieldError("INVALID", "name", "too long")}) == 1
    assert repr(error) == "FieldError(code='INVALID', field='name', message='too long')"
    for change in (lambda: setattr(error, "code", "x"), lambda: delattr(error, "code"), lambda: vars(error)):
        with pytest.raises((AttributeError, TypeError)):
            change()


def test_a_lost_connection_says_whether_the_request_may_have_arrived():
    lost, refused = TransportError("the connection was lost", True), TransportError("the connection was refused", False)
    assert str(lost) == "the connection was lost; whether the request arrived is not known"
    assert str(refused) == "the connection was refused; the request was not sent"
    assert (lost.may_have_arrived, refused.may_have_arrived, lost.message) == (True, False, "the connection was lost")


# ---- secrets --------------------------------------------------------------------------------------------------------


def test_a_secret_shows_itself_to_who_asks():
    secret = Secret(VALUE)
    assert secret.expose() == VALUE and repr(secret) == str(secret) == f"{secret}" == "Secret([redacted])"
    assert copy.copy(secret) is copy.deepcopy([secret])[0] is secret
    assert secret == Secret(VALUE) != Secret(VALUE[:-1]) and secret != VALUE
    for refused in (hash, pickle.dumps, json.dumps, vars, len, iter, bytes, dict, lambda each: each + "x"):
        with pytest.raises(TypeError):
            refused(secret)
    with pytest.raises(AttributeError):
        secret.value = "x"


@dataclasses.dataclass
class Holder:
    held: object


def holders():
    """Everything that can hold the secret."""
    created, rotated = parse("create answers with the secret"), parse("rotate answers with the secret")
    body = json.dumps(CASES["answers: create answers with the secret"]["body"])
    errors = [failure(name) for name, case in short_cases() if "error" in case and VALUE in json.dumps(case)]
    errors += [failure("create answers with the secret", text=body[:end]) for end in range(0, len(body), 20)]
    errors += [failure("create answers with the secret", status=status) for status in (302, 400, 500)]
    page = parse("a page whose list is null", body={"tokens": [json.loads(body)], "limit": 1, "offset": 0, "totalCount": 1})
    assert any(error.secret for error in errors) and created.token.expose() == rotated.token.expose() == VALUE
    return [created, rotated, page, created.token, Response(200, {"x": VALUE}, body), *errors]


def outputs(held):
    """What every way to print shows of it."""
    yield from (repr(held), str(held), f"{held}", f"{held!r}", ascii(held), "%s %r" % (held, held))
    yield from (pprint.pformat(held), pprint.pformat([held]), repr([held]), repr(Holder(held)))
    yield repr(dataclasses.asdict(Holder(held)))
    yield json.dumps({"held": held}, default=str)
    yield json.dumps(held.to_dict()) if hasattr(held, "to_dict") else ""
    yield repr(copy.deepcopy([held]))
    stream = io.StringIO()
    logging.StreamHandler(stream).handle(logging.makeLogRecord({"msg": "%s %r", "args": (held, held)}))
    try:
        # Without the frames of these tests, whose locals hold the body.
        raise held.with_traceback(None) if isinstance(held, Exception) else ValueError(held)
    except Exception as error:
        traced = traceback.TracebackException.from_exception(error, capture_locals=True)
        yield "".join(traced.format())
        yield repr(error.args) + repr(vars(error))
    yield stream.getvalue()
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        try:
            yield repr(pickle.dumps(held, protocol))
        except TypeError as refusal:
            yield str(refusal)


def test_nothing_shows_a_secret():
    # The header of a JWT is the same for all of them; the claims and the signature are what must not be seen.
    for held in holders():
        for output in outputs(held):
            assert "zdWIiOi" not in output and "c2ln" not in output


@pytest.mark.parametrize("name", ["create answers with the secret", "rotate answers with the secret"])
def test_what_holds_a_secret_is_not_pickled(name):
    token = parse(name)
    for held in (token, token.token, Response(200, {}, "{}"), ApiError("text", 200, "message", secret=token.token)):
        for refused in (lambda: pickle.dumps(held), lambda: pickle.dumps([held], 0)):
            with pytest.raises(TypeError, match="is never pickled; `expose"):
                refused()
    assert copy.copy(token) is copy.deepcopy([token])[0] is token
