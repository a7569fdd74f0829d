/**
 * A query as far as a front thread must know it: read in place, nothing allocated. What is not plainly one question with at most an OPT
 * record behind it is left to the resolver thread, which judges it whole (service/query.ts).
 */

import { Class, EdnsCode, Type } from '../../base/registry.ts';
import { HEADER_OCTETS } from '../../wire/message-index.ts';
import { Mark } from './layout.ts';

export const QueryKind = {
  /** Gets no answer: too short, or itself an answer. */
  SILENCE: 0,
  /** One question, RD=1, class IN, EDNS version 0 or none. */
  PLAIN: 1,
  OTHER: 2,
} as const;

/** Octets of an OPT record without options: root, type, class, TTL, length (RFC 6891 §6.1.2). */
const OPT_OCTETS = 11;
const MAX_QNAME_OCTETS = 255;

/** The query last read. */
export class QueryReader {
  /** Behind QNAME, QTYPE and QCLASS. */
  questionEnd = 0;
  /** DNSSEC_OK and CHECKING_DISABLED of `Mark`. */
  marks = 0;
  /** AD=1, or DO=1: the client understands AD (RFC 6840 §5.7). */
  wantsAd = false;
  hasEdns = false;
  /** What the client takes (RFC 6891 §6.2.3); 512 without EDNS. */
  udpSize = 512;
  wantsNsid = false;
  /** Where the data of the first COOKIE option lies; its length is -1 where there is none. */
  cookieAt = 0;
  cookieOctets = -1;

  /** Reads the message of `length` octets at `at`. */
  read(octets: Uint8Array, at: number, length: number): number {
    if (length < HEADER_OCTETS || (octets[at + 2] as number) >= 0x80) return QueryKind.SILENCE;
    // OPCODE 0, TC=0, RD=1; AA means nothing in a query.
    if (((octets[at + 2] as number) & 0x7b) !== 0x01) return QueryKind.OTHER;
    // One question, no answers, no authority, at most one additional record.
    if (octets[at + 4] !== 0 || octets[at + 5] !== 1 || octets[at + 10] !== 0 || (octets[at + 11] as number) > 1) return QueryKind.OTHER;
    if (octets[at + 6] !== 0 || octets[at + 7] !== 0 || octets[at + 8] !== 0 || octets[at + 9] !== 0) return QueryKind.OTHER;
    const end = at + length;
    let next = at + HEADER_OCTETS;
    for (let label = 0; ; next += label + 1) {
      if (next >= end) return QueryKind.OTHER;
      label = octets[next] as number;
      if (label > 63) return QueryKind.OTHER;
      if (label === 0) break;
    }
    next += 5; // the root label, QTYPE, QCLASS
    if (next > end || next - at - HEADER_OCTETS - 4 > MAX_QNAME_OCTETS) return QueryKind.OTHER;
    if (octets[next - 2] !== 0 || octets[next - 1] !== Class.IN) return QueryKind.OTHER;
    const flags = octets[at + 3] as number;
    this.questionEnd = next;
    this.marks = (flags & 0x10) !== 0 ? Mark.CHECKING_DISABLED : 0;
    this.wantsAd = (flags & 0x20) !== 0;
    this.hasEdns = octets[at + 11] === 1;
    this.udpSize = 512;
    this.wantsNsid = false;
    this.cookieOctets = -1;
    if (!this.hasEdns) return next === end ? QueryKind.PLAIN : QueryKind.OTHER;
    return this.#readOpt(octets, next, end) ? QueryKind.PLAIN : QueryKind.OTHER;
  }

  #readOpt(octets: Uint8Array, at: number, end: number): boolean {
    if (at + OPT_OCTETS > end || octets[at] !== 0 || octets[at + 1] !== 0 || octets[at + 2] !== Type.OPT) return false;
    if (octets[at + 6] !== 0) return false; // a version we do not speak (RFC 6891 §6.1.3)
    this.udpSize = ((octets[at + 3] as number) << 8) | (octets[at + 4] as number);
    if (((octets[at + 7] as number) & 0x80) !== 0) {
      this.marks |= Mark.DNSSEC_OK;
      this.wantsAd = true;
    }
    if (at + OPT_OCTETS + (((octets[at + 9] as number) << 8) | (octets[at + 10] as number)) !== end) return false;
    for (let option = at + OPT_OCTETS; option < end; ) {
      if (option + 4 > end) return false;
      const code = ((octets[option] as number) << 8) | (octets[option + 1] as number);
      const length = ((octets[option + 2] as number) << 8) | (octets[option + 3] as number);
      const data = option + 4;
      option = data + length;
      if (option > end) return false;
      if (code === EdnsCode.NSID) this.wantsNsid = true;
      else if (code === EdnsCode.COOKIE && this.cookieOctets < 0) {
        this.cookieAt = data;
        this.cookieOctets = length;
      }
    }
    return true;
  }
}
