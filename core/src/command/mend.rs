//! Puts straight what was pasted from a document: typographic quotes and dashes.

use super::{
    reader::{Reader, is_known_flag},
    word::Word,
};
use crate::{Code, text::shown};

/// Typographic quotes around several words that a shell has split.
const OPENING: [char; 4] = ['“', '„', '”', '«'];
const CLOSING: [char; 3] = ['”', '“', '»'];

impl Reader {
    /// In a list of arguments a typographic quote has quoted nothing: `“My` and `token”` are two arguments.
    pub(super) fn straighten_quotes(&mut self) {
        let mut position = 0;
        while position < self.words.len() {
            let word = &self.words[position];
            let from = if word.text.starts_with('-') { word.text.find('=').map_or(0, |equals| equals + 1) } else { 0 };
            let opens = word.argument.is_some() && word.text[from..].starts_with(OPENING);
            let closes = |word: &Word| word.text.ends_with(CLOSING);
            if opens && !closes(word) {
                let end = self.words[position..].iter().position(closes).map(|offset| position + offset);
                if let Some(end) = end {
                    let span = self.words[position].span_from(from);
                    let joined: Vec<&str> = self.words[position..=end].iter().map(|word| word.text.as_str()).collect();
                    let joined = joined.join(" ");
                    let inner = joined[from..].trim_start_matches(OPENING).trim_end_matches(CLOSING);
                    let text = format!("{}{inner}", &joined[..from]);
                    let message = format!("{} is quoted with typographic quotes", shown(inner));
                    self.mended(Code::SmartQuote, Some(span), message, "use the straight quotes ' or \"".to_owned());
                    self.words[position].text = text;
                    self.words.drain(position + 1..=end);
                } else {
                    // Nothing closes it, nor any other: looking again would take quadratic time.
                    return;
                }
            }
            position += 1;
        }
    }

    /// `–name` and `—name` for `--name`.
    pub(super) fn straighten_dashes(&mut self) {
        let is_dash = |character: char| matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
        for position in 0..self.words.len() {
            let word = &self.words[position];
            let name = word.text.trim_start_matches(is_dash);
            let dashes = word.text.len() - name.len();
            if word.text[..dashes].is_ascii() || word.is_quoted_at_start() {
                continue;
            }
            let long = name.split('=').next().is_some_and(|name| name.chars().count() > 1);
            let straight = format!("{}{name}", if long { "--" } else { "-" });
            if is_known_flag(&straight) {
                let span = word.span_to(dashes);
                let message = format!("{} is not a dash", shown(&word.text[..dashes]));
                self.mended(Code::NotADash, Some(span), message, format!("write {}", shown(&straight)));
                self.words[position].replace_start(dashes, if long { "--" } else { "-" });
            }
        }
    }
}
