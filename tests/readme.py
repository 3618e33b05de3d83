"""Runs the README: every Python and JavaScript block, and every shell block that shows its output, in an empty folder.

The output that a block must have stands in the `text` block after it. The Rust blocks are doc tests of the core.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(language: str, code: str, folder: Path) -> str:
    if language == "python":
        command = [sys.executable, "-c", code]
    elif language == "sh":
        command = ["sh", "-euc", code]
    else:
        script = folder / "block.mjs"
        script.write_text(code, encoding="utf-8")
        command = ["node", str(script)]
    # The command is found where the package is installed.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    env = {**os.environ, "PATH": path}
    # A group of its own, so that nothing that a block has started outlives it.
    with subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            printed, said = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            sys.exit(f"a {language} block of the README does not end:\n{code}")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode != 0:
        sys.exit(f"a {language} block of the README fails:\n{code}\n{said}")
    return printed


def main() -> None:
    blocks = FENCE.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    passed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "node_modules").mkdir()
        (folder / "node_modules" / "astro-tokens").symlink_to(ROOT / "npm", target_is_directory=True)
        for (language, code), (following, expected) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
            if language not in ("python", "js") and not (language == "sh" and following == "text"):
                continue
            if following != "text":
                sys.exit(f"a {language} block of the README does not show its output:\n{code}")
            printed = run(language, code, folder)
            if printed != expected:
                sys.exit(f"a {language} block of the README prints something else:\n{code}\n--\n{printed}")
            passed += 1
    print(f"README: {passed} passed, 0 failed")


if __name__ == "__main__":
    main()
