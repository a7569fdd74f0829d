/** NSEC and NSEC3 denials (RFC 4035 §5.4, RFC 5155 §8, RFC 6840 §4). */

import { parseName } from '../../../src/base/name.ts';
import type { RRset } from '../../../src/base/record.ts';
import { on } from '../world.ts';
import type { Zone } from '../zone.ts';
import { badlySigned, change, changeOf, denyBy, healthy, missing, part, type Row, withoutSignatures } from './row.ts';

const secure = healthy.zone('secure.test.');
const three = healthy.zone('three.test.');
const proof = (zone: Zone, name: string): RRset[] => zone.proofOf(parseName(name));

/** A signed NSEC of the zone, with whatever span and types. */
const nsec = (zone: Zone, owner: string, next: string, types: string): RRset => zone.signed.nsec(owner, next, types);

const INCOMPLETE = 'bogus denial-incomplete';

export const nsecDenial: readonly Row[] = [
  {
    title: 'NXDOMAIN',
    ask: ['none.secure.test.'],
    want: 'nxdomain secure',
    breaks: {
      'without the NSEC that covers the name': {
        behaviours: [changeOf(part(proof(secure, 'none.secure.test.'), 0, 2), missing)],
        want: `nxdomain ${INCOMPLETE}`,
      },
      'without the NSEC that denies the wildcard': {
        behaviours: [changeOf(part(proof(secure, 'none.secure.test.'), 1, 2), missing)],
        want: `nxdomain ${INCOMPLETE}`,
      },
      'without any NSEC': { behaviours: [denyBy()], want: 'nxdomain bogus denial-missing' },
      'by an NSEC without signature': {
        behaviours: [changeOf(part(proof(secure, 'none.secure.test.'), 0, 2), withoutSignatures)],
        want: `nxdomain ${INCOMPLETE}`,
      },
      'by an NSEC whose signature does not verify': {
        behaviours: [changeOf(part(proof(secure, 'none.secure.test.'), 0, 2), badlySigned)],
        want: `nxdomain ${INCOMPLETE}`,
      },
      'by the NSEC of another span': { behaviours: [denyBy(...proof(secure, 'www.secure.test.'))], want: `nxdomain ${INCOMPLETE}` },
      'by the NSEC of another zone': {
        behaviours: [denyBy(...proof(healthy.zone('test.'), 'none.test.'))],
        want: 'nxdomain bogus denial-missing',
      },
      'by an NSEC of the name itself': {
        behaviours: [denyBy(nsec(secure, 'none.secure.test.', 'p.secure.test.', 'TXT RRSIG NSEC'))],
        want: `nxdomain ${INCOMPLETE}`,
      },
      'by an NSEC whose next name is below the name, which so exists (RFC 8020)': {
        behaviours: [
          on(
            'none.secure.test.',
            'A',
            denyBy(
              nsec(secure, 'moved.secure.test.', 'x.none.secure.test.', 'DNAME RRSIG NSEC'),
              nsec(secure, 'secure.test.', 'alias.secure.test.', 'SOA NS RRSIG NSEC DNSKEY'),
            ),
          ),
        ],
        want: `nxdomain ${INCOMPLETE}`,
      },
    },
  },
  {
    title: 'NODATA',
    ask: ['www.secure.test.', 'MX'],
    want: 'nodata secure',
    breaks: {
      'without the NSEC of the name': { behaviours: [denyBy()], want: 'nodata bogus denial-missing' },
      'with the type in the NSEC': {
        behaviours: [denyBy(nsec(secure, 'www.secure.test.', 'secure.test.', 'A MX RRSIG NSEC'))],
        want: `nodata ${INCOMPLETE}`,
      },
      'with CNAME in the NSEC (RFC 6840 §4.3)': {
        behaviours: [denyBy(nsec(secure, 'www.secure.test.', 'secure.test.', 'CNAME RRSIG NSEC'))],
        want: `nodata ${INCOMPLETE}`,
      },
      'by an NSEC that covers the name': {
        behaviours: [denyBy(nsec(secure, 'wild.secure.test.', 'x.secure.test.', 'A RRSIG NSEC'))],
        want: `nodata ${INCOMPLETE}`,
      },
      'by the NSEC of the name below': {
        behaviours: [denyBy(nsec(secure, 'a.www.secure.test.', 'secure.test.', 'A RRSIG NSEC'))],
        want: `nodata ${INCOMPLETE}`,
      },
      'by an NSEC of the name that stands on the upper side of a cut (RFC 6840 §4.1)': {
        behaviours: [denyBy(nsec(secure, 'www.secure.test.', 'secure.test.', 'NS RRSIG NSEC'))],
        want: `nodata ${INCOMPLETE}`,
      },
    },
  },
  {
    title: 'NODATA at an empty non-terminal',
    ask: ['ent.secure.test.'],
    want: 'nodata secure',
    breaks: {
      'without the NSEC that leads to the name below': { behaviours: [denyBy()], want: 'nodata bogus denial-missing' },
      'by an NSEC that passes over the names below': {
        behaviours: [denyBy(nsec(secure, 'cross.secure.test.', 'moved.secure.test.', 'CNAME RRSIG NSEC'))],
        want: `nodata ${INCOMPLETE}`,
      },
    },
  },
  {
    title: 'NXDOMAIN where the name sorts last, by the NSEC that leads back to the apex',
    ask: ['zzz.secure.test.'],
    want: 'nxdomain secure',
    breaks: { 'without it': { behaviours: [change('www.secure.test.', 'NSEC', missing)], want: `nxdomain ${INCOMPLETE}` } },
  },
];

const chain3 = (names: Readonly<Record<string, string>>) => three.signed.nsec3({ names });

/** An NSEC3 that covers one name and not the other. */
function coverOnly(name: string, not: string): RRset {
  const chain = chain3(Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`x${i}.three.test.`, 'A'])));
  const cover = chain.cover(name);
  if (cover.owner.key === chain.cover(not).owner.key) throw new Error(`it covers ${not} too`);
  return cover;
}

export const nsec3Denial: readonly Row[] = [
  {
    title: 'NXDOMAIN',
    ask: ['none.three.test.'],
    want: 'nxdomain secure',
    breaks: {
      'without the NSEC3 that matches the closest encloser': {
        behaviours: [changeOf(part(proof(three, 'none.three.test.'), 0, 3), missing)],
        want: `nxdomain ${INCOMPLETE}`,
      },
      'without the one that covers the next closer name': {
        behaviours: [changeOf(part(proof(three, 'none.three.test.'), 1, 3), missing)],
        want: `nxdomain ${INCOMPLETE}`,
      },
      'without the one that covers the wildcard': {
        behaviours: [changeOf(part(proof(three, 'none.three.test.'), 2, 3), missing)],
        want: `nxdomain ${INCOMPLETE}`,
      },
      'without any': { behaviours: [denyBy()], want: 'nxdomain bogus denial-missing' },
      'with one of them unsigned': {
        behaviours: [changeOf(part(proof(three, 'none.three.test.'), 1, 3), withoutSignatures)],
        want: `nxdomain ${INCOMPLETE}`,
      },
      'with one of them badly signed': {
        behaviours: [changeOf(part(proof(three, 'none.three.test.'), 0, 3), badlySigned)],
        want: `nxdomain ${INCOMPLETE}`,
      },
      'by NSEC3 of another zone': {
        behaviours: [denyBy(...proof(healthy.zone('hashed.'), 'none.hashed.'))],
        want: 'nxdomain bogus denial-missing',
      },
      'by an NSEC3 of the name itself': {
        behaviours: [denyBy(chain3({ 'none.three.test.': 'TXT RRSIG' }).match('none.three.test.'))],
        want: `nxdomain ${INCOMPLETE}`,
      },
      'from a closest encloser that is a delegation': {
        behaviours: [
          denyBy(
            part(proof(three, 'none.three.test.'), 1, 3),
            part(proof(three, 'none.three.test.'), 2, 3),
            chain3({ 'three.test.': 'NS RRSIG' }).match('three.test.'),
          ),
        ],
        want: `nxdomain ${INCOMPLETE}`,
      },
    },
  },
  {
    title: 'NODATA',
    ask: ['www.three.test.', 'MX'],
    want: 'nodata secure',
    breaks: {
      'without the NSEC3 that matches': { behaviours: [denyBy()], want: 'nodata bogus denial-missing' },
      'with the type in it': {
        behaviours: [denyBy(chain3({ 'www.three.test.': 'A MX RRSIG' }).match('www.three.test.'))],
        want: `nodata ${INCOMPLETE}`,
      },
      'with CNAME in it': {
        behaviours: [denyBy(chain3({ 'www.three.test.': 'CNAME RRSIG' }).match('www.three.test.'))],
        want: `nodata ${INCOMPLETE}`,
      },
      'by one that covers the name': {
        behaviours: [denyBy(chain3({ 'three.test.': 'SOA NS' }).cover('www.three.test.'))],
        want: `nodata ${INCOMPLETE}`,
      },
      'by one of another hash algorithm': {
        behaviours: [denyBy(three.signed.nsec3({ names: { 'www.three.test.': 'A RRSIG' }, hashAlgorithm: 6 }).match('www.three.test.'))],
        want: `nodata ${INCOMPLETE}`,
      },
    },
  },
  {
    title: 'NODATA at an empty non-terminal',
    ask: ['ent.three.test.'],
    want: 'nodata secure',
    breaks: { 'without the NSEC3 that matches': { behaviours: [denyBy()], want: 'nodata bogus denial-missing' } },
  },
  {
    title: 'NXDOMAIN two labels down, from the closest encloser that there is',
    ask: ['a.b.ent.three.test.'],
    want: 'nxdomain secure',
    breaks: {
      'from an ancestor of it': {
        behaviours: [changeOf(part(proof(three, 'a.b.ent.three.test.'), 0, 3), missing)],
        want: `nxdomain ${INCOMPLETE}`,
      },
      'with the name itself covered in place of the next closer name': {
        behaviours: [
          denyBy(
            part(proof(three, 'a.b.ent.three.test.'), 0, 3),
            part(proof(three, 'a.b.ent.three.test.'), 2, 3),
            coverOnly('a.b.ent.three.test.', 'b.ent.three.test.'),
          ),
        ],
        want: `nxdomain ${INCOMPLETE}`,
      },
    },
  },
];
