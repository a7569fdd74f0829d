/** Active refresh (RFC 5011 §2.3): a look at each trust point's keys when it is due, and after it the key tag query (RFC 8145 §5). */

import type { Name } from '../base/name.ts';
import type { AnchorTracker, FetchKeys } from './tracker.ts';

export interface RefreshDeps {
  readonly tracker: AnchorTracker;
  readonly fetchKeys: FetchKeys;
  /** Tells the zone's servers which keys are trusted; undefined: they are not told. Never rejects. */
  readonly signal: ((zone: Name) => Promise<void>) | undefined;
  /** Told when the anchors are others than before; `less`: a key is trusted no more. */
  readonly onChange: (change: 'more' | 'less') => void;
  /** Hears of faults of ours. Must not throw. */
  readonly onError: (error: unknown) => void;
  /** Calls once after so many milliseconds, unless told not to; must keep no process alive. */
  readonly schedule: (milliseconds: number, run: () => void) => () => void;
  /** A random integer from 0 to below `bound`. */
  readonly randomInt: (bound: number) => number;
}

/** Milliseconds: the first look comes soon after the start, but not before the service is ready, and not at all machines at once. */
const FIRST = { least: 2_000, spread: 10_000 };
const LEAST_WAIT = 3_600;

/** Begins. @returns what ends it */
export function startRefreshing({ tracker, fetchKeys, signal, onChange, onError, schedule, randomInt }: RefreshDeps): () => void {
  const pending = new Map<string, () => void>();
  let ended = false;
  const look = async (zone: Name): Promise<void> => {
    pending.delete(zone.key);
    let seconds = LEAST_WAIT;
    try {
      const { wait, anchors } = await tracker.refresh(zone, fetchKeys);
      seconds = wait;
      if (anchors !== 'same') onChange(anchors);
      if (!ended) await signal?.(zone);
    } catch (error) {
      onError(error); // a fault of ours: it ends neither the process nor the looking
    }
    if (!ended && tracker.zones().some(({ key }) => key === zone.key)) plan(zone, jittered(seconds, randomInt) * 1_000);
  };
  const plan = (zone: Name, milliseconds: number) => {
    pending.set(
      zone.key,
      schedule(milliseconds, () => void look(zone)),
    );
  };
  for (const zone of tracker.zones()) plan(zone, FIRST.least + randomInt(FIRST.spread));
  return () => {
    ended = true;
    for (const cancel of pending.values()) cancel();
    pending.clear();
  };
}

/** Up to a tenth sooner, so that resolvers which began together do not ask together for ever; never below the hour of §2.3. */
function jittered(seconds: number, randomInt: (bound: number) => number): number {
  return Math.max(LEAST_WAIT, seconds - randomInt(Math.floor(seconds / 10) + 1));
}
