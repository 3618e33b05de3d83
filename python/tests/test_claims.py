"""Runs `tests/vectors/claims/*.json`, and tests what users of claims and credentials rely on in Python alone."""

import base64
import copy
import json
import os
import pickle
import traceback
from datetime import datetime, timedelta, timezone
from types import MappingProxyType

import pytest
from vectors import check_problems, read_cases

from astro_tokens import (
    Api,
    Claims,
    Secret,
    ValidationError,
    base_url_of_domain,
    credential_from_env,
    inspect_token,
)

CASES = read_cases("claims")
NOW = "2026-11-22T08:40:10Z"
SECRETS = ["c2lnb", "hunter2", "eyJh", "Zm9v", "Ab1"]


def names(file):
    return [name for name in CASES if name.startswith(f"{file}: ")]


def moment(text):
    # Python 3.10 reads no `Z`.
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def token_of(payload, written="{}"):
    encoded = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    return written.replace("{}", f"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.{encoded}.c2lnbmF0dXJl")


def token(case):
    return token_of(case["payload"], case.get("written", "{}")) if "payload" in case else case["token"]


def check_texts(found, expected):
    check_problems(found, expected)
    for problem, wanted in zip(found, expected, strict=True):
        assert wanted.get("says", "") in problem.message


def shows_nothing(*outputs):
    return not any(secret in str(output) for output in outputs for secret in SECRETS)


def failure(call, *args, **keywords):
    with pytest.raises(ValidationError) as caught:
        call(*args, **keywords)
    error = caught.value
    assert shows_nothing(error, repr(error), error.problems, pickle.dumps(error))
    return error


TOKEN = token_of({"permissions": ["organizationId:clorg", "workspaceId:clws"], "exp": 1795336811.25, "iat": 1790000000})


@pytest.mark.parametrize("name", names("inspect"))
def test_inspect(name):
    case = CASES[name]
    now = moment(case.get("now", NOW))
    for value in (token(case), Secret(token(case))):
        if "problems" in case:
            check_texts(failure(inspect_token, value, now=now).problems, case["problems"])
            continue
        claims = inspect_token(value, now=now)
        assert type(claims) is Claims and claims.to_dict() == case["claims"]
        assert not claims.is_expired(now)
        assert shows_nothing(repr(claims))
        for field, expected in case["claims"].items():
            found = getattr(claims, field)
            if field.endswith("_at") and expected is not None:
                assert found == moment(expected) and found.tzinfo is timezone.utc
            else:
                assert found == (tuple(expected) if field == "permissions" else expected)


@pytest.mark.parametrize("name", names("hosts"))
def test_hosts(name):
    case = CASES[name]
    if "problems" in case:
        check_texts(failure(base_url_of_domain, case["domain"]).problems, case["problems"])
    else:
        url = base_url_of_domain(case["domain"])
        assert url == case["base_url"] == Api(organization_id="clorg", base_url=url).base_url


@pytest.mark.parametrize("name", names("credentials"))
def test_credentials(name):
    case = CASES[name]
    if "problems" in case:
        check_texts(failure(credential_from_env, case["env"]).problems, case["problems"])
        return
    credential = credential_from_env(case["env"])
    assert credential.source == case["source"]
    assert credential.token == Secret(case["env"][credential.source])
    check_texts(credential.warnings, case.get("warnings", []))
    assert shows_nothing(credential, repr(credential), credential.warnings)


def test_claims_are_values():
    claims = Claims.read(TOKEN)
    again = Claims.read(TOKEN)
    assert len({claims, again, copy.copy(claims), copy.deepcopy(claims), pickle.loads(pickle.dumps(claims))}) == 1
    assert claims != Claims.read(token_of({"permissions": ["organizationId:clorg"]}))
    assert repr(claims) == (
        "Claims(organization_id='clorg', workspace_id='clws', deployment_id=None, token_id=None, scope='WORKSPACE', "
        "expires_at='2026-11-22T08:40:11.250Z')"
    )
    with pytest.raises(AttributeError):
        claims.scope = "ORGANIZATION"


def test_the_time_is_the_callers_or_this_machines():
    claims = Claims.read(TOKEN)
    expiry = claims.expires_at
    for zone in (timezone.utc, timezone(timedelta(hours=5, minutes=30))):
        assert claims.is_expired(expiry.astimezone(zone))
        assert not claims.is_expired((expiry - timedelta(milliseconds=1)).astimezone(zone))
    assert failure(inspect_token, TOKEN, now=expiry).problems[0].code == "expired_token"
    soon = token_of({"permissions": ["organizationId:clorg"], "exp": datetime.now().timestamp() + 600})
    assert not inspect_token(soon).is_expired() and Claims.read(soon).is_expired(expiry.replace(year=9000))
    assert failure(inspect_token, token_of({"permissions": ["organizationId:clorg"], "exp": 1})).problems
    with pytest.raises(ValueError, match="`now` has no time zone"):
        inspect_token(TOKEN, now=datetime(2026, 1, 1))
    for wrong in (1795336811, NOW):
        with pytest.raises(TypeError):
            inspect_token(TOKEN, now=wrong)


def test_the_environment_is_this_process_or_any_mapping(monkeypatch):
    monkeypatch.setenv("ASTRO_API_TOKEN", TOKEN)
    monkeypatch.delenv("ASTRONOMER_KEY_ID", raising=False)
    monkeypatch.delenv("ASTRONOMER_KEY_SECRET", raising=False)
    for env in (None, os.environ, MappingProxyType({"ASTRO_API_TOKEN": TOKEN})):
        assert credential_from_env(env).token.expose() == TOKEN
    monkeypatch.delenv("ASTRO_API_TOKEN")
    assert [problem.code for problem in failure(credential_from_env).problems] == ["required"]
    with pytest.raises(TypeError, match="ASTRO_API_TOKEN must be a str, not int"):
        credential_from_env({"ASTRO_API_TOKEN": 5})
    for wrong in (5, [("ASTRO_API_TOKEN", TOKEN)]):
        with pytest.raises(TypeError):
            credential_from_env(wrong)


def test_a_credential_is_as_secret_as_its_token():
    credential = credential_from_env({"ASTRO_API_TOKEN": TOKEN})
    assert repr(credential) == str(credential) == "Credential(token=Secret([redacted]), source='ASTRO_API_TOKEN')"
    assert copy.copy(credential) is credential is copy.deepcopy(credential)
    with pytest.raises(TypeError):
        pickle.dumps(credential)
    with pytest.raises(TypeError):
        json.dumps(credential)


def test_nothing_shows_a_value_that_is_not_unicode():
    """Python's own error for it carries the whole string."""
    broken = TOKEN + "\ud800"
    for call in (lambda: inspect_token(broken), lambda: credential_from_env({"ASTRO_API_TOKEN": broken})):
        with pytest.raises(ValidationError) as caught:
            call()
        assert [problem.code for problem in caught.value.problems] == ["not_a_token"]
        assert caught.value.__cause__ is caught.value.__context__ is None
        assert shows_nothing("".join(traceback.format_exception_only(caught.type, caught.value)))
    with pytest.raises(ValidationError):
        base_url_of_domain("a\ud800.io")


@pytest.mark.parametrize("call", [inspect_token, Claims.read, base_url_of_domain])
@pytest.mark.parametrize("wrong", [None, 5, b"eyJhbGciOiJSUzI1NiJ9", [TOKEN]])
def test_other_types_are_errors_of_the_program(call, wrong):
    with pytest.raises(TypeError) as caught:
        call(wrong)
    assert shows_nothing(caught.value, repr(caught.value))
