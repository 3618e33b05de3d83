"""Prints one table of what the measurements of all languages wrote to target/bench, against what is to be reached.

It also writes all of it to target/bench/results.json; with `--write` the tables of the README are made anew.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TypedDict

from inputs import FOLDER


class Time(TypedDict, total=False):
    name: str
    ns: float
    spread: float
    bytes: int


#: (language, row, peer, how many times as fast or small at least)
TARGETS = [
    ("JavaScript", "create one", "zod", 2.0),
    ("JavaScript", "create one", "ajv", 1.4),
    ("JavaScript", "create one", "valibot", None),
    ("JavaScript", "create one", "JSON.stringify", 1.0),
    ("JavaScript", "20,000 entries from NDJSON to NDJSON", "zod", 3.0),
    ("JavaScript", "20,000 entries from NDJSON to NDJSON", "ajv", 2.0),
    ("JavaScript", "20,000 entries from NDJSON to NDJSON", "valibot", None),
    ("JavaScript", "20,000 entries from NDJSON to NDJSON", "astro-tokens, of objects", None),
    ("JavaScript", "parse a list page of 1,000 tokens", "zod", 1.0),
    ("JavaScript", "parse a list page of 1,000 tokens", "ajv", 1.0),
    ("JavaScript", "import to first request", "zod", 3.0),
    ("JavaScript", "import to first request", "ajv", None),
    ("JavaScript", "bytes over the wire", "zod", None),
    ("JavaScript", "bytes over the wire", "ajv", None),
    ("Python", "create one", "pydantic", 7.0),
    ("Python", "create one", "msgspec", 1.15),
    ("Python", "create one", "msgspec, nothing checked", None),
    ("Python", "20,000 entries in one call", "pydantic", 8.0),
    ("Python", "20,000 entries in one call", "msgspec", 2.0),
    ("Python", "20,000 entries in one call", "astro-tokens, of dictionaries", None),
    ("Python", "parse a list page of 1,000 tokens", "pydantic", 3.0),
    ("Python", "parse a list page of 1,000 tokens", "msgspec", 1 / 1.2),
    ("Python", "import", "pydantic", 5.0),
    ("Python", "import", "httpx", 5.0),
    ("Rust", "create one", "serde_json::to_vec", 1 / 2),
    ("Rust", "create one", "garde + serde_json", None),
    ("Rust", "parse a list page of 1,000 tokens", "serde_json::from_slice", 1 / 1.1),
    ("Rust", "parse a line of 200 characters", "shlex + clap", 1.0),
]
#: (language, row, at most): limits on the figure itself.
LIMITS = [
    ("JavaScript", "import to first request", 10e6),
    ("JavaScript", "bytes over the wire", 60_000),
]


def shown(time: Time) -> str:
    if "bytes" in time:
        return f"{time['bytes'] / 1000:.1f} KB"
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if time["ns"] >= size:
            return f"{time['ns'] / size:.2f} {unit} ±{time['spread']:.0%}"
    return f"{time['ns']:.0f} ns ±{time['spread']:.0%}"


def figure(time: Time) -> float:
    return time["bytes"] if "bytes" in time else time["ns"]


class Growth(TypedDict):
    language: str
    work: str
    size: int
    ns: float
    ratio: float
    kb: int
    held_kb: int


class Calls(TypedDict):
    language: str
    calls: int
    kb: int


Table = list[tuple[str, ...]]
README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- written by make bench -->\n", "<!-- until here -->\n"
RATIOS = (
    "Ratio: how many times our figure the peer's is, both measured in the same run; medians of processor time, ± half of the middle "
    "half. Peers have every rule that their own features can express; they have none for placeholders left in, secrets pasted into a "
    "text or words that were nearly right, and msgspec keeps no field that it does not know."
)
GROWTH = (
    "Growth: how many times as long one entry takes as in the same work with a thousand entries, which is done in turns with it; in "
    "brackets its time, and the peak of memory above that before, for a batch beside its text and its bodies. "
    "`batch`: NDJSON to bodies in one call; `iteration`: every token of a list in pages of 200; `parsing`: pages of 1,000."
)


def reached(is_reached: bool) -> str:
    return "reached" if is_reached else "NOT REACHED"


def ratios() -> Table:
    measured: dict[tuple[str, str], dict[str, Time]] = {}
    for path in ("rust", "javascript", "python"):
        for row in json.loads((FOLDER / f"{path}.json").read_text()):
            measured[row["language"], row["row"]] = {time["name"]: time for time in row["times"]}
    lines: Table = [("row", "astro-tokens", "peer", "its figure", "ratio", "to reach", "")]
    for language, row, peer, target in TARGETS:
        ours, theirs = (measured[language, row][name] for name in ("astro-tokens", peer))
        ratio = figure(theirs) / figure(ours)
        verdict = ("", "") if target is None else (f"{target:.2f}", reached(ratio >= target))
        lines.append((f"{language}: {row}", shown(ours), peer, shown(theirs), f"{ratio:.2f}", *verdict))
    for language, row, limit in LIMITS:
        ours = measured[language, row]["astro-tokens"]
        most: Time = {"bytes": int(limit)} if "bytes" in ours else {"ns": limit, "spread": 0.0}
        verdict = (shown(most).removesuffix(" ±0%"), reached(figure(ours) <= limit))
        lines.append((f"{language}: {row}", shown(ours), "", "", "", f"at most {verdict[0]}", verdict[1]))
    return lines


def growth_cell(row: Growth) -> str:
    mib = max(0, row["kb"] - row["held_kb"]) / 1024
    return f"{row['ratio']:.2f} ({row['ns']:,.0f} ns, {mib:,.0f} MiB)"


def growth() -> tuple[Table, list[Calls]]:
    rows: list[Growth] = []
    calls: list[Calls] = []
    for path in ("javascript", "python"):
        measured = json.loads((FOLDER / f"growth.{path}.json").read_text())
        rows += measured["growth"]
        calls.append(measured["calls"])
    sizes = sorted({row["size"] for row in rows})
    lines: Table = [("entries", *(f"{size:,}" for size in sizes))]
    for language, work in dict.fromkeys((row["language"], row["work"]) for row in rows):
        of_size = {row["size"]: row for row in rows if (row["language"], row["work"]) == (language, work)}
        lines.append((f"{language}: {work}", *(growth_cell(row) for _, row in sorted(of_size.items()))))
    return lines, calls


def aligned(lines: Table) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def markdown(lines: Table) -> Iterator[str]:
    head, *rest = lines
    for line in (head, ["---"] * len(head), *rest):
        yield f"| {' | '.join(line)} |"


def machine() -> str:
    """What measured: enough to tell whether another run may be compared."""
    with open("/proc/cpuinfo") as info:
        model = next((line.partition(":")[2].strip() for line in info if line.startswith("model name")), platform.processor())
    node = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    rust = subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
    return f"{os.cpu_count()} cores of {model}, Node {node}, Python {platform.python_version()}, Rust {rust}"


def write(sections: Sequence[str]) -> None:
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    _, _, behind = rest.partition(END)
    README.write_text(f"{before}{BEGIN}{''.join(sections)}{END}{behind}", "utf-8")


def main() -> None:
    compared, (grown, calls) = ratios(), growth()
    kept = "; ".join(f"{row['language']} {row['kb']:,} KB" for row in calls)
    told = f"After a million more calls the process holds, beyond what it held before: {kept}."
    print(*aligned(compared), "", RATIOS, "", *aligned(grown), "", GROWTH, told, sep="\n")
    tables = {"ratios": compared, "growth": grown, "calls": calls}
    (FOLDER / "results.json").write_text(json.dumps({"date": f"{date.today()}", "machine": machine(), **tables}, indent=2))
    if "--write" in sys.argv[1:]:
        intro = f"`make bench` on {date.today()}, {machine()}, beside other work:\n\n"
        body = "\n".join(markdown(compared)), RATIOS, "\n".join(markdown(grown)), f"{GROWTH} {told}"
        write([intro, "\n\n".join(body), "\n"])


if __name__ == "__main__":
    main()
