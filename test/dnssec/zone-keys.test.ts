/** Which DNSKEY records are a zone's keys, and how many of them are looked at. */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { readKeys, readZoneKeys } from '../../src/dnssec/zone-keys.ts';
import { contextAt } from '../vectors/context.ts';
import { makeKey, NOW } from '../vectors/signed-zone.ts';

const { rdata } = makeKey();
const records = (count: number): Uint8Array[] => Array.from({ length: count }, () => rdata);

describe('the limit reached is not yet a limit passed', () => {
  test.each([
    [256, false],
    [257, true],
  ])('%i records read: cut %s', (count, isCut) => {
    expect(readKeys(records(count))).toMatchObject({ keys: { length: 256 }, isCut });
  });

  test.each([
    [64, undefined],
    [65, true],
  ])('%i keys held: cut %s', (count, isCut) => {
    const zoneKeys = readZoneKeys(parseName('example.'), records(count), contextAt(NOW));
    expect(zoneKeys.keys.length).toBe(64);
    expect(zoneKeys.isCut).toBe(isCut);
  });
});
