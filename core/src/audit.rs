//! [`Audit`]: which tokens deserve a look, judged from a list alone.

use serde::Serialize;

use crate::ApiToken;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What to look for in a list of tokens.
///
/// ```
/// # #[cfg(feature = "sandbox")] {
/// use astro_tokens::{Audit, Finding, NewToken, Sandbox};
///
/// let token = Sandbox::new().add_token(NewToken::workspace("CI", "clws", "WORKSPACE_AUTHOR").expiration_days(10), 0);
/// let findings = Audit::default().findings(&token, 0);
/// assert_eq!(findings, [Finding::Expires { in_days: 10 }]);
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audit {
    expiring_within_days: i64,
    unused_for_days: i64,
}

impl Default for Audit {
    /// Tokens that expire within 30 days, and tokens that nobody has used for 90.
    fn default() -> Self {
        Audit { expiring_within_days: 30, unused_for_days: 90 }
    }
}

/// Why a token deserves a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Finding {
    /// It does not work any more.
    Expired {
        /// For how many whole days.
        days_ago: i64,
    },
    /// It stops working soon.
    Expires {
        /// In how many days, begun ones counted.
        in_days: i64,
    },
    /// It never stops working.
    NeverExpires,
    /// It was used, but not lately.
    Unused {
        /// For how many whole days.
        for_days: i64,
    },
    /// It was never used, although it is old enough.
    NeverUsed {
        /// How many whole days ago it was created.
        for_days: i64,
    },
}

impl Finding {
    /// The name of the kind of finding: `never_expires`.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Finding::Expired { .. } => "expired",
            Finding::Expires { .. } => "expires",
            Finding::NeverExpires => "never_expires",
            Finding::Unused { .. } => "unused",
            Finding::NeverUsed { .. } => "never_used",
        }
    }

    /// The days that it is about; `None` where it is about none.
    #[must_use]
    pub const fn days(self) -> Option<i64> {
        match self {
            Finding::Expired { days_ago: days }
            | Finding::Expires { in_days: days }
            | Finding::Unused { for_days: days }
            | Finding::NeverUsed { for_days: days } => Some(days),
            Finding::NeverExpires => None,
        }
    }
}

impl Audit {
    /// Finds tokens that expire within so many days.
    #[must_use]
    pub fn expiring_within_days(self, days: i64) -> Self {
        Audit { expiring_within_days: days, ..self }
    }

    /// Finds tokens that nobody has used for so many days.
    #[must_use]
    pub fn unused_for_days(self, days: i64) -> Self {
        Audit { unused_for_days: days, ..self }
    }

    /// What is to say about a token. `now_ms` is the time in milliseconds since 1970.
    #[must_use]
    pub fn findings(self, token: &ApiToken, now_ms: i64) -> Vec<Finding> {
        let days_since = |then_ms: i64| (now_ms - then_ms).div_euclid(DAY_MS);
        let mut findings = Vec::new();
        match token.end_at.as_ref().map(|end| end.unix_millis()) {
            None => findings.push(Finding::NeverExpires),
            Some(end_ms) if end_ms <= now_ms => findings.push(Finding::Expired { days_ago: days_since(end_ms) }),
            Some(end_ms) => {
                let in_days = (end_ms - now_ms + DAY_MS - 1).div_euclid(DAY_MS);
                if in_days <= self.expiring_within_days {
                    findings.push(Finding::Expires { in_days });
                }
            }
        }
        match &token.last_used_at {
            Some(used) if days_since(used.unix_millis()) >= self.unused_for_days => {
                findings.push(Finding::Unused { for_days: days_since(used.unix_millis()) });
            }
            Some(_) => {}
            None => {
                let for_days = days_since(token.created_at.unix_millis());
                if for_days >= self.unused_for_days {
                    findings.push(Finding::NeverUsed { for_days });
                }
            }
        }
        findings
    }
}
