//! The extension module `astro_tokens._core`: converts what Python gives, calls the core, and converts back.
//!
//! There is no rule of the domain here; see `core/` for those and `python/astro_tokens/` for the package around it.

mod api;
mod arguments;
mod command;
mod errors;
mod request;
mod value;

/// Validates and builds requests for the API tokens of Astro, and reads and writes its command lines.
#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::{
        api::Api,
        command::{Command, correct_command, explain_command, format_command, parse_command},
        request::Request,
    };
}
