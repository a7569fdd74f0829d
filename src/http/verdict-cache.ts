/**
 * DANE verdicts kept as the text that is sent, so that an answer from here costs no work; and equal checks that run at the same time,
 * joined. Ages follow a clock that never steps.
 */

import { LRUCache } from 'lru-cache';
import type { DaneReport } from '../dane/report.ts';
import { formatTranscript } from '../dane/transcript.ts';
import { publishReport } from './dane-schema.ts';

/** One verdict in both forms. */
export interface VerdictText {
  readonly json: string;
  readonly text: string;
}

/** Limits, in octets and seconds. The numbers are ours. */
export const verdictLimits = { maxOctets: 16 * 1024 * 1024, maxAge: 60, maxAgeOfFailure: 5 } as const;
const ENTRY_OVERHEAD_OCTETS = 500;

export interface VerdictCache {
  /** The verdict under this key: kept, being made, or made now by `check`. A rejection is kept for nobody but those who wait. */
  get(key: string, check: () => Promise<DaneReport>): Promise<VerdictText>;
  readonly size: () => number;
  readonly octets: () => number;
}

interface Kept extends VerdictText {
  readonly untilMs: number;
}

/** @param clockMs milliseconds on a clock that never steps */
export function createVerdictCache(
  clockMs: () => number,
  limits: { readonly [K in keyof typeof verdictLimits]: number } = verdictLimits,
): VerdictCache {
  const kept = new LRUCache<string, Kept>({
    maxSize: limits.maxOctets,
    sizeCalculation: ({ json, text }, key) => json.length + text.length + key.length + ENTRY_OVERHEAD_OCTETS,
  });
  const running = new Map<string, Promise<VerdictText>>();
  const keep = (key: string, report: DaneReport): VerdictText => {
    const verdict = { json: JSON.stringify(publishReport(report)), text: formatTranscript(report) };
    const lifetime = lifetimeOf(report, limits);
    if (lifetime > 0) kept.set(key, { ...verdict, untilMs: clockMs() + lifetime * 1000 });
    return verdict;
  };
  return {
    async get(key, check) {
      const found = kept.get(key);
      if (found && found.untilMs > clockMs()) return found;
      const started = running.get(key);
      if (started) return started;
      const made = check().then((report) => keep(key, report));
      running.set(key, made);
      try {
        return await made;
      } finally {
        running.delete(key);
      }
    },
    size: () => kept.size,
    octets: () => kept.calculatedSize,
  };
}

/** Seconds: until the first lookup ends, and not long where one failed, for that may soon be repaired. */
function lifetimeOf(
  report: DaneReport,
  { maxAge, maxAgeOfFailure }: { readonly maxAge: number; readonly maxAgeOfFailure: number },
): number {
  const lookups = [report.mx, ...report.mx.hosts.flatMap(({ a, aaaa, candidates }) => [a, aaaa, ...candidates])];
  const failed = lookups.some((lookup) => lookup?.status === 'bogus' || lookup?.status === 'indeterminate');
  // What failed holds for no time at all, and yet is not to be tried again by everybody who asks (RFC 9520).
  if (failed) return maxAgeOfFailure;
  return Math.min(maxAge, (Date.parse(report.validUntil) - Date.parse(report.checkedAt)) / 1000);
}
