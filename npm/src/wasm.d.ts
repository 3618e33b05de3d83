/** The build embeds the WebAssembly module in the JavaScript as base64, but for `workerd`, see `build.mjs`. */
declare module "*.wasm" {
  const base64: string;
  export default base64;
}
