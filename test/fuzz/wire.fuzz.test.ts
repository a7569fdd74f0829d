/** Whatever the octets: reading ends, throws nothing but WireError, and what was read can be written and read again. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatName, type Name, nameOfLabels, parseName } from '../../src/base/name.ts';
import type { Edns, Message, Question, RRset } from '../../src/base/record.ts';
import { composeMessage } from '../../src/wire/compose.ts';
import { edeOption } from '../../src/wire/ede.ts';
import { WireError } from '../../src/wire/error.ts';
import { indexMessage } from '../../src/wire/message-index.ts';
import { nameLayout } from '../../src/wire/rdata/layout.ts';
import { formatRdata, formatRRset } from '../../src/wire/rdata-text.ts';
import { readMessage, tryReadHeader, tryReadQuestion } from '../../src/wire/read-message.ts';
import { parseZoneText, ZoneTextError } from '../../src/wire/zone-text.ts';

const runs = (numRuns: number) => ({ numRuns });

// Labels out of a small alphabet, so that names meet, and out of all octets.
const someLabel = fc.oneof(
  fc.constantFrom('a', 'B', 'b', 'mx', 'example', 'EXAMPLE', '*').map((text) => new Uint8Array(Buffer.from(text))),
  fc.uint8Array({ minLength: 1, maxLength: 63 }),
);
const someName: fc.Arbitrary<Name> = fc.array(someLabel, { maxLength: 6 }).map((labels) => nameOfLabels(labels.slice(0, 3))); // at most 193 octets
const u16 = fc.integer({ min: 0, max: 0xffff });
const someOctets = fc.uint8Array({ maxLength: 40 });
const joined = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

function rdataOf(type: number): fc.Arbitrary<Uint8Array> {
  const layout = nameLayout(type);
  if (type === 1) return fc.uint8Array({ minLength: 4, maxLength: 4 });
  if (type === 28) return fc.uint8Array({ minLength: 16, maxLength: 16 });
  if (!layout) return someOctets;
  const fixed = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const string = fc.uint8Array({ maxLength: 20 }).map((octets) => joined(Uint8Array.of(octets.length), octets));
  return fc
    .tuple(
      fixed(layout.before),
      fc.array(string, { minLength: layout.strings, maxLength: layout.strings }),
      fc.array(someName, { minLength: layout.names, maxLength: layout.names }),
      layout.after === undefined ? someOctets : fixed(layout.after),
    )
    .map(([before, strings, names, after]) => joined(before, ...strings, ...names.map(({ wire }) => wire), after));
}

const distinct = (rdata: readonly Uint8Array[]) => [
  ...new Map(rdata.map((octets) => [Buffer.from(octets).toString('hex'), octets])).values(),
];
const typeNumbers = fc.constantFrom(1, 2, 5, 6, 12, 14, 15, 16, 17, 28, 33, 35, 39, 43, 47, 48, 50, 52, 65_280);

const someRRset: fc.Arbitrary<RRset> = fc
  .tuple(someName, typeNumbers, fc.integer({ min: 0, max: 0x7fffffff }))
  .chain(([owner, type, ttl]) =>
    fc
      .tuple(fc.array(rdataOf(type), { minLength: 1, maxLength: 5 }), fc.array(rdataOf(46), { maxLength: 2 }))
      .map(([rdata, signatures]) => ({
        owner,
        type,
        class: 1,
        ttl,
        rdata: distinct(rdata),
        signatures: distinct(signatures.map((signature) => joined(Uint8Array.of(type >> 8, type & 0xff), signature.subarray(2)))),
      })),
  );

/** A section as reading gives it: one RRset for each owner and type. */
const someSection = fc
  .array(someRRset, { maxLength: 6 })
  .map((rrsets) => [...new Map(rrsets.map((rrset) => [`${rrset.type}/${rrset.owner.key}`, rrset])).values()]);
const someQuestion: fc.Arbitrary<Question> = fc.record({ qname: someName, qtype: fc.constantFrom(1, 15, 28, 52, 255), qclass: u16 });
const someOption = fc.oneof(
  fc.record({ code: u16, data: someOctets }),
  fc.tuple(u16, fc.string()).map(([code, text]) => edeOption(code, text)),
);
const someEdns: fc.Arbitrary<Edns> = fc.record({
  udpSize: u16,
  version: fc.constant(0),
  dnssecOk: fc.boolean(),
  options: fc.array(someOption, { maxLength: 5 }),
});

const someMessage: fc.Arbitrary<Message> = fc.record({
  id: u16,
  opcode: fc.integer({ min: 0, max: 15 }),
  rcode: fc.integer({ min: 0, max: 15 }),
  flags: fc.record({
    response: fc.boolean(),
    authoritative: fc.boolean(),
    truncated: fc.constant(false),
    recursionDesired: fc.boolean(),
    recursionAvailable: fc.boolean(),
    authenticData: fc.boolean(),
    checkingDisabled: fc.boolean(),
  }),
  question: fc.array(someQuestion, { maxLength: 1 }),
  answer: someSection,
  authority: someSection,
  additional: someSection,
  edns: fc.option(someEdns, { nil: undefined }),
});

/** Without what compression may change: the case of names, by which two records may become one. */
function comparable(message: Message): unknown {
  const octetsOf = (type: number, rdata: readonly Uint8Array[]) => {
    const texts = rdata.map((octets) => Buffer.from(octets).toString('latin1'));
    return nameLayout(type)?.compressible ? [...new Set(texts.map((text) => text.toLowerCase()))] : texts;
  };
  const section = (rrsets: readonly RRset[]) =>
    rrsets.map(({ owner, type, rdata, signatures, ...rest }) => ({
      ...rest,
      type,
      owner: owner.key,
      rdata: octetsOf(type, rdata),
      signatures: octetsOf(46, signatures),
    }));
  return {
    ...message,
    question: message.question.map(({ qname, ...rest }) => ({ ...rest, qname: qname.key })),
    answer: section(message.answer),
    authority: section(message.authority),
    additional: section(message.additional),
  };
}

function readOrRefuse(octets: Uint8Array): Message | undefined {
  try {
    return readMessage(octets);
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
    return undefined;
  }
}

/** Octets set, cut out, put in: some of many such changes make lengths and pointers lie. */
const someChanges = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    how: fc.constantFrom('set', 'cut', 'insert', 'pointer'),
    octet: fc.integer({ min: 0, max: 255 }),
  }),
  { minLength: 1, maxLength: 8 },
);
type Change = { readonly at: number; readonly how: string; readonly octet: number };

function change(octets: Buffer, changes: readonly Change[]): Buffer {
  let changed = Buffer.from(octets);
  for (const { at, how, octet } of changes) {
    const offset = Math.floor(at * changed.length);
    if (how === 'set' && offset < changed.length) changed[offset] = octet;
    else if (how === 'cut') changed = Buffer.concat([changed.subarray(0, offset), changed.subarray(offset + 1)]);
    else if (how === 'insert') changed = Buffer.concat([changed.subarray(0, offset), Buffer.of(octet), changed.subarray(offset)]);
    else if (offset + 1 < changed.length) changed.writeUInt16BE(0xc000 | Math.floor((offset * octet) / 255), offset);
  }
  return changed;
}

describe('messages', () => {
  test('composed and read again they are the same', () => {
    fc.assert(
      fc.property(someMessage, (message) => {
        expect(comparable(readMessage(composeMessage(message, 65_535)))).toEqual(comparable(message));
      }),
      runs(1_000),
    );
  });

  test('at any size they are readable, no longer than that, and TC says whether answer or authority is short', () => {
    fc.assert(
      fc.property(someMessage, fc.integer({ min: 512, max: 3_000 }), (message, maxOctets) => {
        const octets = composeMessage(message, maxOctets);
        expect(octets.length).toBeLessThanOrEqual(maxOctets);
        const read = readMessage(octets);
        const short = read.answer.length < message.answer.length || read.authority.length < message.authority.length;
        expect(read.flags.truncated).toBe(short);
        expect([read.question.length, read.edns !== undefined]).toEqual([message.question.length, message.edns !== undefined]);
        // What is there is whole, and the beginning of what was to be sent.
        const { answer, authority, additional } = message;
        const begun = {
          answer: answer.slice(0, read.answer.length),
          authority: authority.slice(0, read.authority.length),
          additional: additional.slice(0, read.additional.length),
        };
        expect(comparable({ ...read, edns: undefined })).toEqual(comparable({ ...message, ...begun, flags: read.flags, edns: undefined }));
      }),
      runs(1_000),
    );
  });

  test('changed octets are read or refused, and what is read can be written, printed and read again', () => {
    fc.assert(
      fc.property(someMessage, someChanges, (message, changes) => {
        const octets = change(composeMessage(message, 4_096), changes);
        tryReadHeader(octets);
        tryReadQuestion(octets);
        const read = readOrRefuse(octets);
        if (!read) return;
        for (const line of [...read.answer, ...read.authority, ...read.additional].flatMap(formatRRset))
          expect(line).toMatch(/^[\x20-\x7e]+$/);
        expect(comparable(readMessage(composeMessage(read, 65_535)))).toEqual(comparable(read));
      }),
      runs(3_000),
    );
  });

  test('random octets behind a plausible header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.uint8Array({ maxLength: 400 }), (counts, rest) => {
        const header = Buffer.from([0, 0, 0x81, 0x80, ...counts.map((octet, i) => (i % 2 === 0 ? 0 : octet & 3))]);
        readOrRefuse(Buffer.concat([header, rest]));
      }),
      runs(3_000),
    );
  });

  test('the index and the reader refuse the same headers', () => {
    fc.assert(
      fc.property(someMessage, someChanges, (message, changes) => {
        const octets = change(composeMessage(message, 4_096), changes);
        try {
          indexMessage(octets);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
          expect(readOrRefuse(octets)).toBeUndefined();
        }
      }),
      runs(1_000),
    );
  });
});

describe('text', () => {
  test('names are printed and read again', () => {
    fc.assert(
      fc.property(someName, (name) => {
        expect(parseName(formatName(name))).toEqual(name);
      }),
      runs(1_000),
    );
  });

  test('RDATA of any octets is a line of printable ASCII, and reads back to the same octets', () => {
    fc.assert(
      fc.property(typeNumbers, fc.uint8Array({ maxLength: 60 }), (type, rdata) => {
        const text = formatRdata(type, rdata);
        expect(text).toMatch(/^[\x20-\x7e]+$/);
        // What has not the form of its type is refused in a zone file, as it should be.
        if (!text.startsWith('\\#')) expect(parseZoneText(`. IN TYPE${type} ${text}`, 'fuzz')[0]?.rdata).toEqual(rdata);
      }),
      runs(2_000),
    );
  });

  test('well-formed RDATA too', () => {
    fc.assert(
      fc.property(
        typeNumbers.chain((type) => fc.tuple(fc.constant(type), rdataOf(type))),
        ([type, rdata]) => {
          const text = formatRdata(type, rdata);
          if (!text.startsWith('\\#')) expect(parseZoneText(`. IN TYPE${type} ${text}`, 'fuzz')[0]?.rdata).toEqual(rdata);
        },
      ),
      runs(1_000),
    );
  });

  test('a zone file of any text is read or refused in a sentence', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'a. ',
        ' ',
        '\n',
        '"',
        '(',
        ')',
        ';',
        '\\',
        '\\#',
        '$ORIGIN ',
        '$TTL ',
        'IN ',
        '60 ',
        'A ',
        'TXT ',
        'SOA ',
        'RRSIG ',
        'NSEC3 ',
        'DNSKEY ',
        '- ',
      ),
      fc.string({ maxLength: 6 }),
      fc.string({ maxLength: 6, unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        try {
          parseZoneText(pieces.join(''), 'fuzz');
        } catch (error) {
          expect(error).toBeInstanceOf(ZoneTextError);
          expect((error as Error).message).toMatch(/^fuzz:\d+: [\x20-\x7e]+$/);
        }
      }),
      runs(3_000),
    );
  });
});
