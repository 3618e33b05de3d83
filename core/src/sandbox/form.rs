//! Reads bodies and queries as the server does: each field by itself, all findings in one answer.

use std::{ops::RangeInclusive, str::FromStr};

use serde_json::{Map, Value as Json};

use super::refusal::{Findings, Refusal};
use crate::{Enumeration, text::listed};

/// A JSON object, and what is wrong with its fields.
pub(super) struct Form {
    object: Map<String, Json>,
    /// What stands before the name of a field in a finding: `roles[0].`.
    prefix: String,
}

impl Form {
    /// The body of a request; a field that the API does not know is ignored.
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
        match serde_json::from_slice(body) {
            Ok(Json::Object(object)) => Ok(Form { object, prefix: String::new() }),
            Ok(_) => Err(Refusal::new(400, "the body is not a JSON object")),
            Err(_) => Err(Refusal::new(400, "the body is not JSON")),
        }
    }

    /// An object within a body.
    pub(super) fn nested(object: Map<String, Json>, prefix: String) -> Self {
        Form { object, prefix }
    }

    /// Takes a field out; `null` counts as absent.
    pub(super) fn take(&mut self, field: &str) -> Option<Json> {
        self.object.remove(field).filter(|value| !value.is_null())
    }

    /// What was not taken out.
    pub(super) fn rest(self) -> Map<String, Json> {
        self.object
    }

    pub(super) fn name_of(&self, field: &str) -> String {
        format!("{}{field}", self.prefix)
    }

    pub(super) fn text(&mut self, findings: &mut Findings, field: &str) -> Option<String> {
        match self.take(field)? {
            Json::String(text) => Some(text),
            _ => {
                findings.add(self.name_of(field), "type", format!("{field} is not a string"));
                None
            }
        }
    }

    /// Text that must be there and not be empty.
    pub(super) fn required(&mut self, findings: &mut Findings, field: &str) -> Option<String> {
        let is_given = self.object.get(field).is_some_and(|value| !value.is_null());
        let text = self.text(findings, field);
        if !is_given || text.as_deref() == Some("") {
            findings.add(self.name_of(field), "required", format!("{field} is required"));
            return None;
        }
        text
    }

    /// A value of an enumeration, absent or one that the API has.
    pub(super) fn choice<T: Enumeration>(
        &mut self,
        findings: &mut Findings,
        field: &str,
        all: impl IntoIterator<Item = T>,
    ) -> Option<T> {
        let text = self.text(findings, field)?;
        choice(findings, &self.name_of(field), &text, all)
    }

    pub(super) fn integer(&mut self, findings: &mut Findings, field: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let value = self.take(field)?;
        match value.as_i64() {
            Some(integer) if range.contains(&integer) => return Some(integer),
            // More than 64 bits are a number too.
            Some(_) => out_of_range(findings, &self.name_of(field), &range),
            None if value.is_u64() => out_of_range(findings, &self.name_of(field), &range),
            None => findings.add(self.name_of(field), "type", format!("{field} is not a whole number")),
        }
        None
    }
}

/// The pairs of a query.
pub(super) struct Query(pub(super) Vec<(String, String)>);

impl Query {
    /// Every value of a repeatable parameter.
    pub(super) fn all<'q>(&'q self, name: &str) -> impl Iterator<Item = &'q str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first value; an empty one counts as absent.
    pub(super) fn first<'q>(&'q self, name: &str) -> Option<&'q str> {
        self.all(name).next().filter(|value| !value.is_empty())
    }

    pub(super) fn parsed<T: FromStr>(&self, findings: &mut Findings, name: &str, what: &str) -> Option<T> {
        let parsed = self.first(name)?.parse();
        if parsed.is_err() {
            findings.add(name, "type", format!("{name} is not {what}"));
        }
        parsed.ok()
    }

    pub(super) fn integer(&self, findings: &mut Findings, name: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let integer = self.parsed(findings, name, "a whole number")?;
        if range.contains(&integer) {
            return Some(integer);
        }
        out_of_range(findings, name, &range);
        None
    }
}

/// A value of an enumeration by its name.
pub(super) fn choice<T: Enumeration>(
    findings: &mut Findings,
    field: &str,
    text: &str,
    all: impl IntoIterator<Item = T>,
) -> Option<T> {
    let all: Vec<T> = all.into_iter().collect();
    let found = all.iter().copied().find(|value| value.name() == text);
    if found.is_none() {
        let names = listed(all.into_iter().map(T::name));
        findings.add(field, "oneof", format!("{field} is not {names}"));
    }
    found
}

fn out_of_range(findings: &mut Findings, field: &str, range: &RangeInclusive<i64>) {
    let message = if *range.end() == i64::MAX {
        format!("{field} is less than {}", range.start())
    } else {
        format!("{field} is not within {} and {}", range.start(), range.end())
    };
    findings.add(field, "range", message);
}
