/** Wildcard proofs (RFC 4035 §5.3.4, RFC 5155 §8.7 and §8.8). */

import { parseName } from '../../../src/base/name.ts';
import type { RRset } from '../../../src/base/record.ts';
import { makeWorld, on } from '../world.ts';
import type { Zone, ZoneText } from '../zone.ts';
import { badlySigned, change, changeOf, denyBy, healthy, missing, part, type Row, withoutSignatures } from './row.ts';

const INCOMPLETE = 'bogus denial-incomplete';

const secure = healthy.zone('secure.test.');
const three = healthy.zone('three.test.');
const proof = (zone: Zone, name: string): RRset[] => zone.proofOf(parseName(name));
const expansion = (zone: Zone, name: string): RRset[] => zone.expansionProof(parseName(name));
const nsec = (zone: Zone, owner: string, next: string, types: string): RRset => zone.signed.nsec(owner, next, types);

/** `*.wild` beside a name of its own that it does not speak for. */
const beside: Partial<ZoneText> = { records: ['*.wild A 10.0.0.2', 'host.wild TXT own', 'deep.down.wild A 10.0.0.5'] };
const guarded = (signing: 'nsec' | 'nsec3') =>
  makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'leaf.', at: ['192.0.2.21'], ...beside, signing },
  ]);

function besides(signing: 'nsec' | 'nsec3', world = guarded(signing)): Row {
  const zone = world.zone('leaf.');
  const made = { ...zone.sign(zone.nodes.get(parseName('*.wild.leaf.').key)?.sets.get(1) as RRset), owner: parseName('host.wild.leaf.') };
  const forged = (proofs: readonly RRset[]) => on('host.wild.leaf.', 'A', (reply) => ({ ...reply, answer: [made], authority: proofs }));
  return {
    title: `${signing}: a name that exists beside the wildcard has no address`,
    world,
    ask: ['host.wild.leaf.'],
    want: 'nodata secure',
    breaks: {
      'but the wildcard is sent in its name': { behaviours: [forged([])], want: 'answer bogus denial-missing' },
      'and with the proof for another name': { behaviours: [forged(expansion(zone, 'x.wild.leaf.'))], want: `answer ${INCOMPLETE}` },
      'and with its own record': { behaviours: [forged(proof(zone, 'host.wild.leaf.'))], want: `answer ${INCOMPLETE}` },
    },
  };
}

export const wildcards: readonly Row[] = [
  {
    title: 'NSEC: an expansion',
    ask: ['x.wild.secure.test.'],
    want: 'answer secure',
    breaks: {
      'without the NSEC that denies the name': { behaviours: [denyBy()], want: 'answer bogus denial-missing' },
      'with that NSEC unsigned': {
        behaviours: [changeOf(part(expansion(secure, 'x.wild.secure.test.'), 0, 1), withoutSignatures)],
        want: 'answer bogus signature-missing',
      },
      'with that of another span': { behaviours: [denyBy(...proof(secure, 'alias.secure.test.'))], want: `answer ${INCOMPLETE}` },
      'without signature of the wildcard': {
        behaviours: [change('x.wild.secure.test.', 'A', withoutSignatures)],
        want: 'answer bogus signature-missing',
      },
      'with a bad signature of the wildcard': {
        behaviours: [change('x.wild.secure.test.', 'A', badlySigned)],
        want: 'answer bogus signature-wrong',
      },
      'by an NSEC that shows a closer encloser': {
        behaviours: [denyBy(nsec(secure, '*.wild.secure.test.', 'a.x.wild.secure.test.', 'A RRSIG NSEC'))],
        want: `answer ${INCOMPLETE}`,
      },
    },
  },
  {
    title: 'NSEC: NODATA of a wildcard',
    ask: ['x.wild.secure.test.', 'MX'],
    want: 'nodata secure',
    breaks: {
      'without the NSEC that denies the name': {
        // One record does both here; the wildcard's own, cut short before the name, denies the type alone.
        behaviours: [denyBy(nsec(secure, '*.wild.secure.test.', 'w.wild.secure.test.', 'A RRSIG NSEC'))],
        want: `nodata ${INCOMPLETE}`,
      },
      "without the wildcard's own": {
        behaviours: [denyBy(nsec(secure, 'w.wild.secure.test.', 'z.wild.secure.test.', 'A RRSIG NSEC'))],
        want: `nodata ${INCOMPLETE}`,
      },
      'with the type in it': {
        behaviours: [denyBy(nsec(secure, '*.wild.secure.test.', 'wilder.wild.secure.test.', 'A MX RRSIG NSEC'))],
        want: `nodata ${INCOMPLETE}`,
      },
    },
  },
  {
    title: 'NSEC: an alias by wildcard',
    ask: ['x.walias.secure.test.'],
    want: 'answer secure',
    breaks: { 'without the NSEC that denies the name': { behaviours: [denyBy()], want: 'answer bogus denial-missing' } },
  },
  {
    title: 'NSEC3: an expansion',
    ask: ['x.wild.three.test.'],
    want: 'answer secure',
    breaks: {
      'without the NSEC3 that covers the next closer name': { behaviours: [denyBy()], want: 'answer bogus denial-missing' },
      'with that NSEC3 badly signed': {
        behaviours: [changeOf(part(expansion(three, 'x.wild.three.test.'), 0, 1), badlySigned)],
        want: 'answer bogus signature-wrong',
      },
      'by the match of the closest encloser alone': {
        behaviours: [denyBy(part(proof(three, 'x.wild.three.test.'), 0, 3))],
        want: `answer ${INCOMPLETE}`,
      },
    },
  },
  {
    title: 'NSEC3: NODATA of a wildcard',
    ask: ['x.wild.three.test.', 'MX'],
    want: 'nodata secure',
    breaks: {
      'without the match of the closest encloser': {
        behaviours: [changeOf(part(proof(three, 'x.wild.three.test.'), 0, 3), missing)],
        want: `nodata ${INCOMPLETE}`,
      },
      'without the cover of the next closer name': {
        behaviours: [changeOf(part(proof(three, 'x.wild.three.test.'), 1, 3), missing)],
        want: `nodata ${INCOMPLETE}`,
      },
      'without the match of the wildcard': {
        behaviours: [changeOf(part(proof(three, 'x.wild.three.test.'), 2, 3), missing)],
        want: `nodata ${INCOMPLETE}`,
      },
    },
  },
  besides('nsec'),
  besides('nsec3'),
];
