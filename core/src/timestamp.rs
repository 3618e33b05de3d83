//! [`Timestamp`]: a time as Astro writes it.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};

/// A point in time in RFC 3339, as Astro wrote it.
///
/// It keeps the text, so that an answer survives a round trip to the letter, and knows the milliseconds since 1970.
///
/// ```
/// use astro_tokens::Timestamp;
///
/// let time: Timestamp = "2026-11-22T09:40:10.5+01:00".parse().unwrap();
/// assert_eq!(time.unix_millis(), 1_795_336_810_500);
/// assert_eq!(time.to_string(), "2026-11-22T09:40:10.5+01:00");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Timestamp {
    text: Text,
    unix_millis: i64,
}

/// A text which is nearly always so short that it needs no memory of its own: an answer holds thousands of times.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Text {
    Short(u8, [u8; SHORT]),
    Long(Box<str>),
}

/// Room for nanoseconds: `2026-11-22T09:40:10.123456789Z`.
const SHORT: usize = 30;

impl Text {
    fn as_str(&self) -> &str {
        match self {
            Text::Short(length, bytes) => {
                bytes.get(..usize::from(*length)).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
            }
            Text::Long(text) => text,
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let mut bytes = [0; SHORT];
        match bytes.get_mut(..text.len()) {
            Some(room) => {
                room.copy_from_slice(text.as_bytes());
                Text::Short(text.len() as u8, bytes)
            }
            None => Text::Long(text.into()),
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// The text is not a time in RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time in RFC 3339, such as 2026-11-22T09:40:10Z")]
pub struct InvalidTimestamp;

/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z: RFC 3339 writes years with four digits.
const WRITABLE: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

impl Timestamp {
    /// The time so many milliseconds after 1970-01-01T00:00:00Z, in UTC and with milliseconds as Astro writes it. Before
    /// the year 0 and after the year 9999, which RFC 3339 cannot write, it is the first or last time that it can.
    ///
    /// ```
    /// use astro_tokens::Timestamp;
    ///
    /// assert_eq!(Timestamp::from_unix_millis(1_795_336_810_500).as_str(), "2026-11-22T08:40:10.500Z");
    /// ```
    #[must_use]
    pub fn from_unix_millis(unix_millis: i64) -> Self {
        let unix_millis = unix_millis.clamp(*WRITABLE.start(), *WRITABLE.end());
        let (days, of_day) = (unix_millis.div_euclid(86_400_000), unix_millis.rem_euclid(86_400_000));
        let (year, month, day) = date(days);
        let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
        let (second, milli) = (of_day / 1000 % 60, of_day % 1000);
        let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z");
        Timestamp { text: Text::from(&*text), unix_millis }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z; digits beyond milliseconds are cut off.
    #[must_use]
    pub fn unix_millis(&self) -> i64 {
        self.unix_millis
    }

    /// The time in RFC 3339, as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }
}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.unix_millis, self.as_str()).cmp(&(other.unix_millis, other.as_str()))
    }
}

impl std::str::FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let unix_millis = unix_millis(text).ok_or(InvalidTimestamp)?;
        Ok(Timestamp { text: text.into(), unix_millis })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TimestampVisitor)
    }
}

struct TimestampVisitor;

impl Visitor<'_> for TimestampVisitor {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
        text.parse().map_err(E::custom)
    }
}

/// Source: RFC 3339, section 5.6. A leap second counts as the second before it, as on every clock of a computer.
pub(crate) fn unix_millis(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        let digit = |byte: u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
        bytes.get(from..to)?.iter().try_fold(0, |sum, &byte| Some(sum * 10 + digit(byte)?))
    };
    let separators = [(4, b"-"), (7, b"-"), (13, b":"), (16, b":")];
    let is_laid_out = separators.iter().all(|(position, separator)| bytes.get(*position) == Some(&separator[0]))
        && matches!(bytes.get(10), Some(b'T' | b't' | b' '));
    if !is_laid_out {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month)
        || !(1..=days_in(year, month)).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    let mut rest = text.get(19..)?;
    let mut millis = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
        let digits = fraction.get(..length).filter(|digits| !digits.is_empty())?;
        millis = digits
            .bytes()
            .chain(std::iter::repeat(b'0'))
            .take(3)
            .fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        rest = &fraction[length..];
    }
    let offset = match rest.as_bytes() {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let at = text.len() - 5;
            let (hours, minutes) = (number(at, at + 2)?, number(at + 3, at + 5)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = (hours * 60 + minutes) * 60;
            if *sign == b'-' { -offset } else { offset }
        }
        _ => return None,
    };
    let days = days_since_1970(year, month, day);
    Some((((days * 24 + hour) * 60 + minute) * 60 + second.min(59) - offset) * 1000 + millis)
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// In a year that is no leap year.
const DAYS_BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let leap_days = before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400);
    let of_year = DAYS_BEFORE_MONTH[month as usize - 1] + i64::from(month > 2 && is_leap(year));
    // 719,162 days lie before 1970 in the proleptic Gregorian calendar, counted from the year 1.
    before * 365 + leap_days + of_year + day - 1 - 719_162
}

/// Year, month and day of the day so many days after 1970-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    // Never too late and never many years too early, so that few steps remain.
    let mut year = 1970 + days.div_euclid(366).min(days.div_euclid(365));
    while days_since_1970(year + 1, 1, 1) <= days {
        year += 1;
    }
    let mut month = 1;
    while month < 12 && days_since_1970(year, month + 1, 1) <= days {
        month += 1;
    }
    (year, month, days - days_since_1970(year, month, 1) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2000-02-29T12:00:00Z", 951_825_600_000),
            ("2023-09-08T13:30:48.766Z", 1_694_179_848_766),
            ("2023-09-08T13:30:48.766123456Z", 1_694_179_848_766),
            ("2023-09-08t15:30:48.7+02:00", 1_694_179_848_700),
            ("2023-09-08 08:00:48-05:30", 1_694_179_848_000),
            ("2016-12-31T23:59:60Z", 1_483_228_799_000),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000),
        ] {
            assert_eq!(unix_millis(text), Some(millis), "{text}");
        }
    }

    #[test]
    fn times_keep_their_text() {
        for text in ["2023-09-08t13:30:48Z", "2026-11-22T09:40:10.123456789Z", "2026-11-22T09:40:10.123456789+01:00"] {
            let time: Timestamp = serde_json::from_value(text.into()).unwrap();
            assert_eq!(time.as_str(), text);
            assert_eq!(time, text.parse().unwrap());
            assert!(format!("{time:?}").contains(&format!("{text:?}")));
        }
    }

    #[test]
    fn times_are_written() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_825_600_000, "2000-02-29T12:00:00.000Z"),
            (1_694_179_848_766, "2023-09-08T13:30:48.766Z"),
            (1_483_228_799_000, "2016-12-31T23:59:59.000Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
            (i64::MIN, "0000-01-01T00:00:00.000Z"),
            (i64::MAX, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp::from_unix_millis(millis).as_str(), text);
        }
        for day in (-800_000..2_900_000).step_by(97) {
            let time = Timestamp::from_unix_millis(day * 86_400_000 + 1);
            assert_eq!(unix_millis(time.as_str()), Some(time.unix_millis), "{time}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "2023",
            "2023-09-08",
            "2023-09-08T13:30:48",
            "2023-09-08T13:30Z",
            "2023-13-08T13:30:48Z",
            "2023-02-29T13:30:48Z",
            "2023-09-08T24:30:48Z",
            "2023-09-08T13:60:48Z",
            "2023-09-08T13:30:61Z",
            "2023-09-08T13:30:48.Z",
            "2023-09-08T13:30:48+0200",
            "2023-09-08T13:30:48+24:00",
            "+023-09-08T13:30:48Z",
            "2023-09-08T13:30:48Zx",
            "2023-09-08T13:30:48é",
            "２０２３-09-08T13:30:48Z",
        ] {
            assert_eq!(unix_millis(text), None, "{text}");
        }
    }
}
