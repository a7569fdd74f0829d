/**
 * Where everything stands in a message: one pass over it into typed arrays, no object per record (RFC 1035 §4.1).
 * Names are skipped in place and no pointer is followed, so the work is bounded by the octets there are.
 * Octets behind the last counted record are tolerated, as BIND and Unbound do; `end` tells a caller who wants to be strict.
 */

import { MAX_NAME_OCTETS } from '../base/name.ts';
import type { Flags, Question } from '../base/record.ts';
import { Type } from '../base/registry.ts';
import { WireError } from './error.ts';
import { readName } from './name-ref.ts';

export const HEADER_OCTETS = 12;
/** Longest message that TCP can carry (RFC 1035 §4.2.2). */
export const MAX_MESSAGE_OCTETS = 0xffff;
/** Questions and records of one message, by our choice: only a zone transfer needs more. */
export const MAX_RECORDS = 4_096;

/** The header as it stands in the first twelve octets, whatever follows (RFC 1035 §4.1.1). */
export interface Header {
  readonly id: number;
  readonly opcode: number;
  /** The lower four bits; the rest is in the OPT record. */
  readonly rcode: number;
  readonly flags: Flags;
  readonly questions: number;
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
}

export const Section = { ANSWER: 1, AUTHORITY: 2, ADDITIONAL: 3 } as const;
export type SectionNumber = (typeof Section)[keyof typeof Section];

/** Offsets and fixed fields of each record, by its position in the message. Valid as long as `octets` is not written to. */
export interface MessageIndex {
  readonly octets: Uint8Array;
  readonly header: Header;
  /** Offset of each question. */
  readonly questions: Uint16Array;
  /** Records in the three sections together. */
  readonly records: number;
  readonly section: Uint8Array;
  readonly owner: Uint16Array;
  readonly type: Uint16Array;
  readonly class: Uint16Array;
  /** Seconds; zero where the top bit is set (RFC 2181 §8). For OPT the field as it stands (RFC 6891 §6.1.3). */
  readonly ttl: Uint32Array;
  readonly rdata: Uint16Array;
  readonly rdataLength: Uint16Array;
  /** Offset behind the last record. */
  readonly end: number;
}

export function readUint16(octets: Uint8Array, at: number): number {
  return ((octets[at] as number) << 8) | (octets[at + 1] as number);
}

export function readUint32(octets: Uint8Array, at: number): number {
  return readUint16(octets, at) * 0x10000 + readUint16(octets, at + 2);
}

/** Reads the header alone, for whoever must answer a message that is broken behind it; undefined under twelve octets. */
export function tryReadHeader(octets: Uint8Array): Header | undefined {
  if (octets.length < HEADER_OCTETS) return undefined;
  const bits = readUint16(octets, 2);
  return {
    id: readUint16(octets, 0),
    opcode: (bits >> 11) & 0xf,
    rcode: bits & 0xf,
    flags: {
      response: (bits & 0x8000) !== 0,
      authoritative: (bits & 0x0400) !== 0,
      truncated: (bits & 0x0200) !== 0,
      recursionDesired: (bits & 0x0100) !== 0,
      recursionAvailable: (bits & 0x0080) !== 0,
      authenticData: (bits & 0x0020) !== 0,
      checkingDisabled: (bits & 0x0010) !== 0,
    },
    questions: readUint16(octets, 4),
    answers: readUint16(octets, 6),
    authorities: readUint16(octets, 8),
    additionals: readUint16(octets, 10),
  };
}

/** Reads the first question alone, for an answer to a message that is broken behind it; undefined where there is none. */
export function tryReadQuestion(octets: Uint8Array): Question | undefined {
  if ((tryReadHeader(octets)?.questions ?? 0) === 0) return undefined;
  try {
    return questionAt(octets, HEADER_OCTETS);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** Reads the question that starts at `offset`. @throws {WireError} where it is none */
export function questionAt(octets: Uint8Array, offset: number): Question {
  const qname = readName(octets, offset);
  const at = skipOwner(octets, offset);
  if (at + 4 > octets.length) throw new WireError('truncated', octets.length);
  return { qname, qtype: readUint16(octets, at), qclass: readUint16(octets, at + 2) };
}

/** The first question of an indexed message; undefined where there is none. @throws {WireError} where its name is none */
export function questionOf(index: MessageIndex): Question | undefined {
  const offset = index.questions[0];
  return offset === undefined ? undefined : questionAt(index.octets, offset);
}

/** Indexes a whole message. The octets are kept, not copied. @throws {WireError} at the octet that is wrong */
export function indexMessage(octets: Uint8Array): MessageIndex {
  if (octets.length > MAX_MESSAGE_OCTETS) throw new WireError('too-long', MAX_MESSAGE_OCTETS);
  const header = tryReadHeader(octets);
  if (!header) throw new WireError('truncated', octets.length);
  const records = header.answers + header.authorities + header.additionals;
  if (header.questions + records > MAX_RECORDS) throw new WireError('too-many-records', 4);
  // The shortest question has 5 octets, the shortest record 11: a header that promises more than there is costs nothing.
  if (HEADER_OCTETS + header.questions * 5 + records * 11 > octets.length) throw new WireError('truncated', octets.length);

  const questions = new Uint16Array(header.questions);
  let at = HEADER_OCTETS;
  for (let i = 0; i < questions.length; i++) {
    questions[i] = at;
    at = skipOwner(octets, at) + 4;
    if (at > octets.length) throw new WireError('truncated', octets.length);
  }
  return indexRecords(octets, header, questions, records, at);
}

function indexRecords(octets: Uint8Array, header: Header, questions: Uint16Array, records: number, start: number): MessageIndex {
  const section = new Uint8Array(records);
  const owner = new Uint16Array(records);
  const types = new Uint16Array(records);
  const classes = new Uint16Array(records);
  const ttls = new Uint32Array(records);
  const rdata = new Uint16Array(records);
  const rdataLength = new Uint16Array(records);
  const authorityAt = header.answers;
  const additionalAt = authorityAt + header.authorities;
  let at = start;
  for (let i = 0; i < records; i++) {
    section[i] = i < authorityAt ? Section.ANSWER : i < additionalAt ? Section.AUTHORITY : Section.ADDITIONAL;
    owner[i] = at;
    at = skipOwner(octets, at);
    if (at + 10 > octets.length) throw new WireError('truncated', octets.length);
    const type = readUint16(octets, at);
    const ttl = readUint32(octets, at + 4);
    const length = readUint16(octets, at + 8);
    types[i] = type;
    classes[i] = readUint16(octets, at + 2);
    ttls[i] = ttl > 0x7fffffff && type !== Type.OPT ? 0 : ttl;
    at += 10;
    if (at + length > octets.length) throw new WireError('truncated', octets.length);
    rdata[i] = at;
    rdataLength[i] = length;
    at += length;
  }
  return { octets, header, questions, records, section, owner, type: types, class: classes, ttl: ttls, rdata, rdataLength, end: at };
}

/** As `skipName`, and the pointer must point to prior octets, as `readName` will demand. */
function skipOwner(octets: Uint8Array, offset: number): number {
  for (let at = offset; ; ) {
    const octet = octets[at];
    if (octet === undefined) throw new WireError('truncated', at);
    if (octet >= 0xc0) {
      if (at + 2 > octets.length) throw new WireError('truncated', at + 1);
      if ((readUint16(octets, at) & 0x3fff) >= offset) throw new WireError('pointer', at);
      return at + 2;
    }
    if (octet > 63) throw new WireError('label-type', at);
    at += octet + 1;
    if (at > octets.length) throw new WireError('truncated', octets.length);
    if (at - offset > MAX_NAME_OCTETS) throw new WireError('name-too-long', at);
    if (octet === 0) return at;
  }
}
