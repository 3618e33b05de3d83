// Medians of rounds in which every candidate has its turn, so that what else the machine does meets all of them.

/** Nanoseconds of processor time, so that what waits for other programs does not count; the collector of garbage does. */
export const now = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
};

/** Nanoseconds for one call: the median over the rounds, and half of what the middle half of them spreads over it. */
export function measure(candidates, { rounds = 15, atLeastMs = 40 } = {}) {
  const names = Object.keys(candidates);
  const calls = {};
  for (const name of names) {
    // Warm, and long enough for the clock.
    let count = 1;
    for (;;) {
      const start = now();
      for (let n = 0; n < count; n++) candidates[name](n);
      if (now() - start > atLeastMs * 1e6) break;
      count *= 2;
    }
    calls[name] = count;
  }
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const run = candidates[name];
      const count = calls[name];
      const start = now();
      for (let n = 0; n < count; n++) run(n);
      times[name].push((now() - start) / count);
    }
  }
  return Object.fromEntries(names.map((name) => [name, summary(times[name])]));
}

export function summary(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part) => sorted[Math.round(part * (sorted.length - 1))];
  return { ns: at(0.5), spread: (at(0.75) - at(0.25)) / 2 / at(0.5) };
}
