/**
 * All of `astro-tokens`, and `createTokens` for many tokens at once. It is an entry of its own because it comes with a larger
 * WebAssembly, which nobody needs for single requests; `astro-tokens/client` and `astro-tokens/cli` have it, too.
 *
 * @packageDocumentation
 */

export * from "./index.js";
export { Api } from "./batch-api.js";
export { Batch, type BatchEntry, type BatchOptions, type BatchProgress } from "./batches.js";
