/** Each single thing wrong with DS, DNSKEY or RRSIG, trust anchors, algorithms that nobody knows (RFC 4035 §5, RFC 6840 §5). */

import { parseName } from '../../../src/base/name.ts';
import { Type } from '../../../src/base/registry.ts';
import type { ResolverSettings } from '../../../src/resolver/settings.ts';
import { rdataOf } from '../../vectors/read-records.ts';
import { makeKey, NOW } from '../../vectors/signed-zone.ts';
import { anchorOf, dsOf, flip, makeWorld, rewrite, type World } from '../world.ts';
import type { Zone, ZoneText } from '../zone.ts';
import { badlySigned, change, healthy, missing, otherData, type Row, withoutSignatures } from './row.ts';

function leaf(text: Partial<ZoneText> = {}): { world: World } {
  return {
    world: makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'leaf.', at: ['192.0.2.21'], records: ['www A 10.0.0.1'], ...text },
    ]),
  };
}

/** The same with DS of its key and others. */
function leafWithDs(lines: (own: Zone) => readonly string[]): { world: World } {
  const { world } = leaf();
  const zone = world.zone('leaf.');
  world.root.nodes.get(zone.apex.key)?.sets.delete(Type.DS);
  for (const line of lines(zone)) world.root.add(`leaf. DS ${line}`);
  return { world };
}

const own = leaf();
const zone = own.world.zone('leaf.');
const stranger = makeKey({ algorithm: 13 });
const zeroDs = `1 13 2 ${'00'.repeat(32)}`;
const unknownDs = `1 200 2 ${'00'.repeat(32)}`;

/** All RRsets but the keys signed in another way, at every question. */
const resign = (options: Parameters<typeof zone.signed.sign>[1]) =>
  rewrite((rrset) => {
    const isOurs = rrset.signatures.length > 0 && rrset.type === Type.A;
    return isOurs ? zone.signed.sign({ ...rrset, signatures: [] }, options) : rrset;
  });

export const singleFaults: readonly Row[] = [
  {
    title: 'DS',
    ...own,
    ask: ['www.leaf.'],
    want: 'answer secure',
    breaks: {
      missing: { behaviours: [change('leaf.', 'DS', missing)], want: 'answer bogus denial-missing' },
      unsigned: { behaviours: [change('leaf.', 'DS', withoutSignatures)], want: 'answer bogus signature-missing' },
      'badly signed': { behaviours: [change('leaf.', 'DS', badlySigned)], want: 'answer bogus signature-wrong' },
      'with another digest than was signed': { behaviours: [change('leaf.', 'DS', otherData)], want: 'answer bogus signature-wrong' },
      'of a key that the zone has not': { ...leaf({ ds: [zeroDs] }), want: 'answer bogus dnskey-missing' },
      'with a digest of the wrong length': { ...leaf({ ds: [`${zone.signed.key.tag} 13 2 00`] }), want: 'answer bogus dnskey-missing' },
      'gone, and denied: an insecure zone': { ...leaf({ ds: 'none' }), want: 'answer insecure unsigned-delegation' },
    },
    stays: {
      'beside one of a key that the zone has not': leafWithDs((one) => [zeroDs, dsOf(one)]),
      'of SHA-384': leafWithDs((one) => [dsOf(one, 4)]),
      'of SHA-1, which counts where it stands alone': leafWithDs((one) => [dsOf(one, 1)]),
    },
  },
  {
    title: 'DNSKEY',
    ...own,
    ask: ['www.leaf.'],
    want: 'answer secure',
    breaks: {
      missing: { behaviours: [change('leaf.', 'DNSKEY', missing)], want: 'answer bogus dnskey-missing' },
      unsigned: { behaviours: [change('leaf.', 'DNSKEY', withoutSignatures)], want: 'answer bogus signature-missing' },
      'badly signed': { behaviours: [change('leaf.', 'DNSKEY', badlySigned)], want: 'answer bogus signature-wrong' },
      'other than DS says': { behaviours: [change('leaf.', 'DNSKEY', otherData)], want: 'answer bogus dnskey-missing' },
      'signed by a stranger': {
        behaviours: [change('leaf.', 'DNSKEY', (rrset) => zone.signed.sign({ ...rrset, signatures: [] }, { key: stranger }))],
        want: 'answer bogus signature-missing',
      },
      'with a stranger among them that nobody signed for': {
        behaviours: [change('leaf.', 'DNSKEY', (rrset) => ({ ...rrset, rdata: [...rrset.rdata, stranger.rdata] }))],
        want: 'answer bogus signature-wrong',
      },
      'without the zone flag': { ...leaf({ key: { flags: 1 } }), want: 'answer bogus no-zone-key' },
      'of another protocol': { ...leaf({ key: { protocol: 1 } }), want: 'answer bogus dnskey-missing' },
      revoked: { ...leaf({ key: { flags: 257 | 128 } }), want: 'answer bogus dnskey-missing' },
    },
    stays: { 'without the SEP flag, which says nothing to a validator': leaf({ key: { flags: 256 } }) },
  },
  {
    title: 'RRSIG',
    ...own,
    ask: ['www.leaf.'],
    want: 'answer secure',
    breaks: {
      missing: { behaviours: [change('www.leaf.', 'A', withoutSignatures)], want: 'answer bogus signature-missing' },
      'that does not verify': { behaviours: [change('www.leaf.', 'A', badlySigned)], want: 'answer bogus signature-wrong' },
      'of other data': { behaviours: [change('www.leaf.', 'A', otherData)], want: 'answer bogus signature-wrong' },
      'of another type': { behaviours: [resign({ covered: Type.AAAA })], want: 'answer bogus signature-missing' },
      'of a name with more labels': { behaviours: [resign({ labels: 3 })], want: 'answer bogus signature-wrong' },
      'by the zone above': { behaviours: [resign({ signer: parseName('.') })], want: 'answer bogus signer-wrong' },
      'by a zone below': { behaviours: [resign({ signer: parseName('www.leaf.') })], want: 'answer bogus signer-wrong' },
      'by a key that the zone has not': { behaviours: [resign({ key: stranger })], want: 'answer bogus dnskey-missing' },
      'with the tag of another key': {
        behaviours: [resign({ tag: (zone.signed.key.tag + 1) & 0xffff })],
        want: 'answer bogus dnskey-missing',
      },
      'that is over': { behaviours: [resign({ expiration: NOW - 1 })], want: 'answer bogus signature-expired' },
      'that has not begun': { behaviours: [resign({ inception: NOW + 1 })], want: 'answer bogus signature-not-yet-valid' },
      'that ends before it begins': {
        behaviours: [resign({ inception: NOW + 9, expiration: NOW - 9 })],
        want: 'answer bogus signature-expired-before-valid',
      },
    },
    stays: {
      'to the last second': { behaviours: [resign({ expiration: NOW })] },
      'from the first second': { behaviours: [resign({ inception: NOW })] },
      'beside one that is wrong': {
        behaviours: [rewrite((rrset) => ({ ...rrset, signatures: rrset.signatures.flatMap((one) => [flip(one), one]) }))],
      },
      'beside one of an unknown algorithm': {
        behaviours: [
          rewrite((rrset) => ({
            ...rrset,
            signatures: rrset.signatures.flatMap((one) => [Uint8Array.from(one, (octet, i) => (i === 2 ? 200 : octet)), one]),
          })),
        ],
      },
    },
  },
];

const root = anchorOf(healthy.root);
const island = anchorOf(healthy.zone('island.test.'));
const anchors = (...list: ResolverSettings['anchors']) => ({ settings: { anchors: list } });
const wrongDs = [rdataOf('DS', zeroDs.split(' '))];

export const trustAnchors: readonly Row[] = [
  {
    title: 'the anchor of the root',
    ask: ['www.secure.test.'],
    want: 'answer secure',
    breaks: {
      'is of another key': { ...anchors({ ...root, ds: wrongDs }), want: 'answer bogus dnskey-missing' },
      'is missing: nothing is secure': { ...anchors(), want: 'answer insecure no-trust-anchor' },
      'is of an unknown algorithm': {
        ...anchors({ ...root, ds: [rdataOf('DS', unknownDs.split(' '))] }),
        want: 'answer insecure unsupported-algorithm',
      },
    },
    stays: {
      'beside one of a key to come': anchors({ ...root, ds: [...wrongDs, ...root.ds] }),
      'given as a key': anchors({ ...root, ds: [], dnskeys: [healthy.root.signed.key.rdata] }),
    },
  },
  {
    title: 'the anchor of an island',
    ...anchors(root, island),
    ask: ['www.island.test.'],
    want: 'answer secure',
    breaks: {
      'is missing': { ...anchors(root), want: 'answer insecure unsigned-delegation' },
      'is of another key, whatever the root says': { ...anchors(root, { ...island, ds: wrongDs }), want: 'answer bogus dnskey-missing' },
      'is there, but the signature is not': {
        behaviours: [change('www.island.test.', 'A', withoutSignatures)],
        want: 'answer bogus signature-missing',
      },
    },
    stays: { 'without the root': anchors(island) },
  },
  {
    title: 'a zone of an unknown algorithm alone',
    ...leaf({ ds: [unknownDs] }),
    ask: ['www.leaf.'],
    want: 'answer insecure unsupported-algorithm',
    breaks: {
      'beside a DS of a known one that leads nowhere': { ...leaf({ ds: [unknownDs, zeroDs] }), want: 'answer bogus dnskey-missing' },
      'in a DS that is badly signed': { behaviours: [change('leaf.', 'DS', badlySigned)], want: 'answer bogus signature-wrong' },
      'in a DS that is not signed': { behaviours: [change('leaf.', 'DS', withoutSignatures)], want: 'answer bogus signature-missing' },
    },
  },
  {
    title: 'a DS of an unknown algorithm beside one that leads to the key',
    ...leafWithDs((one) => [unknownDs, dsOf(one)]),
    ask: ['www.leaf.'],
    want: 'answer secure',
    breaks: {
      'and the data has no signature': {
        behaviours: [change('www.leaf.', 'A', withoutSignatures)],
        want: 'answer bogus signature-missing',
      },
      'and the keys are missing': { behaviours: [change('leaf.', 'DNSKEY', missing)], want: 'answer bogus dnskey-missing' },
    },
  },
  {
    title: 'a zone of an unknown digest alone',
    ...leaf({ ds: [`1 13 200 ${'00'.repeat(32)}`] }),
    ask: ['www.leaf.'],
    want: 'answer insecure unsupported-digest',
    breaks: {
      'beside a known one that leads nowhere': {
        ...leaf({ ds: [`1 13 200 ${'00'.repeat(32)}`, zeroDs] }),
        want: 'answer bogus dnskey-missing',
      },
    },
  },
];
