/** The WebAssembly module of an entry where the runtime compiles nothing itself: its deployment does, from a file beside it. */

import wasm from "../wasm/core_bg.wasm";

/** The module, as the import gives it. */
export function compiled(): WebAssembly.Module {
  return wasm as unknown as WebAssembly.Module;
}
