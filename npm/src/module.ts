/**
 * The WebAssembly module of an entry, embedded in it: nothing has to be found, fetched or awaited. `module.slim.ts` and
 * `module.workerd.ts` take this file's place in the entries of these names, see `build.mjs`.
 */

import wasm from "../wasm/core_bg.wasm";
import { bytesOf } from "./base64.js";

let module: WebAssembly.Module | undefined;

/** The module, compiled at its first use. */
export function compiled(): WebAssembly.Module {
  return (module ??= new WebAssembly.Module(bytesOf(wasm)));
}
