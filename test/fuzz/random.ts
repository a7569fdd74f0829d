/** Chance that can be had again: what fails under a seed fails under it once more. */

/** An integer from 0 to below `bound`. */
export type Random = (bound: number) => number;

/** mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

/** One of these. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random(items.length)] as T; // no list here is empty
}
