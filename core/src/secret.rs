//! [`Secret`]: the value of a token, which no output shows by accident.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// What stands in the place of a secret, wherever something is printed or serialised.
const REDACTED: &str = "[redacted]";

/// The value of a token: whoever has it can do what the token may.
///
/// Nothing shows it but [`Secret::expose`]: its debug text and its serialised form are redacted, and its memory is zeroed
/// when it is dropped. It is returned once, by create and by rotate, and never again.
///
/// ```
/// use astro_tokens::Secret;
///
/// let secret = Secret::new("eyJhbGciOiJSUzI1NiJ9.e30.c2ln".to_owned());
/// assert_eq!(format!("{secret:?}"), "Secret([redacted])");
/// assert!(secret.expose().starts_with("eyJ"));
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a value into custody.
    #[must_use]
    pub fn new(value: String) -> Self {
        Secret(Zeroizing::new(value))
    }

    /// The value itself. What becomes of it from here is the caller's.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Takes as long for values of one length, wherever they differ.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        let (these, those) = (self.0.as_bytes(), other.0.as_bytes());
        let differing = these.iter().zip(those).fold(0, |differing, (this, that)| differing | (this ^ that));
        these.len() == those.len() && std::hint::black_box(differing) == 0
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({REDACTED})")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_output_shows_it() {
        let secret = Secret::new("eyJsecret".to_owned());
        let outputs = [
            format!("{secret:?}"),
            format!("{secret:#?}"),
            format!("{:?}", Some(&secret)),
            serde_json::to_string(&secret).unwrap(),
        ];
        for output in outputs {
            assert!(output.contains(REDACTED) && !output.contains("eyJ"), "{output}");
        }
        assert_eq!(secret.clone().expose(), "eyJsecret");
    }

    #[test]
    fn secrets_are_compared_by_value() {
        let secret = |value: &str| Secret::new(value.to_owned());
        assert!(secret("eyJ") == secret("eyJ") && secret("") == secret(""));
        assert!(secret("eyJ") != secret("eyK") && secret("eyJ") != secret("eyJa") && secret("") != secret("e"));
    }
}
