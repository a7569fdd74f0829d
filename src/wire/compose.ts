/**
 * Writing messages (RFC 1035 §4): compression, EDNS(0) (RFC 6891), truncation by whole RRsets (RFC 2181 §9).
 * Names are matched without regard to case, so a compressed owner takes the case of the name it points to, mostly the question's
 * (RFC 4343 §4.1 lets it). Compression work is bounded (CVE-2024-8508): once spent, names are written whole.
 * Limits: an RCODE over 15 needs EDNS; without it SERVFAIL is written, for the lower four bits alone could say NOERROR.
 */

import type { Name } from '../base/name.ts';
import type { Edns, EdnsOption, Message, RRset } from '../base/record.ts';
import { EdnsCode, Rcode, Type } from '../base/registry.ts';
import { WireError } from './error.ts';
import { HEADER_OCTETS, MAX_MESSAGE_OCTETS } from './message-index.ts';
import { readPlainName } from './name-ref.ts';
import { nameLayout } from './rdata/layout.ts';

/** What every client takes, whatever it says (RFC 1035 §4.2.1, RFC 6891 §6.2.3). Header, one question and a bare OPT always fit. */
const MIN_MESSAGE_OCTETS = 512;
/** Lookups of name suffixes in one message, by our choice: a full message of common names takes a quarter of it. */
const MAX_LOOKUPS = 4_096;
/** A pointer has 14 bits (RFC 1035 §4.1.4). */
const MAX_POINTER = 0x3fff;

/**
 * Writes a message of at most `maxOctets` (no less than 512, no more than 65,535). What does not fit goes in this order: additional
 * RRsets, EDE texts, EDE options, then with TC set whole RRsets of authority and answer, last first.
 * EDNS options other than EDE go only where not even header and question fit beside them.
 */
export function composeMessage(message: Message, maxOctets: number): Buffer {
  const limit = maxOctets > MIN_MESSAGE_OCTETS ? Math.min(maxOctets, MAX_MESSAGE_OCTETS) : MIN_MESSAGE_OCTETS;
  const opts = optVariants(message.edns);
  const writer = new Writer();
  const questions = writeQuestions(writer, message, limit - octetsOf(opts.at(-1)));

  const reserved = octetsOf(opts.find((opt) => opt.essential && writer.at + opt.octets <= limit) ?? opts.at(-1));
  writer.limit = limit - reserved;
  const answer = writeSection(writer, message.answer);
  const authority = answer.complete ? writeSection(writer, message.authority) : nothing;
  const complete = answer.complete && authority.complete;

  const opt = opts.find(({ octets }) => writer.at + octets <= limit);
  writer.limit = limit - octetsOf(opt);
  const additional = complete && opt === opts[0] ? writeSection(writer, message.additional) : nothing;
  writer.limit = limit;
  if (opt && message.edns) writeOpt(writer, message.edns, opt.options, message.rcode);
  return writer.finish(message, !complete, [questions, answer.records, authority.records, additional.records + (opt ? 1 : 0)]);
}

interface OptVariant {
  readonly options: readonly EdnsOption[];
  /** Of the whole OPT record. */
  readonly octets: number;
  /** Worth leaving out RRsets for: a cookie or padding is, an explanation is not. */
  readonly essential: boolean;
}

const octetsOf = (opt: OptVariant | undefined) => opt?.octets ?? 0;

/** OPT records to choose from, the largest first. */
function optVariants(edns: Edns | undefined): OptVariant[] {
  if (!edns) return [];
  const variant = (options: readonly EdnsOption[], essential: boolean): OptVariant => {
    const octets = options.reduce((sum, { data }) => sum + 4 + data.length, 11);
    return { options, octets, essential };
  };
  const shortened = edns.options.map(({ code, data }) => ({ code, data: code === EdnsCode.EDE ? data.subarray(0, 2) : data }));
  const withoutEde = edns.options.filter(({ code }) => code !== EdnsCode.EDE);
  return [variant(edns.options, false), variant(shortened, false), variant(withoutEde, true), variant([], true)];
}

/** The first question always; more of them, which no client sends (RFC 9619), while they fit. */
function writeQuestions(writer: Writer, message: Message, limit: number): number {
  writer.limit = limit;
  let written = 0;
  for (const { qname, qtype, qclass } of message.question) {
    const mark = writer.mark();
    writer.name(qname);
    writer.uint16(qtype);
    writer.uint16(qclass);
    if (writer.overflow) {
      writer.rollback(mark);
      break;
    }
    written++;
  }
  return written;
}

interface Written {
  readonly records: number;
  readonly complete: boolean;
}

const nothing: Written = { records: 0, complete: true };

/** Writes RRsets up to the first that does not fit. */
function writeSection(writer: Writer, rrsets: readonly RRset[]): Written {
  let records = 0;
  for (const rrset of rrsets) {
    const mark = writer.mark();
    writeRRset(writer, rrset);
    if (writer.overflow) {
      writer.rollback(mark);
      return { records, complete: false };
    }
    records += rrset.rdata.length + rrset.signatures.length;
  }
  return { records, complete: true };
}

function writeRRset(writer: Writer, rrset: RRset): void {
  let ownerAt: number | undefined;
  const write = (type: number, rdata: Uint8Array) => {
    // All records but the first point to its owner, without another lookup.
    if (ownerAt !== undefined && ownerAt <= MAX_POINTER && rrset.owner.labels > 0) writer.uint16(0xc000 | ownerAt);
    else ownerAt = writer.name(rrset.owner);
    writer.uint16(type);
    writer.uint16(rrset.class);
    writer.uint32(rrset.ttl);
    const lengthAt = writer.at;
    writer.uint16(0);
    writeRdata(writer, type, rdata);
    writer.patchUint16(lengthAt, writer.at - lengthAt - 2);
  };
  for (const rdata of rrset.rdata) {
    if (writer.overflow) return;
    write(rrset.type, rdata);
  }
  for (const rdata of rrset.signatures) {
    if (writer.overflow) return;
    write(Type.RRSIG, rdata);
  }
}

function writeRdata(writer: Writer, type: number, rdata: Uint8Array): void {
  const layout = nameLayout(type);
  const names = layout?.compressible ? tryReadNames(rdata, layout.before, layout.names) : undefined;
  if (!layout || !names) {
    writer.octets(rdata);
    return;
  }
  writer.octets(rdata.subarray(0, layout.before));
  for (const name of names.found) writer.name(name);
  writer.octets(rdata.subarray(names.end));
}

/** Names in RDATA; undefined where it is not what its type says, and is written as it stands. */
function tryReadNames(rdata: Uint8Array, offset: number, count: number): { readonly found: Name[]; readonly end: number } | undefined {
  const found: Name[] = [];
  let at = offset;
  try {
    while (found.length < count) {
      const { name, end } = readPlainName(rdata, at);
      found.push(name);
      at = end;
    }
    return { found, end: at };
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function writeOpt(writer: Writer, edns: Edns, options: readonly EdnsOption[], rcode: number): void {
  writer.octets(Uint8Array.of(0));
  writer.uint16(Type.OPT);
  writer.uint16(edns.udpSize);
  writer.uint16((((rcode >>> 4) & 0xff) << 8) | edns.version);
  writer.uint16(edns.dnssecOk ? 0x8000 : 0);
  writer.uint16(options.reduce((sum, { data }) => sum + 4 + data.length, 0));
  for (const { code, data } of options) {
    writer.uint16(code);
    writer.uint16(data.length);
    writer.octets(data);
  }
}

/** A message is composed in one go, so one buffer serves all of them; what leaves is a copy. */
const scratch = Buffer.allocUnsafeSlow(MAX_MESSAGE_OCTETS);

interface Mark {
  readonly at: number;
  readonly suffixes: number;
}

/** Octets written so far, and where in them which names stand. Past `limit` it writes nothing and says `overflow`. */
class Writer {
  at = HEADER_OCTETS;
  limit = HEADER_OCTETS;
  overflow = false;
  readonly #offsets = new Map<string, number>();
  readonly #suffixes: string[] = [];
  #lookups = MAX_LOOKUPS;

  mark(): Mark {
    return { at: this.at, suffixes: this.#suffixes.length };
  }

  rollback({ at, suffixes }: Mark): void {
    this.at = at;
    this.overflow = false;
    for (const suffix of this.#suffixes.splice(suffixes)) this.#offsets.delete(suffix);
  }

  octets(octets: Uint8Array): void {
    if (!this.#claim(octets.length)) return;
    scratch.set(octets, this.at - octets.length);
  }

  uint16(value: number): void {
    if (this.#claim(2)) scratch.writeUInt16BE(value, this.at - 2);
  }

  uint32(value: number): void {
    if (this.#claim(4)) scratch.writeUInt32BE(value, this.at - 4);
  }

  patchUint16(at: number, value: number): void {
    if (!this.overflow) scratch.writeUInt16BE(value, at);
  }

  /** Writes a name, compressed where it can be; gives the offset at which the whole name can be pointed to. */
  name({ wire, key }: Name): number {
    const start = this.at;
    for (let at = 0; wire[at] !== 0 && this.#lookups > 0; at += (wire[at] as number) + 1) {
      this.#lookups--;
      const suffix = at === 0 ? key : key.slice(at);
      const known = this.#offsets.get(suffix);
      if (known !== undefined) {
        this.octets(wire.subarray(0, at));
        this.uint16(0xc000 | known);
        return at === 0 ? known : start;
      }
      if (start + at <= MAX_POINTER) {
        this.#offsets.set(suffix, start + at);
        this.#suffixes.push(suffix);
      }
    }
    this.octets(wire);
    return start;
  }

  #claim(octets: number): boolean {
    if (this.overflow || this.at + octets > this.limit) this.overflow = true;
    else this.at += octets;
    return !this.overflow;
  }

  /** Writes the header and hands out a copy of the message. */
  finish({ id, opcode, rcode, flags, edns }: Message, truncated: boolean, counts: readonly [number, number, number, number]): Buffer {
    const shownRcode = rcode > 15 && !edns ? Rcode.SERVFAIL : rcode & 0xf;
    scratch.writeUInt16BE(id, 0);
    scratch.writeUInt16BE(
      (flags.response ? 0x8000 : 0) |
        ((opcode & 0xf) << 11) |
        (flags.authoritative ? 0x0400 : 0) |
        (flags.truncated || truncated ? 0x0200 : 0) |
        (flags.recursionDesired ? 0x0100 : 0) |
        (flags.recursionAvailable ? 0x0080 : 0) |
        (flags.authenticData ? 0x0020 : 0) |
        (flags.checkingDisabled ? 0x0010 : 0) |
        shownRcode,
      2,
    );
    counts.forEach((count, i) => {
      scratch.writeUInt16BE(count, 4 + 2 * i);
    });
    return Buffer.from(scratch.subarray(0, this.at));
  }
}
