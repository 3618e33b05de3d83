// What callers without a compiler, and hosts that misbehave, cannot do to the client, the conversations and the sandbox.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { clientPackages, cliPackages, sandboxPackages } from "./packages.mjs";

const [{ Sandbox }] = Object.values(sandboxPackages);
const member = { name: "CI", role: "ORGANIZATION_MEMBER", expirationDays: 90 };
const reason = new Error("enough");
const never = () => new Promise(() => {});

const rejected = (promise) => promise.then(() => assert.fail("it was not rejected"), (error) => error);

for (const [way, tokens] of Object.entries({ ...clientPackages, ...cliPackages })) {
  const { AstroTokens, baseUrlOfDomain, ConversationError, credentialFromEnv, findingsOf, inspectToken, parseAnswer } = tokens;
  const { Session, ValidationError } = tokens;

  function astroOn(options = {}) {
    const sandbox = new Sandbox({ rateLimits: false });
    return { sandbox, astro: new AstroTokens({ token: sandbox.ownerToken, fetch: sandbox.fetch, env: {}, ...options }) };
  }

  describe(`${way}: arguments of a wrong type`, () => {
    test("are refused, and every conversation goes on", () => {
      const token = new Sandbox().ownerToken.expose();
      const session = new Session({ organizationId: "clorg" });
      const running = session.start("find_token", { tokenId: "cltoken0" });
      const other = session.start("find_token", { tokenId: "cltoken0" });
      const failed = { type: "failed", message: "m", mayHaveArrived: true };
      for (const wrong of [
        ...[new URL("https://astronomer.io"), 5, 5n, true, {}, [], Symbol("x")].flatMap((value) => [
          () => baseUrlOfDomain(value),
          () => new AstroTokens({ token, env: {}, domain: value }),
          () => new AstroTokens({ token, env: { ASTRO_DOMAIN: value } }),
          () => session.start(value, {}),
          () => other.step({ type: value }, 0),
          () => other.step({ ...failed, message: value }, 0),
          () => parseAnswer({ method: value, url: "https://a.io" }, { status: 200 }),
          () => parseAnswer({ method: "GET", url: value }, { status: 200 }),
          () => inspectToken(value),
        ]),
        () => session.start("find_token", { tokenId: "t" }, 5n),
        () => session.start("find_token", { tokenId: "t" }, "5"),
        () => other.step({}, 0),
        () => other.step(undefined, 0),
        () => other.step({ ...failed, mayHaveArrived: undefined }, 0),
        () => other.step({ type: "response", status: 200, headers: 5 }, 0),
        () => parseAnswer({}, { status: 200 }),
        () => parseAnswer(undefined, { status: 200 }),
        () => parseAnswer({ method: "GET", url: "https://a.io" }, undefined),
        () => credentialFromEnv(null),
        () => findingsOf({}, { expiringWithinDays: 5n }),
        () => inspectToken(null),
        () => inspectToken(token, new Date("rubbish")),
      ]) {
        assert.throws(wrong, (error) => error instanceof TypeError && !/WebAssembly/.test(error.message), String(wrong));
      }
      // The one that was there before still knows where it is.
      assert.equal(running.step({ type: "start" }, 0).type, "request");
    });

    test("name the argument", () => {
      assert.throws(() => baseUrlOfDomain(5), /domain has to be a string, not number/);
      assert.throws(() => inspectToken(null), /token has to be a string, not null/);
    });
  });

  describe(`${way}: options of the client`, () => {
    const token = new Sandbox().ownerToken.expose();

    test("that do not exist get help about those that do", () => {
      assert.throws(() => new AstroTokens({ token, timeout: 5 }), (error) => {
        assert.ok(error instanceof ValidationError);
        const [{ code, field, help }] = error.problems;
        return code === "unknown_field" && field === "timeout" && /`timeoutMs`/.test(help) && /`timeoutMs`/.test(error.message);
      });
    });

    test("of a wrong type, or against each other, are refused at once", () => {
      for (const wrong of [{ fetch: 5 }, { onWarning: 5 }, { env: 5 }, { domain: "localhost", baseUrl: "https://a.io" }]) {
        assert.throws(() => new AstroTokens({ token, ...wrong }), TypeError);
      }
      assert.equal(new AstroTokens({ token, env: { ASTRO_DOMAIN: "localhost" }, baseUrl: "https://a.io" }).api.baseUrl, "https://a.io");
    });

    test("name the variable that a wrong token comes from", () => {
      assert.throws(() => new AstroTokens({ env: { ASTRO_API_TOKEN: "hunter2" } }), (error) => {
        return error.problems[0].field === "ASTRO_API_TOKEN" && /ASTRO_API_TOKEN: /.test(error.message) && !/hunter2/.test(error.message);
      });
    });

    test("warn of an Organization that is not the token's", () => {
      const warnings = [];
      const onWarning = (warning) => warnings.push([warning.code, warning.field]);
      new AstroTokens({ token, env: {}, organizationId: "clorg", onWarning });
      assert.deepEqual(warnings, []);
      new AstroTokens({ token, env: {}, organizationId: "clother", onWarning });
      assert.deepEqual(warnings, [["organization_mismatch", "organizationId"]]);
    });

    test("of a run are checked", async () => {
      const { astro, sandbox } = astroOn();
      for (const wrong of [{ signal: new AbortController() }, { singal: AbortSignal.timeout(9) }, null, 5, { signal: 5 }]) {
        assert.ok((await rejected(astro.findToken({ tokenId: "cltoken0" }, wrong))) instanceof TypeError);
        assert.ok((await rejected(astro.tokens({}, wrong).next())) instanceof TypeError);
      }
      assert.deepEqual(sandbox.requests(), []);
    });

    test("a logger that fails later ends nothing", async () => {
      let isCalled = false;
      const onWarning = async () => {
        isCalled = true;
        throw new Error("the log is full");
      };
      const { astro } = astroOn({ onWarning });
      assert.ok((await astro.createToken({ ...member, expirationDays: null })).token.expose());
      await new Promise(setImmediate);
      assert.ok(isCalled);
    });
  });

  describe(`${way}: a fetch that misbehaves`, () => {
    const endless = () => new Response(new ReadableStream({ pull: never }));

    test("and ignores its signal is left by the time limit and by the caller", async () => {
      for (const fetch of [never, async () => endless(), async () => ({ status: 200, headers: [], arrayBuffer: never })]) {
        const { astro } = astroOn({ fetch, attempts: 1, timeoutMs: 20 });
        const late = await rejected(astro.createToken(member));
        assert.deepEqual([late.code, late.unclear.length, late.cause.mayHaveArrived], ["unknown", 1, true]);
        assert.match(late.message, /no answer within 20 ms/);
        const controller = new AbortController();
        const patient = astroOn({ fetch, attempts: 1 }).astro;
        setTimeout(() => controller.abort(reason), 20);
        const aborted = await rejected(patient.createToken(member, { signal: controller.signal }));
        assert.deepEqual([aborted.code, aborted.cause], ["cancelled", reason]);
      }
    });

    test("and throws or returns anything leaves it unknown", async () => {
      const trap = new Proxy({}, { get: () => assert.fail("not to be read") });
      const thrown = Object.defineProperty(new Error(), "message", {
        get() {
          throw new Error("no message");
        },
      });
      const unreadable = { status: 200, headers: [], arrayBuffer: () => Promise.reject(thrown) };
      const answers = [Response.error(), undefined, 5, {}, trap, { status: 200, headers: 5, arrayBuffer: async () => new ArrayBuffer() }, unreadable];
      const throwing = [thrown, trap, undefined, null, 5, "boom", Object.create(null), Symbol("x")].map((value) => async () => {
        throw value;
      });
      const ended = [...answers.map((answer) => async () => answer), ...throwing].map(async (fetch) => {
        const error = await rejected(astroOn({ fetch, attempts: 1 }).astro.createToken(member));
        assert.ok(error instanceof ConversationError, error);
        assert.deepEqual([error.code, error.unclear.length], ["unknown", 1]);
      });
      await Promise.all(ended);
    });

    test("and answers without an end is read up to a limit", async () => {
      let read = 0;
      const part = new Uint8Array(2 ** 20);
      const pull = (stream) => {
        read += part.length;
        stream.enqueue(part);
      };
      const { astro } = astroOn({ fetch: async () => new Response(new ReadableStream({ pull })), attempts: 1 });
      const error = await rejected(astro.findToken({ tokenId: "cltoken0" }));
      assert.equal(error.code, "unreachable");
      assert.match(error.message, /longer than 64 MiB/);
      assert.ok(read < 70 * 2 ** 20, read);
    });

    test("and shows nothing of a redirect is not asked again", async () => {
      let asked = 0;
      const fetch = async () => {
        asked++;
        return { type: "opaqueredirect", status: 0, headers: new Headers(), body: null, arrayBuffer: async () => new ArrayBuffer() };
      };
      const error = await rejected(astroOn({ fetch }).astro.findToken({ tokenId: "cltoken0" }));
      assert.equal(asked, 1);
      assert.match(error.message, /redirects are not followed/);
    });
  });

  describe(`${way}: a store that misbehaves`, () => {
    test("and never ends is left by the caller, who gets the secret", async () => {
      const { astro, sandbox } = astroOn();
      const { id } = await astro.createToken(member);
      const controller = new AbortController();
      let value, given;
      const store = (secret, _, { signal }) => {
        [value, given] = [secret.expose(), signal];
        setTimeout(() => controller.abort(reason), 5);
        return never();
      };
      const error = await rejected(astro.rotateToken({ tokenId: id, overlap: true, store }, { signal: controller.signal }));
      assert.deepEqual([error.code, error.cause, error.secret.expose()], ["cancelled", reason, value]);
      assert.equal(given, controller.signal);
      assert.ok(sandbox.tokens().some((token) => token.id === id));
    });

    test("and throws anything may have stored the secret, so both tokens stay", async () => {
      const thrown = Object.defineProperties({}, {
        message: { get: () => assert.fail("no message") },
        stack: { get: () => assert.fail("no stack") },
      });
      const trap = new Proxy({}, {
        get() {
          throw new Error("not to be read");
        },
      });
      for (const value of [thrown, trap, undefined, null, 5, Symbol("x"), Object.create(null), "sealed"]) {
        const { astro, sandbox } = astroOn();
        const { id } = await astro.createToken(member);
        const store = () => {
          throw value;
        };
        const error = await rejected(astro.rotateToken({ tokenId: id, overlap: true, store }));
        assert.deepEqual([error.code, error.unclear.length], ["not_stored", 1]);
        assert.deepEqual(sandbox.tokens().map((token) => token.id), ["cltoken0", id, "cltoken2"]);
      }
    });
  });

  test(`${way}: an abort inside of a loop ends it at the next token`, async () => {
    const { astro, sandbox } = astroOn();
    for (let number = 0; number < 5; number++) sandbox.addToken({ name: `t${number}`, role: "ORGANIZATION_MEMBER" });
    const controller = new AbortController();
    const seen = [];
    const listing = (async () => {
      for await (const { id } of astro.tokens({}, { signal: controller.signal })) {
        seen.push(id);
        if (id === "cltoken2") controller.abort(reason);
      }
    })();
    assert.equal(await rejected(listing), reason);
    assert.deepEqual(seen, ["cltoken0", "cltoken1", "cltoken2"]);
  });

  test(`${way}: a failure is told in the words of the client`, async () => {
    const error = await rejected(astroOn().astro.rotateToken({ tokenId: "cltoken9" }));
    assert.match(error.message, /^rotateToken failed: /);
    assert.equal(error.work, "rotate_token");
  });
}

for (const [way, { Sandbox }] of Object.entries(sandboxPackages)) {
  describe(`${way}: Sandbox with arguments of a wrong type`, () => {
    test("refuses them and stays", () => {
      const sandbox = new Sandbox();
      sandbox.addToken({ name: "x", role: "ORGANIZATION_MEMBER", description: undefined });
      const none = new Uint8Array();
      for (const wrong of [
        () => sandbox.fault(),
        () => sandbox.fault({}, 5),
        () => sandbox.fault(null),
        () => sandbox.addToken(),
        () => sandbox.addToken("x"),
        () => sandbox.addOrganization(5, 5),
        () => sandbox.addWorkspace("clorg", {}, "x"),
        () => sandbox.addDeployment("clws", "x"),
        () => sandbox.answer(),
        () => sandbox.answer("GET", new URL("https://a.io"), null, none),
        () => sandbox.answer("GET", "/", 5n, none),
        () => sandbox.answer("GET", "/", null, "text"),
        () => sandbox.setRateLimits("no"),
        () => new Sandbox({ ratelimits: false }),
        () => new Sandbox(5),
        () => new Sandbox({ state: 5n }),
        () => new Sandbox({ empty: "no" }),
        () => new Sandbox({ now: 5 }),
        () => new Sandbox({ now: () => new Date() }).answer("GET", "/", null, none),
      ]) {
        assert.throws(wrong, (error) => !/WebAssembly/.test(error.message) && (error instanceof TypeError || /^not a/.test(error.message)), String(wrong));
      }
      assert.equal(sandbox.tokens().length, 2);
    });

    test("speaks of faults as JavaScript writes them", () => {
      const sandbox = new Sandbox();
      assert.throws(() => sandbox.fault({ effect: "status", status: 503, retryAfter: 1 }), /`retryAfter`.*`retryAfterS`/);
      assert.throws(() => sandbox.fault({ effect: "garbage", retryAfterS: 1 }), /has no `retryAfterS`$/);
      assert.throws(() => sandbox.fault({ effect: "status", status: "503" }), /`status` has to be a whole number/);
      assert.throws(() => sandbox.fault({ effect: "lost_after", method: "PATCH" }), /`method` is one of/);
      assert.throws(() => sandbox.addToken({ name: "x", role: "y", scope: "WORKSPACE" }), /needs `entityId`$/);
      sandbox.fault({ effect: "status", method: "get", status: 418 });
      const authorization = `Bearer ${sandbox.ownerToken.expose()}`;
      const path = "/v1/organizations/clorg/tokens";
      assert.equal(sandbox.answer("get", path, authorization, new Uint8Array()).response.status, 418);
      assert.equal(sandbox.answer("get", path, authorization, new Uint8Array()).response.status, 200);
    });
  });
}
