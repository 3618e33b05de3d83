"""Prints one table of what the measurements of all languages wrote to target/bench, against what is to be reached."""

import json
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
    ("JavaScript", "parse a list page of 1,000 tokens", "zod", 1.0),
    ("JavaScript", "parse a list page of 1,000 tokens", "ajv", 1.0),
    ("JavaScript", "import to first request", "zod", 3.0),
    ("JavaScript", "import to first request", "ajv", None),
    ("JavaScript", "bytes over the wire", "zod", None),
    ("JavaScript", "bytes over the wire", "ajv", None),
    ("Python", "create one", "pydantic", 7.0),
    ("Python", "create one", "msgspec", 1.15),
    ("Python", "create one", "msgspec, nothing checked", None),
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


def reached(is_reached: bool) -> str:
    return "reached" if is_reached else "NOT REACHED"


def main() -> None:
    measured: dict[tuple[str, str], dict[str, Time]] = {}
    for path in ("rust", "javascript", "python"):
        for row in json.loads((FOLDER / f"{path}.json").read_text()):
            measured[row["language"], row["row"]] = {time["name"]: time for time in row["times"]}
    lines = [("row", "astro-tokens", "peer", "its figure", "ratio", "to reach", "")]
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
    widths = [max(len(line[column]) for line in lines) for column in range(7)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    print("\nratio: how many times our figure the peer's is, both measured in this run; medians, ± half of the middle half.")


if __name__ == "__main__":
    main()
