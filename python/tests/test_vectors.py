"""Runs `tests/vectors/*.json`, as mappings and as keywords; the format is described in `tests/vectors/README.md`."""

import datetime
import json
from pathlib import Path

import pytest

from astro_tokens import Api, Problem, Request, ValidationError

ROOT = Path(__file__).parents[2]
OPERATIONS = json.loads((ROOT / "core/vocabulary.json").read_text("utf-8"))["operations"]
SETTINGS = ["organization_id", "api_version", "base_url", "strict", "allow_unknown_roles"]
VALUES = {
    "lone_surrogate": "a\ud800",
    "huge_integer": 10**30,
    "nan": float("nan"),
    "infinity": float("inf"),
    "date": datetime.date(2026, 1, 1),
}


def special(pairs):
    """An object of a vector file, or the value that it is written for."""
    match pairs:
        case {"$value": name}:
            return VALUES[name]
        case {"$repeat": [text, times]}:
            return text * times
    return pairs


def read_cases():
    files = sorted((ROOT / "tests/vectors").glob("*.json"))
    assert files
    for file in files:
        for case in json.loads(file.read_text("utf-8"), object_hook=special)["cases"]:
            yield f"{file.stem}: {case['name']}", case


CASES = dict(read_cases())


def fits(given, fields):
    """Whether keywords can say the same."""
    return isinstance(given, dict) and given.keys() <= set(fields)


def api(case, keywords):
    settings = case.get("api", {"organization_id": "clorg"})
    return Api(**settings) if keywords and fits(settings, SETTINGS) else Api(settings)


def run(case, keywords):
    built = api(case, keywords)
    if "operation" not in case:
        return None
    operation = getattr(built, case["operation"])
    return operation(**case["input"]) if keywords else operation(case["input"])


def check_problems(found, expected):
    assert isinstance(found, tuple)
    assert all(type(problem) is Problem and problem.message for problem in found)
    fields = [(problem.code, problem.severity, problem.field) for problem in found]
    assert fields == [(wanted["code"], wanted.get("severity", "error"), wanted["field"]) for wanted in expected]
    for problem, wanted in zip(found, expected, strict=True):
        assert "names" not in wanted or f"`{wanted['names']}`" in problem.help
        assert problem.message in str(problem)


def check_request(request, expected):
    assert type(request) is Request
    assert (request.method, request.url) == (expected["method"], expected["url"])
    assert (request.body and json.loads(request.body)) == expected["body"]
    assert request.headers == expected.get("headers", request.headers)
    assert request.as_curl() == expected.get("curl", request.as_curl())


def check(case, keywords):
    if "problems" in case:
        with pytest.raises(ValidationError) as caught:
            run(case, keywords)
        check_problems(caught.value.problems, case["problems"])
        assert all(str(problem) in str(caught.value) for problem in caught.value.problems)
        return
    request = run(case, keywords)
    if "request" in case:
        check_request(request, case["request"])
        check_problems(request.warnings, case.get("warnings", []))


@pytest.mark.parametrize("name", CASES)
def test_as_a_mapping(name):
    check(CASES[name], keywords=False)


def fits_keywords(case):
    if "operation" in case:
        return fits(case["input"], OPERATIONS[case["operation"]])
    return fits(case["api"], SETTINGS)


KEYWORD_CASES = [name for name, case in CASES.items() if fits_keywords(case)]


@pytest.mark.parametrize("name", KEYWORD_CASES)
def test_as_keywords(name):
    check(CASES[name], keywords=True)


def test_most_cases_fit_keywords():
    assert len(KEYWORD_CASES) > len(CASES) / 2
