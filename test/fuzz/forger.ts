/** What a forger on the way makes of the replies of the servers: it has every signed record of the world, of now and of before, and a zone. */

import { isWithin, parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';
import { answerFrom, type Reply } from '../scenario/authority.ts';
import { type Behaviour, flip, NOW, type World } from '../scenario/world.ts';
import type { Zone } from '../scenario/zone.ts';
import { namesAround, questionsOf } from './answer-truth.ts';

/** Changes the reply to each query that `at` picks: every, or one of so many. */
export interface Forgery {
  readonly how: number;
  readonly at: number;
  readonly a: number;
  readonly b: number;
}

export interface Arsenal {
  readonly replies: readonly Reply[];
  readonly records: readonly RRset[];
}

type Sections = Pick<Reply, 'answer' | 'authority' | 'additional'>;
const section = (n: number) => (['answer', 'authority', 'additional'] as const)[n % 3] as keyof Sections;

const oldTypes = new Set<number>([Type.A, Type.TXT]);
const byDepth = (a: Zone, b: Zone) => b.apex.labels - a.apex.labels;

/** All replies the world gives, and all signed RRsets in them; each also as it was signed a day too long ago, with other data. */
export function arm(world: World): Arsenal {
  const zones = [...new Set([...world.servers.values()].flat())];
  const replies = questionsOf(world).map((question) => answerFrom(zones, question));
  const signed = new Map<string, RRset>();
  for (const { answer, authority } of replies) {
    for (const rrset of [...answer, ...authority]) {
      const [signature] = rrset.signatures;
      if (signature) signed.set(Buffer.from(signature).toString('hex'), rrset);
    }
  }
  const stale = [...signed.values()].flatMap((rrset) => {
    const zone = zones.filter(({ apex, isSigned }) => isSigned && isWithin(rrset.owner, apex)).toSorted(byDepth)[0];
    if (!zone || !oldTypes.has(rrset.type)) return [];
    const old = { ...rrset, rdata: rrset.rdata.map(flip), signatures: [] };
    return [zone.signed.sign(old, { inception: NOW - 200_000, expiration: NOW - 100_000 })];
  });
  const evil = world.zone('evil.test.').signed;
  const foreign = zones.map((zone) => {
    const rrset = { owner: zone.nameOf('www'), type: Type.A, class: 1, ttl: 3600, rdata: [Uint8Array.of(10, 6, 6, 6)], signatures: [] };
    return evil.sign(rrset, { signer: zone.apex });
  });
  return { replies, records: [...signed.values(), ...stale, ...foreign] };
}

const pickOf = <T>(items: readonly T[], n: number): T | undefined => items[n % (items.length || 1)];
const replaced = <T>(items: readonly T[], n: number, change: (item: T) => readonly T[]): T[] =>
  items.flatMap((item, i) => (i === n % items.length ? change(item) : [item]));

type Change = (reply: Reply, forgery: Forgery, arsenal: Arsenal, qname: ReturnType<typeof parseName>) => Reply;

const overRecord =
  (change: (rrset: RRset, b: number) => readonly RRset[]): Change =>
  (reply, { a, b }) => {
    const which = section(reply.answer.length + reply.authority.length > 0 ? a % 2 : a);
    return { ...reply, [which]: replaced(reply[which], b, (rrset) => change(rrset, a >> 1)) };
  };

const changes: readonly Change[] = [
  overRecord(() => []),
  overRecord((rrset) => [{ ...rrset, signatures: [] }]),
  overRecord((rrset) => [{ ...rrset, signatures: rrset.signatures.map(flip) }]),
  overRecord((rrset) => [{ ...rrset, rdata: rrset.rdata.map(flip) }]),
  overRecord((rrset, n) => [{ ...rrset, ttl: [0, 1, 86_400, 0x7fffffff][n % 4] as number }]),
  overRecord((rrset, n) => [{ ...rrset, owner: pickOf(namesAround(rrset.owner), n) ?? rrset.owner }]),
  (reply, { a, b }, { records }) => ({ ...reply, [section(a)]: [...reply[section(a)], pickOf(records, b) as RRset] }),
  (reply, { a, b }, { records }, qname) => ({ ...reply, [section(a)]: [{ ...(pickOf(records, b) as RRset), owner: qname }] }),
  (reply, { a, b }, { records }) => {
    const old = pickOf(reply[section(a)], b);
    const others = records.filter(({ type, owner }) => type === old?.type && owner.key !== old.owner.key);
    const other = pickOf(others, b);
    if (!old || !other) return reply;
    return { ...reply, [section(a)]: replaced(reply[section(a)], b, () => [a % 2 ? other : { ...other, owner: old.owner }]) };
  },
  // Whatever else there is of the same name and type: of before, or by another's key.
  (reply, { b }, { records }) => ({
    ...reply,
    answer: reply.answer.map((rrset) => {
      const others = records.filter(
        ({ owner, type, rdata }) => owner.key === rrset.owner.key && type === rrset.type && rdata !== rrset.rdata,
      );
      return pickOf(others, b) ?? rrset;
    }),
  }),
  (reply, { a }, { replies }) => ({ ...(pickOf(replies, a) as Reply), authoritative: reply.authoritative }),
  (reply, { a }, { replies }) => ({ ...reply, authority: (pickOf(replies, a) as Reply).authority }),
  (_reply, { a }, { replies }, qname) => {
    const other = pickOf(replies, a) as Reply;
    return { ...other, answer: other.answer.map((rrset, i) => (i === 0 ? { ...rrset, owner: qname } : rrset)) };
  },
  (reply, { a }) => ({ ...reply, rcode: [0, 3, 2, 5][a % 4] as number }),
  (reply, { a }) => ({ ...reply, rcode: 3, answer: a % 2 ? reply.answer : [] }),
  (reply, { a, b }) => {
    const moved = reply[section(a)];
    const kept = { ...reply, [section(a)]: [] };
    return { ...kept, [section(a + 1 + (b % 2))]: [...reply[section(a + 1 + (b % 2))], ...moved] };
  },
  (reply) => ({ ...reply, authoritative: !reply.authoritative }),
  (reply, { a }, _arsenal, qname) => {
    const ns = parseName('ns1.evil.test.').wire;
    const owner = pickOf(namesAround(qname), a) ?? qname;
    const cut: RRset = { owner, type: Type.NS, class: 1, ttl: 3600, rdata: [ns], signatures: [] };
    return { ...reply, authoritative: false, answer: [], authority: [cut, ...reply.authority.filter(({ type }) => type > Type.SOA)] };
  },
  (reply, _forgery, _arsenal, owner) => ({
    ...reply,
    rcode: 0,
    answer: [{ owner, type: Type.A, class: 1, ttl: 3600, rdata: [Uint8Array.of(10, 6, 6, 6)], signatures: [] }],
  }),
  (reply, _forgery, _arsenal, owner) => ({
    ...reply,
    rcode: 0,
    answer: [{ owner, type: Type.CNAME, class: 1, ttl: 3600, rdata: [parseName('www.evil.test.').wire], signatures: [] }],
  }),
  (reply) => ({ ...reply, answer: [], rcode: 0 }),
];

export const FORGERIES = changes.length;

/** Acts on the way from every server; the same forgeries make the same of the same replies. */
export function forge(forgeries: readonly Forgery[], arsenal: Arsenal): Behaviour {
  let count = 0;
  return (reply, { question }) => {
    count++;
    let forged = reply;
    for (const forgery of forgeries) {
      if (forgery.at !== 0 && count % 8 !== forgery.at - 1) continue;
      forged = (changes[forgery.how % FORGERIES] as Change)(forged, forgery, arsenal, question.qname);
    }
    return forged;
  };
}
