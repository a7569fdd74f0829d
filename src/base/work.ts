/** One unit of work: who pays, how long it may take, who listens, and what it may share with others that need the same. */

import type { Limit, Spend } from './budget.ts';
import type { Trace } from './trace.ts';

/**
 * - `done`: it ran, here or for somebody else at the same time
 * - `cycle`: it waits for us already, so we may not wait for it
 * - `limit-spent`: it ended by a limit of its own; that says nothing about its result
 */
export type Shared<T> =
  | { readonly outcome: 'done'; readonly value: T }
  | { readonly outcome: 'cycle' }
  | { readonly outcome: 'limit-spent'; readonly limit: Limit };

export interface Work {
  readonly spend: Spend;
  /** How many pieces of work wait for this, one for another: 0 for that of a client query. */
  readonly depth: number;
  /** Milliseconds left before this work must have ended; 0 or less when it is over. */
  readonly remainingMs: () => number;
  readonly trace: Trace | undefined;
  /**
   * To be called between two steps of work that computes: what to wait for so that others have their turn, undefined while none is due.
   * @throws {BudgetExceeded} once the time of this work is over; what it returned rejects so too
   */
  readonly turn: () => Promise<void> | undefined;
  /** Counts a limit that kept something from being judged, where the work goes on. */
  readonly report: (limit: Limit) => void;
  /**
   * Runs work that others may need at the same moment: once, under limits of its own, its cost charged to everybody who waits.
   * @param key equal keys mean the same work
   */
  share<T>(key: string, run: (work: Work) => Promise<T>): Promise<Shared<T>>;
}
