//! Everything about the API tokens of [Astro](https://www.astronomer.io/docs/astro), Astronomer's managed Airflow,
//! and nothing that touches the world: no sockets, no clock, no environment.
//!
//! An operation is a value. It says everything that is wrong with it at once, before anything is sent, and builds the
//! exact HTTP request, which any client can send:
//!
//! ```
//! use astro_tokens::{Api, CreateToken, Operation};
//!
//! let api = Api::new("clorg")?;
//! let request = CreateToken::new("CI", "WORKSPACE_MEMBER").workspace_id("clws").expiration_days(30).request(&api)?;
//!
//! assert_eq!(request.method().as_str(), "POST");
//! assert_eq!(request.url(), "https://api.astronomer.io/v1/organizations/clorg/tokens");
//! assert!(request.warnings().is_empty());
//! # Ok::<(), astro_tokens::ValidationError>(())
//! ```
//!
//! | operation | value |
//! |---|---|
//! | create a token | [`CreateToken`] |
//! | list tokens, one page | [`ListTokens`] |
//! | read one token | [`GetToken`] |
//! | change name and description | [`UpdateToken`] |
//! | replace all roles | [`UpdateTokenRoles`] |
//! | replace the secret | [`RotateToken`] |
//! | delete a token | [`DeleteToken`] |
//!
//! What they share is the [`Api`]; what is wrong is a [`ValidationError`] with [`Problem`]s, each with a stable [`Code`];
//! what Astro refused is an [`ApiError`]. The value of a token is a [`Secret`], which no output shows.
//!
//! Work that takes several requests, such as a rotation that loses no secret, is a state machine of the module
//! [`conversation`], which lends itself to any HTTP client, blocking or not. [`inspect`] says what a token is for without a
//! request, [`Credential`] which one an environment provides, and [`Audit`] which tokens deserve a look.
//!
//! | feature | what it adds |
//! |---|---|
//! | `cli` | the command lines of the Astro CLI: read, explained, corrected and written |
//! | `sandbox` | an Astro API in memory to try all this on, the `Sandbox` |
//! | `program` | the command `astro-tokens` itself, for a host that lends it the world |
//! | `http` | a [`Request`] becomes that of any HTTP client, and its answer a [`Response`] |
//! | `jiff`, `chrono`, `time` | a [`Timestamp`] becomes a time of these crates, and back |

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod answer;
mod api;
mod api_error;
mod audit;
mod base64url;
mod base_url;
mod batch;
mod batch_progress;
mod claims;
#[cfg(feature = "cli")]
mod command;
pub mod conversation;
mod conversions;
mod credential;
mod domain;
mod fields;
mod grants;
mod json;
mod mark;
mod ndjson;
mod not_a_token;
mod open;
mod operations;
mod plain;
mod plain_page;
mod problem;
#[cfg(feature = "program")]
mod program;
mod report;
mod request;
mod response;
mod roles;
#[cfg(feature = "sandbox")]
mod sandbox;
mod secret;
mod spelling;
mod text;
mod texts;
mod timestamp;
mod token;
mod value;
mod vocabulary;

pub use answer::Answer;
pub use api::{Api, ApiOptions, ApiVersion};
pub use api_error::{ApiError, FieldError};
pub use audit::{Audit, Finding};
pub use batch::{Batch, BatchCursor, BatchEntry};
pub use batch_progress::BatchProgress;
pub use claims::{Claims, inspect};
#[cfg(feature = "cli")]
pub use command::{
    Command, CommandOperation, CommandOptions, CommandParser, Shell, Source, Units, format_command, parse_command,
};
pub use credential::Credential;
pub use domain::base_url_of_domain;
pub use grants::Grant;
pub use mark::Mark;
pub use open::{Enumeration, Word};
pub use operations::{
    CreateToken, DeleteToken, GetToken, Kind, ListTokens, Operation, OperationKind, RotateToken, UpdateToken,
    UpdateTokenRoles,
};
pub use problem::{Code, Problem, Severity, Span, ValidationError};
#[cfg(feature = "program")]
pub use program::{Host, Program, ProgramEvent, ProgramStep};
pub use request::{Method, Request};
pub use response::Response;
pub use roles::{EntityType, Scope};
#[cfg(feature = "sandbox")]
pub use sandbox::{Fault, FaultEffect, InvalidState, NewToken, Reply, ReplyOutcome, Sandbox, Seen};
pub use secret::Secret;
pub use spelling::Spelling;
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use token::{ApiToken, Extra, Subject, SubjectRoles, TokenPage, TokenRole, TokenTimes};
pub use value::Value;
pub use vocabulary::Vocabulary;

#[cfg(all(doctest, feature = "cli", feature = "sandbox"))]
#[doc = include_str!("../README.md")]
struct Page;

#[cfg(all(doctest, feature = "cli", feature = "sandbox"))]
#[doc = include_str!("../../README.md")]
struct Readme;
