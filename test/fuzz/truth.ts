/** What the zones of the sandbox hold, so that a secure answer can be held against it, and the questions to ask. */

import type { Answer } from 'dns-packet';
import { answer } from '../../src/sandbox/authority.ts';
import { sandboxDomains } from '../../src/sandbox/domains.ts';
import { readQuery, writeReply } from '../../src/sandbox/message.ts';
import { recordOctets } from '../../src/sandbox/sign.ts';
import type { Zone } from '../../src/sandbox/zone.ts';
import { queryOctets, type Reply, readReply } from '../whole/client.ts';
import { rowsOf } from '../whole/expected.ts';
import { pick, type Random } from './random.ts';

export interface FuzzQuestion {
  readonly name: string;
  readonly type: string;
  /** What it is when nobody interferes. */
  readonly state: 'secure' | 'insecure' | 'bogus';
}

const fixed: readonly FuzzQuestion[] = [
  ...sandboxDomains.flatMap(rowsOf).flatMap(({ name, type, status }): FuzzQuestion[] => {
    const [state] = status.split(' ') as ['secure' | 'insecure' | 'bogus' | 'indeterminate'];
    // Their servers are broken in the sandbox alone: here they answer.
    return state === 'indeterminate' ? [] : [{ name, type, state }];
  }),
  { name: 'www.alias.sandbox', type: 'A', state: 'secure' },
  { name: 'chain.alias.sandbox', type: 'A', state: 'secure' },
  { name: 'plain.alias.sandbox', type: 'A', state: 'insecure' },
  { name: 'broken.alias.sandbox', type: 'A', state: 'bogus' },
  { name: 'nowhere.alias.sandbox', type: 'A', state: 'secure' },
  { name: 'deep.empty.ed448.sandbox', type: 'A', state: 'secure' },
  { name: 'large.sandbox', type: 'TXT', state: 'secure' },
  { name: 'secure.sandbox', type: 'DS', state: 'secure' },
  { name: 'unsigned.sandbox', type: 'DS', state: 'secure' },
  { name: 'plain.hosting', type: 'DS', state: 'secure' },
  { name: 'rsa.sandbox', type: 'DNSKEY', state: 'secure' },
];

/** Below these every name is asked of the zone anew; `#` stands for a label that nobody asked for yet. */
const endless: readonly FuzzQuestion[] = [
  { name: '#.secure.sandbox', type: 'A', state: 'secure' },
  { name: '#.ed25519.sandbox', type: 'MX', state: 'secure' },
  { name: '#.p384.sandbox', type: 'TLSA', state: 'secure' },
  { name: '#.rsa.sandbox', type: 'A', state: 'secure' },
  { name: 'b.#.no-tlsa.sandbox', type: 'A', state: 'secure' },
  { name: '#.wildcard.sandbox', type: 'A', state: 'secure' },
  { name: '#.wildcard.sandbox', type: 'AAAA', state: 'secure' },
  { name: '_25._tcp.#.wildcard.sandbox', type: 'TLSA', state: 'secure' },
  { name: '#.pages.alias.sandbox', type: 'A', state: 'secure' },
  { name: '#.tree.alias.sandbox', type: 'A', state: 'secure' },
  { name: '#.two-of-four.sandbox', type: 'A', state: 'secure' },
  { name: '#.hosted.sandbox', type: 'A', state: 'secure' },
  { name: '#.sandbox', type: 'MX', state: 'secure' },
  { name: '#.hosting', type: 'MX', state: 'secure' },
  { name: '#.signed.registry.sandbox', type: 'A', state: 'secure' },
  { name: '#.unsigned.sandbox', type: 'A', state: 'insecure' },
  { name: '#.optout.sandbox', type: 'A', state: 'insecure' },
  { name: '#.plain.hosting', type: 'A', state: 'insecure' },
  { name: '#.iterations.sandbox', type: 'A', state: 'insecure' },
  { name: '#.unknown-algorithm.sandbox', type: 'A', state: 'insecure' },
  { name: '#.expired.sandbox', type: 'A', state: 'bogus' },
  { name: '#.wrong-ds.sandbox', type: 'A', state: 'bogus' },
];

/** A question; `serial` makes its name a new one. */
export function someQuestion(random: Random, serial: number): FuzzQuestion {
  const question = random(4) === 0 ? pick(random, fixed) : pick(random, endless);
  return { ...question, name: question.name.replace('#', `n${serial}`) };
}

/** What an answer says that it may not: sentences, none where all is well. */
export type Audit = (question: FuzzQuestion, reply: Reply | undefined) => string[];

export function createAudit(zones: readonly Zone[]): Audit {
  const held = new Set(
    zones
      .flatMap(({ records }) => records())
      .flatMap((rrset) => rrset.rdatas.map((rdata) => keyOf(decodeRecord(recordOctets(rrset, rdata))))),
  );
  return (question, reply) => {
    const { name, type, state } = question;
    // Whose data nobody signed may send RDATA that is none.
    if (!reply) return state === 'insecure' ? [] : [`${state}, and the reply cannot be read`];
    if (reply.rcode === 'SERVFAIL') return reply.answer.length + reply.authority.length > 0 ? ['SERVFAIL with records'] : [];
    if (state === 'bogus') return [`bogus, and answered with ${reply.rcode}`];
    if (state === 'insecure') return reply.ad ? ['insecure, and AD is set'] : [];
    if (!reply.ad && mayHoldUnsigned(name)) return [];
    if (!reply.ad) return [`secure, and answered with ${reply.rcode} without AD`];
    const truth = truthOf(zones, name, type);
    return [
      ...(reply.rcode === truth.rcode ? [] : [`${reply.rcode} in place of ${truth.rcode}`]),
      ...differences(reply.answer, truth.answer),
      ...reply.authority
        .filter((record) => record.type !== 'RRSIG' && !held.has(keyOf(record)))
        .map((record) => `${record.name} ${record.type} is in no zone`),
    ];
  };
}

/**
 * A zone with that many NSEC3 iterations has only insecure denials (RFC 9276 §3.2), that of a DS included: below its apex it cannot prove
 * that there is no unsigned zone, so whoever takes signatures away is believed.
 */
function mayHoldUnsigned(name: string): boolean {
  return name.endsWith('.iterations.sandbox');
}

/** The whole answer, aliases followed across zones. */
function truthOf(zones: readonly Zone[], name: string, type: string): { rcode: string; answer: readonly Answer[] } {
  const all: Answer[] = [];
  for (let qname = name; ; ) {
    const read = readQuery(queryOctets({ name: qname, type, dnssecOk: true }, 0));
    if (read.outcome !== 'query') throw new Error(`no question: ${qname}`);
    const { rcode, answer: records } = readReply(writeReply(read.query, answer(zones, read.query), 65_535));
    all.push(...records);
    const end = records.findLast((record) => record.type !== 'RRSIG');
    if (end?.type !== 'CNAME' || type === 'CNAME') return { rcode, answer: all };
    qname = end.data;
  }
}

function differences(got: readonly Answer[], want: readonly Answer[]): string[] {
  const data = (records: readonly Answer[]) =>
    new Map(records.filter(({ type }) => type !== 'RRSIG').map((record) => [keyOf(record), ttlOf(record)]));
  const wanted = data(want);
  const given = data(got);
  const count = got.filter(({ type }) => type !== 'RRSIG').length;
  return [
    ...[...wanted.keys()].filter((key) => !given.has(key)).map((key) => `${key} is missing`),
    ...[...given.keys()].filter((key) => !wanted.has(key)).map((key) => `${key} was never said`),
    ...[...given].filter(([key, ttl]) => ttl > (wanted.get(key) ?? ttl)).map(([key, ttl]) => `${key} for ${ttl} s is longer than signed`),
    ...(count === given.size ? [] : ['a record stands twice']),
  ];
}

const keyOf = (record: Answer) => JSON.stringify([record.name, record.type, 'data' in record ? record.data : '']).toLowerCase();
const ttlOf = (record: Answer) => ('ttl' in record ? (record.ttl ?? 0) : 0);

/** A record alone, read as one of a message. */
function decodeRecord(octets: Buffer): Answer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(1, 6);
  return readReply(Buffer.concat([header, octets])).answer[0]!;
}
