"""Reads and compares the cases of `tests/vectors`; their format is described in `tests/vectors/README.md`."""

import datetime
import json
from pathlib import Path

from astro_tokens import Problem, Request

ROOT = Path(__file__).parents[2]
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


def read_cases(folder):
    """The cases of all files in the folder, by the names of file and case."""
    files = sorted((ROOT / "tests/vectors" / folder).glob("*.json"))
    assert files
    cases = [
        (f"{file.stem}: {case['name']}", case)
        for file in files
        for case in json.loads(file.read_text("utf-8"), object_hook=special)["cases"]
    ]
    assert len(dict(cases)) == len(cases)
    return dict(cases)


def covered(source, span):
    """The part of a command that a span is about."""
    text = source if span.argument is None else source[span.argument]
    return text[span.start : span.end]


def check_problems(found, expected, source=None):
    """`source`: the command that the problems are about."""
    assert isinstance(found, tuple)
    assert all(type(problem) is Problem and problem.message for problem in found)
    fields = [(problem.code, problem.severity, problem.field) for problem in found]
    assert fields == [(wanted["code"], wanted.get("severity", "error"), wanted["field"]) for wanted in expected]
    for problem, wanted in zip(found, expected, strict=True):
        assert "names" not in wanted or f"`{wanted['names']}`" in problem.help
        assert "meant" not in wanted or problem.help == f"did you mean `{wanted['meant']}`?"
        assert problem.message in str(problem)
        assert problem.message == wanted.get("message", problem.message)
        if "at" in wanted:
            assert (problem.span and covered(source, problem.span)) == wanted["at"]


def check_request(request, expected):
    assert type(request) is Request
    assert (request.method, request.url) == (expected["method"], expected["url"])
    assert (request.body and json.loads(request.body)) == expected["body"]
    assert request.headers == expected.get("headers", request.headers)
    assert request.as_curl() == expected.get("curl", request.as_curl())
