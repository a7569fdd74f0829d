/**
 * The UDP front: binds sockets, starts threads that answer from the answer table (front-thread.ts), and answers here, on the resolver
 * thread, what they leave. A thread that ends by a fault is told of and started anew; the sockets are this side's and stay.
 */

import { Worker } from 'node:worker_threads';
import { type Endpoint, parsePrefixOctets } from '../../base/prefix.ts';
import type { Answer, CookieSettings } from '../../service/answer.ts';
import { createInFlight } from '../in-flight.ts';
import { Batch } from './batch.ts';
import { rateMemory } from './clients.ts';
import { DEFAULT_BUFFER_OCTETS, truncated, type UdpOptions } from './dgram.ts';
import { Count } from './front-loop.ts';
import type { FrontThreadData } from './front-thread.ts';
import { Control } from './layout.ts';
import { type Libc, Socket } from './libc.ts';
import { type Miss, type Misses, unpackMisses } from './misses.ts';
import { type BoundSocket, bindSocket, readSocketAddress } from './sockets.ts';
import type { AnswerTable } from './table-writer.ts';

export interface UdpFrontOptions extends UdpOptions {
  readonly threads: number;
  readonly udpSize: number;
  readonly nsid: Uint8Array | undefined;
  /** Prefixes in text form, checked: who may ask, and whose rate is not limited. */
  readonly allowed: readonly string[];
  readonly trusted: readonly string[];
  /** For one client address over UDP; 0: no limit. */
  readonly queriesPerSecond: number;
  readonly cookies: CookieSettings | undefined;
  /** Hears that a thread ended by a fault and is started anew. Synchronous, must not throw. */
  readonly onThreadFault?: (error: unknown) => void;
  /** Queries that one thread may have handed over before they are taken. */
  readonly maxPending?: number;
  /** For tests: another program in place of front-thread.ts. */
  readonly threadFile?: URL;
}

/** What the threads have answered by themselves, and turned away. */
export type FrontCounts = Readonly<Record<'secure' | 'insecure' | 'nxdomain' | 'refused' | 'rateLimited' | 'overloaded', number>>;

export interface UdpFront {
  /** Binds one more socket, before `start`. @throws {BindError} */
  bind(endpoint: Endpoint): BoundSocket & { close(): void };
  /** Resolves once all threads run. */
  start(): Promise<void>;
  counts(): FrontCounts;
  /** Takes no more queries, waits for those in flight at most `graceMs`, then closes. */
  stop(graceMs?: number): Promise<void>;
}

const DEFAULT_GRACE_MS = 5_000;
const DEFAULT_MAX_PENDING = 2_048;
/** A thread that ends this soon after its start is not started anew at once. */
const EARLY_END_MS = 1_000;
const REPLIES = 64;
const REPLY_OCTETS = 4_096;

/** The compiled thread; beside this file, but where this is run uncompiled, by tests. */
const threadFile = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/server/udp/front-thread.js' : './front-thread.js',
  import.meta.url,
);

interface Thread {
  readonly worker: Worker;
  readonly ended: Promise<void>;
}

export function createUdpFront(libc: Libc, table: AnswerTable, answer: Answer, options: UdpFrontOptions): UdpFront {
  const sockets: BoundSocket[] = [];
  const threads = new Set<Thread>();
  const counts = Array.from({ length: options.threads }, () => new SharedArrayBuffer(Count.LENGTH * 8));
  const rate = rateMemory();
  const inFlight = createInFlight(options);
  const outbox = new Outbox(libc);
  const control = new Int32Array(table.memory.shared);
  let stopped: Promise<void> | undefined;

  function startThread(index: number): Thread {
    const pending = new SharedArrayBuffer(4);
    const { udpSize, nsid, queriesPerSecond, maxPending = DEFAULT_MAX_PENDING } = options;
    const data: FrontThreadData = {
      sockets: sockets.map(({ fd }) => fd),
      table: table.memory,
      udpSize,
      nsid,
      allowed: options.allowed.map(parsePrefixOctets),
      trusted: options.trusted.map(parsePrefixOctets),
      rate,
      queriesPerSecond,
      cookies: options.cookies,
      counts: counts[index] as SharedArrayBuffer,
      pending,
      maxPending,
    };
    const worker = new Worker(options.threadFile ?? threadFile, { workerData: data, name: `zeker-udp-${index}`, execArgv: [] });
    const startedAt = performance.now();
    const waiting = new Int32Array(pending);
    worker.on('message', (misses: Misses) => {
      Atomics.sub(waiting, 0, misses.count);
      takeMisses(misses);
    });
    worker.on('error', (error) => options.onThreadFault?.(error));
    const ended = heard(worker, 'exit').then(() => {
      threads.delete(thread);
      if (stopped) return;
      const wait = performance.now() - startedAt < EARLY_END_MS ? EARLY_END_MS : 0;
      setTimeout(() => !stopped && startThread(index), wait).unref();
    });
    const thread = { worker, ended };
    threads.add(thread);
    return thread;
  }

  function takeMisses(misses: Misses): void {
    const socket = sockets[misses.socket];
    for (const miss of unpackMisses(misses)) if (socket) serve(socket.fd, miss);
  }

  function serve(fd: number, miss: Miss): void {
    const { address } = readSocketAddress(miss.name);
    if (!inFlight.enter(address)) {
      options.onDrop?.();
      const reply = truncated(miss.query);
      if (reply) outbox.put(fd, reply, miss);
      return;
    }
    answer(miss.query, { address, transport: 'udp' })
      .then((reply) => reply && outbox.put(fd, reply, miss))
      .catch((error: unknown) => options.onError?.(error))
      .finally(() => inFlight.leave(address));
  }

  async function end(graceMs: number): Promise<void> {
    Atomics.store(control, Control.STOP, 1);
    await Promise.all([...threads].map(({ ended }) => ended));
    await inFlight.whenEmpty(graceMs);
    outbox.close();
    for (const { fd } of sockets) libc.close(fd);
  }

  return {
    bind(endpoint) {
      const socket = bindSocket(libc, endpoint, options.receiveBufferOctets ?? DEFAULT_BUFFER_OCTETS);
      sockets.push(socket);
      const close = () => {
        sockets.splice(sockets.indexOf(socket), 1);
        libc.close(socket.fd);
      };
      return { ...socket, close };
    },
    async start() {
      if (sockets.length === 0) return;
      const started = counts.map((_, index) => startThread(index));
      await Promise.all(started.map(({ worker, ended }) => Promise.race([heard(worker, 'online'), ended])));
    },
    counts() {
      const sum = (which: number) => counts.reduce((total, shared) => total + (new Float64Array(shared)[which] as number), 0);
      return {
        secure: sum(Count.SECURE),
        insecure: sum(Count.INSECURE),
        nxdomain: sum(Count.NXDOMAIN),
        refused: sum(Count.REFUSED),
        rateLimited: sum(Count.RATE_LIMITED),
        overloaded: sum(Count.OVERLOADED),
      };
    },
    stop(graceMs = DEFAULT_GRACE_MS) {
      stopped ??= end(graceMs);
      return stopped;
    },
  };
}

/** Unlike `once` of node:events it does not reject at an error, which others hear of. */
function heard(worker: Worker, event: 'online' | 'exit'): Promise<void> {
  return new Promise((resolve) => worker.once(event, () => resolve()));
}

/** Answers of the resolver thread on their way: those for one socket that are ready at the same time leave with one system call. */
class Outbox {
  readonly #libc: Libc;
  readonly #batch: Batch;
  #fd = -1;
  #count = 0;
  #isClosed = false;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#batch = new Batch(libc, REPLIES, REPLY_OCTETS);
  }

  put(fd: number, reply: Uint8Array, { name, control }: Miss): void {
    if (this.#isClosed) return;
    if (this.#count === REPLIES || (this.#count > 0 && fd !== this.#fd)) this.flush();
    if (this.#count === 0) setImmediate(() => this.flush());
    const { octets } = this.#batch;
    const place = this.#count++;
    this.#fd = fd;
    octets.set(name, this.#batch.nameAt(place));
    octets.set(control, this.#batch.controlAt(place));
    octets.set(reply, this.#batch.payloadAt(place));
    this.#batch.size(place, reply.length, name.length, control.length);
  }

  flush(): void {
    if (this.#count > 0) this.#batch.send(this.#libc, this.#fd, this.#count, Socket.MSG_DONTWAIT);
    this.#count = 0;
  }

  /** Sends what is there, and nothing that comes later: by then the descriptor may be another socket's. */
  close(): void {
    this.flush();
    this.#isClosed = true;
  }
}
