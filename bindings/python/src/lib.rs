//! The extension module `astro_tokens._core`: converts what Python gives, calls the core, and converts back.
//!
//! There is no rule of the domain here; see `core/` for those and `python/astro_tokens/` for the package around it.

mod answers;
mod api;
mod arguments;
mod batch;
mod claims;
mod command;
mod conversation;
mod errors;
mod json;
mod outcomes;
mod program;
mod request;
mod response;
mod sandbox;
mod secret;
mod time;
mod value;

/// Validates and builds requests for the API tokens of Astro, reads the answers, and reads and writes its command lines.
#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::{
        answers::{ApiToken, Subject, SubjectRoles, TokenPage, TokenRole},
        api::Api,
        batch::Batch,
        claims::{Claims, Credential, base_url_of_domain, credential_from_env, inspect_token},
        command::{Command, correct_command, explain_command, format_command, parse_command},
        conversation::{Conversation, Event, Session, Step},
        outcomes::{Finding, RoleChange, RoleDiff, Rotation, TokenUpdate},
        program::Program,
        request::Request,
        response::Response,
        sandbox::{Reply, Sandbox},
        secret::Secret,
    };

    /// The version of this package.
    #[pyo3::pyfunction]
    fn version() -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}
