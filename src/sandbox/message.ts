/**
 * Queries read and replies written. dns-packet reads the query as a whole and thereby checks it.
 *
 * RFCs: 1035 §4 (messages), 6891 §6 (EDNS), 2181 §9 (TC), 3225 (DO).
 * The question goes back as the octets that came, and owner names are written here: dns-packet keeps names as text, so that a dot
 * within a label would split it. Nothing is compressed. What does not fit is left out whole, with TC set.
 */

import { decode, type OptAnswer } from 'dns-packet';
import type { Rcode, Reply } from './lookup.ts';
import type { Labels } from './name.ts';
import { recordOctets } from './sign.ts';

export interface Query {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  /** Octets of the question section. */
  readonly questionOctets: Buffer;
  readonly qname: Labels;
  readonly qtype: number;
  readonly qclass: number;
  readonly edns: { readonly version: number; readonly size: number; readonly dnssecOk: boolean } | undefined;
}

export type ReadQuery =
  | { readonly outcome: 'query'; readonly query: Query }
  /** Something with a header: it gets this RCODE. */
  | { readonly outcome: 'refused'; readonly rcode: Rcode; readonly header: Pick<Query, 'id' | 'opcode' | 'recursionDesired'> }
  /** No query at all: it gets no answer. */
  | { readonly outcome: 'none' };

const headerOctets = 12;

export function readQuery(octets: Buffer): ReadQuery {
  if (octets.length < headerOctets || octets[2]! & 0x80) return { outcome: 'none' };
  const header = { id: octets.readUInt16BE(0), opcode: (octets[2]! >> 3) & 0xf, recursionDesired: (octets[2]! & 1) === 1 };
  if (header.opcode !== 0) return { outcome: 'refused', rcode: 'NOTIMP', header };
  const edns = readOpt(octets);
  const question = octets.readUInt16BE(4) === 1 ? readQuestion(octets) : undefined;
  if (edns === 'malformed' || !question) return { outcome: 'refused', rcode: 'FORMERR', header };
  return { outcome: 'query', query: { ...header, ...question, edns } };
}

function readOpt(octets: Buffer): Query['edns'] | 'malformed' {
  let opts: readonly OptAnswer[];
  try {
    opts = (decode(octets).additionals ?? []).filter((record): record is OptAnswer => record.type === 'OPT');
  } catch {
    return 'malformed'; // dns-packet throws what it comes to: RangeError, Error
  }
  const [opt, second] = opts;
  if (second) return 'malformed';
  return opt && { version: opt.ednsVersion, size: opt.udpPayloadSize, dnssecOk: opt.flag_do };
}

/** The question's octets and fields; a question is the first thing in a message, so its name has nothing to point to. */
function readQuestion(octets: Buffer): Pick<Query, 'questionOctets' | 'qname' | 'qtype' | 'qclass'> | undefined {
  const qname: string[] = [];
  let at = headerOctets;
  for (let length = octets[at]; length !== 0; length = octets[at]) {
    if (length === undefined || length > 63 || at - headerOctets > 255) return undefined;
    qname.push(octets.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const end = at + 5;
  if (end > octets.length || at + 1 - headerOctets > 255) return undefined;
  return {
    questionOctets: octets.subarray(headerOctets, end),
    qname,
    qtype: octets.readUInt16BE(at + 1),
    qclass: octets.readUInt16BE(at + 3),
  };
}

const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  BADVERS: 16,
} as const satisfies Record<Rcode, number>;

export const emptyReply = (rcode: Rcode): Reply => ({ rcode, authoritative: false, answer: [], authority: [], additional: [] });

/** What the sandbox's servers take themselves; RFC 6891 §6.2.5 on sizes, RFC 9715 on this one. */
const ownPayloadSize = 1232;

/** Octets that a reply over UDP may have. */
export function udpLimit({ edns }: Query): number {
  return edns ? Math.max(512, Math.min(edns.size, 4096)) : 512;
}

export function writeReply(query: Query, reply: Reply, maxOctets: number): Buffer {
  const sections = [reply.answer, reply.authority, reply.additional].map((section) =>
    section.flatMap((rrset) => rrset.rdatas.map((rdata) => recordOctets(rrset, rdata))),
  );
  const whole = assemble(query, reply, sections, 0);
  return whole.length <= maxOctets ? whole : assemble(query, reply, [[], [], []], 0x02);
}

/** A reply to what could be read no further than its header. */
export function writeHeaderOnly(header: Pick<Query, 'id' | 'opcode' | 'recursionDesired'>, rcode: Rcode): Buffer {
  const octets = Buffer.alloc(headerOctets);
  writeHeader(octets, header, 0, rcodes[rcode]);
  return octets;
}

function assemble(query: Query, reply: Reply, sections: readonly (readonly Buffer[])[], tc: 0 | 0x02): Buffer {
  const rcode = rcodes[reply.rcode];
  const opt = query.edns ? [optRecord(query.edns.dnssecOk, rcode >> 4)] : [];
  const [answer = [], authority = [], additional = []] = sections;
  const header = Buffer.alloc(headerOctets);
  writeHeader(header, query, (reply.authoritative ? 0x04 : 0) | tc, rcode);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answer.length, 6);
  header.writeUInt16BE(authority.length, 8);
  header.writeUInt16BE(additional.length + opt.length, 10);
  return Buffer.concat([header, query.questionOctets, ...answer, ...authority, ...additional, ...opt]);
}

function writeHeader(
  octets: Buffer,
  { id, opcode, recursionDesired }: Pick<Query, 'id' | 'opcode' | 'recursionDesired'>,
  flags: number,
  rcode: number,
) {
  octets.writeUInt16BE(id, 0);
  octets[2] = 0x80 | (opcode << 3) | flags | (recursionDesired ? 1 : 0);
  octets[3] = rcode & 0xf;
}

/** RFC 6891 §6.1.2; DO is copied (RFC 3225 §3). */
function optRecord(dnssecOk: boolean, extendedRcode: number): Buffer {
  return Buffer.of(0, 0, 41, ownPayloadSize >> 8, ownPayloadSize & 0xff, extendedRcode, 0, dnssecOk ? 0x80 : 0, 0, 0, 0);
}
