/** Getting ready, again and again until it has worked once; what stands in the way goes to the log. */

import type { Logger } from './log.ts';
import type { LiveResolver } from './resolver/resolution.ts';
import type { Readiness } from './resolver/settings.ts';

/** Between attempts to get ready: doubled each time up to the last. */
const RETRY_MS = { first: 1_000, last: 30_000 };

export interface Readying {
  /** Prepares until that has succeeded once. */
  readonly start: () => void;
  /** The readiness so far; has it prepared where nobody does: with priming off nothing is sent before somebody asks. */
  readonly onDemand: () => Readiness;
  readonly end: () => void;
}

/** @param lastFailure what the log is told of the last server that gave no answer */
export function createReadying(resolver: LiveResolver, lastFailure: () => string | undefined, log: Logger): Readying {
  let underWay = false;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const prepare = async (): Promise<boolean> => {
    underWay = true;
    const { ready, reasons } = await resolver.prepare();
    underWay = false;
    if (ready) log.info('ready');
    else if (!ended) log.warn({ reasons, lastFailure: lastFailure() }, 'not ready');
    return ready || ended;
  };
  const attempt = async (delayMs: number): Promise<void> => {
    if (await prepare()) return;
    underWay = true; // until the next attempt
    timer = setTimeout(() => void attempt(Math.min(2 * delayMs, RETRY_MS.last)), delayMs);
  };
  return {
    start: () => void attempt(RETRY_MS.first),
    onDemand() {
      const readiness = resolver.readiness();
      if (!readiness.ready && !underWay && !ended) void prepare();
      return readiness;
    },
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}
