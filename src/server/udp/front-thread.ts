/** A front thread: waits for datagrams on the sockets that it is given, has them served, hands over what is left (README.md). */

import { parentPort, workerData } from 'node:worker_threads';
import type { PrefixOctets } from '../../base/prefix.ts';
import type { CookieSecrets } from '../../service/cookie.ts';
import { Batch } from './batch.ts';
import { AddressRanges, QueryRate } from './clients.ts';
import { FrontLoop } from './front-loop.ts';
import { Control, type TableMemory } from './layout.ts';
import { Errno, type Libc, loadLibc, Socket, systemError } from './libc.ts';
import { packMisses } from './misses.ts';
import { LOOK_UP_MS } from './sockets.ts';
import { TableReader } from './table-reader.ts';

/** What a thread is started with. */
export interface FrontThreadData {
  readonly sockets: readonly number[];
  readonly table: TableMemory;
  readonly udpSize: number;
  readonly nsid: Uint8Array | undefined;
  readonly allowed: readonly PrefixOctets[];
  readonly trusted: readonly PrefixOctets[];
  readonly rate: SharedArrayBuffer;
  readonly queriesPerSecond: number;
  readonly cookies: { readonly secrets: CookieSecrets; readonly require: boolean } | undefined;
  readonly counts: SharedArrayBuffer;
  /** One word: queries handed over that the resolver thread has not taken yet. */
  readonly pending: SharedArrayBuffer;
  readonly maxPending: number;
}

/** Datagrams of one system call. */
const BATCH = 64;
/** No query is longer; its answer is at most 1,232 octets, and read behind it word by word. */
const QUERY_OCTETS = 4_096;
const REPLY_OCTETS = 2_048;

const EPOLLIN = 1;
const EPOLLEXCLUSIVE = 1 << 28;
const EPOLL_CTL_ADD = 1;
/** struct epoll_event is packed on x86-64 alone. */
const EVENT = process.arch === 'x64' ? { octets: 12, dataAt: 4 } : { octets: 16, dataAt: 8 };

function run(data: FrontThreadData, post: (misses: ReturnType<typeof packMisses>) => void): void {
  const libc = loadLibc();
  if ('missing' in libc) throw new Error(libc.missing);
  const control = new Int32Array(data.table.shared);
  const pending = new Int32Array(data.pending);
  const received = new Batch(libc, BATCH, QUERY_OCTETS);
  const replies = new Batch(libc, BATCH, REPLY_OCTETS);
  const mayHandOver = () => {
    if (Atomics.load(pending, 0) >= data.maxPending) return false;
    Atomics.add(pending, 0, 1);
    return true;
  };
  const loop = new FrontLoop(
    {
      table: new TableReader(data.table),
      udpSize: data.udpSize,
      nsid: data.nsid,
      allowed: new AddressRanges(data.allowed),
      trusted: new AddressRanges(data.trusted),
      rate: new QueryRate(data.rate, data.queriesPerSecond, data.table.seed),
      cookies: data.cookies,
      counts: new Float64Array(data.counts),
      mayHandOver,
    },
    replies,
  );
  const isOnly = data.sockets.length === 1;
  const wait = isOnly ? { ready: () => [0], close() {} } : openWait(libc, data.sockets);
  const flags = isOnly ? Socket.MSG_WAITFORONE : Socket.MSG_DONTWAIT;
  try {
    while (Atomics.load(control, Control.STOP) === 0) {
      let served = 0;
      for (const index of wait.ready()) {
        const fd = data.sockets[index] as number;
        const got = libc.recvmmsg(fd, received.octets, BATCH, flags, null);
        if (got < 0) expectNothingCame(libc, 'recvmmsg');
        if (got <= 0) continue;
        served += got;
        const count = loop.serve(received, got, Math.floor(Date.now() / 1000));
        if (count > 0) replies.send(libc, fd, count, Socket.MSG_DONTWAIT);
        if (loop.misses > 0) post(packMisses(index, received, loop.missPlaces, loop.misses));
        for (let place = 0; place < got; place++) received.expect(place);
      }
      if (served === 0) loop.idle(Math.floor(Date.now() / 1000));
    }
  } finally {
    wait.close();
  }
}

/** Any other fault comes back at once, and for ever: the thread would spin and say nothing. So it ends, is told of, and starts anew. */
function expectNothingCame(libc: Libc, call: string): void {
  const errno = libc.errno();
  if (errno !== Errno.EAGAIN && errno !== Errno.EINTR) throw systemError(libc, call);
}

interface Wait {
  /** Which sockets have something; none after a while. */
  ready(): readonly number[];
  /** The descriptor is the process's, and would outlive the thread. */
  close(): void;
}

/** Waits for several sockets. */
function openWait(libc: Libc, sockets: readonly number[]): Wait {
  const epoll = libc.epoll_create1(Socket.SOCK_CLOEXEC);
  if (epoll < 0) throw systemError(libc, 'epoll_create1');
  const close = () => {
    libc.close(epoll);
  };
  sockets.forEach((fd, index) => {
    const event = Buffer.alloc(EVENT.octets);
    // Of several threads that wait, one is woken.
    event.writeUInt32LE(EPOLLIN | EPOLLEXCLUSIVE, 0);
    event.writeUInt32LE(index, EVENT.dataAt);
    if (libc.epoll_ctl(epoll, EPOLL_CTL_ADD, fd, event) === 0) return;
    const error = systemError(libc, 'epoll_ctl');
    close();
    throw error;
  });
  const events = Buffer.alloc(EVENT.octets * sockets.length);
  const ready: number[] = [];
  return {
    ready() {
      const count = libc.epoll_wait(epoll, events, sockets.length, LOOK_UP_MS);
      if (count < 0) expectNothingCame(libc, 'epoll_wait');
      ready.length = 0;
      for (let i = 0; i < count; i++) ready.push(events.readUInt32LE(i * EVENT.octets + EVENT.dataAt));
      return ready;
    },
    close,
  };
}

const port = parentPort;
if (port) run(workerData as FrontThreadData, (misses) => port.postMessage(misses, [misses.octets]));
