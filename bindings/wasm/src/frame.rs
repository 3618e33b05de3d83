//! Reads the frame: one JavaScript value, as `npm/src/frame.ts` packs and describes it.

use std::borrow::Cow;

use astro_tokens::Value;

/// `Tag` in `npm/src/frame.ts`, but for 0: absent.
mod tag {
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

/// What is left to read of a frame.
pub(crate) struct Frame<'a> {
    pairs: &'a [[f64; 2]],
    text: &'a str,
    /// Whether a code unit of JavaScript's strings is a byte here.
    is_ascii: bool,
}

impl<'a> Frame<'a> {
    /// `units` is the length of the text in JavaScript, in UTF-16 code units.
    pub(crate) fn new(numbers: &'a [f64], text: &'a str, units: usize) -> Self {
        Frame { pairs: numbers.as_chunks().0, text, is_ascii: text.len() == units }
    }

    /// The next value. Where the frame ends too early, which only a mistake in the packing could cause, it is absent.
    pub(crate) fn value(&mut self) -> Value<'a> {
        let Some(([tag, argument], rest)) = self.pairs.split_first() else { return Value::Absent };
        self.pairs = rest;
        let count = *argument as usize;
        match *tag as u8 {
            tag::BOOLEAN => Value::Boolean(count != 0),
            tag::NUMBER => Value::Float(*argument),
            tag::HUGE_INTEGER => Value::HugeInteger,
            tag::BROKEN_TEXT => Value::BrokenText,
            tag::LIST => {
                let mut items = Vec::with_capacity(count.min(self.pairs.len()));
                for _ in 0..count {
                    items.push(self.value());
                }
                Value::List(items)
            }
            tag::OBJECT => {
                let mut members = Vec::with_capacity(count.min(self.pairs.len()));
                for _ in 0..count {
                    members.push((self.key(), self.value()));
                }
                Value::Object(members)
            }
            tag::INTEGER => self.text(count).parse().map_or(Value::HugeInteger, Value::Integer),
            tag::TEXT => Value::Text(Cow::Borrowed(self.text(count))),
            tag::OTHER => Value::Other(Cow::Borrowed(self.text(count))),
            _ => Value::Absent,
        }
    }

    fn key(&mut self) -> Cow<'a, str> {
        match self.value() {
            Value::Text(key) => key,
            // What decoders put in the place of text that they cannot read; no field is called that.
            _ => Cow::Borrowed("\u{fffd}"),
        }
    }

    /// The next string of the text, of this many UTF-16 code units.
    fn text(&mut self, units: usize) -> &'a str {
        let bytes = if self.is_ascii { units } else { bytes_of(self.text, units) };
        let (text, rest) = self.text.split_at_checked(bytes).unwrap_or_default();
        self.text = rest;
        text
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
