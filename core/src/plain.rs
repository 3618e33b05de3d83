//! A first look at a text, which is the only one that nearly every text needs: each byte is looked up once, and where
//! nothing suspicious turns up, no rule of [`crate::texts`] can find a fault and JSON has nothing to escape.

/// What a byte may be a sign of.
mod sign {
    /// Neither space nor letter nor digit nor harmless punctuation: the text has to be read.
    pub(super) const STRANGE: u8 = 1;
    /// It may begin a pair of quotes, or a secret.
    pub(super) const SUSPICIOUS: u8 = 2;
    /// Nothing that an id may hold.
    pub(super) const FOREIGN_TO_IDS: u8 = 4;
    /// Something can be seen.
    pub(super) const VISIBLE: u8 = 8;
    /// Escaped in JSON. Source: RFC 8259, section 7.
    pub(super) const ESCAPED: u8 = 16;
}

const SIGNS: [u8; 256] = {
    let mut signs = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let character = byte as u8;
        signs[byte] = match character {
            b'a'..=b'z' | b'A'..=b'I' | b'K'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => sign::VISIBLE,
            // `eyJ` begins every secret.
            b'J' => sign::VISIBLE | sign::SUSPICIOUS,
            b'\'' => sign::VISIBLE | sign::SUSPICIOUS | sign::FOREIGN_TO_IDS,
            b' ' => sign::FOREIGN_TO_IDS,
            // `<` begins a placeholder.
            b'<' => sign::STRANGE | sign::FOREIGN_TO_IDS,
            b'"' | b'\\' | 0..=0x1f => sign::STRANGE | sign::FOREIGN_TO_IDS | sign::ESCAPED,
            b'!'..=b'~' => sign::VISIBLE | sign::FOREIGN_TO_IDS,
            0x7f..=0xff => sign::STRANGE | sign::FOREIGN_TO_IDS,
        };
        byte += 1;
    }
    signs
};

fn signs(text: &str) -> u8 {
    text.bytes().fold(0, |seen, byte| seen | SIGNS[usize::from(byte)])
}

/// Whether the text is printable ASCII that is neither blank nor quoted nor a placeholder nor holds a secret. `false`
/// says nothing: a closer look may find nothing wrong.
pub(crate) fn is_plain(text: &str) -> bool {
    let seen = signs(text);
    seen & (sign::STRANGE | sign::VISIBLE) == sign::VISIBLE
        && (seen & sign::SUSPICIOUS == 0 || (!text.starts_with('\'') && !text.contains("eyJ")))
}

/// The longest id. Astro's are cuids of 25 characters today; the rest is room for ids of another form.
pub(crate) const ID_CHARACTERS: usize = 64;

/// Whether the text can be an id of Astro, in input and in answers alike: it has the characters of ids, at least one of
/// them and not too many. Ids become a part of URLs and of commands.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() <= ID_CHARACTERS && signs(text) & (sign::FOREIGN_TO_IDS | sign::VISIBLE) == sign::VISIBLE
}

/// Whether the text stands in JSON as it is.
pub(crate) fn is_plain_json(text: &str) -> bool {
    signs(text) & sign::ESCAPED == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::{is_blank, is_placeholder, is_quoted, looks_like_secret};

    /// Texts of the pieces that rules look for.
    fn texts() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            prop::sample::select(vec![
                "<",
                ">",
                "'",
                "\"",
                "eyJ",
                "abcdefghijkl.",
                " ",
                "\n",
                "J",
                "\\",
                "é",
                "\u{7f}"
            ])
            .prop_map(str::to_owned),
            "[ -~]{0,4}",
            any::<char>().prop_map(String::from),
        ];
        prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_rule_finds_a_fault_in_plain_text(text in texts()) {
            if is_plain(&text) {
                prop_assert!(text.bytes().all(|byte| matches!(byte, b' '..=b'~')));
                prop_assert!(!is_blank(&text) && !is_placeholder(&text) && !is_quoted(&text));
                prop_assert!(!looks_like_secret(&text) && is_plain_json(&text));
            }
        }

        #[test]
        fn what_needs_no_escape_is_what_serde_does_not_escape(text in texts()) {
            prop_assert_eq!(is_plain_json(&text), serde_json::to_string(&text).unwrap() == format!("\"{text}\""));
        }

        #[test]
        fn ids_have_the_characters_of_ids(text in "[ -~é]{0,3}|[A-Za-z0-9_-]{0,9}|[A-Za-z0-9_-]{60,70}") {
            let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
            prop_assert_eq!(is_id(&text), (1..=64).contains(&text.len()) && text.chars().all(allowed));
        }
    }

    #[test]
    fn usual_texts_are_plain() {
        for text in ["CI", "Jenkins", "Bob's (nightly) token", "a > b & c", "team-7/etl: all"] {
            assert!(is_plain(text), "{text}");
        }
    }
}
