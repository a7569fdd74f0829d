/** Messages gone wrong: queries as a hostile client sends them, replies as a broken or hostile server does. */

import { queryOctets } from '../whole/client.ts';
import { pick, type Random } from './random.ts';

const names = [
  'secure.sandbox',
  'mx.unsigned.sandbox',
  'expired.sandbox',
  'nobody.sandbox',
  'www.alias.sandbox',
  'a.b.localhost',
  '.',
  'sandbox',
];
const types = ['A', 'AAAA', 'MX', 'TLSA', 'TXT', 'DS', 'DNSKEY', 'NSEC', 'RRSIG', 'CNAME', 'SOA', 'NS', 'ANY', 'AXFR', 'OPT'];

/** A query that is now and then still one. */
export function hostileQuery(random: Random): Buffer {
  if (random(8) === 0) return randomOctets(random, random(20) === 0 ? random(4_000) : random(80));
  const bit = () => random(2) === 1;
  const size = pick(random, [0, 0, 300, 512, 1232, 65_535]);
  const ask = { name: pick(random, names), type: pick(random, types), ad: bit(), cd: bit(), dnssecOk: bit(), rd: random(8) > 0, size };
  return changed(random, queryOctets(ask, random(0x10000)), random(5));
}

/** Whether the service owes an answer: what has no header, or is an answer itself, gets none. */
export function deservesAnswer(query: Buffer): boolean {
  return query.length >= HEADER && (query[2]! & 0x80) === 0;
}

export function randomOctets(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random(256)));
}

function changed(random: Random, octets: Buffer, times: number): Buffer {
  let result = octets;
  for (let n = 0; n < times && result.length > 0; n++) result = pick(random, octetChanges)(random, result);
  return result;
}

type Change = (random: Random, octets: Buffer) => Buffer;

const flipBit: Change = (random, octets) => withOctet(octets, random(octets.length), (octet) => octet ^ (1 << random(8)));
const setOctet: Change = (random, octets) =>
  withOctet(octets, random(octets.length), () => pick(random, [0, 1, 0x3f, 0x40, 0xc0, 0xff, random(256)]));
const cut: Change = (random, octets) => octets.subarray(0, random(octets.length));
const insert: Change = (random, octets) => {
  const at = random(octets.length);
  return Buffer.concat([octets.subarray(0, at), randomOctets(random, 1 + random(4)), octets.subarray(at)]);
};
const repeatEnd: Change = (random, octets) => Buffer.concat([octets, octets.subarray(random(octets.length))]).subarray(0, 65_535);
const octetChanges = [flipBit, flipBit, setOctet, cut, insert, repeatEnd];

const HEADER = 12;

function withOctet(octets: Buffer, at: number, change: (octet: number) => number): Buffer {
  const copy = Buffer.from(octets);
  copy[at] = change(copy[at] ?? 0) & 0xff;
  return copy;
}

/** A reply taken apart; it must be well formed and without compression, as the sandbox writes them. */
interface Parts {
  readonly header: Buffer;
  readonly question: Buffer;
  /** Answer, authority and additional section. */
  readonly sections: readonly (readonly Buffer[])[];
}

function takeApart(octets: Buffer): Parts {
  let at = endOfName(octets, HEADER) + 4;
  const question = octets.subarray(HEADER, at);
  const sections = [6, 8, 10].map((field) =>
    Array.from({ length: octets.readUInt16BE(field) }, () => {
      const start = at;
      const rdata = endOfName(octets, at) + 10;
      at = rdata + octets.readUInt16BE(rdata - 2);
      return octets.subarray(start, at);
    }),
  );
  return { header: octets.subarray(0, HEADER), question, sections };
}

function endOfName(octets: Buffer, start: number): number {
  let at = start;
  while (octets[at]) at += octets[at]! + 1;
  return at + 1;
}

function putTogether({ header, question, sections }: Parts): Buffer {
  const counts = Buffer.from(header);
  for (const [index, section] of sections.entries()) counts.writeUInt16BE(section.length, 6 + 2 * index);
  return Buffer.concat([counts, question, ...sections.flat()]);
}

type PartsChange = (random: Random, parts: Parts, other: Parts) => Parts;

/** Changes the records of one section that has some. */
const inSection =
  (change: (random: Random, records: readonly Buffer[], other: Parts) => readonly Buffer[]): PartsChange =>
  (random, parts, other) => {
    const full = [0, 1, 2].filter((index) => parts.sections[index]!.length > 0);
    const chosen = full.length > 0 ? pick(random, full) : 0;
    const sections = parts.sections.map((section, index) => (index === chosen ? change(random, section, other) : section));
    return { ...parts, sections };
  };

const without = (records: readonly Buffer[], at: number) => records.filter((_, index) => index !== at);

const dropRecord = inSection((random, records) => (records.length > 0 ? without(records, random(records.length)) : records));
const repeatRecord = inSection((random, records) => (records.length > 0 ? [...records, pick(random, records)] : records));
const shuffle = inSection((random, records) => records.toSorted(() => random(3) - 1));
/** What another reply held, as a poisoner sends along. */
const addForeign = inSection((random, records, other) => [...records, ...other.sections.flat().filter(() => random(3) === 0)]);
const changeRecord = inSection((random, records) => {
  const at = random(records.length || 1);
  return records.map((record, index) => (index === at ? pick(random, recordChanges)(random, record) : record));
});
const moveRecord: PartsChange = (random, parts) => {
  const from = random(3);
  const record = parts.sections[from]![0];
  if (!record) return parts;
  const to = (from + 1 + random(2)) % 3;
  const sections = parts.sections.map((section, index) =>
    index === from ? section.slice(1) : index === to ? [...section, record] : section,
  );
  return { ...parts, sections };
};
const foreignSections: PartsChange = (_random, parts, other) => ({ ...parts, sections: other.sections });
const emptySection = inSection(() => []);
const otherRcode: PartsChange = (random, parts) => ({
  ...parts,
  header: withOctet(parts.header, 3, (octet) => (octet & 0xf0) | random(16)),
});
const otherFlags: PartsChange = (random, parts) => ({ ...parts, header: withOctet(parts.header, 2, (octet) => octet ^ (1 << random(3))) }); // RD, TC, AA
const partsChanges = [
  dropRecord,
  dropRecord,
  repeatRecord,
  shuffle,
  addForeign,
  addForeign,
  changeRecord,
  changeRecord,
  changeRecord,
  changeRecord,
  moveRecord,
  foreignSections,
  emptySection,
  otherRcode,
  otherFlags,
];

/** Offset of TYPE in a record. */
const fieldsOf = (record: Buffer) => endOfName(record, 0);

const recordChanges: readonly Change[] = [
  flipBit,
  flipBit,
  (random, record) => withOctet(record, fieldsOf(record) + 1, () => random(64)), // TYPE
  (random, record) => withOctet(record, fieldsOf(record) + 3, () => pick(random, [0, 3, 254, 255])), // CLASS
  (random, record) => withOctet(record, fieldsOf(record) + 4 + random(4), () => random(256)), // TTL
  (random, record) => withOctet(record, fieldsOf(record) + 9, (length) => length + random(5) - 2), // RDLENGTH
  (random, record) => {
    const rdata = fieldsOf(record) + 10; // somewhere in RDATA
    return rdata < record.length ? withOctet(record, rdata + random(record.length - rdata), (octet) => octet ^ (1 << random(8))) : record;
  },
  (random, record) => Buffer.concat([Buffer.of(0xc0 | random(2), random(256)), record.subarray(fieldsOf(record))]), // owner by a pointer
  (_random, record) => withOctet(record, 0, () => 0xc0), // a pointer in place of a label
  (_random, record) => (record[0]! > 0 ? record.subarray(record[0]! + 1) : record), // the owner is its parent
  (random, record) => Buffer.concat([Buffer.of(1, 0x61 + random(26)), record]), // the owner is below
  (random, record) => withOctet(record, 1, () => 0x61 + random(26)), // another label
];

const countChange: Change = (random, octets) => withOctet(octets, 4 + random(8), () => random(4));

/** A well formed reply, changed; `other` is a reply to some other question. */
export function hostileReply(random: Random, reply: Buffer, other: Buffer): Buffer {
  const kind = random(10);
  if (kind === 0) return changed(random, reply, 1 + random(4));
  if (kind === 1) return countChange(random, reply);
  let parts = takeApart(reply);
  const foreign = takeApart(other);
  for (let times = 1 + random(3); times > 0; times--) parts = pick(random, partsChanges)(random, parts, foreign);
  const octets = putTogether(parts);
  return kind === 2 ? changed(random, octets, 1) : octets;
}
