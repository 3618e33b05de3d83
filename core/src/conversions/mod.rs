//! Conversions to and from the types of other crates, each behind a feature of that crate's name.

#[cfg(feature = "http")]
mod http;
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
mod times;
