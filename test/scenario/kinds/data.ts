/** Answers and what stands beside them; what is out of bailiwick; how long a delegation lives. */

import { expect } from 'vitest';
import type { RRset } from '../../../src/base/record.ts';
import { rrset } from '../rrset.ts';
import { at, type Behaviour, type Bench, dataOf, makeWorld, said } from '../world.ts';
import { change, missing, otherData, type Row } from './row.ts';

const EVIL = '6.6.6.6';
const EVIL_AT = '192.0.2.66';

const adding =
  (where: { answer?: RRset[]; authority?: RRset[]; additional?: RRset[] }): Behaviour =>
  (reply) => ({
    ...reply,
    answer: [...reply.answer, ...(where.answer ?? [])],
    authority: [...reply.authority, ...(where.authority ?? [])],
    additional: [...reply.additional, ...(where.additional ?? [])],
  });

const neverAsked = ({ sent }: Bench): void => expect(sent.some(({ address }) => address === EVIL)).toBe(false);

/** Two zones, one of them a thief's, at servers of their own. */
const street = makeWorld([
  { apex: '.', at: ['192.0.2.1'] },
  { apex: 'evil.', at: [EVIL_AT], records: ['www A 10.0.0.66'], signing: 'unsigned' },
  { apex: 'plain.', at: ['192.0.2.21'], records: ['www A 10.0.0.1'], signing: 'unsigned' },
  { apex: 'secure.', at: ['192.0.2.22'], records: ['www A 10.0.0.3', 'www TXT hello'] },
]);

export const positive: readonly Row[] = [
  {
    title: 'an address of a secure zone',
    world: street,
    ask: ['www.secure.'],
    want: 'answer secure',
    also: neverAsked,
    breaks: {
      'and another one more': {
        behaviours: [change('www.secure.', 'A', (one) => ({ ...one, rdata: [...one.rdata, Uint8Array.of(6, 6, 6, 6)] }))],
        want: 'answer bogus signature-wrong',
      },
      'and none at all': { behaviours: [change('www.secure.', 'A', missing)], want: 'nodata bogus denial-missing' },
      'and of another name': {
        behaviours: [change('www.secure.', 'A', () => rrset('ww.secure.', 'A', [EVIL]))],
        want: 'nodata bogus denial-missing',
      },
    },
    stays: {
      'with an unsigned record of another type beside it': {
        behaviours: [adding({ answer: [rrset('www.secure.', 'AAAA', ['2001:db8::66'])] })],
      },
      'with a record of another name beside it': { behaviours: [adding({ answer: [rrset('mail.secure.', 'A', [EVIL])] })] },
      'with an unsigned NS in the authority section': {
        behaviours: [adding({ authority: [rrset('secure.', 'NS', ['ns.evil.'])], additional: [rrset('ns.evil.', 'A', [EVIL])] })],
      },
      'with an unsigned NSEC in the authority section': {
        behaviours: [adding({ authority: [rrset('www.secure.', 'NSEC', ['secure. TXT'])] })],
      },
    },
  },
  {
    title: 'what stood beside an answer is asked for by itself',
    world: street,
    ask: async (bench) => {
      await bench.ask('www.secure.');
      return said(await bench.ask('www.secure.', 'TXT'));
    },
    want: 'answer secure',
    breaks: { 'and judged by itself': { behaviours: [change('www.secure.', 'TXT', otherData)], want: 'answer bogus signature-wrong' } },
    stays: {
      'where it was forged there': {
        behaviours: [
          (reply, query) =>
            query.question.qtype === 1 ? adding({ answer: [rrset('www.secure.', 'TXT', ['forged'])] })(reply, query) : undefined,
        ],
      },
    },
  },
];

const victim = rrset('www.plain.', 'A', [EVIL], 90_000);
const atEvil = (where: Parameters<typeof adding>[0]) => ({ behaviours: [at([EVIL_AT], adding(where))] });

export const bailiwick: readonly Row[] = [
  {
    title: 'a neighbour of the thief, after his zone was asked',
    world: street,
    ask: async (bench) => {
      for (const [name, type] of [
        ['www.evil.', 'A'],
        ['none.evil.', 'A'],
        ['www.evil.', 'MX'],
        ['evil.', 'NS'],
      ] as const)
        await bench.ask(name, type);
      return [...dataOf(await bench.ask('www.plain.')), ...dataOf(await bench.ask('www.secure.'))].join(', ');
    },
    want: 'www.plain. A 0a000001, www.secure. A 0a000003',
    also: neverAsked,
    breaks: {
      'has what its own servers say': {
        behaviours: [
          at(
            ['192.0.2.21'],
            change('www.plain.', 'A', () => victim),
          ),
        ],
        want: 'www.plain. A 06060606, www.secure. A 0a000003',
      },
    },
    stays: {
      'with its address in his answers': atEvil({ answer: [victim] }),
      'in his authority sections': atEvil({ authority: [victim] }),
      'in his additional sections': atEvil({ additional: [victim] }),
      'with NS of its zone': atEvil({ authority: [rrset('plain.', 'NS', ['ns.evil.'])], additional: [rrset('ns.evil.', 'A', [EVIL])] }),
      'with NS of the root': atEvil({ authority: [rrset('.', 'NS', ['ns.evil.'])], additional: [rrset('ns.evil.', 'A', [EVIL])] }),
      'with the address of its server': atEvil({ additional: [rrset('ns1.plain.', 'A', [EVIL])] }),
      'with an alias of its name': atEvil({ answer: [rrset('www.plain.', 'CNAME', ['www.evil.'])] }),
      'with a DNAME of its zone': atEvil({ answer: [rrset('plain.', 'DNAME', ['evil.'])] }),
      'with a SOA that denies it': atEvil({ authority: [rrset('plain.', 'SOA', ['a. b. 1 2 3 4 90000'])] }),
    },
  },
];

const ghost = (address: string, data: string, ttl?: number) => ({
  apex: 'ghost.tld.',
  at: [address],
  records: [`www 30 A ${data}`, `a 30 A ${data}`],
  signing: 'unsigned' as const,
  ...(ttl === undefined ? {} : { ttl }),
});
const above = [
  { apex: '.', at: ['192.0.2.1'] },
  { apex: 'tld.', at: ['192.0.2.11'], ttl: 600 },
];
const before = makeWorld([...above, ghost('192.0.2.21', EVIL, 100_000)]);
const moved = makeWorld([...above, ghost('192.0.2.22', '10.0.0.1')]);
const after = { ...moved, servers: new Map([...before.servers, ...moved.servers]) };

/** The zone moves away from its old servers, which go on; asked every `every` seconds, what is said after `seconds`. */
const moving = (seconds: number, every: number) => async (bench: Bench) => {
  await bench.ask('www.ghost.tld.');
  bench.moveTo(after);
  for (let at = 0; at < seconds; at += every) {
    bench.clock.now += every;
    for (const [name, type] of [
      ['ghost.tld.', 'NS'],
      ['ns1.ghost.tld.', 'A'],
      ['www.ghost.tld.', 'A'],
    ] as const)
      await bench.ask(name, type);
  }
  return dataOf(await bench.ask('a.ghost.tld.')).join();
};
const NEW = 'a.ghost.tld. A 0a000001';
const OLD = 'a.ghost.tld. A 06060606';
const insecureGround = { anchors: [] };

export const ghosts: readonly Row[] = [
  {
    title: 'a zone that moved is found once the TTL of its delegation is over, however often its old servers are asked',
    world: before,
    settings: insecureGround,
    ask: moving(660, 60),
    want: NEW,
    breaks: {
      'where the zone above gives the delegation longer': {
        settings: insecureGround,
        world: makeWorld([
          above[0] as (typeof above)[0],
          { apex: 'tld.', at: ['192.0.2.11'], ttl: 5_000 },
          ghost('192.0.2.21', EVIL, 100_000),
        ]),
        want: OLD,
      },
    },
    stays: {
      'and told in every answer of theirs that they are still the servers': {
        behaviours: [
          at(
            ['192.0.2.21'],
            adding({
              authority: [rrset('ghost.tld.', 'NS', ['ns1.ghost.tld.'], 100_000)],
              additional: [rrset('ns1.ghost.tld.', 'A', ['192.0.2.21'], 100_000)],
            }),
          ),
        ],
      },
    },
  },
  {
    title: 'a zone that moved is asked at its old servers while its delegation stands',
    world: before,
    settings: insecureGround,
    ask: moving(540, 60),
    want: OLD,
    breaks: { 'and no longer than maxTtl': { settings: { ...insecureGround, maxTtl: 300 }, want: NEW } },
  },
];
