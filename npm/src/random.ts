/**
 * A seed of 53 random bits. It also makes the id of a run, by which a run knows its own tokens: two that are equal, in
 * whatever processes, would take each other's.
 */
export function random(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2)) as unknown as [number, number];
  return (high >>> 11) * 2 ** 32 + low;
}
