/**
 * The message we send upstream, and whether a reply belongs to it (RFC 5452 §9.1, draft-vixie-dnsext-dns0x20). Pure.
 * The question of a reply is compared octet by octet with the one sent, before anything else of it is read.
 */

import { makeName, type Name } from '../base/name.ts';
import type { Message } from '../base/record.ts';
import { Opcode, Rcode } from '../base/registry.ts';
import { composeMessage } from '../wire/compose.ts';
import { WireError } from '../wire/error.ts';
import { HEADER_OCTETS, type Header, MAX_MESSAGE_OCTETS, tryReadHeader } from '../wire/message-index.ts';
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
  const options = cookie ? [cookieOption(cookie)] : [];
  const message: Message = {
    id: random(0x10000),
    opcode: Opcode.QUERY,
    rcode: Rcode.NOERROR,
    flags: {
      response: false,
      authoritative: false,
      truncated: false,
      recursionDesired: query.recursionDesired,
      recursionAvailable: false,
      authenticData: false,
      checkingDisabled: query.recursionDesired,
    },
    question: [{ qname: caseMatters ? mixCase(qname, random) : qname, qtype, qclass }],
    answer: [],
    authority: [],
    additional: [],
    edns: query.edns ? { udpSize: UDP_PAYLOAD_OCTETS, version: 0, dnssecOk: true, options } : undefined,
  };
  const octets = composeMessage(message, MAX_MESSAGE_OCTETS);
  const question = octets.subarray(HEADER_OCTETS, HEADER_OCTETS + qname.wire.length + 4);
  return { octets, id: message.id, qname, question, caseMatters, cookie, transport: query.transport };
}

const BITS = 24;

function mixCase(name: Name, random: RandomInt): Name {
  const wire = Uint8Array.from(name.wire);
  let bits = 0;
  for (let at = 0; at < wire.length; at++) {
    if (at % BITS === 0) bits = random(2 ** BITS);
    // Length octets are at most 63, so none is taken for a letter.
    if (isLetter(wire[at] as number) && (bits >> (at % BITS)) & 1) wire[at] = (wire[at] as number) ^ 0x20;
  }
  return makeName(wire);
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
  for (const [at, octet] of sent.question.entries()) {
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
  const octets = Uint8Array.from(reply);
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
