// Every command line in the documents of Astro, with what comes of it. Nothing is sent.

import { readFileSync } from "node:fs";
import { Api, explainCommand, isValidationError, parseCommand } from "astro-tokens/cli";

const documents = new URL("../../tests/vectors/commands/documents.json", import.meta.url);

/** What the function returns, or the problems that it throws. */
function attempt(run) {
  try {
    return [run(), []];
  } catch (error) {
    if (!isValidationError(error)) throw error;
    return [undefined, error.problems];
  }
}

const api = new Api({ organizationId: "clorg", workspaceId: "clws", deploymentId: "cldep" });
for (const { name, line } of JSON.parse(readFileSync(documents, "utf8")).cases) {
  console.log(`\n# ${name}\n${line.trim()}`);
  process.stdout.write(explainCommand(line));
  const [command] = attempt(() => parseCommand(line));
  if (command === undefined) continue;
  console.log("command:", JSON.stringify(command.toObject()));
  const [request, [problem]] = attempt(() => api.build(command));
  if (request) console.log("request:", request.method, request.url, request.body ?? "");
  else console.log(`${problem.message} (${problem.code})\n  help: ${problem.help}`);
}
