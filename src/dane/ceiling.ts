/** The ceiling over one check: each lookup has a budget of its own, all together have a number and a time. */

import { BudgetExceeded } from '../base/budget.ts';
import type { Name } from '../base/name.ts';
import { Class } from '../base/registry.ts';
import type { Resolution, Resolver } from '../resolver/resolution.ts';

/** The numbers are ours. */
export const daneLimits = {
  /** MX hosts looked at, best preference first. */
  hosts: 20,
  /** Hosts looked at at once. */
  concurrentHosts: 4,
  /** Lookups: one for MX, and for each host A, AAAA and TLSA at two names. */
  lookups: 100,
  /** Milliseconds for one lookup, as for one client query. */
  lookupMs: 8_000,
  /** Milliseconds for the whole check. */
  totalMs: 20_000,
} as const;
export type DaneLimits = { readonly [K in keyof typeof daneLimits]: number };

export interface Ceiling {
  /** @throws {BudgetExceeded} when the check has had its time or its lookups */
  lookUp(qname: Name, qtype: number): Promise<Resolution>;
  /** Must be called at the end, whatever it is. */
  close(): void;
}

/** Opens the ceiling: time runs from now. @param clockMs a clock that never steps */
export function openCeiling(resolver: Resolver, limits: DaneLimits, clockMs: () => number): Ceiling {
  const endMs = clockMs() + limits.totalMs;
  let lookups = 0;
  let timer: NodeJS.Timeout | undefined;
  const timeIsUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new BudgetExceeded('time')), limits.totalMs);
  });
  timeIsUp.catch(() => {}); // heard by whoever waits; nobody may be waiting
  return {
    async lookUp(qname, qtype) {
      if (++lookups > limits.lookups) throw new BudgetExceeded('subqueries');
      const leftMs = Math.ceil(endMs - clockMs());
      if (leftMs <= 0) throw new BudgetExceeded('time');
      const deadlineMs = Math.min(limits.lookupMs, leftMs);
      const resolution = await Promise.race([resolver.resolve({ qname, qtype, qclass: Class.IN }, { deadlineMs }), timeIsUp]);
      // Cut short by this ceiling, not by the domain: that is no verdict on it.
      const { validation } = resolution;
      if (deadlineMs < limits.lookupMs && validation.state === 'indeterminate' && validation.reason === 'limit-spent')
        throw new BudgetExceeded('time');
      return resolution;
    },
    close: () => clearTimeout(timer),
  };
}
