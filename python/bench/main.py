"""The rows of Python: `make bench` runs this and makes one table of all languages."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from statistics import quantiles

import peers
from inputs import FOLDER

from astro_tokens import Api, Response

Candidates = Mapping[str, Callable[[], object]]


def measure(candidates: Candidates, rounds: int = 15, shortest_ns: int = 30_000_000) -> list[dict[str, object]]:
    """Medians of rounds in which every candidate has its turn, in nanoseconds of processor time."""

    def elapsed(call: Callable[[], object], count: int) -> int:
        start = time.process_time_ns()
        for _ in range(count):
            call()
        return time.process_time_ns() - start

    counts = {}
    for name, call in candidates.items():
        count = 1
        while elapsed(call, count) < shortest_ns:
            count *= 2
        counts[name] = count
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, call in candidates.items():
            times[name].append(elapsed(call, counts[name]) / counts[name])
    return [summary(name, values) for name, values in times.items()]


def summary(name: str, values: list[float]) -> dict[str, object]:
    low, middle, high = quantiles(values, n=4)
    return {"name": name, "ns": middle, "spread": (high - low) / 2 / middle}


def create() -> Candidates:
    api = Api(organization_id="clorg")

    def ours() -> bytes:
        return api.create_token(
            name="CI deploy 17",
            role="WORKSPACE_AUTHOR",
            workspace_id="clm8q7f6q000008lcgyougpsk",
            description="Deploys the nightly jobs of team 17",
            expiration_days=90,
            kind="STANDARD",
        ).body

    def of(peer: Callable[..., bytes]) -> Callable[[], bytes]:
        return lambda: peer(
            name="CI deploy 17",
            role="WORKSPACE_AUTHOR",
            entityId="clm8q7f6q000008lcgyougpsk",
            description="Deploys the nightly jobs of team 17",
            tokenExpiryPeriodInDays=90,
            kind="STANDARD",
        )

    candidates = {
        "astro-tokens": ours,
        "pydantic": of(peers.pydantic_create),
        "msgspec": of(peers.msgspec_create),
        "msgspec, nothing checked": of(peers.msgspec_unchecked),
    }
    for name, candidate in candidates.items():
        assert json.loads(candidate()) == json.loads(ours()), name
    return candidates


def batch() -> Candidates:
    api = Api(organization_id="clorg")
    snake, names_of_the_api = ((FOLDER / f"entries.{kind}.ndjson").read_bytes() for kind in ("snake", "api"))
    entries = [json.loads(line) for line in snake.splitlines()]
    candidates = {
        "astro-tokens": lambda: api.create_tokens(snake).bodies,
        "astro-tokens, of dictionaries": lambda: api.create_tokens(entries).bodies,
        "pydantic": lambda: peers.pydantic_batch(names_of_the_api),
        "msgspec": lambda: peers.msgspec_batch(names_of_the_api),
    }
    for name, candidate in candidates.items():
        ours, theirs = ([json.loads(line) for line in made.splitlines()] for made in (api.create_tokens(snake).bodies, candidate()))
        assert ours == theirs, name
    return candidates


def page() -> Candidates:
    text = (FOLDER / "page.json").read_bytes()
    request = Api(organization_id="clorg").list_tokens(limit=1000)
    headers = {"content-type": "application/json"}

    # Of every token what a list shows is read, so that nobody gains by leaving work for later.
    def ours() -> float:
        page = request.parse(Response(200, headers, text))
        return sum(len(t.id) + len(t.name) + len(t.scope) + t.end_at.timestamp() + len(t.roles[0].role) for t in page.tokens)

    def of(peer: Callable[[bytes], peers.PydanticPage | peers.MsgspecPage]) -> Callable[[], float]:
        return lambda: sum(
            len(t.id) + len(t.name) + len(t.scope) + t.endAt.timestamp() + len(t.roles[0].role) for t in peer(text).tokens
        )

    candidates = {"astro-tokens": ours, "pydantic": of(peers.pydantic_page), "msgspec": of(peers.msgspec_page)}
    for name, candidate in candidates.items():
        assert candidate() == ours(), name
    return candidates


def imports(rounds: int = 9) -> list[dict[str, object]]:
    """How much longer a new Python takes with the import than without, in nanoseconds."""
    modules = {"nothing": "pass", "astro-tokens": "import astro_tokens", "pydantic": "import pydantic", "httpx": "import httpx"}
    program = "import time; start = time.process_time_ns(); {}; print(time.process_time_ns() - start)"
    times: dict[str, list[float]] = {name: [] for name in modules}
    for _ in range(rounds):
        for name, statement in modules.items():
            run = subprocess.run(
                [sys.executable, "-c", program.format(statement)], check=True, capture_output=True, text=True
            )
            times[name].append(float(run.stdout))
    return [summary(name, values) for name, values in times.items() if name != "nothing"]


def main() -> None:
    rows = [
        {"language": "Python", "row": "create one", "times": measure(create())},
        {"language": "Python", "row": "20,000 entries in one call", "times": measure(batch())},
        {"language": "Python", "row": "parse a list page of 1,000 tokens", "times": measure(page())},
        {"language": "Python", "row": "import", "times": imports()},
    ]
    json.dump(rows, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
