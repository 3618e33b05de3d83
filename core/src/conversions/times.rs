//! [`Timestamp`] to and from the times of `chrono`, `jiff` and `time`, to the nanosecond.
//!
//! The offset that Astro wrote is not kept: all of these are points in time, in UTC.

use crate::{InvalidTimestamp, Timestamp};

const NANOS_PER_MILLI: i128 = 1_000_000;

impl Timestamp {
    #[cfg(any(feature = "jiff", feature = "time"))]
    /// Nanoseconds since 1970-01-01T00:00:00Z; digits beyond those are cut off.
    fn unix_nanos(&self) -> i128 {
        i128::from(self.unix_millis()) * NANOS_PER_MILLI + i128::from(self.nanos_of_milli())
    }

    /// The digits behind the milliseconds, which count forward before 1970, too.
    fn nanos_of_milli(&self) -> i64 {
        let fraction = self.as_str().split_once('.').map_or("", |(_, fraction)| fraction);
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).chain(std::iter::repeat(b'0'));
        digits.skip(3).take(6).fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'))
    }

    /// The time so many nanoseconds after 1970-01-01T00:00:00Z; an error outside of the years 0 to 9999.
    fn from_unix_nanos(nanos: i128) -> Result<Self, InvalidTimestamp> {
        let millis = i64::try_from(nanos.div_euclid(NANOS_PER_MILLI)).map_err(|_| InvalidTimestamp)?;
        let time = Timestamp::from_unix_millis(millis);
        if time.unix_millis() != millis {
            return Err(InvalidTimestamp);
        }
        match nanos.rem_euclid(NANOS_PER_MILLI) {
            0 => Ok(time),
            rest => format!("{}{rest:06}Z", time.as_str().trim_end_matches('Z')).parse(),
        }
    }
}

/// ```
/// use astro_tokens::Timestamp;
///
/// let time: Timestamp = "2026-11-22T09:40:10.5+01:00".parse().unwrap();
/// assert_eq!(jiff::Timestamp::try_from(&time).unwrap().to_string(), "2026-11-22T08:40:10.5Z");
/// ```
///
/// # Errors
///
/// The last day of the year 9999, which `jiff` does not have.
#[cfg(feature = "jiff")]
impl TryFrom<&Timestamp> for jiff::Timestamp {
    type Error = jiff::Error;

    fn try_from(time: &Timestamp) -> Result<Self, jiff::Error> {
        jiff::Timestamp::from_nanosecond(time.unix_nanos())
    }
}

/// # Errors
///
/// A time before the year 0, which RFC 3339 cannot write.
#[cfg(feature = "jiff")]
impl TryFrom<jiff::Timestamp> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(time: jiff::Timestamp) -> Result<Self, InvalidTimestamp> {
        Timestamp::from_unix_nanos(time.as_nanosecond())
    }
}

/// ```
/// use astro_tokens::Timestamp;
///
/// let time: Timestamp = "2026-11-22T09:40:10.5+01:00".parse().unwrap();
/// assert_eq!(chrono::DateTime::from(&time).timestamp_millis(), 1_795_336_810_500);
/// ```
#[cfg(feature = "chrono")]
impl From<&Timestamp> for chrono::DateTime<chrono::Utc> {
    fn from(time: &Timestamp) -> Self {
        // The years that RFC 3339 can write are far within those of `chrono`, so that this cannot overflow.
        chrono::DateTime::UNIX_EPOCH
            + chrono::TimeDelta::milliseconds(time.unix_millis())
            + chrono::TimeDelta::nanoseconds(time.nanos_of_milli())
    }
}

/// # Errors
///
/// A time outside of the years 0 to 9999, which RFC 3339 cannot write.
#[cfg(feature = "chrono")]
impl<Zone: chrono::TimeZone> TryFrom<chrono::DateTime<Zone>> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(time: chrono::DateTime<Zone>) -> Result<Self, InvalidTimestamp> {
        let nanos = i128::from(time.timestamp()) * 1_000_000_000 + i128::from(time.timestamp_subsec_nanos());
        Timestamp::from_unix_nanos(nanos)
    }
}

/// ```
/// use astro_tokens::Timestamp;
///
/// let time: Timestamp = "2026-11-22T09:40:10.5+01:00".parse().unwrap();
/// assert_eq!(time::OffsetDateTime::try_from(&time).unwrap().unix_timestamp(), 1_795_336_810);
/// ```
///
/// # Errors
///
/// A time in the year 9999 whose offset puts it into the year 10000.
#[cfg(feature = "time")]
impl TryFrom<&Timestamp> for time::OffsetDateTime {
    type Error = time::error::ComponentRange;

    fn try_from(time: &Timestamp) -> Result<Self, time::error::ComponentRange> {
        time::OffsetDateTime::from_unix_timestamp_nanos(time.unix_nanos())
    }
}

/// # Errors
///
/// A time outside of the years 0 to 9999, which RFC 3339 cannot write.
#[cfg(feature = "time")]
impl TryFrom<time::OffsetDateTime> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(time: time::OffsetDateTime) -> Result<Self, InvalidTimestamp> {
        Timestamp::from_unix_nanos(time.unix_timestamp_nanos())
    }
}
