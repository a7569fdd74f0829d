/**
 * A message off the wire into RRsets (RFC 1035 §4, RFC 2181 §5): RRSIGs stand with what they cover, names in RDATA are uncompressed,
 * everything is copied, so nothing points into the packet. EDNS(0) per RFC 6891, names in RDATA per RFC 3597 §4.
 * Limits: RDATA is checked only as far as its names and addresses go; what else its fields must be is for the readers in rdata/.
 */

import { MAX_LABELS, MAX_NAME_OCTETS, type Name } from '../base/name.ts';
import type { Edns, EdnsOption, Message, Question, RRset } from '../base/record.ts';
import { Class, Type } from '../base/registry.ts';
import { WireError } from './error.ts';
import {
  indexMessage,
  MAX_MESSAGE_OCTETS,
  type MessageIndex,
  questionAt,
  readUint16,
  Section,
  type SectionNumber,
} from './message-index.ts';
import { readName, skipName } from './name-ref.ts';
import { type NameLayout, nameLayout } from './rdata/layout.ts';
import { type Group, RRsetGroups } from './rrset-groups.ts';

export { tryReadHeader, tryReadQuestion } from './message-index.ts';

/** EDNS options of one message, by our choice. */
const MAX_OPTIONS = 64;
/**
 * Octets of names that one message may unfold to, by our choice: four times what a message can hold. Pointers could make it forty
 * times; common names come to twice.
 */
const MAX_UNFOLDED_OCTETS = 4 * MAX_MESSAGE_OCTETS;

/** What holds while one message is read. */
interface Reading {
  readonly index: MessageIndex;
  /** Owners by the offset where their first label stands: a name that many records point to is made once. */
  readonly owners: Map<number, Name>;
  /** Octets of names that may still be unfolded. */
  left: number;
}

/** Reads a whole message; it shares no octets with `octets`. @throws {WireError} at the octet that is wrong */
export function readMessage(octets: Uint8Array): Message {
  // A Buffer's slice is a view; of a plain Uint8Array it is the copy that outlives the packet.
  const index = indexMessage(new Uint8Array(octets.buffer, octets.byteOffset, octets.length));
  const reading: Reading = { index, owners: new Map(), left: MAX_UNFOLDED_OCTETS };
  const { header } = index;
  const question = Array.from(index.questions, (offset) => readQuestion(reading, offset));
  const opt = findOpt(index);
  return {
    id: header.id,
    opcode: header.opcode,
    rcode: opt === undefined ? header.rcode : (((index.ttl[opt] as number) >>> 24) << 4) | header.rcode,
    flags: header.flags,
    question,
    answer: readSection(reading, Section.ANSWER, question[0]?.qtype === Type.RRSIG),
    authority: readSection(reading, Section.AUTHORITY, false),
    additional: readSection(reading, Section.ADDITIONAL, false),
    edns: opt === undefined ? undefined : readEdns(index, opt),
  };
}

function charge(reading: Reading, octets: number, at: number): void {
  reading.left -= octets;
  if (reading.left < 0) throw new WireError('too-long', at);
}

function readQuestion(reading: Reading, offset: number): Question {
  const question = questionAt(reading.index.octets, offset);
  charge(reading, question.qname.wire.length, offset);
  return question;
}

function readOwner(reading: Reading, record: number): Name {
  const { octets, owner } = reading.index;
  let at = owner[record] as number;
  // The index has checked the first pointer: to prior octets, so readName's rule holds if it holds from there.
  if ((octets[at] as number) >= 0xc0) at = readUint16(octets, at) & 0x3fff;
  const known = reading.owners.get(at);
  if (known) return known;
  const name = readName(octets, at);
  charge(reading, name.wire.length, at);
  reading.owners.set(at, name);
  return name;
}

function readSection(reading: Reading, number: SectionNumber, keepSignatures: boolean): RRset[] {
  const { index } = reading;
  const groups = new RRsetGroups();
  const signatures: number[] = [];
  let last: Group | undefined;
  for (let record = 0; record < index.records; record++) {
    const type = index.type[record] as number;
    if (index.section[record] !== number || type === Type.OPT) continue;
    if (type === Type.RRSIG && !keepSignatures) {
      signatures.push(record);
      continue;
    }
    const owner = readOwner(reading, record);
    const klass = index.class[record] as number;
    const ttl = index.ttl[record] as number;
    if (last?.owner !== owner || last.type !== type || last.class !== klass) last = groups.open(owner, type, klass, ttl);
    last.ttl = Math.min(last.ttl, ttl);
    last.rdata.push(readRdata(reading, record));
  }
  for (const record of signatures) readSignature(reading, record, groups);
  return groups.finish();
}

/** Puts an RRSIG with the RRset it covers; where that is not in the section, it stays an RRset of its own. */
function readSignature(reading: Reading, record: number, groups: RRsetGroups): void {
  const owner = readOwner(reading, record);
  const klass = reading.index.class[record] as number;
  const ttl = reading.index.ttl[record] as number;
  const rdata = readRdata(reading, record);
  const typeCovered = readUint16(rdata, 0);
  // Nothing covers an RRSIG (RFC 4035 §2.2), and those that stay by themselves must not gather others.
  const covered = typeCovered === Type.RRSIG ? undefined : groups.find(owner, typeCovered, klass);
  const group = covered ?? groups.open(owner, Type.RRSIG, klass, ttl);
  group.ttl = Math.min(group.ttl, ttl);
  (covered ? group.signatures : group.rdata).push(rdata);
}

/** Copies RDATA out of its message, names in it uncompressed. */
function readRdata(reading: Reading, record: number): Uint8Array {
  const { octets, type: types, class: classes, rdata, rdataLength } = reading.index;
  const type = types[record] as number;
  const at = rdata[record] as number;
  const length = rdataLength[record] as number;
  const layout = nameLayout(type);
  if (layout) return unfoldNames(reading, at, at + length, layout);
  const wanted = type === Type.A ? 4 : type === Type.AAAA ? 16 : length;
  if (length !== wanted && classes[record] === Class.IN) throw new WireError('rdata-length', at);
  return octets.slice(at, at + length);
}

const names = new Uint8Array(2 * MAX_NAME_OCTETS);

function unfoldNames(reading: Reading, start: number, end: number, layout: NameLayout): Uint8Array {
  const { octets } = reading.index;
  let at = start + layout.before;
  for (let i = 0; i < layout.strings && at < end; i++) at += 1 + (octets[at] as number);
  const head = at - start;
  let used = 0;
  for (let i = 0; i < layout.names; i++) {
    if (at >= end) throw new WireError('rdata-length', at);
    used = copyName(octets, at, used);
    at = skipName(octets, at);
  }
  if (layout.after === undefined ? at > end : at + layout.after !== end) throw new WireError('rdata-length', at);
  charge(reading, used, start);
  const rdata = new Uint8Array(head + used + end - at);
  rdata.set(octets.subarray(start, start + head));
  rdata.set(names.subarray(0, used), head);
  rdata.set(octets.subarray(at, end), head + used);
  return rdata;
}

/** As `readName`, but only copies, to `names` from `used` on: a hostile message may hold ten thousand names in RDATA. */
function copyName(octets: Uint8Array, offset: number, used: number): number {
  const limit = used + MAX_NAME_OCTETS;
  for (let hops = 0, at = offset, floor = offset, to = used; ; ) {
    const octet = octets[at];
    if (octet === undefined) throw new WireError('truncated', at);
    if (octet >= 0xc0) {
      if (at + 2 > octets.length) throw new WireError('truncated', at + 1);
      const target = readUint16(octets, at) & 0x3fff;
      if (target >= floor || ++hops > MAX_LABELS) throw new WireError('pointer', at);
      at = floor = target;
      continue;
    }
    const end = at + octet + 1;
    if (octet > 63) throw new WireError('label-type', at);
    if (end > octets.length) throw new WireError('truncated', at);
    if (to + octet + 1 > limit) throw new WireError('name-too-long', at);
    while (at < end) names[to++] = octets[at++] as number;
    if (octet === 0) return to;
  }
}

/** The one OPT record: in the additional section, owned by the root, once (RFC 6891 §6.1.1). */
function findOpt(index: MessageIndex): number | undefined {
  let found: number | undefined;
  for (let record = 0; record < index.records; record++) {
    if (index.type[record] !== Type.OPT) continue;
    const owner = index.owner[record] as number;
    if (found !== undefined || index.section[record] !== Section.ADDITIONAL || index.octets[owner] !== 0) throw new WireError('opt', owner);
    found = record;
  }
  return found;
}

function readEdns(index: MessageIndex, record: number): Edns {
  const fields = index.ttl[record] as number;
  const version = (fields >>> 16) & 0xff;
  return {
    udpSize: index.class[record] as number,
    version,
    dnssecOk: (fields & 0x8000) !== 0,
    // What another version puts there is not ours to read; its sender gets BADVERS (RFC 6891 §6.1.3).
    options: version === 0 ? readOptions(index, record) : [],
  };
}

function readOptions({ octets, rdata, rdataLength }: MessageIndex, record: number): EdnsOption[] {
  const options: EdnsOption[] = [];
  let at = rdata[record] as number;
  const end = at + (rdataLength[record] as number);
  while (at < end) {
    if (options.length === MAX_OPTIONS || at + 4 > end) throw new WireError('opt', at);
    const next = at + 4 + readUint16(octets, at + 2);
    if (next > end) throw new WireError('opt', at);
    options.push({ code: readUint16(octets, at), data: octets.slice(at + 4, next) });
    at = next;
  }
  return options;
}
