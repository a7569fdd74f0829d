/** Messages of 65,535 octets made to cost whoever reads them as much as can be. */

import { label, message, name, opt, pointer, question, record, rrsig, u16 } from './octets.ts';

const OCTETS = 65_535;
const padded = (octets: Buffer) => Buffer.concat([octets, Buffer.alloc(OCTETS - octets.length)]);

/** 241 octets in 120 labels, and as a question at offset 12 to be pointed to. */
const longName = Buffer.concat([...Array<Buffer>(120).fill(label('a')), Buffer.of(0)]);
const longQuestion = question(longName);

/** As many records as fit behind a question and under the limit on records. */
function filled(first: Buffer, make: (i: number) => Buffer, before: readonly Buffer[] = []): Buffer {
  const answer = [...before];
  let octets = 12 + first.length + before.reduce((sum, { length }) => sum + length, 0);
  for (let i = 0; answer.length < 4_095; i++) {
    const next = make(i);
    octets += next.length;
    if (octets > OCTETS) break;
    answer.push(next);
  }
  return padded(message({ question: [first], answer }));
}

/** A label of its own for each i, then a pointer to the long name. */
const distinct = (i: number) => Buffer.concat([label(i.toString(36).padStart(3, '0')), pointer(12)]);
/** TXT RDATA made of pointers, each to the one before, the first to the question's name; it starts at offset 30. */
const chain = (links: number) => Buffer.concat(Array.from({ length: links }, (_, i) => pointer(i === 0 ? 12 : 30 + 2 * (i - 1))));
const chainRecord = (links: number) => record({ owner: Buffer.of(0), type: 16, rdata: chain(links) });
const shortQuestion = question(name('a.'));
const nothing = Buffer.alloc(0);

export const hostileMessages: readonly { readonly title: string; readonly octets: Buffer }[] = [
  {
    title: 'owners at the end of a chain of 8,000 pointers',
    octets: filled(shortQuestion, () => record({ owner: pointer(30 + 2 * 7_999), type: 16, rdata: nothing }), [chainRecord(8_000)]),
  },
  {
    title: 'owners along a chain of 120 pointers',
    octets: filled(shortQuestion, (i) => record({ owner: pointer(30 + 2 * (i % 120)), type: 16, rdata: nothing }), [chainRecord(120)]),
  },
  { title: 'distinct long owners', octets: filled(longQuestion, (i) => record({ owner: distinct(i), type: 16, rdata: nothing })) },
  {
    title: 'one long owner, distinct types',
    octets: filled(longQuestion, (i) => record({ owner: pointer(12), type: 256 + i, rdata: nothing })),
  },
  {
    title: 'MINFO of long names, all equal',
    octets: filled(longQuestion, () => record({ owner: pointer(12), type: 14, rdata: u16(0xc00c, 0xc00c) })),
  },
  {
    title: 'MINFO of long names, distinct',
    octets: filled(longQuestion, (i) => record({ owner: pointer(12), type: 14, rdata: Buffer.concat([distinct(i), pointer(12)]) })),
  },
  {
    title: 'NS, distinct long owners and targets',
    octets: filled(longQuestion, (i) => record({ owner: distinct(i), type: 2, rdata: distinct(i) })),
  },
  {
    title: 'RRSIGs that cover nothing, distinct long owners',
    octets: filled(longQuestion, (i) => record({ owner: distinct(i), type: 46, rdata: rrsig(1, 'x', Buffer.of(0)) })),
  },
  { title: 'A records of one owner, distinct', octets: filled(shortQuestion, (i) => record({ owner: pointer(12), rdata: u16(i, i) })) },
  {
    title: '4,096 records of 11 octets',
    octets: padded(
      message({ answer: Array.from({ length: 4_096 }, (_, i) => record({ owner: Buffer.of(0), type: 256 + i, rdata: nothing })) }),
    ),
  },
  {
    title: 'names of 127 labels in full',
    octets: filled(shortQuestion, () =>
      record({ owner: Buffer.concat([...Array<Buffer>(127).fill(label('a')), Buffer.of(0)]), type: 16, rdata: nothing }),
    ),
  },
  { title: '4,096 questions of one octet', octets: padded(message({ question: Array<Buffer>(4_096).fill(question(Buffer.of(0))) })) },
  {
    title: '4,096 questions of long names',
    octets: padded(message({ question: [longQuestion, ...Array.from({ length: 4_095 }, (_, i) => question(distinct(i)))] })),
  },
  { title: '15,000 empty EDNS options', octets: padded(message({ additional: [opt({ rdata: Buffer.alloc(60_000) })] })) },
  { title: 'counts of 65,535', octets: padded(Buffer.alloc(12, 0xff)) },
  ...[0x00, 0x01, 0x3f, 0xc0, 0xff].map((octet) => ({
    title: `nothing but 0x${octet.toString(16)}`,
    octets: Buffer.concat([u16(0, 0, 0, 4_096, 0, 0), Buffer.alloc(OCTETS - 12, octet)]),
  })),
];
