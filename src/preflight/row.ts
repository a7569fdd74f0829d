/** One domain of a preflight with its outcome, and all of them summed up. */

import { type Outcome, outcomes, type PreflightReason } from './judge.ts';
import type { DanePolicy } from './plan.ts';

export interface PreflightRow {
  readonly domain: string;
  readonly outcome: Outcome;
  readonly reason: PreflightReason;
  /** What DANE is set to for it. */
  readonly policy: DanePolicy;
  /** Its mail is delivered inside. */
  readonly internal?: true;
  /** Of bogus data what is wrong, of an SMTP route where it leads. */
  readonly detail?: string;
}

/** By outcome in the order of `outcomes`, then by name. Depends on nothing but the rows. */
export function sortRows(rows: readonly PreflightRow[]): readonly PreflightRow[] {
  const rank = (row: PreflightRow) => outcomes.indexOf(row.outcome);
  return [...rows].sort((a, b) => rank(a) - rank(b) || (a.domain < b.domain ? -1 : a.domain > b.domain ? 1 : 0));
}

export interface PreflightCounts {
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** How many for each outcome and reason, most first. */
  readonly reasons: readonly { readonly outcome: Outcome; readonly reason: PreflightReason; readonly count: number }[];
}

/** Counts rows. */
export function countRows(rows: readonly PreflightRow[]): PreflightCounts {
  const counts: Record<Outcome, number> = { held: 0, 'cannot-tell': 0, 'no-mail': 0, fallback: 0, verified: 0, 'not-applied': 0 };
  const reasons = new Map<string, { outcome: Outcome; reason: PreflightReason; count: number }>();
  for (const { outcome, reason } of rows) {
    counts[outcome]++;
    const key = `${outcome} ${reason}`;
    const counted = reasons.get(key) ?? { outcome, reason, count: 0 };
    counted.count++;
    reasons.set(key, counted);
  }
  const sorted = [...reasons.values()].sort(
    (a, b) => outcomes.indexOf(a.outcome) - outcomes.indexOf(b.outcome) || b.count - a.count || (a.reason < b.reason ? -1 : 1),
  );
  return { outcomes: counts, reasons: sorted };
}
