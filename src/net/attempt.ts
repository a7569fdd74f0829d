/** What both transports share: what they need from outside, and an attempt that ends exactly once. */

import { isIP } from 'node:net';
import type { Message } from '../base/record.ts';
import { WireError } from '../wire/error.ts';
import { judgeReplyCookie } from './cookie.ts';
import type { Exchange, UpstreamOutcome, UpstreamServer } from './exchange.ts';
import type { RandomInt, SentQuery } from './query.ts';
import { readReply } from './query.ts';

export interface NetDeps {
  readonly random: RandomInt;
  /** Milliseconds of a clock that is never set; only differences are used. */
  readonly monotonicMs: () => number;
}

/** `close` ends all that is under way, each with `unreachable`, code `ECANCELED`, and refuses what comes after. */
export type ClosableExchange = Exchange & { readonly close: () => void };

/** Codes of `unreachable` that say something of this machine and nothing of the server. */
const localFaults: readonly string[] = ['ECANCELED', 'EBUSY', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRINUSE'];

/** Whether `unreachable` with this code is our own trouble: the server must not be marked for it. */
export function isLocalFault(code: string): boolean {
  return localFaults.includes(code);
}

/** Ends an attempt; what is called later is ignored. A function is called only then, and what it throws rejects the attempt. */
export type Finish = (outcome: UpstreamOutcome | (() => UpstreamOutcome)) => void;

/** Attempts under way. Each gets a `finish` that stops its timer and runs its `release`. */
export class Attempts {
  readonly #open = new Set<Finish>();
  #closed = false;

  /**
   * Starts an attempt of at most `timeoutMs`.
   * @param begin gets `finish` and returns what to release at the end
   * @param onTimeout the outcome when time is up
   */
  start(timeoutMs: number, onTimeout: () => UpstreamOutcome, begin: (finish: Finish) => () => void): Promise<UpstreamOutcome> {
    if (this.#closed) return Promise.resolve(canceled);
    return new Promise((resolve, reject) => {
      let release: (() => void) | undefined;
      const finish: Finish = (outcome) => {
        if (!this.#open.delete(finish)) return;
        clearTimeout(timer);
        release?.();
        try {
          resolve(typeof outcome === 'function' ? outcome() : outcome);
        } catch (error) {
          reject(error); // our bug: it must not end the process out of an event handler
        }
      };
      this.#open.add(finish);
      // Timers run before sockets are read: a reply that came while we were busy lies there still, and is read first.
      const timer = setTimeout(() => setImmediate(finish, onTimeout), timeoutMs);
      release = begin(finish);
      if (!this.#open.has(finish)) release(); // it ended before there was anything to release
    });
  }

  close(): void {
    this.#closed = true;
    for (const finish of [...this.#open]) finish(canceled);
  }
}

/** Whether a socket can go there. Never a name: looking one up would leave the resolver. */
export function isSocketAddress({ address, port }: UpstreamServer): boolean {
  return isIP(address) !== 0 && Number.isInteger(port) && port > 0 && port < 0x10000;
}

export const noAddress: UpstreamOutcome = { outcome: 'unreachable', code: 'EINVAL' };
const canceled: UpstreamOutcome = { outcome: 'unreachable', code: 'ECANCELED' };

export function unreachable(error: NodeJS.ErrnoException): UpstreamOutcome {
  return { outcome: 'unreachable', code: error.code ?? 'EUNKNOWN' };
}

/** The outcome of a reply that matched; `miss` where its cookie shows that it is not ours (RFC 7873 §5.3). */
export function outcomeOf(reply: Uint8Array, sent: SentQuery, rttMs: number, nearMisses: number): UpstreamOutcome | 'miss' {
  let message: Message;
  try {
    message = readReply(reply, sent);
  } catch (error) {
    if (error instanceof WireError) return { outcome: 'malformed', fault: error.fault };
    throw error;
  }
  const cookie = sent.cookie ? judgeReplyCookie(message, sent.cookie) : 'good';
  if (cookie === 'wrong') return 'miss';
  if (cookie === 'missing' && sent.transport === 'udp') return { outcome: 'cookie-missing' };
  return { outcome: 'response', message, octets: reply.length, rttMs, nearMisses };
}
