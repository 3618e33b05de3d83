// The same inputs for every language: `python/bench/inputs.py` writes them where all three read them.

import { readFileSync } from "node:fs";

const folder = new URL("../../target/bench/", import.meta.url);
const read = (name) => readFileSync(new URL(name, folder), "utf8");

/** 20,000 entries as lines of JSON, in the names of JavaScript. */
export const entriesText = () => read("entries.camel.ndjson");
/** A list page of 1,000 tokens, as Astro answers. */
export const pageText = () => read("page.json");
