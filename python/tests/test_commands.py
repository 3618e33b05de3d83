"""Runs `tests/vectors/commands/*.json`, and tests what users of commands rely on in Python alone."""

import copy
import pickle
import random
import re
import time
import typing
from collections import UserDict, UserList

import pytest
from vectors import check_problems, check_request, covered, read_cases

import astro_tokens
from astro_tokens import (
    Api,
    Command,
    Span,
    ValidationError,
    correct_command,
    explain_command,
    format_command,
    parse_command,
)

CASES = read_cases("commands")
LINE_CASES = [name for name, case in CASES.items() if "line" in case or "arguments" in case]
OTHER_CASES = [name for name in CASES if name not in LINE_CASES]
CREATE = "astro organization token create --name CI --role ORGANIZATION_MEMBER"
ROTATE = "astro workspace token rotate cltoken --force"


def failure(call, *args, **keywords):
    with pytest.raises(ValidationError) as caught:
        call(*args, **keywords)
    return caught.value


def codes(call, *args, **keywords):
    return [problem.code for problem in failure(call, *args, **keywords).problems]


# ---- the vectors ----------------------------------------------------------------------------------------------------


def check_formatted(command, expected):
    for shell, line in expected.items():
        if isinstance(line, str):
            assert format_command(command, shell) == line
        else:
            check_problems(failure(format_command, command, shell).problems, line["problems"])


def check_build(case, source, command):
    api = Api(case.get("api", {"organization_id": "clorg"}))
    if "build_problems" in case:
        check_problems(failure(api.build, command).problems, case["build_problems"], source)
    elif "request" in case:
        check_request(api.build(command), case["request"])


def check_round_trip(command, **options):
    assert Command.from_dict(command.to_dict()) == command
    # What a shell would have replaced is quoted in the line, where it is text that has to obey the rules.
    if all(warning.code != "would_expand" for warning in command.warnings):
        assert parse_command(format_command(command), **options) == command


def check_command(case, source, options):
    command = parse_command(source, **options)
    assert command.to_dict() == case["command"]
    assert case["command"].keys() <= typing.get_type_hints(astro_tokens.CommandDict).keys()
    check_round_trip(command, **options)
    check_problems(command.warnings, case.get("warnings", []), source)
    check_build(case, source, command)
    check_formatted(command, case.get("formatted", {}))


@pytest.mark.parametrize("name", LINE_CASES)
def test_lines_and_arguments(name):
    case = CASES[name]
    source, options = case["line"] if "line" in case else case["arguments"], case.get("options", {})
    if "problems" in case:
        error = failure(parse_command, source, **options)
        check_problems(error.problems, case["problems"], source)
        assert all(str(problem) in str(error) for problem in error.problems)
    else:
        check_command(case, source, options)
    if "corrected" in case:
        roles = {name: value for name, value in options.items() if name == "allow_unknown_roles"}
        assert correct_command(source, **roles) == case["corrected"]
    if "explained" in case:
        assert explain_command(source, **options) == case["explained"]


@pytest.mark.parametrize("name", OTHER_CASES)
def test_commands_and_requests_are_formatted(name):
    case = CASES[name]
    if "create_request" in case:
        api = Api(case.get("api", {"organization_id": "clorg"}))
        check_formatted(api.create_token(case["create_request"]), case["formatted"])
    else:
        check_formatted(case["command"], case["formatted"])


# ---- commands -------------------------------------------------------------------------------------------------------


def test_a_command_is_a_value():
    command = parse_command(CREATE)
    assert command == parse_command(CREATE.split()) and command != parse_command(ROTATE) and command != CREATE
    assert len({command, parse_command(CREATE), parse_command(ROTATE)}) == 2
    assert eval(repr(command)) == command == Command.from_dict(UserDict(command.to_dict()))
    command.to_dict()["name"] = "other"
    assert command.to_dict()["name"] == "CI"
    with pytest.raises(AttributeError):
        command.warnings = ()
    with pytest.raises(TypeError):
        Command()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_commands_and_problems_are_pickled(protocol):
    command, error = parse_command(CREATE), failure(parse_command, CREATE + "S")
    back, back_error = pickle.loads(pickle.dumps((command, error), protocol))
    assert back == command and command.warnings and not back.warnings
    assert back_error.problems == error.problems and type(back_error.problems[0].span) is Span


def test_copies_keep_the_warnings():
    command = parse_command(CREATE)
    assert copy.copy(command) is command and copy.deepcopy([command])[0] is command


def test_what_is_no_command():
    assert codes(Command.from_dict, {}) == ["required", "required"]
    assert codes(Command.from_dict, CREATE) == codes(format_command, None) == ["wrong_type"]
    given = {"operation": "create_token", "scope": "ORGANIZATION", "expiration_days": "30", "shell": 1}
    assert sorted(codes(Command.from_dict, given)) == ["unknown_field", "wrong_type"]
    assert codes(format_command, {**given, "shell": None}) == codes(Command.from_dict, given)


def test_warnings_and_strictness():
    (warning,) = parse_command(CREATE).warnings
    assert (warning.code, warning.severity, warning.span) == ("never_expires", "warning", None)
    assert codes(parse_command, CREATE, strict=True) == ["never_expires"]
    line = CREATE.replace("MEMBER", "JUGGLER")
    assert codes(parse_command, line) == ["invalid_role", "never_expires"]
    assert [problem.code for problem in parse_command(line, allow_unknown_roles=True).warnings][0] == "unknown_role"


def test_a_command_becomes_a_request_and_back():
    api = Api(organization_id="clorg", workspace_id="clws", deployment_id="cldep")
    command = parse_command("astro workspace token create --name CI --role WORKSPACE_OWNER --expiration 30")
    request = api.build(command)
    assert request == api.create_token(name="CI", role="WORKSPACE_OWNER", workspace_id="clws", expiration_days=30)
    back = parse_command(format_command(request))
    assert back.to_dict() == {**command.to_dict(), "workspace_id": "clws"}
    assert codes(api.build, parse_command(ROTATE)) == ["needs_conversation"]
    assert codes(format_command, api.get_token("cltoken")) == ["unknown_command"]
    for wrong in (CREATE, command.to_dict(), request, None):
        with pytest.raises(TypeError):
            api.build(wrong)


def test_shells():
    command = parse_command('astro org token rotate --name "Bob\'s token"')
    assert format_command(command) == format_command(command, "posix")
    assert format_command(command, shell="powershell").endswith(" 'Bob''s token'")
    assert format_command(command, "cmd").endswith(' "Bob\'s token"')
    assert format_command(command, None) == format_command(command, "posix")
    assert codes(format_command, command, "fish") == ["invalid_value"]
    assert codes(format_command, command, 5) == ["wrong_type"]
    assert codes(format_command, command, "a\ud800") == ["invalid_unicode"]


# ---- sources --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [list, tuple, UserList])
def test_arguments_of_every_make(arguments):
    source = arguments(CREATE.split())
    assert parse_command(source) == parse_command(source[1:]) == parse_command(CREATE)
    assert explain_command(source).startswith("warning: ")
    assert correct_command(source) is None


@pytest.mark.parametrize("call", [parse_command, explain_command, correct_command])
def test_what_is_no_source(call):
    for wrong in (None, 5, CREATE.encode(), {"line": CREATE}, {CREATE}, iter([CREATE]), object(), "a\ud800"):
        (problem,) = failure(call, wrong).problems
        assert (problem.code, problem.span) == ("invalid_unicode" if isinstance(wrong, str) else "wrong_type", None)
    problems = failure(call, ["astro", 5, None, "\udfff", [CREATE], "organization"]).problems
    assert [problem.code for problem in problems] == ["wrong_type", "wrong_type", "invalid_unicode", "wrong_type"]
    assert [problem.span for problem in problems] == [(0, 0, 1), (0, 0, 2), (0, 0, 3), (0, 0, 4)]


@pytest.mark.parametrize(
    "call",
    [
        lambda: parse_command(),
        lambda: parse_command(CREATE, True),
        lambda: parse_command(CREATE, strict="yes"),
        lambda: parse_command(CREATE, strict=None),
        lambda: parse_command(CREATE, units="bytes"),
        lambda: explain_command(CREATE, True),
        lambda: explain_command(CREATE, color=1),
        lambda: correct_command(CREATE, strict=True),
        lambda: format_command(),
        lambda: Command.from_dict(),
        lambda: Command.from_dict(operation="create_token", scope="WORKSPACE"),
    ],
)
def test_calls_that_no_signature_allows(call):
    with pytest.raises(TypeError):
        call()


def test_what_is_said_of_a_command():
    line = CREATE.replace("_MEMBER", " MEMBER")
    explained = explain_command(line)
    assert explained.startswith("error: --role: ") and explained.endswith(f"corrected: {CREATE}\n")
    assert "^^^" in explained and "\x1b" not in explained and "\x1b[" in explain_command(line, color=True)
    assert correct_command(line) == CREATE
    assert explain_command(ROTATE) == "" and correct_command(ROTATE) is None
    assert explain_command(CREATE, strict=True).startswith("error: ")


# ---- spans ----------------------------------------------------------------------------------------------------------


def test_spans_count_code_points():
    line = "astro workspace token create --name '👩‍👩‍👧 é 🚀' --role WORKSPACE_OWNR --expiration 30d"
    spans = [problem.span for problem in failure(parse_command, line).problems]
    assert [covered(line, span) for span in spans] == ["WORKSPACE_OWNR", "30d"]
    assert all(span.argument is None for span in spans)
    arguments = ["workspace", "token", "create", "--name=🚀", "--role=🚀", "--🚀x=5", "-e30"]
    problems = failure(parse_command, arguments).problems
    places = [(problem.span.argument, covered(arguments, problem.span)) for problem in problems]
    assert places == [(4, "🚀"), (5, "--🚀x")]


def test_a_span_is_a_tuple_with_names():
    (problem,) = failure(parse_command, CREATE + "S --expiration 1").problems
    span = problem.span
    assert span == (span.start, span.end, span.argument) == Span(49, 69)
    assert repr(span) == "Span(start=49, end=69, argument=None)"
    assert eval(repr(span)) == span == copy.deepcopy(span) == pickle.loads(pickle.dumps(span))
    assert hash(span) == hash(tuple(span)) and repr(span) in repr(problem)
    match span:
        case Span(start, end, argument):
            assert (start, end, argument) == tuple(span)
    with pytest.raises(AttributeError):
        span.start = 0


# ---- hostile input --------------------------------------------------------------------------------------------------

NASTY = [
    *"'\"\\$`<>|&;()#= \t\n\r-–—“”‘’«»\0\x1b\ufeff\u202e\u200b🚀é%!*~",
    *["astro", "organization", "org", "workspace", "deployment", "token", "create", "update", "rotate", "add", "list"],
    *["workspace-token", "organization-token", "--name", "-n", "--role", "-r", "--expiration", "-e", "-cf", "--force"],
    *["--clean-output=maybe", "--deployment-id", "--name=", "--", "---", "-", "$(", "${", "<deployment-id>", "2>&1"],
    *["ORGANIZATION OWNER", "WORKSPACE_OWNR", "30d", "030", "-1", "9" * 30, "My token", "\\\n", "\r\n", "$ ", "e\u0301"],
]


def check_anything(source, is_line):
    """Whatever the source is, its command can be used, or its problems have places in it."""
    try:
        command = parse_command(source)
    except ValidationError as error:
        problems = error.problems
    else:
        problems = command.warnings
        check_round_trip(command)
    for span in (problem.span for problem in problems if problem.span):
        assert (span.argument is None) == is_line
        text = source if is_line else source[span.argument]
        assert 0 <= span.start <= span.end <= len(text)
    assert bool(explain_command(source)) == bool(problems)
    corrected = correct_command(source)
    if corrected is not None:
        assert format_command(parse_command(corrected)) == corrected


def test_anything_at_all_is_read():
    choices = random.Random(20261122)
    for _ in range(5000):
        pieces = choices.choices(NASTY, k=choices.randrange(1, 16))
        line = choices.choice(["", f"{CREATE} ", f"{ROTATE} "]) + choices.choice(["", " "]).join(pieces)
        check_anything(line, is_line=True)
        check_anything(pieces, is_line=False)


@pytest.mark.parametrize("piece", ["'", '"', "“", "'\"", "\\", "$(", "`", "<", "|", "-", "—", " x", " -x", " --x", "🚀", "\0"])
def test_a_megabyte_ends_soon(piece):
    line = f"{CREATE} --description " + piece * (1_000_000 // len(piece))
    began = time.perf_counter()
    check_anything(line, is_line=True)
    check_anything([*CREATE.split(), "--description", line], is_line=False)
    assert time.perf_counter() - began < 30


# ---- declarations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("literal", "call"),
    [
        ("CommandOperation", lambda: Command.from_dict({"operation": "?", "scope": "WORKSPACE"})),
        ("Shell", lambda: format_command(parse_command(ROTATE), "?")),
    ],
)
def test_literals_are_the_words_of_the_core(literal, call):
    assert list(typing.get_args(getattr(astro_tokens, literal))) == re.findall("`(.+?)`", failure(call).problems[0].help)
