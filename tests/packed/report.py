"""What a stage of `make test-all` tells its table: rows and package sizes in `target/matrix`; see `tests/stages.py`."""

import gzip
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Where cargo builds what was unpacked, apart from what is built of the tree.
ELSEWHERE = {**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target/packed"), "CARGO_PROFILE_DEV_DEBUG": "none"}


class NotRun(Exception):
    """A row that this machine cannot run, and why."""


class Failed(Exception):
    """A row that failed, and what it said."""


def check(condition: object, message: str) -> None:
    if not condition:
        raise Failed(message)


def output(*command: object, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> str:
    """What a command prints; it fails the row with all that it said."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=env, text=True, capture_output=True, check=False)
    check(done.returncode == 0, f"{words[0]} left with {done.returncode}: {done.stdout}{done.stderr}".strip())
    return done.stdout


def unpacked(archive: Path, folder: Path) -> Path:
    """The folder in an archive of sources. They are of now: cargo goes by times, and archives carry those of long ago."""
    shutil.unpack_archive(archive, folder, "gztar")
    for path in folder.rglob("*"):
        path.touch()
    (found,) = folder.iterdir()
    return found


class Report:
    """The rows and sizes of one stage, replaced at every run."""

    def __init__(self, stage: str, area: str) -> None:
        folder = ROOT / "target/matrix"
        folder.mkdir(parents=True, exist_ok=True)
        self.area = area
        self.rows = folder / f"{stage}.tsv"
        self.sizes = folder / f"{stage}.sizes.tsv"
        self.rows.write_text("", encoding="utf-8")
        self.sizes.write_text("", encoding="utf-8")
        self.failed = 0

    def row(self, what: str, test: Callable[[], str | None]) -> None:
        """Runs a test, whose answer is a note. The rows after a failed one are run all the same."""
        start = time.monotonic()
        try:
            result, note = "passed", test() or ""
        except NotRun as reason:
            result, note = "not run", str(reason)
        except Exception as error:
            result, note = "failed", str(error) or type(error).__name__
            self.failed += 1
        cells = [self.area, what, result, f"{time.monotonic() - start:.1f}", " / ".join(note.split("\n"))[:300]]
        with self.rows.open("a", encoding="utf-8") as file:
            file.write("\t".join(cell.replace("\t", " ") for cell in cells) + "\n")
        print(f"{result}: {what}{note and ': '}{note}", flush=True)

    def size(self, path: Path, *, compressed: bool) -> None:
        """The size of a file that users download, and with gzip where it is not compressed yet."""
        content = path.read_bytes()
        packed = "" if compressed else str(len(gzip.compress(content, 9)))
        with self.sizes.open("a", encoding="utf-8") as file:
            file.write(f"{path.name}\t{len(content)}\t{packed}\n")
