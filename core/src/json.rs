//! Writes request bodies straight into one buffer, in the order of the documentation.

use crate::plain::is_plain_json;

/// A JSON object in the making.
pub(crate) struct Object {
    buffer: Vec<u8>,
    /// Where it begins.
    start: usize,
}

/// A key as it stands in front of its value, behind another member.
#[derive(Clone, Copy)]
pub(crate) struct Key(pub(crate) &'static str);

/// A key of this crate's own, which needs no escaping, ready to be copied.
macro_rules! key {
    ($name:literal) => {
        $crate::json::Key(concat!(",\"", $name, "\":"))
    };
}

pub(crate) use key;

impl Object {
    pub(crate) fn new() -> Self {
        Object::behind(Vec::with_capacity(192))
    }

    /// One that follows what the buffer holds.
    pub(crate) fn behind(buffer: Vec<u8>) -> Self {
        Object { start: buffer.len(), buffer }
    }

    /// Appends a member that holds text.
    #[inline]
    pub(crate) fn text(&mut self, key: Key, value: &str) -> &mut Self {
        self.buffer.extend_from_slice(key.0.as_bytes());
        push_string(&mut self.buffer, value);
        self
    }

    /// Appends a member that holds text in which there is nothing to escape.
    pub(crate) fn plain_text(&mut self, key: Key, value: &str) -> &mut Self {
        self.buffer.extend_from_slice(key.0.as_bytes());
        self.buffer.push(b'"');
        self.buffer.extend_from_slice(value.as_bytes());
        self.buffer.push(b'"');
        self
    }

    /// Appends a member that holds a whole number.
    pub(crate) fn integer(&mut self, key: Key, value: i64) -> &mut Self {
        self.buffer.extend_from_slice(key.0.as_bytes());
        push_integer(&mut self.buffer, value);
        self
    }

    /// Appends a member that holds a list of objects.
    pub(crate) fn objects(&mut self, key: Key, items: impl IntoIterator<Item = Object>) -> &mut Self {
        self.buffer.extend_from_slice(key.0.as_bytes());
        self.buffer.push(b'[');
        for (position, item) in items.into_iter().enumerate() {
            if position > 0 {
                self.buffer.push(b',');
            }
            self.buffer.extend_from_slice(&item.finish());
        }
        self.buffer.push(b']');
        self
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        // Where the comma of the first member stands.
        match self.buffer.get_mut(self.start) {
            Some(first) => *first = b'{',
            None => self.buffer.push(b'{'),
        }
        self.buffer.push(b'}');
        self.buffer
    }
}

/// Appends a number, without what formatting would take.
fn push_integer(buffer: &mut Vec<u8>, value: i64) {
    const DIGITS: usize = 20;
    let mut digits = [0; DIGITS];
    let mut start = DIGITS;
    let mut rest = value.unsigned_abs();
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        buffer.push(b'-');
    }
    buffer.extend_from_slice(&digits[start..]);
}

/// Appends a JSON string. Source: RFC 8259, section 7: quotes, backslashes and U+0000 to U+001F must be escaped.
fn push_string(buffer: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let bytes = text.as_bytes();
    buffer.push(b'"');
    if is_plain_json(text) {
        buffer.extend_from_slice(bytes);
        buffer.push(b'"');
        return;
    }
    let mut copied = 0;
    for (position, &byte) in bytes.iter().enumerate() {
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..=0x1f => b'u',
            _ => continue,
        };
        buffer.extend_from_slice(&bytes[copied..position]);
        buffer.extend_from_slice(&[b'\\', short]);
        if short == b'u' {
            buffer.extend_from_slice(&[b'0', b'0', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        copied = position + 1;
    }
    buffer.extend_from_slice(&bytes[copied..]);
    buffer.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_survives() {
        let all: String = (0..0x500).chain(0x1_f600..0x1_f610).filter_map(char::from_u32).collect();
        let mut object = Object::new();
        object.text(key!("all"), &all).integer(key!("days"), 30);
        let parsed: serde_json::Value = serde_json::from_slice(&object.finish()).unwrap();
        assert_eq!(parsed, serde_json::json!({"all": all, "days": 30}));
    }

    #[test]
    fn numbers_are_written() {
        for number in [0, 7, 10, 3650, -1, i64::MAX, i64::MIN] {
            let mut written = Vec::new();
            push_integer(&mut written, number);
            assert_eq!(String::from_utf8(written).unwrap(), number.to_string());
        }
    }

    #[test]
    fn lists_and_empty_objects_are_written() {
        let mut object = Object::new();
        object.objects(key!("roles"), [Object::new(), Object::new()]);
        assert_eq!(object.finish(), b"{\"roles\":[{},{}]}");
    }
}
