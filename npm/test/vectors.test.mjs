// Runs `tests/vectors/*.json`; the format is described in `tests/vectors/README.md`.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { packages } from "./packages.mjs";

const folder = new URL("../../tests/vectors/", import.meta.url);
const values = {
  lone_surrogate: "a\ud800",
  huge_integer: 10n ** 30n,
  nan: NaN,
  infinity: Infinity,
  date: new Date(0),
};

/** Names are in snake case; what is in upper case is a word of the API. */
function camel(name) {
  return name === name.toUpperCase() ? name : name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}

/** For `JSON.parse`: an object of a vector file, or the value that it is written for. */
function special(_, value) {
  if (value?.$repeat !== undefined) return value.$repeat[0].repeat(value.$repeat[1]);
  return value?.$value === undefined ? value : values[value.$value];
}

/** The same with the keys that JavaScript uses. */
function spelt(value) {
  if (Array.isArray(value)) return value.map(spelt);
  if (value === null || Object.getPrototypeOf(Object(value)) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, value]) => [camel(key), spelt(value)]));
}

function checkProblems(found, expected) {
  assert.ok(Object.isFrozen(found) && found.every(Object.isFrozen));
  const short = ({ code, field, severity }) => ({ code, field, severity });
  assert.deepEqual(
    found.map(short),
    expected.map(({ code, field, severity = "error" }) => ({ code, field: field && camel(field), severity })),
  );
  for (const [index, { names }] of expected.entries()) {
    const { help, message, span } = found[index];
    assert.ok(message.length > 0);
    assert.equal(span, null);
    if (names !== undefined) assert.ok(help.includes(`\`${camel(names)}\``), help);
  }
}

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
for (const [way, astroTokens] of Object.entries(packages)) {
  for (const file of files) {
    describe(`${way}: ${file}`, () => {
      const { cases } = JSON.parse(readFileSync(new URL(file, folder), "utf8"), special);
      for (const expected of cases) test(expected.name, () => check(astroTokens, expected));
    });
  }
}
