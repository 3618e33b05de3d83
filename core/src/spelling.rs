//! How a field is spelt: every problem names it as the caller wrote it.

use std::{borrow::Cow, fmt::Write};

/// How the caller's language spells the names of fields and operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Spelling {
    /// `expiration_days`: Rust and Python.
    #[default]
    Snake,
    /// `expirationDays`: JavaScript.
    Camel,
    /// `--expiration`: a command line.
    Flag,
}

impl Spelling {
    /// A name of this crate, which is in snake case, as the caller spells it.
    ///
    /// ```
    /// use astro_tokens::Spelling;
    /// assert_eq!(Spelling::Camel.spell("expiration_days"), "expirationDays");
    /// ```
    #[must_use]
    pub fn spell(self, name: &'static str) -> Cow<'static, str> {
        match self {
            // The one that the Astro CLI calls otherwise.
            Spelling::Flag if name == "expiration_days" => return Cow::Borrowed("--expiration"),
            Spelling::Flag => return Cow::Owned(format!("--{}", name.replace('_', "-"))),
            Spelling::Snake => return Cow::Borrowed(name),
            Spelling::Camel if !name.contains('_') => return Cow::Borrowed(name),
            Spelling::Camel => {}
        }
        let mut words = name.split('_');
        let mut spelt = words.next().unwrap_or_default().to_owned();
        for word in words {
            let (initial, rest) = word.split_at(word.len().min(1));
            spelt.push_str(&initial.to_ascii_uppercase());
            spelt.push_str(rest);
        }
        Cow::Owned(spelt)
    }
}

impl Spelling {
    /// Whether the caller's key is a name of this crate. It allocates nothing: every key of every input is asked.
    pub(crate) fn matches(self, name: &'static str, key: &str) -> bool {
        match self {
            Spelling::Snake => return name == key,
            Spelling::Flag => return self.spell(name) == key,
            Spelling::Camel => {}
        }
        let mut key = key.bytes();
        let mut name = name.bytes();
        while let Some(byte) = name.next() {
            let expected =
                if byte == b'_' { name.next().map(|initial| initial.to_ascii_uppercase()) } else { Some(byte) };
            if key.next() != expected {
                return false;
            }
        }
        key.next().is_none()
    }
}

/// Where in the input a problem is: a field, or a key of an item of a field that is a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path {
    field: &'static str,
    item: Option<usize>,
    key: Option<&'static str>,
}

impl Path {
    /// The field of that name, in snake case.
    pub(crate) const fn field(field: &'static str) -> Self {
        Path { field, item: None, key: None }
    }

    /// The field, without item and key.
    pub(crate) const fn root(self) -> &'static str {
        self.field
    }

    /// An item of the list in this field.
    pub(crate) const fn item(self, index: usize) -> Self {
        Path { item: Some(index), ..self }
    }

    /// A key of the object at this place, in snake case.
    pub(crate) const fn key(self, key: &'static str) -> Self {
        Path { key: Some(key), ..self }
    }

    /// What the value is called in a message: the last part of the path, in words; an item of `sorts` is a `sort`.
    pub(crate) fn noun(self) -> String {
        let name = self.key.unwrap_or(self.field);
        let is_item = self.item.is_some() && self.key.is_none();
        let name = if is_item { name.strip_suffix('s').unwrap_or(name) } else { name };
        let words: Vec<&str> = name.split('_').map(written).collect();
        words.join(" ")
    }

    /// `roles[1].entityId`
    pub(crate) fn spell(self, spelling: Spelling) -> String {
        let mut spelt = spelling.spell(self.field).into_owned();
        if let Some(index) = self.item {
            let _ = write!(spelt, "[{index}]");
        }
        if let Some(key) = self.key {
            let _ = write!(spelt, ".{}", spelling.spell(key));
        }
        spelt
    }
}

/// A word of a field's name as Astro's documentation writes it in a sentence.
fn written(word: &str) -> &str {
    match word {
        "api" => "API",
        "url" => "URL",
        "dag" => "DAG",
        "organization" => "Organization",
        "workspace" => "Workspace",
        "deployment" => "Deployment",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_read_like_the_documentation() {
        assert_eq!(Path::field("workspace_id").noun(), "Workspace id");
        assert_eq!(Path::field("dag_tags").item(2).noun(), "DAG tag");
        assert_eq!(Path::field("roles").item(0).key("role").noun(), "role");
    }

    #[test]
    fn paths_are_spelt_as_the_caller_spells_them() {
        let path = Path::field("roles").item(1).key("entity_id");
        assert_eq!(path.spell(Spelling::Snake), "roles[1].entity_id");
        assert_eq!(path.spell(Spelling::Camel), "roles[1].entityId");
        assert_eq!(Spelling::Flag.spell("keep_old"), "--keep-old");
        assert_eq!(Spelling::Camel.spell("include_only_organization_tokens"), "includeOnlyOrganizationTokens");
        for name in ["name", "expiration_days", "include_only_organization_tokens"] {
            assert!(Spelling::Snake.matches(name, name) && Spelling::Camel.matches(name, &Spelling::Camel.spell(name)));
        }
        for key in ["expiration_days", "expirationDay", "expirationDayss", "ExpirationDays", "expiration"] {
            assert!(!Spelling::Camel.matches("expiration_days", key), "{key}");
        }
    }
}
