//! What comes along when a line is pasted: prompts, typographic quotes, spaces of web pages, other shells' continuations.

use super::{grammar::GROUPS, names::is_astro, word::Word, words::Splitter};
use crate::{Code, text::shown};

impl Splitter<'_, '_> {
    /// `env X=1 astro …`, `run: astro …`, `1. astro …`: what stands before the command.
    pub(super) fn leave_out_wrapper(&mut self) {
        /// A wrapper is short; further on, `astro` is rather a value.
        const LONGEST: usize = 8;
        let is_command = |word: &Word| {
            let text = word.text.as_str();
            is_astro(text) || GROUPS.iter().any(|(_, names)| names.contains(&text))
        };
        let start = self.words.iter().take(LONGEST).position(|word| is_astro(&word.text));
        let (Some(start), Some(first)) = (start, self.words.first()) else { return };
        if start == 0 || is_command(first) || first.text.starts_with('-') && !matches!(first.text.as_str(), "-" | "--")
        {
            return;
        }
        let range = first.range.start..self.words[start - 1].range.end;
        let message = format!("{} is not a part of the command", shown(&self.line[range.clone()]));
        self.problem(Code::UnknownCommand, range, message, "leave out what stands before `astro`");
        self.words.drain(..start);
    }

    /// Skips a prompt before the command, and the lines of comment before that.
    pub(super) fn skip_prompt(&mut self) {
        loop {
            self.position += self.rest().len() - self.rest().trim_start().len();
            let rest = self.rest();
            if rest.starts_with('#') {
                self.position += rest.find('\n').unwrap_or(rest.len());
            } else if let Some(length) = prompt_length(rest) {
                self.position += length;
            } else if rest
                .strip_prefix('$')
                .is_some_and(|rest| rest.starts_with([' ', '\t', '#']) || rest.starts_with("astro"))
            {
                self.position += 1;
            } else {
                return;
            }
        }
    }

    /// A backslash with spaces behind it at the end of a line: they make it quote a space.
    pub(super) fn spaced_continuation(&mut self) -> bool {
        let behind = self.rest()[1..].trim_start_matches([' ', '\t']);
        let end = if behind.starts_with("\r\n") { 2 } else { usize::from(behind.starts_with('\n')) };
        if end > 0 {
            let at = self.position;
            self.position = self.line.len() - behind.len() + end;
            let message = "the spaces behind this backslash keep it from continuing the line";
            self.complain(at..at + 1, message, "leave them out");
            self.cut_behind = None;
        }
        end > 0
    }

    /// A line continuation of `cmd` or PowerShell: taken for the one that was meant.
    pub(super) fn foreign_continuation(&mut self, character: char) -> bool {
        let rest = &self.rest()[1..];
        let length = ["\n", "\r\n"].iter().find(|end| rest.starts_with(**end)).map_or(0, |end| end.len());
        if length > 0 {
            let at = self.position;
            let shell = if character == '^' { "cmd" } else { "PowerShell" };
            self.complain(at..at + 1, &format!("this continues a line in {shell} alone"), "write a backslash");
            self.position += 1 + length;
            self.cut_behind = None;
        }
        length > 0
    }

    /// A space that is none to a shell, such as the no-break space of a web page.
    pub(super) fn other_space(&mut self, space: char) {
        let at = self.position;
        self.position += space.len_utf8();
        let message = format!("the space U+{:04X} does not separate words in a shell", u32::from(space));
        self.complain(at..self.position, &message, "write a plain space");
        self.cut_behind = None;
    }

    /// Typographic quotes, taken for the straight ones that were meant.
    pub(super) fn smart_quoted(&mut self, word: &mut Word, opening: char) {
        let open = self.position;
        self.position += opening.len_utf8();
        let closing = closing(opening).unwrap_or_default();
        // What nothing closes from here on, nothing closes from further on: looking again would take quadratic time.
        let end = if self.unclosed.contains(&closing) {
            None
        } else {
            self.rest().find(|character| closing.contains(&character))
        };
        if end.is_none() && !self.unclosed.contains(&closing) {
            self.unclosed.push(closing);
        }
        let (inner, length) = match end {
            Some(end) => (end, end + self.rest()[end..].chars().next().map_or(0, char::len_utf8)),
            None => {
                // Without an end, the value is the rest of the word.
                let end = self.rest().find(char::is_whitespace).unwrap_or(self.rest().len());
                (end, end)
            }
        };
        let from = self.position;
        for (offset, character) in self.line[from..from + inner].char_indices() {
            word.push(character, from + offset);
        }
        word.quoted = true;
        self.position = from + length;
        let message = format!("{} is quoted with typographic quotes", shown(&self.line[from..from + inner]));
        self.problem(Code::SmartQuote, open..from + length, message, "use the straight quotes ' or \"");
    }
}

/// White space, or nothing that can be seen, which a shell takes for a letter.
pub(super) fn is_other_space(character: char) -> bool {
    (character.is_whitespace() && !character.is_ascii()) || character == '\u{feff}' || character == '\u{200b}'
}

/// The characters that close a typographic quote, straight ones among them.
pub(super) fn closing(opening: char) -> Option<&'static [char]> {
    match opening {
        '“' | '‟' => Some(&['”', '"']),
        '”' => Some(&['”', '"']),
        '„' => Some(&['“', '”', '"']),
        '‘' | '‛' | '’' => Some(&['’', '\'']),
        '‚' => Some(&['‘', '’', '\'']),
        '«' => Some(&['»']),
        _ => None,
    }
}

/// How long a prompt is that is more than a sign: `user@host:~$ `, `[user@host dir]$ `, `PS C:\> `, `% `, `> `; and
/// `sudo `, which changes nothing here.
pub(super) fn prompt_length(line: &str) -> Option<usize> {
    let line = &line[..line.find('\n').unwrap_or(line.len())];
    let first_word = line.find(' ')? + 1;
    let behind = |sign: &str| line.find(sign).map(|at| at + sign.len());
    match &line[..first_word] {
        "sudo " | "% " | "> " => Some(first_word),
        "PS " => behind("> "),
        word if word.starts_with('[') => behind("]$ ").or_else(|| behind("]# ")),
        word if word.contains('@') => {
            ["$ ", "% ", "# ", "> "].iter().any(|sign| word.ends_with(sign)).then_some(first_word)
        }
        _ => None,
    }
}
