/**
 * The exchange that main hands to the resolver: UDP or TCP as asked, and no more sockets at once than the machine can spare.
 * A query beyond that waits its turn, first come first served, at most `timeoutMs`; then it has its whole `timeoutMs` for the network,
 * so that our own queue is never taken for a slow server.
 */

import { randomInt } from 'node:crypto';
import type { ClosableExchange, NetDeps } from './attempt.ts';
import type { UpstreamOutcome, UpstreamQuery } from './exchange.ts';
import { createTcpExchange } from './tcp.ts';
import { createUdpExchange } from './udp.ts';

export interface ExchangeDeps extends Partial<NetDeps> {
  /** Sockets open at once; 2,000 unless told. Keep it well under the limit on open files. */
  readonly maxSockets?: number;
  /** Queries that may wait for one; 4,000 unless told. */
  readonly maxWaiting?: number;
}

/** Makes the exchange over real sockets; randomness is `crypto.randomInt` unless told otherwise. */
export function createExchange(deps: ExchangeDeps = {}): ClosableExchange {
  const net: NetDeps = { random: deps.random ?? ((bound) => randomInt(bound)), monotonicMs: deps.monotonicMs ?? (() => performance.now()) };
  const transports = { udp: createUdpExchange(net), tcp: createTcpExchange(net) };
  const slots = new Slots(deps.maxSockets ?? 2_000, deps.maxWaiting ?? 4_000);
  const exchange = async (query: UpstreamQuery): Promise<UpstreamOutcome> => {
    if (!slots.takeFree() && !(await slots.waitForOne(query.timeoutMs))) return { outcome: 'unreachable', code: 'EBUSY' };
    try {
      return await transports[query.transport](query);
    } finally {
      slots.give();
    }
  };
  const close = () => {
    transports.udp.close();
    transports.tcp.close(); // each that ends gives its place to one who waits, who then learns that it is over
  };
  return Object.assign(exchange, { close });
}

/** A counted number of places, and a bounded queue for them. */
class Slots {
  #free: number;
  readonly #maxWaiting: number;
  /** In order of arrival. Called with whether there is a place. */
  readonly #waiting = new Set<(taken: boolean) => void>();

  constructor(places: number, maxWaiting: number) {
    this.#free = places;
    this.#maxWaiting = maxWaiting;
  }

  /** Takes a place that is free; false where there is none. */
  takeFree(): boolean {
    if (this.#free === 0) return false;
    this.#free--;
    return true;
  }

  /** Waits at most `timeoutMs` for a place; false where it got none. */
  waitForOne(timeoutMs: number): Promise<boolean> {
    if (this.#waiting.size >= this.#maxWaiting) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (taken: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(end);
        resolve(taken);
      };
      const timer = setTimeout(() => end(false), timeoutMs);
      this.#waiting.add(end);
    });
  }

  /** Gives a place back: to the first who waits, if anybody does. */
  give(): void {
    const [next] = this.#waiting;
    if (next) next(true);
    else this.#free++;
  }
}
