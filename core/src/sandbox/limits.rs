//! The documented rate limits: 10 POST, 5 DELETE and 25 GET a second for each token.

use std::collections::{BTreeMap, VecDeque};

/// When each token sent what, by token id and method, within the last second.
#[derive(Clone, Default)]
pub(super) struct Limits(BTreeMap<(String, &'static str), VecDeque<i64>>);

impl Limits {
    /// Whether one more request is within the limit; it is counted if it is.
    pub(super) fn admit(&mut self, token_id: &str, method: &str, now_ms: i64) -> bool {
        let (class, most) = match method {
            "POST" => ("POST", 10),
            "DELETE" => ("DELETE", 5),
            _ => ("GET", 25),
        };
        let sent = self.0.entry((token_id.to_owned(), class)).or_default();
        // A clock that was set back leaves no times to come.
        sent.retain(|then| (0..1000).contains(&now_ms.saturating_sub(*then)));
        let is_within = sent.len() < most;
        if is_within {
            sent.push_back(now_ms);
        }
        is_within
    }
}
