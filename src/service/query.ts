/**
 * What a client's message is, and what becomes of it before anything is resolved: silence, an error at once, or a question to resolve.
 * RFC 1035 §4.1, RFC 6891 §6.1 and §7, RFC 6895 §3.1, RFC 8914; where these leave it open, as Unbound does.
 */

import type { Edns, Flags, Message, Question } from '../base/record.ts';
import { Class, Ede, isMetaType, Opcode, Rcode, Type } from '../base/registry.ts';
import { WireError } from '../wire/error.ts';
import { readMessage, tryReadHeader, tryReadQuestion } from '../wire/read-message.ts';

/** A query as far as it could be read: enough for an answer. */
export interface Query {
  readonly id: number;
  readonly opcode: number;
  readonly flags: Flags;
  /** Undefined where there is not exactly one, or it cannot be read. */
  readonly question: Question | undefined;
  /** Undefined where the client sent no OPT record, or the message is broken. */
  readonly edns: Edns | undefined;
}

export type JudgedQuery =
  | { readonly fate: 'silence' }
  | { readonly fate: 'reject'; readonly query: Query; readonly rcode: number; readonly infoCode?: number }
  | { readonly fate: 'resolve'; readonly query: Query; readonly question: Question };

const silence: JudgedQuery = { fate: 'silence' };

/** Judges a message of any octets; throws nothing. */
export function judgeQuery(octets: Uint8Array, mayAsk: boolean): JudgedQuery {
  const header = tryReadHeader(octets);
  // Whoever answers answers makes a loop between two servers out of one forged packet.
  if (!header || header.flags.response) return silence;
  const { id, opcode, flags } = header;
  const message = tryReadMessage(octets);
  const question = header.questions !== 1 ? undefined : message ? message.question[0] : tryReadQuestion(octets);
  const query: Query = { id, opcode, flags, question, edns: message?.edns };
  const reject = (rcode: number, infoCode?: number): JudgedQuery => {
    return infoCode === undefined ? { fate: 'reject', query, rcode } : { fate: 'reject', query, rcode, infoCode };
  };

  if (!mayAsk) return reject(Rcode.REFUSED, Ede.PROHIBITED);
  if (opcode !== Opcode.QUERY) return reject(Rcode.NOTIMP, Ede.NOT_SUPPORTED);
  if (!message || !question) return reject(Rcode.FORMERR);
  if ((message.edns?.version ?? 0) > 0) return reject(Rcode.BADVERS);
  if (question.qclass !== Class.IN) return reject(Rcode.REFUSED, Ede.NOT_SUPPORTED);
  if (question.qtype === Type.AXFR || question.qtype === Type.IXFR) return reject(Rcode.REFUSED, Ede.INVALID_QUERY_TYPE);
  if (isMetaType(question.qtype) && question.qtype !== Type.ANY) return reject(Rcode.FORMERR, Ede.INVALID_QUERY_TYPE);
  if (flags.truncated || message.answer.length > 0 || message.authority.length > 0) return reject(Rcode.FORMERR);
  // Never from the cache: what lies there tells who mails whom. INFO-CODE 20 is for this very case (RFC 8914 §4.21).
  if (!flags.recursionDesired) return reject(Rcode.REFUSED, Ede.NOT_AUTHORITATIVE);
  return { fate: 'resolve', query, question };
}

function tryReadMessage(octets: Uint8Array): Message | undefined {
  try {
    return readMessage(octets);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
