/**
 * Who may ask, and how often, by the octets of a client's address. IPv6 clients are counted by their /64, for who has one has all of it.
 * The counts lie in shared memory, so that all front threads together keep one rate; two threads that count at once may lose a query, and
 * two clients in one place take turns at it: the rate is a fence against floods, not an account.
 */

import type { PrefixOctets } from '../../base/prefix.ts';

const PLACES = 1 << 14;
/** Of a place: who is counted there, in which second, how many. */
const PLACE_WORDS = 3;
const IPV6_NETWORK_OCTETS = 8;

export class AddressRanges {
  readonly #prefixes: readonly PrefixOctets[];

  constructor(prefixes: readonly PrefixOctets[]) {
    this.#prefixes = prefixes;
  }

  /** Whether the address of 4 or 16 octets at `at` is in one of them. */
  has(octets: Uint8Array, at: number, size: number): boolean {
    for (const prefix of this.#prefixes) if (prefix.octets.length === size && isWithin(prefix, octets, at)) return true;
    return false;
  }
}

function isWithin({ octets: prefix, length }: PrefixOctets, octets: Uint8Array, at: number): boolean {
  const whole = length >> 3;
  for (let i = 0; i < whole; i++) if (prefix[i] !== octets[at + i]) return false;
  const rest = length & 7;
  return rest === 0 || ((prefix[whole] as number) ^ (octets[at + whole] as number)) >> (8 - rest) === 0;
}

export class QueryRate {
  readonly #counts: Int32Array;
  readonly #perSecond: number;
  readonly #seed: number;

  /** @param shared made by `rateMemory` @param perSecond queries of one client; 0: no limit */
  constructor(shared: SharedArrayBuffer, perSecond: number, seed: number) {
    this.#counts = new Int32Array(shared);
    this.#perSecond = perSecond;
    this.#seed = seed;
  }

  /** Counts a query; false where the client has had its share of this second. */
  take(octets: Uint8Array, at: number, size: number, now: number): boolean {
    if (this.#perSecond === 0) return true;
    let hash = this.#seed;
    const counted = size === 16 ? IPV6_NETWORK_OCTETS : size;
    for (let i = 0; i < counted; i++) hash = Math.imul(hash ^ (octets[at + i] as number), 0x01000193) ^ (hash >>> 15);
    const place = (hash & (PLACES - 1)) * PLACE_WORDS;
    const counts = this.#counts;
    const second = now | 0; // as the word holds it, after 2038 too
    if (counts[place] !== hash || counts[place + 1] !== second) {
      counts[place] = hash;
      counts[place + 1] = second;
      counts[place + 2] = 0;
    }
    const count = (counts[place + 2] as number) + 1;
    counts[place + 2] = count;
    return count <= this.#perSecond;
  }
}

export function rateMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(PLACES * PLACE_WORDS * 4);
}
