import { expect, test } from 'vitest';
import { SECURE } from '../../src/base/validation.ts';
import { verdictOf } from '../../src/service/verdict.ts';
import { bogus, indeterminate, insecure } from './fake.ts';

test.each([
  { kind: 'answer', validation: SECURE, want: 'secure' },
  { kind: 'answer', validation: insecure, want: 'insecure' },
  { kind: 'answer', validation: bogus, want: 'bogus' },
  { kind: 'answer', validation: indeterminate, want: 'indeterminate' },
  { kind: 'nodata', validation: SECURE, want: 'nxdomain' },
  { kind: 'nodata', validation: insecure, want: 'nxdomain' },
  { kind: 'nodata', validation: bogus, want: 'bogus' },
  { kind: 'nodata', validation: indeterminate, want: 'indeterminate' },
  { kind: 'nxdomain', validation: SECURE, want: 'nxdomain' },
  { kind: 'nxdomain', validation: insecure, want: 'nxdomain' },
  { kind: 'nxdomain', validation: bogus, want: 'bogus' },
  { kind: 'nxdomain', validation: indeterminate, want: 'indeterminate' },
  { kind: 'failure', validation: indeterminate, want: 'indeterminate' },
] as const)('$kind that is $validation.state: $want', ({ kind, validation, want }) => {
  expect(verdictOf({ kind, validation })).toBe(want);
});
