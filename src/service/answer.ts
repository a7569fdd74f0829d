/**
 * The service: a client's message in, the answer out, whatever the transport. Judged in query.ts, composed in reply.ts; here they are put
 * together with the resolver, and here no fault of ours gets past: the client has its SERVFAIL, the operator the error.
 * Sizes: RFC 6891 §6.2.3 to §6.2.5; RFC 9715 for ours.
 */

import type { Name } from '../base/name.ts';
import type { EdnsOption, Message, Question } from '../base/record.ts';
import { EdnsCode, Rcode } from '../base/registry.ts';
import type { Resolution, Resolver } from '../resolver/resolution.ts';
import { composeMessage } from '../wire/compose.ts';
import { edeOption } from '../wire/ede.ts';
import { tryReadHeader, tryReadQuestion } from '../wire/read-message.ts';
import { type CookieSecrets, type CookieState, judgeCookie } from './cookie.ts';
import { type FinishedAnswers, type FinishedKey, finishAnswer, isFinished, REFRESH_SHARE } from './finished.ts';
import { type JudgedQuery, judgeQuery, type Query } from './query.ts';
import { type ReplySettings, replyFrom, replyWithError } from './reply.ts';
import { contradictsSentinel } from './root-key-sentinel.ts';
import { answerSpecialUse } from './special-use.ts';
import { type Verdict, verdictOf } from './verdict.ts';

export interface Client {
  /** IP address literal. */
  readonly address: string;
  readonly transport: 'udp' | 'tcp';
  /** How long its connection may be idle from now on. */
  readonly idleTimeoutMs?: () => number;
}

/** Resolves to the octets of the answer, or to undefined where silence is the answer. Never rejects. */
export type Answer = (query: Uint8Array, client: Client) => Promise<Uint8Array | undefined>;

/** What one resolved question came to, for metrics and the query log. */
export interface AnswerFact {
  readonly verdict: Verdict;
  readonly rcode: number;
  readonly transport: Client['transport'];
  readonly cached: boolean;
  /** Past its TTL (RFC 8767). */
  readonly isStale: boolean;
  readonly question: Question;
  readonly seconds: number;
}

/** Cookies of RFC 7873. */
export interface CookieSettings {
  readonly secrets: CookieSecrets;
  /** Over UDP, a client that speaks of cookies must show a valid one, or gets BADCOOKIE with one (RFC 7873 §5.2.3). */
  readonly require: boolean;
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
  /** Without them COOKIE options are ignored. */
  readonly cookies?: CookieSettings;
  /** Our UDP payload size: 1232 octets pass every path unfragmented. */
  readonly udpSize?: number;
  /** Where answers that are the same to whoever asks are kept for front ends that need not ask here. */
  readonly finished?: FinishedAnswers;
  /** Whether the resolver must hear of what is asked for in the last part of its TTL. */
  readonly prefetch?: boolean;
  /** Seconds since the epoch, with their fraction. */
  readonly clock: () => number;
  /** Synchronous, must not throw. */
  readonly onAnswer?: (fact: AnswerFact) => void;
  /** Hears of faults of ours. Synchronous, must not throw. */
  readonly onError?: (error: unknown) => void;
}

export const DEFAULT_UDP_SIZE = 1_232;
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
      if (judged.fate === 'silence') return undefined;
      const hop = hopOf(judged.query, client, deps);
      const rcode = judged.fate === 'resolve' ? cookieFault(hop.cookie, client, deps.cookies) : undefined;
      if (rcode !== undefined) return composeFor(judged.query, replyWithError(judged.query, rcode, settings), hop, client, settings);
      switch (judged.fate) {
        case 'reject':
          return composeFor(judged.query, rejection(judged, settings), hop, client, settings);
        case 'resolve':
          return await resolve(judged, hop, client, deps, settings);
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
  hop: Hop,
  client: Client,
  deps: AnswerDeps,
  settings: ReplySettings,
): Promise<Uint8Array> {
  const { resolver, specialUseNames, configuredZones, trustsRootKey, finished, clock, onAnswer } = deps;
  const start = clock();
  const epoch = finished?.epoch ?? 0;
  const local = specialUseNames ? answerSpecialUse(question, Math.floor(start), configuredZones) : undefined;
  const resolution = local ?? (await resolver.resolve(question, { acceptsStale: true }));
  // With CD the client judges for itself and is told nothing of our keys (RFC 8509 §2.2).
  const contradicted = trustsRootKey && !query.flags.checkingDisabled && contradictsSentinel(question, resolution, trustsRootKey);
  const reply = contradicted ? replyWithError(query, Rcode.SERVFAIL, settings) : replyFrom(query, resolution, settings);
  const octets = composeFor(query, reply, hop, client, settings);
  if (finished && !local && !contradicted && isFinished(resolution)) {
    const key = { question, dnssecOk: query.edns?.dnssecOk ?? false, checkingDisabled: query.flags.checkingDisabled };
    keepFinished(key, resolution, finished, epoch, deps, settings);
  }
  onAnswer?.({
    verdict: verdictOf(resolution),
    rcode: reply.rcode,
    transport: client.transport,
    cached: resolution.cached,
    isStale: resolution.isStale === true && reply.rcode !== Rcode.SERVFAIL,
    question,
    seconds: Math.max(0, clock() - start), // a wall clock may step back
  });
  return octets;
}

function keepFinished(
  key: FinishedKey,
  resolution: Resolution,
  finished: FinishedAnswers,
  epoch: number,
  { clock, prefetch }: AnswerDeps,
  settings: ReplySettings,
): void {
  const now = Math.floor(clock());
  if (finished.holds(key, now)) return;
  const answer = finishAnswer(key, resolution, now, { ...settings, refreshShare: prefetch ? REFRESH_SHARE : 0 });
  if (answer) finished.publish(answer, epoch);
}

/** What concerns this client and this transport alone, whatever the answer. */
interface Hop {
  /** `valid`: the client is where it says it is. */
  readonly cookie: CookieState;
  readonly options: readonly EdnsOption[];
}

function hopOf({ edns }: Query, { address, transport, idleTimeoutMs }: Client, { cookies, clock }: AnswerDeps): Hop {
  const cookie = cookies ? judgeCookie(edns, address, clock(), cookies.secrets) : undefined;
  const options = cookie?.option ? [cookie.option] : [];
  // RFC 7828 §3.3.2: only over TCP, and here only to whoever asks for it.
  const asked = transport === 'tcp' && edns?.options.some(({ code }) => code === EdnsCode.TCP_KEEPALIVE);
  if (asked && idleTimeoutMs) {
    const data = Buffer.alloc(2);
    data.writeUInt16BE(Math.min(Math.floor(idleTimeoutMs() / 100), 0xffff));
    options.push({ code: EdnsCode.TCP_KEEPALIVE, data });
  }
  return { cookie: cookie?.state ?? 'absent', options };
}

function cookieFault(state: CookieState, { transport }: Client, cookies: CookieSettings | undefined): number | undefined {
  if (state === 'malformed') return Rcode.FORMERR;
  return cookies?.require && state === 'unproven' && transport === 'udp' ? Rcode.BADCOOKIE : undefined;
}

function composeFor(query: Query, reply: Message, { options }: Hop, client: Client, settings: ReplySettings): Uint8Array {
  const edns = options.length > 0 && reply.edns ? { ...reply.edns, options: [...reply.edns.options, ...options] } : reply.edns;
  return composeMessage(edns === reply.edns ? reply : { ...reply, edns }, sizeFor(query.edns?.udpSize, client, settings));
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
