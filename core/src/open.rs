//! [`Word`]: a value of an enumeration that Astro may extend.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};

use crate::{EntityType, Kind, Scope};

/// A value of an enumeration in an answer: one that this release knows, or a newer one as Astro wrote it.
///
/// ```
/// use astro_tokens::{Scope, Word};
///
/// let known: Word<Scope> = serde_json::from_str("\"WORKSPACE\"").unwrap();
/// assert_eq!(known, Word::Known(Scope::Workspace));
/// let newer: Word<Scope> = serde_json::from_str("\"GALAXY\"").unwrap();
/// assert_eq!(newer.as_str(), "GALAXY");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Word<T> {
    /// A value that this release knows.
    Known(T),
    /// A newer value.
    Other(String),
}

/// An enumeration whose values have names.
pub trait Enumeration: Copy + 'static {
    /// The value of this name.
    fn named(name: &str) -> Option<Self>;
    /// The name of this value.
    fn name(self) -> &'static str;
}

macro_rules! enumerations {
    ($($Name:ident),*) => {
        $(impl Enumeration for $Name {
            fn named(name: &str) -> Option<Self> {
                $Name::CHOICES.iter().find(|(choice, _)| *choice == name).map(|(_, value)| *value)
            }

            fn name(self) -> &'static str {
                self.as_str()
            }
        })*
    };
}

enumerations!(EntityType, Kind, Scope);

impl<T: Enumeration> Word<T> {
    /// The value, if this release knows it.
    #[must_use]
    pub fn known(&self) -> Option<T> {
        match self {
            Word::Known(value) => Some(*value),
            Word::Other(_) => None,
        }
    }

    /// As Astro wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Word::Known(value) => value.name(),
            Word::Other(name) => name,
        }
    }
}

impl<T: Enumeration> fmt::Display for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<T: Enumeration> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, T: Enumeration> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(WordVisitor(PhantomData))
    }
}

struct WordVisitor<T>(PhantomData<T>);

impl<T: Enumeration> Visitor<'_> for WordVisitor<T> {
    type Value = Word<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Word<T>, E> {
        Ok(T::named(name).map_or_else(|| Word::Other(name.to_owned()), Word::Known))
    }
}
