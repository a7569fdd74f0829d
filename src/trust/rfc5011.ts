/**
 * The keys of a trust point from one look at its DNSKEY RRset to the next (RFC 5011 §2.2, §2.4, §4): pure, time is an argument.
 *
 * Time never runs backwards here: a look counts as made no earlier than the one before it, so that a clock that was behind when a key was
 * first seen and is put right later does not shorten that key's hold-down. Only looks that validated move this clock, so a clock that is
 * wrong by more than the validity of the zone's signatures moves nothing.
 */

import type { Name } from '../base/name.ts';
import { readDnskey } from '../wire/rdata/dnskey.ts';

/** RFC 5011 §4.2; a key in its state Start is one that is not tracked. */
export const keyStates = ['add-pending', 'valid', 'missing', 'revoked', 'removed'] as const;
export type KeyState = (typeof keyStates)[number];

export interface TrackedKey {
  /** DNSKEY RDATA with the REVOKE bit clear, whether it is revoked or not. */
  readonly rdata: Uint8Array;
  readonly state: KeyState;
  /** Seconds since the epoch: when it came into this state. */
  readonly since: number;
  /** Seconds since the epoch: when it last stood in a DNSKEY RRset that counted; undefined where it never did. */
  readonly lastSeen: number | undefined;
  /** Seconds since the epoch: the end of the add hold-down of a key that is pending, of the remove hold-down of one that is revoked. */
  readonly holdDownEnds: number | undefined;
  /** Whether it is trusted for being configured, or for having been seen through its hold-down. */
  readonly origin: 'configured' | 'learned';
}

/** A zone with keys that are trusted without a parent's word, and what became of them. */
export interface TrustPoint {
  readonly zone: Name;
  readonly keys: readonly TrackedKey[];
  /** Seconds since the epoch: the latest look that counted; 0 before the first. */
  readonly clock: number;
}

/** What one look at a trust point's DNSKEY RRset showed. */
export interface SeenKeys {
  /** Trusted keys that stand there with the REVOKE bit and signed the RRset themselves (§2.1); RDATA with the bit clear. */
  readonly revoked: readonly Uint8Array[];
  /** The RRset, where a key that is trusted and not revoked signed it; else nothing in it counts but revocations. */
  readonly validated:
    | {
        /** RDATA of the zone keys without the REVOKE bit. */
        readonly keys: readonly Uint8Array[];
        /** Of those with it; RDATA with the bit clear. */
        readonly revokedKeys: readonly Uint8Array[];
        /** Seconds, of the RRSIG that verified. */
        readonly originalTtl: number;
      }
    | undefined;
}

const DAY = 86_400;
/** §2.4.1 and §2.4.2, seconds. */
export const ADD_HOLD_DOWN = 30 * DAY;
export const REMOVE_HOLD_DOWN = 30 * DAY;
/** Keys of one trust point, those long gone included, and the octets of one. The numbers are ours: zones have a handful. */
export const MAX_TRACKED_KEYS = 16;
export const MAX_KEY_OCTETS = 4_096;

export function sameKey(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Whether a key in this state may start a chain of trust: a missing one may (§4.2). */
export function isTrusted(state: KeyState): boolean {
  return state === 'valid' || state === 'missing';
}

/**
 * The state table of §4.
 * @param isConfigured whether the operator's anchors name a key: such a key has no add hold-down
 * @param now seconds since the epoch
 */
export function observe(point: TrustPoint, seen: SeenKeys, isConfigured: (rdata: Uint8Array) => boolean, now: number): TrustPoint {
  const at = Math.max(now, point.clock);
  const revoked = withRevoked(point.keys, seen.revoked, at);
  if (!seen.validated) return { ...point, keys: revoked, clock: seen.revoked.length > 0 ? at : point.clock };
  const { validated } = seen;
  const known = revoked.map((key) => next(key, validated, isConfigured, at)).filter((key) => key !== undefined);
  const keys = validated.keys
    .filter((rdata) => isNewcomer(rdata, isConfigured) && !revoked.some((key) => sameKey(key.rdata, rdata)))
    .reduce<readonly TrackedKey[]>((all, rdata) => withNewcomer(all, start(rdata, validated.originalTtl, isConfigured(rdata), at)), known);
  return { ...point, keys, clock: at };
}

/** RevBit: at once, and for good (§2.1). A key that is configured as a digest may be seen for the first time as a revoked one. */
function withRevoked(keys: readonly TrackedKey[], revoked: readonly Uint8Array[], at: number): readonly TrackedKey[] {
  const ends = at + REMOVE_HOLD_DOWN;
  const changed = keys.map((key): TrackedKey => {
    const isRevoked = revoked.some((rdata) => sameKey(rdata, key.rdata));
    if (!isRevoked || key.state === 'removed') return key;
    return { ...key, state: 'revoked', since: key.state === 'revoked' ? key.since : at, lastSeen: at, holdDownEnds: ends };
  });
  return revoked
    .filter((rdata) => !keys.some((key) => sameKey(key.rdata, rdata)))
    .map((rdata): TrackedKey => ({ rdata, state: 'revoked', since: at, lastSeen: at, holdDownEnds: ends, origin: 'configured' }))
    .reduce(withNewcomer, changed);
}

/** What becomes of a key that is known; undefined: it is forgotten (AddPend to Start). */
function next(
  key: TrackedKey,
  { keys, revokedKeys }: NonNullable<SeenKeys['validated']>,
  isConfigured: (rdata: Uint8Array) => boolean,
  at: number,
): TrackedKey | undefined {
  const isIn = (set: readonly Uint8Array[]) => set.some((rdata) => sameKey(rdata, key.rdata));
  const isPresent = isIn(keys);
  switch (key.state) {
    case 'add-pending':
      if (!isPresent) return undefined; // KeyRem: the hold-down begins anew when it returns (§2.2)
      if (isConfigured(key.rdata))
        return { ...key, state: 'valid', since: at, lastSeen: at, holdDownEnds: undefined, origin: 'configured' };
      if (at < (key.holdDownEnds ?? at)) return { ...key, lastSeen: at };
      return { ...key, state: 'valid', since: at, lastSeen: at, holdDownEnds: undefined }; // AddTime
    case 'valid':
      return isPresent ? { ...key, lastSeen: at } : { ...key, state: 'missing', since: at }; // KeyRem
    case 'missing':
      return isPresent ? { ...key, state: 'valid', since: at, lastSeen: at } : key; // KeyPres
    case 'revoked':
      if (isPresent || isIn(revokedKeys)) return { ...key, lastSeen: at, holdDownEnds: at + REMOVE_HOLD_DOWN };
      return at < (key.holdDownEnds ?? at) ? key : { ...key, state: 'removed', since: at, holdDownEnds: undefined }; // RemTime
    case 'removed':
      return key; // kept, for else its next sight would make it a new key
  }
}

/** New keys are secure entry points (§2.2); what the operator names may be any key of the zone. */
function isNewcomer(rdata: Uint8Array, isConfigured: (rdata: Uint8Array) => boolean): boolean {
  return rdata.length <= MAX_KEY_OCTETS && (readDnskey(rdata).isSecureEntryPoint || isConfigured(rdata));
}

/** NewKey. The hold-down is never shorter than the TTL of the RRset that brought the key (§2.4.1). */
function start(rdata: Uint8Array, originalTtl: number, configured: boolean, at: number): TrackedKey {
  const seen = { rdata, since: at, lastSeen: at } as const;
  if (configured) return { ...seen, state: 'valid', holdDownEnds: undefined, origin: 'configured' };
  return { ...seen, state: 'add-pending', holdDownEnds: at + Math.max(ADD_HOLD_DOWN, originalTtl), origin: 'learned' };
}

/**
 * Where there is no room a pending key is not taken, and the key that was removed longest ago gives way to one that is trusted. A
 * revocation is never left out: there are no more of them than the operator named keys.
 */
function withNewcomer(keys: readonly TrackedKey[], key: TrackedKey): readonly TrackedKey[] {
  if (keys.length < MAX_TRACKED_KEYS || key.state === 'revoked') return [...keys, key];
  if (key.state === 'add-pending') return keys;
  const givesWay =
    keys.find(({ state }) => state === 'add-pending') ??
    keys.filter(({ state, origin }) => state === 'removed' && origin === 'learned').toSorted((a, b) => a.since - b.since)[0];
  return givesWay ? [...keys.filter((other) => other !== givesWay), key] : keys;
}

/** Seconds until the next look after one that validated (§2.3): half of what the RRset and its signature are good for, an hour to 15 days. */
export function queryInterval(originalTtl: number, signatureLeft: number): number {
  return Math.floor(Math.max(3_600, Math.min(15 * DAY, originalTtl / 2, signatureLeft / 2)));
}

/** The same after one that did not (§2.3): a tenth, an hour to a day. */
export function retryTime(originalTtl: number, signatureLeft: number): number {
  return Math.floor(Math.max(3_600, Math.min(DAY, originalTtl / 10, signatureLeft / 10)));
}
