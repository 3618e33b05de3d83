//! Splits a line into words as a POSIX shell would, without ever replacing anything, and says what a shell would
//! have made of it.
//!
//! Source: POSIX.1-2017, Shell Command Language, sections 2.2 (Quoting) and 2.3 (Token Recognition).

use std::ops::Range;

use super::{grammar::GROUPS, names::is_astro, word::Word};
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

struct Splitter<'s, 'r> {
    line: &'s str,
    position: usize,
    report: &'r mut Report,
    words: Vec<Word>,
    /// One complaint about operators is enough.
    has_operator: bool,
    is_cut: bool,
    cut_behind: Option<usize>,
    /// The closing quotes that do not occur any more.
    unclosed: Vec<&'static [char]>,
}

impl Splitter<'_, '_> {
    fn rest(&self) -> &str {
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

    fn problem(&mut self, code: Code, range: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let span = Span { argument: None, start: range.start, end: range.end };
        self.report.push(code, None, Some(span), message.into(), help.into());
    }

    /// `env X=1 astro …`, `run: astro …`, `1. astro …`: what stands before the command.
    fn leave_out_wrapper(&mut self) {
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
    fn skip_prompt(&mut self) {
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

    /// A backslash with spaces behind it at the end of a line: they make it quote a space.
    fn spaced_continuation(&mut self) -> bool {
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
    fn foreign_continuation(&mut self, character: char) -> bool {
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
    fn other_space(&mut self, space: char) {
        let at = self.position;
        self.position += space.len_utf8();
        let message = format!("the space U+{:04X} does not separate words in a shell", u32::from(space));
        self.complain(at..self.position, &message, "write a plain space");
        self.cut_behind = None;
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

    fn complain(&mut self, range: Range<usize>, message: &str, help: &str) {
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

    /// Typographic quotes, taken for the straight ones that were meant.
    fn smart_quoted(&mut self, word: &mut Word, opening: char) {
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

/// White space, or nothing that can be seen, which a shell takes for a letter.
fn is_other_space(character: char) -> bool {
    (character.is_whitespace() && !character.is_ascii()) || character == '\u{feff}' || character == '\u{200b}'
}

/// The characters that close a typographic quote, straight ones among them.
fn closing(opening: char) -> Option<&'static [char]> {
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
fn prompt_length(line: &str) -> Option<usize> {
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

/// How long the expansion at the beginning of the text is; 0 where there is none.
fn expansion_length(text: &str) -> usize {
    if let Some(rest) = text.strip_prefix('`') {
        return rest.find('`').map_or(text.len(), |end| end + 2);
    }
    let rest = &text[1..];
    match rest.bytes().next() {
        // `${{ … }}` is GitHub's.
        Some(b'{') if rest.starts_with("{{") => rest.find("}}").map_or(text.len(), |end| end + 3),
        Some(b'{') => rest.find('}').map_or(text.len(), |end| end + 2),
        Some(b'(') => 1 + parenthesised_length(rest),
        Some(b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'$' | b'!' | b'-') => 2,
        Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => {
            1 + rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
        }
        _ => 0,
    }
}

/// The length of `(…)` with nested parentheses and quotes; to the end of the text where it is never closed.
fn parenthesised_length(text: &str) -> usize {
    let mut depth = 0usize;
    let mut quote = None;
    let mut bytes = text.bytes().enumerate();
    while let Some((position, byte)) = bytes.next() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(b'\''), _) => {}
            (_, b'\\') => {
                bytes.next();
            }
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'(') => depth += 1,
            (None, b')') => {
                depth -= 1;
                if depth == 0 {
                    return position + 1;
                }
            }
            (None, _) => {}
        }
    }
    text.len()
}
