/**
 * A message off the wire into RRsets (RFC 1035 §4, RFC 2181 §5): RRSIGs stand with what they cover, names in RDATA are uncompressed,
 * everything is copied, so nothing points into the packet. EDNS(0) per RFC 6891, names in RDATA per RFC 3597 §4.
 * Limits: RDATA is checked only as far as its names and addresses go; what else its fields must be is for the readers in rdata/.
 */

import { MAX_LABELS, MAX_NAME_OCTETS, type Name } from '../base/name.ts';
import { type Edns, type EdnsOption, type Message, type RRset, rrKey } from '../base/record.ts';
import { Class, Type } from '../base/registry.ts';
import { WireError } from './error.ts';
import { indexMessage, type MessageIndex, questionAt, readUint16, Section, type SectionNumber } from './message-index.ts';
import { readName, skipName } from './name-ref.ts';
import { type NameLayout, nameLayout } from './rdata/layout.ts';

export { tryReadHeader, tryReadQuestion } from './message-index.ts';

/** EDNS options of one message, by our choice. */
const MAX_OPTIONS = 64;

/** Reads a whole message; it shares no octets with `octets`. @throws {WireError} at the octet that is wrong */
export function readMessage(octets: Uint8Array): Message {
  // A Buffer's slice is a view; of a plain Uint8Array it is the copy that outlives the packet.
  const index = indexMessage(new Uint8Array(octets.buffer, octets.byteOffset, octets.length));
  const { header } = index;
  const question = Array.from(index.questions, (offset) => questionAt(index.octets, offset));
  const opt = findOpt(index);
  const ownerOf = nameReader(index);
  const section = (number: SectionNumber, keepSignatures = false) => readSection(index, number, ownerOf, keepSignatures);
  return {
    id: header.id,
    opcode: header.opcode,
    rcode: opt === undefined ? header.rcode : (((index.ttl[opt] as number) >>> 24) << 4) | header.rcode,
    flags: header.flags,
    question,
    answer: section(Section.ANSWER, question[0]?.qtype === Type.RRSIG),
    authority: section(Section.AUTHORITY),
    additional: section(Section.ADDITIONAL),
    edns: opt === undefined ? undefined : readEdns(index, opt),
  };
}

/** Reads owners; each name that many records point to is made once. */
function nameReader({ octets, owner }: MessageIndex): (record: number) => Name {
  const known = new Map<number, Name>();
  return (record) => {
    let at = owner[record] as number;
    // The index has checked the first pointer: to prior octets, so readName's rule holds if it holds from there.
    if ((octets[at] as number) >= 0xc0) at = readUint16(octets, at) & 0x3fff;
    const name = known.get(at) ?? readName(octets, at);
    known.set(at, name);
    return name;
  };
}

interface Group extends RRset {
  ttl: number;
  rdata: Uint8Array[];
  signatures: Uint8Array[];
}

function readSection(index: MessageIndex, number: SectionNumber, ownerOf: (record: number) => Name, keepSignatures: boolean): RRset[] {
  const groups = new Map<string, Group>();
  const signatures: { readonly owner: Name; readonly record: number }[] = [];
  let last: Group | undefined;
  for (let record = 0; record < index.records; record++) {
    const type = index.type[record] as number;
    if (index.section[record] !== number || type === Type.OPT) continue;
    const owner = ownerOf(record);
    if (type === Type.RRSIG && !keepSignatures) {
      signatures.push({ owner, record });
      continue;
    }
    if (last?.type !== type || last.class !== index.class[record] || last.owner.key !== owner.key)
      last = openGroup(groups, index, record, owner);
    last.ttl = Math.min(last.ttl, index.ttl[record] as number);
    last.rdata.push(readRdata(index, record));
  }
  for (const { owner, record } of signatures) attachSignature(groups, index, record, owner);
  return [...groups.values()].map(distinctRecords);
}

const groupKey = (owner: Name, type: number, klass: number) => `${klass}/${rrKey(owner, type)}`;

function openGroup(groups: Map<string, Group>, index: MessageIndex, record: number, owner: Name): Group {
  const type = index.type[record] as number;
  const klass = index.class[record] as number;
  const key = groupKey(owner, type, klass);
  const known = groups.get(key);
  if (known) return known;
  const group: Group = { owner, type, class: klass, ttl: index.ttl[record] as number, rdata: [], signatures: [] };
  groups.set(key, group);
  return group;
}

/** Puts an RRSIG with the RRset it covers; where that is not in the section, it stays an RRset of its own. */
function attachSignature(groups: Map<string, Group>, index: MessageIndex, record: number, owner: Name): void {
  const rdata = readRdata(index, record);
  const typeCovered = readUint16(rdata, 0);
  const covered = typeCovered === Type.RRSIG ? undefined : groups.get(groupKey(owner, typeCovered, index.class[record] as number));
  const group = covered ?? openGroup(groups, index, record, owner);
  group.ttl = Math.min(group.ttl, index.ttl[record] as number);
  (covered ? group.signatures : group.rdata).push(rdata);
}

function distinctRecords(group: Group): RRset {
  group.rdata = distinct(group.rdata);
  group.signatures = distinct(group.signatures);
  return group;
}

/** Without exact duplicates (RFC 2181 §5); not quadratic, for an RRset may have thousands of records. */
function distinct(records: Uint8Array[]): Uint8Array[] {
  if (records.length < 2) return records;
  const seen = new Set<string>();
  return records.filter((rdata) => {
    const before = seen.size;
    return seen.add(Buffer.from(rdata.buffer, rdata.byteOffset, rdata.length).toString('latin1')).size > before;
  });
}

/** Copies RDATA out of its message, names in it uncompressed. */
function readRdata({ octets, type: types, class: classes, rdata, rdataLength }: MessageIndex, record: number): Uint8Array {
  const type = types[record] as number;
  const at = rdata[record] as number;
  const length = rdataLength[record] as number;
  const layout = nameLayout(type);
  if (layout) return expandNames(octets, at, at + length, layout);
  const wanted = type === Type.A ? 4 : type === Type.AAAA ? 16 : length;
  if (length !== wanted && classes[record] === Class.IN) throw new WireError('rdata-length', at);
  return octets.slice(at, at + length);
}

const names = new Uint8Array(2 * MAX_NAME_OCTETS);

function expandNames(octets: Uint8Array, start: number, end: number, layout: NameLayout): Uint8Array {
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
