/** CNAME and DNAME over secure, insecure and bogus zones (RFC 4035 §5.3, RFC 6672 §5.3); chains, circles, and what a server adds that is not its own. */

import { parseName } from '../../../src/base/name.ts';
import type { RRset } from '../../../src/base/record.ts';
import { Rcode, Type } from '../../../src/base/registry.ts';
import { rrset } from '../rrset.ts';
import { type Behaviour, dataOf, makeWorld, on } from '../world.ts';
import { badlySigned, change, denyBy, missing, otherData, type Row, withoutSignatures } from './row.ts';

const EVIL = '6.6.6.6';
/** A server that follows the alias into a zone that is not its own and makes the end up. */
const adding = (name: string, ...more: readonly RRset[]): Behaviour =>
  on(name, 'A', (reply) => ({ ...reply, answer: [...reply.answer, ...more] }));

export const aliases: readonly Row[] = [
  {
    title: 'CNAME within a secure zone',
    ask: ['alias.secure.test.'],
    want: 'answer secure',
    breaks: {
      'that is not signed': {
        behaviours: [change('alias.secure.test.', 'CNAME', withoutSignatures)],
        want: 'answer bogus signature-missing',
      },
      'that leads elsewhere than was signed': {
        behaviours: [change('alias.secure.test.', 'CNAME', (one) => ({ ...one, rdata: [parseName('host.ent.secure.test.').wire] }))],
        want: 'answer bogus signature-wrong',
      },
      'whose target is not signed': {
        behaviours: [change('www.secure.test.', 'A', withoutSignatures)],
        want: 'answer bogus signature-missing',
      },
      'whose target is other data': { behaviours: [change('www.secure.test.', 'A', otherData)], want: 'answer bogus signature-wrong' },
    },
    stays: {
      'where the target is not sent along': {
        behaviours: [on('alias.secure.test.', 'A', (reply) => ({ ...reply, answer: reply.answer.slice(0, 1) }))],
      },
    },
  },
  {
    title: 'CNAME to a name that does not exist',
    ask: ['tonone.secure.test.'],
    want: 'nxdomain secure',
    breaks: {
      'without the denial': { behaviours: [denyBy()], want: 'nxdomain bogus denial-missing' },
      'that is not signed': {
        behaviours: [change('tonone.secure.test.', 'CNAME', withoutSignatures)],
        want: 'nxdomain bogus signature-missing',
      },
    },
  },
  {
    title: 'CNAME into an insecure zone',
    ask: ['cross.secure.test.'],
    want: 'answer insecure unsigned-delegation',
    breaks: {
      'that is not signed': {
        behaviours: [change('cross.secure.test.', 'CNAME', withoutSignatures)],
        want: 'answer bogus signature-missing',
      },
      'whose insecurity is not proved': { behaviours: [change('plain.test.', 'NSEC', missing)], want: 'answer bogus denial-missing' },
    },
    stays: {
      'whatever the server of the first says of the second': {
        behaviours: [on('cross.secure.test.', 'A', (reply) => ({ ...reply, answer: reply.answer.slice(0, 1) }))],
      },
    },
  },
  {
    title: 'CNAME into a bogus zone',
    ask: ['tobogus.secure.test.'],
    want: 'answer bogus dnskey-missing',
    breaks: {
      'whose DS cannot be had': {
        behaviours: [on('bogus.test.', 'DNSKEY', () => ({ outcome: 'timeout', nearMisses: 0 }))],
        want: 'answer indeterminate servers-unreachable',
      },
    },
  },
  {
    title: 'CNAME out of an insecure zone into a secure one is insecure as a whole',
    ask: ['back.plain.test.'],
    want: 'answer insecure unsigned-delegation',
    breaks: {
      'and bogus where the end is': { behaviours: [change('www.secure.test.', 'A', badlySigned)], want: 'answer bogus signature-wrong' },
    },
  },
  {
    title: 'DNAME within a secure zone',
    ask: ['host.old.secure.test.'],
    want: 'answer secure',
    breaks: {
      'that is not signed': {
        behaviours: [change('old.secure.test.', 'DNAME', withoutSignatures)],
        want: 'answer bogus signature-missing',
      },
      'that is badly signed': { behaviours: [change('old.secure.test.', 'DNAME', badlySigned)], want: 'answer bogus signature-wrong' },
      'of which the synthesised CNAME is sent alone': {
        behaviours: [change('old.secure.test.', 'DNAME', missing)],
        want: 'answer bogus signature-missing',
      },
      'whose target is badly signed': {
        behaviours: [change('host.ent.secure.test.', 'A', badlySigned)],
        want: 'answer bogus signature-wrong',
      },
    },
    stays: {
      'without the synthesised CNAME (RFC 6672 §3.1)': { behaviours: [change('host.old.secure.test.', 'CNAME', missing)] },
      'with a CNAME that is not what the DNAME makes': {
        behaviours: [change('host.old.secure.test.', 'CNAME', (one) => ({ ...one, rdata: [parseName('www.plain.test.').wire] }))],
      },
    },
  },
  {
    title: 'DNAME into an insecure zone',
    ask: ['www.moved.secure.test.'],
    want: 'answer insecure unsigned-delegation',
    breaks: {
      'that is not signed': {
        behaviours: [change('moved.secure.test.', 'DNAME', withoutSignatures)],
        want: 'answer bogus signature-missing',
      },
    },
  },
  {
    title: 'DNAME into a secure zone',
    ask: ['www.there.secure.test.'],
    want: 'answer secure',
    breaks: {
      'whose keys are bogus': { behaviours: [change('three.test.', 'DNSKEY', badlySigned)], want: 'answer bogus signature-wrong' },
    },
  },
];

const link = (from: number): string => `c${from} CNAME c${from + 1}.leaf.`;
const chainOf = (links: number) =>
  makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'leaf.', at: ['192.0.2.21'], records: [...Array.from({ length: links }, (_, i) => link(i)), `c${links} A 10.0.0.1`] },
  ]);
const circle = makeWorld([
  { apex: '.', at: ['192.0.2.1'] },
  { apex: 'leaf.', at: ['192.0.2.21'], records: ['c0 CNAME c1.leaf.', 'c1 CNAME c0.leaf.', 'self CNAME self.leaf.', 'd DNAME x.d.leaf.'] },
]);

export const following: readonly Row[] = [
  {
    title: 'eleven links',
    world: chainOf(11),
    ask: ['c0.leaf.'],
    want: 'answer secure',
    breaks: {
      'and one more': { world: chainOf(12), want: 'failure indeterminate limit-spent' },
      'of which one is not signed': {
        behaviours: [change('c7.leaf.', 'CNAME', withoutSignatures)],
        want: 'answer bogus signature-missing',
      },
      'that go in a circle': { world: circle, want: 'failure indeterminate servers-failing' },
    },
  },
  {
    title: 'an alias of itself is answered as what it is',
    world: circle,
    ask: ['self.leaf.', 'CNAME'],
    want: 'answer secure',
    breaks: {
      'but not without signature': {
        behaviours: [change('self.leaf.', 'CNAME', withoutSignatures)],
        want: 'answer bogus signature-missing',
      },
    },
  },
  {
    title: 'a DNAME below itself ends',
    world: circle,
    ask: ['d.leaf.', 'DNAME'],
    want: 'answer secure',
    breaks: {
      'but not without signature': { behaviours: [change('d.leaf.', 'DNAME', withoutSignatures)], want: 'answer bogus signature-missing' },
    },
  },
  {
    title: 'what a server says of the end of an alias in another zone is not its to say',
    ask: async (bench) => {
      const first = dataOf(await bench.ask('cross.secure.test.')).at(-1);
      const then = dataOf(await bench.ask('www.plain.test.')).at(-1);
      return `${first}, ${then}`;
    },
    want: 'www.plain.test. A 0a000001, www.plain.test. A 0a000001',
    breaks: {
      'but its own servers may say what they like of an insecure zone': {
        behaviours: [change('www.plain.test.', 'A', (one) => rrset('www.plain.test.', 'A', [EVIL], one.ttl))],
        want: 'www.plain.test. A 06060606, www.plain.test. A 06060606',
      },
    },
    stays: {
      'made up by a server of another zone': {
        world: apart(),
        behaviours: [adding('cross.secure.test.', rrset('www.plain.test.', 'A', [EVIL]))],
      },
      'denied by a server of another zone': {
        world: apart(),
        behaviours: [
          on('cross.secure.test.', 'A', (reply) => ({
            ...reply,
            rcode: Rcode.NXDOMAIN,
            answer: reply.answer.filter(({ type }) => type === Type.CNAME),
          })),
        ],
      },
    },
  },
];

/** The secure zone and the insecure one at servers of their own. */
function apart() {
  return makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'test.', at: ['192.0.2.11'] },
    { apex: 'secure.test.', at: ['192.0.2.21'], records: ['cross CNAME www.plain.test.'] },
    { apex: 'plain.test.', at: ['192.0.2.22'], records: ['www A 10.0.0.1'], signing: 'unsigned' },
  ]);
}
