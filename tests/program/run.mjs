// Runs commands on the host in Node, in one process: the file of the first argument lists them, and what came of each is
// printed as JSON.

import { readFileSync } from "node:fs";
import { run } from "../../npm/dist/program.js";

async function outcome({ args, env, now_ms }) {
  const written = ["", "", ""];
  const write = (descriptor, text) => {
    written[descriptor] += text;
  };
  const exit = await run({ args, env, write, now: () => now_ms });
  return { exit, stdout: written[1], stderr: written[2] };
}

const outcomes = [];
for (const one of JSON.parse(readFileSync(process.argv[2], "utf8"))) outcomes.push(await outcome(one));
process.stdout.write(JSON.stringify(outcomes));
