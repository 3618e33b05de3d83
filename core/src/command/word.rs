//! [`Word`]: a word of a command, which knows where each of its characters stands.

use std::ops::Range;

use crate::Span;

/// A word of the command, with its quotes removed.
#[derive(Debug, Default)]
pub(super) struct Word {
    pub(super) text: String,
    /// The position in the list of arguments, where the command is one.
    pub(super) argument: Option<usize>,
    /// Where it stands in the line or argument, quotes included.
    pub(super) range: Range<usize>,
    /// Whether any part of it was quoted.
    pub(super) quoted: bool,
    /// Whether a shell would have replaced a part of it.
    pub(super) expands: bool,
    /// From which offset of `text` on which offset of the source is meant, as `(text, source)`.
    origins: Vec<(usize, usize)>,
}

impl Word {
    /// An argument of a list, which no shell will see.
    pub(super) fn argument(position: usize, text: &str) -> Self {
        Word {
            text: text.to_owned(),
            argument: Some(position),
            range: 0..text.len(),
            origins: vec![(0, 0)],
            ..Word::default()
        }
    }

    /// A word of a line that begins here.
    pub(super) fn at(start: usize) -> Self {
        Word { range: start..start, ..Word::default() }
    }

    pub(super) fn span(&self) -> Span {
        Span { argument: self.argument, start: self.range.start, end: self.range.end }
    }

    /// From an offset of the text to the end of the word.
    pub(super) fn span_from(&self, offset: usize) -> Span {
        Span { start: self.source(offset), ..self.span() }
    }

    /// From the beginning of the word to an offset of the text.
    pub(super) fn span_to(&self, offset: usize) -> Span {
        Span { end: self.source(offset), ..self.span() }
    }

    /// Whether it begins with a quote or backslash, so that what follows is no flag but text.
    pub(super) fn is_quoted_at_start(&self) -> bool {
        self.quoted && self.source(0) != self.range.start
    }

    fn source(&self, offset: usize) -> usize {
        let position = self.origins.partition_point(|(text, _)| *text <= offset);
        match position.checked_sub(1).and_then(|position| self.origins.get(position)) {
            Some((text, source)) => source + (offset - text),
            None => self.range.start,
        }
    }

    /// Puts other characters in the place of the first `length` bytes.
    pub(super) fn replace_start(&mut self, length: usize, start: &str) {
        let source = self.source(length);
        self.text.replace_range(..length, start);
        let moved = |text: usize| text - length + start.len();
        let mut origins = vec![(0, self.range.start), (start.len(), source)];
        origins.extend(
            self.origins.iter().filter(|(text, _)| *text > length).map(|(text, source)| (moved(*text), *source)),
        );
        self.origins = origins;
    }

    pub(super) fn push(&mut self, character: char, source: usize) {
        let text = self.text.len();
        let expected = self.origins.last().map(|(text_start, source_start)| source_start + (text - text_start));
        if expected != Some(source) {
            self.origins.push((text, source));
        }
        self.text.push(character);
    }
}
