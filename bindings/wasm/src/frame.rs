//! Reads the frame: one JavaScript value, as `npm/src/frame.ts` packs and describes it.

use std::borrow::Cow;

use astro_tokens::Value;

/// `Tag` in `npm/src/frame.ts`.
mod tag {
    pub(super) const ABSENT: u8 = 0;
    pub(super) const BOOLEAN: u8 = 1;
    pub(super) const NUMBER: u8 = 2;
    pub(super) const HUGE_INTEGER: u8 = 3;
    pub(super) const BROKEN_TEXT: u8 = 4;
    pub(super) const LIST: u8 = 5;
    pub(super) const OBJECT: u8 = 6;
    pub(super) const INTEGER: u8 = 7;
    pub(super) const TEXT: u8 = 8;
    pub(super) const OTHER: u8 = 9;
}

/// A frame that was read up to some point.
pub(crate) struct Frame<'a> {
    numbers: std::slice::Iter<'a, f64>,
    text: &'a str,
    /// Whether a unit of JavaScript's strings is a byte here.
    is_ascii: bool,
}

impl<'a> Frame<'a> {
    /// `units` is the length of the text in JavaScript, in UTF-16 code units.
    pub(crate) fn new(numbers: &'a [f64], text: &'a str, units: usize) -> Self {
        Frame { numbers: numbers.iter(), text, is_ascii: text.len() == units }
    }

    /// The next value; `None` where the frame ends too early, which only a mistake in the packing could cause.
    pub(crate) fn value(&mut self) -> Option<Value<'a>> {
        let tag = *self.numbers.next()?;
        let argument = *self.numbers.next()?;
        let count = argument as usize;
        Some(match tag as u8 {
            tag::ABSENT => Value::Absent,
            tag::BOOLEAN => Value::Boolean(argument != 0.0),
            tag::NUMBER => Value::Float(argument),
            tag::HUGE_INTEGER => Value::HugeInteger,
            tag::BROKEN_TEXT => Value::BrokenText,
            tag::LIST => Value::List((0..count).map(|_| self.value()).collect::<Option<_>>()?),
            tag::OBJECT => Value::Object((0..count).map(|_| self.member()).collect::<Option<_>>()?),
            tag::INTEGER => Value::Integer(self.text(count)?.parse().ok()?),
            tag::TEXT => Value::Text(Cow::Borrowed(self.text(count)?)),
            tag::OTHER => Value::Other(Cow::Borrowed(self.text(count)?)),
            _ => return None,
        })
    }

    fn member(&mut self) -> Option<(Cow<'a, str>, Value<'a>)> {
        let key = match self.value()? {
            Value::Text(key) => key,
            // What decoders put in the place of text that they cannot read; no field is called that.
            _ => Cow::Borrowed("\u{fffd}"),
        };
        Some((key, self.value()?))
    }

    /// The next string of the text, of this many UTF-16 code units.
    fn text(&mut self, units: usize) -> Option<&'a str> {
        let bytes = if self.is_ascii { units } else { bytes_of(self.text, units) };
        let (text, rest) = self.text.split_at_checked(bytes)?;
        self.text = rest;
        Some(text)
    }
}

/// How many bytes the first `units` UTF-16 code units of the text take.
fn bytes_of(text: &str, units: usize) -> usize {
    let mut left = units;
    let taken = text.chars().take_while(|character| {
        let enough = left == 0;
        left = left.saturating_sub(character.len_utf16());
        !enough
    });
    taken.map(char::len_utf8).sum()
}
