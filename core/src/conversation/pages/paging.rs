//! [`Paging`]: how far a list was read, and whether that is all of it.
//!
//! Others create and delete while a list is read, and a server or a proxy may say something wrong about a list. So what
//! a server says about the total is checked against what it shows, and a list whose end is not proven is incomplete:
//! nobody may conclude from it that something does not exist.

use std::collections::BTreeSet;

use crate::conversation::error::{Failure, FailureCode};

/// How many items to ask for at once: as many as Astro answers with at most.
///
/// Source: `limit` in the published schemas.
pub(in crate::conversation) const PAGE: usize = 1000;

/// How many pages to read at most: a million items.
const MOST_PAGES: usize = 1000;

/// Why the end of a list is not proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::conversation) enum Incomplete {
    /// The list ends before its total.
    Ends { total: i64, listed: i64 },
    /// A page shows what was shown before, and nothing else.
    Repeats { count: usize },
    /// There are more pages than anybody has.
    Endless,
}

impl From<Incomplete> for Failure {
    fn from(incomplete: Incomplete) -> Self {
        let message = match incomplete {
            Incomplete::Ends { total, listed: 0 } => {
                format!("Astro says that the list has {total} tokens and listed none")
            }
            Incomplete::Ends { total, listed } => {
                format!("Astro says that there are {total} tokens and listed {listed} of them")
            }
            Incomplete::Repeats { count } => {
                format!("Astro listed the same tokens again ({count}) in place of those that come after them")
            }
            Incomplete::Endless => format!("Astro listed {MOST_PAGES} pages of tokens and did not come to an end"),
        };
        let help = "try again, as the list may have changed meanwhile; or use the id of the token, which needs no list";
        Failure::new(FailureCode::Unverifiable, message, help)
    }
}

/// How far a list was read. Its order has to stay the same from page to page, whatever it is.
#[derive(Clone, Debug, Default)]
pub(in crate::conversation) struct Paging {
    offset: i64,
    /// What was shown can stand before this position and nowhere else.
    furthest: i64,
    /// The last total that can be true.
    total: Option<i64>,
    /// The ids of all items that were shown.
    shown: BTreeSet<String>,
    /// How many pages were asked for.
    pages: usize,
    is_over: bool,
}

impl Paging {
    /// The offset of the page to ask for; `None`: that was all.
    pub(in crate::conversation) fn next(&mut self) -> Result<Option<i64>, Incomplete> {
        if self.is_over {
            return Ok(None);
        }
        if self.pages >= MOST_PAGES {
            return Err(Incomplete::Endless);
        }
        self.pages += 1;
        Ok(Some(self.offset))
    }

    /// Takes the page that was asked for, with the total that it states, and keeps those of its items that were not
    /// shown before; there may be none although the list goes on.
    pub(in crate::conversation) fn take<T>(
        &mut self,
        items: &mut Vec<T>,
        total: i64,
        id: impl Fn(&T) -> &str,
    ) -> Result<(), Incomplete> {
        let count = items.len();
        let end = self.offset.saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
        // A total below what the page itself shows is wrong, and nothing follows from it.
        let is_possible = total >= 0 && (count == 0 || end <= total);
        let created = self.total.filter(|_| is_possible).map_or(0, |before| total - before);
        if is_possible {
            self.total = Some(total);
        }
        if created < 0 && self.offset > 0 {
            // What was deleted may have stood before this page, and then the rest has moved up past it.
            self.offset = self.offset.saturating_add(created).max(0);
            items.clear();
            return Ok(());
        }
        items.retain(|item| self.shown.insert(id(item).to_owned()));
        // What was created may have moved what was shown down.
        self.furthest = self.furthest.saturating_add(created.max(0));
        if count > 0 && items.is_empty() && end > self.furthest {
            return Err(Incomplete::Repeats { count });
        }
        self.offset = end;
        self.furthest = self.furthest.max(end);
        let total = self.total.filter(|_| !is_possible).unwrap_or(total);
        self.is_over = (is_possible && end == total) || (count == 0 && end >= total);
        // Servers may answer with fewer items than they were asked for, but not with none.
        if count == 0 && !self.is_over {
            return Err(Incomplete::Ends { total, listed: end });
        }
        Ok(())
    }
}
