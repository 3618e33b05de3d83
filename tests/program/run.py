"""Runs commands on the host in Python, in one process: the file of the first argument lists them, and what came of each is
printed as JSON."""

import json
import sys
from pathlib import Path
from typing import Any

from astro_tokens._program import run


def outcome(case: dict[str, Any]) -> dict[str, Any]:
    written = {1: "", 2: ""}

    def write(descriptor: int, text: str) -> None:
        written[descriptor] += text

    code = run(case["args"], case["env"], write=write, now_ms=lambda: case["now_ms"])
    return {"exit": code, "stdout": written[1], "stderr": written[2]}


cases = json.loads(Path(sys.argv[1]).read_text())
sys.stdout.buffer.write(json.dumps([outcome(case) for case in cases]).encode())
