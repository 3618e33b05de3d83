/**
 * An Astro API in memory, for tests and examples: it answers in place of `fetch`. It is an entry of its own because it
 * comes with a WebAssembly of its own, which nobody needs in production.
 *
 * @packageDocumentation
 */

export { AstroTokensError, isAstroTokensError } from "./errors.js";
export { type Fault, type NewToken, type Reply, Sandbox, type SandboxOptions, type Seen } from "./sandbox-api.js";
export { isSecret, Secret } from "./secret.js";
export type { ApiToken, Extra, Mark, Subject, TokenRole } from "./token.js";
