/** Zone cuts: DS and its denial, insecure delegations, opt-out, and which side of a cut speaks for what (RFC 4035 §5.2, RFC 5155 §8.6 and §8.9, RFC 6840 §4). */

import { parseName } from '../../../src/base/name.ts';
import type { RRset } from '../../../src/base/record.ts';
import { Type } from '../../../src/base/registry.ts';
import { type Behaviour, makeWorld, on } from '../world.ts';
import type { ZoneText } from '../zone.ts';
import { badlySigned, change, changeOf, denyBy, healthy, missing, otherData, part, type Row, withoutSignatures } from './row.ts';

const test = healthy.zone('test.');
const hashed = healthy.zone('hashed.');
const opt = healthy.zone('opt.');

const INSECURE = 'insecure unsigned-delegation';
const UNPROVED = 'bogus denial-incomplete';

/** The denial of DS at an unsigned delegation, by an NSEC of the zone above with these types. */
const plainNsec = (types: string): Behaviour => change('plain.test.', 'NSEC', () => test.signed.nsec('plain.test.', 'secure.test.', types));
const plainNsec3 = (types: string): Behaviour =>
  denyBy(hashed.signed.nsec3({ names: { 'plain.hashed.': types, 'hashed.': 'SOA NS' } }).match('plain.hashed.'));

/** A server that answers for DS out of the zone below, as one that has both zones and is old does. */
const fromBelow = (apex: string, proof: readonly RRset[]): Behaviour =>
  on(apex, 'DS', (reply) => ({ ...reply, rcode: 0, authoritative: true, answer: [], authority: proof }));
const childSays = (apex: string): RRset[] => {
  const zone = healthy.zone(apex);
  const soa = zone.nodes.get(zone.apex.key)?.sets.get(Type.SOA) as RRset;
  return [zone.sign(soa), ...zone.proofOf(zone.apex)];
};

export const delegations: readonly Row[] = [
  {
    title: 'DS asked for',
    ask: ['secure.test.', 'DS'],
    want: 'answer secure',
    breaks: {
      'without signature': { behaviours: [change('secure.test.', 'DS', withoutSignatures)], want: 'answer bogus signature-missing' },
      'with a bad signature': { behaviours: [change('secure.test.', 'DS', badlySigned)], want: 'answer bogus signature-wrong' },
      'with another digest': { behaviours: [change('secure.test.', 'DS', otherData)], want: 'answer bogus signature-wrong' },
      'and nothing said': { behaviours: [change('secure.test.', 'DS', missing)], want: 'nodata bogus denial-missing' },
      'and denied by the zone itself': {
        behaviours: [fromBelow('secure.test.', childSays('secure.test.'))],
        want: 'failure indeterminate servers-failing',
      },
    },
  },
  {
    title: 'DS of an unsigned zone asked for',
    ask: ['plain.test.', 'DS'],
    want: 'nodata secure',
    breaks: {
      'without the NSEC': { behaviours: [change('plain.test.', 'NSEC', missing)], want: 'nodata bogus denial-missing' },
      'with DS in the NSEC': { behaviours: [plainNsec('NS DS RRSIG NSEC')], want: `nodata ${UNPROVED}` },
    },
  },
  {
    title: 'a zone without DS, by NSEC',
    ask: ['www.plain.test.'],
    want: `answer ${INSECURE}`,
    breaks: {
      'without the NSEC': { behaviours: [change('plain.test.', 'NSEC', missing)], want: 'answer bogus denial-missing' },
      'with the NSEC unsigned': { behaviours: [change('plain.test.', 'NSEC', withoutSignatures)], want: 'answer bogus signature-missing' },
      'with the NSEC badly signed': { behaviours: [change('plain.test.', 'NSEC', badlySigned)], want: 'answer bogus signature-wrong' },
      'with DS in the NSEC': { behaviours: [plainNsec('NS DS RRSIG NSEC')], want: `answer ${UNPROVED}` },
      'with no NS in it, so that there is no cut': { behaviours: [plainNsec('A RRSIG NSEC')], want: 'answer bogus denial-missing' },
      "with SOA in it, as the zone's own": { behaviours: [plainNsec('NS SOA RRSIG NSEC')], want: `answer ${UNPROVED}` },
      'with the NSEC of a neighbour': {
        behaviours: [change('plain.test.', 'NSEC', () => test.signed.nsec('island.test.', 'plain.test.', 'NS RRSIG NSEC'))],
        want: `answer ${UNPROVED}`,
      },
    },
  },
  {
    title: 'a zone without DS, by NSEC3',
    ask: ['www.plain.hashed.'],
    want: `answer ${INSECURE}`,
    breaks: {
      'without the NSEC3': {
        behaviours: [changeOf(part(hashed.proofOf(parseName('plain.hashed.')), 0, 1), missing)],
        want: 'answer bogus denial-missing',
      },
      'with the NSEC3 badly signed': {
        behaviours: [changeOf(part(hashed.proofOf(parseName('plain.hashed.')), 0, 1), badlySigned)],
        want: 'answer bogus signature-wrong',
      },
      'with DS in it': { behaviours: [plainNsec3('NS DS RRSIG')], want: `answer ${UNPROVED}` },
      'with no NS in it, so that there is no cut': { behaviours: [plainNsec3('A RRSIG')], want: 'answer bogus denial-missing' },
      'with the NSEC3 of the apex': { behaviours: [denyBy(...hashed.proofOf(parseName('hashed.')))], want: `answer ${UNPROVED}` },
    },
  },
  {
    title: 'a signed zone below one without DS',
    ask: ['www.deep.plain.test.'],
    want: `answer ${INSECURE}`,
    breaks: {
      'without the proof higher up': { behaviours: [change('plain.test.', 'NSEC', missing)], want: 'answer bogus denial-missing' },
    },
  },
  {
    title: 'a name that is no cut has no DS',
    ask: ['www.secure.test.', 'DS'],
    want: 'nodata secure',
    breaks: {
      'but its NSEC says DS': {
        behaviours: [
          change('www.secure.test.', 'NSEC', () =>
            healthy.zone('secure.test.').signed.nsec('www.secure.test.', 'secure.test.', 'A NS DS RRSIG NSEC'),
          ),
        ],
        want: `nodata ${UNPROVED}`,
      },
    },
  },
];

/** A delegation in an opt-out span, by an NSEC3 with other flags. */
const flagged = (flags: number): Behaviour => {
  const chain = opt.signed.nsec3({ names: { 'opt.': 'NS SOA RRSIG DNSKEY', 'www.opt.': 'A RRSIG', 'secure.opt.': 'NS DS RRSIG' }, flags });
  return denyBy(chain.match('opt.'), chain.cover('plain.opt.'));
};
const plainOpt = opt.proofOf(parseName('plain.opt.'));

export const optOut: readonly Row[] = [
  {
    title: 'an unsigned zone in the span',
    ask: ['www.plain.opt.'],
    want: 'answer insecure nsec3-opt-out',
    breaks: {
      'that has no opt-out flag, so that nothing is there': { behaviours: [flagged(0)], want: 'answer bogus signature-missing' },
      'that is not shown': { behaviours: [changeOf(part(plainOpt, 1, 2), missing)], want: `answer ${UNPROVED}` },
      'whose closest encloser is not shown': { behaviours: [changeOf(part(plainOpt, 0, 2), missing)], want: `answer ${UNPROVED}` },
      'that is badly signed': { behaviours: [changeOf(part(plainOpt, 1, 2), badlySigned)], want: `answer ${UNPROVED}` },
    },
    stays: { 'by the same, made again': { behaviours: [flagged(1)] } },
  },
  {
    title: 'NXDOMAIN in a span proves only that nothing secure is there',
    ask: ['nil.opt.'],
    want: 'nxdomain insecure nsec3-opt-out',
    breaks: {
      'without the cover of the next closer name': {
        behaviours: [changeOf(part(opt.proofOf(parseName('nil.opt.')), 1, 3), missing)],
        want: `nxdomain ${UNPROVED}`,
      },
      'without the cover of the wildcard': {
        behaviours: [changeOf(part(opt.proofOf(parseName('nil.opt.')), 2, 3), missing)],
        want: `nxdomain ${UNPROVED}`,
      },
      'without the closest encloser': {
        behaviours: [changeOf(part(opt.proofOf(parseName('nil.opt.')), 0, 3), missing)],
        want: `nxdomain ${UNPROVED}`,
      },
    },
  },
  {
    title: 'a signed zone in an opt-out zone',
    ask: ['www.secure.opt.'],
    want: 'answer secure',
    breaks: {
      'whose DS is hidden behind the proof of another': {
        behaviours: [change('secure.opt.', 'DS', missing), on('secure.opt.', 'DS', (reply) => ({ ...reply, authority: plainOpt }))],
        want: 'answer bogus denial-incomplete',
      },
    },
  },
];

const own: readonly ZoneText[] = [
  { apex: '.', at: ['192.0.2.1'] },
  { apex: 'up.', at: ['192.0.2.11'], records: ['a A 10.0.0.1', 'z A 10.0.0.2'] },
  { apex: 'sub.up.', at: ['192.0.2.21'], records: ['www A 10.0.0.3', 'www TXT own'] },
];
const sides = makeWorld(own);
const up = sides.zone('up.');
const sub = sides.zone('sub.up.');
const parentNsec = up.proofOf(parseName('sub.up.'));
const upSoa = up.sign(up.nodes.get(up.apex.key)?.sets.get(Type.SOA) as RRset);
const ns = sub.nodes.get(sub.apex.key)?.sets.get(Type.NS) as RRset;

const below = (name: string, type: string, rcode: number, authority: readonly RRset[]): Behaviour =>
  on(name, type, (reply) => ({ ...reply, rcode, authoritative: true, answer: [], authority }));

export const cutSides: readonly Row[] = [
  {
    title: 'NODATA at the apex of a zone',
    world: sides,
    ask: ['sub.up.', 'MX'],
    want: 'nodata secure',
    breaks: {
      'by the NSEC of the zone above (RFC 6840 §4.1)': {
        behaviours: [below('sub.up.', 'MX', 0, [upSoa, ...parentNsec])],
        want: `nodata ${UNPROVED}`,
      },
    },
  },
  {
    title: 'a name below a cut',
    world: sides,
    ask: ['www.sub.up.'],
    want: 'answer secure',
    breaks: {
      'denied by the zone above': {
        behaviours: [below('www.sub.up.', 'A', 3, [upSoa, ...parentNsec, up.signed.nsec('sub.up.', 'z.up.', 'NS DS RRSIG NSEC')])],
        want: 'nxdomain bogus denial-missing',
      },
      'signed by the zone above': {
        behaviours: [
          on('www.sub.up.', 'A', (reply) => ({
            ...reply,
            answer: reply.answer.map((rrset) => up.signed.sign({ ...rrset, signatures: [] })),
          })),
        ],
        want: 'answer bogus signer-wrong',
      },
    },
  },
  {
    title: 'DS is the business of the zone above',
    world: sides,
    ask: ['sub.up.', 'DS'],
    want: 'answer secure',
    breaks: {
      'not denied by the apex of the zone below': {
        behaviours: [below('sub.up.', 'DS', 0, [...sub.proofOf(sub.apex)])],
        want: 'nodata bogus denial-missing',
      },
      'not signed by the zone below': {
        behaviours: [
          on('sub.up.', 'DS', (reply) => ({
            ...reply,
            answer: reply.answer.map((rrset) => sub.signed.sign({ ...rrset, signatures: [] })),
          })),
        ],
        want: 'answer bogus signer-wrong',
      },
    },
  },
  {
    title: 'NS at the apex is signed by the zone itself',
    world: sides,
    ask: ['sub.up.', 'NS'],
    want: 'answer secure',
    breaks: {
      'not as the zone above has it': {
        behaviours: [on('sub.up.', 'NS', (reply) => ({ ...reply, answer: [ns] }))],
        want: 'answer bogus signature-missing',
      },
    },
  },
  {
    title: 'a name beside a cut',
    world: sides,
    ask: ['y.up.'],
    want: 'nxdomain secure',
    breaks: {
      'without the NSEC of the cut that covers it': {
        behaviours: [changeOf(part(parentNsec, 0, 1), missing)],
        want: `nxdomain ${UNPROVED}`,
      },
    },
  },
];
