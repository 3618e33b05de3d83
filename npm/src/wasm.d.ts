/** The build embeds the WebAssembly module in the JavaScript, see `build.mjs`. */
declare module "*.wasm" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
