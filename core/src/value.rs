//! [`Value`]: anything that a host language can put into a field.

use std::borrow::Cow;

/// What a caller put into a field, before any rule has looked at it.
///
/// A mapping in Python or an object in JavaScript may hold anything, so a binding only says *what is there* and the
/// core decides whether that will do: [`wrong_type`](crate::Code::WrongType) is a rule like any other.
/// The builders of the operations take Rust's own types and never need this.
///
/// ```
/// use astro_tokens::Value;
/// assert_eq!(Value::from("CI"), Value::Text("CI".into()));
/// assert_eq!(Value::from(None::<i64>), Value::Absent);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value<'a> {
    /// Not given: Python's `None`, JavaScript's `null` and `undefined`, a missing key.
    #[default]
    Absent,
    /// A boolean.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A whole number beyond [`i64`]. No field takes one, so its digits are not kept.
    HugeInteger,
    /// A floating point number, including NaN and the infinities. An integral one passes for a whole number.
    Float(f64),
    /// Unicode text.
    Text(Cow<'a, str>),
    /// Text of the host that is not Unicode: it holds a lone surrogate.
    BrokenText,
    /// A list, a tuple, an array.
    List(Vec<Value<'a>>),
    /// A mapping or plain object, in the caller's order.
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
    /// Anything else, with the host's name for its type: `datetime`, `Date`, `function`.
    Other(Cow<'a, str>),
}

impl Value<'_> {
    /// What to call it in a message: `a boolean`, `a list`, a value of type `Date`.
    pub(crate) fn describe(&self) -> Cow<'static, str> {
        match self {
            Value::Absent => "nothing".into(),
            Value::Boolean(_) => "a boolean".into(),
            Value::Integer(_) | Value::HugeInteger | Value::Float(_) => "a number".into(),
            Value::Text(_) | Value::BrokenText => "a string".into(),
            Value::List(_) => "a list".into(),
            Value::Object(_) => "an object".into(),
            Value::Other(kind) => format!("a value of type {}", crate::text::shown(kind)).into(),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::Text(Cow::Owned(text))
    }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Value::Text(text)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Value::Integer(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(boolean: bool) -> Self {
        Value::Boolean(boolean)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Absent, Into::into)
    }
}
