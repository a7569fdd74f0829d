/** What a check is charged: the table agrees with what the engines do in its order, not in its time. */

import { describe, expect, test } from 'vitest';
import { clientLimits, rrsetLimits, sharedLimits } from '../../src/base/budget.ts';
import { checkCost, importCost } from '../../src/crypto/cost.ts';
import { createVerifier } from '../../src/crypto/verifier.ts';
import { makeKey } from '../vectors/signed-zone.ts';

const rsa = (bits: number, exponent: readonly number[]) =>
  Buffer.concat([Buffer.of(exponent.length), Buffer.from(exponent), Buffer.alloc(bits / 8, 0xff)]);
const F4 = [1, 0, 1];
const ALL = [5, 7, 8, 10, 13, 14, 15, 16];

describe('one check', () => {
  test.each([
    ['RSA of 1024 bits below 2048', checkCost(8, rsa(1024, F4), 0), checkCost(8, rsa(2048, F4), 0)],
    ['RSA of 2048 bits below 4096', checkCost(8, rsa(2048, F4), 0), checkCost(8, rsa(4096, F4), 0)],
    ['65537 below an exponent of 64 bits', checkCost(8, rsa(2048, F4), 0), checkCost(8, rsa(2048, Array(8).fill(255)), 0)],
    ['P-256 below Ed448', checkCost(13, Buffer.alloc(64), 0), checkCost(16, Buffer.alloc(57), 0)],
    ['Ed448 below P-384', checkCost(16, Buffer.alloc(57), 0), checkCost(14, Buffer.alloc(96), 0)],
    ['short data below long', checkCost(13, Buffer.alloc(64), 100), checkCost(13, Buffer.alloc(64), 60_000)],
  ])('%s', (_title, less, more) => {
    expect(less).toBeGreaterThan(0);
    expect(less).toBeLessThan(more);
  });

  test('an exponent whose length takes two octets counts as long', () => {
    const long = Buffer.concat([Buffer.of(0, 0, 3, ...F4), Buffer.alloc(256, 0xff)]);
    expect(checkCost(8, long, 0)).toBe(checkCost(8, rsa(2048, Array(8).fill(255)), 0));
  });
});

test('a key costs more the first time', () => {
  const verifier = createVerifier();
  const key = makeKey({ algorithm: 13 });
  const field = key.rdata.subarray(4);
  const before = verifier.costOf(13, field, 0);
  verifier.verifySignature(13, field, Buffer.alloc(64), Buffer.alloc(10));
  expect(before - verifier.costOf(13, field, 0)).toBe(importCost(13));
});

test.each(ALL)('algorithm %i: two zones from cold, the second denying by NSEC3, stay within what one query may spend', (algorithm) => {
  const field = Buffer.alloc(algorithm === 14 ? 96 : algorithm < 13 ? 260 : 64, 1);
  const check = checkCost(algorithm, field, 500);
  const zone = 2 * importCost(algorithm) + check; // KSK and ZSK, the DNSKEY RRset
  const parents = 4 * (importCost(13) + 2 * checkCost(13, Buffer.alloc(64), 500));
  const alias = check;
  const denial = 4 * check;
  expect(zone + alias + zone + denial + parents).toBeLessThan(clientLimits.cryptoWork);
});

test.each(ALL)('algorithm %i: a shared fetch of keys can spend all the checks of an RRset before its work is spent', (algorithm) => {
  const field = Buffer.alloc(algorithm === 14 ? 96 : algorithm < 13 ? 260 : 64, 1);
  const most = algorithm === 14 ? rrsetLimits.keysOfOneTag : rrsetLimits.signatures;
  expect(most * (checkCost(algorithm, field, 500) + importCost(algorithm))).toBeLessThan(sharedLimits.cryptoWork);
});
