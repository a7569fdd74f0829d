import { describe, expect, test } from 'vitest';
import { addressMatrix, familiesDiffer } from '../../src/dane/address-matrix.ts';
import type { LookupStatus } from '../../src/dane/verdicts.ts';

// Rows are A, columns AAAA, both in this order.
const statuses: readonly LookupStatus[] = ['secure', 'insecure', 'bogus', 'nxdomain', 'indeterminate'];
const want = [
  ['secure', 'secure', 'secure', 'secure', 'secure'],
  ['secure', 'insecure', 'insecure', 'insecure', 'insecure'],
  ['secure', 'insecure', 'bogus', 'bogus', 'bogus'],
  ['secure', 'insecure', 'bogus', 'no-address', 'indeterminate'],
  ['secure', 'insecure', 'bogus', 'indeterminate', 'indeterminate'],
] as const;

describe('RFC 7672 §2.2.2: what A and AAAA come to', () => {
  test.each(statuses.flatMap((a, i) => statuses.map((aaaa, j) => [a, aaaa, want[i]?.[j]] as const)))(
    'A %s, AAAA %s -> %s',
    (a, aaaa, outcome) => {
      expect(addressMatrix[a][aaaa]).toBe(outcome);
    },
  );
});

test.each<[LookupStatus, LookupStatus, boolean]>([
  ['secure', 'secure', false],
  ['secure', 'nxdomain', false],
  ['secure', 'insecure', true],
  ['indeterminate', 'secure', true],
  ['bogus', 'nxdomain', false],
])('A %s and AAAA %s differ: %s', (a, aaaa, differ) => expect(familiesDiffer(a, aaaa)).toBe(differ));
