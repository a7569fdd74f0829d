/** One question to one server, with the second tries that the transport asks for: TCP after truncation, plain DNS where EDNS is refused. */

import { BudgetExceeded } from '../base/budget.ts';
import type { Name } from '../base/name.ts';
import type { Message, Question } from '../base/record.ts';
import { Rcode } from '../base/registry.ts';
import type { Work } from '../base/work.ts';
import { isLocalFault } from '../net/attempt.ts';
import type { Exchange, UpstreamOutcome, UpstreamQuery, UpstreamServer } from '../net/exchange.ts';
import { type CookieDeps, CookieDialogue, isAnswer } from './cookie-dialogue.ts';

export interface AskServerDeps extends CookieDeps {
  readonly exchange: Exchange;
  readonly caseRandomisation: boolean;
}

export type ServerOutcome =
  | { readonly outcome: 'response'; readonly message: Message }
  /** Nothing that can be believed came, in this time. */
  | { readonly outcome: 'silent'; readonly waitedMs: number }
  | { readonly outcome: 'broken'; readonly why: string };

/** Never more than this many exchanges for one try of one server. */
const MAX_EXCHANGES = 4;
/** TCP needs a handshake before the question goes out. Never more than half of what is left: one bad server at each of three cuts is no end. */
const TCP_TIMEOUT_MS = 3_000;
/** How long to wait for a server that did not answer lately. */
const DEAD_TIMEOUT_MS = 1_000;
/** How a server is named in the server cache. */
export function serverKey({ address, port }: UpstreamServer): string {
  return port === 53 ? address : `${address}@${port}`;
}

/** @throws {BudgetExceeded} when the work's limits or its time are spent */
export async function askServer(
  server: UpstreamServer,
  question: Question,
  zone: Name,
  recursive: boolean,
  work: Work,
  deps: AskServerDeps,
): Promise<ServerOutcome> {
  const { servers } = deps;
  const key = serverKey(server);
  let transport: 'udp' | 'tcp' = 'udp';
  let edns = servers.edns(key, deps.now()) !== 'plain';
  const cookies = new CookieDialogue(key, edns, deps);
  for (let exchanges = 0; exchanges < MAX_EXCHANGES; exchanges++) {
    const waitMs = waitFor(key, transport, work, deps);
    const outcome = await exchangeOnce(
      server,
      question,
      zone,
      recursive,
      { transport, edns, cookie: cookies.cookie, timeoutMs: waitMs },
      work,
      deps,
    );
    if (outcome.outcome !== 'response') cookies.fail();
    switch (outcome.outcome) {
      case 'response': {
        servers.recordResponse(key, outcome.rttMs, deps.now());
        work.spend('upstreamOctets', outcome.octets);
        const { message } = outcome;
        work.trace?.({ event: 'response', server: server.address, kind: transport, rcode: message.rcode });
        const advice = cookies.hear(message, transport);
        if (advice === 'give-up') return { outcome: 'broken', why: 'BADCOOKIE over TCP' };
        if (advice !== 'take') {
          if (advice === 'over-tcp') transport = 'tcp';
        } else if (message.flags.truncated) {
          if (transport === 'tcp') return { outcome: 'broken', why: 'truncated over TCP' };
          transport = 'tcp';
        } else if (edns && refusesEdns(message)) edns = false;
        else {
          // Only an answer shows that it was EDNS which the server minded.
          if (edns && message.edns) servers.recordEdns(key, 'works', deps.now());
          else if (!edns && isAnswer(message)) servers.recordEdns(key, 'plain', deps.now());
          return { outcome: 'response', message };
        }
        break;
      }
      case 'timeout':
        // Replies that did not match say nothing of the server: who forges them may not switch it off (CVE-2023-26437).
        if (outcome.nearMisses === 0) servers.recordTimeout(key, deps.now(), waitMs);
        if (outcome.nearMisses === 0 || transport === 'tcp') return { outcome: 'silent', waitedMs: waitMs };
        transport = 'tcp';
        break;
      case 'case-mismatch':
        servers.recordCaseMismatch(key, deps.now());
        if (transport === 'tcp') return { outcome: 'broken', why: 'echoes another question' };
        transport = 'tcp';
        break;
      case 'cookie-missing':
        cookies.miss();
        transport = 'tcp';
        break;
      case 'forged':
        if (transport === 'tcp') return { outcome: 'broken', why: 'echoes another question' };
        transport = 'tcp';
        break;
      case 'unreachable':
        if (!isLocalFault(outcome.code)) servers.recordUnreachable(key, deps.now());
        return { outcome: 'broken', why: outcome.code };
      case 'malformed':
        if (transport === 'tcp' && cookies.drop()) break;
        return { outcome: 'broken', why: outcome.fault };
    }
  }
  return { outcome: 'broken', why: 'no usable response' };
}

/** Servers from before EDNS say FORMERR or NOTIMP, without an OPT record of their own (RFC 6891 §7). */
function refusesEdns(message: Message): boolean {
  if (message.rcode === Rcode.BADVERS) return true;
  return message.edns === undefined && (message.rcode === Rcode.FORMERR || message.rcode === Rcode.NOTIMP);
}

/** Milliseconds to wait for this server now. @throws {BudgetExceeded} when the work's time is over */
function waitFor(key: string, transport: 'udp' | 'tcp', work: Work, { servers, now }: AskServerDeps): number {
  const remaining = work.remainingMs();
  if (remaining <= 0) throw new BudgetExceeded('time');
  if (transport === 'tcp') return Math.max(1, Math.min(TCP_TIMEOUT_MS, remaining / 2));
  const patience = servers.isReachable(key, now()) ? Number.POSITIVE_INFINITY : DEAD_TIMEOUT_MS;
  return Math.max(1, Math.min(servers.timeoutMs(key, now()), patience, remaining));
}

async function exchangeOnce(
  server: UpstreamServer,
  question: Question,
  zone: Name,
  recursive: boolean,
  how: Pick<UpstreamQuery, 'transport' | 'edns' | 'cookie' | 'timeoutMs'>,
  work: Work,
  deps: AskServerDeps,
): Promise<UpstreamOutcome> {
  const { transport } = how;
  work.spend('upstreamQueries');
  const key = serverKey(server);
  work.trace?.({ event: 'query-sent', server: server.address, zone, qname: question.qname, qtype: question.qtype, transport });
  const outcome = await deps.exchange({
    server,
    question,
    ...how,
    recursionDesired: recursive,
    caseRandomisation: deps.caseRandomisation && transport === 'udp' && deps.servers.caseKept(key, deps.now()),
  });
  if (outcome.outcome !== 'response') work.trace?.({ event: 'query-failed', server: server.address, why: outcome.outcome });
  return outcome;
}
