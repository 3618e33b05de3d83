"""Packs the crate and tries it as crates.io, docs.rs and its users do: `make test-crates`."""

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from functools import cache, partial
from pathlib import Path
from typing import Any

from report import ELSEWHERE, ROOT, NotRun, Report, check, output, unpacked

CRATE = "astro-tokens"
#: All that a build without features takes along. None of it sends anything; what comes to this list shall not, either.
DEPENDENCIES = set(
    "astro-tokens httpdate itoa memchr percent-encoding proc-macro2 quote serde serde_core serde_derive serde_json strsim syn"
    " thiserror thiserror-impl unicode-ident zeroize zmij"
    # The digest of an idempotency key stands in a description, which others read.
    " block-buffer cfg-if cpufeatures crypto-common digest hybrid-array sha2 typenum".split()
)
#: What clients of HTTP are made of. No feature brings one of them: whoever uses the crate brings its own.
CLIENTS = set("curl h2 hyper isahc mio native-tls openssl reqwest rustls socket2 tokio ureq".split())


@cache
def manifest() -> dict[str, Any]:
    told = json.loads(output("cargo", "metadata", "--no-deps", "--format-version", "1", "--locked"))
    public: list[dict[str, Any]] = [package for package in told["packages"] if package["publish"] is None]
    check([package["name"] for package in public] == [CRATE], f"another crate is published: {public}")
    return public[0]


@cache
def packed() -> Path:
    """What goes to crates.io, after cargo has built it from that file alone."""
    output("cargo", "package", "--quiet", "--package", CRATE, "--locked", "--allow-dirty")
    return ROOT / f"target/package/{CRATE}-{manifest()['version']}.crate"


def contents() -> str:
    with tarfile.open(packed()) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"Cargo.toml", "Cargo.lock", "LICENSE", "README.md", "src/lib.rs", "vocabulary.json"}
    check(wanted <= names, f"lacks {sorted(wanted - names)}")
    allowed = re.compile(r"src/.+\.rs|examples/.+\.rs|Cargo\.toml\.orig|\.cargo_vcs_info\.json")
    others = sorted(name for name in names - wanted if not allowed.fullmatch(name))
    check(not others, f"has {others}, too")
    return f"{len(names)} files"


def tests(scratch: Path) -> str:
    """Its own tests, examples and documentation, where nothing else of the tree is."""
    folder = unpacked(packed(), scratch)
    said = output("cargo", "test", "--locked", "--all-features", "--lib", "--examples", cwd=folder, env=ELSEWHERE)
    said += output("cargo", "test", "--locked", "--doc", cwd=folder, env=ELSEWHERE)
    passed = sum(int(count) for count in re.findall(r"^test result: ok. (\d+) passed", said, re.MULTILINE))
    return f"{passed} tests"


def tree(*options: str) -> set[str]:
    shown = ["--edges", "normal", "--prefix", "none", "--format", "{p}"]
    told = output("cargo", "tree", "--package", CRATE, "--locked", *shown, *options)
    return {line.split()[0] for line in told.splitlines() if line}


def no_client() -> str:
    check(not manifest()["features"].get("default"), "a feature is on by default")
    found = tree()
    check(found == DEPENDENCIES, f"takes {sorted(found - DEPENDENCIES)}, and no longer {sorted(DEPENDENCIES - found)}")
    clients = tree("--all-features") & CLIENTS
    check(not clients, f"a feature brings {sorted(clients)}")
    return f"{len(found) - 1} crates"


def features() -> str:
    """Each feature builds alone, and is described in the manifest and on the front page of the documentation."""
    text = (ROOT / "core/Cargo.toml").read_text(encoding="utf-8")
    front = "".join(re.findall(r"^//!.*$", (ROOT / "core/src/lib.rs").read_text(encoding="utf-8"), re.MULTILINE))
    names = sorted(manifest()["features"])
    for name in names:
        described = re.search(rf"^# .+\n(?:\w+ = .+\n)*?{name} = ", text, re.MULTILINE)
        check(described, f"core/Cargo.toml does not say what `{name}` is for")
        check(f"`{name}`" in front, f"core/src/lib.rs does not say what `{name}` is for")
        output("cargo", "check", "--quiet", "--package", CRATE, "--locked", "--no-default-features", "--features", name)
    return ", ".join(names)


def documentation() -> str:
    """As docs.rs makes it, which has a nightly compiler: what needs a feature says so."""
    check(manifest()["metadata"]["docs"]["rs"]["all-features"], "docs.rs leaves features out")
    folder = ROOT / "target/docs.rs"
    env = {
        **os.environ,
        "CARGO_TARGET_DIR": str(folder),
        "RUSTC_BOOTSTRAP": "1",
        "RUSTDOCFLAGS": "--cfg docsrs --deny warnings",
    }
    output("cargo", "doc", "--quiet", "--package", CRATE, "--locked", "--no-deps", "--all-features", env=env)
    for item, feature in (("struct.Sandbox", "sandbox"), ("fn.parse_command", "cli")):
        page = (folder / f"doc/astro_tokens/{item}.html").read_text(encoding="utf-8")
        check(
            f"<strong>crate feature <code>{feature}</code></strong>" in page,
            f"{item} does not say that it needs `{feature}`",
        )
    return ""


def oldest() -> str:
    version = manifest()["rust_version"]
    if subprocess.run(["cargo", f"+{version}", "--version"], capture_output=True, check=False).returncode != 0:
        raise NotRun(f"there is no Rust {version} here")
    env = {**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target/oldest")}
    output("cargo", f"+{version}", "check", "--quiet", "--package", CRATE, "--locked", "--all-features", env=env)
    return ""


def main() -> int:
    report = Report("test-crates", "crate")
    with tempfile.TemporaryDirectory() as name:
        report.row("cargo package, and a build of it", lambda: packed().name)
        report.row("what is in the crate", contents)
        report.row("its tests, examples and documentation", partial(tests, Path(name)))
        report.row("what it depends on, and no client", no_client)
        report.row("each feature alone", features)
        report.row("documentation of docs.rs", documentation)
        report.row("the oldest Rust", oldest)
    if not report.failed:
        report.size(packed(), compressed=True)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
