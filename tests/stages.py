"""Runs the stages that it is given, each a target of the Makefile, and prints one table of all that they tried.

A stage called `test-...` says in `target/matrix/STAGE.tsv` what it tried, a line a row: area, what, result (`passed`,
`failed` or `not run`), seconds, note. In `target/matrix/STAGE.sizes.tsv` it may add sizes: file, bytes, bytes with gzip.
A stage that fails does not stop the others. It leaves with 1 where a row failed or a stage did not report.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
MATRIX = ROOT / "target/matrix"
RESULTS = ("passed", "failed", "not run")


def run(stage: str) -> list[str]:
    print(f"\n== {stage} ==", flush=True)
    start = time.monotonic()
    done = subprocess.run([os.environ.get("MAKE", "make"), "--no-print-directory", stage], cwd=ROOT, check=False)
    result, note = ("passed", "") if done.returncode == 0 else ("failed", f"make left with {done.returncode}")
    return ["stages", stage, result, f"{time.monotonic() - start:.1f}", note]


def lines(path: Path, columns: int) -> list[list[str]]:
    if not path.exists():
        return []
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return [row if len(row) == columns else [*row, *[""] * columns][:columns] for row in rows]


def reported(stage: str) -> list[list[str]]:
    """The rows of a stage; one that does not report what it should is a row that failed."""
    rows = lines(MATRIX / f"{stage}.tsv", 5)
    wrong = [row for row in rows if row[2] not in RESULTS]
    if not rows or wrong:
        return [
            *rows,
            [stage, "its report", "failed", "", f"not a row: {wrong[0]}" if wrong else "it reported nothing"],
        ]
    return rows


def table(head: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head) - 1)]
    print()
    for row in [head, ["-" * len(name) for name in head], *rows]:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip())


def kilobytes(size: str) -> str:
    return f"{int(size) / 1000:.1f} kB" if size else ""


def main() -> int:
    stages = sys.argv[1:]
    shutil.rmtree(MATRIX, ignore_errors=True)
    start = time.monotonic()
    rows = [run(stage) for stage in stages]
    seconds = time.monotonic() - start
    detailed = [stage for stage in stages if stage.startswith("test-")]
    rows += [row for stage in detailed for row in reported(stage)]

    table(["area", "what", "result", "seconds", "note"], rows)
    sizes = [size for stage in detailed for size in lines(MATRIX / f"{stage}.sizes.tsv", 3)]
    table(["file", "size", "with gzip"], [[name, kilobytes(size), kilobytes(packed)] for name, size, packed in sizes])
    passed, skipped = (sum(row[2] == result for row in rows) for result in ("passed", "not run"))
    failed = len(rows) - passed - skipped
    print(f"\nAll stages: {seconds / 60:.1f} minutes\n{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
