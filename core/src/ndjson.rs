//! Reads JSON that may stand on one line of NDJSON into [`Value`]s.
//!
//! It is our own because `serde_json` cannot tell a lone surrogate (RFC 8259 allows to write one) from text that is no
//! JSON, and because browsers download it: it is for one line, and borrows what it can. That it takes what
//! `serde_json` takes, and reads the same in it, is tested with generated texts.
//!
//! Source: RFC 8259; <https://github.com/ndjson/ndjson-spec>.

use std::borrow::Cow;

use crate::Value;

/// How many containers may be inside of each other: more than any input has, and not enough to fill the stack.
const DEEPEST: usize = 32;
/// Powers of ten that a float holds exactly.
const EXACT_POWERS: i32 = 22;

/// A text that is read from the front, line by line.
pub(crate) struct Lines<'t> {
    text: &'t str,
    /// Where the next byte to be read is.
    at: usize,
    /// What was expected where something else was found, and where that is.
    expected: Option<(usize, &'static str)>,
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Lines { text, at: 0, expected: None }
    }

    /// How many bytes have been read.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// Goes over white space and says whether nothing else is left of the line.
    pub(crate) fn is_blank(&mut self) -> bool {
        self.skip_space();
        matches!(self.peek(), None | Some(b'\n'))
    }

    /// The members of the object that begins here, one after the other; nothing where there is no object.
    pub(crate) fn members(&mut self) -> Option<Members<'_, 't>> {
        self.takes(b'{').then_some(Members { lines: self, is_first: true, is_open: true, depth: 1 })
    }

    /// The value that begins here.
    pub(crate) fn value(&mut self) -> Value<'t> {
        self.read(0).unwrap_or_default()
    }

    /// Goes to the next line. Where this one does not end here, or something in it could not be read: the byte of the
    /// line at which that was noticed, and what was expected there.
    pub(crate) fn end_line(&mut self, start: usize) -> Result<(), (usize, &'static str)> {
        if self.expected.is_none() && !self.is_blank() {
            self.fail::<()>("the end of the line");
        }
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |newline| newline + 1);
        self.expected.take().map_or(Ok(()), |(at, expected)| Err((at - start, expected)))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    /// White space but for the newline, which ends the line.
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn fail<T>(&mut self, expected: &'static str) -> Option<T> {
        self.expected.get_or_insert((self.at, expected));
        None
    }

    fn read(&mut self, depth: usize) -> Option<Value<'t>> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'{' | b'[') if depth >= DEEPEST => self.fail("at most 32 objects and lists inside of each other"),
            Some(b'{') => {
                self.at += 1;
                let mut members = Members { lines: self, is_first: true, is_open: true, depth: depth + 1 };
                let object = members.by_ref().collect();
                (!members.is_open).then_some(Value::Object(object))
            }
            Some(b'[') => {
                self.at += 1;
                self.list(depth + 1)
            }
            _ => {
                let words = [("null", Value::Absent), ("true", Value::Boolean(true)), ("false", Value::Boolean(false))];
                let rest = &self.text[self.at..];
                let Some((word, value)) = words.into_iter().find(|(word, _)| rest.starts_with(word)) else {
                    return self.fail("a value");
                };
                self.at += word.len();
                Some(value)
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Value<'t>> {
        let mut items = Vec::new();
        self.skip_space();
        if self.takes(b']') {
            return Some(Value::List(items));
        }
        loop {
            self.skip_space();
            items.push(self.read(depth)?);
            self.skip_space();
            if self.takes(b']') {
                return Some(Value::List(items));
            }
            if !self.takes(b',') {
                return self.fail("`,` or `]`");
            }
        }
    }

    /// A string; its text is borrowed where nothing in it is escaped.
    #[inline(always)]
    fn string(&mut self) -> Option<Value<'t>> {
        let start = self.at + 1;
        let end = start + plain_length(&self.text.as_bytes()[start..]);
        self.at = end;
        if self.takes(b'"') {
            return Some(Value::Text(Cow::Borrowed(&self.text[start..end])));
        }
        self.escaped_string(start)
    }

    /// The rest of a string that began at `start`, from where something in it is not plain.
    fn escaped_string(&mut self, start: usize) -> Option<Value<'t>> {
        let mut written = String::new();
        let mut copied = start;
        let mut is_broken = false;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    written.push_str(&self.text[copied..self.at]);
                    self.at += 1;
                    match self.escaped()? {
                        Some(character) => written.push(character),
                        None => is_broken = true,
                    }
                    copied = self.at;
                }
                Some(0x20..) => self.at += plain_length(&self.text.as_bytes()[self.at..]),
                Some(_) | None => return self.fail("the end of the string, a `\"`"),
            }
        }
        written.push_str(&self.text[copied..self.at]);
        self.at += 1;
        Some(if is_broken { Value::BrokenText } else { Value::Text(Cow::Owned(written)) })
    }

    /// What an escape behind a backslash stands for; a lone surrogate stands for nothing.
    fn escaped(&mut self) -> Option<Option<char>> {
        let character = match self.peek() {
            Some(b'u') => {
                let first = self.unit()?;
                if !(0xd800..0xdc00).contains(&first) {
                    return Some(char::from_u32(first));
                }
                if !self.text[self.at..].starts_with("\\u") {
                    return Some(None);
                }
                let between = self.at;
                self.at += 1;
                let second = self.unit()?;
                if !(0xdc00..0xe000).contains(&second) {
                    // What follows is read by itself.
                    self.at = between;
                    return Some(None);
                }
                return Some(char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)));
            }
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => return self.fail("one of `\"`, `\\`, `/`, `b`, `f`, `n`, `r`, `t` and `u` behind a backslash"),
        };
        self.at += 1;
        Some(Some(character))
    }

    /// The code unit of `u` and four digits.
    fn unit(&mut self) -> Option<u32> {
        self.at += 1;
        let mut unit = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) else {
                return self.fail("four hexadecimal digits behind `\\u`");
            };
            unit = unit * 16 + digit;
            self.at += 1;
        }
        Some(unit)
    }

    fn number(&mut self) -> Option<Value<'t>> {
        let start = self.at;
        self.takes(b'-');
        let integer = self.digits()?;
        if integer.len() > 1 && integer.starts_with('0') {
            self.at = start;
            return self.fail("a number without a zero before it");
        }
        if !matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return Some(self.text[start..self.at].parse().map_or(Value::HugeInteger, Value::Integer));
        }
        let fraction = if self.takes(b'.') { self.digits()? } else { "" };
        let mut exponent = 0;
        if self.takes(b'e') || self.takes(b'E') {
            let is_negative = self.takes(b'-');
            if !is_negative {
                self.takes(b'+');
            }
            // Beyond these, a number is nothing or infinite however long it is.
            let digits = self.digits()?.parse().unwrap_or(100_000).min(100_000);
            exponent = if is_negative { -digits } else { digits };
        }
        let is_negative = self.text.as_bytes()[start] == b'-';
        let float = float(integer, fraction, exponent);
        Some(Value::Float(if is_negative { -float } else { float }))
    }

    fn digits(&mut self) -> Option<&'t str> {
        let (text, start) = (self.text, self.at);
        self.at += text.as_bytes()[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if self.at == start { self.fail("a digit") } else { Some(&text[start..self.at]) }
    }
}

/// How many bytes of a string are as they are written: up to a quote, a backslash or a control character. Eight at a
/// time, because most of the time of reading goes by here.
#[inline(always)]
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    let (chunks, rest) = bytes.as_chunks();
    for (position, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        // Sets the high bit of a byte that is below, or equal. A borrow may set those behind the first one, too.
        let below = |limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
        let equal = |byte: u8| {
            let difference = word ^ (ONES * u64::from(byte));
            difference.wrapping_sub(ONES) & !difference & HIGH
        };
        let found = below(0x20) | equal(b'"') | equal(b'\\');
        if found != 0 {
            return position * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | 0..=0x1f);
    chunks.len() * 8 + rest.iter().take_while(plain).count()
}

/// The number of these digits. Numbers of up to 15 digits and 22 zeros are exact, and that is more than any field
/// takes; others may be off in their last place, in which nobody looks. (The standard library's reader is exact, and
/// brings tables along.)
fn float(integer: &str, fraction: &str, exponent: i32) -> f64 {
    let mut digits = 0_f64;
    for digit in integer.bytes().chain(fraction.bytes()) {
        digits = digits * 10.0 + f64::from(digit - b'0');
    }
    let mut power = exponent.saturating_sub(i32::try_from(fraction.len()).unwrap_or(i32::MAX));
    while power != 0 && digits != 0.0 && digits.is_finite() {
        let step = power.clamp(-EXACT_POWERS, EXACT_POWERS);
        let scale = (0..step.abs()).fold(1.0, |scale, _| scale * 10.0);
        digits = if step < 0 { digits / scale } else { digits * scale };
        power -= step;
    }
    digits
}

/// The members of an object that is being read. Where one cannot be read they end early, and the line knows why.
pub(crate) struct Members<'l, 't> {
    lines: &'l mut Lines<'t>,
    is_first: bool,
    is_open: bool,
    depth: usize,
}

impl<'t> Iterator for Members<'_, 't> {
    type Item = (Cow<'t, str>, Value<'t>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let lines = &mut *self.lines;
        if !self.is_open || lines.expected.is_some() {
            return None;
        }
        lines.skip_space();
        if lines.takes(b'}') {
            self.is_open = false;
            return None;
        }
        if !std::mem::take(&mut self.is_first) {
            if !lines.takes(b',') {
                return lines.fail("`,` or `}`");
            }
            lines.skip_space();
        }
        if lines.peek() != Some(b'"') {
            return lines.fail("the name of a field in double quotes");
        }
        let key = match lines.string()? {
            Value::Text(key) => key,
            // No field is called that.
            _ => Cow::Borrowed("\u{fffd}"),
        };
        lines.skip_space();
        if !lines.takes(b':') {
            return lines.fail("`:`");
        }
        lines.skip_space();
        let value = lines.read(self.depth)?;
        Some((key, value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value as Json;

    use super::*;

    fn read(line: &str) -> Result<Value<'_>, (usize, &'static str)> {
        let mut lines = Lines::new(line);
        lines.skip_space();
        let value = lines.value();
        lines.end_line(0).map(|()| value)
    }

    fn same(value: &Value<'_>, json: &Json) -> bool {
        match (value, json) {
            (Value::Absent, Json::Null) => true,
            (Value::Boolean(a), Json::Bool(b)) => a == b,
            (Value::Integer(a), Json::Number(b)) => b.as_i64() == Some(*a) || (*a == 0 && b.as_f64() == Some(0.0)),
            (Value::HugeInteger, Json::Number(b)) => b.as_i64().is_none(),
            (Value::Float(a), Json::Number(b)) => {
                let b = b.as_f64().unwrap();
                (a - b).abs() <= b.abs() * 1e-14
            }
            (Value::Text(a), Json::String(b)) => a == b,
            (Value::List(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
            (Value::Object(a), Json::Object(b)) => {
                // The last of several with one name counts.
                let names: std::collections::HashSet<&str> = a.iter().map(|(name, _)| name.as_ref()).collect();
                names.len() == b.len()
                    && b.iter().all(|(name, b)| same(&a.iter().rfind(|(key, _)| key == name).unwrap().1, b))
            }
            _ => false,
        }
    }

    /// Texts of the pieces that JSON is made of, in any order.
    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            " ",
            "\t",
            "\r",
            "\"",
            "\\",
            "\"a\"",
            "\"é\\n\"",
            "\\u00e9",
            "\\ud83d\\ude00",
            "null",
            "true",
            "false",
            "nul",
            "0",
            "-",
            "1",
            "90",
            "90.0",
            "1.5",
            "9e1",
            "1E+2",
            "1e-3",
            "01",
            "1.",
            ".5",
            "-0",
            "9223372036854775807",
            "9223372036854775808",
            "1e400",
            "\u{1}",
            "x",
            "\"name\":\"CI\"",
            "\"k\":[1,{\"a\":null}]",
        ]);
        prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    fn json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            (-1_000_000..1_000_000_i64).prop_map(|number| Json::from(number as f64 / 64.0)),
            any::<String>().prop_map(Json::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::vec((any::<String>(), inner), 0..4)
                    .prop_map(|members| Json::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn what_serde_json_takes_is_taken_and_read_the_same(text in pieces()) {
            match (read(&text), serde_json::from_str::<Json>(&text)) {
                (Ok(value), Ok(json)) => prop_assert!(same(&value, &json), "{text}: {value:?}, not {json}"),
                (Err(_), Err(_)) => {}
                // It has no place for these; JavaScript and Python have.
                (Ok(_), Err(error)) => prop_assert!(error.to_string().contains("out of range"), "{text}: {error}"),
                (Err(error), Ok(_)) => prop_assert!(false, "{text}: {error:?}"),
            }
        }

        #[test]
        fn what_serde_json_writes_is_read_the_same(json in json()) {
            let text = json.to_string();
            let value = read(&text).unwrap();
            prop_assert!(same(&value, &json), "{value:?}");
        }
    }

    #[test]
    fn lone_surrogates_are_broken_text() {
        for text in [r#""\ud800""#, r#""a\udc00b""#, r#""\ud800\ud800\udc00""#, r#""\ud83dA""#, r#""\udc00\ud800""#] {
            assert_eq!(read(text), Ok(Value::BrokenText), "{text}");
        }
        assert_eq!(read(r#""\ud83d\ude00""#), Ok(Value::from("😀")));
    }

    #[test]
    fn small_numbers_are_exact() {
        for text in ["90.0", "9e1", "900e-1", "0.9e2", "0.0000000000000000000090e22"] {
            assert_eq!(read(text), Ok(Value::Float(90.0)), "{text}");
        }
        for text in ["1e400", "1e999999999999", &format!("{}.0", "9".repeat(400))] {
            assert_eq!(read(text), Ok(Value::Float(f64::INFINITY)), "{text}");
        }
        assert_eq!(read("1e-999999999999"), Ok(Value::Float(0.0)));
    }

    #[test]
    fn what_is_plain_ends_at_the_first_byte_that_is_not() {
        for length in 0..40 {
            for end in ['"', '\\', '\n', '\u{1f}', '\0'] {
                for filler in [" ", "a", "!", "#", "[", "]", "\u{7f}", "é", "\u{ffff}"] {
                    let plain = filler.repeat(length);
                    assert_eq!(plain_length(format!("{plain}{end}\"a\\").as_bytes()), plain.len());
                    assert_eq!(plain_length(plain.as_bytes()), plain.len());
                }
            }
        }
    }

    #[test]
    fn depth_has_an_end() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(DEEPEST)).is_ok());
        assert!(read(&nested(DEEPEST + 1)).is_err());
        assert!(read(&"[".repeat(1_000_000)).is_err() && read(&"{\"a\":".repeat(1_000_000)).is_err());
    }

    #[test]
    fn lines_end_where_they_end() {
        let mut lines = Lines::new("{\"a\":1}\r\n \n{\"b\":\n2} x");
        assert_eq!(lines.members().unwrap().count(), 1);
        assert_eq!(lines.end_line(0), Ok(()));
        assert!(lines.is_blank());
        assert_eq!(lines.end_line(9), Ok(()));
        assert_eq!(lines.members().unwrap().count(), 0);
        assert_eq!(lines.end_line(11), Err((5, "a value")));
        assert_eq!(lines.value(), Value::Integer(2));
        assert_eq!(lines.end_line(17), Err((1, "the end of the line")));
        assert!(lines.is_at_end());
    }
}
