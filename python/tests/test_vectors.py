"""Runs `tests/vectors/*.json`, as mappings and as keywords."""

import json

import pytest
from vectors import ROOT, check_problems, check_request, read_cases

from astro_tokens import Api, ValidationError

OPERATIONS = json.loads((ROOT / "core/vocabulary.json").read_text("utf-8"))["operations"]
SETTINGS = [
    "organization_id",
    "api_version",
    "base_url",
    "strict",
    "allow_unknown_roles",
    "workspace_id",
    "deployment_id",
]
CASES = read_cases(".")


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
