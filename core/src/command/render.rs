//! Problems of a command line as text for a terminal: the line, carets below the place, message and help.

use std::{fmt::Write, ops::Range};

use unicode_width::UnicodeWidthChar;

use super::{Source, format::quoted};
use crate::{Problem, Severity, Span, text};

/// Columns of the line that are shown before the place of the problem, and in all.
const COLUMNS_BEFORE: usize = 70;
const COLUMNS: usize = 110;

/// Nobody reads more; hostile input has a problem for each of its characters.
const MOST_PROBLEMS: usize = 50;

pub(super) fn problems(source: &Source<'_>, problems: &[Problem], color: bool) -> String {
    let view = View::new(source);
    let mut out = String::new();
    for problem in problems.iter().take(MOST_PROBLEMS) {
        view.problem(&mut out, problem, color);
    }
    if problems.len() > MOST_PROBLEMS {
        let _ = writeln!(out, "and {} more problems", problems.len() - MOST_PROBLEMS);
    }
    out
}

pub(super) fn corrected(line: &str, color: bool) -> String {
    format!("{} {line}\n", styled("corrected:", Style::Help, color))
}

#[derive(Clone, Copy)]
enum Style {
    Error,
    Warning,
    Help,
}

fn styled(text: &str, style: Style, color: bool) -> String {
    let code = match style {
        _ if !color => return text.to_owned(),
        Style::Error => "1;31",
        Style::Warning => "1;33",
        Style::Help => "1;36",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// The command as one text, however it was written.
struct View {
    text: String,
    /// Where each argument of a list is, and whether it stands there without quotes.
    arguments: Vec<(Range<usize>, bool)>,
    secrets: Vec<Range<usize>>,
}

impl View {
    fn new(source: &Source<'_>) -> Self {
        let mut arguments = Vec::new();
        let text = match source {
            Source::Line(line) => line.clone().into_owned(),
            Source::Arguments(list) => {
                let mut text = String::new();
                for argument in list {
                    if !text.is_empty() {
                        text.push(' ');
                    }
                    let (start, quoted) = (text.len(), quoted(argument));
                    text.push_str(&quoted);
                    arguments.push((start..text.len(), quoted == *argument));
                }
                text
            }
        };
        let secrets = text::secrets(&text).collect();
        View { text, arguments, secrets }
    }

    fn problem(&self, out: &mut String, problem: &Problem, color: bool) {
        let (word, style) = match problem.severity {
            Severity::Error => ("error:", Style::Error),
            Severity::Warning => ("warning:", Style::Warning),
        };
        let field = problem.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
        let _ = writeln!(out, "{} {field}{} ({})", styled(word, style, color), problem.message, problem.code);
        if let Some(range) = problem.span.map(|span| self.range(span)) {
            let (line, before, length) = self.excerpt(range);
            let carets = "^".repeat(length.max(1));
            let _ = writeln!(out, "  {line}\n  {}{}", " ".repeat(before), styled(&carets, style, color));
        }
        if let Some(help) = &problem.help {
            let _ = writeln!(out, "  {} {help}", styled("help:", Style::Help, color));
        }
    }

    /// A span in bytes as a range of the text.
    fn range(&self, span: Span) -> Range<usize> {
        match span.argument.and_then(|position| self.arguments.get(position)) {
            Some((place, true)) => (place.start + span.start).min(place.end)..(place.start + span.end).min(place.end),
            Some((place, false)) => place.clone(),
            None => span.start.min(self.text.len())..span.end.min(self.text.len()),
        }
    }

    /// A part of the line around the range, fit to be printed; the columns before the range; the columns of it.
    fn excerpt(&self, range: Range<usize>) -> (String, usize, usize) {
        // The whole line where it fits, otherwise what is around the place.
        let whole = self.start(range.start, COLUMNS);
        let ends_in_time =
            self.text[whole..].chars().take_while(|character| *character != '\n').take(COLUMNS + 1).count();
        let start = if ends_in_time <= COLUMNS { whole } else { self.start(range.start, COLUMNS_BEFORE) };
        let is_cut = !(start == 0 || self.text[..start].ends_with('\n'));
        let mut line = String::from(if is_cut { "…" } else { "" });
        let (mut before, mut length, mut columns) = (usize::from(is_cut), 0, usize::from(is_cut));
        for (offset, character) in self.text[start..].char_indices() {
            let position = start + offset;
            if character == '\n' && position >= range.start {
                break;
            }
            let shown = self.printable(position, character);
            columns += width(shown);
            if columns > COLUMNS {
                line.push('…');
                break;
            }
            line.push(shown);
            if position < range.start {
                before += width(shown);
            } else if position < range.end {
                length += width(shown);
            }
        }
        (line.trim_end().to_owned(), before, length)
    }

    /// Where the line begins that `position` is in, at most so many columns before it.
    fn start(&self, position: usize, most: usize) -> usize {
        let mut columns = 0;
        let mut start = position;
        for (position, character) in self.text[..position].char_indices().rev() {
            columns += width(character);
            if character == '\n' || columns > most {
                break;
            }
            start = position;
        }
        start
    }

    /// The character, or what is printed in its place: parts of secrets and what would rewrite the terminal.
    fn printable(&self, position: usize, character: char) -> char {
        let next = self.secrets.partition_point(|secret| secret.end <= position);
        if self.secrets.get(next).is_some_and(|secret| secret.contains(&position)) {
            return '*';
        }
        match character {
            '\t' => ' ',
            _ if character.is_control() || text::is_invisible(character) => '\u{fffd}',
            _ => character,
        }
    }
}

fn width(character: char) -> usize {
    character.width().unwrap_or(0)
}
