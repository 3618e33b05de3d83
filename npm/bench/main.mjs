// The rows of JavaScript: `make bench` runs this and makes one table of all languages.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { Api as BatchApi } from "../dist/batch.js";
import { parseAnswer } from "../dist/client.js";
import { Api } from "../dist/index.js";
import { entriesText, pageText } from "./inputs.mjs";
import { measure, summary } from "./measure.mjs";
import { batch, body, create, page } from "./peers.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const listed = (times) => Object.entries(times).map(([name, time]) => ({ name, ...time }));
const api = new Api({ organizationId: "clorg" });

function createRow() {
  // One thousand in turn, so that nobody is measured on what is in a cache.
  const entries = entriesText().split("\n", 1000).map((line) => JSON.parse(line));
  const bodies = entries.map((entry) => JSON.parse(body(entry)));
  for (const entry of entries) {
    for (const peer of Object.values(create)) assert.equal(peer(entry), api.createToken(entry).body);
  }
  return measure({
    "astro-tokens": (n) => api.createToken(entries[n % 1000]).body,
    zod: (n) => create.zod(entries[n % 1000]),
    ajv: (n) => create.ajv(entries[n % 1000]),
    valibot: (n) => create.valibot(entries[n % 1000]),
    "JSON.stringify": (n) => JSON.stringify(bodies[n % 1000]),
  });
}

function batchRow() {
  const text = entriesText();
  const api = new BatchApi({ organizationId: "clorg" });
  const entries = text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  for (const peer of Object.values(batch)) assert.equal(peer(text), api.createTokens(text).bodies);
  return measure({
    "astro-tokens": () => api.createTokens(text).bodies.length,
    "astro-tokens, of objects": () => api.createTokens(entries).bodies.length,
    zod: () => batch.zod(text).length,
    ajv: () => batch.ajv(text).length,
    valibot: () => batch.valibot(text).length,
  });
}

function pageRow() {
  const text = pageText();
  const request = api.listTokens({ limit: 1000 });
  const ours = () => parseAnswer(request, { status: 200, headers: { "content-type": "application/json" }, body: text });
  for (const peer of Object.values(page)) assert.equal(touched(peer(text)), touched(ours()));
  return measure({
    "astro-tokens": () => touched(ours()),
    zod: () => touched(page.zod(text)),
    ajv: () => touched(page.ajv(text)),
  });
}

/** Reads of every token what a list shows, so that nobody gains by leaving work for later. */
function touched({ tokens }) {
  let sum = 0;
  for (const { id, name, scope, endAt, roles } of tokens) {
    sum += id.length + name.length + scope.length + endAt.getTime() + roles[0].role.length;
  }
  return sum;
}

/** Milliseconds that a new Node takes above one that does nothing, in nanoseconds. */
function importRow(rounds = 9) {
  const programs = {
    nothing: "",
    "astro-tokens": `import { Api } from ${JSON.stringify(here("../dist/index.js"))};
      new Api({ organizationId: "clorg" }).createToken({ name: "CI", role: "ORGANIZATION_MEMBER", expirationDays: 9 });`,
    zod: `import { z } from ${JSON.stringify(here("node_modules/zod/index.js"))}; z.object({ name: z.string() }).parse({ name: "CI" });`,
    ajv: `import { Ajv } from ${JSON.stringify(here("node_modules/ajv/dist/ajv.js"))}; new Ajv().compile({ type: "object" })({});`,
  };
  const times = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, program] of Object.entries(programs)) {
      const last = "const { user, system } = process.cpuUsage(); console.log((user + system) * 1000);";
      const out = execFileSync(process.execPath, ["--input-type=module", "--eval", program + last], { encoding: "utf8" });
      times[name].push(Number(out));
    }
  }
  const bare = summary(times.nothing).ns;
  delete times.nothing;
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, summary(values.map((ns) => ns - bare))]));
}

/** Bytes over the wire, compressed with gzip. */
async function sizeRow() {
  const script = async (options) => (await build({ bundle: true, minify: true, format: "esm", write: false, ...options })).outputFiles[0].contents;
  const size = (...files) => ({ bytes: files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0) });
  const peer = (code) => script({ stdin: { contents: code, resolveDir: here(".") } });
  // The module as a file beside the script, not in its text.
  const ours = readFileSync(here("../dist/index.js"), "utf8").replace(/"AGFzb[^"]*"/, '""');
  return {
    "astro-tokens": size(await script({ stdin: { contents: ours } }), readFileSync(here("../wasm/core_bg.wasm"))),
    zod: size(await peer('export { z } from "zod"')),
    ajv: size(await peer('export { Ajv } from "ajv"')),
  };
}

const rows = [
  { language: "JavaScript", row: "create one", times: listed(createRow()) },
  { language: "JavaScript", row: "20,000 entries from NDJSON to NDJSON", times: listed(batchRow()) },
  { language: "JavaScript", row: "parse a list page of 1,000 tokens", times: listed(pageRow()) },
  { language: "JavaScript", row: "import to first request", times: listed(importRow()) },
  { language: "JavaScript", row: "bytes over the wire", times: listed(await sizeRow()) },
];
console.log(JSON.stringify(rows, undefined, 2));
