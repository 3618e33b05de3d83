//! [`Pace`]: keeps the documented rate limits, so that a client does not run into them.

use std::collections::VecDeque;

use crate::Method;

/// Source: the rate limits in the API overview, for each token: POST 10 a second, DELETE 5 a second, GET 25 a second.
/// A little longer than a second, as requests do not take the same time to arrive.
const WINDOW_MS: i64 = 1100;

/// When requests were sent, as far as the next ones depend on it.
#[derive(Debug, Default)]
pub(super) struct Pace {
    get: VecDeque<i64>,
    post: VecDeque<i64>,
    delete: VecDeque<i64>,
}

impl Pace {
    /// Takes the next place for a request of this method, and says how many milliseconds it is away.
    pub(super) fn reserve(&mut self, method: Method, now_ms: i64) -> u64 {
        let (sent, limit) = match method {
            Method::Get => (&mut self.get, 25),
            Method::Post => (&mut self.post, 10),
            Method::Delete => (&mut self.delete, 5),
        };
        // A clock that was set back must not make anybody wait for hours.
        sent.retain(|time| *time <= now_ms + 60 * WINDOW_MS);
        let mut place = now_ms;
        if sent.len() >= limit
            && let Some(oldest) = sent.pop_front()
        {
            place = place.max(oldest + WINDOW_MS);
        }
        sent.push_back(place);
        u64::try_from(place - now_ms).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_takes_what_is_documented() {
        let mut pace = Pace::default();
        let waits = |pace: &mut Pace, method, count: usize| -> Vec<u64> {
            (0..count).map(|_| pace.reserve(method, 1_000_000)).collect()
        };
        assert_eq!(waits(&mut pace, Method::Post, 12)[9..], [0, 1100, 1100]);
        assert_eq!(waits(&mut pace, Method::Delete, 6), [0, 0, 0, 0, 0, 1100]);
        assert_eq!(waits(&mut pace, Method::Get, 26)[24..], [0, 1100]);
        assert_eq!(pace.reserve(Method::Post, 1_002_500), 0);
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nobody_wait() {
        let mut pace = Pace::default();
        for _ in 0..10 {
            pace.reserve(Method::Post, 10_000_000);
        }
        assert_eq!(pace.reserve(Method::Post, 0), 0);
    }
}
