// What users rely on beside the rules of the domain, which `vectors.test.mjs` covers.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import vm from "node:vm";
import { packages } from "./packages.mjs";

const create = { name: "CI", role: "WORKSPACE_MEMBER", workspaceId: "clws", expirationDays: 30 };

/** What an error was thrown with. */
function thrown(work) {
  try {
    work();
  } catch (error) {
    return error;
  }
  return assert.fail("nothing was thrown");
}

for (const [way, astroTokens] of Object.entries(packages)) {
  const { Api, AstroTokensError, isAstroTokensError, isValidationError, TokenRequest, ValidationError } = astroTokens;
  const api = new Api({ organizationId: "clorg" });
  const codes = (work) => thrown(work).problems.map(({ code, field }) => `${field}: ${code}`);

  describe(`${way}: Api`, () => {
    test("shows its settings, with what was left out", () => {
      const settings = {
        organizationId: "clorg",
        apiVersion: "v1",
        baseUrl: "https://api.astronomer.io",
        strict: false,
        allowUnknownRoles: false,
      };
      assert.deepEqual({ ...api }, settings);
      assert.equal(inspect(api), `Api ${inspect(settings)}`);
      assert.notDeepEqual(new Api({ organizationId: "clother" }), api);
    });

    test("cannot be changed, because its requests would not follow", () => {
      assert.throws(() => (api.organizationId = "clother"), TypeError);
      assert.throws(() => delete api.organizationId, TypeError);
    });

    test("can be extended", () => {
      class Client extends Api {
        kept = 1;
      }
      const client = new Client({ organizationId: "clclient" });
      assert.match(client.getToken({ tokenId: "cltoken" }).url, /clclient/);
    });

    test("each builds for itself, whichever was used before", () => {
      const other = new Api({ organizationId: "clother", apiVersion: "v1beta1", baseUrl: "http://localhost:1/", strict: true });
      for (let round = 0; round < 3; round++) {
        assert.equal(api.getToken({ tokenId: "t" }).url, "https://api.astronomer.io/v1/organizations/clorg/tokens/t");
        assert.equal(other.getToken({ tokenId: "t" }).url, "http://localhost:1/iam/v1beta1/organizations/clother/tokens/t");
        assert.deepEqual(codes(() => other.createToken({ name: "CI", role: "ORGANIZATION_OWNER" })), [
          "expirationDays: never_expires",
        ]);
        thrown(() => new Api({ organizationId: "not an id" }));
      }
    });

    test("takes no input at all for a mistake", () => {
      for (const input of [undefined, null, "clorg", 1, [], () => {}, Symbol("x"), new Map(), new Date()]) {
        assert.deepEqual(codes(() => new Api(input)), ["null: wrong_type"]);
        assert.deepEqual(codes(() => api.createToken(input)), ["null: wrong_type"]);
      }
      assert.equal(api.listTokens(undefined).url, api.listTokens({}).url);
      assert.deepEqual(codes(() => api.listTokens(null)), ["null: wrong_type"]);
    });
  });

  describe(`${way}: TokenRequest`, () => {
    const request = api.createToken(create);
    const plain = {
      method: "POST",
      url: "https://api.astronomer.io/v1/organizations/clorg/tokens",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: '{"name":"CI","scope":"WORKSPACE","role":"WORKSPACE_MEMBER","entityId":"clws","tokenExpiryPeriodInDays":30}',
    };

    test("is its method, URL, headers and body", () => {
      assert.ok(request instanceof TokenRequest);
      assert.deepEqual({ ...request }, plain);
      assert.equal(JSON.stringify(request), JSON.stringify(plain));
      assert.deepEqual({ ...api.getToken({ tokenId: "cltoken" }) }, {
        method: "GET",
        url: "https://api.astronomer.io/v1/organizations/clorg/tokens/cltoken",
        headers: { accept: "application/json" },
      });
    });

    test("is equal to one with other warnings", () => {
      const unknown = { name: "CI", role: "ORGANIZATION_NEW", expirationDays: 30 };
      const warned = new Api({ organizationId: "clorg", allowUnknownRoles: true }).createToken(unknown);
      assert.deepEqual(warned.warnings.map(({ code }) => code), ["unknown_role"]);
      assert.ok(Object.isFrozen(warned.warnings) && Object.isFrozen(warned.warnings[0]));
      assert.deepEqual(Object.keys(warned), Object.keys(request));
      assert.deepEqual(api.createToken(create), request);
      assert.notDeepEqual(api.createToken({ ...create, name: "CD" }), request);
      assert.deepEqual(request.warnings, []);
    });

    test("is printed with all that it is", () => {
      assert.equal(inspect(request), `TokenRequest ${inspect(plain)}`);
    });

    test("can be spread into fetch", () => {
      const { headers } = new Request(request.url, { ...request, headers: { ...request.headers, authorization: "Bearer x" } });
      assert.deepEqual(Object.fromEntries(headers), { ...plain.headers, authorization: "Bearer x" });
      assert.equal(new Request(request.url, request).method, "POST");
    });

    test("does not share what a caller could change", () => {
      assert.throws(() => (request.headers.authorization = "Bearer x"), TypeError);
    });

    test("is written as curl", () => {
      assert.equal(
        api.updateToken({ tokenId: "cltoken", name: "it's é" }).asCurl(),
        `curl --request POST 'https://api.astronomer.io/v1/organizations/clorg/tokens/cltoken' \\
  --header "authorization: Bearer $ASTRO_API_TOKEN" \\
  --header 'accept: application/json' \\
  --header 'content-type: application/json' \\
  --data-raw '{"name":"it'\\''s é"}'`,
      );
      const changed = Object.assign(api.getToken({ tokenId: "t" }), { method: "PATCH" });
      assert.equal(thrown(() => changed.asCurl()).message, "`PATCH` is not a method of this API");
    });
  });

  describe(`${way}: errors`, () => {
    const error = thrown(() => api.createToken({ name: "", role: "WORKSPACE_OWNR", workspaceId: "clws", expirationDays: 1 }));

    test("are classes with a name", () => {
      assert.ok(error instanceof ValidationError && error instanceof AstroTokensError && error instanceof Error);
      assert.equal(error.name, "ValidationError");
      assert.equal(new AstroTokensError("x").name, "AstroTokensError");
      assert.match(error.stack, /^ValidationError: createToken has 2 problems/);
      assert.deepEqual(Object.keys(error), ["problems"]);
    });

    test("carry all problems, and say them", () => {
      assert.deepEqual(error.problems, [
        {
          code: "required",
          severity: "error",
          field: "name",
          message: "a name is required",
          help: "give the token a name, at most 256 characters",
          span: null,
        },
        {
          code: "invalid_role",
          severity: "error",
          field: "role",
          message: "`WORKSPACE_OWNR` is not a Workspace role",
          help: "did you mean `WORKSPACE_OWNER`?",
          span: null,
        },
      ]);
      assert.equal(
        error.message,
        `createToken has 2 problems, nothing was sent
name: a name is required (required)
  help: give the token a name, at most 256 characters
role: \`WORKSPACE_OWNR\` is not a Workspace role (invalid_role)
  help: did you mean \`WORKSPACE_OWNER\`?`,
      );
      assert.ok(Object.isFrozen(error.problems) && error.problems.every(Object.isFrozen));
    });

    test("are recognised, also those of another copy", () => {
      for (const other of Object.values(packages)) {
        const theirs = thrown(() => new other.Api({}));
        assert.ok(isValidationError(theirs) && isAstroTokensError(theirs));
        const base = new other.AstroTokensError("x");
        assert.ok(!isValidationError(base) && isAstroTokensError(base));
      }
      const lookalike = Object.assign(new Error("x"), { name: "ValidationError", problems: [] });
      for (const value of [lookalike, new Error("x"), undefined, null, "x", {}]) {
        assert.ok(!isValidationError(value) && !isAstroTokensError(value));
      }
    });
  });

  describe(`${way}: values`, () => {
    const days = (expirationDays) => JSON.parse(api.createToken({ ...create, expirationDays }).body).tokenExpiryPeriodInDays;
    const name = (name) => JSON.parse(api.createToken({ ...create, name }).body).name;
    const message = (expirationDays) => thrown(() => days(expirationDays)).problems[0].message;

    test("bigints are whole numbers", () => {
      assert.equal(days(30n), 30);
      assert.equal(message(2n ** 63n - 1n), "`9223372036854775807` is not within 1 to 3650 days");
      for (const huge of [2n ** 63n, -(2n ** 63n) - 1n, 10n ** 100_000n]) {
        assert.equal(message(huge), "the number is not within 1 to 3650 days");
      }
    });

    test("text of every kind arrives as it is", () => {
      for (const text of ["é", "日本語", "😀", "a😀b", "\ufeffx", "\ufffd", "\u{10ffff}"]) {
        assert.equal(name(text), text);
        // What follows text beyond ASCII has to be found at its place.
        assert.equal(JSON.parse(api.createToken({ description: text, ...create }).body).entityId, "clws");
      }
    });

    test("lone surrogates are found, wherever they are", () => {
      const broken = (input) => codes(() => api.createToken({ expirationDays: 30, ...input }));
      const name = "name: invalid_unicode";
      const role = "role: invalid_unicode";
      assert.deepEqual(broken({ name: "\ud83d", role: "ORGANIZATION_OWNER" }), [name]);
      assert.deepEqual(broken({ name: "😀\ude00", role: "ORGANIZATION_OWNER" }), [name]);
      // Halves that would make a whole across two fields, across a value and a key, and in a list.
      const list = { sorts: ["\ud83d", "\ude00"] };
      assert.deepEqual(codes(() => api.listTokens(list)), ["sorts[0]: invalid_unicode", "sorts[1]: invalid_unicode"]);
      assert.deepEqual(broken({ role: "ORGANIZATION_OWNER", name: "\ud83d", "\ude00x": 1 }), ["�: unknown_field", name]);
      assert.deepEqual(broken({ "x\ud83d": "\ude00", role: "\ud83d", name: "\ude00" }), ["�: unknown_field", name, role]);
    });

    test("keys are taken as they are", () => {
      assert.deepEqual(codes(() => api.getToken(JSON.parse('{"tokenId": "t", "__proto__": 1}'))), [
        "__proto__: unknown_field",
      ]);
      assert.deepEqual(codes(() => api.getToken({ tokenId: "t", toString: undefined })), ["toString: unknown_field"]);
    });

    test("any object with own fields will do", () => {
      class Options {
        #hidden = 1;
        tokenId = "t";
        get derived() {
          return this.#hidden;
        }
      }
      const inputs = [
        new Options(),
        Object.assign(Object.create(null), { tokenId: "t" }),
        Object.create({ inherited: 1 }, { tokenId: { value: "t", enumerable: true }, hidden: { value: 1 } }),
        Object.defineProperty({ [Symbol("x")]: 1 }, "tokenId", { get: () => "t", enumerable: true }),
        new Proxy({ tokenId: "t" }, {}),
        vm.runInNewContext("({ tokenId: 't' })"),
      ];
      for (const input of inputs) assert.match(api.getToken(input).url, /\/tokens\/t$/);
    });

    test("other objects are called what they are", () => {
      const kinds = {
        Date: new Date(),
        Map: new Map(),
        Set: new Set(),
        RegExp: /x/,
        Promise: Promise.resolve(),
        Uint8Array: new Uint8Array(),
        String: new String("x"),
        Error: new Error("x"),
        function: () => {},
        symbol: Symbol("x"),
      };
      for (const [kind, value] of Object.entries(kinds)) {
        const [{ code, message }] = thrown(() => name(value)).problems;
        assert.deepEqual([code, message], ["wrong_type", `expected a string, found a value of type \`${kind}\``]);
      }
      for (const [found, value] of [["a list", []], ["an object", {}], ["a boolean", true], ["a number", 1n]]) {
        assert.equal(thrown(() => name(value)).problems[0].message, `expected a string, found ${found}`);
      }
    });

    test("structures without end have one", () => {
      const cyclic = { tokenId: "t", scope: "ORGANIZATION", roles: [] };
      cyclic.self = cyclic;
      cyclic.roles.push(cyclic, cyclic.roles);
      assert.ok(codes(() => api.updateTokenRoles(cyclic)).includes("self: unknown_field"));
      let deep = "t";
      for (let depth = 0; depth < 100_000; depth++) deep = { deep };
      assert.deepEqual(codes(() => api.getToken({ tokenId: deep })), ["tokenId: wrong_type"]);
    });
  });

  describe(`${way}: code of the caller`, () => {
    test("throws what it throws, and leaves nothing behind", () => {
      const own = new Error("my own");
      const throwing = {
        ...create,
        description: "é".repeat(100),
        get scope() {
          throw own;
        },
      };
      assert.equal(thrown(() => api.createToken(throwing)), own);
      assert.match(api.createToken(create).body, /"name":"CI"/);
    });

    test("may use the library while it is asked", () => {
      const other = new Api({ organizationId: "clother" });
      const request = api.createToken({
        ...create,
        get name() {
          return `for ${other.createToken({ ...create, name: "x".repeat(200) }).url.length} é`;
        },
        get description() {
          return thrown(() => new Api({ organizationId: "é" })).name;
        },
      });
      assert.equal(request.url, api.createToken(create).url);
      const { name, description, entityId } = JSON.parse(request.body);
      assert.deepEqual([name, description, entityId], ["for 57 é", "ValidationError", "clws"]);
    });

    test("may change a list while it is read", () => {
      const sorts = [];
      Object.defineProperty(sorts, 0, { get: () => (sorts.push("name:asc"), "createdAt:asc"), enumerable: true });
      assert.match(api.listTokens({ sorts, limit: 5 }).url, /\?limit=5&sorts=createdAt%3Aasc$/);
    });
  });

  describe(`${way}: sizes`, () => {
    test("long lists arrive, although memory grows while they are read", () => {
      const roles = Array.from({ length: 20_000 }, (_, index) => ({
        entityType: "WORKSPACE",
        entityId: `clws${index}`,
        role: "WORKSPACE_MEMBER",
      }));
      roles.push({ entityType: "ORGANIZATION", entityId: "clorg", role: "ORGANIZATION_MEMBER" });
      const { body } = api.updateTokenRoles({ tokenId: "t", scope: "ORGANIZATION", roles });
      assert.deepEqual(JSON.parse(body).roles, roles);
    });

    test("a list too long for any use is refused before it takes the memory", () => {
      assert.deepEqual(codes(() => api.listTokens({ sorts: new Array(2 ** 32 - 1) })), ["sorts: wrong_type"]);
    });

    test("megabytes arrive, in one unit per byte, in two and in three", () => {
      // Both an odd and an even number of two bytes each: one of them fills the buffer to its last byte.
      const texts = ["é".repeat(3_000_001), "é".repeat(10_000_000), "x".repeat(5_000_000), "語".repeat(3_000_000)];
      for (const text of [...texts, "😀".repeat(2_000_000)]) {
        const [{ code, message }] = thrown(() => api.createToken({ ...create, name: text })).problems;
        assert.equal(code, "too_long");
        assert.match(message, new RegExp(`has ${[...text].length} characters`));
        assert.match(api.createToken(create).body, /"name":"CI"/);
      }
    });

    test("a core that stopped says so and is replaced", () => {
      const { encodeInto } = TextEncoder.prototype;
      const { Instance } = WebAssembly;
      let instances = 0;
      WebAssembly.Instance = function (...parts) {
        instances++;
        return new Instance(...parts);
      };
      TextEncoder.prototype.encodeInto = () => {
        throw new RangeError("stopped");
      };
      try {
        const error = thrown(() => api.createToken(create));
        assert.ok(error instanceof AstroTokensError && error.cause instanceof RangeError);
        TextEncoder.prototype.encodeInto = encodeInto;
        assert.match(api.createToken(create).asCurl(), /clws/);
        assert.match(thrown(() => api.createToken({})).message, /a name is required/);
        assert.equal(instances, 1);
      } finally {
        TextEncoder.prototype.encodeInto = encodeInto;
        WebAssembly.Instance = Instance;
      }
    });
  });
}

test("a hundred thousand calls take no more memory than a thousand", () => {
  // The WebAssembly memory is what a collector cannot free, so it is what has to stay as it is.
  const program = `
    const memories = [];
    const { Instance } = WebAssembly;
    WebAssembly.Instance = function (...parts) {
      const instance = new Instance(...parts);
      memories.push(instance.exports.memory);
      return instance;
    };
    const { Api } = require("astro-tokens");
    const size = () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
    const run = (times) => {
      for (let call = 0; call < times; call++) {
        const api = new Api({ organizationId: "clorg" + call % 7 });
        api.createToken({ name: "CI é", role: "WORKSPACE_MEMBER", workspaceId: "clws" }).asCurl();
        try { api.getToken({ tokenId: "no id" }); } catch {}
      }
    };
    run(1_000);
    const before = size();
    run(100_000);
    console.log(before, size(), memories.length);`;
  const options = { cwd: import.meta.dirname, encoding: "utf8" };
  const [before, after, instances] = execFileSync(process.execPath, ["-e", program], options).split(" ").map(Number);
  assert.ok(before > 0 && instances === 1);
  assert.equal(after, before);
});

test("importing alone compiles nothing", () => {
  const program = `
    delete globalThis.WebAssembly;
    const { Api } = require("astro-tokens");
    try { new Api({ organizationId: "clorg" }); } catch (error) { console.log(error.name, error.cause.name); }`;
  const options = { cwd: import.meta.dirname, encoding: "utf8" };
  assert.equal(execFileSync(process.execPath, ["-e", program], options), "AstroTokensError ReferenceError\n");
});

test("nothing of Node is needed", () => {
  const program = `
    const { Api } = require("astro-tokens");
    delete globalThis.Buffer;
    delete globalThis.process;
    const { url } = new Api({ organizationId: "clorg" }).listTokens();
    console.log(url);`;
  const options = { cwd: import.meta.dirname, encoding: "utf8" };
  const url = "https://api.astronomer.io/v1/organizations/clorg/tokens\n";
  assert.equal(execFileSync(process.execPath, ["-e", program], options), url);
});
