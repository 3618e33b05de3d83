// The literal types and the inputs have to be what `core/vocabulary.json` says, no less and no more.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Api } from "astro-tokens";

const here = import.meta.dirname;
const vocabulary = JSON.parse(readFileSync(join(here, "../../core/vocabulary.json"), "utf8"));

const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
const pascal = (name) => camel(`_${name}`);
const union = (words) => words.map((word) => JSON.stringify(word)).join(" | ");

test("each operation has a method", () => {
  const methods = Object.getOwnPropertyNames(Api.prototype).filter((name) => name !== "constructor");
  assert.deepEqual(methods.sort(), Object.keys(vocabulary.operations).map(camel).sort());
});

test("literal types and inputs are those of the vocabulary", () => {
  const { codes, roles, entity_types, scopes, kinds, sorts, api_versions, operations, conversations, failures, effect_actions, effect_states, ...commands } =
    vocabulary;
  const expected = {
    ProblemCode: codes.map(({ code }) => code),
    Severity: [...new Set(codes.map(({ severity }) => severity))],
    OrganizationRole: roles.ORGANIZATION,
    WorkspaceRole: roles.WORKSPACE,
    DeploymentRole: roles.DEPLOYMENT,
    DagRole: roles.DAG,
    EntityType: entity_types,
    Scope: scopes,
    Kind: kinds,
    Sort: sorts,
    ApiVersion: api_versions,
    CommandOperation: commands.command_operations,
    Shell: commands.shells,
    Work: Object.keys(conversations),
    FailureCode: failures.map(({ code }) => code),
    'Effect["action"]': effect_actions,
    'Effect["state"]': effect_states,
    "keyof t.Works": Object.keys(conversations),
    "keyof t.CommandObject": commands.command_fields.map(camel),
  };
  assert.deepEqual(roles.DAG_TAG, roles.DAG);
  for (const [name, fields] of Object.entries(operations)) expected[`keyof t.${pascal(name)}Input`] = fields.map(camel);

  for (const [work, fields] of Object.entries(conversations)) {
    expected[`keyof t.Works["${work}"]["input"]`] = fields.map(camel);
  }

  const lines = ['import type * as t from "astro-tokens/cli";', "type Same<A, B> = [A, B] extends [B, A] ? true : false;"];
  for (const [type, words] of Object.entries(expected)) {
    const found = type.startsWith("keyof") ? type : `t.${type}`;
    lines.push(`true satisfies Same<${found}, ${union(words)}>;`);
    // The comparison itself has to notice a word too many.
    lines.push(`false satisfies Same<${found}, ${union([...words, "?"])}>;`);
  }
  // Inside of the package, where its name stands for itself.
  const folder = mkdtempSync(join(here, "vocabulary-"));
  try {
    writeFileSync(join(folder, "check.ts"), lines.join("\n"));
    writeFileSync(join(folder, "tsconfig.json"), '{ "extends": "../tsconfig.json", "include": ["check.ts"] }');
    const tsc = join(here, "../node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "--noEmit", "--project", folder], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
