/**
 * All of `astro-tokens/client` without its WebAssembly, for those who host `astro-tokens/client.wasm` themselves.
 *
 * @packageDocumentation
 */

export * from "./client.js";
export { initialize } from "./module.slim.js";
