/** The port to authoritative servers: one query to one server, and what came of it. */

import type { Message, Question } from '../base/record.ts';
import type { UpstreamCookie } from './cookie.ts';

export interface UpstreamServer {
  /** IP address literal, without a zone index. */
  readonly address: string;
  readonly port: number;
}

export interface UpstreamQuery {
  readonly server: UpstreamServer;
  readonly question: Question;
  readonly transport: 'udp' | 'tcp';
  /** With an OPT record: DO set and our payload size; without one when false. */
  readonly edns: boolean;
  /** Goes along where there is an OPT record; over UDP a reply must then keep to it (RFC 7873 §5.3). */
  readonly cookie?: UpstreamCookie | undefined;
  /** RD and CD set: for servers that recurse for us. */
  readonly recursionDesired: boolean;
  /** Over UDP: mix the case of QNAME's letters and demand it back (draft-vixie-dnsext-dns0x20). The reply is read in the case given. */
  readonly caseRandomisation: boolean;
  readonly timeoutMs: number;
}

/**
 * - `response`: ID, question, address and port matched; `nearMisses` counts replies before it that did not
 * - `timeout`: nothing that matched came in time; with near misses somebody may be guessing, so ask over TCP
 * - `forged`: so many near misses that no reply over UDP can be believed; ask over TCP
 * - `case-mismatch`: a reply that matched but for the letter case; ask over TCP
 * - `cookie-missing`: a reply that matched but lacks the cookie that this server has given before; ask over TCP
 * - `unreachable`: the network said so: port or host unreachable, connection refused, reset or ended early, no route; or this machine has
 *   no socket to spare, see `isLocalFault(code)` in attempt.ts: then nothing may be noted against the server
 * - `malformed`: a reply whose ID and question matched, but that is no message; over TCP also a reply that did not match
 */
export type UpstreamOutcome =
  | {
      readonly outcome: 'response';
      readonly message: Message;
      readonly octets: number;
      readonly rttMs: number;
      readonly nearMisses: number;
    }
  | { readonly outcome: 'timeout'; readonly nearMisses: number }
  | { readonly outcome: 'forged' }
  | { readonly outcome: 'case-mismatch' }
  | { readonly outcome: 'cookie-missing' }
  | { readonly outcome: 'unreachable'; readonly code: string }
  | { readonly outcome: 'malformed'; readonly fault: string };

/** Sends one query and waits for the reply that matches it, at most `timeoutMs`; a wrong reply does not end the wait. Never rejects for what the network does. */
export type Exchange = (query: UpstreamQuery) => Promise<UpstreamOutcome>;
