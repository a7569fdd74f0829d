import { expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Type } from '../../src/base/registry.ts';
import { packName, packRRsets } from '../../src/cache/pack.ts';
import { RRsetCache } from '../../src/cache/rrset-cache.ts';
import { entry, NOW, rrset } from './fixtures.ts';

const packet = Buffer.alloc(65_535, 7);
const sets = [
  rrset('Mail.example.org', { rdata: [packet.subarray(0, 4), packet.subarray(4, 8)], signatures: [packet.subarray(100, 300)] }),
  rrset('example.org', { type: Type.SOA, rdata: [packet.subarray(20, 20)] }), // no octets at all
  rrset('.', { rdata: [] }),
];

test('a packed RRset says the same', () => {
  const plain = (octets: Uint8Array) => Uint8Array.from(octets); // a Buffer is not equal to the same octets
  const want = sets.map((set) => ({ ...set, rdata: set.rdata.map(plain), signatures: set.signatures.map(plain) }));
  expect(packRRsets(sets)).toEqual(want);
  expect(packName(parseName('Mail.example.org'))).toEqual(parseName('Mail.example.org'));
});

test('owners that are one object stay one object', () => {
  const [first, second, third] = packRRsets([sets[0]!, { ...sets[0]!, type: Type.AAAA }, sets[1]!]);
  expect(first?.owner).toBe(second?.owner);
  expect(first?.owner).not.toBe(third?.owner);
});

test('what is cached neither pins the packet nor changes with it', () => {
  const cache = new RRsetCache({ maxOctets: 100_000 });
  const received = Buffer.alloc(65_535, 1);
  const signed = { rdata: [received.subarray(40, 44)], signatures: [received.subarray(50, 150)] };
  cache.put(entry('mail.example.org', { proof: [rrset('example.org', signed)] }, signed), NOW);
  received.fill(2);
  const found = cache.get(parseName('mail.example.org'), Type.A, NOW);
  const arrays = [found?.rrset, ...(found?.proof ?? [])].flatMap((set) => [...(set?.rdata ?? []), ...(set?.signatures ?? [])]);
  expect(arrays).toHaveLength(4);
  for (const array of arrays) {
    expect(array.every((octet) => octet === 1)).toBe(true);
    expect(array.buffer.byteLength).toBeLessThan(400);
  }
});
