/** How much work HTTP clients may have going on at once: in all, so that DNS keeps its share, and each, so that one does not take all of it. */

import { HttpError } from './errors.ts';

export interface AdmissionLimits {
  readonly inAll: number;
  readonly perClient: number;
}

/** Runs `work` if there is room. @throws {HttpError} 429 for a client over its share, 503 where all of it is taken */
export type Admit = <Result>(client: string, work: () => Promise<Result>) => Promise<Result>;

const RETRY_AFTER = 2;

/** Opens an account of work that starts empty. */
export function createAdmission({ inAll, perClient }: AdmissionLimits): Admit {
  const running = new Map<string, number>();
  let total = 0;
  return async (client, work) => {
    const own = running.get(client) ?? 0;
    if (own >= perClient)
      throw new HttpError(429, 'too-many-requests', 'You have as many lookups going on as one client may have.', RETRY_AFTER);
    if (total >= inAll) throw new HttpError(503, 'busy', 'All lookups that may go on at once are taken.', RETRY_AFTER);
    total++;
    running.set(client, own + 1);
    try {
      return await work();
    } finally {
      total--;
      const left = (running.get(client) as number) - 1;
      if (left > 0) running.set(client, left);
      else running.delete(client);
    }
  };
}
