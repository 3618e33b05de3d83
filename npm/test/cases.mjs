// What the runners of the shared cases have in common; the format is described in `tests/vectors/README.md`.

import assert from "node:assert/strict";

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
  for (const [index, { names, meant }] of expected.entries()) {
    const { help, message } = found[index];
    assert.ok(message.length > 0);
    if (names !== undefined) assert.ok(help.includes(`\`${camel(names)}\``), help);
    if (meant !== undefined) assert.equal(help, `did you mean \`${camel(meant)}\`?`);
  }
}
