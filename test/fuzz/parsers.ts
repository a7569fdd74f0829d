/** Every parser with any input: it ends, and throws nothing but the one error class of its layer. */

import fc from 'fast-check';
import { NameError, parseName } from '../../src/base/name.ts';
import { createPrefixSet, EndpointError, PrefixError, parseEndpoint } from '../../src/base/prefix.ts';
import { QuestionError, readMailDomain, readName, readType } from '../../src/base/question-text.ts';
import { tryParseMoment, tryParseOctets } from '../../src/config/values.ts';
import { judgeTlsaRecords } from '../../src/dane/tlsa.ts';
import { createFrameReader } from '../../src/server/frame-reader.ts';
import { parseAnchors } from '../../src/trust/anchors.ts';
import { parseHints } from '../../src/trust/hints.ts';
import { parseRootAnchorsXml } from '../../src/trust/root-anchors-xml.ts';
import { parseState, StateError } from '../../src/trust/state-text.ts';
import { composeMessage } from '../../src/wire/compose.ts';
import { WireError } from '../../src/wire/error.ts';
import { indexMessage } from '../../src/wire/message-index.ts';
import { readDnskey } from '../../src/wire/rdata/dnskey.ts';
import { readDs } from '../../src/wire/rdata/ds.ts';
import { readMx } from '../../src/wire/rdata/mx.ts';
import { readNsec } from '../../src/wire/rdata/nsec.ts';
import { readNsec3 } from '../../src/wire/rdata/nsec3.ts';
import { readRrsig } from '../../src/wire/rdata/rrsig.ts';
import { readSoa } from '../../src/wire/rdata/soa.ts';
import { readSrv } from '../../src/wire/rdata/srv.ts';
import { readTarget } from '../../src/wire/rdata/target.ts';
import { readTlsa } from '../../src/wire/rdata/tlsa.ts';
import { readTypeBitmap } from '../../src/wire/rdata/type-bitmap.ts';
import { readMessage } from '../../src/wire/read-message.ts';
import { parseZoneText, ZoneTextError } from '../../src/wire/zone-text.ts';

type ErrorClass = new (...args: never[]) => Error;

/** A name and what takes one input; rejects nothing but false behaviour. */
export interface ParserTarget {
  readonly name: string;
  readonly property: () => fc.IRawProperty<unknown>;
}

function attempt(parse: () => unknown, allowed: readonly ErrorClass[]): void {
  try {
    parse();
  } catch (error) {
    if (!allowed.some((kind) => error instanceof kind)) throw error;
  }
}

function target<T>(name: string, input: fc.Arbitrary<T>, parse: (value: T) => unknown, ...allowed: readonly ErrorClass[]): ParserTarget {
  return { name, property: () => fc.property(input, (value) => attempt(() => parse(value), allowed)) as fc.IRawProperty<unknown> };
}

const octets = fc.oneof(
  fc.uint8Array({ maxLength: 120 }),
  // Small octets make lengths and labels that fit.
  fc.array(fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 0xc0), fc.nat({ max: 255 })), { maxLength: 80 }).map((list) => Uint8Array.from(list)),
);
const words = fc.constantFrom(
  '. ',
  'a.b. ',
  'IN ',
  'DS ',
  'DNSKEY ',
  'NS ',
  'A ',
  '257 3 13 ',
  '20326 8 2 ',
  'AAAA',
  '\n',
  '(',
  ')',
  ';',
  '"',
  '\\',
  '::1',
  '/',
  '192.0.2.1',
  ':53',
  '@',
  '<',
  '>',
  '</',
  '<TrustAnchor>',
  '<Zone>.</Zone>',
  '<KeyDigest ',
  'id="',
  '{"',
  '[',
  ']',
  ',',
  '2026-01-01',
  'MB',
  '%',
  'TYPE65535',
);
const text = fc
  .array(fc.oneof(words, fc.string({ maxLength: 5 }), fc.string({ maxLength: 4, unit: 'binary' })), { maxLength: 24 })
  .map((list) => list.join(''));

const rdataReaders = { readDnskey, readDs, readMx, readNsec, readNsec3, readRrsig, readSoa, readSrv, readTarget, readTlsa };

/** Reads, composes and reads again; what was read must be as often there. */
function roundTrip(message: Uint8Array): void {
  const once = readMessage(message);
  const twice = readMessage(composeMessage(once, 65_535));
  for (const section of ['question', 'answer', 'authority', 'additional'] as const) {
    if (once[section].length !== twice[section].length)
      throw new Error(`${section}: ${once[section].length}, then ${twice[section].length}`);
  }
}

/** A stream cut anywhere gives the same messages as one that comes whole. */
function sameFrames(stream: Uint8Array, cuts: readonly number[]): void {
  const whole = framesOf([Buffer.from(stream)]);
  const at = cuts.map((cut) => cut % (stream.length + 1)).toSorted((a, b) => a - b);
  const chunks = [0, ...at].map((from, i) => Buffer.from(stream.subarray(from, at[i] ?? stream.length)));
  if (framesOf(chunks).join() !== whole.join()) throw new Error('cut otherwise, other messages');
}

function framesOf(chunks: readonly Buffer[]): string[] {
  const reader = createFrameReader();
  const frames: string[] = [];
  for (const chunk of chunks) {
    reader.feed(chunk);
    for (let frame = reader.next(); frame; frame = reader.next()) frames.push(frame.toString('hex'));
  }
  return frames;
}

const header = fc.array(fc.nat({ max: 3 }), { minLength: 4, maxLength: 4 });
const message = fc
  .tuple(header, octets, octets)
  .map(([counts, a, b]) => Buffer.concat([Buffer.from([0, 0, 0x81, 0x80, ...counts.flatMap((count) => [0, count])]), a, b]));

export const parserTargets: readonly ParserTarget[] = [
  target('message', message, roundTrip, WireError),
  target('message-index', message, indexMessage, WireError),
  ...Object.entries(rdataReaders).map(([name, read]) => target(name, octets, read, WireError)),
  target('type-bitmap', octets, (value) => readTypeBitmap(value).listTypes(), WireError),
  target('judge-tlsa', fc.array(octets, { maxLength: 6 }), judgeTlsaRecords),
  target('frame-reader', fc.tuple(octets, fc.array(fc.nat({ max: 200 }), { maxLength: 8 })), ([stream, cuts]) => sameFrames(stream, cuts)),
  target('zone-text', text, (value) => parseZoneText(value, 'fuzz'), ZoneTextError),
  target('anchors', text, (value) => parseAnchors(value, 'fuzz'), ZoneTextError),
  target('anchors-xml', text, (value) => parseRootAnchorsXml(value, 'fuzz'), ZoneTextError),
  target('anchor-state', text, parseState, StateError),
  target('hints', text, (value) => parseHints(value, 'fuzz'), ZoneTextError),
  target('prefix', text, (value) => createPrefixSet([value]), PrefixError),
  target('endpoint', text, (value) => parseEndpoint(value), EndpointError),
  target('config-values', text, (value) => [tryParseMoment(value), tryParseOctets(value)]),
  target('name', text, parseName, NameError),
  target('question-name', text, readName, QuestionError),
  target('mail-domain', text, readMailDomain, QuestionError),
  target('question-type', text, readType, QuestionError),
];
