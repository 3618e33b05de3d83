#!/bin/sh
# Tests the Airflow provider as users install it: builds the wheel, installs it with its extra into an environment that has
# Airflow, and runs the tests from a folder where the source tree cannot be imported.
# $1: a Python that has maturin; $2: a Python that has what requirements.txt says.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
absolute() { echo "$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"; }
maturin=$(absolute "$1")
python=$(absolute "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

(cd "$root/python" && "$maturin" -m maturin build --quiet --locked --release --interpreter "$maturin" --out "$scratch")
set -- "$scratch"/*.whl
[ $# -eq 1 ] || { echo "one wheel was expected: $*" >&2; exit 1; }
# Without an index: what the extra asks for has to be what is tested.
"$python" -m pip uninstall --quiet --quiet --yes astro-tokens
"$python" -m pip install --quiet --no-index "$1[airflow]"

cd "$scratch"
"$python" -c 'import sys, astro_tokens; assert astro_tokens.__file__.startswith(sys.prefix), astro_tokens.__file__'
"$python" -m mypy --strict --cache-dir "$root/target/stamps/mypy-airflow" --package astro_tokens.airflow
"$python" -m mypy --strict --cache-dir "$root/target/stamps/mypy-airflow" "$root/python/examples/airflow" "$root/tests/airflow/dags"
"$python" -m pytest --quiet -p no:cacheprovider --rootdir "$root/tests/airflow" "$root/tests/airflow"
