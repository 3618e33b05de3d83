//! The field list of an input, written once: it makes the struct, the setters, the names that a mapping may use.

use std::borrow::Cow;

use crate::{Value, report::Report};

/// An input whose fields can be set by name.
pub(crate) trait Fields<'a>: Slots<'a> + Default {
    /// The fields in snake case, in the order of the documentation.
    const FIELDS: &'static [&'static str];

    /// What the API or other tools call a field, for callers who know it by that name.
    const ALIASES: &'static [(&'static str, &'static str)];

    /// Reads the pairs of a mapping; every key that is no field is a problem. `prefix` is where the mapping is.
    fn read<'p>(report: &mut Report, prefix: &str, pairs: impl Iterator<Item = (Cow<'p, str>, Value<'a>)>) -> Self {
        let mut read = Self::default();
        for (key, value) in pairs {
            fill(&mut read, (Self::FIELDS, Self::ALIASES), report, prefix, &key, value);
        }
        read
    }
}

/// Where the values of an input are.
pub(crate) trait Slots<'a> {
    /// The place of a field, by its name in snake case.
    fn slot(&mut self, field: &str) -> Option<&mut Value<'a>>;
}

/// Puts a value in the place that its key names. Not a part of the trait, so that it is compiled once for all inputs.
fn fill<'a>(
    input: &mut dyn Slots<'a>,
    (fields, aliases): (&[&'static str], &[(&'static str, &'static str)]),
    report: &mut Report,
    prefix: &str,
    key: &str,
    value: Value<'a>,
) {
    let spelling = report.spelling;
    let field = fields.iter().find(|field| spelling.matches(field, key));
    if let Some(slot) = field.and_then(|field| input.slot(field)) {
        *slot = value;
        return;
    }
    // Where it is clear what was meant, checking goes on as if it had been written right.
    let meant = report.unknown_field(prefix, key, fields, aliases);
    if let Some(slot) = meant.and_then(|meant| input.slot(meant)).filter(|slot| **slot == Value::Absent) {
        *slot = value;
    }
}

/// Declares an input: a struct of [`Value`]s, its [`Fields`], and, where the fields name their kinds, a setter of Rust's
/// own type for each.
macro_rules! fields {
    (
        $(#[$doc:meta])*
        pub struct $Name:ident {
            $($(#[$field_doc:meta])* $field:ident: $kind:ident,)*
        }
        $(aliases { $($alias:literal => $target:literal,)* })?
    ) => {
        $crate::fields::fields! {
            $(#[$doc])*
            pub struct $Name {
                $($(#[$field_doc])* $field,)*
            }
            aliases { $($($alias => $target,)*)? }
        }

        impl<'a> $Name<'a> {
            $($crate::fields::setter!($(#[$field_doc])* $field: $kind);)*
        }
    };
    (
        $(#[$doc:meta])*
        $vis:vis struct $Name:ident {
            $($(#[$field_doc:meta])* $field:ident,)*
        }
        aliases { $($alias:literal => $target:literal,)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        $vis struct $Name<'a> {
            $($(#[$field_doc])* $vis $field: $crate::Value<'a>,)*
        }

        impl<'a> $crate::fields::Fields<'a> for $Name<'a> {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];
            const ALIASES: &'static [(&'static str, &'static str)] = &[$(($alias, $target)),*];
        }

        impl<'a> $crate::fields::Slots<'a> for $Name<'a> {
            fn slot(&mut self, field: &str) -> Option<&mut $crate::Value<'a>> {
                match field {
                    $(stringify!($field) => Some(&mut self.$field),)*
                    _ => None,
                }
            }
        }
    };
}

/// The setter of one field, by the kind of value it takes.
macro_rules! setter {
    ($(#[$doc:meta])* $field:ident: text) => {
        $(#[$doc])*
        #[must_use]
        pub fn $field(mut self, $field: impl Into<std::borrow::Cow<'a, str>>) -> Self {
            self.$field = $crate::Value::Text($field.into());
            self
        }
    };
    ($(#[$doc:meta])* $field:ident: integer) => {
        $(#[$doc])*
        #[must_use]
        pub fn $field(mut self, $field: i64) -> Self {
            self.$field = $crate::Value::Integer($field);
            self
        }
    };
    ($(#[$doc:meta])* $field:ident: boolean) => {
        $(#[$doc])*
        #[must_use]
        pub fn $field(mut self, $field: bool) -> Self {
            self.$field = $crate::Value::Boolean($field);
            self
        }
    };
    ($(#[$doc:meta])* $field:ident: texts) => {
        $(#[$doc])*
        #[must_use]
        pub fn $field<T: Into<std::borrow::Cow<'a, str>>>(mut self, $field: impl IntoIterator<Item = T>) -> Self {
            self.$field = $crate::Value::List($field.into_iter().map(|text| $crate::Value::Text(text.into())).collect());
            self
        }
    };
    ($(#[$doc:meta])* $field:ident: grants) => {
        $(#[$doc])*
        #[must_use]
        pub fn $field(mut self, $field: impl IntoIterator<Item = $crate::Grant<'a>>) -> Self {
            self.$field = $crate::Value::List($field.into_iter().map(Into::into).collect());
            self
        }
    };
}

pub(crate) use {fields, setter};
