/**
 * The message we send upstream, and whether a reply belongs to it (RFC 5452 §9.1, draft-vixie-dnsext-dns0x20). Pure.
 * The question of a reply is compared octet by octet with the one sent, before anything else of it is read.
 */

import type { Name } from '../base/name.ts';
import type { EdnsOption, Message } from '../base/record.ts';
import { Opcode, Rcode, Type } from '../base/registry.ts';
import { WireError } from '../wire/error.ts';
import { HEADER_OCTETS, type Header, tryReadHeader } from '../wire/message-index.ts';
import { readMessage } from '../wire/read-message.ts';
import { cookieOption, type UpstreamCookie } from './cookie.ts';
import type { UpstreamQuery } from './exchange.ts';

/** Fits the least MTU of IPv6 without fragments, which can be forged (DNS Flag Day 2020; RFC 9715 §3). */
export const UDP_PAYLOAD_OCTETS = 1232;

/** Uniform in 0 … bound - 1, from a cryptographic source; bound at most 2^24. */
export type RandomInt = (bound: number) => number;

export interface SentQuery {
  readonly octets: Buffer;
  readonly id: number;
  /** As the caller gave it. */
  readonly qname: Name;
  /** The question section as sent, with its letter case. */
  readonly question: Uint8Array;
  readonly caseMatters: boolean;
  readonly cookie: UpstreamCookie | undefined;
  readonly transport: UpstreamQuery['transport'];
}

/** Composes the query, with a random ID; over UDP with the letter case mixed if asked. A TCP connection cannot be guessed into. */
export function composeQuery(query: UpstreamQuery, random: RandomInt): SentQuery {
  const { qname, qtype, qclass } = query.question;
  const caseMatters = query.caseRandomisation && query.transport === 'udp';
  const cookie = query.edns ? query.cookie : undefined;
  const option = cookie && cookieOption(cookie);
  const id = random(0x10000);
  const questionEnd = HEADER_OCTETS + qname.wire.length + 4;
  const octets = Buffer.alloc(questionEnd + (query.edns ? OPT_OCTETS : 0) + (option ? OPTION_HEADER_OCTETS + option.data.length : 0));
  octets.writeUInt16BE(id, 0);
  if (query.recursionDesired) octets.writeUInt16BE(FLAG_RD | FLAG_CD, 2);
  octets.writeUInt16BE(1, 4);
  octets.set(qname.wire, HEADER_OCTETS);
  octets.writeUInt16BE(qtype, questionEnd - 4);
  octets.writeUInt16BE(qclass, questionEnd - 2);
  const question = octets.subarray(HEADER_OCTETS, questionEnd);
  if (caseMatters) mixCase(question.subarray(0, -4), random);
  if (query.edns) writeOpt(octets, questionEnd, option);
  return { octets, id, qname, question, caseMatters, cookie, transport: query.transport };
}

const FLAG_RD = 0x0100;
const FLAG_CD = 0x0010;
const FLAG_DO = 0x8000;
/** Without options. */
const OPT_OCTETS = 11;
const OPTION_HEADER_OCTETS = 4;

/** Our OPT record (RFC 6891 §6.1.2), into zeros: its owner is the root, its version 0. */
function writeOpt(octets: Buffer, at: number, option: EdnsOption | undefined): void {
  octets.writeUInt16BE(1, 10);
  octets.writeUInt16BE(Type.OPT, at + 1);
  octets.writeUInt16BE(UDP_PAYLOAD_OCTETS, at + 3);
  octets.writeUInt16BE(FLAG_DO, at + 7);
  if (!option) return;
  octets.writeUInt16BE(OPTION_HEADER_OCTETS + option.data.length, at + 9);
  octets.writeUInt16BE(option.code, at + OPT_OCTETS);
  octets.writeUInt16BE(option.data.length, at + OPT_OCTETS + 2);
  octets.set(option.data, at + OPT_OCTETS + OPTION_HEADER_OCTETS);
}

const BITS = 24;

/** Turns letters over by random bits, in place. */
function mixCase(wire: Uint8Array, random: RandomInt): void {
  let bits = 0;
  for (let at = 0; at < wire.length; at++) {
    if (at % BITS === 0) bits = random(2 ** BITS);
    // Length octets are at most 63, so none is taken for a letter.
    if (isLetter(wire[at] as number) && (bits >> (at % BITS)) & 1) wire[at] = (wire[at] as number) ^ 0x20;
  }
}

function isLetter(octet: number): boolean {
  const lowered = octet | 0x20;
  return lowered >= 0x61 && lowered <= 0x7a;
}

/** `case`: all matched but the letter case, and that mattered. `miss`: not our reply, or no reply at all. */
export type Match = 'match' | 'case' | 'miss';

/** Whether a reply belongs to the query: ID, QR, opcode, exactly our one question. Address and port are the socket's to check. */
export function matchReply(reply: Uint8Array, sent: SentQuery): Match {
  const header = tryReadHeader(reply);
  if (!header || header.id !== sent.id || !header.flags.response || header.opcode !== Opcode.QUERY) return 'miss';
  if (header.questions === 0) return isBareError(header) ? 'match' : 'miss';
  if (header.questions !== 1 || reply.length < HEADER_OCTETS + sent.question.length) return 'miss';
  const typeAt = sent.question.length - 4;
  let sameCase = true;
  for (let at = 0; at < sent.question.length; at++) {
    const octet = sent.question[at] as number;
    const got = reply[HEADER_OCTETS + at] as number;
    if (got === octet) continue;
    if (at >= typeAt || !isLetter(octet) || (got ^ octet) !== 0x20) return 'miss';
    sameCase = false;
  }
  return sameCase || !sent.caseMatters ? 'match' : 'case';
}

const bareErrors: readonly number[] = [Rcode.FORMERR, Rcode.SERVFAIL, Rcode.NOTIMP, Rcode.REFUSED];

/** Servers that cannot or will not read a query may leave its question out. Such a reply carries no data. */
function isBareError({ rcode, answers, authorities }: Header): boolean {
  return bareErrors.includes(rcode) && answers === 0 && authorities === 0;
}

/**
 * Reads a reply that matched, its question in the letter case the caller knows: owners that point there then have it too.
 * Of a truncated reply that was cut inside a record, header and question are kept; the rest is to be had over TCP.
 * @throws {WireError} when it is no message
 */
export function readReply(reply: Uint8Array, sent: SentQuery): Message {
  const octets = new Uint8Array(reply);
  const header = tryReadHeader(octets);
  const asked = header?.questions === 1;
  if (asked) octets.set(sent.qname.wire, HEADER_OCTETS);
  try {
    return readMessage(octets);
  } catch (error) {
    if (!(error instanceof WireError) || !asked || !header.flags.truncated) throw error;
    const head = octets.slice(0, HEADER_OCTETS + sent.question.length);
    head.fill(0, 6, HEADER_OCTETS); // no records
    return readMessage(head);
  }
}
