// Runs `tests/vectors/*.json`; the format is described in `tests/vectors/README.md`.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { camel, checkProblems, special, spelt } from "./cases.mjs";
import { batchPackages, clientPackages, cliPackages, packages } from "./packages.mjs";

const folder = new URL("../../tests/vectors/", import.meta.url);
function run({ Api }, { api = { organization_id: "clorg" }, operation, input }) {
  const built = new Api(spelt(api));
  return operation === undefined ? undefined : built[camel(operation)](spelt(input));
}

function check(astroTokens, expected) {
  if (expected.problems !== undefined) {
    assert.throws(
      () => run(astroTokens, expected),
      (error) => {
        assert.ok(error instanceof astroTokens.ValidationError, error);
        checkProblems(error.problems, expected.problems);
        for (const { message, help } of error.problems) {
          assert.ok(error.message.includes(message) && error.message.includes(help));
        }
        return true;
      },
    );
    return;
  }
  const request = run(astroTokens, expected);
  if (expected.request === undefined) return;
  const { method, url, body, headers, curl } = expected.request;
  assert.deepEqual([request.method, request.url], [method, url]);
  assert.deepEqual(JSON.parse(request.body ?? "null"), body);
  assert.deepEqual(request.headers, headers ?? request.headers);
  assert.equal(request.asCurl(), curl ?? request.asCurl());
  checkProblems(request.warnings, expected.warnings ?? []);
}

const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
assert.ok(files.length > 0);
for (const [way, astroTokens] of Object.entries({ ...packages, ...batchPackages, ...clientPackages, ...cliPackages })) {
  for (const file of files) {
    describe(`${way}: ${file}`, () => {
      const { cases } = JSON.parse(readFileSync(new URL(file, folder), "utf8"), special);
      for (const expected of cases) test(expected.name, () => check(astroTokens, expected));
    });
  }
}
