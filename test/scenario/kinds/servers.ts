/** Which servers there are and how they fail: QNAME minimisation, lame ones, ones without DNSSEC, glue, priming, TCP, and a second opinion. */

import { expect } from 'vitest';
import { parseName } from '../../../src/base/name.ts';
import { Rcode, Type } from '../../../src/base/registry.ts';
import { LEAF_AT, ROOT_AT, TEST_AT } from '../healthy.ts';
import { rrset } from '../rrset.ts';
import { at, type Behaviour, type Bench, makeWorld, on, rcode, rewrite, said, servfail, silent, timeout, unsigned } from '../world.ts';
import { badlySigned, change, missing, type Row } from './row.ts';

const [firstRoot, secondRoot] = ROOT_AT as [string, string];
const [firstTest, secondTest] = TEST_AT as [string, string];
const [firstLeaf, secondLeaf] = LEAF_AT as [string, string];
const labelsOf = (name: string): number => name.split('.').length - 1;

function sawNoMore({ sent }: Bench): void {
  for (const { address, name } of sent) {
    if (ROOT_AT.includes(address)) expect(labelsOf(name), `${name} at the root`).toBeLessThanOrEqual(1);
    if (TEST_AT.includes(address)) expect(labelsOf(name), `${name} at the TLD`).toBeLessThanOrEqual(2);
  }
}

export const minimisation: readonly Row[] = [
  {
    title: 'a name three levels down, over an empty non-terminal',
    ask: ['host.ent.secure.test.'],
    want: 'answer secure',
    also: sawNoMore,
    breaks: {
      'that servers refuse in full': {
        behaviours: [on('host.ent.secure.test.', 'A', rcode(Rcode.REFUSED))],
        want: 'failure indeterminate servers-failing',
      },
      'that servers deny in full, without proof': {
        behaviours: [on('host.ent.secure.test.', 'A', (reply) => ({ ...reply, rcode: Rcode.NXDOMAIN, answer: [], authority: [] }))],
        want: 'nxdomain bogus denial-missing',
      },
    },
    stays: {
      'denied by servers that take an empty non-terminal for nothing': {
        behaviours: [on('ent.secure.test.', 'A', (reply) => ({ ...reply, rcode: Rcode.NXDOMAIN }))],
      },
      'with the non-terminal refused': { behaviours: [on('ent.secure.test.', 'A', rcode(Rcode.REFUSED))] },
      'with the non-terminal failing': { behaviours: [on('ent.secure.test.', 'A', servfail)] },
    },
  },
  {
    title: 'a name that a cut lies under that the server above does not tell of',
    ask: ['www.deep.plain.test.'],
    want: 'answer insecure unsigned-delegation',
    also: sawNoMore,
    breaks: { 'whose servers are dead': { behaviours: [at(LEAF_AT, silent)], want: 'failure indeterminate servers-unreachable' } },
  },
  {
    title: 'a name that does not exist at the TLD',
    ask: ['a.b.none.test.'],
    want: 'nxdomain secure',
    breaks: {
      'without proof': {
        behaviours: [on('a.b.none.test.', 'A', (reply) => ({ ...reply, authority: [] }))],
        want: 'nxdomain bogus denial-missing',
      },
    },
  },
];

const upwards: Behaviour = (reply) => ({
  ...reply,
  authoritative: false,
  answer: [],
  authority: [rrset('.', 'NS', ['ns1.root-servers.'])],
  additional: [],
});
const nothing: Behaviour = (reply) => ({ ...reply, authoritative: false, answer: [], authority: [], additional: [] });
/** A server from before DNSSEC: it knows neither its types nor the proofs. */
const withoutDnssec = rewrite((one) =>
  one.type === Type.DNSKEY || one.type === Type.NSEC || one.type === Type.NSEC3 ? undefined : { ...one, signatures: [] },
);

export const lameness: readonly Row[] = [
  {
    title: 'a signed zone of two servers',
    ask: ['www.secure.test.'],
    want: 'answer secure',
    breaks: {
      'that both refuse': { behaviours: [at(LEAF_AT, rcode(Rcode.REFUSED))], want: 'failure indeterminate servers-failing' },
      'that both refer to the root': { behaviours: [at(LEAF_AT, upwards)], want: 'failure indeterminate servers-failing' },
      'that both know nothing of': { behaviours: [at(LEAF_AT, nothing)], want: 'failure indeterminate servers-failing' },
      'that are both without DNSSEC': { behaviours: [at(LEAF_AT, withoutDnssec)], want: 'answer bogus dnskey-missing' },
      'of a TLD whose servers are without DNSSEC': { behaviours: [at(TEST_AT, withoutDnssec)], want: 'answer bogus dnskey-missing' },
    },
    stays: Object.fromEntries(
      [firstLeaf, secondLeaf].flatMap((one) => [
        [`refused by ${one}`, { behaviours: [at([one], rcode(Rcode.REFUSED))] }],
        [`referred to the root by ${one}`, { behaviours: [at([one], upwards)] }],
        [`with ${one} without DNSSEC`, { behaviours: [at([one], withoutDnssec)] }],
      ]),
    ),
  },
  {
    title: 'an unsigned zone',
    ask: ['www.plain.test.'],
    want: 'answer insecure unsigned-delegation',
    breaks: { 'that both servers know nothing of': { behaviours: [at(LEAF_AT, nothing)], want: 'failure indeterminate servers-failing' } },
    stays: {
      'whose servers are without DNSSEC': { behaviours: [at(LEAF_AT, withoutDnssec)] },
      'with a server of the zone above without DNSSEC': { behaviours: [at([firstTest], withoutDnssec)] },
      'with the other server of the zone above without DNSSEC': { behaviours: [at([secondTest], withoutDnssec)] },
    },
  },
];

const primed = makeWorld([
  { apex: '.', at: ['192.0.2.1', '192.0.2.2'] },
  { apex: 'leaf.', at: ['192.0.2.21'], records: ['www A 10.0.0.1'] },
]);
const hints = { rootServers: [{ name: parseName('ns1.root-servers.'), addresses: ['192.0.2.1'] }], priming: true };

/** Two zones whose servers are each named in the other, with or without glue for one of them. */
const mutual = (glue: boolean) => {
  const world = makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'one.', at: ['192.0.2.21'], ns: ['ns.two.'], records: ['www A 10.0.0.1', 'ns A 192.0.2.22'] },
    { apex: 'two.', at: ['192.0.2.22'], ns: ['ns.one.'], records: ['www A 10.0.0.2', 'ns A 192.0.2.21'] },
  ]);
  if (glue) for (const line of ['ns.two. A 192.0.2.21', 'ns.one. A 192.0.2.22']) world.root.add(line);
  return { world };
};
const foreign = (records: readonly string[]) => ({
  world: makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'host.', at: ['192.0.2.31'], records },
    { apex: 'leaf.', at: ['192.0.2.21'], ns: ['ns.host.'], records: ['www A 10.0.0.1'] },
  ]),
});
const truncatedOver =
  (...transports: readonly string[]): Behaviour =>
  (reply, { transport }) =>
    transports.includes(transport) ? { ...reply, truncated: true, answer: [], authority: [], additional: [] } : undefined;
const deafTo =
  (which: 'udp' | 'tcp'): Behaviour =>
  (_reply, { transport }) =>
    transport === which ? timeout : undefined;

export const reaching: readonly Row[] = [
  {
    title: 'priming: a root server that the hints do not name',
    world: primed,
    settings: hints,
    ask: async (bench) => {
      await bench.resolver.prepare();
      bench.behave(at(['192.0.2.1'], silent));
      return said(await bench.ask('www.leaf.'));
    },
    want: 'answer secure',
    breaks: {
      'is not found without priming': { settings: { priming: false }, want: 'failure indeterminate servers-unreachable' },
      'is not found where its address is not sent along': {
        behaviours: [change('ns2.root-servers.', 'A', missing)],
        want: 'failure indeterminate limit-spent',
      },
    },
  },
  {
    title: 'glue of the zone itself',
    world: primed,
    ask: ['www.leaf.'],
    want: 'answer secure',
    breaks: {
      'without it nobody finds the zone': {
        behaviours: [at(ROOT_AT, change('ns1.leaf.', 'A', missing))],
        want: 'failure indeterminate limit-spent',
      },
    },
  },
  {
    title: 'a server named in another zone',
    ...foreign(['ns A 192.0.2.21']),
    ask: ['www.leaf.'],
    want: 'answer secure',
    breaks: {
      'that has no address': { ...foreign([]), want: 'failure indeterminate servers-unreachable' },
      'in a zone that is dead': { behaviours: [at(['192.0.2.31'], silent)], want: 'failure indeterminate servers-unreachable' },
    },
  },
  {
    title: 'zones that name their servers in each other, with glue',
    ...mutual(true),
    ask: ['www.one.'],
    want: 'answer secure',
    breaks: { 'without glue: a circle, which ends': { ...mutual(false), want: 'failure indeterminate limit-spent' } },
  },
  {
    title: 'a dead server beside one that lives',
    behaviours: [at([firstRoot, firstTest, firstLeaf], silent)],
    ask: ['www.secure.test.'],
    want: 'answer secure',
    breaks: {
      'and all dead at the root': { behaviours: [at([secondRoot], silent)], want: 'failure indeterminate servers-unreachable' },
      'and all dead at the TLD': { behaviours: [at([secondTest], silent)], want: 'failure indeterminate servers-unreachable' },
      'and all dead at the leaf': { behaviours: [at([secondLeaf], silent)], want: 'failure indeterminate servers-unreachable' },
    },
  },
  {
    title: 'an answer too long for UDP comes over TCP',
    behaviours: [truncatedOver('udp')],
    ask: ['www.secure.test.'],
    want: 'answer secure',
    breaks: {
      'and not where TCP is silent': { behaviours: [deafTo('tcp')], want: 'failure indeterminate servers-unreachable' },
      'and not where it is truncated there too': { behaviours: [truncatedOver('tcp')], want: 'failure indeterminate servers-unreachable' },
    },
  },
];

export const secondOpinion: readonly Row[] = (
  [
    ['data', LEAF_AT, 'www.secure.test.', 'A'],
    ['keys', LEAF_AT, 'secure.test.', 'DNSKEY'],
    ['DS', TEST_AT, 'secure.test.', 'DS'],
    ['keys of the zone above', TEST_AT, 'test.', 'DNSKEY'],
    ['keys of the root', ROOT_AT, '.', 'DNSKEY'],
  ] as const
).map(([what, addresses, owner, type]): Row => {
  const wrongAt = (...servers: readonly string[]) => ({ behaviours: [at(servers, change(owner, type, badlySigned))] });
  return {
    title: `${what} that are right`,
    ask: ['www.secure.test.'],
    want: 'answer secure',
    breaks: { 'and wrong at all servers': { ...wrongAt(...addresses), want: 'answer bogus signature-wrong' } },
    stays: Object.fromEntries(addresses.map((one) => [`wrong at ${one} alone`, wrongAt(one)])),
  };
});

export const secondOpinionOnDenials: readonly Row[] = [
  {
    title: 'a denial that is right',
    ask: ['none.secure.test.'],
    want: 'nxdomain secure',
    breaks: { 'and stripped at all servers': { behaviours: [at(LEAF_AT, unsigned)], want: 'nxdomain bogus signature-missing' } },
    stays: {
      'stripped at one': { behaviours: [at([firstLeaf], unsigned)] },
      'stripped at the other': { behaviours: [at([secondLeaf], unsigned)] },
    },
  },
];
