// Runs `tests/vectors/conversations/*.json`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { camel, checkProblems, special, spelt } from "./cases.mjs";
import { clientPackages, cliPackages, sandboxPackages } from "./packages.mjs";

const [{ Sandbox }] = Object.values(sandboxPackages);
const file = new URL("../../tests/vectors/conversations/conversations.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8"), special);

const start = Date.parse("2026-11-22T08:40:10.500Z");
/** The clock of the sandbox is ahead of the caller's, as little as both can be right: nothing may depend on their being equal. */
const ahead = 2 * 60 * 1000;

const flat = (fields) => Object.fromEntries(Object.entries(fields).map(([name, value]) => [camel(name), value]));

/** Drives a conversation on a sandbox and remembers what went over the line. */
class World {
  now = start - 86_400_000;
  sandbox = new Sandbox({ rateLimits: false, now: () => this.now });
  stored = [];
  pages = [];

  constructor({ tokens = [], faults = [], work, store, holds }) {
    const hasStore = store !== undefined || holds !== undefined || work === "rotate_token";
    this.store = hasStore ? (store ?? "written") : "none";
    this.isReadable = holds !== undefined;
    for (const { minutes_ago: minutes = 24 * 60, ...token } of tokens) {
      this.now = start - minutes * 60_000;
      const added = this.sandbox.addToken(flat(token));
      if (added.id === holds) this.held = added.token;
    }
    for (const fault of faults) this.sandbox.fault(flat(fault));
    this.now = start;
  }

  answer(step) {
    switch (step.type) {
      case "request":
        return this.#send(step.request);
      case "wait":
        this.now += step.milliseconds;
        return { type: "waited" };
      case "prove":
        if (this.store === "not_proved") return { type: "not_proved", message: "the vault is sealed" };
        return { type: this.store === "none" ? "no_store" : "proved" };
      case "read_store":
        return this.isReadable ? { type: "holds", secret: this.stored.at(-1) ?? this.held } : { type: "unreadable" };
      case "store":
        assert.ok(!("token" in step.token));
        if (this.store !== "written") {
          return { type: "not_stored", message: "the vault is sealed", isCertain: this.store === "not_written" };
        }
        this.stored.push(step.secret);
        return { type: "stored" };
      case "page":
        this.pages.push(step.page.tokens.map(({ id }) => id));
        return { type: "next" };
    }
  }

  #send({ method, url, body = "" }) {
    this.now += 40;
    const authorization = `Bearer ${this.sandbox.ownerToken.expose()}`;
    const { response } = this.sandbox.answer(method, url, authorization, new TextEncoder().encode(body));
    this.now += 40;
    if (typeof response !== "string") return { type: "response", ...response };
    return { type: "failed", message: "no answer", mayHaveArrived: response === "lost" };
  }

  /** The outcome, or the error that it failed with. */
  talk(conversation) {
    try {
      const steps = conversation.run(() => this.now - ahead);
      let step = steps.next();
      while (!step.done) step = steps.next(this.answer(step.value));
      return step.value;
    } catch (error) {
      return error;
    }
  }
}

function checkRequests(world, { requests, faults = [] }) {
  const lost = faults.some(({ effect }) => effect === "not_sent") ? "not_sent" : "lost";
  const sent = world.sandbox.requests().map(({ method, path, status }) => {
    const [, behind] = path.split("/clorg/");
    return [method, behind.replace(/^tokens/, ""), status ?? lost].filter((part) => part !== "").join(" ");
  });
  assert.deepEqual(sent, requests);
}

function checkFailure(tokens, error, { code, cause, candidates, ...expected }) {
  assert.ok(error instanceof tokens.ConversationError, error);
  assert.equal(error.code, code);
  if (typeof expected.help === "string") expected.help = expected.help.replace(/`\w+`/g, camel);
  for (const [name, value] of Object.entries(flat(expected))) assert.deepEqual(error[name] ?? null, value, name);
  if (candidates !== undefined) assert.deepEqual(error.candidates.map(({ id }) => id), candidates);
  if (cause?.status !== undefined) assert.equal(error.cause.status, cause.status);
}

function checkEffects({ effects }, expected) {
  if (expected === undefined) return;
  assert.deepEqual(effects.map(({ action, tokenId, state }) => [action, tokenId ?? null, state]), expected);
}

function check(tokens, expected) {
  const { Session, ValidationError } = tokens;
  const { work, input, caller = "cltoken0", failure, problems, pages, stored = 0, has_secret: hasSecret = false } = expected;
  const session = new Session({ organizationId: "clorg" }, { tokenId: caller ?? undefined });
  if (problems !== undefined) {
    const world = new World(expected);
    let error;
    try {
      error = world.talk(session.start(work, spelt(input), 0));
    } catch (thrown) {
      error = thrown;
    }
    assert.ok(error instanceof ValidationError, error);
    checkProblems(error.problems, problems);
    return checkRequests(world, { requests: [], ...expected });
  }
  const world = new World(expected);
  const conversation = session.start(work, spelt(input), 0);
  const outcome = world.talk(conversation);
  checkRequests(world, expected);
  if (failure !== undefined) {
    checkFailure(tokens, outcome, failure);
  } else if (expected.outcome === null || expected.outcome === undefined) {
    assert.equal(outcome, undefined);
  } else {
    const json = JSON.parse(JSON.stringify(outcome));
    for (const [name, value] of Object.entries(expected.outcome)) assert.deepEqual(json[name] ?? null, value, name);
    checkEffects(outcome, expected.effects);
  }
  const secret = outcome?.secret ?? (outcome instanceof Error ? undefined : (outcome?.token?.token ?? outcome?.token));
  assert.equal(tokens.isSecret(secret), hasSecret);
  assert.equal(world.stored.length, stored);
  if (pages !== undefined) assert.deepEqual(world.pages, pages);
  const warnings = outcome instanceof Error ? outcome.warnings : conversation.warnings;
  checkProblems(warnings, expected.warnings ?? []);
}

for (const [way, tokens] of Object.entries({ ...clientPackages, ...cliPackages })) {
  describe(`${way}: conversations.json`, () => {
    for (const expected of cases) test(expected.name, () => check(tokens, expected));
  });
}

for (const [way, { Api, AstroTokens, parseCommand, Session }] of Object.entries(cliPackages)) {
  describe(`${way}: the conversations of commands`, () => {
    const parsed = (line) => parseCommand(line);

    test("run as any other", () => {
      const world = new World({ store: "written" });
      const session = new Session({ organizationId: "clorg", workspaceId: "clws" }, { tokenId: "cltoken0" });
      const line = "astro workspace token create --name CI --role WORKSPACE_MEMBER --expiration 3";
      assert.ok(world.talk(session.startCommand(parsed(line))).token.expose());
      const [added] = [world.talk(session.startCommand(parsed("astro organization token update cltoken0 --new-name Me")))];
      assert.deepEqual(added.changed, ["name"]);
      assert.equal(world.talk(session.startCommand(parsed("astro workspace token list"))), undefined);
      assert.deepEqual(world.pages, [["cltoken1"]]);
      const options = { overlap: true, keepOld: 60 };
      const rotated = world.talk(session.startCommand(parsed("astro workspace token rotate cltoken1"), options));
      assert.deepEqual([rotated.oldTokenId, world.stored.length], ["cltoken1", 2]);
      assert.ok(rotated.oldKeptUntil instanceof Date);
      const api = new Api({ organizationId: "clorg" });
      const found = world.talk(api.start({ operation: "list_token_roles", scope: "ORGANIZATION", tokenId: "cltoken0" }));
      assert.equal(found.name, "Me");
      assert.throws(() => session.startCommand(parsed("astro workspace token list"), { overlap: "false" }), TypeError);
      for (const wrong of [{ keepOld: "60" }, { leftoverAfter: 1.5 }, { idempotencyKey: 5 }, { idempotencyKey: "\ud800" }]) {
        assert.throws(() => session.startCommand(parsed("astro workspace token list"), wrong), TypeError);
      }
      assert.throws(() => api.start(parsed("astro workspace token list")), { name: "ValidationError" });
    });

    test("are run by the client", async () => {
      const sandbox = new Sandbox({ rateLimits: false });
      const astro = new AstroTokens({ token: sandbox.ownerToken, fetch: sandbox.fetch, env: {} });
      const line = "organization token create --name CI --role ORGANIZATION_MEMBER --expiration 3";
      const stored = [];
      const store = { write: (secret) => stored.push(secret.expose()) };
      const { id, token } = await astro.run(parsed(line), { store, idempotencyKey: "run 7" });
      assert.deepEqual([stored, sandbox.tokens().at(-1).mark], [[token.expose()], undefined]);
      assert.deepEqual((await astro.run(parsed("organization token list"))).map(({ name }) => name), ["Owner", "CI"]);
      const rotate = parsed("organization token rotate --name CI");
      await assert.rejects(astro.run(rotate, { overlap: true }), { name: "ValidationError", message: /needs a store/ });
      for (const command of [rotate, parsed("organization token list")]) {
        await assert.rejects(astro.run(command, { store }), { name: "TypeError", message: /`store` is about/ });
      }
      await assert.rejects(astro.run(rotate, { overlap: true, store: {} }), { name: "TypeError", message: /`write`/ });
      const rotated = await astro.run(rotate, { overlap: true, leftoverAfter: 60, store: (secret) => stored.push(secret.expose()) });
      assert.deepEqual([stored.at(-1), rotated.oldTokenId], [rotated.secret.expose(), id]);
      assert.equal(await astro.run(parsed("organization token delete --name CI")), undefined);
    });
  });
}
