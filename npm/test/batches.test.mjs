// Many tokens at once: `tests/vectors/batches/*.json`, and what only JavaScript has.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { camel, checkProblems, special, spelt } from "./cases.mjs";
import { batchPackages, clientPackages, cliPackages } from "./packages.mjs";

const file = new URL("../../tests/vectors/batches/batches.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8"), special);
const all = Object.entries({ ...batchPackages, ...clientPackages, ...cliPackages });
const [[, { Api, isValidationError }]] = all;
const api = new Api({ organizationId: "clorg" });
const good = { name: "A", role: "ORGANIZATION_MEMBER", expirationDays: 90 };
const line = JSON.stringify(good);

/** A line with the names of JavaScript. */
const lineOf = (written) =>
  (written.$broken?.replace("{}", "\ud83d") ?? written).replace(/"[a-z_]+":/g, (key) => camel(key));

/** The ways to write the input of a case in JavaScript. */
function inputs({ lines, entries }) {
  if (entries !== undefined) return [spelt(entries), new Set(spelt(entries))];
  const text = lines.map(lineOf).join("\n");
  const isBroken = lines.some((line) => line.$broken);
  return [text, text.split("\n"), ...(isBroken ? [] : [new TextEncoder().encode(text), Buffer.from(text)])];
}

function checkEntries(found, expected = []) {
  assert.ok(Object.isFrozen(found) && found.every(Object.isFrozen));
  const short = ({ index, line }) => ({ index, line });
  assert.deepEqual(found.map(short), expected.map(short));
  for (const [at, { first, problems }] of expected.entries()) {
    if (first !== undefined) assert.equal(found[at].problems[0].code, first);
    else checkProblems(found[at].problems, problems);
  }
}

for (const [way, { Api }] of all) {
  describe(`${way}: batches`, () => {
    for (const expected of cases) {
      test(expected.name, () => {
        const api = new Api(spelt(expected.api ?? { organization_id: "clorg" }));
        for (const input of inputs(expected)) {
          // A list of nothing has no lines; a text of nothing has none, either.
          const batch = api.createTokens(input, { stopOnError: expected.stop_on_error });
          assert.equal(batch.total, expected.total);
          assert.deepEqual(batch.bodies.split("\n").slice(0, -1).map((body) => JSON.parse(body)), expected.bodies);
          checkEntries(batch.failures, expected.failures);
          checkEntries(batch.warnings, expected.warnings);
          checkRequests(batch);
          if (expected.failures === undefined) {
            batch.throwForErrors();
            continue;
          }
          assert.throws(
            () => batch.throwForErrors(),
            (error) => {
              assert.ok(isValidationError(error));
              assert.deepEqual(error.problems, batch.failures.flatMap(({ problems }) => problems));
              assert.ok(error.message.startsWith(expected.message?.replace("create_tokens", "createTokens") ?? "createTokens has "), error.message);
              for (const { message, help } of error.problems) assert.ok(error.message.includes(message) && error.message.includes(help));
              return true;
            },
          );
        }
      });
    }
  });
}

function checkRequests(batch) {
  const requests = [...batch];
  assert.equal(requests.length, batch.length);
  assert.equal(requests.map(({ body }) => `${body}\n`).join(""), batch.bodies);
  const failed = new Set(batch.failures.map(({ index }) => index));
  const built = Array.from({ length: batch.total }, (_, index) => index).filter((index) => !failed.has(index));
  assert.deepEqual(Array.from(batch.entries(), ([index]) => index), built);
  const warned = new Map(batch.warnings.map(({ index, problems }) => [index, problems]));
  for (const [index, { method, url, headers, warnings }] of batch.entries()) {
    assert.equal(method, "POST");
    assert.ok(url.endsWith("/organizations/clorg/tokens"));
    assert.equal(headers["content-type"], "application/json");
    assert.deepEqual(warnings, warned.get(index) ?? []);
  }
}

test("a request of a batch is the request that its entry makes alone", () => {
  const [request] = api.createTokens([good]);
  assert.deepEqual(request, api.createToken(good));
});

test("progress is told now and then, and at the end", () => {
  for (const entries of [Array(2500).fill(good), Array(2500).fill(line)]) {
    const told = [];
    api.createTokens(entries, { onProgress: (progress) => told.push(progress) });
    assert.deepEqual(told, [1000, 2000, 2500].map((entries) => ({ entries, failures: 0 })));
  }
  const told = [];
  api.createTokens(`${line}\n{}\n`.repeat(10_000), { onProgress: ({ entries }) => told.push(entries) });
  assert.ok(told.length > 3 && told.every((count, at) => at === 0 || count > told[at - 1]));
  assert.equal(told.at(-1), 20_000);
  told.length = 0;
  api.createTokens("", { onProgress: ({ entries }) => told.push(entries) });
  assert.deepEqual(told, [0]);
});

test("what progress or the entries throw ends the work and is thrown", () => {
  let seen = 0;
  function* entries() {
    for (;;) yield (seen++, good);
  }
  const onProgress = () => {
    throw new RangeError("enough");
  };
  assert.throws(() => api.createTokens(entries(), { onProgress }), /RangeError: enough/);
  assert.equal(seen, 1000);
});

test("what is called meanwhile may use the core for something else", () => {
  const other = new Api({ organizationId: "other", strict: true });
  const batch = api.createTokens(`${line}\n{"name": "B", "role": "ORGANIZATION_MEMBER"}\n`.repeat(2000), {
    onProgress() {
      assert.equal(other.createTokens([{ ...good, expirationDays: undefined }]).failures.length, 1);
      assert.ok(other.createToken(good).url.includes("/other/"));
    },
  });
  assert.deepEqual([batch.length, batch.failures.length, batch.warnings.length], [4000, 0, 2000]);
  assert.ok([...batch].every(({ url }) => url.includes("/clorg/")));
  const getter = {
    ...good,
    get name() {
      return other.createToken(good).method;
    },
  };
  assert.equal(JSON.parse(api.createTokens([getter, good]).bodies.split("\n")[0]).name, "POST");
});

test("the memory of the core stays small however long the text is", () => {
  const long = `${line}\n`.repeat(200_000);
  const bytes = new TextEncoder().encode(long);
  // With it the memory of WebAssembly is counted, which never shrinks.
  const before = process.memoryUsage().external;
  assert.equal(api.createTokens(long).length, 200_000);
  assert.equal(api.createTokens(bytes).length, 200_000);
  assert.ok(process.memoryUsage().external - before < long.length / 2);
});

test("a line that is longer than a piece of the text", () => {
  const long = JSON.stringify({ ...good, description: "é".repeat(300_000) });
  const batch = api.createTokens(`${long}\n${line}\n${long}`);
  assert.deepEqual([batch.total, batch.length, batch.failures.map(({ line }) => line)], [3, 1, [1, 3]]);
});

test("lone surrogates, in any form", () => {
  const lines = ['"\ud83d"', '"\\ud83d"', '"\udc00\ud83d"', '"\ud83d\ude00"', '"\\ud83d\\ude00"', '"\ud83d\\ude00"'];
  const batch = api.createTokens(lines.map((name) => `{"name": ${name}, "role": "ORGANIZATION_MEMBER", "expirationDays": 1}`).join("\n"));
  const codes = batch.failures.map(({ line, problems }) => [line, problems[0].code]);
  assert.deepEqual(codes, [1, 2, 3].map((line) => [line, "invalid_unicode"]));
  assert.deepEqual(Array.from(batch, ({ body }) => JSON.parse(body).name), ["😀", "😀", "😀"]);
  const entries = api.createTokens([`{"name": "\ud83d`, `\ude00"}`, { name: "\ud83d" }]);
  assert.deepEqual(entries.failures.map(({ problems }) => problems[0].code), ["invalid_json", "invalid_json", "invalid_unicode"]);
});

test("wrong arguments", () => {
  for (const wrong of [undefined, null, 7, good, () => {}]) assert.throws(() => api.createTokens(wrong), TypeError);
  assert.throws(() => api.createTokens(good), /`createToken` takes a single one/);
  assert.throws(() => api.createTokens([], { stopOnErrors: true }), /`stopOnErrors` is not known/);
  assert.throws(() => api.createTokens([], { onProgress: 7 }), TypeError);
  assert.throws(() => api.createTokens([], { stopOnError: "yes" }), TypeError);
});

test("the text of an error has an end", () => {
  const error = (() => {
    try {
      api.createTokens("1\n".repeat(250)).throwForErrors();
    } catch (error) {
      return error;
    }
  })();
  assert.equal(error.problems.length, 250);
  assert.match(error.message, /^createTokens has 250 problems, nothing was sent\nline 1: expected an object/);
  assert.match(error.message, /\nand 150 more, in the `problems` of this error$/);
});
