// Runs `tests/vectors/answers/*.json`, and what users of answers rely on besides.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import vm from "node:vm";
import { printed, spelt } from "./cases.mjs";
import { clientPackages, cliPackages } from "./packages.mjs";

const folder = new URL("../../tests/vectors/answers/", import.meta.url);
const cases = readdirSync(folder).flatMap((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")).cases);
const everyPackage = Object.entries({ ...clientPackages, ...cliPackages });

const tokenId = "cltoken";
const inputs = {
  create_token: { name: "CI", role: "ORGANIZATION_MEMBER" },
  list_tokens: {},
  get_token: { tokenId },
  update_token: { tokenId, name: "CI" },
  update_token_roles: {
    tokenId,
    scope: "ORGANIZATION",
    roles: [{ entityType: "ORGANIZATION", entityId: "clorg", role: "ORGANIZATION_MEMBER" }],
  },
  rotate_token: { tokenId },
  delete_token: { tokenId },
};

/** The request of an operation by its name in the vectors. */
function requestOf({ Api }, operation) {
  const [method] = Object.keys(spelt({ [operation]: 0 }));
  return new Api({ organizationId: "clorg" })[method](inputs[operation]);
}

const textOf = ({ text, body }) => text ?? JSON.stringify(body);

/** What the work returned, or the error that it threw. */
function outcome(work) {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

function read(tokens, expected, change = (response) => response) {
  const { operation, status, headers = {} } = expected;
  return outcome(() => tokens.parseAnswer(requestOf(tokens, operation), change({ status, headers, body: textOf(expected) })));
}

function checkError({ ApiError }, error, expected) {
  assert.ok(error instanceof ApiError, error);
  const { message, secret, help, field_errors: fieldErrors = [], ...rest } = expected;
  assert.ok(error.detail.startsWith(message), error.detail);
  assert.ok(error.message.startsWith(`Astro answered ${error.status}`) && error.message.includes(error.detail));
  for (const [name, value] of Object.entries(spelt(rest))) assert.equal(error[name], value, name);
  for (const name of ["requestId", "retryAfterMs", "secret"]) {
    assert.equal(Object.hasOwn(error, name), Object.hasOwn(spelt(expected), name), name);
  }
  assert.deepEqual(error.fieldErrors, fieldErrors);
  assert.equal(error.secret?.expose(), secret);
  if (help !== undefined) assert.ok(error.help.includes(help) && error.message.includes(error.help));
}

function check(tokens, expected) {
  const answer = read(tokens, expected);
  if (expected.error !== undefined) return checkError(tokens, answer, expected.error);
  assert.deepEqual(JSON.parse(JSON.stringify(answer) ?? "null"), expected.answer);
  assert.equal(answer?.token?.expose(), expected.secret);
  const classes = { list_tokens: tokens.TokenPage, update_token_roles: tokens.SubjectRoles };
  if (answer !== undefined) assert.ok(answer instanceof (classes[expected.operation] ?? tokens.ApiToken));
}

for (const [way, tokens] of everyPackage) {
  const { ApiError, ApiToken, AstroTokensError, isApiError, isSecret, isTransportError, parseAnswer } = tokens;
  const { Api, Secret, TransportError } = tokens;
  const value = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
  const ofName = (name) => cases.find((found) => found.name === name);
  const whole = ofName("create answers with the secret");

  describe(`${way}: answers`, () => {
    for (const expected of cases) test(expected.name, () => check(tokens, expected));
  });

  describe(`${way}: responses`, () => {
    const { status, body } = whole;
    const request = requestOf(tokens, "create_token");
    const id = (response) => parseAnswer(request, { status, body: textOf(whole), ...response }).id;

    test("have a body of text or bytes, of any realm", () => {
      const bytes = new TextEncoder().encode(textOf(whole));
      const foreign = vm.runInNewContext("Uint8Array").from(bytes);
      for (const body of [textOf(whole), bytes, Buffer.from(bytes), foreign]) assert.equal(id({ body }), whole.body.id);
      const text = JSON.stringify({ ...body, name: "é 語 😀 \u0000" });
      assert.equal(parseAnswer(request, { status, body: text }).name, "é 語 😀 \u0000");
    });

    test("have headers in every form", () => {
      const object = { "X-Request-Id": "req-1" };
      const forms = [object, Object.entries(object), new Headers(object), new Map(Object.entries(object))];
      for (const headers of [...forms, { "x-request-id": ["req-1", "req-2"], "set-cookie": undefined }]) {
        const error = outcome(() => parseAnswer(request, { status: 500, headers, body: "" }));
        assert.equal(error.requestId, "req-1");
      }
      assert.equal(id({ headers: undefined }), whole.body.id);
    });

    test("may have no body", () => {
      const remove = requestOf(tokens, "delete_token");
      for (const body of [undefined, null, "", new Uint8Array()]) {
        assert.equal(parseAnswer(remove, { status: 204, body }), undefined);
        assert.match(outcome(() => parseAnswer(request, { status: 204, body })).detail, /it is empty/);
      }
    });

    test("have to be read before", () => {
      for (const body of [new Response("{}").body, {}, 1, [1]]) {
        assert.throws(() => id({ body }), { name: "TypeError", message: /await response\.text\(\)/ });
      }
      for (const status of [undefined, null, "200", 0, 200.5, 65_736]) {
        assert.throws(() => id({ status }), { name: "TypeError", message: /the status/ });
      }
    });

    test("are those to any request that has the method and the URL of one", () => {
      const stored = JSON.parse(JSON.stringify(request));
      assert.ok(parseAnswer(stored, { status, body: textOf(whole) }) instanceof ApiToken);
      const other = { method: "GET", url: "https://example.com/?secret" };
      assert.throws(() => parseAnswer(other, { status, body: "{}" }), { name: "TypeError", message: /no request of this API/ });
    });

    test("are those of each entry's requests", () => {
      for (const [, other] of everyPackage) {
        assert.ok(parseAnswer(requestOf(other, "create_token"), { status, body: textOf(whole) }).token instanceof Secret);
      }
    });
  });

  describe(`${way}: tokens`, () => {
    const token = read(tokens, ofName("a token with everything"));

    test("have times as dates", () => {
      assert.deepEqual(token.createdAt, new Date("2026-08-01T09:00:00.123Z"));
      assert.deepEqual(token.endAt, new Date("2026-10-30T09:00:00Z"));
      const { body } = ofName("a token with little");
      const times = { createdAt: "2016-12-31T23:59:60Z", startAt: "2026-08-01t11:00:00.5+02:00" };
      const odd = parseAnswer(requestOf(tokens, "get_token"), { status: 200, body: JSON.stringify({ ...body, ...times }) });
      assert.equal(odd.createdAt.toISOString(), "2016-12-31T23:59:59.000Z");
      assert.equal(odd.startAt.toISOString(), "2026-08-01T09:00:00.500Z");
      assert.equal(odd.toJSON().startAt, times.startAt);
    });

    test("have what Astro said and nothing else", () => {
      const little = read(tokens, ofName("a token with little"));
      for (const name of ["roles", "endAt", "kind", "token", "lastUsedAt", "createdBy"]) assert.ok(!(name in little), name);
      assert.ok(token.roles.length > 0);
      assert.deepEqual(read(tokens, ofName("a token with everything")), token);
      assert.notDeepEqual(little, token);
    });

    test("keep what this release does not know", () => {
      const { body } = ofName("a token with little");
      const text = `{"__proto__":{"polluted":true},"extra":1,"constructor":2,${JSON.stringify(body).slice(1)}`;
      const odd = parseAnswer(requestOf(tokens, "get_token"), { status: 200, body: text });
      assert.ok(odd instanceof ApiToken && odd.polluted === undefined && odd.constructor === ApiToken);
      assert.deepEqual(Object.entries(odd.extra).sort(), [["__proto__", { polluted: true }], ["constructor", 2], ["extra", 1]]);
      assert.deepEqual(JSON.parse(JSON.stringify(odd)), JSON.parse(text));
    });

    test("are the same on pages of text and of bytes, and in every spelling of JSON", () => {
      const page = { tokens: [ofName("a token with everything").body, ofName("a token with little").body], limit: 2, offset: 0, totalCount: 2 };
      delete page.tokens[0].token;
      const request = requestOf(tokens, "list_tokens");
      const parsed = (body) => parseAnswer(request, { status: 200, body });
      const expected = page.tokens.map((token) => parseAnswer(requestOf(tokens, "get_token"), { status: 200, body: JSON.stringify(token) }));
      const bodies = [JSON.stringify(page), JSON.stringify(page, undefined, 2), JSON.stringify(page).replaceAll("createdAt", "created\\u0041t")];
      for (const body of [...bodies, ...bodies.map((text) => Buffer.from(text))]) {
        assert.deepEqual(parsed(body).tokens, expected);
        assert.deepEqual(JSON.parse(JSON.stringify(parsed(body))), page);
        assert.deepEqual(Object.keys(parsed(body).tokens[0]), Object.keys(expected[0]));
      }
      const nulls = parsed(JSON.stringify({ ...page, tokens: null }));
      assert.deepEqual(nulls.tokens, []);
    });

    test("are read from JSON alone", () => {
      const request = requestOf(tokens, "list_tokens");
      for (const limit of ["01", "1,", '1,"a":"\n"', '1,"a":"\\x"', "1."]) {
        const body = `{"tokens":[],"offset":0,"totalCount":0,"limit":${limit}}`;
        assert.match(outcome(() => parseAnswer(request, { status: 200, body })).detail, /not JSON/, body);
      }
    });

    test("on pages keep their own secrets, should there be any", () => {
      const secrets = ["one", undefined, "three"];
      const listed = secrets.map((token) => ({ ...whole.body, token }));
      const body = JSON.stringify({ tokens: listed, limit: 3, offset: 0, totalCount: 3 });
      const page = parseAnswer(requestOf(tokens, "list_tokens"), { status: 200, body });
      assert.deepEqual(page.tokens.map(({ token }) => token?.expose()), secrets);
      assert.deepEqual(page.tokens.map(({ createdAt }) => createdAt), Array(3).fill(token.createdAt));
    });
  });

  describe(`${way}: secrets`, () => {
    const secret = new Secret(value);

    test("are exposed, and only then", () => {
      assert.equal(secret.expose(), value);
      assert.deepEqual([`${secret}`, JSON.stringify({ secret })], ["[redacted]", '{"secret":"[redacted]"}']);
      assert.equal(inspect({ secret }), "{ secret: Secret([redacted]) }");
      assert.deepEqual(Reflect.ownKeys(secret), []);
      assert.deepEqual(structuredClone(secret), {});
      assert.throws(() => Secret.prototype.expose.call({ ...secret }), TypeError);
      assert.throws(() => (secret.note = 1), TypeError);
      const error = outcome(() => new Secret({ value }));
      assert.ok(error instanceof TypeError && !error.message.includes(value));
    });

    test("are recognised, also those of another entry", () => {
      for (const [, other] of everyPackage) assert.ok(isSecret(new other.Secret("x")));
      for (const other of [undefined, null, "x", {}, structuredClone(secret)]) assert.ok(!isSecret(other));
    });

    test("are shown by nothing that prints", () => {
      const transport = new TransportError("the connection was lost", { mayHaveArrived: true, cause: secret });
      const shown = { secret, transport };
      for (const expected of cases.filter(({ text, body }) => (text ?? JSON.stringify(body)).includes("eyJzdWIi"))) {
        shown[expected.name] = read(tokens, expected);
      }
      assert.ok(Object.keys(shown).length > 5);
      for (const [name, value] of Object.entries(shown)) {
        const output = printed(value);
        // The header of a JWT is the same for all of them; the claims and the signature are what must not be seen.
        assert.ok(!/zdWIiOi|c2ln/.test(output), `${name}: ${output}`);
      }
    });

    test("are shown by no answer that is cut, wherever it is cut", () => {
      for (const expected of [whole, ofName("rotate answers with the secret")]) {
        const text = textOf(expected);
        for (let end = 0; end < text.length; end += 3) {
          const error = read(tokens, expected, (response) => ({ ...response, body: text.slice(0, end) }));
          assert.ok(error instanceof ApiError, error);
          const output = inspect(error, { depth: Infinity, showHidden: true }) + JSON.stringify(error);
          assert.ok(!/zdWIiOi|c2ln/.test(output), output);
        }
      }
    });
  });

  describe(`${way}: errors of the other side`, () => {
    const refused = read(tokens, ofName("refused without more"));
    const lost = new TransportError("the connection was lost", { mayHaveArrived: true });

    test("are classes with a name", () => {
      for (const [error, name] of [[refused, "ApiError"], [lost, "TransportError"]]) {
        assert.ok(error instanceof AstroTokensError && error instanceof tokens[name] && error.name === name);
        assert.match(error.stack, new RegExp(`^${name}: `));
        assert.ok(!Object.keys(error).includes("message"));
      }
      assert.equal(lost.mayHaveArrived, true);
      assert.ok(!("cause" in lost));
    });

    test("say what happened and what to do", () => {
      assert.equal(
        refused.message,
        `Astro answered 404 Not Found: token not found (request id req-1)
  help: check the id, and that the credential belongs to the same Organization`,
      );
    });

    test("are recognised, also those of another copy", () => {
      for (const [, other] of everyPackage) {
        const theirs = read(other, ofName("refused without more"));
        assert.ok(isApiError(theirs) && !isTransportError(theirs) && tokens.isAstroTokensError(theirs));
        assert.ok(isTransportError(new other.TransportError("x", { mayHaveArrived: false })));
      }
      for (const value of [new Error("x"), undefined, null, {}, outcome(() => new Api({}))]) {
        assert.ok(!isApiError(value) && !isTransportError(value));
      }
    });
  });
}
