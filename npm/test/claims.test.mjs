// Runs `tests/vectors/claims/*.json`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import { checkProblems, special, spelt } from "./cases.mjs";
import { clientPackages, cliPackages } from "./packages.mjs";

const folder = new URL("../../tests/vectors/claims/", import.meta.url);
const casesOf = (file) => JSON.parse(readFileSync(new URL(`${file}.json`, folder), "utf8"), special).cases;

/** What stands in the values of these cases and never in an output. */
const secrets = /c2lnb|hunter2|eyJh|Zm9v|Ab1/;

function tokenOf({ payload, written = "{}", token }) {
  if (payload === undefined) return token;
  const encoded = Buffer.from(JSON.stringify(payload)).toString("base64url");
  return written.replaceAll("{}", `eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.${encoded}.c2lnbmF0dXJl`);
}

/** Checks what the work throws; a field of an environment is not spelt otherwise. */
function checkThrown({ ValidationError }, work, expected) {
  assert.throws(work, (error) => {
    assert.ok(error instanceof ValidationError, error);
    assert.ok(!secrets.test(inspect(error, { depth: Infinity }) + JSON.stringify(error)));
    checkTexts(error.problems, expected);
    return true;
  });
}

function checkTexts(found, expected) {
  checkProblems(found, expected);
  for (const [index, { says = "" }] of expected.entries()) assert.ok(found[index].message.includes(says), found[index].message);
}

for (const [way, tokens] of Object.entries({ ...clientPackages, ...cliPackages })) {
  describe(`${way}: inspect.json`, () => {
    for (const expected of casesOf("inspect")) {
      test(expected.name, () => {
        const { now = "2026-11-22T08:40:10Z", problems, claims } = expected;
        const inspected = () => tokens.inspectToken(tokenOf(expected), new Date(now));
        if (problems !== undefined) return checkThrown(tokens, inspected, problems);
        // What is null there is absent here.
        const said = Object.fromEntries(Object.entries(spelt(claims)).filter(([, value]) => value !== null));
        const withDates = inspected();
        assert.ok(withDates.expiresAt === undefined || withDates.expiresAt instanceof Date);
        assert.deepEqual(JSON.parse(JSON.stringify(withDates)), said);
        assert.deepEqual(tokens.inspectToken(new tokens.Secret(tokenOf(expected)), Date.parse(now)), withDates);
      });
    }
  });

  describe(`${way}: hosts.json`, () => {
    for (const { name, domain, base_url: baseUrl, problems } of casesOf("hosts")) {
      test(name, () => {
        if (problems !== undefined) return checkThrown(tokens, () => tokens.baseUrlOfDomain(domain), problems);
        assert.equal(tokens.baseUrlOfDomain(domain), baseUrl);
      });
    }
  });

  describe(`${way}: credentials.json`, () => {
    for (const { name, env, source, warnings = [], problems } of casesOf("credentials")) {
      test(name, () => {
        if (problems !== undefined) return checkThrown(tokens, () => tokens.credentialFromEnv(env), problems);
        const credential = tokens.credentialFromEnv(env);
        assert.deepEqual([credential.source, credential.token.expose()], [source, env[source]]);
        checkTexts(credential.warnings, warnings);
        assert.ok(!secrets.test(inspect(credential, { depth: Infinity }) + JSON.stringify(credential)));
      });
    }
  });
}
