/**
 * Answers made ready for clients not yet known: what a front end needs to send one by itself, without asking anybody, until its TTL or its
 * proof ends. Only what was given out of the cache is made so, and so what is asked for once only does not push out what is asked for often.
 */

import type { Question } from '../base/record.ts';
import type { Resolution } from '../resolver/resolution.ts';
import { composeMessage } from '../wire/compose.ts';
import { HEADER_OCTETS, indexMessage } from '../wire/message-index.ts';
import type { Query } from './query.ts';
import { type ReplySettings, replyFrom } from './reply.ts';

/** What a finished answer is found by; QNAME without regard to case. */
export interface FinishedKey {
  readonly question: Question;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
}

export interface FinishedAnswer {
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
  readonly rcode: number;
  /** Whether AD is set for a client that asks for it. */
  readonly secure: boolean;
  /** Of the name or of the type. */
  readonly isDenial: boolean;
  /** What stands behind the header: question, then answer and authority section. No OPT record. */
  readonly body: Uint8Array;
  readonly questionOctets: number;
  readonly answers: number;
  readonly authorities: number;
  /** Where in the body the TTLs are. */
  readonly ttlOffsets: readonly number[];
  /** EDNS options for clients with EDNS, as they stand in an OPT record. */
  readonly extendedErrors: Uint8Array;
  /** Seconds since the epoch from which the TTLs count. */
  readonly born: number;
  /** Seconds since the epoch at which it ends. */
  readonly expires: number;
}

/** Where finished answers are kept. */
export interface FinishedAnswers {
  /** Goes up when all that is kept counts for nothing any more. */
  readonly epoch: number;
  holds(key: FinishedKey, now: number): boolean;
  /** `epoch`: as it was before the answer was looked for; what was found out in an earlier one is not kept. */
  publish(answer: FinishedAnswer, epoch: number): boolean;
}

export interface FinishSettings extends ReplySettings {
  /** The last part of its time in which an answer is due to be fetched anew, and must be asked for here again. */
  readonly refreshShare: number;
}

/** The part of a TTL in which prefetch fetches anew. */
export const REFRESH_SHARE = 0.1;

/** Whether an answer is the same to whoever asks, and nobody here needs to hear of its being asked for. */
export function isFinished({ kind, validation, cached, isStale }: Resolution): boolean {
  if (!cached || isStale || kind === 'failure') return false;
  if (validation.state === 'secure') return true;
  // A zone under a negative trust anchor is looked at anew while it is in use (RFC 7646 §4).
  return validation.state === 'insecure' && validation.reason !== 'negative-trust-anchor';
}

/** @param now seconds since the epoch @returns undefined where it is too large for a datagram */
export function finishAnswer(key: FinishedKey, resolution: Resolution, now: number, settings: FinishSettings): FinishedAnswer | undefined {
  const reply = replyFrom(anybodysQuery(key), resolution, settings);
  const octets = composeMessage({ ...reply, edns: undefined }, settings.udpSize);
  const index = indexMessage(octets);
  if (index.header.flags.truncated) return undefined;
  const born = Math.floor(now);
  return {
    dnssecOk: key.dnssecOk,
    checkingDisabled: key.checkingDisabled,
    rcode: reply.rcode,
    secure: reply.flags.authenticData,
    isDenial: resolution.kind !== 'answer',
    body: octets.subarray(HEADER_OCTETS),
    questionOctets: key.question.qname.wire.length + 4,
    answers: index.header.answers,
    authorities: index.header.authorities,
    ttlOffsets: Array.from(index.rdata, (at) => at - 6 - HEADER_OCTETS),
    extendedErrors: optionOctets(reply.edns?.options ?? []),
    born,
    expires: resolution.expires - Math.ceil((resolution.expires - born) * settings.refreshShare),
  };
}

/** A query with EDNS that asks for AD, and for nothing that concerns one client. */
function anybodysQuery({ question, dnssecOk, checkingDisabled }: FinishedKey): Query {
  return {
    id: 0,
    opcode: 0,
    flags: {
      response: false,
      authoritative: false,
      truncated: false,
      recursionDesired: true,
      recursionAvailable: false,
      authenticData: true,
      checkingDisabled,
    },
    question,
    edns: { udpSize: 0, version: 0, dnssecOk, options: [] },
  };
}

function optionOctets(options: readonly { readonly code: number; readonly data: Uint8Array }[]): Uint8Array {
  return Buffer.concat(
    options.flatMap(({ code, data }) => [Uint8Array.of(code >> 8, code & 0xff, data.length >> 8, data.length & 0xff), data]),
  );
}
