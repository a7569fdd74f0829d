/**
 * One query over TCP (RFC 1035 §4.2.2, RFC 7766): two octets of length, then the message, in however many pieces it comes.
 * Connecting and reading share one deadline. The first message decides: nobody else speaks on this connection, so one that does not
 * match is malformed.
 *
 * Limits: one connection for each query; none is kept for the next.
 */

import { connect } from 'node:net';
import { HEADER_OCTETS, MAX_MESSAGE_OCTETS } from '../wire/message-index.ts';
import { Attempts, type ClosableExchange, isSocketAddress, type NetDeps, noAddress, outcomeOf, unreachable } from './attempt.ts';
import type { UpstreamOutcome, UpstreamQuery } from './exchange.ts';
import { composeQuery, matchReply, type SentQuery } from './query.ts';

export function createTcpExchange(deps: NetDeps): ClosableExchange {
  const attempts = new Attempts();
  return Object.assign((query: UpstreamQuery) => askOverTcp(query, deps, attempts), { close: () => attempts.close() });
}

function askOverTcp(query: UpstreamQuery, deps: NetDeps, attempts: Attempts) {
  if (!isSocketAddress(query.server)) return Promise.resolve(noAddress);
  const sent = composeQuery(query, deps.random);
  const onTimeout = () => ({ outcome: 'timeout', nearMisses: 0 }) as const;
  return attempts.start(query.timeoutMs, onTimeout, (finish) => {
    const { address, port } = query.server;
    let sentAt = deps.monotonicMs();
    const frame = new FrameReader();
    const socket = connect({ host: address, port, noDelay: true });
    socket.on('connect', () => {
      sentAt = deps.monotonicMs(); // the handshake is no part of the RTT
      socket.write(withLength(sent.octets));
    });
    socket.on('data', (chunk: Buffer) => {
      const reply = frame.push(chunk);
      if (reply) finish(() => outcomeOfFrame(reply, sent, deps.monotonicMs() - sentAt));
    });
    socket.on('error', (error) => finish(unreachable(error)));
    socket.on('close', () => finish({ outcome: 'unreachable', code: 'ECONNRESET' })); // before a whole reply came
    return () => socket.destroy();
  });
}

function outcomeOfFrame(reply: Uint8Array, sent: SentQuery, rttMs: number): UpstreamOutcome {
  if (reply.length < HEADER_OCTETS) return { outcome: 'malformed', fault: 'truncated' };
  if (matchReply(reply, sent) === 'miss') return { outcome: 'malformed', fault: 'mismatch' };
  const outcome = outcomeOf(reply, sent, rttMs, 0);
  return outcome === 'miss' ? { outcome: 'malformed', fault: 'mismatch' } : outcome;
}

function withLength(octets: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(octets.length + 2);
  framed.writeUInt16BE(octets.length, 0);
  octets.copy(framed, 2);
  return framed;
}

const FIRST_BUFFER_OCTETS = 2048;

/** Puts one message together. It holds what has come, not what was announced: a length costs nobody 65,535 octets. */
export class FrameReader {
  #buffer = Buffer.allocUnsafe(FIRST_BUFFER_OCTETS);
  #used = 0;

  /** The message, once all of it has come; what follows it is left out. */
  push(chunk: Uint8Array): Uint8Array | undefined {
    const room = 2 + MAX_MESSAGE_OCTETS - this.#used;
    const taken = chunk.subarray(0, room);
    this.#grow(this.#used + taken.length);
    this.#buffer.set(taken, this.#used);
    this.#used += taken.length;
    if (this.#used < 2) return undefined;
    const end = 2 + this.#buffer.readUInt16BE(0);
    return this.#used >= end ? this.#buffer.subarray(2, end) : undefined;
  }

  #grow(octets: number): void {
    if (octets <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(octets, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
  }
}
