//! Splits a line into words as a POSIX shell would, without ever replacing anything, and says what a shell would
//! have made of it.
//!
//! Source: POSIX.1-2017, Shell Command Language, sections 2.2 (Quoting) and 2.3 (Token Recognition).

use std::ops::Range;

use super::{
    expansion::expansion_length,
    pasted::{closing, is_other_space},
    word::Word,
};
use crate::{Code, Span, report::Report, text::shown};

/// The words of a line, and whether a part of it was left out that held more of the command.
pub(super) struct Words {
    pub(super) words: Vec<Word>,
    pub(super) is_cut: bool,
    /// How many words stood before the first place where a shell would have ended the command.
    pub(super) cut_behind: Option<usize>,
}

/// Splits a line. Every problem is reported and the splitting goes on as if it had been written right.
pub(super) fn split(line: &str, report: &mut Report) -> Words {
    let mut splitter = Splitter {
        line,
        position: 0,
        report,
        words: Vec::new(),
        has_operator: false,
        is_cut: false,
        cut_behind: None,
        unclosed: Vec::new(),
    };
    splitter.skip_prompt();
    splitter.run();
    // `ASTRO_API_TOKEN=… astro …`: an assignment is no part of the command.
    let is_assignment = |word: &Word| {
        let name = word.text.split_once('=').map(|(name, _)| name).unwrap_or_default();
        !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let count = splitter.words.len();
    let assignments = splitter.words.iter().take_while(|word| is_assignment(word)).count();
    splitter.words.drain(..assignments);
    splitter.leave_out_wrapper();
    let dropped = count - splitter.words.len();
    let cut_behind = splitter.cut_behind.map(|words| words.saturating_sub(dropped));
    Words { words: splitter.words, is_cut: splitter.is_cut, cut_behind }
}

/// Longest text between `<` and `>` that is taken for a placeholder.
const LONGEST_PLACEHOLDER: usize = 64;

pub(super) struct Splitter<'s, 'r> {
    pub(super) line: &'s str,
    pub(super) position: usize,
    report: &'r mut Report,
    pub(super) words: Vec<Word>,
    /// One complaint about operators is enough.
    has_operator: bool,
    is_cut: bool,
    pub(super) cut_behind: Option<usize>,
    /// The closing quotes that do not occur any more.
    pub(super) unclosed: Vec<&'static [char]>,
}

impl Splitter<'_, '_> {
    pub(super) fn rest(&self) -> &str {
        &self.line[self.position..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.position += character.len_utf8();
        Some(character)
    }

    pub(super) fn problem(
        &mut self,
        code: Code,
        range: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let span = Span { argument: None, start: range.start, end: range.end };
        self.report.push(code, None, Some(span), message.into(), help.into());
    }

    fn run(&mut self) {
        while let Some(character) = self.peek() {
            match character {
                '\n' => {
                    if !self.line_break() {
                        return;
                    }
                }
                '\r' if self.rest().starts_with("\r\n") => self.position += 1,
                ' ' | '\t' => self.position += 1,
                '\\' if self.continuation() > 0 => self.position += self.continuation(),
                '\\' if self.spaced_continuation() => {}
                '^' | '`' if self.foreign_continuation(character) => {}
                other if is_other_space(other) => self.other_space(other),
                '#' => self.position += self.rest().find('\n').unwrap_or(self.rest().len()),
                '<' | '>' if !self.at_placeholder() => self.redirection(),
                '|' | ';' | '&' | '(' | ')' => {
                    self.operator(character);
                    return;
                }
                _ => self.word(),
            }
        }
    }

    /// Passes a line break; false where the command has ended with it.
    fn line_break(&mut self) -> bool {
        let at = self.position;
        self.skip_prompt();
        let mut next = self.rest().chars();
        let continues = matches!(next.next(), Some('-' | '–' | '—')) && next.next().is_some_and(|next| next != ' ');
        if !self.rest().is_empty() && !self.words.is_empty() {
            let help = if continues {
                "end the line with a backslash, or write one line"
            } else {
                "end the line with a backslash if the command goes on, and leave out what is another one"
            };
            self.complain(at..at + 1, "a line break ends the command", help);
            if continues {
                self.cut_behind = None;
            }
        }
        continues || self.words.is_empty()
    }

    /// `> file`, `2>&1`, `< file`: left out with the word behind it.
    fn redirection(&mut self) {
        let at = self.position;
        let operator = self.rest().len() - self.rest().trim_start_matches(['<', '>', '&', '|']).len();
        self.position += operator;
        self.complain(
            at..self.position,
            "a redirection is for the shell",
            "leave it out, or quote the value it is a part of",
        );
        self.position += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
        let known = self.words.len();
        if self.peek().is_some_and(|character| !"\r\n|;&()<>".contains(character)) {
            self.word();
        }
        self.words.truncate(known);
    }

    /// What follows is another command.
    fn operator(&mut self, character: char) {
        let at = self.position;
        self.is_cut = self.rest().contains(" -");
        let message = format!("`{character}` ends the command in a shell");
        self.complain(at..at + 1, &message, "leave it out with what follows, or quote the value it is a part of");
    }

    pub(super) fn complain(&mut self, range: Range<usize>, message: &str, help: &str) {
        self.cut_behind.get_or_insert(self.words.len());
        if !std::mem::replace(&mut self.has_operator, true) {
            self.problem(Code::ShellSyntax, range, message, help);
        }
    }

    /// Whether `<deployment-id>` stands here, which a shell takes for redirections.
    fn at_placeholder(&self) -> bool {
        let rest = self.rest();
        rest.bytes()
            .take(LONGEST_PLACEHOLDER)
            .position(|byte| byte == b'>')
            .is_some_and(|end| rest.get(..=end).is_some_and(crate::text::is_placeholder))
    }

    fn word(&mut self) {
        let start = self.position;
        let mut word = Word::at(start);
        while let Some(character) = self.peek() {
            let at = self.position;
            match character {
                ' ' | '\t' | '\n' => break,
                other if is_other_space(other) => break,
                '\r' if self.rest().starts_with("\r\n") => break,
                '\'' => self.single_quoted(&mut word),
                '"' => self.double_quoted(&mut word),
                '\\' => self.escaped(&mut word),
                '$' | '`' => self.expansion(&mut word),
                '<' if self.at_placeholder() => {
                    while let Some(character) = self.next() {
                        word.push(character, self.position - character.len_utf8());
                        if character == '>' {
                            break;
                        }
                    }
                }
                '<' | '>' => {
                    if word.text.bytes().all(|byte| byte.is_ascii_digit()) && !word.quoted {
                        // `2>`: the number belongs to the redirection.
                        return;
                    }
                    break;
                }
                '|' | ';' | '&' | '(' | ')' => {
                    let embedded =
                        self.rest()[1..].starts_with(|next: char| !next.is_whitespace() && !"|;&".contains(next));
                    if !embedded && character != ')' {
                        break;
                    }
                    let message = format!("`{character}` means something to a shell");
                    self.complain(at..at + 1, &message, "quote the value that it is a part of");
                    self.position += 1;
                    word.push(character, at);
                }
                opening if (word.text.is_empty() || word.text.ends_with('=')) && closing(opening).is_some() => {
                    self.smart_quoted(&mut word, opening);
                }
                other => {
                    self.position += other.len_utf8();
                    word.push(other, at);
                }
            }
        }
        word.range.end = self.position;
        if word.quoted || !word.text.is_empty() {
            self.words.push(word);
        }
    }

    /// The length of a line continuation that stands here; it is as if it were not there.
    fn continuation(&self) -> usize {
        ["\\\n", "\\\r\n"]
            .iter()
            .find(|continuation| self.rest().starts_with(**continuation))
            .map_or(0, |found| found.len())
    }

    fn escaped(&mut self, word: &mut Word) {
        if self.continuation() > 0 {
            self.position += self.continuation();
            return;
        }
        self.position += 1;
        let at = self.position;
        if let Some(character) = self.next() {
            word.quoted = true;
            word.push(character, at);
        }
    }

    fn single_quoted(&mut self, word: &mut Word) {
        let open = self.position;
        self.position += 1;
        word.quoted = true;
        loop {
            let at = self.position;
            match self.next() {
                Some('\'') => return,
                Some(character) => word.push(character, at),
                None => return self.unterminated(open, '\''),
            }
        }
    }

    fn double_quoted(&mut self, word: &mut Word) {
        let open = self.position;
        self.position += 1;
        word.quoted = true;
        loop {
            let at = self.position;
            match self.peek() {
                Some('"') => {
                    self.position += 1;
                    return;
                }
                Some('$' | '`') => self.expansion(word),
                Some('\\') if self.rest()[1..].starts_with(['$', '`', '"', '\\']) => {
                    self.position += 1;
                    let at = self.position;
                    if let Some(character) = self.next() {
                        word.push(character, at);
                    }
                }
                Some('\\') if self.continuation() > 0 => self.position += self.continuation(),
                Some(character) => {
                    self.position += character.len_utf8();
                    word.push(character, at);
                }
                None => return self.unterminated(open, '"'),
            }
        }
    }

    fn unterminated(&mut self, open: usize, quote: char) {
        let end = self.position;
        self.is_cut = self.line[open..].contains(" -");
        let help = match quote {
            '\'' if self.line[..open].ends_with(|before: char| before.is_ascii_alphanumeric()) => {
                "an apostrophe begins a quote: put the whole value in double quotes".to_owned()
            }
            _ => format!("close it with another {quote}"),
        };
        self.problem(Code::UnterminatedQuote, open..end, format!("the quote {quote} is never closed"), help);
    }

    /// `$NAME`, `${NAME}`, `$(command)`, `` `command` ``: kept as they are, with a warning.
    fn expansion(&mut self, word: &mut Word) {
        let at = self.position;
        let length = expansion_length(self.rest());
        if length == 0 {
            self.position += 1;
            word.push('$', at);
            return;
        }
        for (offset, character) in self.line[at..at + length].char_indices() {
            word.push(character, at + offset);
        }
        self.position += length;
        if !std::mem::replace(&mut word.expands, true) {
            let message = format!("a shell would replace {}", shown(self.line[at..at + length].trim_matches('`')));
            let help = "put it in single quotes if it is meant as it stands; nothing is replaced here";
            self.problem(Code::WouldExpand, at..at + length, message, help);
        }
    }
}
