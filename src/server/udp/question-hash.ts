/** The key of the answer table: QNAME without regard to case (RFC 4343), QTYPE, DO and CD; the class is IN. */

import { Mark } from './layout.ts';

/** What of an entry's marks belongs to its key. */
export const KEY_MARKS = Mark.DNSSEC_OK | Mark.CHECKING_DISABLED;

/** Octets of QTYPE and QCLASS behind a QNAME. */
export const BEHIND_NAME = 4;

/**
 * Hashes the question that stands in `octets` from `from` up to `to`. With a seed that outsiders do not know, they cannot choose names that
 * meet in one bucket.
 */
export function hashQuestion(octets: Uint8Array, from: number, to: number, marks: number, seed: number): number {
  let hash = seed ^ (marks & KEY_MARKS);
  const nameEnd = to - BEHIND_NAME;
  for (let at = from; at < nameEnd; at++) hash = Math.imul(hash ^ lowerCase(octets[at] as number), 0x01000193) ^ (hash >>> 15);
  for (let at = nameEnd; at < to; at++) hash = Math.imul(hash ^ (octets[at] as number), 0x01000193) ^ (hash >>> 15);
  hash = Math.imul(hash ^ (hash >>> 16), 0x2c1b3c6d);
  return hash ^ (hash >>> 12);
}

/** Whether two questions of one length are the same, `stored` being in lower case. */
export function isSameQuestion(stored: Uint8Array, at: number, octets: Uint8Array, from: number, to: number): boolean {
  const nameEnd = to - BEHIND_NAME;
  const shift = at - from;
  for (let i = from; i < nameEnd; i++) if (stored[i + shift] !== lowerCase(octets[i] as number)) return false;
  for (let i = nameEnd; i < to; i++) if (stored[i + shift] !== octets[i]) return false;
  return true;
}

/** An octet of a name with ASCII letters in lower case; lengths of labels are below 64 and stay as they are. */
export function lowerCase(octet: number): number {
  return octet >= 65 && octet <= 90 ? octet | 0x20 : octet;
}
