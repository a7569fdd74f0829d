/** Hashed records in order: found by hash, of one chain, bounded. */

import { describe, expect, test } from 'vitest';
import { type Name, parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { DenialIndex } from '../../src/cache/denial-index.ts';

const NOW = 1_000_000;
const zone = parseName('test.');
const none = { salt: new Uint8Array(), iterations: 0 };

/** A hash that begins with these two octets. */
const hashOf = (value: number): Buffer => {
  const hash = Buffer.alloc(20);
  hash.writeUInt16BE(value);
  return hash;
};

const rrsetOf = (owner: Name, octets = 60): RRset => ({
  owner,
  type: 50,
  class: 1,
  ttl: 300,
  rdata: [Buffer.alloc(octets)],
  signatures: [],
});

function put(index: DenialIndex, value: number, { expires = NOW + 300, parameters = none, octets = 60, now = NOW } = {}): void {
  const rrset = rrsetOf(parseName(`h${value}.test.`), octets);
  index.putNsec3(zone, { rrset, walked: zone, expires, ownerHash: hashOf(value) }, parameters, now);
}

const at = (index: DenialIndex, value: number, now = NOW): number | undefined =>
  index.nsec3AtOrBefore(zone, hashOf(value), now)?.ownerHash.readUInt16BE();

function indexOf(...values: readonly number[]): DenialIndex {
  const index = new DenialIndex({ maxOctets: 10_000_000 });
  for (const value of values) put(index, value);
  return index;
}

describe('NSEC3 by hash', () => {
  const index = indexOf(500, 100, 900, 300);

  test.each([
    ['that hash', 300, 300],
    ['the last before it', 301, 300],
    ['behind the last the last', 60_000, 900],
    ['before the first the last, for the chain is a ring', 99, 900],
  ])('%s', (_title, value, want) => {
    expect(at(index, value)).toBe(want);
  });

  test('of another zone there is nothing', () => {
    expect(index.nsec3AtOrBefore(parseName('other.'), hashOf(300), NOW)).toBeUndefined();
  });

  test('what has expired is not given, nor what lies before it', () => {
    const own = indexOf(100);
    put(own, 300, { expires: NOW + 10 });
    expect([at(own, 400, NOW + 9), at(own, 400, NOW + 10)]).toEqual([300, undefined]);
  });

  test('the same hash again takes the place of the one before, and its octets', () => {
    const own = indexOf(100);
    const { octets } = own;
    put(own, 100, { expires: NOW + 900 });
    expect([at(own, 100, NOW + 800), own.octets]).toEqual([100, octets]);
  });

  test.each([
    ['salt', { salt: Uint8Array.of(1), iterations: 0 }],
    ['number of iterations', { salt: new Uint8Array(), iterations: 1 }],
  ])('another %s takes the place of the whole chain, and its octets', (_title, parameters) => {
    const own = indexOf(100, 200, 300);
    const alone = indexOf(250).octets;
    put(own, 250, { parameters });
    expect(own.nsec3Parameters(zone, NOW)).toEqual({ salt: Buffer.from(parameters.salt), iterations: parameters.iterations });
    expect([at(own, 250), at(own, 240), own.octets]).toEqual([250, 250, alone]);
  });

  test('2,000 records of one zone, the first to expire goes', () => {
    const own = new DenialIndex({ maxOctets: 100_000_000 });
    for (let i = 0; i < 2_000; i++) put(own, i + 1, { expires: NOW + (i === 7 ? 100 : 300) });
    const { octets } = own;
    put(own, 5_000);
    expect([at(own, 8), at(own, 5_000)]).toEqual([7, 5_000]);
    expect(Math.abs(own.octets - octets)).toBeLessThan(50);
  });

  test('a record of any size is not taken', () => {
    const own = indexOf();
    put(own, 1, { octets: 10_000 });
    expect(at(own, 1)).toBeUndefined();
  });

  test('octets over all zones are bounded', () => {
    const own = new DenialIndex({ maxOctets: 20_000 });
    for (let i = 0; i < 500; i++) {
      const apex = parseName(`z${i}.`);
      own.putNsec3(apex, { rrset: rrsetOf(parseName(`h.z${i}.`)), walked: apex, expires: NOW + 300, ownerHash: hashOf(i) }, none, NOW);
    }
    expect(own.octets).toBeLessThanOrEqual(20_000);
    expect(own.has(parseName('z499.'))).toBe(true);
  });

  test('a clock that is set back empties it', () => {
    const own = indexOf(100);
    expect(at(own, 100, NOW - 60)).toBeUndefined();
    expect(at(own, 100, NOW)).toBeUndefined();
  });
});
