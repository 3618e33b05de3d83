//! How user input is shown in a message, and what it may have been meant to say.

use std::{fmt::Write, ops::Range};

/// Longer input is cut in messages: a megabyte pasted into a name is not worth repeating.
const SHOWN_CHARACTERS: usize = 60;

/// Longer input is not compared with anything: edit distance takes quadratic time and no valid name is that long.
const COMPARED_BYTES: usize = 64;

/// User input in backticks, fit to be printed: secrets masked, control and direction characters escaped (they could
/// rewrite a terminal), long text cut.
pub(crate) fn shown(input: &str) -> String {
    if input.is_empty() {
        return "the empty string".to_owned();
    }
    if hides_secret(input) {
        return "`eyJ…` (a secret, not shown)".to_owned();
    }
    format!("`{}`", printable(input))
}

/// User input as it can stand in a text, without backticks.
pub(crate) fn printable(input: &str) -> String {
    if hides_secret(input) {
        return "eyJ…".to_owned();
    }
    let mut out = String::with_capacity(input.len().min(SHOWN_CHARACTERS));
    for (position, character) in input.chars().enumerate() {
        if position == SHOWN_CHARACTERS {
            out.push('…');
            break;
        }
        if character.is_control() || is_invisible(character) {
            let _ = write!(out, "{}", character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

/// Line separators, direction marks and zero-width characters: printed as they are, they reorder or hide text.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Whether the text holds the value of an Astro token, which is a JWT: `eyJ`, more base64url, and a dot.
pub(crate) fn looks_like_secret(input: &str) -> bool {
    runs(input).any(|run| is_jwt(&input[run]))
}

/// Whether the text holds what may be a secret or a part of one: then it is not shown.
pub(crate) fn hides_secret(input: &str) -> bool {
    secrets(input).next().is_some()
}

/// Where the text holds what may be secrets: JWTs, also quoted or percent-encoded ones, and parts of one, which are long
/// and look random. Nothing of that is ever shown.
pub(crate) fn secrets(input: &str) -> impl Iterator<Item = Range<usize>> {
    const SHORTEST_PART: usize = 40;
    let looks_random = |run: &str| {
        run.len() >= SHORTEST_PART
            && run.bytes().any(|byte| byte.is_ascii_uppercase())
            && run.bytes().any(|byte| byte.is_ascii_lowercase())
            && run.bytes().any(|byte| byte.is_ascii_digit())
    };
    runs(input).filter(move |run| is_jwt(&input[run.clone()]) || looks_random(&input[run.clone()]))
}

/// The longest stretches of what a JWT is written with, and of what it may be quoted or encoded with.
fn runs(input: &str) -> impl Iterator<Item = Range<usize>> {
    let is_part = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'=' | b'%' | b'\\' | b'\'' | b'"')
    };
    let bytes = input.as_bytes();
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + bytes[from..].iter().position(is_part)?;
        let length = bytes[start..].iter().take_while(|byte| is_part(byte)).count();
        from = start + length;
        Some(start..from)
    })
}

/// Whether a JWT begins somewhere in the stretch: `eyJ` that is no part of a longer word, and a dot behind its header.
fn is_jwt(run: &str) -> bool {
    const SHORTEST_HEADER: usize = 12;
    let bytes = run.as_bytes();
    let mut dot = 0;
    run.match_indices("eyJ").any(|(start, _)| {
        if start > 0 && bytes[start - 1].is_ascii_alphanumeric() {
            return false;
        }
        // The next dot is looked for from where the last look ended, so that the time stays linear.
        dot = dot.max(start);
        while dot < bytes.len() && bytes[dot] != b'.' && !run[dot..].starts_with("%2") {
            dot += 1;
        }
        dot < bytes.len() && dot - start >= SHORTEST_HEADER
    })
}

/// Whether nothing can be seen of the text.
pub(crate) fn is_blank(input: &str) -> bool {
    input.chars().all(|character| character.is_whitespace() || is_invisible(character))
}

/// A value left over from an example: `<deployment-id>`, `<your-token>`.
pub(crate) fn is_placeholder(input: &str) -> bool {
    let inner = input.trim().strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    inner.is_some_and(|inner| {
        inner.starts_with(|first: char| first.is_ascii_alphabetic())
            && inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'_' | b'.'))
    })
}

/// Whether the text itself begins and ends with a quote, straight or typographic: it was quoted twice.
pub(crate) fn is_quoted(input: &str) -> bool {
    let mut characters = input.chars();
    let pair = (characters.next(), characters.next_back());
    matches!(pair, (Some('"'), Some('"')) | (Some('\''), Some('\'')) | (Some('“'), Some('”')) | (Some('‘'), Some('’')))
}

/// The candidate that the input most likely meant, if one is near: the same letters in another case or with other
/// separators, or one or two slips of the finger.
pub(crate) fn nearest<'c>(input: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if input.len() > COMPARED_BYTES {
        return None;
    }
    let wanted = folded(input);
    let slips = (wanted.len() / 4).clamp(1, 2);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&wanted, &folded(candidate)), candidate))
        .filter(|(distance, _)| *distance <= slips)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Upper case, with every separator removed, so that `organization-owner` and `organizationOwner` compare equal. All
/// candidates are ASCII, so the case of other letters does not matter (and its tables stay out of every download).
fn folded(name: &str) -> String {
    let is_separator = |character: &char| character.is_ascii() && !character.is_ascii_alphanumeric();
    name.chars().filter(|character| !is_separator(character)).map(|character| character.to_ascii_uppercase()).collect()
}

/// `` `A`, `B` or `C` ``
pub(crate) fn listed<'c>(names: impl IntoIterator<Item = &'c str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// `a, b and c`
pub(crate) fn listed_plainly(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_is_shown_safely() {
        assert_eq!(shown("CI"), "`CI`");
        assert_eq!(shown("a\u{1b}[2Jb\n\u{202e}c"), "`a\\u{1b}[2Jb\\n\\u{202e}c`");
        assert_eq!(shown(&"é".repeat(61)), format!("`{}…`", "é".repeat(60)));
    }

    #[test]
    fn secrets_are_never_shown() {
        for secret in [
            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            "Bearer eyJhbGciOiJSUzI1NiJ9.e30.x",
            "'eyJhbGciOiJSUzI1NiJ9\\.e30\\.x'",
            "eyJhbGciOiJSUzI1NiJ9%2Ee30%2Ex",
            "hbGciOiJSUzI1NiJ9eyJzdWIiOiIxIn0c2lnbmF0dXJl",
        ] {
            assert!(!shown(secret).contains("hbGci"), "{}", shown(secret));
        }
        assert!(shown("keyJson.token=eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln").contains("not shown"));
        for name in ["eyJustAName", "eyJou.rnal", "keyJournalists.of.the.world"] {
            assert!(!looks_like_secret(name), "{name}");
        }
    }

    #[test]
    fn near_misses_are_found() {
        let names = ["ORGANIZATION_OWNER", "ORGANIZATION_MEMBER"];
        assert_eq!(nearest("ORGANIZATION_OWNR", names), Some("ORGANIZATION_OWNER"));
        assert_eq!(nearest("organization-owner", names), Some("ORGANIZATION_OWNER"));
        assert_eq!(nearest("PIRATE", names), None);
        assert_eq!(nearest("", names), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), names), None);
    }

    #[test]
    fn placeholders_are_recognised() {
        assert!(is_placeholder("<deployment-id>") && is_placeholder("<your token>"));
        assert!(!is_placeholder("<>") && !is_placeholder("<3") && !is_placeholder("a <b>") && !is_placeholder("<a/b>"));
    }

    #[test]
    fn lists_read_like_sentences() {
        assert_eq!(listed(["A"]), "`A`");
        assert_eq!(listed(["A", "B", "C"]), "`A`, `B` or `C`");
        assert_eq!(listed_plainly(&["a", "b", "c"]), "a, b and c");
    }
}
