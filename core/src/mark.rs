//! [`Mark`]: what a rotation, or a create with a key, has written about a token at the end of its description.
//!
//! Astro has no versions and no locks, names are not unique, and a client may die between any two requests. So what a run
//! has done stands in Astro itself, where the next run and any other can read it. This is the one place that writes and
//! reads it.

use serde::Serialize;

use crate::{ApiToken, Timestamp, plain::is_id, texts::DESCRIPTION_CHARACTERS};

/// Begins every mark: distinctive, so that a description of somebody's own does not end like one by accident.
const OPENING: &str = "[astro-tokens: ";

/// What stands at the end of a token's description about its rotation.
///
/// A **line** is the tokens that replace one another: those that bear its name in their marks, and the token whose id that
/// name is, the first one. Only marks make one token the successor of another; tokens of the same name without one are
/// strangers.
///
/// ```
/// use astro_tokens::Mark;
///
/// let (description, mark) = Mark::split("Deploys from CI [astro-tokens: line clfirst]");
/// assert_eq!(description, "Deploys from CI");
/// assert_eq!(mark, Some(Mark::Settled { line: "clfirst".to_owned() }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mark {
    /// Made by one call to replace another token. Until that names it as its replacement, its secret may be lost.
    Pending {
        /// The id of the token that it is going to replace.
        of: String,
        /// The call that made it: random.
        run: String,
        /// The line that both belong to.
        line: String,
    },
    /// The secret of its replacement was handed over; it lives on until a time.
    Replaced {
        /// The id of its replacement.
        by: String,
        /// Until when it is kept, by Astro's clock.
        until: Timestamp,
        /// The line that both belong to.
        line: String,
    },
    /// A successor whose secret was handed over.
    Settled {
        /// The line that it belongs to.
        line: String,
    },
    /// Made by one create with an idempotency key, whose secret was not handed over yet.
    Keyed {
        /// The digest of the key.
        key: String,
        /// The call that made it: random.
        run: String,
    },
}

impl Mark {
    /// A description without its mark, and the mark.
    #[must_use]
    pub fn split(description: &str) -> (&str, Option<Mark>) {
        let whole = description.trim_end();
        let found =
            whole.strip_suffix(']').and_then(|text| text.rfind(OPENING).map(|at| (at, &text[at + OPENING.len()..])));
        match found.and_then(|(at, text)| Some((at, Mark::read(text)?))) {
            Some((at, mark)) => (whole[..at].strip_suffix(' ').unwrap_or(&whole[..at]), Some(mark)),
            None => (description, None),
        }
    }

    /// What stands between the brackets. Ids in it come from an answer, and are used in URLs: they have to be ids.
    fn read(text: &str) -> Option<Self> {
        let id = |text: &str| is_id(text).then(|| text.to_owned());
        let (rest, last) = text.rsplit_once(", ").unwrap_or(("", text));
        if let Some(run) = last.strip_prefix("run ") {
            return Some(Mark::Keyed { key: id(rest.strip_prefix("key ")?)?, run: id(run)? });
        }
        let line = id(last.strip_prefix("line ")?)?;
        if rest.is_empty() {
            return Some(Mark::Settled { line });
        }
        if let Some(rest) = rest.strip_prefix("successor of ") {
            let (of, run) = rest.split_once(", run ")?;
            return Some(Mark::Pending { of: id(of)?, run: id(run)?, line });
        }
        let (by, until) = rest.strip_prefix("replaced by ")?.split_once(" until ")?;
        Some(Mark::Replaced { by: id(by)?, until: until.parse().ok()?, line })
    }

    /// A description with this mark. Where there is no room for both, the description is cut while the token is pending or
    /// replaced; a settled token's is kept whole instead, without a mark.
    #[must_use]
    pub(crate) fn after(&self, description: &str) -> String {
        let mark = self.to_string();
        if description.is_empty() {
            return mark;
        }
        let room = DESCRIPTION_CHARACTERS.saturating_sub(mark.chars().count() + 1);
        if description.chars().count() <= room {
            return format!("{description} {mark}");
        }
        if matches!(self, Mark::Settled { .. }) {
            return description.to_owned();
        }
        let cut: String = description.chars().take(room.saturating_sub(1)).collect();
        format!("{cut}{CUT} {mark}")
    }

    /// The line that it says the token belongs to.
    #[must_use]
    pub fn line(&self) -> Option<&str> {
        match self {
            Mark::Pending { line, .. } | Mark::Replaced { line, .. } | Mark::Settled { line } => Some(line),
            Mark::Keyed { .. } => None,
        }
    }

    /// Whether the token was made and its secret is not known to be in anybody's hands.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        matches!(self, Mark::Pending { .. } | Mark::Keyed { .. })
    }
}

/// Stands where a description was cut to make room for a mark.
const CUT: char = '…';

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Mark::Pending { of, run, line } => write!(f, "{OPENING}successor of {of}, run {run}, line {line}]"),
            Mark::Replaced { by, until, line } => write!(f, "{OPENING}replaced by {by} until {until}, line {line}]"),
            Mark::Settled { line } => write!(f, "{OPENING}line {line}]"),
            Mark::Keyed { key, run } => write!(f, "{OPENING}key {key}, run {run}]"),
        }
    }
}

impl ApiToken {
    /// What a rotation, or a create with a key, has written about it; `None`: nothing.
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        Mark::split(&self.description).1
    }

    /// Its description without the mark.
    #[must_use]
    pub fn plain_description(&self) -> &str {
        Mark::split(&self.description).0
    }

    /// The line that it belongs to: that of its mark, or its own id.
    pub(crate) fn line(&self) -> String {
        self.mark().and_then(|mark| mark.line().map(str::to_owned)).unwrap_or_else(|| self.id.clone())
    }
}

/// Whether two descriptions are the same, but for their marks and for what was cut to make room for one.
pub(crate) fn is_same_description(one: &str, other: &str) -> bool {
    let ((one, one_mark), (other, other_mark)) = (Mark::split(one), Mark::split(other));
    let begins = |cut: &str, mark: &Option<Mark>, whole: &str| {
        mark.is_some() && cut.strip_suffix(CUT).is_some_and(|cut| whole.starts_with(cut))
    };
    one == other || begins(one, &one_mark, other) || begins(other, &other_mark, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks() -> Vec<Mark> {
        let [of, run, line, key] =
            ["clold", "0123456789abcdef", "clfirst", "9f86d081884c7d659a2feaa0"].map(str::to_owned);
        let until = Timestamp::from_unix_millis(1_795_348_800_000);
        vec![
            Mark::Pending { of: of.clone(), run: run.clone(), line: line.clone() },
            Mark::Replaced { by: of, until, line: line.clone() },
            Mark::Settled { line },
            Mark::Keyed { key, run },
        ]
    }

    #[test]
    fn what_is_written_is_read() {
        for mark in marks() {
            for description in ["", "builds", "ends with ]", "two\nlines", "[astro-tokens: line x"] {
                let whole = mark.after(description);
                assert_eq!(Mark::split(&whole), (description, Some(mark.clone())), "{whole}");
                assert_eq!(Mark::split(&format!("{whole}\n")), (description, Some(mark.clone())), "{whole}");
            }
        }
    }

    #[test]
    fn descriptions_of_ones_own_are_no_marks() {
        let texts = [
            "",
            "line 5",
            "[line 5]",
            "[astro-tokens: line ]",
            "[astro-tokens: line ../..]",
            "[astro-tokens: line a/b]",
            "[astro-tokens: line a] and more",
            "[astro-tokens: successor of a, line b]",
            "[astro-tokens: successor of .., run x, line b]",
            "[astro-tokens: replaced by a until tomorrow, line b]",
            "[astro-tokens: replaced by a/b until 2026-11-22T12:00:00Z, line b]",
            "[astro-tokens: key a]",
            "[astro-tokens: key a b, run c]",
            "[astro-tokens: something new, line a]",
        ];
        for text in texts {
            assert_eq!(Mark::split(text), (text, None), "{text}");
        }
    }

    #[test]
    fn where_there_is_no_room_a_description_is_cut_and_a_settled_one_is_whole() {
        let long = "é".repeat(500);
        for mark in marks() {
            let whole = mark.after(&long);
            assert!(whole.chars().count() <= 500, "{whole}");
            assert!(is_same_description(&whole, &long), "{whole}");
            assert!(!is_same_description(&whole, "è"), "{whole}");
            match mark {
                Mark::Settled { .. } => assert_eq!(whole, long),
                _ => assert_eq!(Mark::split(&whole).1, Some(mark)),
            }
        }
        assert!(!is_same_description("a…", "abc"), "somebody's own dots are not a cut");
    }
}
