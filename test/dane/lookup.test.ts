import { expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Type } from '../../src/base/registry.ts';
import { readLookup } from '../../src/dane/lookup.ts';
import { formatAddress } from '../../src/wire/rdata/address.ts';
import { ip, NOW, resolutionOf } from './scripted-resolver.ts';

test('data of another owner, though it stands in the answer, is not read', () => {
  const answered = resolutionOf(parseName('mx.example'), Type.A, { rdata: ip('192.0.2.1') });
  const strayed = { ...answered, answer: answered.answer.map((rrset) => ({ ...rrset, owner: parseName('other.example') })) };
  expect(readLookup(answered, NOW, formatAddress)).toMatchObject({ report: { status: 'secure' }, data: ['192.0.2.1'] });
  expect(readLookup(strayed, NOW, formatAddress)).toMatchObject({
    report: { status: 'indeterminate', reason: 'malformed-data' },
    data: [],
  });
});

test('a TTL never goes below 0', () => {
  expect(readLookup(resolutionOf(parseName('mx.example'), Type.A, {}), NOW + 7200, formatAddress).report.ttl).toBe(0);
});

test('a detail off the wire is printable and not endless', () => {
  const answered = resolutionOf(parseName('mx.example'), Type.A, { state: 'indeterminate' });
  const validation = { state: 'indeterminate', reason: 'servers-failing', detail: `a\u001b[31m\nb${'x'.repeat(1000)}` } as const;
  const { detail } = readLookup({ ...answered, validation }, NOW, formatAddress).report;
  expect(detail?.slice(0, 9)).toBe('a?[31m?bx');
  expect(detail).toHaveLength(500);
});
