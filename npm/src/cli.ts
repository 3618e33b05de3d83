/**
 * All of `astro-tokens/client`, and the command line: `astro organization token create --name CI …`, read, explained, corrected
 * and written. It is an entry of its own because it comes with a larger WebAssembly, which nobody needs for requests.
 *
 * @packageDocumentation
 */

export * from "./client.js";
export { Api } from "./cli-api.js";
export { AstroTokens, type CommandOptions, type CommandOutcome, Session } from "./cli-session.js";
export {
  Command,
  type CommandObject,
  correctCommand,
  type ExplainOptions,
  explainCommand,
  formatCommand,
  type ParseOptions,
  parseCommand,
} from "./command.js";
