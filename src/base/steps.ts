/**
 * Work that computes for long, in steps: between two of them whoever runs it may do something else. So the layers that judge need no
 * clock and no event loop to be fair.
 */

import type { Work } from './work.ts';

/** Yields before each part that costs; its value is the result. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Takes all steps at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * Takes the steps, and lets others have their turn between two of them when it is time.
 * @throws {BudgetExceeded} by way of `turn`, once the time of the work is over
 */
export async function takeSteps<T>(steps: Steps<T>, { turn }: Pick<Work, 'turn'>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    const others = turn(); // mostly undefined, and then nothing is waited for
    if (others) await others;
  }
}
