"""Writes the tables of `docs/problems.md`: every code with an example of `tests/vectors`, and what the library says about it.

    .venv/bin/python tests/docs/problems.py            # fails where the page is not what this makes
    .venv/bin/python tests/docs/problems.py --write
"""

import base64
import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "python/tests"))

from vectors import special  # type: ignore[import-not-found]  # noqa: E402

from astro_tokens import (  # noqa: E402
    Api,
    AstroTokens,
    Problem,
    ValidationError,
    base_url_of_domain,
    credential_from_env,
    format_command,
    inspect_token,
    parse_command,
)
from astro_tokens.sandbox import Sandbox  # noqa: E402

PAGE = ROOT / "docs/problems.md"
MARK = "<!-- What follows is written by tests/docs/problems.py. -->\n"
CLORG = {"organization_id": "clorg"}
NOW = datetime(2026, 11, 22, 8, 40, 10, tzinfo=timezone.utc)

Case = dict[str, Any]
Shown = Iterator[tuple[list[str], tuple[Problem, ...]]]
"""How an input is written, in lines, and what is said about it."""


def said(work: Callable[[], Any]) -> tuple[Problem, ...]:
    try:
        done = work()
    except ValidationError as error:
        return error.problems
    return tuple(getattr(done, "warnings", ()))


def written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


# ---- inputs of every kind ---------------------------------------------------------------------------------------------

# Each takes a case, and the same as its file writes it, which differs in special values.


def requests(case: Case, raw: Case) -> Shown:
    settings = case.get("api", CLORG)
    lines = [] if settings == CLORG else [f"Api {written(raw['api'])}"]
    if "operation" not in case:
        yield lines, said(lambda: Api(settings))
    else:
        lines.append(f"{raw['operation']} {written(raw['input'])}")
        yield lines, said(lambda: getattr(Api(settings), case["operation"])(case["input"]))


def commands(case: Case, raw: Case) -> Shown:
    source, options = case.get("line", case.get("arguments")), case.get("options", {})
    if source is not None:
        shown = raw["line"] if isinstance(raw.get("line"), str) else written(raw.get("line", raw.get("arguments")))
        lines = [shown, *([f"options {written(options)}"] if options else [])]
        yield lines, said(lambda: parse_command(source, **options))
        if "build_problems" in case:
            api = Api(case.get("api", CLORG))
            yield [f"Api.build: {shown}"], said(lambda: api.build(parse_command(source, **options)))
    elif "command" in case:
        for shell in case["formatted"]:
            lines = [f"for {shell}: {written(raw['command'])}"]
            yield lines, said(partial(format_command, case["command"], shell))


def claims(case: Case, raw: Case) -> Shown:
    if "domain" in case:
        yield [f"ASTRO_DOMAIN={raw['domain']}"], said(lambda: base_url_of_domain(case["domain"]))
    elif "env" in case:
        yield [f"{name}={value}" for name, value in raw["env"].items()], said(lambda: credential_from_env(case["env"]))
    elif "payload" in case:
        payload = base64.urlsafe_b64encode(json.dumps(case["payload"]).encode()).decode().rstrip("=")
        token = case.get("written", "{}").replace("{}", f"eyJhbGciOiJSUzI1NiJ9.{payload}.c2lnbmF0dXJl")
        yield [f"the claims {written(raw['payload'])}"], said(lambda: inspect_token(token, now=NOW))
    else:
        yield [f"the token {written(raw['token'])}"], said(lambda: inspect_token(case["token"], now=NOW))


def conversations(case: Case, raw: Case) -> Shown:
    if "warnings" not in case and "problems" not in case:
        return
    sandbox, now_ms = Sandbox(rate_limits=False), int(time.time() * 1000)
    for token in case.get("tokens", []):
        minutes = token.pop("minutes_ago", 24 * 60)
        sandbox.add_token(**token, now_ms=now_ms - minutes * 60_000)
    warnings: list[Problem] = []
    work = getattr(AstroTokens(sandbox=sandbox, on_warning=warnings.append), case["work"])
    store = {"store": lambda secret: None} if "store" in case or case["input"].get("overlap") else {}
    errors = said(lambda: work(**case["input"], **store))
    lines = [f"{case['work']} {written(raw['input'])}"]
    lines += [f"roles {written(token['roles'])}" for token in raw.get("tokens", []) if "roles" in token]
    yield lines, (*errors, *warnings)


def batches(case: Case, raw: Case) -> Shown:
    for line, raw_line in zip(case.get("lines", []), raw.get("lines", []), strict=True):
        if isinstance(raw_line, str):
            batch = Api(case.get("api", CLORG)).create_tokens(line)
            problems = [problem for entry in (*batch.failures, *batch.warnings) for problem in entry.problems]
            yield [f"create_tokens {raw_line}"], tuple(problems)


KINDS = {".": requests, "commands": commands, "claims": claims, "conversations": conversations, "batches": batches}


def examples() -> dict[str, tuple[list[str], Problem]]:
    """For each code the example that says the least besides it, and of those the plainest."""
    best: dict[str, tuple[tuple[int, int, int, str], list[str], Problem]] = {}
    for order, (folder, kind) in enumerate(KINDS.items()):
        for file in sorted((ROOT / "tests/vectors" / folder).glob("*.json")):
            content = file.read_text(encoding="utf-8")
            cases, raws = json.loads(content, object_hook=special)["cases"], json.loads(content)["cases"]
            for case, raw in zip(cases, raws, strict=True):
                for lines, problems in kind(case, raw):
                    text = " ".join(lines)
                    rank = (len(problems), order, len(text), text)
                    for problem in problems if text.strip() else ():
                        if problem.code not in best or rank < best[problem.code][0]:
                            best[problem.code] = (rank, lines, problem)
    return {code: (lines, problem) for code, (_, lines, problem) in best.items()}


# ---- the page ---------------------------------------------------------------------------------------------------------


def cell(text: str) -> str:
    """Prose in a table."""
    parts = text.replace("|", "\\|").replace("\n", "<br>").split("`")
    # What is in backticks is shown as it is.
    return "`".join(part if at % 2 else part.replace("<", "&lt;") for at, part in enumerate(parts))


def code_cell(text: str) -> str:
    shown = "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u00a0\u200b" else c for c in text)
    ticks = "``" if "`" in shown else "`"
    return f"{ticks}{shown}{ticks}".replace("|", "\\|")


def table(codes: list[dict[str, str]], shown: dict[str, tuple[list[str], Problem]]) -> str:
    rows = ["| code | meaning | example | message, and help |", "|---|---|---|---|"]
    for each in codes:
        lines, problem = shown[each["code"]]
        example = "<br>".join(map(code_cell, lines))
        told = cell(problem.message) + (f"<br>→ {cell(problem.help)}" if problem.help else "")
        meaning = cell(each["summary"].removeprefix("Warning: "))
        meaning = meaning[:1].upper() + meaning[1:]
        rows.append(f'| <a id="{each["code"]}"></a>`{each["code"]}` | {meaning} | {example} | {told} |')
    return "\n".join(rows) + "\n"


def tables() -> str:
    vocabulary = json.loads((ROOT / "core/vocabulary.json").read_text(encoding="utf-8"))
    shown = examples()
    if missing := [each["code"] for each in vocabulary["codes"] if each["code"] not in shown]:
        sys.exit(f"no case in tests/vectors has these codes: {', '.join(missing)}")
    of = {severity: [code for code in vocabulary["codes"] if code["severity"] == severity] for severity in ("error", "warning")}
    failures = "".join(f"| `{each['code']}` | {cell(each['summary'])} |\n" for each in vocabulary["failures"])
    return (
        f"\n## Errors\n\n{table(of['error'], shown)}\n## Warnings\n\n{table(of['warning'], shown)}"
        f"\n## Ways in which work fails\n\nThe `code` of a `ConversationError`:\n\n| code | meaning |\n|---|---|\n{failures}"
    )


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    top, mark, _ = page.partition(MARK)
    made = f"{top}{mark}{tables()}"
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(made, encoding="utf-8")
    elif made != page or not mark:
        sys.exit(f"{PAGE.relative_to(ROOT)} is not what tests/docs/problems.py makes; run it with --write")


if __name__ == "__main__":
    main()
