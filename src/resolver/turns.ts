/**
 * Turns of the event loop for work that computes: whoever has had enough of it waits until the loop has looked at its sockets again, and
 * one at a time goes on, who has had the fewest turns first. So a query that hostile zones make dear delays others by one slice. While the
 * loop never comes to rest there are always others with fewer turns: whoever has waited long has every second turn, or would wait for ever.
 */

/** Milliseconds that may pass in one turn of the loop, from the first step in it, before whoever comes next has to wait. */
const SLICE_MS = 2;
/** Who has waited so many milliseconds has waited long. */
const LONG_MS = 250;
/** How often all that wait are looked through for those whose time is over. */
const SWEEP_MS = 100;

/** All the work of one client query, as it stands in the queue. */
export interface Queuer {
  turnsHad: number;
}

export interface TurnsOptions {
  /** Milliseconds of a monotonic clock. */
  readonly monotonicMs: () => number;
  /** Calls once when the event loop has come round. */
  readonly afterOthers: (run: () => void) => void;
}

interface Waiter {
  readonly since: number;
  readonly isOver: () => boolean;
  readonly go: () => void;
}

export class Turns {
  readonly #options: TurnsOptions;
  /** When this turn of the loop first saw a step; undefined while it saw none. */
  #began: number | undefined;
  /**
   * By turns had, and among equals by arrival. As many as there are pieces of work in flight, some of each client query, and none for long
   * past its time.
   */
  readonly #waiting = new Map<number, Set<Waiter>>();
  #waiters = 0;
  #swept = Number.NEGATIVE_INFINITY;
  #isWatching = false;
  #isTurnOfOldest = false;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiters;
  }

  /**
   * What to wait for before the next step; undefined while this turn has time left.
   * @param isOver whether the time of this work has ended: then it is let go at once, which takes no turn, and must not go on
   */
  next(queuer: Queuer, isOver: () => boolean = () => false): Promise<void> | undefined {
    const now = this.#options.monotonicMs();
    if (this.#began === undefined) {
      this.#began = now;
      this.#watch();
      return undefined;
    }
    if (now - this.#began < SLICE_MS) return undefined;
    const rank = ++queuer.turnsHad;
    return new Promise((go) => {
      const equals = this.#waiting.get(rank);
      const waiter = { since: now, isOver, go };
      if (equals) equals.add(waiter);
      else this.#waiting.set(rank, new Set([waiter]));
      this.#waiters++;
    });
  }

  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#options.afterOthers(() => {
      this.#isWatching = false;
      this.#began = undefined;
      this.#sweep();
      const one = this.#takeOne();
      if (!one) return;
      this.#began = this.#options.monotonicMs();
      this.#watch();
      one.go();
    });
  }

  /** Who came late in the queue would wait there long after its end. */
  #sweep(): void {
    const now = this.#options.monotonicMs();
    if (now - this.#swept < SWEEP_MS) return;
    this.#swept = now;
    for (const [rank, equals] of this.#waiting) {
      for (const waiter of equals) if (waiter.isOver()) this.#remove(rank, waiter);
    }
  }

  #takeOne(): Waiter | undefined {
    this.#isTurnOfOldest = !this.#isTurnOfOldest;
    return (this.#isTurnOfOldest && this.#takeOldest()) || this.#takeFewestTurns();
  }

  /** Who has waited longest, where that is long. */
  #takeOldest(): Waiter | undefined {
    let since = this.#options.monotonicMs() - LONG_MS;
    let oldest: { readonly rank: number; readonly waiter: Waiter } | undefined;
    for (const [rank, equals] of this.#waiting) {
      for (const waiter of equals) {
        if (waiter.since >= since) break; // and those behind it came later
        if (waiter.isOver()) this.#remove(rank, waiter);
        else {
          since = waiter.since;
          oldest = { rank, waiter };
        }
      }
    }
    return oldest && this.#take(oldest.rank, oldest.waiter);
  }

  /** The first whose time is not over; those before it are let go. */
  #takeFewestTurns(): Waiter | undefined {
    for (const rank of [...this.#waiting.keys()].sort((a, b) => a - b)) {
      for (const waiter of this.#waiting.get(rank) ?? []) {
        if (!waiter.isOver()) return this.#take(rank, waiter);
        this.#remove(rank, waiter);
      }
    }
    return undefined;
  }

  #remove(rank: number, waiter: Waiter): void {
    this.#take(rank, waiter).go();
  }

  #take(rank: number, waiter: Waiter): Waiter {
    const equals = this.#waiting.get(rank);
    equals?.delete(waiter);
    if (equals?.size === 0) this.#waiting.delete(rank);
    this.#waiters--;
    return waiter;
  }
}
