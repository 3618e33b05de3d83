// What the runners of the shared cases have in common; the format is described in `tests/vectors/README.md`.

import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { format, inspect } from "node:util";
import { serialize } from "node:v8";

const values = {
  lone_surrogate: "a\ud800",
  huge_integer: 10n ** 30n,
  nan: NaN,
  infinity: Infinity,
  date: new Date(0),
};

/** Names are in snake case; what is in upper case is a word of the API. */
export function camel(name) {
  return name === name.toUpperCase() ? name : name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}

/** For `JSON.parse`: an object of a vector file, or the value that it is written for. */
export function special(_, value) {
  if (value?.$repeat !== undefined) return value.$repeat[0].repeat(value.$repeat[1]);
  return value?.$value === undefined ? value : values[value.$value];
}

/** The same with the keys that JavaScript uses. */
export function spelt(value) {
  if (Array.isArray(value)) return value.map(spelt);
  if (value === null || Object.getPrototypeOf(Object(value)) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, value]) => [camel(key), spelt(value)]));
}

/** Whether these are the expected problems, `expected` as a vector file writes them. */
export function checkProblems(found, expected) {
  assert.ok(Object.isFrozen(found) && found.every(Object.isFrozen));
  const short = ({ code, field, severity }) => ({ code, field, severity });
  assert.deepEqual(
    found.map(short),
    expected.map(({ code, field, severity = "error" }) => ({ code, field: field && camel(field), severity })),
  );
  for (const [index, { names, meant, message: wanted }] of expected.entries()) {
    const { help, message } = found[index];
    assert.ok(message.length > 0);
    if (wanted !== undefined) assert.equal(message, wanted);
    if (names !== undefined) assert.ok(help.includes(`\`${camel(names)}\``), help);
    if (meant !== undefined) assert.equal(help, `did you mean \`${camel(meant)}\`?`);
  }
}

/** Every way in which something is printed, by a program or by a person who looks for a mistake. */
export function printed(value) {
  const lines = [];
  const stdout = new Writable({ write: (chunk, _, done) => done(void lines.push(String(chunk))) });
  const { log, dir, table, error } = new console.Console({ stdout, stderr: stdout });
  log(value);
  log("%o %O %j %s", value, value, value, value);
  error({ nested: [value] });
  table([value]);
  dir(value, { showHidden: true, depth: Infinity });
  for (const customInspect of [true, false]) {
    for (const getters of [true, false]) {
      const everything = { customInspect, getters, showHidden: true, showProxy: true, depth: Infinity, colors: true };
      lines.push(inspect(value, { ...everything, maxStringLength: null, maxArrayLength: null }));
    }
  }
  lines.push(`${value}`, String(value), value + "", format("%s", value));
  lines.push(JSON.stringify(value), JSON.stringify({ value: [value] }, null, 2));
  lines.push(value.stack, value.message, inspect(new Error("outer", { cause: value }), { depth: Infinity }));
  lines.push(inspect(new AggregateError([value]), { depth: Infinity, showHidden: true }));
  lines.push(inspect(structuredClone(value), { depth: Infinity, showHidden: true }));
  lines.push(serialize(structuredClone(value)).toString("latin1"));
  for (const key of Reflect.ownKeys(value)) lines.push(String(key), inspect(value[key], { depth: Infinity }));
  lines.push(JSON.stringify({ ...value }), JSON.stringify(Object.entries(value)), inspect(Object.assign({}, value)));
  assert.ok(lines.length > 20 && lines.join().includes("redacted"));
  return lines.join("\n");
}
