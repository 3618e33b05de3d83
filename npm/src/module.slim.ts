/** The WebAssembly module of an entry that comes without one. */

import { AstroTokensError } from "./errors.js";

let module: WebAssembly.Module | undefined;

/**
 * Gives this entry its WebAssembly: `astro-tokens/core.wasm` for `astro-tokens/slim`, `astro-tokens/client.wasm` for
 * `astro-tokens/slim/client`, of this very release. Once, before anything else is used.
 *
 * ```js
 * initialize(await WebAssembly.compileStreaming(fetch("/static/core.wasm")));
 * ```
 *
 * @param source The module, or its bytes.
 * @throws {WebAssembly.CompileError} for bytes that are no WebAssembly.
 */
export function initialize(source: WebAssembly.Module | BufferSource): void {
  module = source instanceof WebAssembly.Module ? source : new WebAssembly.Module(source);
}

/** The module. */
export function compiled(): WebAssembly.Module {
  if (module === undefined) throw new AstroTokensError("there is no WebAssembly yet; call `initialize` first");
  return module;
}
