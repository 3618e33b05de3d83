"""How time and memory grow with the number of entries, each size in a process of its own; `make bench` runs this.

A machine changes its speed from minute to minute by more than what is looked for. So each size is compared with the
smallest one in the same process and in turns: once with all entries, and then as often with a thousand as makes as many. All
that is made is kept to the end: memory that is used for the first time takes a good part of the time, and so it does for
both.

Without arguments it measures all and writes what `table.py` prints; with the name of a work and a size it does that once.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from statistics import median

from inputs import entry, token

from astro_tokens import Api, Batch, Response
from astro_tokens.conversation import Event, Session, Step, run

SIZES = [1_000, 10_000, 100_000, 1_000_000]
SMALLEST = SIZES[0]
PAGE = 200
CALLS = 1_000_000
#: How many entries are worked on at least, so that small sizes are measured as long as large ones, and how often.
WORK = 1_000_000
ROUNDS = 3
API = Api(organization_id="clorg")
HEADERS = {"content-type": "application/json"}
#: Nanoseconds, and what was made.
Timed = tuple[float, Batch | None]


def peak_kb() -> int:
    """Not that of `getrusage`, which a process takes over from the one that started it."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def resident_kb() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() // 1024


THOUSAND = "".join(json.dumps(entry(number), separators=(",", ":")) + "\n" for number in range(1000)).encode()


@cache
def lines(size: int) -> bytes:
    """Read once, as a file is: memory is slow when it is read for the first time, too."""
    return THOUSAND * (size // 1000)


def batch(size: int) -> Timed:
    """NDJSON to the bodies of requests; the memory is beside that of the text and the bodies."""
    text = lines(size)
    start = time.process_time_ns()
    built = API.create_tokens(text)
    elapsed = time.process_time_ns() - start
    assert len(built) == size
    return elapsed, built


def pages(size: int) -> list[str]:
    """The pages of a list, but for what differs: ids and times of creation in the order that Astro lists them in."""
    tokens = [{**token(number), "id": f"cl{number:09}", "createdAt": None} for number in range(min(size, PAGE))]
    tail = {"limit": PAGE, "totalCount": size}
    return [json.dumps({"tokens": tokens, "offset": offset, **tail}) for offset in range(0, min(size, PAGE), PAGE)]


def page(template: str, number: int) -> bytes:
    """Page `number` of the list."""
    stamp = f'"2026-{1 + number // 28 % 12:02}-{1 + number % 28:02}T00:{number // 336 // 60 % 60:02}:{number // 336 % 60:02}.000Z"'
    return template.replace('"cl', f'"cl{number:06}').replace('"createdAt": null', f'"createdAt": {stamp}').encode()


def iteration(size: int) -> Timed:
    """Every token of a list, page by page: the conversation that `AstroTokens.tokens` drives, without the network."""
    (template,) = pages(size)
    elapsed, seen, number, now = 0, 0, 0, 1_795_336_810_500
    steps = run(Session(API).start("tokens", sorts=["name:asc"]), now_ms=lambda: now)
    event: Response | Event | None = None
    while True:
        start = time.process_time_ns()
        step = steps.send(event)
        if isinstance(step, Step.Page):
            seen += sum(len(token.name) > 0 for token in step.page.tokens)
        elapsed += time.process_time_ns() - start
        match step:
            case Step.Request():
                event = Response(200, HEADERS, page(template, number))
                number += 1
            case Step.Wait(milliseconds):
                now += milliseconds
                event = Event.Waited()
            case Step.Page():
                event = Event.Next()
            case Step.Done():
                break
    assert seen == size, seen
    return elapsed, None


PAGE_OF_THOUSAND = json.dumps(
    {"tokens": [token(number) for number in range(1000)], "limit": 1000, "offset": 0, "totalCount": 1000}
).encode()


def parsing(size: int) -> Timed:
    """As many tokens in pages of 1,000, one after the other."""
    request, response = API.list_tokens(limit=1000), Response(200, HEADERS, PAGE_OF_THOUSAND)
    start = time.process_time_ns()
    for _ in range(size // 1000):
        assert len(request.parse(response).tokens) == 1000
    return time.process_time_ns() - start, None


WORKS: dict[str, Callable[[int], Timed]] = {"batch": batch, "iteration": iteration, "parsing": parsing}


def measure(work: str, size: int) -> None:
    """Prints nanoseconds for one entry, how many times that of the smallest size it is, and the peak of the memory above
    that before, in KB."""
    run = WORKS[work]
    kept = []

    def often(count: int, size: int) -> float:
        made = [run(size) for _ in range(count)]
        kept.append(made)
        return sum(elapsed for elapsed, _ in made)

    often(5, SMALLEST)
    before = peak_kb()
    _, made = run(size)
    kb = peak_kb() - before
    times, ratios = [], []
    for _ in range(max(ROUNDS, WORK // size)):
        large = often(1, size)
        times.append(large / size)
        ratios.append(large / often(size // SMALLEST, SMALLEST))
    held = 0 if made is None else len(lines(size)) + len(made.bodies)
    print(json.dumps({"ns": median(times), "ratio": median(ratios), "kb": kb, "held_kb": held // 1024}))


def calls() -> None:
    """Prints how much larger the process is after a million calls than after a thousand, in KB."""
    wrong = {"name": "", "role": "WORKSPACE_AUTHR", "expiration_days": 0}
    for number in range(CALLS + 1000):
        API.create_token(name="CI", role="ORGANIZATION_MEMBER", expiration_days=90)
        if number % 10 == 0:
            try:
                API.create_token(wrong)
            except ValueError:
                pass
            API.create_tokens([wrong])
        if number == 1000:
            before = resident_kb()
    print(json.dumps({"kb": resident_kb() - before}))


def process(*arguments: object) -> dict[str, float]:
    run = subprocess.run([sys.executable, __file__, *map(str, arguments)], check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(run.stdout)
    return result


def main() -> None:
    rows = [
        {"language": "Python", "work": work, "size": size, **process(work, size)} for work in WORKS for size in SIZES
    ]
    json.dump({"growth": rows, "calls": {"language": "Python", "calls": CALLS, **process("calls")}}, sys.stdout, indent=2)


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["calls"]:
            calls()
        case [work, size]:
            measure(work, int(size))
