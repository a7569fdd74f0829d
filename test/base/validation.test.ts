/** Validation states (RFC 4035 §4.3), their order and their extended errors (RFC 8914). */

import { expect, test } from 'vitest';
import { ROOT } from '../../src/base/name.ts';
import {
  type BogusReason,
  extendedError,
  type IndeterminateReason,
  type InsecureReason,
  isServable,
  SECURE,
  type Validation,
  worseOf,
} from '../../src/base/validation.ts';

const insecure = (reason: InsecureReason): Validation => ({ state: 'insecure', zone: ROOT, reason });
const bogus = (reason: BogusReason): Validation => ({ state: 'bogus', zone: ROOT, reason });
const indeterminate = (reason: IndeterminateReason): Validation => ({ state: 'indeterminate', reason });

test.each<[Validation, number | undefined]>([
  [SECURE, undefined],
  [insecure('no-trust-anchor'), undefined],
  [insecure('unsigned-delegation'), undefined],
  [insecure('nsec3-opt-out'), undefined],
  [insecure('validation-disabled'), undefined],
  [insecure('unsupported-algorithm'), 1],
  [insecure('unsupported-digest'), 2],
  [insecure('nsec3-iterations'), 27],
  [insecure('negative-trust-anchor'), 33],
  [bogus('signature-wrong'), 6],
  [bogus('signer-wrong'), 6],
  [bogus('signature-expired'), 7],
  [bogus('signature-not-yet-valid'), 8],
  [bogus('signature-expired-before-valid'), 25],
  [bogus('signature-missing'), 10],
  [bogus('dnskey-missing'), 9],
  [bogus('no-zone-key'), 11],
  [bogus('denial-missing'), 12],
  [bogus('denial-incomplete'), 12],
  [indeterminate('servers-unreachable'), 22],
  [indeterminate('servers-failing'), 23],
  [indeterminate('limit-spent'), 32],
  [indeterminate('not-ready'), 14],
  [indeterminate('cyclic-dependency'), 22],
])('extended error of %j', (validation, want) => {
  expect(extendedError(validation)).toBe(want);
});

test.each<[Validation, boolean]>([
  [SECURE, true],
  [insecure('unsigned-delegation'), true],
  [bogus('signature-wrong'), false],
  [indeterminate('servers-unreachable'), false],
])('data that is %j may be served: %s', (validation, want) => {
  expect(isServable(validation)).toBe(want);
});

test('of two verdicts the worse counts, in either order', () => {
  const ascending = [SECURE, insecure('unsigned-delegation'), indeterminate('servers-unreachable'), bogus('signature-wrong')];
  ascending.forEach((better, i) => {
    for (const worse of ascending.slice(i + 1)) {
      expect(worseOf(better, worse)).toBe(worse);
      expect(worseOf(worse, better)).toBe(worse);
    }
  });
});

test('of two alike the first reason stays', () => {
  const first = bogus('signature-expired');
  expect(worseOf(first, bogus('signature-wrong'))).toBe(first);
});
