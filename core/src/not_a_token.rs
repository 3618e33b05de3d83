//! What a value looks like that should have been the secret of a token and is not. Nothing of it is ever shown.

use crate::{
    Code,
    report::Report,
    text::{is_blank, is_invisible, is_placeholder, listed_plainly},
};

/// What is wrong with a value, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Fault {
    pub(crate) fn new(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Fault { code, message: message.into(), help: help.into() }
    }

    fn not_a_token(message: &str, help: &str) -> Self {
        Fault::new(Code::NotAToken, message, help)
    }

    pub(crate) fn report(self, report: &mut Report, field: &str) {
        report.push(self.code, Some(field.to_owned()), None, self.message, self.help);
    }
}

const ALONE: &str = "give the token alone, which begins with `eyJ` and has neither spaces nor quotes";
const WHERE: &str = "Astro shows the value of a token once, when it is created or rotated";

/// Whether the value can be what an `authorization` header carries: something, and nothing around it or inside of it
/// that came along when it was pasted.
pub(crate) fn check_alone(value: &str) -> Result<(), Fault> {
    if is_blank(value) {
        let help = "a variable or secret may be empty where this runs; ".to_owned() + WHERE;
        return Err(Fault::new(Code::NotAToken, "the token is empty", help));
    }
    let (inner, around) = unwrapped(value);
    if is_placeholder(inner) {
        let message = "the token is a placeholder from an example";
        return Err(Fault::new(Code::Placeholder, message, format!("put the value of a token in its place; {WHERE}")));
    }
    if inner.starts_with(['$', '%']) || inner.contains("{{") {
        let help = "set the variable, and use no single quotes where a shell shall replace it";
        return Err(Fault::not_a_token("the token is the name of a variable, not its value", help));
    }
    let is_mask = |character| matches!(character, '*' | '•' | '●');
    if inner == "[redacted]" || inner.contains(['…', '•']) || inner.contains("...") || inner.chars().all(is_mask) {
        let message = "the token is masked or shortened, as logs and pages show it";
        return Err(Fault::not_a_token(message, &format!("give all of it; {WHERE}")));
    }
    if !around.is_empty() {
        let message = format!("there is more than the token: {}", listed_plainly(&around));
        return Err(Fault::new(Code::NotAToken, message, ALONE));
    }
    if inner.contains(char::is_whitespace) {
        let message = "there is white space inside of the token, as where its lines were wrapped";
        return Err(Fault::not_a_token(message, ALONE));
    }
    if !inner.bytes().all(|byte| byte.is_ascii_graphic()) {
        let message = "the token holds characters that no token has";
        return Err(Fault::not_a_token(message, "copy it anew, from a page or file of plain text"));
    }
    Ok(())
}

/// The value without what people paste with it, and what that was, in the order in which it is read.
fn unwrapped(value: &str) -> (&str, Vec<&'static str>) {
    const PREFIXES: &[(&str, &str)] = &[
        ("authorization:", "the name of the header"),
        ("bearer ", "`Bearer`"),
        ("export ", "`export`"),
        ("astro_api_token=", "the name of the variable"),
    ];
    let is_space = |character: char| character.is_whitespace() || character.is_control() || is_invisible(character);
    let is_quote = |character| matches!(character, '"' | '\'' | '`' | '“' | '”' | '‘' | '’');
    let (mut inner, mut around) = (value, Vec::new());
    loop {
        let spaces = inner.trim_matches(is_space);
        let quotes = inner.trim_matches(is_quote);
        let prefix = PREFIXES
            .iter()
            .find(|(prefix, _)| inner.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)));
        let (rest, what) = if spaces.len() < inner.len() {
            (spaces, if inner.contains(['\n', '\r']) { "a line break" } else { "white space" })
        } else if quotes.len() < inner.len() {
            (quotes, "quotes")
        } else if let Some((prefix, what)) = prefix {
            (&inner[prefix.len()..], *what)
        } else {
            return (inner, around);
        };
        // The space behind a prefix belongs to it.
        let belongs = what == "white space" && !around.is_empty();
        if !belongs && !around.contains(&what) {
            around.push(what);
        }
        inner = rest;
    }
}

/// The fault of a value that is no JWT.
pub(crate) fn no_jwt(value: &str) -> Fault {
    let is_alphanumeric = value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_base64url = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if value.starts_with("eyJ") {
        return damaged();
    }
    if has_shape_of_id(value) {
        let help = format!("give the value that begins with `eyJ`; {WHERE}");
        return Fault::not_a_token("this is an id, not the value of a token", &help);
    }
    // Source: the client id and client secret that Auth0 makes, which the key pair was.
    if (value.len() == 32 && is_alphanumeric) || (value.len() == 64 && is_base64url) {
        let message = "this looks like a part of the key pair of an old Deployment API key";
        return Fault::not_a_token(message, KEY_PAIR_HELP);
    }
    let help = format!("an API token has three parts with dots between them and begins with `eyJ`; {WHERE}");
    Fault::not_a_token("this is not an Astro API token", &help)
}

/// What to do where a key pair is given.
pub(crate) const KEY_PAIR_HELP: &str =
    "such keys stopped working in June 2024; create an API token with `astro deployment token create`";

/// The fault of a JWT that cannot be read.
pub(crate) fn damaged() -> Fault {
    let help = format!("copy all of it, three parts with dots between them; {WHERE}");
    Fault::not_a_token("the token is cut short or damaged", &help)
}

/// The fault of a JWT without permissions.
pub(crate) fn no_permissions() -> Fault {
    let help =
        "create an API token with `astro organization token create` or one of its kin; a login serves its user alone";
    Fault::not_a_token("this is a JWT without permissions, such as a user's login, not an API token", help)
}

/// The fault of a JWT whose permissions are not Astro's.
pub(crate) fn no_organization() -> Fault {
    let help = "check that the value belongs to Astro, and not to another service";
    Fault::not_a_token("this is a JWT whose permissions name no Organization, not an Astro API token", help)
}

/// Whether the value has the shape of a cuid, as Astro's ids have, or of a UUID.
fn has_shape_of_id(value: &str) -> bool {
    let is_cuid = value.len() == 25
        && value.starts_with('c')
        && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_uuid = value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    is_cuid || is_uuid
}
