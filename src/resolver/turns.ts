/**
 * Turns of the event loop for work that computes: whoever has had enough of it waits until the loop has looked at its sockets again, and
 * one at a time goes on, who has had the fewest turns first. So a query that hostile zones make dear delays others by one slice.
 */

/** Milliseconds that may pass in one turn of the loop, from the first step in it, before whoever comes next has to wait. */
const SLICE_MS = 2;

/** One piece of work as it stands in the queue. */
export interface Queuer {
  turnsHad: number;
}

export interface TurnsOptions {
  /** Milliseconds of a monotonic clock. */
  readonly monotonicMs: () => number;
  /** Calls once when the event loop has come round. */
  readonly afterOthers: (run: () => void) => void;
}

export class Turns {
  readonly #options: TurnsOptions;
  /** When this turn of the loop first saw a step; undefined while it saw none. */
  #began: number | undefined;
  /** Bounded by the queries in flight, for each waits once. */
  readonly #waiting: { readonly queuer: Queuer; readonly go: () => void }[] = [];
  #isWatching = false;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** What to wait for before the next step; undefined while this turn has time left. */
  next(queuer: Queuer): Promise<void> | undefined {
    const now = this.#options.monotonicMs();
    if (this.#began === undefined) {
      this.#began = now;
      this.#watch();
      return undefined;
    }
    if (now - this.#began < SLICE_MS) return undefined;
    queuer.turnsHad++;
    return new Promise((go) => {
      this.#waiting.push({ queuer, go });
    });
  }

  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#options.afterOthers(() => {
      this.#isWatching = false;
      this.#began = undefined;
      const one = this.#takeOne();
      if (!one) return;
      this.#began = this.#options.monotonicMs();
      this.#watch();
      one.go();
    });
  }

  #takeOne(): { readonly go: () => void } | undefined {
    let first = 0;
    for (let i = 1; i < this.#waiting.length; i++) {
      if (this.#turnsOf(i) < this.#turnsOf(first)) first = i;
    }
    return this.#waiting.splice(first, 1)[0];
  }

  #turnsOf(i: number): number {
    return this.#waiting[i]?.queuer.turnsHad ?? 0;
  }
}
