// How time and memory grow with the number of entries, each size in a process of its own; `make bench` runs this.
//
// A machine changes its speed from minute to minute by more than what is looked for. So each size is compared with the
// smallest one in the same process and in turns: once with all entries, and then as often with a thousand as makes as
// many. All that is made is kept to the end: memory that is used for the first time takes a good part of the time, and so
// it does for both.
//
// Without arguments it measures all and prints what `python/bench/table.py` shows; with the name of a work and a size it does
// that once.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Api } from "../dist/batch.js";
import { Api as ClientApi, parseAnswer, Session } from "../dist/client.js";
import { entriesText, pageText } from "./inputs.mjs";
import { now, summary } from "./measure.mjs";

const sizes = [1_000, 10_000, 100_000, 1_000_000];
const smallest = sizes[0];
const pageSize = 200;
const calls = 1_000_000;
/** How many entries are worked on at least, so that small sizes are measured as long as large ones, and how often. */
const atLeast = 1_000_000;
const rounds = 3;
const headers = { "content-type": "application/json" };
const api = new Api({ organizationId: "clorg" });

/** Of the whole process, in KB. Not that of `resourceUsage`, which a process takes over from the one that started it. */
const memory = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync("/proc/self/status", "utf8"))[1]);

const thousand = entriesText().split("\n", 1000).map((line) => `${line}\n`).join("");

/** By their size: memory is slow when it is read for the first time, too. */
const texts = {};

/** Flat, as a text is that was read: what `repeat` makes is put together at its first use. */
function lines(size) {
  const text = thousand.repeat(size / 1000);
  Buffer.from(text.slice(-1));
  return text;
}

/** NDJSON to the bodies of requests; the memory is beside that of the text and the bodies. */
function batch(size) {
  const text = (texts[size] ??= lines(size));
  const start = now();
  const made = api.createTokens(text);
  const elapsed = now() - start;
  assert.equal(made.length, size);
  return { elapsed, made, held: text.length + made.bodies.length };
}

/** Every token of a list, page by page: the conversation that `AstroTokens.tokens` drives, without the network. */
function iteration(size) {
  const template = JSON.stringify({ tokens: pageTokens, limit: pageSize, offset: 0, totalCount: size });
  const conversation = new Session(new ClientApi({ organizationId: "clorg" })).start("tokens", { sorts: ["name:asc"] });
  let [elapsed, seen, page, time] = [0, 0, 0, 1_795_336_810_500];
  for (let event = { type: "start" }; ; ) {
    const start = now();
    const step = conversation.step(event, time);
    if (step.type === "page") for (const { name } of step.page.tokens) seen += Number(name.length > 0);
    elapsed += now() - start;
    if (step.type === "done") break;
    switch (step.type) {
      case "request": {
        const body = template.replaceAll('"clm8token', `"cl${String(page++).padStart(6, "0")}`);
        event = { type: "response", status: 200, headers, body };
        break;
      }
      case "wait":
        time += step.milliseconds;
        event = { type: "waited" };
        break;
      default:
        event = { type: "next" };
    }
  }
  assert.equal(seen, size);
  return { elapsed, held: 0 };
}

const thousandTokens = pageText();
const pageTokens = JSON.parse(thousandTokens).tokens.slice(0, pageSize);

/** As many tokens in pages of 1,000, one after the other. */
function parsing(size) {
  const request = api.listTokens({ limit: 1000 });
  const response = { status: 200, headers, body: thousandTokens };
  const start = now();
  for (let page = 0; page < size / 1000; page++) assert.equal(parseAnswer(request, response).tokens.length, 1000);
  return { elapsed: now() - start, held: 0 };
}

const works = { batch, iteration, parsing };

function measure(work, size) {
  // What the compiler does at first is no part of how time grows.
  const run = works[work];
  for (let warm = 0; warm < 50; warm++) run(smallest);
  const before = memory("VmHWM");
  const { held } = run(size);
  const kb = memory("VmHWM") - before;
  const [times, ratios, kept] = [[], [], []];
  const often = (count, size) => {
    let sum = 0;
    for (let done = 0; done < count; done++) {
      const { elapsed, made } = run(size);
      sum += elapsed;
      kept.push(made);
    }
    return sum;
  };
  for (let round = 0; round < Math.max(rounds, atLeast / size); round++) {
    const large = often(1, size);
    times.push(large / size);
    ratios.push(large / often(size / smallest, smallest));
  }
  return { ns: summary(times).ns, ratio: summary(ratios).ns, kb, held_kb: Math.round(held / 1024) };
}

/** How much larger the process is after a million calls than after a tenth of them, in KB: its heap has found its size then. */
function manyCalls() {
  const wrong = { name: "", role: "WORKSPACE_AUTHR", expirationDays: 0 };
  let before = 0;
  for (let call = 0; call < calls * 1.1; call++) {
    api.createToken({ name: "CI", role: "ORGANIZATION_MEMBER", expirationDays: 90 });
    if (call % 10 === 0) {
      assert.throws(() => api.createToken(wrong));
      api.createTokens([wrong]);
    }
    if (call === calls / 10) before = settled();
  }
  return { kb: Math.round((settled() - before) / 1024) };
}

/** What is in use after garbage is collected, in bytes: the heap, and the memory of WebAssembly. */
function settled() {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const run = (...args) =>
  JSON.parse(execFileSync(process.execPath, ["--expose-gc", fileURLToPath(import.meta.url), ...args.map(String)], { encoding: "utf8" }));

const [work, size] = process.argv.slice(2);
if (work === undefined) {
  const growth = Object.keys(works).flatMap((work) =>
    sizes.map((size) => ({ language: "JavaScript", work, size, ...run(work, size) })),
  );
  console.log(JSON.stringify({ growth, calls: { language: "JavaScript", calls, ...run("calls") } }, undefined, 2));
} else {
  console.log(JSON.stringify(work === "calls" ? manyCalls() : measure(work, Number(size))));
}
