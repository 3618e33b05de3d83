//! What a command is read from, and in which units its spans count.

use std::borrow::Cow;

use crate::{Code, Problem, Span, Spelling, ValidationError, Value, report::Report};

/// A command as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source<'s> {
    /// A line for a shell, with its quotes.
    Line(Cow<'s, str>),
    /// A list of arguments as a program gets them, with or without the leading `astro`.
    Arguments(Vec<Cow<'s, str>>),
}

impl<'s> From<&'s str> for Source<'s> {
    fn from(line: &'s str) -> Self {
        Source::Line(Cow::Borrowed(line))
    }
}

impl<'s> From<&'s String> for Source<'s> {
    fn from(line: &'s String) -> Self {
        Source::Line(Cow::Borrowed(line))
    }
}

impl<'s, S: AsRef<str>> From<&'s [S]> for Source<'s> {
    fn from(arguments: &'s [S]) -> Self {
        Source::Arguments(arguments.iter().map(|argument| Cow::Borrowed(argument.as_ref())).collect())
    }
}

impl<'s, S: AsRef<str>, const N: usize> From<&'s [S; N]> for Source<'s> {
    fn from(arguments: &'s [S; N]) -> Self {
        Source::from(arguments.as_slice())
    }
}

impl<'s> Source<'s> {
    /// From a string or a list of strings of another language.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] where it is neither, or not Unicode.
    pub fn from_value(value: Value<'s>) -> Result<Self, ValidationError> {
        let mut report = Report::new(Spelling::Snake, false);
        let source = match value {
            Value::Text(line) => Some(Source::Line(line)),
            Value::List(items) => {
                let items = items.into_iter().enumerate();
                let read: Vec<_> = items.filter_map(|(position, item)| argument(&mut report, position, item)).collect();
                Some(Source::Arguments(read))
            }
            Value::BrokenText => {
                let (message, help) = BROKEN;
                report.push(Code::InvalidUnicode, None, None, message.to_owned(), help.to_owned());
                None
            }
            other => {
                let message = format!("expected a line or a list of arguments, found {}", other.describe());
                report.push(Code::WrongType, None, None, message, "give a string, or a list of strings".to_owned());
                None
            }
        };
        report.finish("the command", source).map(|(source, _)| source)
    }

    /// The text that a span is about.
    fn text(&self, argument: Option<usize>) -> &str {
        match (self, argument) {
            (Source::Line(line), _) => line,
            (Source::Arguments(arguments), Some(position)) => arguments.get(position).map_or("", AsRef::as_ref),
            (Source::Arguments(_), None) => "",
        }
    }
}

const BROKEN: (&str, &str) = (
    "the text holds a lone surrogate, half of a character",
    "it was probably cut or decoded wrongly; give whole characters",
);

/// One of a list of arguments; a problem stands at the beginning of its argument.
fn argument<'s>(report: &mut Report, position: usize, item: Value<'s>) -> Option<Cow<'s, str>> {
    let span = Some(Span { argument: Some(position), start: 0, end: 0 });
    match item {
        Value::Text(text) => Some(text),
        Value::BrokenText => {
            let (message, help) = BROKEN;
            report.push(Code::InvalidUnicode, None, span, message.to_owned(), help.to_owned());
            None
        }
        other => {
            let message = format!("expected a string, found {}", other.describe());
            report.push(Code::WrongType, None, span, message, "give every argument as a string".to_owned());
            None
        }
    }
}

/// What the positions of a [`Span`] count: the units in which a language indexes its strings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Units {
    /// Bytes of UTF-8: Rust.
    #[default]
    Bytes,
    /// Unicode code points: Python.
    CodePoints,
    /// UTF-16 code units: JavaScript.
    Utf16,
}

impl Units {
    fn of(self, text: &str) -> usize {
        match self {
            Units::Bytes => text.len(),
            Units::CodePoints => text.chars().count(),
            Units::Utf16 => text.chars().map(char::len_utf16).sum(),
        }
    }

    /// Converts the spans of problems from bytes, in one pass over the source however many there are.
    pub(super) fn convert(self, source: &Source<'_>, problems: &mut [Problem]) {
        if self == Units::Bytes {
            return;
        }
        let mut positions: Vec<(Option<usize>, &mut usize)> = problems
            .iter_mut()
            .filter_map(|problem| problem.span.as_mut())
            .flat_map(|Span { argument, start, end }| [(*argument, start), (*argument, end)])
            .collect();
        positions.sort_by_key(|(argument, position)| (*argument, **position));
        let mut last = (None, 0, 0);
        for (argument, position) in positions {
            if argument != last.0 {
                last = (argument, 0, 0);
            }
            let passed = source.text(argument).get(last.1..*position).unwrap_or_default();
            last = (argument, *position, last.2 + self.of(passed));
            *position = last.2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Severity};

    #[test]
    fn spans_are_converted_to_the_units_of_the_host() {
        let problem = |argument, start, end| Problem {
            code: Code::Required,
            severity: Severity::Error,
            field: None,
            message: String::new(),
            help: None,
            span: Some(Span { argument, start, end }),
        };
        let mut problems = [problem(None, 5, 9), problem(None, 0, 4), problem(None, 4, 10)];
        Units::Utf16.convert(&Source::from("🚀 éü!"), &mut problems);
        let spans: Vec<(usize, usize)> = problems.iter().filter_map(|p| p.span).map(|s| (s.start, s.end)).collect();
        assert_eq!(spans, [(3, 5), (0, 2), (2, 6)]);

        let mut problems = [problem(Some(1), 4, 5), problem(Some(0), 2, 2)];
        Units::CodePoints.convert(&Source::from(&["é", "🚀x"]), &mut problems);
        let spans: Vec<(usize, usize)> = problems.iter().filter_map(|p| p.span).map(|s| (s.start, s.end)).collect();
        assert_eq!(spans, [(1, 2), (1, 1)]);
    }
}
