"""Executes everything that the pages show, follows their links, and looks for what they leave out.

The blocks of a page run one after the other in a folder of its own, where nothing but the packages is. The `text` block after a
block is what that prints; without one it prints nothing. Rust blocks are doc tests of the core, which names their pages. A
shell block that cannot run here says why in a comment above it: `<!-- not run: ... -->`.

    .venv/bin/python tests/docs/pages.py [PAGE ...]
"""

import contextlib
import inspect
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, NoReturn

from astro_tokens import AstroTokens, ClientSettings

ROOT = Path(__file__).parents[2]
NODE_PACKAGE = ROOT / "npm"
PATTERNS = ("*.md", "docs/*.md", "core/*.md", "npm/*.md", "python/*.md", "tests/*/*.md")

# Whose blocks need more than is here, and what runs them.
ELSEWHERE = {"docs/airflow.md": "make test-airflow"}

PIECE = re.compile(r"^```(?P<language>[^\n]*)\n(?P<code>.*?)^```$|^<!-- not run: (?P<excuse>.+?) -->\n(?=```)", re.M | re.S)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (?P<title>.+)$", re.M)
INLINE_CODE = re.compile(r"`[^`\n]+`")
MAKE = re.compile(r"(?:^|`)make ([a-z][\w-]*)", re.M)


class Block(NamedTuple):
    page: str
    line: int
    language: str
    code: str
    prints: str
    excuse: str | None

    def fails(self, reason: str) -> NoReturn:
        sys.exit(f"{self.page}:{self.line}: the {self.language} block {reason}:\n{self.code}")


def blocks_of(page: str, text: str) -> list[Block]:
    """The blocks that do something, each with what it has to print."""
    blocks: list[Block] = []
    excuse, end = None, 0
    for piece in PIECE.finditer(text):
        if piece["excuse"]:
            excuse = piece["excuse"]
            continue
        line = text.count("\n", 0, piece.start()) + 1
        block = Block(page, line, piece["language"], piece["code"], "", excuse)
        if block.language != "text":
            blocks.append(block)
        elif not blocks or blocks[-1].prints or text[end : piece.start()].strip():
            block.fails("does not follow the block that prints it")
        else:
            blocks[-1] = blocks[-1]._replace(prints=block.code)
        excuse, end = None, piece.end()
    if "```" in prose(text) or "~~~" in prose(text):
        sys.exit(f"{page}: there is a block that is not read; begin and end it with three backticks at the margin")
    return blocks


# ---- running ----------------------------------------------------------------------------------------------------------


def environment() -> dict[str, str]:
    """The command is found where the package is installed, and no credential of whoever runs this."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ASTRO")}
    return {**env, "PATH": os.pathsep.join([str(Path(sys.executable).parent), env.get("PATH", "")])}


def output(block: Block, command: list[str], folder: Path) -> str:
    # A group of its own, so that nothing that a block has started outlives it.
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            printed, said = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            block.fails("does not end")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode != 0:
        print(printed, said, sep="\n", file=sys.stderr)
        block.fails("fails")
    return printed


def run_python(block: Block, folder: Path) -> str:
    return output(block, [sys.executable, "-c", block.code], folder)


def run_shell(block: Block, folder: Path) -> str:
    return output(block, ["sh", "-euc", block.code], folder)


def run_javascript(block: Block, folder: Path) -> str:
    (folder / "block.mjs").write_text(block.code, encoding="utf-8")
    return output(block, ["node", "block.mjs"], folder)


def run_typescript(block: Block, folder: Path) -> str:
    (folder / "block.mts").write_text(block.code, encoding="utf-8")
    tools = ROOT / "npm/node_modules/.bin"
    strict = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--types", "", "--target", "es2022"]
    output(block, [f"{tools}/tsc", *strict, "--module", "nodenext", "block.mts"], folder)
    output(block, [f"{tools}/esbuild", "--log-level=error", "block.mts", "--outfile=block.mjs"], folder)
    return output(block, ["node", "block.mjs"], folder)


RUNNERS = {"python": run_python, "sh": run_shell, "js": run_javascript, "ts": run_typescript}


def run(blocks: list[Block]) -> int:
    """Runs the blocks of a page; how many were run."""
    ran = 0
    doc_tests = (ROOT / "core/src/lib.rs").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "node_modules").mkdir()
        (folder / "node_modules/astro-tokens").symlink_to(NODE_PACKAGE, target_is_directory=True)
        for block in blocks:
            if block.language == "rust":
                included = f'include_str!("{os.path.relpath(ROOT / block.page, ROOT / "core/src")}")'
                if block.prints or included not in doc_tests:
                    block.fails("is no doc test: core/src/lib.rs does not include the page, or output is shown")
                continue
            if block.language not in RUNNERS:
                block.fails("is of a language that nothing here runs")
            if block.excuse:
                if block.language != "sh" or block.prints:
                    block.fails("is not run, which is for shell blocks without output")
                output(block, ["sh", "-nc", block.code], folder)
                continue
            printed = RUNNERS[block.language](block, folder)
            if printed != block.prints:
                block.fails(f"prints something else:\n{printed}--\nthan the page shows")
            ran += 1
    return ran


# ---- links and names --------------------------------------------------------------------------------------------------


def prose(text: str) -> str:
    """A page without its blocks."""
    return PIECE.sub("", text)


def anchors(text: str) -> set[str]:
    """What GitHub makes of the headings, and what the page names itself."""
    found: set[str] = set(re.findall(r'<a id="([^"]+)">', text))
    for heading in HEADING.finditer(prose(text)):
        slug = re.sub(r"[^\w\- ]", "", heading["title"].lower()).strip().replace(" ", "-")
        number = 0
        while (anchor := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(anchor)
    return found


def broken_links(page: str, text: str) -> list[str]:
    """The links of a page to files and anchors that do not exist."""
    broken = []
    for link in LINK.finditer(INLINE_CODE.sub("", prose(text))):
        target, _, anchor = link["target"].partition("#")
        if target.startswith("https://"):
            continue
        file = (ROOT / page).parent / target if target else ROOT / page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text(encoding="utf-8"))):
            broken.append(link["target"])
    return broken


def wrong_names(page: str, text: str) -> list[str]:
    """What a page calls by a name that nothing has."""
    targets = re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    return [f"make {name}" for name in MAKE.findall(text) if name not in targets]


def camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def left_out(page: str, text: str) -> list[str]:
    """What a page has to name and does not."""
    if page == "CONTRIBUTING.md":
        modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "core/src").iterdir()}
        return sorted(modules - {link["target"] for link in LINK.finditer(text)})
    vocabulary = json.loads((ROOT / "core/vocabulary.json").read_text(encoding="utf-8"))
    inputs = [*vocabulary["operations"].items(), *vocabulary["conversations"].items()]
    words = {word for name, fields in inputs for word in (name, *fields)}
    if page == "python/README.md":
        words |= {*inspect.signature(AstroTokens).parameters, *ClientSettings.__annotations__} - {"settings"}
    elif page == "npm/README.md":
        exports = json.loads((ROOT / "npm/package.json").read_text(encoding="utf-8"))["exports"]
        words = {*map(camel, words), *(f"astro-tokens{path[1:]}" for path in exports if path != "./package.json")}
    elif page == "core/README.md":
        manifest = (ROOT / "core/Cargo.toml").read_text(encoding="utf-8")
        features = manifest[manifest.index("[features]") : manifest.index("[dependencies]")]
        words = set(re.findall(r"^(\w+) = \[", features, re.M))
        words |= {camel(f"_{name}") for name in (*vocabulary["operations"], *vocabulary["conversations"]) if name != "tokens"}
    elif page == "docs/command.md":
        words = set(re.findall(r'flag\("(--[\w-]+)"', (ROOT / "core/src/program/options.rs").read_text(encoding="utf-8")))
    else:
        return []
    return sorted(word for word in words if not re.search(f"`{word}[` ]", text))


def check(page: str) -> str:
    """Everything about a page; what there is to say about it."""
    text = (ROOT / page).read_text(encoding="utf-8")
    if wrong := broken_links(page, text) + wrong_names(page, text):
        sys.exit(f"{page} names what does not exist: {', '.join(wrong)}")
    if missing := left_out(page, text):
        sys.exit(f"{page} leaves out what exists: {', '.join(missing)}")
    if page in ELSEWHERE:
        return f"{page}: its blocks are for {ELSEWHERE[page]}"
    blocks = blocks_of(page, text)
    ran = run(blocks)
    doc_tested = sum(block.language == "rust" for block in blocks)
    return f"{page}: {ran} passed, 0 failed, {doc_tested} doc tests, {len(blocks) - ran - doc_tested} with a reason not to run"


def main() -> None:
    # Each package takes the licence along; none of them looks above its own folder for it.
    if len({(ROOT / folder / "LICENSE").read_bytes() for folder in (".", "core", "npm", "python")}) > 1:
        sys.exit("LICENSE differs between the packages")
    pages = sys.argv[1:] or sorted({str(path.relative_to(ROOT)) for pattern in PATTERNS for path in ROOT.glob(pattern)})
    # Blocks wait more than they work: for servers, and to keep rate limits.
    with ThreadPoolExecutor(4) as pool:
        for told in pool.map(check, pages):
            print(told)


if __name__ == "__main__":
    main()
