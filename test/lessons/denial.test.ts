/** Faults of other resolvers in what denials and DS records prove (the rest stand in test/dnssec; docs/lessons.md has the list). */

import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Type } from '../../src/base/registry.ts';
import { authenticateDnskeys } from '../../src/dnssec/delegation.ts';
import { collectDenial, proveNoDs, proveNodata } from '../../src/dnssec/denial.ts';
import { contextAt } from '../vectors/context.ts';
import { uint } from '../vectors/read-records.ts';
import { NOW, plainRRset, signedZone, tagOf } from '../vectors/signed-zone.ts';

const zone = signedZone('example.', { algorithm: 13 });
const chain = (iterations = 0) =>
  zone.nsec3({ names: { 'example.': 'NS SOA RRSIG', 'a.example.': 'A RRSIG', 'cut.example.': 'NS' }, salt: 'aabb', iterations });

test('CVE-2026-123600: NODATA at the apex needs the NSEC3 of the apex, whatever other NSEC3 came', () => {
  const context = contextAt(NOW);
  const others = collectDenial([chain().match('a.example.'), chain().match('cut.example.')], zone.keys, context);
  expect(proveNodata(zone.apex, Type.TXT, others, context)).toMatchObject({ verdict: 'unproved' });
  const own = collectDenial([chain().match('example.')], zone.keys, context);
  expect(proveNodata(zone.apex, Type.TXT, own, context)).toEqual({ verdict: 'proved' });
});

test('CVE-2026-1519: a proof of an insecure delegation over 150 iterations is not hashed', () => {
  const context = contextAt(NOW);
  const records = collectDenial([chain(151).match('cut.example.')], zone.keys, context);
  expect(proveNoDs(parseName('cut.example.'), records, context)).toEqual({ verdict: 'insecure-iterations' });
  expect(context.spent().nsec3Hashes).toBe(0);
});

test('CVE-2025-8677: a DS is tried on four keys of its tag and no more', () => {
  const { key } = zone;
  const ds = Buffer.concat([
    uint(key.tag, 2),
    uint(13, 1),
    uint(2, 1),
    createHash('sha256').update(Buffer.from(zone.apex.key, 'latin1')).update(key.rdata).digest(),
  ]);
  // Octets of the same weight in the key tag changed places: other keys, of the same tag.
  const alike = (by: number) => {
    const copy = Buffer.from(key.rdata);
    const [first, other] = [copy.readUInt16BE(4), copy.readUInt16BE(4 + 2 * by)];
    copy.writeUInt16BE(other, 4);
    copy.writeUInt16BE(first, 4 + 2 * by);
    return copy;
  };
  const verdictWith = (padding: readonly Buffer[]) => {
    expect(padding.every((rdata) => tagOf(rdata) === key.tag)).toBe(true);
    const keys = zone.sign(plainRRset('example.', 'DNSKEY', [...padding, key.rdata]));
    return authenticateDnskeys(zone.apex, keys, { ds: [ds], dnskeys: [] }, contextAt(NOW)).verdict;
  };
  expect(verdictWith([1, 2, 3].map(alike))).toBe('secure');
  expect(verdictWith([1, 2, 3, 4].map(alike))).toBe('limit-spent');
});
