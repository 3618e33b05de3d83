// What users of the client, of its conversations and of the sandbox rely on; the rules themselves are tested in the core.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import { camel as spell, printed } from "./cases.mjs";
import { clientPackages, cliPackages, packages, sandboxPackages } from "./packages.mjs";

const [{ Sandbox }] = Object.values(sandboxPackages);
const member = { name: "CI", role: "ORGANIZATION_MEMBER", expirationDays: 90 };

const { cases: exchanges } = JSON.parse(
  readFileSync(new URL("../../tests/vectors/sandbox/exchanges.json", import.meta.url), "utf8"),
);

/** What a promise was rejected with. */
const rejected = (promise) => promise.then(() => assert.fail("it was not rejected"), (error) => error);

async function collected(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

for (const [way, tokens] of Object.entries({ ...clientPackages, ...cliPackages })) {
  const { ApiError, ApiToken, AstroTokens, ConversationError, isConversationError, Secret, Session } = tokens;
  const { TransportError, ValidationError } = tokens;

  /** A sandbox, a client on it, and everything that is asked. */
  function astroOn(sandbox = new Sandbox({ rateLimits: false }), options = {}) {
    const sent = [];
    const fetch = (url, init) => {
      sent.push({ url, ...init });
      return sandbox.fetch(url, init);
    };
    return { sandbox, sent, astro: new AstroTokens({ token: sandbox.ownerToken, fetch, env: {}, ...options }) };
  }

  const asked = (sandbox) => sandbox.requests().map(({ method, path }) => `${method} ${path.split("/clorg")[1]}`);

  describe(`${way}: AstroTokens`, () => {
    test("a whole life", async ({ mock }) => {
      const now = Date.now;
      const { sandbox, astro } = astroOn(new Sandbox({ rateLimits: false, now: () => Date.now() }));
      const created = await astro.createToken(member);
      assert.ok(created instanceof ApiToken && created.token instanceof Secret);

      const added = await astro.addTokenRole({ tokenName: "CI", workspaceId: "clws", role: "WORKSPACE_AUTHOR" });
      const { entityType, entityId, newRole, changed, removed } = added;
      const facts = ["WORKSPACE", "clws", "WORKSPACE_AUTHOR", true, []];
      assert.deepEqual([entityType, entityId, newRole, changed, removed], facts);
      assert.deepEqual(added.diff.added.map(({ role }) => role), ["WORKSPACE_AUTHOR"]);
      const change = { tokenId: created.id, workspaceId: "clws", role: "WORKSPACE_MEMBER" };
      assert.equal((await astro.changeTokenRole({ ...change, preview: true })).diff.changed.length, 1);
      assert.equal((await astro.changeTokenRole(change)).oldRole, "WORKSPACE_AUTHOR");
      assert.deepEqual((await astro.updateToken({ tokenId: created.id, description: "x" })).changed, ["description"]);
      assert.deepEqual((await astro.updateToken({ tokenId: created.id, description: "x" })).changed, []);

      const listed = await collected(astro.tokens());
      assert.deepEqual(listed.map(({ name }) => name), ["Owner", "CI"]);
      assert.ok(listed[0] instanceof ApiToken);
      const cloned = await astro.cloneToken({ tokenId: created.id, name: "CD" });
      assert.ok(cloned.token instanceof Secret && cloned.name === "CD" && cloned.roles.length === 2);
      await astro.deleteToken({ tokenId: cloned.id });
      assert.equal((await astro.removeTokenRole({ tokenId: created.id, workspaceId: "clws" })).changed, true);

      const rotated = await astro.rotateToken({ tokenId: created.id });
      assert.deepEqual([rotated.token.id, rotated.oldTokenId], [created.id, undefined]);
      assert.ok(rotated.secret === rotated.token.token && rotated.secret.expose() !== created.token.expose());

      const stored = [];
      const store = async (secret, token) => stored.push([secret.expose(), token.id, "token" in token]);
      const overlapped = await astro.rotateToken({ tokenId: created.id, overlap: true, store });
      assert.deepEqual(stored, [[overlapped.secret.expose(), overlapped.token.id, false]]);
      assert.equal(overlapped.oldTokenId, created.id);
      const kept = await astro.rotateToken({ tokenName: "CI", overlap: true, keepOld: 3600, store });
      assert.ok(Math.abs(kept.oldKeptUntil - Date.now() - 3_600_000) < 60_000);
      assert.deepEqual(kept.effects.map(({ action, state }) => `${action} ${state}`), ["create done", "store done", "mark done", "mark done"]);
      const { state, by, until } = (await astro.findToken({ tokenId: kept.oldTokenId })).mark;
      assert.deepEqual([state, by, until], ["replaced", kept.token.id, kept.oldKeptUntil]);

      // While both live, the name finds the current one.
      assert.equal((await astro.findToken({ tokenName: "CI" })).id, kept.token.id);
      mock.method(Date, "now", () => now() + 60_000);
      assert.ok(Date.now() < kept.oldKeptUntil);
      const finished = await astro.finishRotation({ tokenName: "CI", now: true, leftoverAfter: 30 });
      assert.deepEqual([finished.token.id, finished.oldTokenId], [kept.token.id, kept.oldTokenId]);
      assert.equal(await astro.deleteToken({ tokenName: "CI" }), undefined);
      assert.deepEqual(sandbox.tokens().map(({ name }) => name), ["Owner"]);
    });

    test("takes its credential and its place from the environment", () => {
      const token = new Sandbox().ownerToken.expose();
      const astro = new AstroTokens({ env: { ASTRO_API_TOKEN: token, ASTRO_DOMAIN: "localhost" } });
      assert.deepEqual([astro.api.organizationId, astro.api.baseUrl], ["clorg", "http://localhost:8888"]);
      assert.equal(astro.claims.tokenId, "cltoken0");
      const other = new AstroTokens({ token, env: {}, organizationId: "clother", baseUrl: "https://a.io", apiVersion: "v1beta1" });
      assert.deepEqual([other.api.organizationId, other.api.apiVersion], ["clother", "v1beta1"]);
      const domain = "pr1234.astronomer-dev.io";
      assert.equal(new AstroTokens({ token, env: {}, domain }).api.baseUrl, "https://pr1234.api.astronomer-dev.io");
      const before = process.env.ASTRO_API_TOKEN;
      process.env.ASTRO_API_TOKEN = token;
      try {
        assert.equal(new AstroTokens({ domain: "" }).claims.organizationId, "clorg");
      } finally {
        if (before === undefined) delete process.env.ASTRO_API_TOKEN;
        else process.env.ASTRO_API_TOKEN = before;
      }
    });

    test("refuses what is no credential before anything is sent", () => {
      const codes = (options) => {
        try {
          new AstroTokens({ env: {}, ...options });
        } catch (error) {
          assert.ok(error instanceof ValidationError, error);
          return error.problems.map(({ code }) => code);
        }
        return [];
      };
      assert.deepEqual(codes({}), ["required"]);
      assert.deepEqual(codes({ token: "clm8q7f6q000008lcgyougpsk" }), ["not_a_token"]);
      const claims = { permissions: ["organizationId:clorg"], exp: 1 };
      const expired = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
      assert.deepEqual(codes({ token: expired }), ["expired_token"]);
      const token = new Sandbox().ownerToken;
      assert.deepEqual(codes({ token, baseUrl: "http://example.com" }), ["invalid_url"]);
      assert.deepEqual(codes({ token, domain: "astronomer.com" }).length, 1);
      for (const timeoutMs of [0, -1, NaN, Infinity, "5"]) assert.throws(() => new AstroTokens({ token, timeoutMs }), TypeError);
      for (const attempts of [0, 1.5, "5"]) assert.throws(() => new AstroTokens({ token, attempts }), TypeError);
      for (const rateLimits of ["no", 0, null]) assert.throws(() => new AstroTokens({ token, rateLimits }), TypeError);
    });

    test("sends the credential and who it is, and follows no redirect", async () => {
      const { astro, sent, sandbox } = astroOn();
      await astro.findToken({ tokenId: "cltoken0" });
      const [{ headers, redirect, method, url, body }] = sent;
      assert.equal(headers.authorization, `Bearer ${sandbox.ownerToken.expose()}`);
      assert.equal(headers["x-astro-client-identifier"], "astro-tokens-js");
      assert.match(headers["x-astro-client-version"], /^\d+\.\d+\.\d+$/);
      assert.match(headers["user-agent"], /^astro-tokens-js\//);
      assert.deepEqual([redirect, method, body], ["manual", "GET", undefined]);
      assert.equal(url, "https://api.astronomer.io/v1/organizations/clorg/tokens/cltoken0");
    });

    test("takes no page to sign in for a deletion, and half a list for no list", async () => {
      const page = '{"tokens": [], "limit": 1000, "offset": 0, "totalCount": 7}';
      const answered = (body) => astroOn(undefined, { fetch: async () => new Response(body), attempts: 1 }).astro;
      const deleted = await rejected(answered("<html>Sign in</html>").deleteToken({ tokenId: "cl" }));
      assert.match(deleted.message, /the answer is not that of a deletion/);
      const found = await rejected(answered(page).findToken({ tokenName: "CI" }));
      assert.equal(found.code, "unverifiable");
      const listed = await rejected(collected(answered(page).tokens()));
      assert.deepEqual([listed.code, listed.detail], ["unverifiable", "Astro says that the list has 7 tokens and listed none"]);
    });

    test("keeps the rate limits, unless that is switched off", async () => {
      const read = (astro, count) => Array.from({ length: count }, () => astro.findToken({ tokenId: "cltoken0" }));
      await Promise.all(read(astroOn(undefined, { rateLimits: false }).astro, 26));
      const { astro } = astroOn();
      const controller = new AbortController();
      const reads = read(astro, 25);
      const last = rejected(astro.findToken({ tokenId: "cltoken0" }, { signal: controller.signal }));
      await Promise.all(reads);
      controller.abort(new Error("the last one still waits"));
      assert.match((await last).message, /still waits/);
    });

    test("has no rate limits to keep with a sandbox in its own process", async () => {
      const sandbox = new Sandbox({ rateLimits: false });
      const astro = new AstroTokens({ token: sandbox.ownerToken, fetch: sandbox.fetch });
      await Promise.all(Array.from({ length: 60 }, () => astro.findToken({ tokenId: "cltoken0" }, { signal: AbortSignal.timeout(900) })));
    });

    test("reads nothing before it has to", async () => {
      const { astro, sandbox } = astroOn();
      for (let number = 0; number < 1050; number++) sandbox.addToken({ name: `t${number}`, role: "ORGANIZATION_MEMBER" });
      const listed = astro.tokens();
      assert.equal(sandbox.requests().length, 0);
      for await (const { name } of listed) if (name === "t10") break;
      assert.equal(sandbox.requests().length, 1);
      assert.equal((await collected(astro.tokens())).length, 1051);
      assert.ok((await rejected(astro.tokens({ workspaceId: "no id" }).next())) instanceof ValidationError);
    });

    test("says what is wrong with the input, and sends nothing", async () => {
      const { astro, sandbox } = astroOn();
      const error = await rejected(astro.createToken({ name: "", role: "ORGANIZATION_OWNR" }));
      assert.deepEqual(error.problems.map(({ field, code }) => `${field}: ${code}`).slice(0, 2), [
        "name: required",
        "role: invalid_role",
      ]);
      for (const input of [undefined, null, [], "cltoken1"]) {
        assert.ok((await rejected(astro.deleteToken(input))) instanceof ValidationError);
      }
      const storeless = await rejected(astro.rotateToken({ tokenId: "t", overlap: true }));
      assert.deepEqual(storeless.problems.map(({ field, code }) => `${field}: ${code}`), ["store: required"]);
      assert.match((await rejected(astro.rotateToken({ tokenId: "t", store() {} }))).message, /overlap/);
      assert.deepEqual(sandbox.requests(), []);
    });

    test("says why Astro refused, and what stands", async () => {
      const { astro } = astroOn();
      const error = await rejected(astro.findToken({ tokenId: "cltoken9" }));
      assert.ok(error instanceof ConversationError && isConversationError(error));
      assert.deepEqual([error.name, error.code, error.work], ["ConversationError", "not_found", "find_token"]);
      assert.ok(error.cause instanceof ApiError && error.cause.status === 404 && error.message.includes(error.detail));
      await astro.createToken(member);
      await astro.createToken(member);
      const ambiguous = await rejected(astro.deleteToken({ tokenName: "CI" }));
      assert.deepEqual(ambiguous.candidates.map(({ id }) => id), ["cltoken1", "cltoken2"]);
    });

    test("repairs a lost answer where it can tell its own token, and touches nothing otherwise", async () => {
      const { astro, sandbox } = astroOn();
      sandbox.fault({ method: "POST", path: "/tokens", effect: "lost_after" });
      const created = await astro.createToken({ ...member, idempotencyKey: "run 7" });
      assert.deepEqual([created.id, created.description, created.mark], ["cltoken1", "", undefined]);
      assert.ok(created.token.expose().length > 0);
      assert.deepEqual(sandbox.tokens().map(({ id }) => id), ["cltoken0", "cltoken1"]);

      sandbox.fault({ method: "POST", path: "/tokens", effect: "lost_after" });
      const error = await rejected(astro.createToken({ ...member, name: "CD" }));
      assert.deepEqual([error.code, error.candidates.map(({ id }) => id)], ["unknown", ["cltoken2"]]);
      assert.deepEqual(sandbox.requests().slice(-2).map(({ method }) => method), ["POST", "GET"]);
    });

    test("finds what deserves a look", async () => {
      const { astro } = astroOn();
      const soon = await astro.createToken(member);
      const never = await astro.findToken({ tokenId: "cltoken0" });
      assert.deepEqual(tokens.findingsOf(soon), []);
      assert.deepEqual(tokens.findingsOf(soon, { expiringWithinDays: 90 }), [{ kind: "expires", days: 90 }]);
      const later = new Date(Date.now() + 91.5 * 86_400_000);
      assert.deepEqual(tokens.findingsOf(soon, { now: later }), [{ kind: "expired", days: 1 }, { kind: "never_used", days: 91 }]);
      assert.ok(tokens.findingsOf(never).some(({ kind, days }) => kind === "never_expires" && days === undefined));
      for (const other of [undefined, {}, "cltoken0"]) assert.throws(() => tokens.findingsOf(other), TypeError);
    });

    test("warns, and a logger that throws costs nobody a secret", async () => {
      const warnings = [];
      const { astro } = astroOn(undefined, { onWarning: ({ code }) => warnings.push(code) });
      await astro.createToken({ ...member, expirationDays: null });
      assert.deepEqual(warnings, ["never_expires"]);
      const throwing = astroOn(undefined, {
        onWarning() {
          throw new Error("the log is full");
        },
      });
      assert.ok((await throwing.astro.createToken({ ...member, expirationDays: null })).token.expose());
    });
  });

  describe(`${way}: failures of the network`, () => {
    const failing = (cause) => ({ fetch: async () => Promise.reject(new TypeError("fetch failed", { cause })), attempts: 1 });
    const coded = (code) => Object.assign(new Error(`connect ${code}`), { code });

    test("before anything was sent leave nothing unclear", async () => {
      const several = Object.assign(new AggregateError([coded("ECONNREFUSED"), coded("ENETUNREACH")]), { code: "ECONNREFUSED" });
      for (const cause of [coded("ENOTFOUND"), coded("ECONNREFUSED"), coded("UND_ERR_CONNECT_TIMEOUT"), several]) {
        const { astro } = astroOn(undefined, failing(cause));
        const error = await rejected(astro.createToken(member));
        assert.deepEqual([error.code, error.unclear], ["unreachable", []]);
        assert.ok(error.cause instanceof TransportError && error.cause.cause.cause === cause && !error.cause.mayHaveArrived);
        assert.match(error.message, new RegExp(cause.code));
      }
    });

    test("after that leave it unclear whether a token was made", async () => {
      const mixed = new AggregateError([coded("ECONNREFUSED"), coded("ECONNRESET")]);
      for (const cause of [coded("ECONNRESET"), coded("UND_ERR_SOCKET"), mixed, undefined]) {
        const { astro } = astroOn(undefined, failing(cause));
        const error = await rejected(astro.createToken(member));
        assert.equal(error.code, "unknown");
        assert.ok(error.unclear.length === 1);
      }
    });

    test("by the time limit are lost answers", async () => {
      const fetch = (_, { signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      const { astro } = astroOn(undefined, { fetch, attempts: 1, timeoutMs: 20 });
      const error = await rejected(astro.findToken({ tokenId: "cltoken0" }));
      assert.match(error.message, /no answer within 20 ms/);
      assert.equal(error.cause.mayHaveArrived, true);
    });

    test("while the body is read are lost answers", async () => {
      const body = () =>
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode('{"id":'));
            controller.error(coded("ECONNRESET"));
          },
        });
      const { astro } = astroOn(undefined, { fetch: async () => new Response(body()), attempts: 1 });
      const error = await rejected(astro.createToken(member));
      assert.deepEqual([error.code, error.unclear.length], ["unknown", 1]);
    });

    test("redirects are told and not followed", async () => {
      const asked = [];
      const server = createServer(({ url, headers }, response) => {
        asked.push([url, headers.authorization]);
        response.writeHead(307, { location: "/elsewhere" }).end();
      });
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        const baseUrl = `http://127.0.0.1:${server.address().port}`;
        const { astro } = astroOn(undefined, { fetch: undefined, baseUrl });
        const error = await rejected(astro.findToken({ tokenId: "cltoken0" }));
        assert.equal(error.cause.status, 307);
        assert.equal(asked.length, 1);
      } finally {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      // What a browser gives in such a case.
      const opaque = Object.defineProperty(Response.error(), "type", { value: "opaqueredirect" });
      const { astro } = astroOn(undefined, { fetch: async () => opaque, attempts: 1 });
      assert.match((await rejected(astro.findToken({ tokenId: "cltoken0" }))).message, /a redirect, which is not followed/);
    });
  });

  describe(`${way}: signals`, () => {
    const reason = new Error("no more");

    test("aborted before: nothing is sent", async () => {
      const { astro, sandbox } = astroOn();
      const signal = AbortSignal.abort(reason);
      assert.equal(await rejected(astro.createToken(member, { signal })), reason);
      assert.equal(await rejected(astro.tokens({}, { signal }).next()), reason);
      assert.deepEqual(sandbox.requests(), []);
    });

    test("aborted on the way: the error says what nobody knows", async () => {
      const { astro, sandbox } = astroOn();
      sandbox.fault({ method: "POST", effect: "delay", ms: 60_000 });
      const controller = new AbortController();
      const created = astro.createToken(member, { signal: controller.signal });
      setTimeout(() => controller.abort(reason), 20);
      const error = await rejected(created);
      assert.deepEqual([error.code, error.cause, error.unclear.length], ["cancelled", reason, 1]);
    });

    test("aborted where nothing stands: it is the reason", async () => {
      const { astro, sandbox } = astroOn();
      sandbox.fault({ method: "GET", effect: "delay", ms: 60_000 });
      const controller = new AbortController();
      const found = astro.findToken({ tokenId: "cltoken0" }, { signal: controller.signal });
      setTimeout(() => controller.abort(reason), 20);
      assert.equal(await rejected(found), reason);
    });

    test("aborted in a wait, and between pages", async () => {
      const { astro, sandbox } = astroOn();
      sandbox.fault({ method: "GET", effect: "status", status: 429, retryAfterS: 60 });
      const controller = new AbortController();
      const found = astro.findToken({ tokenId: "cltoken0" }, { signal: controller.signal });
      setTimeout(() => controller.abort(reason), 20);
      assert.equal(await rejected(found), reason);
      for (let number = 0; number < 1050; number++) sandbox.addToken({ name: `t${number}`, role: "ORGANIZATION_MEMBER" });
      const second = new AbortController();
      const listing = (async () => {
        for await (const token of astro.tokens({}, { signal: second.signal })) if (token.id === "cltoken3") second.abort(reason);
      })();
      assert.equal(await rejected(listing), reason);
    });

    test("aborted while the secret is stored: nothing is deleted, and the secret is kept", async () => {
      const { astro, sandbox } = astroOn();
      const { id } = await astro.createToken(member);
      const controller = new AbortController();
      let value;
      const store = (secret) => {
        value = secret.expose();
        controller.abort(reason);
      };
      const error = await rejected(astro.rotateToken({ tokenId: id, overlap: true, store }, { signal: controller.signal }));
      assert.ok(error instanceof ConversationError, error);
      assert.equal(error.secret.expose(), value);
      assert.deepEqual(error.unclear, []);
      assert.ok(sandbox.tokens().some((token) => token.id === id));
      assert.ok(!asked(sandbox).some((line) => line.startsWith("DELETE")));
    });
  });

  describe(`${way}: Conversation`, () => {
    const sandbox = new Sandbox({ rateLimits: false });
    const session = () => new Session({ organizationId: "clorg" }, { tokenId: "cltoken0", attempts: 2 });

    async function answer(step) {
      const answers = { wait: "waited", prove: "no_store", read_store: "unreadable", store: "stored", page: "next" };
      if (step.type !== "request") return { type: answers[step.type] };
      const headers = { ...step.request.headers, authorization: `Bearer ${sandbox.ownerToken.expose()}` };
      const response = await sandbox.fetch(step.request.url, { ...step.request, headers });
      return { type: "response", status: response.status, headers: response.headers, body: await response.text() };
    }

    test("is driven by a loop of a few lines", async () => {
      const steps = session().start("create_token", member).run();
      let step = steps.next();
      while (!step.done) step = steps.next(await answer(step.value));
      assert.ok(step.value instanceof ApiToken && step.value.token.expose());
    });

    test("takes an Api of any entry", () => {
      for (const { Api } of Object.values(packages)) {
        const started = new Session(new Api({ organizationId: "clother" })).start("find_token", { tokenId: "t" });
        const { request } = started.step({ type: "start" }, 0);
        assert.equal(request.url, "https://api.astronomer.io/v1/organizations/clother/tokens/t");
        assert.deepEqual({ ...request }, { method: "GET", url: request.url, headers: { accept: "application/json" } });
        started.close();
      }
    });

    test("waits for its turn within the rate limits, unless that is switched off", () => {
      const first = (options) => {
        const session = new Session({ organizationId: "clorg" }, options);
        const steps = Array.from({ length: 26 }, () => session.start("find_token", { tokenId: "t" }).step({ type: "start" }, 0));
        return steps.filter(({ type }) => type === "request").length;
      };
      assert.deepEqual([first(), first({ rateLimits: true }), first({ rateLimits: false })], [25, 25, 26]);
      assert.throws(() => new Session({ organizationId: "clorg" }, { rateLimits: "no" }), TypeError);
    });

    test("tells what it is asked for wrongly, and goes on", async () => {
      const started = session().start("find_token", { tokenId: "cltoken0" });
      const step = started.step({ type: "start" }, 0);
      assert.throws(() => started.step({ type: "response", status: 200, body: {} }, 0), /await response\.text\(\)/);
      assert.throws(() => started.step({ type: "waited" }, NaN), TypeError);
      assert.throws(() => started.step({ type: "nonsense" }, 0), /no event `nonsense`/);
      assert.equal(started.step(await answer(step), 0).outcome.id, "cltoken0");
      assert.throws(() => started.step({ type: "start" }, 0), /is over/);
      assert.throws(() => session().start("make_coffee", {}), /no work `make_coffee`/);
      const misused = session().start("find_token", { tokenId: "t" });
      assert.throws(() => misused.step({ type: "waited" }, 0), { code: "misuse" });
      assert.throws(() => misused.step({ type: "start" }, 0), /is over/);
    });

    test("ended early says what stands, where anything does", async () => {
      const quiet = session().start("find_token", { tokenId: "cltoken0" }).run();
      quiet.next();
      assert.deepEqual(quiet.return("over"), { done: true, value: "over" });
      const own = new Error("my own");
      const thrown = session().start("find_token", { tokenId: "cltoken0" }).run();
      thrown.next();
      assert.throws(() => thrown.throw(own), (error) => error === own);
      for (const end of ["return", "throw"]) {
        const steps = session().start("create_token", member).run();
        assert.equal(steps.next().value.type, "prove");
        assert.equal(steps.next({ type: "no_store" }).value.type, "request");
        assert.throws(() => steps[end](own), (error) => {
          assert.deepEqual([error.code, error.unclear.length], ["cancelled", 1]);
          return error.cause === (end === "throw" ? own : undefined);
        });
      }
    });

    test("frees its memory with its last step, its end and its collection", () => {
      const entry = way.includes("cli") ? "cli" : "client";
      const program = `
        const memories = [];
        const { Instance } = WebAssembly;
        WebAssembly.Instance = function (...parts) {
          const instance = new Instance(...parts);
          memories.push(instance.exports.memory);
          return instance;
        };
        const { Session } = require("astro-tokens/${entry}");
        const session = new Session({ organizationId: "clorg" });
        const body = '{"message":"no"}';
        const run = (times) => {
          for (let round = 0; round < times; round++) {
            const refused = session.start("find_token", { tokenId: "cltoken0" });
            refused.step({ type: "start" }, 0);
            try { refused.step({ type: "response", status: 403, body }, 0); } catch {}
            const left = session.start("find_token", { tokenId: "cltoken0" }).run(() => 0);
            left.next();
            left.return();
            session.start("find_token", { tokenId: "cltoken0" }).close();
          }
        };
        run(500);
        const before = memories[0].buffer.byteLength;
        run(20_000);
        console.log(before, memories[0].buffer.byteLength, memories.length);`;
      const options = { cwd: import.meta.dirname, encoding: "utf8" };
      const [before, after, instances] = execFileSync(process.execPath, ["-e", program], options).split(" ").map(Number);
      assert.equal(instances, 1);
      assert.equal(after, before);
    });
  });

  describe(`${way}: secrets of the client`, () => {
    test("are shown by nothing that prints", async () => {
      const sandbox = new Sandbox({ rateLimits: false });
      const astro = new AstroTokens({ token: sandbox.ownerToken, fetch: sandbox.fetch, env: {} });
      const secrets = [sandbox.ownerToken.expose()];
      const created = await astro.createToken(member);
      const store = (secret) => void secrets.push(secret.expose());
      const rotated = await astro.rotateToken({ tokenName: "CI", overlap: true, store });
      sandbox.fault({ method: "DELETE", effect: "status", status: 403 });
      const failed = await rejected(astro.rotateToken({ tokenName: "CI", overlap: true, store }));
      assert.ok(failed.secret instanceof Secret);
      sandbox.fault({ method: "POST", path: "/tokens", effect: "cut_short" });
      const repaired = await astro.createToken({ ...member, name: "repaired", idempotencyKey: "run 7" });
      secrets.push(created.token.expose(), repaired.token.expose());
      const added = sandbox.addToken({ name: "x", role: "ORGANIZATION_MEMBER" });
      secrets.push(added.token.expose());
      for (const value of [created, rotated, failed, repaired, added]) {
        const output = printed(value);
        // The header of a JWT is the same for all of them.
        for (const secret of secrets) for (const part of secret.split(".").slice(1)) assert.ok(!output.includes(part), output);
      }
      for (const value of [astro, sandbox, JSON.stringify(sandbox), sandbox.requests(), sandbox.tokens()]) {
        const output = inspect(value, { depth: Infinity, showHidden: true }) + JSON.stringify(value);
        for (const secret of secrets) for (const part of secret.split(".").slice(1)) assert.ok(!output.includes(part), output);
      }
    });
  });
}

for (const [way, { Sandbox, Secret }] of Object.entries(sandboxPackages)) {
  describe(`${way}: Sandbox`, () => {
    const url = "https://api.astronomer.io/v1/organizations/clorg/tokens";
    const camel = (fields) => Object.fromEntries(Object.entries(fields).map(([name, value]) => [spell(name), value]));

    function checkExchanges({ rate_limits: rateLimits = false, tokens = [], faults = [], exchanges }) {
      let now = Date.parse("2026-11-22T08:40:10.500Z");
      const sandbox = new Sandbox({ rateLimits, now: () => now });
      const secrets = { owner: sandbox.ownerToken.expose() };
      for (const { token, save } of tokens) secrets[save] = sandbox.addToken(camel(token)).token.expose();
      for (const fault of faults) sandbox.fault(camel(fault));
      for (const { method, url, body, as = "owner", after_ms: after = 0, ...expected } of exchanges) {
        now += after;
        const authorization = as === "nobody" ? null : `Bearer ${secrets[as] ?? as}`;
        const content = new TextEncoder().encode(body === undefined ? "" : JSON.stringify(body));
        const { delayMs, response } = sandbox.answer(method, url, authorization, content);
        assert.equal(typeof response === "string" ? response : response.status, expected.status);
        if (expected.delay_ms !== undefined) assert.equal(delayMs, expected.delay_ms);
        if (typeof response === "string") continue;
        const text = new TextDecoder().decode(response.body);
        const answer = expected.answer === undefined && expected.save === undefined ? {} : JSON.parse(text);
        for (const [key, value] of Object.entries(expected.answer ?? {})) assert.deepEqual(answer[key] ?? null, value, key);
        const headers = new Headers(response.headers);
        for (const [name, value] of Object.entries(expected.headers ?? {})) assert.equal(headers.get(name), value);
        if (expected.save !== undefined) secrets[expected.save] = answer.token;
      }
    }

    const bearer = (sandbox) => ({ headers: { authorization: `Bearer ${sandbox.ownerToken.expose()}` } });

    test("answers like fetch", async () => {
      const sandbox = new Sandbox();
      const listed = await sandbox.fetch(new URL(url), bearer(sandbox));
      assert.ok(listed instanceof Response && listed.headers.get("content-type").startsWith("application/json"));
      assert.deepEqual((await listed.json()).tokens.map(({ id }) => id), ["cltoken0"]);
      assert.equal((await sandbox.fetch(new Request(url, bearer(sandbox)))).status, 200);
      assert.equal((await sandbox.fetch(url)).status, 401);
      assert.equal((await sandbox.fetch("https://example.com/")).status, 404);
      const removed = await sandbox.fetch(`${url}/cltoken0`, { method: "DELETE", ...bearer(sandbox) });
      assert.deepEqual([removed.status, await removed.text()], [204, ""]);
      assert.deepEqual(sandbox.tokens(), []);
      assert.deepEqual(sandbox.requests().map(({ status }) => status), [200, 200, 401, 404, 204]);
    });

    test("goes wrong on demand, as fetch does", async () => {
      const sandbox = new Sandbox();
      sandbox.fault({ effect: "not_sent" });
      sandbox.fault({ effect: "lost_after", nth: 2 });
      sandbox.fault({ effect: "status", nth: 3, status: 503, retryAfterS: 7 });
      const code = async () => (await rejected(sandbox.fetch(url, bearer(sandbox)))).cause.code;
      assert.deepEqual([await code(), await code()], ["ECONNREFUSED", "UND_ERR_SOCKET"]);
      const { status, headers } = await sandbox.fetch(url, bearer(sandbox));
      assert.deepEqual([status, headers.get("retry-after")], [503, "7"]);
      sandbox.fault({ effect: "status", status: 500, times: 9 });
      sandbox.clearFaults();
      assert.equal((await sandbox.fetch(url, bearer(sandbox))).status, 200);
      assert.throws(() => sandbox.fault({ effect: "explode" }), { name: "AstroTokensError", message: /`effect` is one of/ });
      sandbox.fault({ effect: "delay", ms: 60_000 });
      const error = await rejected(sandbox.fetch(url, { ...bearer(sandbox), signal: AbortSignal.timeout(20) }));
      assert.equal(error.name, "TimeoutError");
    });

    test("is filled, saved and restored", () => {
      let now = Date.parse("2026-11-22T08:00:00Z");
      const sandbox = new Sandbox({ empty: true, now: () => now, rateLimits: false });
      sandbox.addOrganization("clo", "Mine");
      sandbox.addWorkspace("clo", "clw", "Data");
      sandbox.addDeployment("clw", "cld", "production");
      const role = "WORKSPACE_AUTHOR";
      const token = sandbox.addToken({ name: "CI", role, scope: "WORKSPACE", entityId: "clw", expirationDays: 2 });
      assert.ok(token.token instanceof Secret);
      assert.deepEqual([token.createdAt, token.endAt], [new Date(now), new Date(now + 2 * 86_400_000)]);
      assert.throws(() => sandbox.addToken({ name: "CI" }), { name: "AstroTokensError" });
      const again = new Sandbox({ state: JSON.parse(JSON.stringify(sandbox)), now: () => now });
      assert.deepEqual(again.tokens(), sandbox.tokens());
      assert.deepEqual(new Sandbox({ state: JSON.stringify(sandbox) }).toJSON(), sandbox.toJSON());
      const status = () => again.answer("GET", "/v1/organizations/clo/tokens?workspaceId=clw", `Bearer ${token.token.expose()}`, new Uint8Array()).response.status;
      assert.equal(status(), 200);
      now += 3 * 86_400_000;
      assert.equal(status(), 401);
      assert.throws(() => new Sandbox({ state: "{}" }), { name: "AstroTokensError" });
    });

    for (const expected of exchanges) test(expected.name, () => checkExchanges(expected));

    test("each has a state of its own", () => {
      const [one, other] = [new Sandbox(), new Sandbox()];
      one.addToken({ name: "x", role: "ORGANIZATION_MEMBER" });
      assert.deepEqual([one.tokens().length, other.tokens().length], [2, 1]);
      assert.equal(one.ownerToken.expose(), other.ownerToken.expose());
    });
  });
}
