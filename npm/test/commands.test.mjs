// Runs `tests/vectors/commands/*.json`, and what users of commands rely on besides.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { checkProblems, special, spelt } from "./cases.mjs";
import { cliPackages, packages } from "./packages.mjs";

const folder = new URL("../../tests/vectors/commands/", import.meta.url);

/** The problems that the function throws; it has to throw them. */
function problemsOf({ ValidationError }, run) {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ValidationError, error);
    return error.problems;
  }
  assert.fail("nothing was thrown");
}

/** What the case says the spans cover, against what they cover in a string of JavaScript. */
function checkSpans(source, found, expected) {
  for (const [index, { at }] of expected.entries()) {
    if (at === undefined) continue;
    const { span } = found[index];
    const text = span && (span.argument === undefined ? source : source[span.argument]);
    assert.equal(span && text.slice(span.start, span.end), at);
  }
}

function checkFormatted(tokens, command, expected) {
  for (const [shell, line] of Object.entries(expected)) {
    const format = () => tokens.formatCommand(command(), shell);
    if (typeof line === "string") assert.equal(format(), line);
    else checkProblems(problemsOf(tokens, format), line.problems);
  }
}

function checkLine(tokens, source, expected) {
  const { api = { organization_id: "clorg" }, formatted = {}, request, build_problems: buildProblems } = expected;
  const options = spelt(expected.options ?? {});
  if (expected.corrected !== undefined) {
    assert.equal(tokens.correctCommand(source, options), expected.corrected ?? undefined);
  }
  if (expected.explained !== undefined) assert.equal(tokens.explainCommand(source, options), expected.explained);
  if (expected.problems !== undefined) {
    const found = problemsOf(tokens, () => tokens.parseCommand(source, options));
    checkProblems(found, expected.problems);
    checkSpans(source, found, expected.problems);
    return;
  }
  const command = tokens.parseCommand(source, options);
  assert.deepEqual(command.toObject(), spelt(expected.command));
  assert.deepEqual(tokens.Command.fromObject(command.toObject()), command);
  checkProblems(command.warnings, expected.warnings ?? []);
  checkSpans(source, command.warnings, expected.warnings ?? []);
  // What a shell would have replaced is quoted in the line, where it is text that has to obey the rules.
  if (command.warnings.every(({ code }) => code !== "would_expand")) {
    assert.deepEqual(tokens.parseCommand(tokens.formatCommand(command), options), command);
  }
  checkFormatted(tokens, () => command, formatted);
  const build = () => new tokens.Api(spelt(api)).build(command);
  if (buildProblems !== undefined) checkProblems(problemsOf(tokens, build), buildProblems);
  if (request !== undefined) {
    const { method, url, body } = build();
    assert.deepEqual([method, url, JSON.parse(body ?? "null")], [request.method, request.url, request.body]);
  }
}

function check(tokens, expected) {
  const { line, arguments: list, create_request: create, command, api = { organization_id: "clorg" } } = expected;
  if (line !== undefined || list !== undefined) checkLine(tokens, line ?? list, expected);
  else if (create === undefined) checkFormatted(tokens, () => spelt(command), expected.formatted);
  else checkFormatted(tokens, () => new tokens.Api(spelt(api)).createToken(spelt(create)), expected.formatted);
}

for (const [way, tokens] of Object.entries(cliPackages)) {
  for (const file of readdirSync(folder)) {
    describe(`${way}: ${file}`, () => {
      const { cases } = JSON.parse(readFileSync(new URL(file, folder), "utf8"), special);
      for (const expected of cases) test(expected.name, () => check(tokens, expected));
    });
  }
}

const line = "astro workspace token create --name 'My token' --role WORKSPACE_MEMBER -e 30";

for (const [way, tokens] of Object.entries(cliPackages)) {
  const { Api, Command, correctCommand, explainCommand, formatCommand, isValidationError, parseCommand } = tokens;

  describe(way, () => {
    test("a command is plain to print, to compare and to send elsewhere, and cannot be changed", () => {
      const command = parseCommand(line);
      const fields = { operation: "create_token", scope: "WORKSPACE", name: "My token", role: "WORKSPACE_MEMBER", expirationDays: 30 };
      assert.deepEqual(JSON.parse(JSON.stringify(command)), fields);
      assert.equal(command.name, "My token");
      assert.ok(Object.isFrozen(command));
      assert.notDeepEqual(command, parseCommand(line.replace("30", "31")));
      assert.notEqual(command.toObject(), command.toObject());
      assert.throws(() => (command.name = "x"), TypeError);
    });

    test("a line is what it was when it was read", () => {
      const list = ["organization", "token", "create", "--name", "a", "--role", "ORGANIZATION_OWNER"];
      const command = parseCommand(list);
      list[4] = "b";
      assert.match(new Api({ organizationId: "clorg" }).build(command).body, /"name":"a"/);
    });

    test("an Api with a current Workspace", () => {
      const api = new Api({ organizationId: "clorg", workspaceId: "clws" });
      assert.equal(api.workspaceId, "clws");
      assert.equal("deploymentId" in api, false);
      assert.match(api.build(parseCommand(line)).body, /"entityId":"clws"/);
      assert.match(api.build(parseCommand(line).toObject()).body, /"entityId":"clws"/);
      assert.equal(api.getToken({ tokenId: "t" }).method, "GET");
    });

    test("the warnings of a line go along with its request", () => {
      const command = parseCommand("astro organization token create --name '\"CI\"' --role ORGANIZATION_OWNER");
      const codes = ({ warnings }) => warnings.map(({ code }) => code).sort();
      assert.deepEqual(codes(command), ["never_expires", "surrounding_quotes"]);
      assert.deepEqual(codes(new Api({ organizationId: "clorg" }).build(command)), codes(command));
      const strict = new Api({ organizationId: "clorg", strict: true });
      assert.throws(() => strict.build(command), isValidationError);
      const expands = parseCommand("astro organization token create --name $CI --role ORGANIZATION_OWNER -e 1");
      assert.deepEqual(codes(new Api({ organizationId: "clorg" }).build(expands)), ["would_expand"]);
    });

    test("what is no command is a ValidationError, whatever it is", () => {
      for (const wrong of [undefined, null, 5, {}, new Date(0), Symbol("x"), [1], [["x"]], "a\ud800", ["a\ud800", "b"]]) {
        for (const run of [parseCommand, explainCommand, correctCommand]) assert.throws(() => run(wrong), isValidationError);
        assert.throws(() => formatCommand(wrong), isValidationError);
        assert.throws(() => new Api({ organizationId: "clorg" }).build(wrong), isValidationError);
        assert.throws(() => Command.fromObject(wrong), isValidationError);
      }
      assert.throws(() => formatCommand(parseCommand(line), "fish"), isValidationError);
      assert.throws(() => formatCommand(new Api({ organizationId: "clorg" }).listTokens()), isValidationError);
    });

    test("a halved pair at the border of two arguments is no character", () => {
      assert.throws(() => parseCommand(["organization", "token", "list", "\ud83d", "\ude80"]), isValidationError);
    });

    test("options are booleans, and nothing else is taken for one", () => {
      for (const options of [{ strict: "true" }, { strict: 1 }, { allowUnknownRoles: {} }]) {
        assert.throws(() => parseCommand(line, options), { name: "TypeError", message: /strict|allowUnknownRoles/ });
      }
      assert.equal(parseCommand(line, { strict: undefined }).name, "My token");
      assert.equal(parseCommand(line, null).name, "My token");
    });

    test("a request of the main entry has a command, too", () => {
      const api = new packages.import.Api({ organizationId: "clorg" });
      const request = api.createToken({ name: "CI", role: "ORGANIZATION_OWNER", expirationDays: 1 });
      assert.match(formatCommand(request), /--name CI/);
    });

    test("colours are asked for", () => {
      assert.doesNotMatch(explainCommand("astro"), /\u001b/);
      assert.match(explainCommand("astro", { color: true }), /\u001b\[1;31merror:/);
    });

    test("long and nasty lines end quickly and leave the library usable", () => {
      for (const piece of ['"', "'", "\\", "$(", "`", "“", "–n ", "a|b ", "--name a b ", "🚀"]) {
        assert.throws(() => parseCommand(`astro organization token create ${piece.repeat(50_000)}`), isValidationError);
      }
      assert.equal(parseCommand(line).name, "My token");
    });
  });
}
