#!/usr/bin/env bash
# Packs the package, installs it alone into a clean folder, and tries it in bundlers, browsers and runtimes: see matrix.mjs.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Debian's Chromium, where it can be had; without one, the rows that need a page say so.
if [ -z "${CHROMIUM:-}" ] && [ ! -x /usr/bin/chromium ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    { apt-get update && apt-get install --yes --no-install-recommends chromium; } >"$scratch/apt.log" 2>&1 ||
        echo "run.sh: Chromium could not be installed: $(tail -1 "$scratch/apt.log")" >&2
fi

(cd "$root/npm" && npm pack --silent --ignore-scripts --pack-destination "$scratch" >/dev/null)
tarball=$(echo "$scratch"/astro-tokens-*.tgz)
mkdir "$scratch/consumer"
cp "$root/tests/bundlers/app.mjs" "$root/npm/.npmrc" "$scratch/consumer"
cp -r "$root/npm/playground" "$scratch/consumer"
echo '{ "name": "consumer", "private": true }' >"$scratch/consumer/package.json"
(cd "$scratch/consumer" && npm install --silent "$tarball")

node "$root/tests/bundlers/matrix.mjs" "$tarball" "$scratch/consumer"
