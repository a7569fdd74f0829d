/**
 * Tells a wrong clock from a world of expired signatures: where independent zones, the root among them, all fail on dates in the same
 * direction, and one moment lies within all their windows, it is more likely that this machine's clock is not at that moment.
 *
 * **Limits**: what it hears is not validated, for at a wrong time nothing is. So it changes what is said of a failure, and never a verdict.
 */

import { isWithin, type Name, ROOT } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import type { BogusReason, Validation } from '../base/validation.ts';
import { serialDistance, tryReadRrsig } from '../wire/rdata/rrsig.ts';

/** Zones besides the root, none within another, that must fail alike. */
const INDEPENDENT_ZONES = 2;
/** Zones remembered, and signatures read of one answer. */
const MAX_ZONES = 16;
const MAX_SIGNATURES_READ = 16;
/** Seconds that what a zone's signatures said is remembered. */
const MEMORY_SECONDS = 600;
const DAY = 86_400;

const dateReasons: ReadonlySet<BogusReason> = new Set(['signature-expired', 'signature-not-yet-valid']);

/** Whether it was the dates of a signature that were wrong. */
export function failedOnDates(validation: Validation): boolean {
  return validation.state === 'bogus' && dateReasons.has(validation.reason);
}

/** Seconds by which the clock seems ahead (negative: behind), at least. */
export interface ClockOffset {
  readonly seconds: number;
  /** Zones whose signatures say so, the root included. */
  readonly zones: number;
}

interface Window {
  readonly zone: Name;
  readonly inception: number;
  readonly expiration: number;
  readonly heard: number;
}

export class ClockDoubt {
  readonly #windows = new Map<string, Window>();

  /** Takes note of when the signatures of these RRsets were meant to count; `now` in seconds since the epoch. */
  hear(rrsets: readonly RRset[], now: number): void {
    for (const rdata of rrsets.flatMap(({ signatures }) => signatures).slice(0, MAX_SIGNATURES_READ)) {
      const window = tryReadWindow(rdata, now);
      if (!window) continue;
      this.#windows.delete(window.zone.key);
      if (window.inception <= now && now <= window.expiration) continue;
      this.#windows.set(window.zone.key, window);
      const oldest = this.#windows.keys().next();
      if (this.#windows.size > MAX_ZONES && !oldest.done) this.#windows.delete(oldest.value === ROOT.key ? window.zone.key : oldest.value);
    }
  }

  /** Something validated: whatever failed, it was not the clock. */
  dismiss(): void {
    this.#windows.clear();
  }

  /** How far the clock seems off; undefined where nothing points at it. */
  offset(now: number): ClockOffset | undefined {
    if (this.#windows.size <= INDEPENDENT_ZONES) return undefined;
    const windows = [...this.#windows.values()].filter(({ heard }) => Math.abs(now - heard) <= MEMORY_SECONDS);
    if (!windows.some(({ zone }) => zone.labels === 0)) return undefined;
    const others = windows.map(({ zone }) => zone).filter(({ labels }) => labels > 0);
    const independent = others.filter((zone) => !others.some((other) => other !== zone && isWithin(zone, other)));
    if (independent.length < INDEPENDENT_ZONES) return undefined;
    const from = Math.max(...windows.map(({ inception }) => inception));
    const to = Math.min(...windows.map(({ expiration }) => expiration));
    if (from > to) return undefined; // no moment suits them all
    if (now > to) return { seconds: now - to, zones: windows.length };
    return now < from ? { seconds: now - from, zones: windows.length } : undefined;
  }
}

/** RFC 4034 §3.1.5: times are serial numbers, so each is taken as the moment closest to `now`. */
function tryReadWindow(rdata: Uint8Array, now: number): Window | undefined {
  const rrsig = tryReadRrsig(rdata);
  const moment = (serial: number) => now + serialDistance(now, serial);
  return rrsig && { zone: rrsig.signer, inception: moment(rrsig.inception), expiration: moment(rrsig.expiration), heard: now };
}

/** In a few words, for an extended error's text and for people alike. */
export function describeOffset({ seconds, zones }: ClockOffset): string {
  const size = Math.abs(seconds);
  const amount = size >= 2 * DAY ? `${Math.floor(size / DAY)} days` : `${size} s`;
  return `clock: at least ${amount} ${seconds > 0 ? 'ahead' : 'behind'}, as ${zones} zones say`;
}
