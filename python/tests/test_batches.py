"""Many tokens at once: `tests/vectors/batches/*.json`, and what only Python has."""

import json
import pickle
import threading

import pytest
from vectors import check_problems, read_cases

from astro_tokens import Api, BatchEntry, Request, ValidationError

CASES = read_cases("batches")
API = Api(organization_id="clorg")
GOOD = {"name": "A", "role": "ORGANIZATION_MEMBER", "expiration_days": 90}
LINE = json.dumps(GOOD)


def line(written):
    return written["$broken"].replace("{}", "\ud83d") if isinstance(written, dict) else written


def inputs(case):
    """The ways to write the input of a case in Python."""
    if "entries" in case:
        return [case["entries"], iter(case["entries"])]
    text = "\n".join(map(line, case["lines"]))
    encoded = text.encode("utf-8", "surrogatepass")
    return [text, encoded, bytearray(encoded), memoryview(encoded), text.splitlines(keepends=True), encoded.splitlines()]


@pytest.mark.parametrize("name", CASES)
def test_vectors(name):
    case = CASES[name]
    for entries in inputs(case):
        api = Api(case.get("api", {"organization_id": "clorg"}))
        batch = api.create_tokens(entries, stop_on_error=case.get("stop_on_error", False))
        assert batch.total == case["total"]
        assert [json.loads(body) for body in batch.bodies.splitlines()] == case["bodies"]
        check_entries(batch.failures, case.get("failures", []))
        check_entries(batch.warnings, case.get("warnings", []))
        check_requests(batch)
        if "failures" not in case:
            batch.raise_for_errors()
            continue
        with pytest.raises(ValidationError) as caught:
            batch.raise_for_errors()
        assert caught.value.problems == sum((failure.problems for failure in batch.failures), ())
        assert str(caught.value).startswith(case.get("message", "create_tokens has "))


def check_entries(found, expected):
    assert [(entry.index, entry.line) for entry in found] == [(wanted["index"], wanted.get("line")) for wanted in expected]
    for entry, wanted in zip(found, expected, strict=True):
        assert type(entry) is BatchEntry
        if "first" in wanted:
            assert entry.problems[0].code == wanted["first"]
        else:
            check_problems(entry.problems, wanted["problems"])


def check_requests(batch):
    requests = list(batch)
    assert len(batch) == len(requests)
    assert batch.bodies == b"".join(request.body + b"\n" for request in requests)
    failed = {failure.index for failure in batch.failures}
    assert [index for index, _ in batch.items()] == [index for index in range(batch.total) if index not in failed]
    warned = {entry.index: entry.problems for entry in batch.warnings}
    for index, request in batch.items():
        assert type(request) is Request
        assert str(request) == "POST " + request.url
        assert request.warnings == warned.get(index, ())


def test_progress_is_told_now_and_then_and_at_the_end():
    for entries in ([GOOD] * 2500, iter([LINE] * 2500)):
        told = []
        API.create_tokens(entries, on_progress=lambda *progress: told.append(progress))
        assert told == [(1000, 0), (2000, 0), (2500, 0)]
    told = []
    API.create_tokens((LINE + "\n{}\n") * 10_000, on_progress=lambda *progress: told.append(progress))
    assert told == sorted(set(told)) and told[-1] == (20_000, 10_000) and len(told) > 3
    told = []
    API.create_tokens(b"", on_progress=lambda *progress: told.append(progress))
    assert told == [(0, 0)]


def test_what_progress_raises_ends_the_work():
    def entries():
        for number in range(10_000):
            seen.append(number)
            yield GOOD

    seen = []
    with pytest.raises(KeyError):
        API.create_tokens(entries(), on_progress=lambda total, failed: {}[total])
    assert len(seen) == 1000


def test_what_the_entries_raise_is_raised():
    def entries():
        yield GOOD
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        API.create_tokens(entries())


def test_an_open_file_is_an_iterable_of_lines(tmp_path):
    path = tmp_path / "tokens.ndjson"
    path.write_text(f"\n{LINE}\n{{}}\n", "utf-8")
    for mode in ("r", "rb"):
        with path.open(mode) as file:
            batch = API.create_tokens(file)
        assert (len(batch), batch.failures[0].line) == (1, 3)


def test_wrong_arguments():
    with pytest.raises(TypeError, match="not one mapping: that is for create_token"):
        API.create_tokens(GOOD)
    for wrong in (None, 7, object()):
        with pytest.raises(TypeError):
            API.create_tokens(wrong)
    with pytest.raises(TypeError):
        API.create_tokens([], on_progress=7)


def test_any_mapping_and_any_key():
    class Strange(dict):
        pass

    batch = API.create_tokens([Strange(GOOD), {**GOOD, 7: 1}, {**GOOD, "a\ud800": 1}])
    assert len(batch) == 1
    assert [failure.problems[0].code for failure in batch.failures] == ["unknown_field", "unknown_field"]


def test_a_dictionary_that_changes_meanwhile():
    class Nasty:
        def __index__(self):
            entry.clear()
            return 90

    entry = {**GOOD, "expiration_days": Nasty()}
    assert len(API.create_tokens([entry])) == 1


def test_entries_can_be_compared_and_pickled():
    failures = API.create_tokens("{}\n1").failures
    assert pickle.loads(pickle.dumps(failures)) == failures
    assert failures[0] != failures[1] and len(set(failures)) == 2
    with pytest.raises(AttributeError):
        failures[0].index = 7
    assert repr(API.create_tokens([GOOD, {}])) == "<Batch of 2 entries: 1 requests, 1 failures>"


def test_iterators_are_their_own():
    batch = API.create_tokens([GOOD] * 3)
    first, second = iter(batch), iter(batch)
    assert next(first) == next(second) == next(iter(batch))
    assert (len(list(first)), len(list(second)), list(first)) == (2, 2, [])


def test_other_threads_go_on_meanwhile():
    text = (LINE + "\n") * 50_000
    ticks, done = [], threading.Event()

    def tick():
        while not done.wait(0.0001):
            ticks.append(None)

    thread = threading.Thread(target=tick)
    thread.start()
    batch = API.create_tokens(text)
    done.set()
    thread.join()
    assert len(batch) == 50_000 and ticks
