//! Generates the JavaScript glue of the WebAssembly binding.
//!
//! `wasm-bindgen`'s command has to equal the version of the `wasm-bindgen` crate. As a member of the
//! workspace this program shares its lock file, so the two cannot differ and nothing is installed globally.

use std::{env, path::PathBuf};

use anyhow::Context;
use wasm_bindgen_cli_support::Bindgen;

/// Usage: `astro-tokens-wasm-bindgen INPUT.wasm OUTPUT_FOLDER`.
fn main() -> anyhow::Result<()> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let input = arguments.next().context("the first argument is the .wasm file to read")?;
    let output = arguments.next().context("the second argument is the folder to write to")?;
    // The `bundler` glue takes the instance from its caller: it loads nothing and has no `import.meta.url`
    // that would make a bundler ship the file a second time.
    Bindgen::new().input_path(input).out_name("core").bundler(true)?.typescript(true).generate(output)
}
