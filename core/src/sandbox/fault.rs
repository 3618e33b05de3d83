//! [`Fault`]: what shall go wrong, and when.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{InvalidState, route};

/// A rule that makes requests go wrong.
///
/// It counts the requests that it is about, and takes effect from the `nth` of them on, `times` times. As JSON it is one
/// flat object. Without `method` and `path` it is about every request; `nth` and `times` are 1 where they are not given.
///
/// | `effect` | what happens | besides |
/// |---|---|---|
/// | `status` | this answer comes, and the request takes no effect | `status`, `retry_after_s`, `body` |
/// | `status_after` | the request takes effect, and this status is answered | `status` |
/// | `delay` | the answer takes its time; other rules have their effect too | `ms` |
/// | `not_sent` | no connection can be made | |
/// | `lost_before` | the connection breaks before the request takes effect | |
/// | `lost_after` | the connection breaks after the request has taken effect | |
/// | `garbage` | the request takes effect, and the answer has this body, or the HTML of a proxy | `body` |
/// | `cut_short` | the request takes effect, and the second half of its answer is missing | |
///
/// ```
/// use astro_tokens::{Fault, FaultEffect};
///
/// let fault = Fault::from_json(r#"{"method": "POST", "path": "/tokens/*/rotate", "nth": 2, "effect": "lost_after"}"#)?;
/// assert_eq!(fault, Fault::new(FaultEffect::LostAfter).method("POST").path("/tokens/*/rotate").nth(2));
/// # Ok::<(), astro_tokens::InvalidState>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "FaultJson", into = "FaultJson")]
pub struct Fault {
    method: Option<String>,
    path: Option<String>,
    nth: u32,
    times: u32,
    effect: FaultEffect,
}

/// What a [`Fault`] does to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultEffect {
    /// The request takes no effect, and this is answered.
    Status {
        /// The status.
        status: u16,
        /// The header `retry-after`, in seconds.
        retry_after_s: Option<u64>,
        /// The body; not given: an error as Astro writes it.
        body: Option<String>,
    },
    /// The request takes effect, and this status is answered.
    StatusAfter {
        /// The status.
        status: u16,
    },
    /// The answer takes its time. Other rules have their effect too, and the request takes effect at once.
    Delay {
        /// How long, in milliseconds.
        ms: u64,
    },
    /// No connection can be made.
    NotSent,
    /// The connection breaks, and the request takes no effect.
    LostBefore,
    /// The connection breaks after the request has taken effect.
    LostAfter,
    /// The request takes effect, and the answer is nothing that Astro would write.
    Garbage {
        /// The body; not given: the HTML of a proxy.
        body: Option<String>,
    },
    /// The request takes effect, and the second half of its answer is missing.
    CutShort,
}

impl Fault {
    /// For the first request of all.
    #[must_use]
    pub fn new(effect: FaultEffect) -> Self {
        Fault { method: None, path: None, nth: 1, times: 1, effect }
    }

    /// Only for requests with this method: `POST`.
    #[must_use]
    pub fn method(self, method: impl Into<String>) -> Self {
        Fault { method: Some(method.into()), ..self }
    }

    /// Only for requests whose path ends with these segments, where `*` stands for any one: `/tokens/*/rotate`.
    #[must_use]
    pub fn path(self, path: impl Into<String>) -> Self {
        Fault { path: Some(path.into()), ..self }
    }

    /// From the nth of those requests on; the first is 1, and so is 0.
    #[must_use]
    pub fn nth(self, nth: u32) -> Self {
        Fault { nth: nth.max(1), ..self }
    }

    /// For so many of them, at least one.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Fault { times: times.max(1), ..self }
    }

    /// For all of them, without an end.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u32::MAX)
    }

    /// From JSON, as the table above has it.
    ///
    /// # Errors
    ///
    /// [`InvalidState`], which says what is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, InvalidState> {
        serde_json::from_str(text).map_err(|error| InvalidState::new("a fault", &error))
    }

    fn is_about(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(|wanted| route::ends_with(path, wanted))
    }
}

/// A [`Fault`] and how many requests it was about so far.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    fault: Fault,
    seen: u32,
}

impl Rule {
    pub(super) fn new(fault: Fault) -> Self {
        Rule { fault, seen: 0 }
    }

    /// Counts the request; the effect, if it is one of those that go wrong.
    fn meets(&mut self, method: &str, path: &str) -> Option<&FaultEffect> {
        if !self.fault.is_about(method, path) {
            return None;
        }
        self.seen = self.seen.saturating_add(1);
        let position = self.seen.checked_sub(self.fault.nth)?;
        (position < self.fault.times).then_some(&self.fault.effect)
    }
}

/// What goes wrong with a request: how long it takes, and the effect of the first rule that has another one.
pub(super) fn strike(rules: &mut [Rule], method: &str, path: &str) -> (u64, Option<FaultEffect>) {
    let mut delay_ms: u64 = 0;
    let mut first = None;
    for effect in rules.iter_mut().filter_map(|rule| rule.meets(method, path)) {
        match effect {
            FaultEffect::Delay { ms } => delay_ms = delay_ms.saturating_add(*ms),
            other => first = first.or_else(|| Some(other.clone())),
        }
    }
    (delay_ms, first)
}

/// A fault as it is written: which of the fields go with the effect is checked afterwards.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct FaultJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nth: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    effect: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
}

impl TryFrom<FaultJson> for Fault {
    type Error = String;

    fn try_from(json: FaultJson) -> Result<Self, String> {
        let FaultJson { method, path, nth, times, effect, mut status, mut retry_after_s, mut body, mut ms } = json;
        let name = effect.as_ref();
        let needed = |field: &str| format!("the effect `{name}` needs `{field}`");
        let effect = match name {
            "status" => FaultEffect::Status {
                status: status.take().ok_or_else(|| needed("status"))?,
                retry_after_s: retry_after_s.take(),
                body: body.take(),
            },
            "status_after" => FaultEffect::StatusAfter { status: status.take().ok_or_else(|| needed("status"))? },
            "delay" => FaultEffect::Delay { ms: ms.take().ok_or_else(|| needed("ms"))? },
            "not_sent" => FaultEffect::NotSent,
            "lost_before" => FaultEffect::LostBefore,
            "lost_after" => FaultEffect::LostAfter,
            "garbage" => FaultEffect::Garbage { body: body.take() },
            "cut_short" => FaultEffect::CutShort,
            _ => {
                return Err("`effect` is one of `status`, `status_after`, `delay`, `not_sent`, `lost_before`, \
                            `lost_after`, `garbage` and `cut_short`"
                    .to_owned());
            }
        };
        let left = [
            ("status", status.is_some()),
            ("retry_after_s", retry_after_s.is_some()),
            ("body", body.is_some()),
            ("ms", ms.is_some()),
        ];
        if let Some((field, _)) = left.iter().find(|(_, is_left)| *is_left) {
            return Err(format!("the effect `{name}` has no `{field}`"));
        }
        let (nth, times) = (nth.unwrap_or(1), times.unwrap_or(1));
        if nth == 0 || times == 0 {
            return Err("`nth` and `times` are 1 or more".to_owned());
        }
        if let FaultEffect::Status { status, .. } | FaultEffect::StatusAfter { status } = effect
            && !(200..=599).contains(&status)
        {
            return Err("`status` is not within 200 and 599".to_owned());
        }
        Ok(Fault { method, path, nth, times, effect })
    }
}

impl From<Fault> for FaultJson {
    fn from(fault: Fault) -> Self {
        let Fault { method, path, nth, times, effect } = fault;
        let json = FaultJson { method, path, nth: Some(nth), times: Some(times), ..FaultJson::default() };
        match effect {
            FaultEffect::Status { status, retry_after_s, body } => {
                FaultJson { effect: "status".into(), status: Some(status), retry_after_s, body, ..json }
            }
            FaultEffect::StatusAfter { status } => {
                FaultJson { effect: "status_after".into(), status: Some(status), ..json }
            }
            FaultEffect::Delay { ms } => FaultJson { effect: "delay".into(), ms: Some(ms), ..json },
            FaultEffect::NotSent => FaultJson { effect: "not_sent".into(), ..json },
            FaultEffect::LostBefore => FaultJson { effect: "lost_before".into(), ..json },
            FaultEffect::LostAfter => FaultJson { effect: "lost_after".into(), ..json },
            FaultEffect::Garbage { body } => FaultJson { effect: "garbage".into(), body, ..json },
            FaultEffect::CutShort => FaultJson { effect: "cut_short".into(), ..json },
        }
    }
}
