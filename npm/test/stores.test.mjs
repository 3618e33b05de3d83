// Stores, idempotency keys, and what a run that was killed leaves for the next one.

import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { inspect } from "node:util";
import { printed } from "./cases.mjs";
import { clientPackages, cliPackages, sandboxPackages } from "./packages.mjs";

const [{ Sandbox }] = Object.values(sandboxPackages);
const member = { name: "CI", role: "ORGANIZATION_MEMBER", expirationDays: 90 };
const overlap = { tokenName: "CI", overlap: true };
const hour = 3_600_000;

/** What a promise was rejected with. */
const rejected = (promise) => promise.then(() => assert.fail("it was not rejected"), (error) => error);
const ids = (sandbox) => sandbox.tokens().map(({ id }) => id);
const states = (sandbox) => sandbox.tokens().map(({ mark }) => mark?.state);

// One clock for clients and sandboxes: where the two are apart, nothing is old.
const now = Date.now;
let later = 0;
Date.now = () => now() + later;
afterEach(() => void (later = 0));

/** A store in memory, which can be read. */
class Vault {
  held;
  proofs = 0;

  write(secret, token) {
    assert.ok(!("token" in token));
    this.held = secret;
  }

  read() {
    return this.held;
  }

  prove() {
    this.proofs++;
  }
}

for (const [way, tokens] of Object.entries({ ...clientPackages, ...cliPackages })) {
  const { AstroTokens, NotWritten, Secret, Session } = tokens;

  /** A sandbox with one token and a client on it. */
  async function astroOn(options = {}) {
    const sandbox = new Sandbox({ rateLimits: false });
    const astro = new AstroTokens({ token: sandbox.ownerToken, fetch: sandbox.fetch, env: {}, ...options });
    const { id, token } = sandbox.addToken(member);
    return { sandbox, astro, id, secret: token };
  }

  /** A store whose run is killed as soon as it has written: nothing is sent after that. */
  async function killed(sandbox, { vault, isWritten = true }) {
    let isDead = false;
    const fetch = (url, init) => (isDead ? Promise.reject(new Error("killed")) : sandbox.fetch(url, init));
    const astro = new AstroTokens({ token: sandbox.ownerToken, fetch, env: {}, attempts: 1 });
    const store = (secret, token) => {
      if (isWritten) vault.write(secret, token);
      isDead = true;
    };
    return rejected(astro.rotateToken({ ...overlap, store }));
  }

  describe(`${way}: a store`, () => {
    test("is a function or an object, and gets every secret before anything depends on it", async () => {
      for (const make of [(vault) => vault, (vault) => (...given) => vault.write(...given), (vault) => async (...given) => vault.write(...given)]) {
        const { sandbox, astro } = await astroOn();
        const vault = new Vault();
        const store = make(vault);
        const created = await astro.createToken({ ...member, name: "new", store });
        assert.equal(vault.held.expose(), created.token.expose());
        const cloned = await astro.cloneToken({ tokenName: "new", name: "clone", store });
        assert.equal(vault.held.expose(), cloned.token.expose());
        const rotated = await astro.rotateToken({ ...overlap, store });
        assert.equal(vault.held.expose(), rotated.secret.expose());
        assert.equal((await astro.finishRotation({ tokenName: "CI", store })).token.id, rotated.token.id);
        assert.equal(vault.proofs, typeof store === "function" ? 0 : 3);
        assert.deepEqual(sandbox.tokens().map(({ plainDescription }) => plainDescription).slice(1), ["", "", ""]);
      }
    });

    test("of a wrong shape is refused before anything is sent", async () => {
      const { sandbox, astro } = await astroOn();
      const write = () => {};
      for (const store of [null, 5, "vault", true, {}, [], { write: 5 }, { read: write }, { write, read: 5 }, { write, prove: null }]) {
        const where = { tokenName: "CI", store };
        for (const attempt of [
          astro.createToken({ ...member, store }),
          astro.cloneToken({ ...where, name: "clone" }),
          astro.rotateToken({ ...where, overlap: true }),
          astro.finishRotation(where),
        ]) {
          const error = await rejected(attempt);
          assert.ok(error instanceof TypeError && /`store`/.test(error.message), error);
        }
      }
      assert.deepEqual(sandbox.requests(), []);
      assert.ok((await astro.createToken({ ...member, name: "new", store: undefined })).token.expose());
    });

    test("that cannot be written to is known before anything is sent", async () => {
      const { sandbox, astro } = await astroOn();
      const sealed = new Error("the vault is sealed");
      const store = { write: () => assert.fail("it is not to be written"), prove: () => Promise.reject(sealed) };
      for (const attempt of [astro.createToken({ ...member, store }), astro.rotateToken({ ...overlap, store })]) {
        const error = await rejected(attempt);
        assert.deepEqual([error.code, error.cause], ["not_stored", sealed]);
        assert.match(error.message, /the vault is sealed/);
      }
      assert.deepEqual(sandbox.requests(), []);
    });

    test("that certainly has not written costs the new token alone", async () => {
      class Sealed extends NotWritten {}
      const other = Object.values(way.includes("cli") ? clientPackages : cliPackages)[0].NotWritten;
      for (const NotWritten of [tokens.NotWritten, Sealed, other]) {
        const { sandbox, astro, id } = await astroOn();
        const sealed = new NotWritten("the vault is sealed", { cause: new Error("403") });
        const error = await rejected(astro.rotateToken({ ...overlap, store: () => Promise.reject(sealed) }));
        assert.deepEqual([error.code, error.cause, error.unclear], ["not_stored", sealed, []]);
        assert.deepEqual([ids(sandbox), states(sandbox)], [["cltoken0", id], [undefined, undefined]]);
        const create = await rejected(astro.createToken({ ...member, name: "new", store: { write: () => Promise.reject(sealed) } }));
        assert.deepEqual([create.code, create.cause, ids(sandbox)], ["not_stored", sealed, ["cltoken0", id]]);
      }
    });

    test("that fails may have written: both tokens live, and the error names both", async () => {
      const { sandbox, astro, id, secret } = await astroOn();
      const late = new Error("no answer within 5 s");
      const error = await rejected(astro.rotateToken({ ...overlap, store: () => Promise.reject(late) }));
      assert.deepEqual([error.code, error.cause, ids(sandbox)], ["not_stored", late, ["cltoken0", id, "cltoken2"]]);
      assert.deepEqual(error.candidates.map(({ id, mark }) => [id, mark?.state]), [[id, undefined], ["cltoken2", "pending"]]);
      assert.deepEqual(error.unclear, ["whether the secret of the token `cltoken2` was stored"]);
      assert.deepEqual(error.effects.map(({ action, tokenId, state }) => [action, tokenId, state]), [
        ["create", "cltoken2", "done"],
        ["store", "cltoken2", "unclear"],
      ]);
      assert.deepEqual(error.effects.map(({ text }) => text), [...error.done, ...error.unclear]);
      assert.ok(Object.isFrozen(error.effects) && !error.message.includes(error.secret.expose()));
      for (const token of [secret, error.secret]) {
        const works = new AstroTokens({ token, fetch: sandbox.fetch, env: {} });
        assert.ok((await works.findToken({ tokenId: works.claims.tokenId })).id);
      }
      const create = await rejected(astro.createToken({ ...member, name: "new", store: () => Promise.reject(late) }));
      assert.deepEqual([create.code, create.candidates.map(({ id }) => id)], ["not_stored", ["cltoken3"]]);
      assert.deepEqual(ids(sandbox), ["cltoken0", id, "cltoken2", "cltoken3"]);
    });

    test("that fails with the secret in what it throws does not show it", async () => {
      const circular = (text) => {
        const error = Object.assign(new Error("x"), { config: { headers: {}, retries: [{ data: JSON.stringify({ value: text }) }] } });
        return Object.assign(error, { self: error });
      };
      const wraps = [
        (text) => new Error(text),
        (text) => new NotWritten(text),
        (text) => new Error("x", { cause: new Error(text) }),
        (text) => new Error("x", { cause: new Error("y", { cause: { config: { data: text } } }) }),
        (text) => new AggregateError([new Error("x"), new Error(text)], "y"),
        (text) => Object.assign(new Error("x"), { sent: new Map([["body", text]]) }),
        (text) => Object.assign(new Error("x"), { [Symbol("request")]: { [text]: 1 } }),
        (text) => ({ message: text }),
        circular,
      ];
      for (const wrap of wraps) {
        const { astro } = await astroOn();
        let value;
        const store = (secret) => {
          value = secret.expose();
          throw wrap(`PUT /secrets/${value} failed`);
        };
        const error = await rejected(astro.rotateToken({ ...overlap, store }));
        assert.equal(error.code, "not_stored");
        const shown = error.message.includes("redacted") ? printed(error) : inspect(error, { depth: Infinity, showHidden: true });
        assert.ok(!shown.includes(value) && !("cause" in error));
      }
    });

    test("that cannot be read, whatever it does instead, is one that is not read", async () => {
      const reads = [() => assert.fail("no"), () => Promise.reject(new Error("no")), () => 5, () => Buffer.from("x"), () => ({}), () => Object.create(Secret.prototype)];
      for (const read of reads) {
        const { sandbox, astro, id } = await astroOn();
        const vault = Object.assign(new Vault(), { read });
        assert.equal((await astro.rotateToken({ ...overlap, store: vault })).oldTokenId, id);
        assert.deepEqual(states(sandbox), [undefined, "settled"]);
      }
    });

    test("is left by the caller, whatever it is asked", async () => {
      const reason = new Error("no more");
      const never = () => new Promise(() => {});
      for (const method of ["prove", "read"]) {
        const { sandbox, astro } = await astroOn();
        const controller = new AbortController();
        const asked = [];
        const store = Object.assign(new Vault(), {
          [method]({ signal }) {
            asked.push(signal);
            setTimeout(() => controller.abort(reason), 5);
            return never();
          },
        });
        assert.equal(await rejected(astro.rotateToken({ ...overlap, store }, { signal: controller.signal })), reason);
        assert.deepEqual([asked, sandbox.requests()], [[controller.signal], []]);
      }
    });
  });

  describe(`${way}: a rotation that was killed`, () => {
    test("when the store had the secret is gone on from, where the store can be read", async () => {
      for (const read of [(vault) => vault.held, (vault) => vault.held.expose(), async (vault) => new Secret(vault.held.expose())]) {
        const { sandbox, astro, id } = await astroOn();
        const vault = new Vault();
        await killed(sandbox, { vault });
        assert.deepEqual([ids(sandbox), states(sandbox)], [["cltoken0", id, "cltoken2"], [undefined, undefined, "pending"]]);
        later = 2 * hour;
        vault.read = () => read(vault);
        const next = await astro.rotateToken({ ...overlap, store: vault });
        assert.deepEqual([next.oldTokenId, next.token.id], ["cltoken2", "cltoken3"]);
        assert.deepEqual(next.effects.map(({ action, tokenId }) => `${action} ${tokenId}`), [
          "mark cltoken1",
          "mark cltoken2",
          "create cltoken3",
          "store cltoken3",
          "delete cltoken1",
          "mark cltoken2",
          "mark cltoken3",
          "delete cltoken2",
        ]);
        assert.deepEqual([ids(sandbox), states(sandbox)], [["cltoken0", "cltoken3"], [undefined, "settled"]]);
        assert.equal(vault.held.expose(), next.secret.expose());
        later = 0;
      }
    });

    test("is completed by finishRotation, which reads the store", async () => {
      const { sandbox, astro, id } = await astroOn();
      const vault = new Vault();
      await killed(sandbox, { vault });
      later = 2 * hour;
      const unread = await astro.finishRotation({ tokenName: "CI", store: () => assert.fail("it is not to be written") });
      assert.deepEqual([unread.token.id, unread.effects.map(({ action, tokenId }) => [action, tokenId])], [id, [["leave", "cltoken2"]]]);
      const finished = await astro.finishRotation({ tokenName: "CI", store: vault });
      assert.deepEqual([finished.token.id, finished.oldTokenId, ids(sandbox)], ["cltoken2", id, ["cltoken0", "cltoken2"]]);
      assert.ok(!("secret" in finished));
      assert.deepEqual((await astro.finishRotation({ tokenName: "CI", store: vault })).effects, []);
    });

    test("before that leaves a token that the next one deletes, when it counts as left behind", async () => {
      const { sandbox, astro, id, secret } = await astroOn();
      const vault = new Vault();
      vault.held = secret;
      await killed(sandbox, { vault, isWritten: false });
      const young = await rejected(astro.rotateToken({ ...overlap, store: (secret) => vault.write(secret, {}) }));
      assert.deepEqual([young.code, young.candidates.map(({ id }) => id)], ["conflict", ["cltoken2"]]);
      later = 60_000;
      const rotated = await astro.rotateToken({ ...overlap, leftoverAfter: 30, store: vault });
      assert.deepEqual([rotated.oldTokenId, ids(sandbox)], [id, ["cltoken0", "cltoken3"]]);
    });
  });

  describe(`${way}: an idempotency key`, () => {
    /** Creates with a key, and is killed when the token is made. */
    async function left(sandbox) {
      const fetch = async (url, init) => {
        const response = await sandbox.fetch(url, init);
        if (init.method === "POST") fetch.isDead = true;
        return fetch.isDead ? Promise.reject(new Error("killed")) : response;
      };
      const astro = new AstroTokens({ token: sandbox.ownerToken, fetch, env: {}, attempts: 1 });
      return rejected(astro.createToken({ ...member, name: "new", idempotencyKey: "run 7" }));
    }

    test("tells another client that somebody is at work, and then what was left", async () => {
      const { sandbox, astro, id } = await astroOn();
      assert.equal((await left(sandbox)).code, "unknown");
      const wanted = { ...member, name: "new", idempotencyKey: "run 7" };
      const young = await rejected(astro.createToken(wanted));
      assert.deepEqual([young.code, young.candidates.map(({ id, mark }) => [id, mark.state])], ["conflict", [["cltoken2", "keyed"]]]);
      assert.equal((await astro.createToken({ ...wanted, idempotencyKey: "run 8" })).id, "cltoken3");
      await astro.deleteToken({ tokenId: "cltoken3" });

      later = 2 * hour;
      const warnings = [];
      const warned = new AstroTokens({ token: sandbox.ownerToken, fetch: sandbox.fetch, env: {}, onWarning: ({ code }) => warnings.push(code) });
      assert.equal((await warned.createToken(wanted)).id, "cltoken4");
      assert.deepEqual([warnings, ids(sandbox)], [["leftover_token"], ["cltoken0", id, "cltoken2", "cltoken4"]]);
      const stored = await astro.createToken({ ...wanted, store: new Vault() });
      assert.deepEqual([stored.id, ids(sandbox)], ["cltoken5", ["cltoken0", id, "cltoken4", "cltoken5"]]);
    });

    test("says of a token that is used that it is there already", async () => {
      const { sandbox, astro } = await astroOn();
      let value;
      const store = (secret) => {
        value = secret;
        throw new Error("no answer within 5 s");
      };
      await rejected(astro.createToken({ ...member, name: "new", idempotencyKey: "run 7", store }));
      const used = new AstroTokens({ token: value, fetch: sandbox.fetch, env: {} });
      await used.findToken({ tokenId: used.claims.tokenId });
      const error = await rejected(astro.createToken({ ...member, name: "new", idempotencyKey: "run 7" }));
      assert.deepEqual([error.code, error.candidates.map(({ id }) => id)], ["already_exists", ["cltoken2"]]);
      const { createdBy, lastUsedAt, createdAt } = error.candidates[0];
      assert.deepEqual([createdBy, typeof lastUsedAt, typeof createdAt], ["Owner", "string", "string"]);
    });

    test("is of the client's work, and not of the request", async () => {
      const { astro } = await astroOn();
      assert.throws(() => astro.api.createToken({ ...member, idempotencyKey: "run 7" }), { name: "ValidationError" });
      assert.ok((await rejected(astro.createToken({ ...member, idempotencyKey: 7 }))).problems.length > 0);
      assert.ok((await rejected(astro.findToken({ tokenName: "CI", store: () => {} }))).problems.length > 0);
    });

    test("is of one run alone, whatever Math.random says", async ({ mock }) => {
      mock.method(Math, "random", () => 0.5);
      const runs = new Set();
      for (let round = 0; round < 20; round++) {
        const { sandbox } = await astroOn();
        await left(sandbox);
        const { run, key, state } = sandbox.tokens().at(-1).mark;
        assert.deepEqual([state, key], ["keyed", "04ee297980826e719646754f"]);
        runs.add(run);
      }
      assert.equal(runs.size, 20);
    });
  });

  describe(`${way}: marks`, () => {
    test("are read where they are asked for, and show nowhere else", async () => {
      const { sandbox, astro } = await astroOn();
      const marks = {
        "builds é [astro-tokens: successor of cltoken1, run 00ff, line cltoken1]": { state: "pending", of: "cltoken1", run: "00ff", line: "cltoken1" },
        "builds é [astro-tokens: replaced by clnew until 2026-11-22T12:00:00Z, line clold]": {
          state: "replaced",
          by: "clnew",
          until: new Date("2026-11-22T12:00:00Z"),
          line: "clold",
        },
        "builds é [astro-tokens: line clold]": { state: "settled", line: "clold" },
        "builds é [astro-tokens: key 00ff, run ff00]": { state: "keyed", key: "00ff", run: "ff00" },
      };
      for (const [description, mark] of Object.entries(marks)) {
        const { id } = sandbox.addToken({ ...member, name: "marked", description });
        for (const token of [await astro.findToken({ tokenId: id }), sandbox.tokens().at(-1)]) {
          assert.deepEqual([token.mark, token.plainDescription, token.description], [mark, "builds é", description]);
          assert.ok(!("mark" in token.toJSON()) && !Object.keys(token).includes("mark"));
        }
      }
      const plain = await astro.findToken({ tokenName: "CI" });
      assert.deepEqual([plain.mark, plain.plainDescription], [undefined, plain.description]);
    });
  });

  describe(`${way}: the steps of a store`, () => {
    test("check what they are told, and go on", () => {
      const conversation = new Session({ organizationId: "clorg" }).start("rotate_token", overlap);
      assert.deepEqual(conversation.step({ type: "start" }, 0), { type: "prove" });
      assert.throws(() => conversation.step({ type: "not_proved", message: 5 }, 0), TypeError);
      assert.throws(() => conversation.step({ type: "not_stored", message: "x" }, 0), /`isCertain` of the event has to be a boolean/);
      assert.deepEqual(conversation.step({ type: "proved" }, 0), { type: "read_store" });
      assert.throws(() => conversation.step({ type: "holds", secret: 5 }, 0), /`secret` of the event has to be a string/);
      assert.equal(conversation.step({ type: "holds", secret: null }, 0).type, "request");
      conversation.close();
    });

    test("say that there is none", () => {
      const conversation = new Session({ organizationId: "clorg" }).start("rotate_token", overlap);
      conversation.step({ type: "start" }, 0);
      assert.throws(() => conversation.step({ type: "no_store" }, 0), { name: "ValidationError" });
    });
  });
}
