/**
 * Queries in flight, in all and by client: bounded, so that slow answers that pile up are not sent all at once (DNSBomb, CVE-2024-33655),
 * and so that one client's do not crowd out the others'.
 */

export interface InFlightLimits {
  /** Queries in flight in all. */
  readonly maxInFlight?: number;
  /** Queries in flight for one client address, as many as Unbound's wait-limit. */
  readonly maxInFlightPerClient?: number;
}

export interface InFlight {
  /** False where the client, or all together, have too many. */
  enter(client: string): boolean;
  leave(client: string): void;
  /** Resolves once nothing is in flight, or `graceMs` have passed. */
  whenEmpty(graceMs: number): Promise<void>;
}

export function createInFlight({ maxInFlight = 10_000, maxInFlightPerClient = 1_000 }: InFlightLimits): InFlight {
  const clients = new Map<string, number>();
  let total = 0;
  let empty: (() => void) | undefined;
  return {
    enter(client) {
      const own = clients.get(client) ?? 0;
      if (total >= maxInFlight || own >= maxInFlightPerClient) return false;
      total++;
      clients.set(client, own + 1);
      return true;
    },
    leave(client) {
      total--;
      const own = (clients.get(client) ?? 0) - 1;
      if (own > 0) clients.set(client, own);
      else clients.delete(client);
      if (total === 0) empty?.();
    },
    async whenEmpty(graceMs) {
      if (total === 0) return;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        empty = resolve;
        timer = setTimeout(resolve, graceMs);
      });
      clearTimeout(timer);
    },
  };
}
