//! Medians of rounds in which every candidate has its turn, so that what else the machine does meets all of them.

use std::{hint::black_box, time::Instant};

const ROUNDS: usize = 21;
/// Long enough for the clock.
const SHORTEST_ROUND_NS: u128 = 20_000_000;

/// What is measured: a name and a call.
pub(crate) type Candidate<'a> = (&'static str, Box<dyn FnMut() -> usize + 'a>);

/// Nanoseconds for one call.
#[derive(serde::Serialize)]
pub(crate) struct Time {
    /// The median over the rounds.
    pub(crate) ns: f64,
    /// Half of what the middle half of the rounds spreads, over the median.
    pub(crate) spread: f64,
}

pub(crate) fn measure(mut candidates: Vec<Candidate<'_>>) -> Vec<(&'static str, Time)> {
    let counts: Vec<u32> = candidates
        .iter_mut()
        .map(|(_, call)| {
            let mut count = 1;
            while elapsed(call, count) < SHORTEST_ROUND_NS {
                count *= 2;
            }
            count
        })
        .collect();
    let mut times = vec![Vec::with_capacity(ROUNDS); candidates.len()];
    for _ in 0..ROUNDS {
        for ((times, (_, call)), count) in times.iter_mut().zip(&mut candidates).zip(&counts) {
            times.push(elapsed(call, *count) as f64 / f64::from(*count));
        }
    }
    candidates.iter().zip(times).map(|((name, _), times)| (*name, summary(times))).collect()
}

fn elapsed(call: &mut dyn FnMut() -> usize, count: u32) -> u128 {
    let start = Instant::now();
    for _ in 0..count {
        black_box(call());
    }
    start.elapsed().as_nanos()
}

fn summary(mut times: Vec<f64>) -> Time {
    times.sort_by(f64::total_cmp);
    let quarter = times.len() / 4;
    let ns = times[times.len() / 2];
    Time { ns, spread: (times[times.len() - 1 - quarter] - times[quarter]) / 2.0 / ns }
}
