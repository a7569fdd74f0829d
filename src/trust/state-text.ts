/**
 * Tracked keys as text, to be kept on disk: JSON that a person can read, with a digest of the part that counts, so that a file which was
 * cut off or altered is known for what it is.
 */

import { createHash } from 'node:crypto';
import { formatName, parseName } from '../base/name.ts';
import { readDnskey } from '../wire/rdata/dnskey.ts';
import { keyStates, MAX_KEY_OCTETS, type TrackedKey, type TrustPoint } from './rfc5011.ts';

/** What is kept of a trust point. */
export interface StoredPoint extends TrustPoint {
  /** Seconds since the epoch: the last look that validated; undefined before the first. */
  readonly refreshed: number | undefined;
}

/** A text is no state of ours. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

const FORMAT = 'zeker-trust-state';
const VERSION = 1;
/** Ours: with `MAX_STORED_KEYS` keys each they stay far below what the store reads. */
export const MAX_STORED_POINTS = 32;
const MAX_STORED_KEYS = 64;

interface StoredKey {
  readonly keyTag: number;
  readonly dnskey: string;
  readonly state: string;
  readonly origin: string;
  readonly since: number;
  readonly lastSeen: number | null;
  readonly holdDownEnds: number | null;
}

export function formatState(points: readonly StoredPoint[]): string {
  const zones = points.slice(0, MAX_STORED_POINTS).map(({ zone, clock, refreshed, keys }) => ({
    zone: formatName(zone),
    clock,
    refreshed: refreshed ?? null,
    keys: keys.map(
      ({ rdata, state, origin, since, lastSeen, holdDownEnds }): StoredKey => ({
        keyTag: readDnskey(rdata).keyTag, // for the reader
        dnskey: Buffer.from(rdata).toString('base64'),
        state,
        origin,
        since,
        lastSeen: lastSeen ?? null,
        holdDownEnds: holdDownEnds ?? null,
      }),
    ),
  }));
  return `${JSON.stringify({ format: FORMAT, version: VERSION, sha256: digestOf(zones), zones }, undefined, 2)}\n`;
}

function digestOf(zones: unknown): string {
  return createHash('sha256').update(JSON.stringify(zones)).digest('hex');
}

/** @throws {StateError} */
export function parseState(text: string): StoredPoint[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StateError('it is no JSON');
  }
  const { format, version, sha256, zones } = objectOf(value, 'the state');
  if (format !== FORMAT) throw new StateError(`it is no ${FORMAT}`);
  if (version !== VERSION) throw new StateError(`its version is ${String(version)}, not ${VERSION}`);
  if (!Array.isArray(zones) || zones.length > MAX_STORED_POINTS) throw new StateError('it has no zones, or too many');
  if (sha256 !== digestOf(zones)) throw new StateError('its digest is wrong: it was cut off or altered');
  return zones.map(toPoint);
}

function toPoint(value: unknown): StoredPoint {
  const { zone, clock, refreshed, keys } = objectOf(value, 'a zone');
  if (typeof zone !== 'string') throw new StateError('a zone has no name');
  if (!Array.isArray(keys) || keys.length > MAX_STORED_KEYS) throw new StateError('a zone has no keys, or too many');
  try {
    return { zone: parseName(zone), clock: moment(clock), refreshed: optional(refreshed), keys: keys.map(toKey) };
  } catch (error) {
    throw error instanceof StateError ? error : new StateError(`${zone}: ${(error as Error).message}`);
  }
}

function toKey(value: unknown): TrackedKey {
  const { dnskey, state, origin, since, lastSeen, holdDownEnds } = objectOf(value, 'a key');
  if (typeof dnskey !== 'string' || dnskey.length > 2 * MAX_KEY_OCTETS) throw new StateError('a key has no DNSKEY, or one too long');
  const rdata = new Uint8Array(Buffer.from(dnskey, 'base64'));
  if (readDnskey(rdata).isRevoked) throw new StateError('a key has its REVOKE bit set');
  const known = keyStates.find((name) => name === state);
  if (!known || (origin !== 'configured' && origin !== 'learned')) throw new StateError('a key is in no state known here');
  return { rdata, state: known, origin, since: moment(since), lastSeen: optional(lastSeen), holdDownEnds: optional(holdDownEnds) };
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new StateError(`${what} is no object`);
  return value as Record<string, unknown>;
}

function moment(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new StateError('a moment is no number of seconds');
  return value;
}

function optional(value: unknown): number | undefined {
  return value === null ? undefined : moment(value);
}
