//! Findings: what is wrong with a request, in one shape for every language.

use std::{borrow::Cow, fmt};

use serde::Serialize;

/// One code per line: variant, what it is called in every language, and when it is reported.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// The stable name of a kind of problem.
        ///
        /// Match on this rather than on messages, which may be reworded in any release.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)+
        }

        impl Code {
            /// Every code, errors first.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// The code as it is written in every language: `too_long`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $name,)+ }
            }

            /// When the code is reported, in a sentence or two.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(Code::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

codes! {
    /// A name, role, id or list is missing, or blank after trimming.
    Required = "required",
    /// A name has over 256 characters, or a description over 500 (Unicode scalar values).
    TooLong = "too_long",
    /// A control character in a name, role or id; in a description all but newline and tab.
    ControlCharacter = "control_character",
    /// The text holds a lone surrogate, half of a character.
    InvalidUnicode = "invalid_unicode",
    /// The value is not of the type that the field takes.
    WrongType = "wrong_type",
    /// A line of NDJSON is not JSON.
    InvalidJson = "invalid_json",
    /// The caller wrote a key that does not exist.
    UnknownField = "unknown_field",
    /// The value is not one of an enumeration: scope, kind, sort, entity type, API version.
    InvalidValue = "invalid_value",
    /// Astro has no such Organization or Workspace role.
    InvalidRole = "invalid_role",
    /// A predefined role of another kind of entity.
    RoleScopeMismatch = "role_scope_mismatch",
    /// An expiration outside 1 to 3650 days, or a limit or offset that the list does not take.
    OutOfRange = "out_of_range",
    /// The number is not whole.
    NotAnInteger = "not_an_integer",
    /// The scope and the ids contradict each other.
    ConflictingScope = "conflicting_scope",
    /// An id holds characters that Astro's ids do not have, or more than 64 of them.
    InvalidId = "invalid_id",
    /// The base URL is not an HTTPS origin (loopback apart) with an optional path.
    InvalidUrl = "invalid_url",
    /// The chosen version of the API does not have this.
    UnsupportedInVersion = "unsupported_in_version",
    /// The roles lack the one on the entity of the token's own scope.
    MissingPrimaryRole = "missing_primary_role",
    /// Two roles on one entity.
    DuplicateGrant = "duplicate_grant",
    /// A token of this scope cannot hold a role on that entity.
    ScopeForbidsGrant = "scope_forbids_grant",
    /// An Organization role on another Organization than the token's own.
    OrganizationMismatch = "organization_mismatch",
    /// A placeholder such as `<deployment-id>` was left in.
    Placeholder = "placeholder",
    /// A name, description, role, DAG id or tag holds the secret value of a token.
    SecretInText = "secret_in_text",
    /// A quote is never closed.
    UnterminatedQuote = "unterminated_quote",
    /// Bare words follow the value of a name, description or role: `--name My token`.
    UnquotedValue = "unquoted_value",
    /// Typographic quotes, pasted from a document.
    SmartQuote = "smart_quote",
    /// A typographic dash in place of `-`, pasted from a document.
    NotADash = "not_a_dash",
    /// An unquoted pipe, semicolon, ampersand, parenthesis, redirection or line break.
    ShellSyntax = "shell_syntax",
    /// There is no such command on tokens.
    UnknownCommand = "unknown_command",
    /// The command does not have this flag.
    UnknownFlag = "unknown_flag",
    /// A flag is given twice.
    DuplicateFlag = "duplicate_flag",
    /// A flag that takes a value has none.
    MissingValue = "missing_value",
    /// The value of a flag is neither true nor false.
    NotABoolean = "not_a_boolean",
    /// A word that the command does not take.
    UnexpectedArgument = "unexpected_argument",
    /// Two parts of a command contradict each other.
    ConflictingArguments = "conflicting_arguments",
    /// The command takes several requests.
    NeedsConversation = "needs_conversation",
    /// The shell cannot carry the value: a line break or `%` in `cmd`, NUL anywhere.
    UnquotableValue = "unquotable_value",
    /// The value is not that of an API token: empty, cut short, quoted, an id, or the login of a user.
    NotAToken = "not_a_token",
    /// The token has expired.
    ExpiredToken = "expired_token",
    /// The only credential that is set is the key pair, which stopped working in June 2024.
    RetiredCredential = "retired_credential",
    /// Warning: no expiration was given, so the token never expires.
    NeverExpires = "never_expires",
    /// Warning: one document allows 365 days for a Deployment token, the API 3650.
    AboveDocumentedLimit = "above_documented_limit",
    /// Warning: a custom role is close to a predefined one.
    PossibleTypo = "possible_typo",
    /// Warning: a name or description itself begins and ends with a quote.
    SurroundingQuotes = "surrounding_quotes",
    /// Warning: `$NAME`, `$(...)` or backquotes outside single quotes, which a shell would have replaced.
    WouldExpand = "would_expand",
    /// Warning: a DAG role on a token that is not an Organization token.
    DagRoleScope = "dag_role_scope",
    /// Warning: removing a role leaves narrower roles behind, on Deployments of the Workspace or DAGs of the Deployment.
    OrphanedGrants = "orphaned_grants",
    /// Warning: a role that this release does not know, let through by `allow_unknown_roles`.
    UnknownRole = "unknown_role",
    /// Warning: a token that is changed was replaced by another one, or the one that it replaced still lives.
    ReplacedToken = "replaced_token",
    /// Warning: an earlier run has left a token behind, whose secret nobody is known to have.
    LeftoverToken = "leftover_token",
    /// Warning: roles of a token that was cloned do not fit where the clone is.
    RolesNotCloned = "roles_not_cloned",
    /// Warning: another credential is set as well and not used.
    UnusedCredential = "unused_credential",
}

impl Code {
    /// How severe the code is by itself; `strict` turns warnings into errors.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Code::Required
            | Code::TooLong
            | Code::ControlCharacter
            | Code::InvalidUnicode
            | Code::WrongType
            | Code::InvalidJson
            | Code::UnknownField
            | Code::InvalidValue
            | Code::InvalidRole
            | Code::RoleScopeMismatch
            | Code::OutOfRange
            | Code::NotAnInteger
            | Code::ConflictingScope
            | Code::InvalidId
            | Code::InvalidUrl
            | Code::UnsupportedInVersion
            | Code::MissingPrimaryRole
            | Code::DuplicateGrant
            | Code::ScopeForbidsGrant
            | Code::OrganizationMismatch
            | Code::Placeholder
            | Code::SecretInText
            | Code::UnterminatedQuote
            | Code::UnquotedValue
            | Code::SmartQuote
            | Code::NotADash
            | Code::ShellSyntax
            | Code::UnknownCommand
            | Code::UnknownFlag
            | Code::DuplicateFlag
            | Code::MissingValue
            | Code::NotABoolean
            | Code::UnexpectedArgument
            | Code::ConflictingArguments
            | Code::NeedsConversation
            | Code::UnquotableValue
            | Code::NotAToken
            | Code::ExpiredToken
            | Code::RetiredCredential => Severity::Error,
            Code::NeverExpires
            | Code::AboveDocumentedLimit
            | Code::PossibleTypo
            | Code::SurroundingQuotes
            | Code::WouldExpand
            | Code::DagRoleScope
            | Code::OrphanedGrants
            | Code::UnknownRole
            | Code::ReplacedToken
            | Code::LeftoverToken
            | Code::RolesNotCloned
            | Code::UnusedCredential => Severity::Warning,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a problem stops the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is built or sent.
    Error,
    /// The request is built; the warning travels beside it.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A half-open range of a command line, or of one of a list of arguments: `start` is in it, `end` is not.
///
/// It counts in the units of the host's strings: bytes in Rust, code points in Python, UTF-16 units in JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// The position of the argument in the list, where the command was a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argument: Option<usize>,
    /// Where the range begins.
    pub start: usize,
    /// Where it has ended.
    pub end: usize,
}

/// One finding.
///
/// Its text is `field: message`, with the advice on a line of its own; see [`ValidationError`] for all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What kind of problem it is.
    pub code: Code,
    /// Whether it stops the request.
    pub severity: Severity,
    /// Where it is, spelt as the caller spells it: `expiration_days`, `roles[1].entityId`. `None`: the whole input.
    pub field: Option<String>,
    /// What is wrong: starts in lower case, no final period, user input in backticks.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Which part of a command line it is about.
    pub span: Option<Span>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.severity == Severity::Warning {
            f.write_str("warning: ")?;
        }
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        write!(f, "{} ({})", self.message, self.code)?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

/// How many problems the text of an error shows: more than any request has, and less than would fill a log where each of
/// many entries has the same one.
const SHOWN_PROBLEMS: usize = 100;

/// The caller's mistake: nothing was built and nothing was sent, or in a conversation nothing was changed.
///
/// Its text names every problem, so that one run is enough to mend them all:
///
/// ```
/// use astro_tokens::{Api, CreateToken, Operation};
///
/// let api = Api::new("clorg")?;
/// let error = CreateToken::new("", "ORGANIZATION_OWNR").expiration_days(30).request(&api).unwrap_err();
/// assert_eq!(error.to_string(), "\
/// create_token has 2 problems, nothing was sent
/// name: a name is required (required)
///   help: give the token a name, at most 256 characters
/// role: `ORGANIZATION_OWNR` is not an Organization role (invalid_role)
///   help: did you mean `ORGANIZATION_OWNER`?");
/// # Ok::<(), astro_tokens::ValidationError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ValidationError {
    pub(crate) subject: Cow<'static, str>,
    /// What the caller can rely on: "nothing was sent".
    pub(crate) stands: &'static str,
    /// All that was found, warnings too, in the order of the fields. At least one is an error.
    pub problems: Vec<Problem>,
}

impl ValidationError {
    /// The text of an error with so many problems about something that was not sent, of which these are the first: for
    /// bindings that keep problems as objects of their own language.
    #[must_use]
    pub fn text(subject: &str, problems: usize, first: impl IntoIterator<Item = impl fmt::Display>) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = write_all(&mut text, subject, problems, "nothing was sent", first.into_iter());
        text
    }
}

impl fmt::Display for ValidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_all(f, &self.subject, self.problems.len(), self.stands, self.problems.iter())
    }
}

fn write_all(
    to: &mut impl fmt::Write,
    subject: &str,
    count: usize,
    stands: &str,
    problems: impl Iterator<Item = impl fmt::Display>,
) -> fmt::Result {
    let plural = if count == 1 { "" } else { "s" };
    write!(to, "{subject} has {count} problem{plural}, {stands}")?;
    for problem in problems.take(SHOWN_PROBLEMS) {
        write!(to, "\n{problem}")?;
    }
    match count.saturating_sub(SHOWN_PROBLEMS) {
        0 => Ok(()),
        more => write!(to, "\nand {more} more, in the `problems` of this error"),
    }
}
