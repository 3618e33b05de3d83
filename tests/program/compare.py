"""Compares the command of the wheel with that of the npm package: the same input has to give the same bytes.

Most of it runs in one process for each of the two, with a clock that stands; a handful of real processes follow.
"""

from __future__ import annotations

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors"
HERE = Path(__file__).parent
NOW_MS = 1_795_336_810_000
COMMANDS = {
    "Python": [str(Path(sys.executable).parent / "astro-tokens")],
    "Node": ["node", str(ROOT / "npm" / "dist" / "main.js")],
}


def cases(folder: str) -> Iterator[dict[str, Any]]:
    for path in sorted((VECTORS / folder).glob("*.json")):
        for case in json.loads(path.read_text())["cases"]:
            yield {**case, "name": f"{path.stem}: {case['name']}"}


def text(value: Any) -> str | None:
    """A text that a case writes; `None` where it is none that can be an argument."""
    if isinstance(value, dict) and "$repeat" in value:
        part, times = value["$repeat"]
        return str(part) * int(times)
    return value if isinstance(value, str) and "\0" not in value else None


def runs_of(case: dict[str, Any]) -> Iterator[list[str]]:
    """The command lines that a case of `tests/vectors/commands` gives."""
    if "arguments" in case:
        arguments = [text(argument) for argument in case["arguments"]]
        words = None if None in arguments else [argument for argument in arguments if argument is not None]
        checked = words
    else:
        line = text(case.get("line"))
        checked = None if line is None else [line]
        try:
            # What is hostile by its length takes Python's own parser minutes.
            words = None if line is None or len(line) > 10_000 else shlex.split(line, comments=True)
        except ValueError:
            words = None
    if checked is not None:
        yield ["check", "--", *checked]
        yield ["check", "--json", "--strict", "--", *checked]
    if words is not None:
        # In front, because a `--` may follow.
        yield ["--dry-run", "--organization-id", "clorg", *words]
        yield ["--dry-run", "--sandbox", "--json", *words]
        yield ["--sandbox", *words]
        yield ["--sandbox", "--json", "--allow-unknown-roles", "--workspace-id=clws", *words]


def in_one_process(command: list[str], inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.json"
        path.write_text(json.dumps(inputs))
        done = subprocess.run([*command, str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, cwd=folder)
    outcomes: list[dict[str, Any]] = json.loads(done.stdout)
    return outcomes


def compare_in_one_process() -> None:
    inputs = [{"args": args, "env": {}, "now_ms": NOW_MS} for case in cases("commands") for args in runs_of(case)]
    expected: dict[int, dict[str, Any]] = {}
    for case in cases("program"):
        if "stdin" not in case:
            expected[len(inputs)] = case
            inputs.append({"args": case["args"], "env": case.get("env", {}), "now_ms": NOW_MS})
    python = in_one_process([sys.executable, str(HERE / "run.py")], inputs)
    node = in_one_process(["node", str(HERE / "run.mjs")], inputs)
    codes: dict[int, int] = {}
    for position, (one, two, run) in enumerate(zip(python, node, inputs, strict=True)):
        assert one == two, f"{shlex.join(run['args'])}\nPython: {one}\nNode: {two}"
        codes[one["exit"]] = codes.get(one["exit"], 0) + 1
        if position in expected:
            check(expected[position], one)
    print(f"{len(inputs)} command lines give the same bytes from Python and Node; by exit code: {dict(sorted(codes.items()))}")


def check(case: dict[str, Any], found: dict[str, Any]) -> None:
    for field in ("exit", "stdout", "stderr"):
        if field in case:
            assert found[field] == case[field], f"{case['name']}: {field}: {found[field]!r}"


# ---- real processes --------------------------------------------------------------------------------------------------


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ASTRO", "NO_COLOR"))}
    return {**kept, **more}


def run(command: list[str], *args: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*command, *args], input=stdin.encode(), capture_output=True, env=environment(**env), timeout=60, check=False
    )


def on_a_terminal(command: list[str], answer: str, *args: str, **env: str) -> tuple[int, str]:
    """Runs with standard input and error on a terminal; the exit code, and what the terminal shows."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [*command, *args], stdin=terminal, stdout=subprocess.DEVNULL, stderr=terminal, env=environment(**env)
    )
    os.close(terminal)
    shown = b""
    is_answered = False
    while True:
        try:
            part = os.read(controller, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
        if b"[y/N]" in shown and not is_answered:
            is_answered = True
            os.write(controller, answer.encode() + b"\n")
    os.close(controller)
    return process.wait(timeout=60), shown.decode()


def life(command: list[str], folder: Path) -> list[tuple[int, bytes]]:
    """A token's whole life on a local server; what each command printed, but for secrets and times."""
    state = folder / "state.json"
    served = subprocess.Popen(
        [*command, "serve", "--port", "0", "--state", str(state)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    assert served.stdout is not None and served.stderr is not None
    try:
        token = served.stdout.readline().decode().removeprefix("export ASTRO_API_TOKEN=").strip()
        url = [served.stderr.readline().decode() for _ in range(2)][1].split()[-1]
        outcomes = []
        for args in (
            ["organization", "token", "create", "--name", "CI 🚀", "--role", "ORGANIZATION_MEMBER", "-e", "90"],
            ["workspace", "token", "add", "--org-token-name", "CI 🚀", "--role", "WORKSPACE_AUTHOR", "--workspace-id", "clws"],
            ["organization", "token", "roles", "cltoken1"],
            ["organization", "token", "update", "cltoken1", "--new-name", "Nightly"],
            ["organization", "token", "rotate", "--name", "Nightly", "--overlap", "--force"],
            ["organization", "token", "list"],
            ["organization", "token", "delete", "cltoken2"],
            ["organization", "token", "delete", "cltoken2", "--force"],
            ["workspace", "token", "list", "--workspace-id", "clnone"],
        ):
            done = run(command, *args, "--base-url", url, ASTRO_API_TOKEN=token)
            kept = [line for line in done.stdout.splitlines() if not line.startswith((b"eyJ", b"expires: "))]
            outcomes.append((done.returncode, b"\n".join(kept)))
        assert [code for code, _ in outcomes] == [0, 0, 0, 0, 0, 0, 2, 0, 3], outcomes
        assert state.stat().st_mode & 0o777 == 0o600 and b"eyJ" not in state.read_bytes()
    finally:
        served.send_signal(signal.SIGINT)
        served.wait(timeout=30)
    assert served.returncode == 0, served.stderr and served.stderr.read()
    return outcomes


def interrupted(command: list[str], folder: Path) -> int:
    """Ctrl-C while it waits for an answer that never comes."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        token = run(command, "organization", "token", "create", "--name", "x", "--role", "ORGANIZATION_MEMBER", "-c", "--sandbox")
        process = subprocess.Popen(
            [*command, "organization", "token", "list", "--base-url", url],
            env=environment(ASTRO_API_TOKEN=token.stdout.decode().strip()),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            process.send_signal(signal.SIGINT)
            code = process.wait(timeout=30)
        assert process.stderr is not None
        assert b"cancelled" in process.stderr.read()
        process.stderr.close()
    return code


def compare_processes() -> None:
    found: dict[str, list[Any]] = {}
    for name, command in COMMANDS.items():
        with tempfile.TemporaryDirectory() as folder:
            there = Path(folder)
            outcomes: list[Any] = [life(command, there)]

            for case in cases("program"):
                if "stdin" in case:
                    done = run(command, *case["args"], stdin=case["stdin"], **case.get("env", {}))
                    check(case, {"exit": done.returncode, "stdout": done.stdout.decode(), "stderr": done.stderr.decode()})

            sandbox = f"--sandbox={there / 'sandbox.json'}"
            create = ["organization", "token", "create", "--name", "CI", "--role", "ORGANIZATION_MEMBER", sandbox]
            secret = run(command, *create, "-e", "9", "--clean-output").stdout
            assert secret.startswith(b"eyJ") and secret.endswith(b"\n") and secret.count(b"\n") == 1, secret
            assert b"\r" not in run(command, "--help").stdout

            # Nobody reads: a pipe whose other end is closed.
            reading, writing = os.pipe()
            os.close(reading)
            rotate = ["organization", "token", "rotate", "cltoken1", "--overlap", "--force", sandbox]
            broken = subprocess.run([*command, *rotate], stdout=writing, stderr=subprocess.PIPE, env=environment(), check=False)
            os.close(writing)
            assert broken.returncode == 1 and b"could not be stored" in broken.stderr, broken
            listed = run(command, "organization", "token", "list", sandbox).stdout
            assert b"cltoken1" in listed and b"cltoken2" not in listed, listed

            delete = ["organization", "token", "delete", "--name", "CI", sandbox]
            refused = on_a_terminal(command, "n", *delete)
            assert refused[0] == 1 and "cancelled, nothing was changed" in refused[1], refused
            accepted = on_a_terminal(command, "y", *delete)
            assert accepted[0] == 0 and "delete the token `cltoken1` (`CI`)?" in accepted[1], accepted

            outcomes.append(interrupted(command, there))
            assert outcomes[-1] == 130, outcomes
        found[name] = outcomes
    assert found["Python"] == found["Node"], found
    print("a token's life, a terminal, broken pipes and interrupts: the same from Python and Node")


started = time.monotonic()
compare_in_one_process()
compare_processes()
print(f"compared in {time.monotonic() - started:.1f} s")
