/**
 * The service: a client's message in, the answer out, whatever the transport. Judged in query.ts, composed in reply.ts; here they are put
 * together with the resolver, and here no fault of ours gets past: the client has its SERVFAIL, the operator the error.
 * Sizes: RFC 6891 §6.2.3 to §6.2.5; RFC 9715 for ours.
 */

import type { Name } from '../base/name.ts';
import type { Message } from '../base/record.ts';
import { Rcode } from '../base/registry.ts';
import type { Resolver } from '../resolver/resolution.ts';
import { composeMessage } from '../wire/compose.ts';
import { edeOption } from '../wire/ede.ts';
import { tryReadHeader, tryReadQuestion } from '../wire/read-message.ts';
import { type JudgedQuery, judgeQuery } from './query.ts';
import { type ReplySettings, replyFrom, replyWithError } from './reply.ts';
import { contradictsSentinel } from './root-key-sentinel.ts';
import { answerSpecialUse } from './special-use.ts';
import { type Verdict, verdictOf } from './verdict.ts';

export interface Client {
  /** IP address literal. */
  readonly address: string;
  readonly transport: 'udp' | 'tcp';
}

/** Resolves to the octets of the answer, or to undefined where silence is the answer. Never rejects. */
export type Answer = (query: Uint8Array, client: Client) => Promise<Uint8Array | undefined>;

/** What one resolved question came to, for metrics and the query log. */
export interface AnswerFact {
  readonly verdict: Verdict;
  readonly rcode: number;
  readonly transport: Client['transport'];
  readonly cached: boolean;
  readonly qtype: number;
  readonly seconds: number;
}

export interface AnswerDeps {
  readonly resolver: Resolver;
  /** The access list. */
  readonly mayAsk: (address: string) => boolean;
  /** Answer special-use names and locally served zones by ourselves. */
  readonly specialUseNames: boolean;
  /** Zones that the operator forwards or stubs: they go before special-use names that hold them. */
  readonly configuredZones?: readonly Name[];
  /** Whether the root's trust anchors hold a key of this tag; without it the sentinel of RFC 8509 is not spoken. */
  readonly trustsRootKey?: (keyTag: number) => boolean;
  /** What the server calls itself to whoever asks (RFC 5001). */
  readonly nsid?: string;
  /** Our UDP payload size: 1232 octets pass every path unfragmented. */
  readonly udpSize?: number;
  /** Seconds since the epoch, with their fraction. */
  readonly clock: () => number;
  /** Synchronous, must not throw. */
  readonly onAnswer?: (fact: AnswerFact) => void;
  /** Hears of faults of ours. Synchronous, must not throw. */
  readonly onError?: (error: unknown) => void;
}

const DEFAULT_UDP_SIZE = 1_232;
/** What a client without EDNS takes (RFC 1035 §4.2.1). */
const MIN_UDP_SIZE = 512;
const MAX_TCP_SIZE = 0xffff;

/** Makes the answering function that all front ends share. */
export function createAnswer(deps: AnswerDeps): Answer {
  const settings: ReplySettings = {
    udpSize: deps.udpSize ?? DEFAULT_UDP_SIZE,
    nsid: deps.nsid === undefined ? undefined : Buffer.from(deps.nsid),
  };
  return async (octets, client) => {
    try {
      const judged = judgeQuery(octets, deps.mayAsk(client.address));
      switch (judged.fate) {
        case 'silence':
          return undefined;
        case 'reject':
          return composeMessage(rejection(judged, settings), sizeFor(judged.query.edns?.udpSize, client, settings));
        case 'resolve':
          return await resolve(judged, client, deps, settings);
      }
    } catch (error) {
      deps.onError?.(error);
      return lastResort(octets, settings);
    }
  };
}

function rejection({ query, rcode, infoCode }: Extract<JudgedQuery, { fate: 'reject' }>, settings: ReplySettings): Message {
  return replyWithError(query, rcode, settings, infoCode === undefined ? [] : [edeOption(infoCode)]);
}

async function resolve(
  { query, question }: Extract<JudgedQuery, { fate: 'resolve' }>,
  client: Client,
  { resolver, specialUseNames, configuredZones, trustsRootKey, clock, onAnswer }: AnswerDeps,
  settings: ReplySettings,
): Promise<Uint8Array> {
  const start = clock();
  const local = specialUseNames ? answerSpecialUse(question, Math.floor(start), configuredZones) : undefined;
  const resolution = local ?? (await resolver.resolve(question));
  // With CD the client judges for itself and is told nothing of our keys (RFC 8509 §2.2).
  const contradicted = trustsRootKey && !query.flags.checkingDisabled && contradictsSentinel(question, resolution, trustsRootKey);
  const reply = contradicted ? replyWithError(query, Rcode.SERVFAIL, settings) : replyFrom(query, resolution, settings);
  const octets = composeMessage(reply, sizeFor(query.edns?.udpSize, client, settings));
  onAnswer?.({
    verdict: verdictOf(resolution),
    rcode: reply.rcode,
    transport: client.transport,
    cached: resolution.cached,
    qtype: question.qtype,
    seconds: Math.max(0, clock() - start), // a wall clock may step back
  });
  return octets;
}

function sizeFor(clientSize: number | undefined, { transport }: Client, { udpSize }: ReplySettings): number {
  if (transport === 'tcp') return MAX_TCP_SIZE;
  // Less than 512 counts as 512 (RFC 6891 §6.2.3), which composeMessage sees to.
  return Math.min(clientSize ?? MIN_UDP_SIZE, udpSize);
}

/** SERVFAIL after a fault of ours, made with as little of our code as will do. */
function lastResort(octets: Uint8Array, settings: ReplySettings): Uint8Array | undefined {
  const header = tryReadHeader(octets);
  if (!header || header.flags.response) return undefined;
  try {
    const question = header.questions === 1 ? tryReadQuestion(octets) : undefined;
    return composeMessage(replyWithError({ ...header, question, edns: undefined }, Rcode.SERVFAIL, settings), MIN_UDP_SIZE);
  } catch {
    const reply = Buffer.alloc(12);
    reply.writeUInt16BE(header.id, 0);
    reply.writeUInt16BE(0x8080 | (header.opcode << 11) | Rcode.SERVFAIL, 2);
    return reply;
  }
}
