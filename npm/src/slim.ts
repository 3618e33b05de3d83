/**
 * All of `astro-tokens` without its WebAssembly, for those who host `astro-tokens/core.wasm` themselves.
 *
 * @packageDocumentation
 */

export * from "./index.js";
export { initialize } from "./module.slim.js";
