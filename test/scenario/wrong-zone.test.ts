/** Each single thing wrong with DS, DNSKEY and RRSIG (RFC 4035 §5, RFC 6840, RFC 9276, RFC 9905), at the zone's own hand. */

import { expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';
import { rdataOf } from '../vectors/read-records.ts';
import { makeKey, NOW } from '../vectors/signed-zone.ts';
import { type Behaviour, dsOf, flip, makeBench, makeWorld, on, rewrite, said, type World } from './world.ts';
import type { Zone, ZoneText } from './zone.ts';

const DAY = 86_400;

function worldWith(leaf: Partial<ZoneText>): World {
  return makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'test.', at: ['192.0.2.11'] },
    {
      apex: 'leaf.test.',
      at: ['192.0.2.21', '192.0.2.22'],
      records: ['www A 10.0.0.1', '*.wild A 10.0.0.2', 'a CNAME www.leaf.test.'],
      ...leaf,
    },
  ]);
}

const apexOf = { apex: parseName('leaf.test.') };
/** The DS lines of a key that is not the zone's. */
const otherKey = makeKey({ algorithm: 13 });
const otherDs = dsOf({ ...apexOf, signed: { key: otherKey } });

test.each<[string, Partial<ZoneText>, string]>([
  ['nothing wrong', {}, 'answer secure'],
  ['algorithm 8', { key: { algorithm: 8, bits: 2048 } }, 'answer secure'],
  ['algorithm 10', { key: { algorithm: 10, bits: 2048 } }, 'answer secure'],
  ['algorithm 14', { key: { algorithm: 14 } }, 'answer secure'],
  ['algorithm 15', { key: { algorithm: 15 } }, 'answer secure'],
  ['algorithm 16', { key: { algorithm: 16 } }, 'answer secure'],
  ['algorithm 5, unsupported since RFC 9905', { key: { algorithm: 5, bits: 2048 } }, 'answer insecure unsupported-algorithm'],
  [
    'algorithm 7, unsupported since RFC 9905',
    { key: { algorithm: 7, bits: 2048 }, signing: 'nsec3' },
    'answer insecure unsupported-algorithm',
  ],
  ['an RSA key of 512 bits with algorithm 10', { key: { algorithm: 10, bits: 768 } }, 'answer bogus signature-wrong'],
  ['DS of an unknown algorithm alone', { ds: [`1 200 2 ${'00'.repeat(32)}`] }, 'answer insecure unsupported-algorithm'],
  ['DS of an unknown digest alone', { ds: [`1 13 200 ${'00'.repeat(32)}`] }, 'answer insecure unsupported-digest'],
  [
    'DS of an unknown algorithm beside one that matches no key',
    { ds: [`1 200 2 ${'00'.repeat(32)}`, otherDs] },
    'answer bogus dnskey-missing',
  ],
  ['DS of another key', { ds: [otherDs] }, 'answer bogus dnskey-missing'],
  ['DS that is malformed', { ds: ['1 13 2 00'] }, 'answer bogus dnskey-missing'],
  ['a zone with DS but no signatures', { signing: 'unsigned', ds: [otherDs] }, 'answer bogus dnskey-missing'],
  ['a zone key without the zone flag', { key: { flags: 1 } }, 'answer bogus no-zone-key'],
  ['a zone key without the SEP flag', { key: { flags: 256 } }, 'answer secure'],
  ['a revoked zone key', { key: { flags: 257 | 128 } }, 'answer bogus dnskey-missing'],
  ['a key of another protocol', { key: { protocol: 2 } }, 'answer bogus dnskey-missing'],
  ['signatures that expired a second ago', { sign: { expiration: NOW - 1 } }, 'answer bogus signature-expired'],
  ['signatures that expire now', { sign: { expiration: NOW } }, 'answer secure'],
  ['signatures that expire in a second', { sign: { expiration: NOW + 1 } }, 'answer secure'],
  ['signatures that begin in a second', { sign: { inception: NOW + 1 } }, 'answer bogus signature-not-yet-valid'],
  ['signatures that begin now', { sign: { inception: NOW } }, 'answer secure'],
  [
    'signatures that end before they begin',
    { sign: { inception: NOW + 9 * DAY, expiration: NOW - 9 * DAY } },
    'answer bogus signature-expired-before-valid',
  ],
  ['signatures that are corrupt', { sign: { corrupt: true } }, 'answer bogus signature-wrong'],
  ['signatures by the parent', { sign: { signer: parseName('test.') } }, 'answer bogus signer-wrong'],
  ['signatures by a zone below', { sign: { signer: parseName('x.leaf.test.') } }, 'answer bogus signer-wrong'],
  ['signatures by another zone', { sign: { signer: parseName('other.test.') } }, 'answer bogus signer-wrong'],
  ['signatures by a key that nobody vouches for', { sign: { key: otherKey } }, 'answer bogus signature-missing'],
  ['an original TTL below the TTL', { sign: { originalTtl: 60 } }, 'answer secure'],
])('%s', async (_title, leaf, want) => {
  const bench = makeBench(worldWith(leaf));
  expect(said(await bench.ask('www.leaf.test.'))).toBe(want);
  expect(said(await bench.ask('www.test.')), 'the parent').toBe('nxdomain secure');
});

const key2 = makeKey({ algorithm: 13 });
const healthy = worldWith({});
const leaf = healthy.zone('leaf.test.');

/** The DNSKEY RRset of the leaf with these keys, signed by these. */
function keys(rdata: readonly Uint8Array[], signers: readonly (typeof key2)[]): Behaviour {
  const plain: RRset = { owner: leaf.apex, type: Type.DNSKEY, class: 1, ttl: 3600, rdata, signatures: [] };
  const made = signers.reduce((rrset, key) => leaf.signed.sign(rrset, { key }), plain);
  return on('leaf.test.', 'DNSKEY', (reply) => ({ ...reply, answer: [made] }));
}

const bySecond = rewrite((rrset) => {
  if (rrset.type === Type.DNSKEY || !rrset.signatures.length || rrset.owner.key !== parseName('www.leaf.test.').key) return rrset;
  return leaf.signed.sign({ ...rrset, signatures: [] }, { key: key2 });
});

test.each<[string, readonly Behaviour[], string]>([
  [
    'data by a second key that the first vouches for',
    [keys([leaf.signed.key.rdata, key2.rdata], [leaf.signed.key]), bySecond],
    'answer secure',
  ],
  ['keys signed by the second key alone', [keys([leaf.signed.key.rdata, key2.rdata], [key2]), bySecond], 'answer bogus signature-missing'],
  ['keys without the one that DS names', [keys([key2.rdata], [key2]), bySecond], 'answer bogus dnskey-missing'],
  ['data by a key that is not in the zone', [bySecond], 'answer bogus dnskey-missing'],
  [
    'one wrong signature beside a right one',
    [rewrite((r) => ({ ...r, signatures: r.signatures.flatMap((s) => [flip(s), s]) }))],
    'answer secure',
  ],
  [
    'a malformed signature beside a right one',
    [rewrite((r) => ({ ...r, signatures: r.signatures.flatMap((s) => [Uint8Array.of(1, 2), s]) }))],
    'answer secure',
  ],
  [
    'malformed signatures alone',
    [
      on(
        'www.leaf.test.',
        'A',
        rewrite((r) => ({ ...r, signatures: [Uint8Array.of(1, 2)] })),
      ),
    ],
    'answer bogus',
  ],
  ['a malformed key beside the right one', [keys([leaf.signed.key.rdata, Uint8Array.of(1)], [leaf.signed.key])], 'answer secure'],
  [
    'a key of an unknown algorithm beside the right one',
    [keys([leaf.signed.key.rdata, rdataOf('DNSKEY', '256 3 200 AAAA'.split(' '))], [leaf.signed.key])],
    'answer secure',
  ],
])('%s', async (_title, behaviours, want) => {
  expect(said(await makeBench(healthy, { behaviours }).ask('www.leaf.test.'))).toContain(want);
});

test.each<[string, number, string]>([
  ['as many labels as the owner', 3, 'answer secure'],
  ['fewer, so that it claims to be a wildcard without proof', 2, 'answer bogus'],
  ['fewer than the zone has (CVE-2026-11721)', 1, 'answer bogus'],
  ['none', 0, 'answer bogus'],
  ['more than the owner', 4, 'answer bogus'],
])('RRSIG with %s', async (_title, labels, want) => {
  const remade = rewrite((r) => (r.type === Type.A ? leaf.signed.sign({ ...r, signatures: [] }, { labels }) : r));
  const bench = makeBench(healthy, { behaviours: [on('www.leaf.test.', 'A', remade)] });
  expect(said(await bench.ask('www.leaf.test.'))).toContain(want);
});

test('NSEC3 iterations over the limit make a denial insecure, once its signature verified (RFC 9276 §3.2)', async () => {
  const many = worldWith({ signing: 'nsec3', iterations: 500 });
  expect(said(await makeBench(many).ask('none.leaf.test.'))).toBe('nxdomain insecure nsec3-iterations');
  expect(said(await makeBench(many).ask('www.leaf.test.'))).toBe('answer secure');
  const broken = rewrite((r) => (r.type === Type.NSEC3 ? { ...r, signatures: r.signatures.map(flip) } : r));
  expect(said(await makeBench(many, { behaviours: [broken] }).ask('none.leaf.test.'))).toContain('nxdomain bogus');
});

test.each([
  [0, 'nxdomain secure'],
  [50, 'nxdomain secure'],
])('%i NSEC3 iterations are followed', async (iterations, want) => {
  expect(said(await makeBench(worldWith({ signing: 'nsec3', iterations })).ask('none.leaf.test.'))).toBe(want);
});

test('DS digests: SHA-384 counts, SHA-1 counts alone and not beside SHA-256 (RFC 4509 §3)', async () => {
  const verdict = async (ds: (own: Zone) => string[], settings = {}) => {
    const world = worldWith({});
    const own = world.zone('leaf.test.');
    const parent = world.zone('test.');
    parent.nodes.get(own.apex.key)?.sets.delete(Type.DS);
    for (const line of ds(own)) parent.add(`leaf.test. DS ${line}`);
    return said(await makeBench(world, { settings }).ask('www.leaf.test.'));
  };
  expect(await verdict((own) => [dsOf(own, 4)])).toBe('answer secure');
  expect(await verdict((own) => [dsOf(own, 1)])).toBe('answer secure');
  expect(await verdict((own) => [dsOf(own, 1)], { sha1Digest: false })).toBe('answer insecure unsupported-digest');
  expect(await verdict((own) => [dsOf(own, 1), dsOf(own, 2)])).toBe('answer secure');
  const wrong = (own: Zone) => `${own.signed.key.tag} 13 2 ${'11'.repeat(32)}`;
  expect(await verdict((own) => [dsOf(own, 1), wrong(own)])).toBe('answer bogus dnskey-missing');
  expect(await verdict((own) => [wrong(own), dsOf(own, 2)])).toBe('answer secure');
});
