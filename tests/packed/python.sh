#!/bin/sh
# Tests what users install: builds the wheel, installs it alone into a clean environment, and runs the tests against it
# from a folder where the source tree cannot be imported. $1: a Python that has maturin (default: .venv/bin/python).
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
python=${1:-.venv/bin/python}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

(
    # maturin finds the interpreter to build for by the environment that it runs in.
    python=$(cd "$(dirname "$python")" && pwd)/$(basename "$python")
    cd python
    "$python" -m maturin build --quiet --locked --release --interpreter "$python" --out "$scratch/dist"
)
set -- "$scratch"/dist/*.whl
[ $# -eq 1 ] || { echo "one wheel was expected: $*" >&2; exit 1; }

"$python" -m venv "$scratch/venv"
installed=$scratch/venv/bin/python
"$installed" -m pip install --quiet --no-deps "$1"
[ "$("$installed" -m pip list --format freeze | grep -cv '^\(pip\|setuptools\)==')" -eq 1 ]
# The command needs nothing but the wheel, so it comes before what the tests install.
"$scratch/venv/bin/astro-tokens" organization token list --sandbox | grep --quiet '^cltoken0 '
# shellcheck disable=SC2046
"$installed" -m pip install --quiet $(grep -E '^(httpx|pytest)==' python/requirements-dev.txt)

cd "$scratch"
"$installed" -c 'import sys, astro_tokens; assert astro_tokens.__file__.startswith(sys.prefix), astro_tokens.__file__'
"$installed" -m pytest --quiet -p no:cacheprovider "$root/python/tests"
echo "$(basename "$1"): $(wc -c <"$1") bytes"
