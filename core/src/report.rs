//! [`Report`] collects everything that is wrong with one input, and reads single fields by their kind.
//!
//! Each reader answers with a [`Given`], so that a rule about several fields can tell a value that is missing from one
//! that was already complained about: one mistake gives one problem.

use std::{borrow::Cow, ops::RangeInclusive};

use crate::{
    Code, Problem, Severity, Span, Spelling, ValidationError, Value,
    spelling::Path,
    text::{listed, nearest, printable, shown},
};

/// What a reader found in a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Given<T> {
    /// The caller gave nothing.
    Absent,
    /// The caller gave something that cannot be used, and the report says so.
    Wrong,
    /// A value that obeys the rules of its field.
    Is(T),
}

impl<T> Given<T> {
    pub(crate) fn value(self) -> Option<T> {
        match self {
            Given::Is(value) => Some(value),
            Given::Absent | Given::Wrong => None,
        }
    }

    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Given::Absent)
    }

    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Given<U> {
        match self {
            Given::Is(value) => Given::Is(change(value)),
            Given::Wrong => Given::Wrong,
            Given::Absent => Given::Absent,
        }
    }
}

/// The problems of one input, in the making.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) spelling: Spelling,
    strict: bool,
    problems: Vec<Problem>,
    /// Where the fields stand in a command line, if that is what is read.
    places: Vec<Place>,
}

/// Where a field stands in a command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) field: &'static str,
    /// How the command line spells the field: `--expiration`.
    pub(crate) spelt: &'static str,
    pub(crate) span: Option<Span>,
}

impl Report {
    pub(crate) fn new(spelling: Spelling, strict: bool) -> Self {
        Report { spelling, strict, problems: Vec::new(), places: Vec::new() }
    }

    /// Says where a field stands in the command line that is read.
    #[cfg(feature = "cli")]
    pub(crate) fn place(&mut self, place: Place) {
        self.places.push(place);
    }

    fn place_of(&self, field: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.field == field)
    }

    /// Adds a problem with the field at `at`.
    pub(crate) fn add(&mut self, code: Code, at: Path, message: impl Into<String>, help: impl Into<String>) {
        let place = self.place_of(at.root());
        let field = place.map_or_else(|| at.spell(self.spelling), |place| place.spelt.to_owned());
        let span = place.and_then(|place| place.span);
        self.push(code, Some(field), span, message.into(), help.into());
    }

    /// Adds a problem with the whole input, or with a part of a command line.
    pub(crate) fn push(
        &mut self,
        code: Code,
        field: Option<String>,
        span: Option<Span>,
        message: String,
        help: String,
    ) {
        let severity = if self.strict { Severity::Error } else { code.severity() };
        self.problems.push(Problem { code, severity, field, message, help: Some(help), span });
    }

    /// Adds a problem and says that the field was of no use.
    pub(crate) fn wrong<T>(
        &mut self,
        code: Code,
        at: Path,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Given<T> {
        self.add(code, at, message, help);
        Given::Wrong
    }

    /// A field of this crate, in backticks, as the caller spells it.
    pub(crate) fn named(&self, field: &'static str) -> String {
        match self.place_of(field) {
            Some(place) => format!("`{}`", place.spelt),
            None => format!("`{}`", self.spelling.spell(field)),
        }
    }

    /// The problems found so far.
    #[cfg(feature = "cli")]
    pub(crate) fn problems(&mut self) -> &mut Vec<Problem> {
        &mut self.problems
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// The warnings beside a built value, or the error with everything that was found.
    pub(crate) fn finish<T>(
        self,
        subject: &'static str,
        built: Option<T>,
    ) -> Result<(T, Vec<Problem>), ValidationError> {
        match built {
            Some(built) if !self.has_errors() => Ok((built, self.problems)),
            _ => Err(ValidationError {
                subject: self.spelling.spell(subject),
                stands: "nothing was sent",
                problems: self.problems,
            }),
        }
    }

    // ---- shapes ---------------------------------------------------------------------------------------------------

    pub(crate) fn wrong_type<T>(&mut self, at: Path, expected: &str, found: &Value<'_>) -> Given<T> {
        let help = match found {
            Value::Text(text) if expected == "a whole number" && text.trim().parse::<i64>().is_ok() => {
                format!("write {} without quotes", text.trim().parse::<i64>().unwrap_or_default())
            }
            Value::Text(_) if expected == "a list" => "put the value into a list".to_owned(),
            _ => format!("give {expected}"),
        };
        self.wrong(Code::WrongType, at, format!("expected {expected}, found {}", found.describe()), help)
    }

    /// The whole input is not an object.
    pub(crate) fn wrong_input(&mut self, found: &Value<'_>) {
        let message = format!("expected an object with the fields, found {}", found.describe());
        self.push(Code::WrongType, None, None, message, "give one object with the fields by name".to_owned());
    }

    /// A key that the caller wrote and that nothing here is called; answers with the field that was meant, where that is
    /// clear. `prefix` is where the object is, spelt.
    pub(crate) fn unknown_field(
        &mut self,
        prefix: &str,
        key: &str,
        fields: &[&'static str],
        aliases: &[(&str, &'static str)],
    ) -> Option<&'static str> {
        let spelling = self.spelling;
        let called: Vec<&'static str> =
            aliases.iter().filter(|(alias, _)| *alias == key).map(|(_, field)| *field).collect();
        let spelt = |names: &[&'static str]| {
            let names: Vec<Cow<'static, str>> = names.iter().map(|name| spelling.spell(name)).collect();
            listed(names.iter().map(AsRef::as_ref))
        };
        let (meant, help) = match called.as_slice() {
            [] => match near_field(key, fields, spelling) {
                Some(field) => (Some(field), format!("did you mean `{}`?", spelling.spell(field))),
                None if fields.len() == 1 => (None, format!("the only field is {}", spelt(fields))),
                None => (None, format!("the fields are {}", spelt(fields).replace(" or ", " and "))),
            },
            [field] => (Some(*field), format!("this is called {} here", spelt(&called))),
            _ => (None, format!("this is called {} here", spelt(&called))),
        };
        // The field repeats what the caller wrote, so it needs the same care as a message.
        let key_shown = printable(key);
        let field = if prefix.is_empty() { key_shown } else { format!("{prefix}.{key_shown}") };
        self.push(Code::UnknownField, Some(field), None, format!("{} is not a field here", shown(key)), help);
        meant
    }

    /// Text that is Unicode; nothing else is checked.
    pub(crate) fn text<'v>(&mut self, at: Path, value: &'v Value<'_>) -> Given<&'v str> {
        match value {
            Value::Absent => Given::Absent,
            Value::Text(text) => Given::Is(text),
            Value::BrokenText => self.wrong(
                Code::InvalidUnicode,
                at,
                "the text holds a lone surrogate, half of a character",
                "it was probably cut in the middle of an emoji; cut text between whole characters",
            ),
            other => self.wrong_type(at, "a string", other),
        }
    }

    pub(crate) fn boolean(&mut self, at: Path, value: &Value<'_>) -> Given<bool> {
        match value {
            Value::Absent => Given::Absent,
            Value::Boolean(boolean) => Given::Is(*boolean),
            other => self.wrong_type(at, "a boolean", other),
        }
    }

    /// The items of a list.
    pub(crate) fn list<'v, 'a>(&mut self, at: Path, value: &'v Value<'a>) -> Given<&'v [Value<'a>]> {
        match value {
            Value::Absent => Given::Absent,
            Value::List(items) => Given::Is(items),
            other => self.wrong_type(at, "a list", other),
        }
    }

    /// The items of a list, each read by `item`; wrong where one of them is.
    pub(crate) fn each<'v, 'a, T>(
        &mut self,
        at: Path,
        value: &'v Value<'a>,
        mut item: impl FnMut(&mut Self, Path, &'v Value<'a>) -> Option<T>,
    ) -> Given<Vec<T>> {
        let items = match self.list(at, value) {
            Given::Is(items) => items,
            Given::Absent => return Given::Absent,
            Given::Wrong => return Given::Wrong,
        };
        let read: Vec<T> =
            items.iter().enumerate().filter_map(|(index, value)| item(self, at.item(index), value)).collect();
        if read.len() == items.len() { Given::Is(read) } else { Given::Wrong }
    }

    /// A whole number from `range`, in `unit`. `zero` is the advice for 0 where that is out of range.
    pub(crate) fn integer(
        &mut self,
        at: Path,
        value: &Value<'_>,
        range: RangeInclusive<i64>,
        unit: &str,
        zero: impl FnOnce(&Self) -> String,
    ) -> Given<i64> {
        let number = match *value {
            Value::Absent => return Given::Absent,
            Value::Integer(number) => Some(number),
            Value::HugeInteger => None,
            Value::Float(number) if number.is_finite() && number.fract() == 0.0 => {
                // Beyond 2^53 a float is out of every range here anyway.
                (number.abs() <= 9_007_199_254_740_992.0).then_some(number as i64)
            }
            Value::Float(number) => {
                // The number itself is not shown: printing floats takes 8 KB of every download.
                let (message, help) = if number.is_finite() {
                    let near = (number.trunc() as i64).clamp((*range.start()).max(1), *range.end());
                    ("the number is not whole", format!("give a whole number, such as `{near}`"))
                } else {
                    ("this is not a finite number", "give a whole number, or leave the field out".to_owned())
                };
                return self.wrong(Code::NotAnInteger, at, message, help);
            }
            ref other => return self.wrong_type(at, "a whole number", other),
        };
        match number {
            Some(number) if range.contains(&number) => Given::Is(number),
            _ => {
                let (low, high) = (range.start(), range.end());
                let found = number.map_or_else(|| "the number".to_owned(), |number| format!("`{number}`"));
                let help = match number {
                    Some(0) => zero(self),
                    _ => format!("give a whole number from {low} to {high}"),
                };
                self.wrong(Code::OutOfRange, at, format!("{found} is not within {low} to {high}{unit}"), help)
            }
        }
    }

    /// One of a set of words. A near miss is reported and then taken as if it had been written right.
    pub(crate) fn choice<T: Copy>(&mut self, at: Path, value: &Value<'_>, choices: &[(&'static str, T)]) -> Given<T> {
        let text = match self.text(at, value) {
            Given::Is(text) => text,
            Given::Absent => return Given::Absent,
            Given::Wrong => return Given::Wrong,
        };
        let find = |wanted: &str| choices.iter().find(|(name, _)| *name == wanted).map(|(_, choice)| *choice);
        if let Some(choice) = find(text) {
            return Given::Is(choice);
        }
        let names = || choices.iter().map(|(name, _)| *name);
        let meant = nearest(text, names());
        let help = match meant {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("use {}", listed(names())),
        };
        self.add(Code::InvalidValue, at, format!("{} is not a valid {}", shown(text), at.noun()), help);
        meant.and_then(find).map_or(Given::Wrong, Given::Is)
    }
}

/// The field that a key was meant to be: a near miss, or a part of its name (`expiration` for `expiration_days`).
fn near_field(key: &str, fields: &[&'static str], spelling: Spelling) -> Option<&'static str> {
    let is_part = |field: &str| key.len() >= 4 && (field.starts_with(key) || key.starts_with(field));
    let near = nearest(key, fields.iter().copied());
    let find = |wanted: &str| fields.iter().copied().find(|field| *field == wanted);
    near.and_then(find).or_else(|| fields.iter().copied().find(|field| is_part(&spelling.spell(field))))
}
