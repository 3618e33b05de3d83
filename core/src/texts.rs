//! The rules for the texts of a token: names, descriptions, ids, and the free text of DAG ids and tags.

use crate::{
    Code, Value,
    plain::{ID_CHARACTERS, is_id, is_plain},
    report::{Given, Report},
    spelling::Path,
    text::{is_blank, is_placeholder, is_quoted, looks_like_secret, shown},
};

/// Source: `name` in the published schema of `UpdateApiTokenRequest`.
pub(crate) const NAME_CHARACTERS: usize = 256;
/// Source: `description` in the same schema.
pub(crate) const DESCRIPTION_CHARACTERS: usize = 500;

impl Report {
    /// The name of a token: required, sent as it is.
    pub(crate) fn name<'v>(&mut self, at: Path, value: &'v Value<'_>) -> Option<&'v str> {
        let name = match self.text(at, value) {
            Given::Is(text) if text.len() <= NAME_CHARACTERS && is_plain(text) => return Some(text),
            Given::Is(text) if !is_blank(text) => text,
            Given::Wrong => return None,
            Given::Is(_) | Given::Absent => {
                self.missing(at, &format!("give the token a name, at most {NAME_CHARACTERS} characters"));
                return None;
            }
        };
        if self.left_in(at, name) || self.holds_secret(at, name) {
            return None;
        }
        let fits = self.fits(at, name, NAME_CHARACTERS);
        let printable = self.printable(at, name, &[]);
        self.warn_quoted(at, name);
        (fits && printable).then_some(name)
    }

    /// The description of a token: may be absent or empty.
    pub(crate) fn description<'v>(&mut self, at: Path, value: &'v Value<'_>) -> Given<&'v str> {
        let text = match self.text(at, value) {
            Given::Is(text) if text.len() <= DESCRIPTION_CHARACTERS && is_plain(text) => return Given::Is(text),
            Given::Is(text) => text,
            other => return other,
        };
        if self.left_in(at, text) || self.holds_secret(at, text) {
            return Given::Wrong;
        }
        let fits = self.fits(at, text, DESCRIPTION_CHARACTERS);
        let printable = self.printable(at, text, &['\n', '\t']);
        self.warn_quoted(at, text);
        if fits && printable { Given::Is(text) } else { Given::Wrong }
    }

    /// An id of Astro. It becomes a part of a URL, so nothing else than the characters of ids may pass.
    pub(crate) fn id<'v>(&mut self, at: Path, value: &'v Value<'_>) -> Given<&'v str> {
        if let Value::Text(text) = value
            && is_id(text)
        {
            return Given::Is(text);
        }
        let text = match self.present_text(at, value) {
            Given::Is(text) => text,
            other => return other,
        };
        let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
        let Some(wrong) = text.chars().find(|character| !allowed(*character)) else {
            if text.len() > ID_CHARACTERS {
                let message = format!("{} is not an id: it has {} characters", shown(text), text.len());
                let help = format!("ids have at most {ID_CHARACTERS}, such as `clm8q7f6q000008lcgyougpsk`");
                return self.wrong(Code::InvalidId, at, message, help);
            }
            return Given::Is(text);
        };
        let help = if looks_like_secret(text) {
            "this is the secret value of a token; give its id, which tools print beside its name".to_owned()
        } else if text.trim().chars().all(allowed) {
            "remove the space around it".to_owned()
        } else if text.contains('$') {
            "a variable was not replaced by its value; set it, or use double quotes in the shell".to_owned()
        } else if text.contains('/') {
            "give the id alone, not a path or URL".to_owned()
        } else {
            "ids have the characters A-Z, a-z, 0-9, `_` and `-`, such as `clm8q7f6q000008lcgyougpsk`".to_owned()
        };
        let message = format!("{} is not an id: it holds {}", shown(text), shown(wrong.encode_utf8(&mut [0; 4])));
        self.add(Code::InvalidId, at, message, help);
        Given::Wrong
    }

    /// Text of the user's own that has to be there and printable: a role, a DAG id, a tag.
    pub(crate) fn free_text<'v>(&mut self, at: Path, value: &'v Value<'_>) -> Given<&'v str> {
        match self.present_text(at, value) {
            Given::Is(text) if self.holds_secret(at, text) => Given::Wrong,
            other => other,
        }
    }

    fn present_text<'v>(&mut self, at: Path, value: &'v Value<'_>) -> Given<&'v str> {
        match self.text(at, value) {
            Given::Is(text) if is_plain(text) => Given::Is(text),
            Given::Is(text) if is_blank(text) => {
                let message = format!("the {} is blank", at.noun());
                self.wrong(Code::Required, at, message, format!("give the {}; a variable may be empty", at.noun()))
            }
            Given::Is(text) if self.left_in(at, text) || !self.printable(at, text, &[]) => Given::Wrong,
            other => other,
        }
    }

    /// What [`Report::id`] reads, where there has to be one.
    pub(crate) fn required_id<'v>(&mut self, at: Path, value: &'v Value<'_>) -> Option<&'v str> {
        let id = self.id(at, value);
        self.required(at, id)
    }

    /// What a reader read, where there has to be something.
    pub(crate) fn required<T>(&mut self, at: Path, given: Given<T>) -> Option<T> {
        if given.is_absent() {
            self.missing(at, &format!("give the {}", at.noun()));
        }
        given.value()
    }

    pub(crate) fn missing(&mut self, at: Path, help: &str) {
        let noun = at.noun();
        let article = if noun.starts_with(['A', 'O', 'e', 'o']) { "an" } else { "a" };
        let verb = if noun == "roles" { "roles are".to_owned() } else { format!("{article} {noun} is") };
        self.add(Code::Required, at, format!("{verb} required"), help);
    }

    /// Whether a placeholder was left in.
    fn left_in(&mut self, at: Path, text: &str) -> bool {
        let left_in = is_placeholder(text);
        if left_in {
            let message = format!("{} is a placeholder from an example", shown(text));
            self.add(Code::Placeholder, at, message, format!("put the {} in its place", at.noun()));
        }
        left_in
    }

    /// Whether the secret of a token was pasted here. Everybody who may see the token would see it, and it would stand in
    /// requests, which are made to be logged.
    fn holds_secret(&mut self, at: Path, text: &str) -> bool {
        let holds = looks_like_secret(text);
        if holds {
            let message = format!("the {} holds the secret value of a token", at.noun());
            self.add(Code::SecretInText, at, message, "take it out, and rotate that token if it was shown to anybody");
        }
        holds
    }

    fn fits(&mut self, at: Path, text: &str, limit: usize) -> bool {
        // Counting characters is only needed where there are more bytes than characters allowed.
        let length = if text.len() <= limit { 0 } else { text.chars().count() };
        if length > limit {
            let message = format!("the {} has {length} characters, {} too many", at.noun(), length - limit);
            self.add(Code::TooLong, at, message, format!("use at most {limit} characters"));
        }
        length <= limit
    }

    fn printable(&mut self, at: Path, text: &str, allowed: &[char]) -> bool {
        let found = text.char_indices().find(|(_, character)| character.is_control() && !allowed.contains(character));
        let Some((position, character)) = found else { return true };
        let message = format!("{} holds the control character U+{:04X}", shown(text), u32::from(character));
        let help = if text[position..].trim().is_empty() {
            "remove it from the end; it is often the newline of a file or command"
        } else if character == '\r' && allowed.contains(&'\n') {
            "end lines with a newline alone, without the carriage return before it"
        } else {
            "remove it"
        };
        self.add(Code::ControlCharacter, at, message, help);
        false
    }

    fn warn_quoted(&mut self, at: Path, text: &str) {
        if is_quoted(text) {
            let message = format!("the quotes around {} become a part of the {}", shown(text), at.noun());
            self.add(Code::SurroundingQuotes, at, message, "remove the inner pair, if it was quoted twice");
        }
    }
}
