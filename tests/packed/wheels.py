"""Makes what goes to PyPI, in `target/dist`, and tries it as its users do: `make test-wheels`.

$1: a folder with Pyright of npm in its `node_modules`. Runs in an environment with `requirements.txt` of this folder.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from functools import cache, partial
from pathlib import Path

from report import ELSEWHERE, ROOT, NotRun, Report, check, output, unpacked

DIST = ROOT / "target/dist"
TOOLS = Path(sys.executable).parent
# Zig is found as the module `ziglang` of the Python that comes first.
ENVIRONMENT = {**os.environ, "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}
#: The newest glibc that `manylinux2014` promises to do without, and the libraries that every Linux of it has.
GLIBC = (2, 17)
LIBRARIES = {"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libgcc_s.so.1"}
LIBRARIES |= {"ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
#: PyO3 builds for an interpreter without the GIL from 3.14 on.
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14", "3.14t")
PINNED = ROOT / "python/requirements-dev.txt"
PAGES = ("README.md", "python/*.md", "docs/*.md")
#: Its examples need Airflow, which is not in this environment: `tests/airflow` has it.
AIRFLOW = "airflow.md"
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

USE_WITHOUT_CLIENT = """
import sys, astro_tokens
from astro_tokens import Api, ValidationError
assert astro_tokens.__file__.startswith(sys.prefix), astro_tokens.__file__
api = Api(organization_id="clorg")
assert api.create_token(name="CI", role="WORKSPACE_MEMBER", workspace_id="clws", expiration_days=30).method == "POST"
try:
    api.create_token(name="")
except ValidationError as error:
    assert [problem.code for problem in error.problems] == ["required", "required", "never_expires"], error
else:
    raise AssertionError("nothing was validated")
for name in ("AstroTokens", "AsyncAstroTokens"):
    try:
        getattr(astro_tokens, name)
    except ImportError as error:
        assert "pip install 'astro-tokens[http]'" in str(error), error
    else:
        raise AssertionError(f"{name} needs no httpx")
"""


# ---- making ----------------------------------------------------------------------------------------------------------


def build(interpreter: str) -> Path:
    """The wheel for an interpreter. On Linux it is linked with Zig, for a glibc that is older than the one here."""
    with tempfile.TemporaryDirectory() as folder:
        portable = ["--zig", "--compatibility", "manylinux2014"] if sys.platform == "linux" else []
        options = ["--locked", "--release", "--interpreter", interpreter, *portable, "--out", folder]
        output(sys.executable, "-m", "maturin", "build", *options, cwd=ROOT / "python", env=ENVIRONMENT)
        (made,) = Path(folder).iterdir()
        return Path(shutil.copy(made, DIST))


@cache
def wheel() -> Path:
    return build(sys.executable)


@cache
def sdist() -> Path:
    output(sys.executable, "-m", "maturin", "sdist", "--out", DIST, cwd=ROOT / "python")
    (made,) = DIST.glob("*.tar.gz")
    return made


def environment(folder: Path, python: str, packages: list[str | Path], *options: str | Path) -> Path:
    """A new environment with these packages alone; its Python."""
    output(python, "-m", "venv", folder)
    made = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    output(made, "-m", "pip", "install", "--quiet", *packages, *options)
    return made


# ---- rows ------------------------------------------------------------------------------------------------------------


def tag() -> str:
    check("-cp310-abi3-" in wheel().name, f"{wheel().name} is not for every CPython from 3.10 on")
    return wheel().name


def glibc(scratch: Path) -> str:
    """What the extension asks of its machine, as `readelf` sees it: maturin's own word is not taken for it."""
    if sys.platform != "linux":
        raise NotRun("this is not Linux")
    with zipfile.ZipFile(wheel()) as archive:
        extension = archive.extract("astro_tokens/_core.abi3.so", scratch)
    symbols = re.findall(r"Name: GLIBC_([\d.]+)", output("readelf", "--version-info", "--wide", extension))
    newest = max(tuple(int(part) for part in version.split(".")) for version in symbols)
    check(newest <= GLIBC, f"needs glibc {newest}, and its name promises {GLIBC}")
    needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", output("readelf", "--dynamic", "--wide", extension)))
    check(needed <= LIBRARIES, f"needs {needed - LIBRARIES}")
    return f"needs glibc {'.'.join(map(str, newest))}, and {', '.join(sorted(needed))}"


def contents() -> str:
    with zipfile.ZipFile(wheel()) as archive:
        names = {re.sub(r"^astro_tokens-[^/]+\.dist-info", "info", name) for name in archive.namelist()}
        (metadata,) = (archive.read(name).decode() for name in archive.namelist() if name.endswith("/METADATA"))
    package = ROOT / "python/astro_tokens"
    sources = {path for path in package.rglob("*") if path.is_file() and path.suffix not in {".so", ".pyd", ".pyc"}}
    wanted = {path.relative_to(package.parent).as_posix() for path in sources}
    wanted |= {"astro_tokens/_core.abi3.so", "info/licenses/LICENSE", "info/entry_points.txt"}
    check("astro_tokens/py.typed" in wanted, "there is no py.typed")
    check(wanted <= names, f"lacks {sorted(wanted - names)}")
    others = {name for name in names - wanted if not name.startswith("info/")}
    check(not others, f"has {sorted(others)}, too")
    required = re.findall(r"^Requires-Dist: (.+)$", metadata, re.MULTILINE)
    always = [line for line in required if "extra ==" not in line]
    check(not always, f"needs {always}, and it shall need nothing")
    return f"{len(names)} files, nothing required"


def source_distribution(scratch: Path) -> str:
    """Built by pip alone, where nothing of the tree is."""
    with tarfile.open(sdist()) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"Cargo.lock", "LICENSE", "README.md", "PKG-INFO", "pyproject.toml", "core/src/lib.rs", "astro_tokens/py.typed"}
    check(wanted <= names, f"lacks {sorted(wanted - names)}")
    folder = unpacked(sdist(), scratch / "sdist")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", scratch / "built", folder]
    output(*command, cwd=scratch, env=ELSEWHERE)
    (made,) = (scratch / "built").iterdir()
    python = environment(scratch / "from-sdist", sys.executable, [made], "--no-deps")
    output(python.with_name("astro-tokens"), "organization", "token", "list", "--sandbox", cwd=scratch)
    return made.name


def twine() -> None:
    output(sys.executable, "-m", "twine", "check", "--strict", wheel(), sdist())


def alone(scratch: Path) -> str:
    python = environment(scratch / "alone", sys.executable, [wheel()])
    installed = output(python, "-m", "pip", "list", "--format", "freeze").split()
    others = [line for line in installed if not line.startswith(("pip==", "setuptools==", "astro-tokens=="))]
    check(not others, f"brings {others}")
    output(python, "-c", USE_WITHOUT_CLIENT, cwd=scratch)
    output(python.with_name("astro-tokens"), "organization", "token", "list", "--sandbox", cwd=scratch)
    return "builds and validates; the clients say what they need"


@cache
def examples(scratch: Path) -> tuple[Path, tuple[str, ...]]:
    """The Python blocks of the pages, each a file of its own, and an environment where the wheel is installed."""
    blocks = scratch / "blocks"
    blocks.mkdir()
    python = environment(scratch / "typed", sys.executable, [f"{wheel()}[http]"], "--constraint", PINNED)
    for page in sorted(path for pattern in PAGES for path in ROOT.glob(pattern) if path.name != AIRFLOW):
        for number, code in enumerate(PYTHON_BLOCK.findall(page.read_text(encoding="utf-8")), 1):
            (blocks / f"{page.parent.name}_{page.stem}_{number}.py").write_text(code, encoding="utf-8")
    names = tuple(sorted(path.name for path in blocks.iterdir()))
    check(names, "there are no examples")
    return python, names


def mypy(scratch: Path) -> str:
    python, names = examples(scratch)
    output(sys.executable, "-m", "mypy", "--strict", "--python-executable", python, *names, cwd=scratch / "blocks")
    return f"{len(names)} examples, without those of docs/{AIRFLOW}"


def pyright(program: Path, scratch: Path) -> str:
    python, names = examples(scratch)
    output("node", program, "--pythonpath", python, "--warnings", *names, cwd=scratch / "blocks")
    return f"{len(names)} examples, without those of docs/{AIRFLOW}"


WHICH = """
import ensurepip, sys, sysconfig, venv
print(f"{sys.version_info.major}.{sys.version_info.minor}{'t' if sysconfig.get_config_var('Py_GIL_DISABLED') else ''}")
"""


def interpreter(version: str) -> str:
    """A CPython of this version on the path or of pyenv, whose stand-ins may not run, with what makes environments."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [shutil.which(f"python{version}"), *sorted(glob.glob(f"{versions}/*/bin/python{version}"), reverse=True)]
    for candidate in filter(None, found):
        said = subprocess.run([candidate, "-c", WHICH], capture_output=True, text=True, check=False).stdout
        if said.strip() == version:
            return candidate
    raise NotRun(f"there is no CPython {version} here")


def tests(version: str, scratch: Path) -> str:
    """All tests, against the wheel. One without the GIL cannot load the stable ABI: it gets a wheel of its own."""
    base = interpreter(version)
    installed = build(base) if version.endswith("t") else wheel()
    python = environment(scratch / version, base, [installed, "httpx", "pytest"], "--constraint", PINNED)
    said = output(python, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", ROOT / "python/tests", cwd=scratch)
    return f"{output(python, '--version').strip()}: {said.strip().splitlines()[-1]}"


def main() -> int:
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir(parents=True)
    report = Report("test-wheels", "Python packages")
    program = Path(sys.argv[1]).resolve() / "node_modules/pyright/index.js"
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        report.row("one wheel for CPython from 3.10 on", tag)
        report.row("the wheel runs with glibc 2.17", partial(glibc, scratch))
        report.row("what is in the wheel", contents)
        report.row("the source distribution builds elsewhere", partial(source_distribution, scratch))
        report.row("twine check", twine)
        report.row("the wheel alone", partial(alone, scratch))
        report.row("examples of the pages, mypy --strict", partial(mypy, scratch))
        report.row("examples of the pages, Pyright", partial(pyright, program, scratch))
        for version in VERSIONS:
            report.row(f"all tests on CPython {version}", partial(tests, version, scratch))
    for path in sorted(DIST.iterdir()):
        report.size(path, compressed=True)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
