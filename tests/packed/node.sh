#!/usr/bin/env bash
# Tests what users install: packs the package, installs it alone into a clean folder, and runs the tests and the compiler
# against it there, where the source tree cannot be imported.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
tsc=$root/npm/node_modules/.bin/tsc
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

(cd "$root/npm" && npm pack --silent --ignore-scripts --pack-destination "$scratch" >/dev/null)
tarball=$(echo "$scratch"/astro-tokens-*.tgz)

# The folders are named as in the source tree, because the tests look for the vectors beside them.
mkdir -p "$scratch/npm/test" "$scratch/tests"
cp -r "$root/tests/vectors" "$scratch/tests"
cp "$root"/npm/test/{packages,cases,vectors.test,commands.test,answers.test,batches.test,claims.test,client.test,conversations.test,stores.test,surface.test}.mjs "$scratch/npm/test"
cp "$root/npm/.npmrc" "$scratch/npm"
cd "$scratch/npm"
echo '{ "name": "consumer", "private": true }' >package.json
npm install --silent "$tarball"
[ "$(ls node_modules)" = astro-tokens ] || { echo "the package brings others along: $(ls node_modules)" >&2; exit 1; }

node --test --test-reporter=dot test/*.test.mjs

node_modules/.bin/astro-tokens organization token list --sandbox | grep --quiet '^cltoken0 '

# A consumer with the strictest settings and without Node's types, as a module and as CommonJS.
cat >consumer.mts <<'END'
import { Api, isValidationError, type TokenRequest } from "astro-tokens";
import { correctCommand, formatCommand } from "astro-tokens/cli";

const api: Api = new Api({ organizationId: "clorg" });
const request: TokenRequest = api.createToken({ name: "CI", role: "WORKSPACE_MEMBER", workspaceId: "clws" });
export const sent: Promise<Response> = fetch(request.url, request);
export const line: string = correctCommand("astro org token ls") ?? formatCommand(request);
export const valid = (error: unknown): boolean => !isValidationError(error) || error.problems.length === 0;
END
sed 's/import {\(.*\), type TokenRequest } from \(.*\);/import tokens = require(\2);\nimport {\1, type TokenRequest } from \2;/' \
    consumer.mts >consumer.cts
echo 'export const again: typeof tokens.Api = Api;' >>consumer.cts
check() {
    "$tsc" --noEmit --strict --exactOptionalPropertyTypes --target es2022 --lib es2022,dom --types "" "$@"
}
check --module node16 consumer.mts consumer.cts
check --module nodenext consumer.mts consumer.cts
check --module esnext --moduleResolution bundler consumer.mts

# It has to run wherever there is WebAssembly, so nothing in it may need a module of Node or its own address.
if grep -noE '\bfrom "|\brequire\(|import\.meta|\bimport\(' node_modules/astro-tokens/dist/{index,batch,client,cli,sandbox,slim,slim-client}.{js,cjs}; then
    echo "the package needs something that is not everywhere" >&2
    exit 1
fi

echo
echo "$(basename "$tarball"): $(wc -c <"$tarball") bytes"
for entry in core:index batch:batch client:client cli:cli sandbox:sandbox; do
    wasm=$root/npm/wasm/${entry%:*}_bg.wasm
    js=node_modules/astro-tokens/dist/${entry#*:}.js
    echo "${entry#*:}.js: $(gzip -9 --stdout "$js" | wc -c) bytes with gzip, its WebAssembly alone $(gzip -9 --stdout "$wasm" | wc -c)"
done
