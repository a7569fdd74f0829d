import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { addressOctets } from '../../../src/base/address.ts';
import { SECURE } from '../../../src/base/validation.ts';
import { listenDns, type Stoppable } from '../../../src/listen.ts';
import { openLog } from '../../../src/log.ts';
import { BindError } from '../../../src/server/bind-error.ts';
import { Batch } from '../../../src/server/udp/batch.ts';
import { createUdpFront, type UdpFront, type UdpFrontOptions } from '../../../src/server/udp/front.ts';
import { type Libc, loadLibc, Socket as SocketConstant } from '../../../src/server/udp/libc.ts';
import { packMisses, unpackMisses } from '../../../src/server/udp/misses.ts';
import { AnswerTable } from '../../../src/server/udp/table-writer.ts';
import type { Answer } from '../../../src/service/answer.ts';
import { readMessage } from '../../../src/wire/read-message.ts';
import { answerOf, queryOf, resolutionOf } from '../../service/fake.ts';

const libc = loadLibc() as Libc;
const cleanUp: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

const frontDefaults = {
  threads: 1,
  udpSize: 1_232,
  nsid: undefined,
  allowed: ['127.0.0.0/8', '::1'],
  trusted: [],
  queriesPerSecond: 0,
  cookies: undefined,
};

interface Opened {
  readonly front: UdpFront;
  readonly ports: readonly number[];
  /** Who was asked for by the service. */
  readonly asked: string[];
}

interface OpenOptions extends Partial<UdpFrontOptions> {
  readonly addresses?: readonly string[];
  /** In place of a service that has every answer in its cache. */
  readonly answer?: Answer;
  readonly libc?: Libc;
}

async function open({ addresses = ['127.0.0.1'], answer, libc: calls = libc, ...options }: OpenOptions = {}): Promise<Opened> {
  const table = new AnswerTable(1_000_000);
  const asked: string[] = [];
  const now = () => Math.floor(Date.now() / 1000);
  const cached = () => resolutionOf('answer', SECURE, { cached: true, expires: now() + 300 });
  const service: Answer = (query, client) => {
    asked.push(client.address);
    return (answer ?? answerOf(cached(), { finished: table, clock: () => Date.now() / 1000 }))(query, client);
  };
  const front = createUdpFront(calls, table, service, {
    ...frontDefaults,
    ...options,
  });
  cleanUp.push(() => front.stop(0));
  const ports = addresses.map((address) => front.bind({ address, port: 0 }).port);
  await front.start();
  return { front, ports, asked };
}

async function client(port: number, address = '127.0.0.1'): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.connect(port, address); // a reply from elsewhere would not be let through
  await once(socket, 'connect');
  cleanUp.push(() => {
    socket.close();
  });
  return socket;
}

async function exchange(socket: Socket, query: Uint8Array): Promise<Buffer> {
  const reply = once(socket, 'message') as Promise<[Buffer]>;
  socket.send(query);
  return (await reply)[0];
}

const query = queryOf({ edns: { dnssecOk: true } });

test('a question asked twice is answered by the thread, with the same octets', async () => {
  const { front, ports, asked } = await open();
  const socket = await client(ports[0]!);
  const first = await exchange(socket, query);
  const second = await exchange(socket, query);
  expect(asked).toEqual(['127.0.0.1']);
  expect(readMessage(second)).toEqual(readMessage(first));
  expect(front.counts()).toEqual({ secure: 1, insecure: 0, nxdomain: 0, refused: 0, rateLimited: 0, overloaded: 0 });
});

test('several sockets, IPv4 and IPv6, and several threads', async () => {
  const { ports, asked } = await open({ addresses: ['127.0.0.1', '::1', '127.0.0.3'], threads: 2 });
  for (const [i, address] of ['127.0.0.1', '::1', '127.0.0.3'].entries()) {
    const socket = await client(ports[i]!, address);
    for (let n = 0; n < 3; n++) expect(readMessage(await exchange(socket, query)).flags.response).toBe(true);
  }
  expect(asked).toHaveLength(1);
});

test.each([
  ['0.0.0.0', '127.0.0.5'],
  ['::', '::1'],
])('bound to %s, a reply leaves from the address that was asked, %s, hit or miss', async (wildcard, address) => {
  const { ports, asked } = await open({ addresses: [wildcard] });
  const socket = await client(ports[0]!, address);
  await exchange(socket, query);
  await exchange(socket, query);
  expect(asked).toHaveLength(1);
});

test('a hundred queries at once are answered each', async () => {
  const { ports } = await open();
  const socket = await client(ports[0]!);
  const ids = new Set<number>();
  const all = new Promise<void>((resolve) => {
    socket.on('message', (reply) => {
      ids.add(reply.readUInt16BE(0));
      if (ids.size === 100) resolve();
    });
  });
  for (let id = 0; id < 100; id++) {
    const own = Buffer.from(query);
    own.writeUInt16BE(id, 0);
    socket.send(own);
  }
  await all;
});

test('hits do not wait for the resolver thread', async () => {
  const { ports } = await open();
  const socket = await client(ports[0]!);
  await exchange(socket, query);
  // The hit is sent while this thread does nothing else: its reply lies there when it looks.
  const reply = once(socket, 'message');
  socket.send(query);
  await new Promise((resolve) => setImmediate(resolve));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  expect(((await reply) as [Buffer])[0].length).toBeGreaterThan(12);
});

test('of a client that waits for too many, the newest gets TC=1', async () => {
  let answered = 0;
  const never: Answer = () => new Promise(() => answered++);
  const onDrop = vi.fn();
  const { ports } = await open({ answer: never, maxInFlightPerClient: 3, onDrop });
  const socket = await client(ports[0]!);
  for (let i = 0; i < 3; i++) socket.send(query);
  await vi.waitFor(() => expect(answered).toBe(3), 20_000);
  const reply = readMessage(await exchange(socket, query));
  expect(reply.flags.truncated).toBe(true);
  expect(onDrop).toHaveBeenCalledOnce();
});

test('who is not on the access list is refused by the thread', async () => {
  const { ports, asked, front } = await open({ allowed: ['192.0.2.0/24'] });
  expect(readMessage(await exchange(await client(ports[0]!), query)).rcode).toBe(5);
  expect(asked).toEqual([]);
  expect(front.counts().refused).toBe(1);
});

test('the service may be silent, and may fail', async () => {
  const onError = vi.fn();
  const answers: Answer = async (octets) => {
    if (octets[0] === 1) throw new Error('as it was told to');
    return octets[0] === 2 ? undefined : Buffer.from('answer');
  };
  const { ports } = await open({ answer: answers, onError });
  const socket = await client(ports[0]!);
  const withId = (id: number) => Buffer.concat([Buffer.from([id]), query.subarray(1)]);
  for (const id of [1, 2]) socket.send(withId(id));
  expect((await exchange(socket, withId(3))).toString()).toBe('answer');
  expect(onError).toHaveBeenCalledOnce();
});

describe('binding', () => {
  test('a port that is taken is told in a sentence', async () => {
    const { ports } = await open();
    const other = createUdpFront(libc, new AnswerTable(1_000_000), async () => undefined, {
      ...frontDefaults,
    });
    expect(() => other.bind({ address: '127.0.0.1', port: ports[0]! })).toThrow(
      new BindError({ address: '127.0.0.1', port: ports[0]! }, 'UDP', { code: 'EADDRINUSE' }).message,
    );
    expect(() => other.bind({ address: '192.0.2.1', port: 0 })).toThrow(/this machine has no such address/);
    await other.stop();
  });

  test('what is closed before the start is free again', async () => {
    const front = createUdpFront(libc, new AnswerTable(1_000_000), async () => undefined, {
      ...frontDefaults,
    });
    const bound = front.bind({ address: '127.0.0.1', port: 0 });
    bound.close();
    const again = front.bind({ address: '127.0.0.1', port: bound.port });
    expect(again.port).toBe(bound.port);
    await front.stop();
  });
});

describe('the end', () => {
  test('stop waits for what is in flight, then closes: the port is free', async () => {
    let answer = (_: Uint8Array) => {};
    const slow: Answer = () => new Promise((resolve) => (answer = resolve));
    const { front, ports, asked } = await open({ answer: slow });
    const socket = await client(ports[0]!);
    socket.send(query);
    await vi.waitFor(() => expect(asked).toHaveLength(1), 20_000);
    const stopped = front.stop();
    const reply = once(socket, 'message') as Promise<[Buffer]>;
    answer(Buffer.from('late'));
    expect((await reply)[0].toString()).toBe('late');
    await stopped;
    const next = createSocket('udp4');
    next.bind(ports[0], '127.0.0.1');
    await once(next, 'listening');
    next.close();
  });

  test('what is answered after the grace is not sent: the descriptor may be another socket’s by then', async () => {
    let answer = (_: Uint8Array) => {};
    const slow: Answer = () => new Promise((resolve) => (answer = resolve));
    const sendmmsg = vi.fn(libc.sendmmsg);
    const { front, ports, asked } = await open({ answer: slow, libc: { ...libc, sendmmsg } });
    (await client(ports[0]!)).send(query);
    await vi.waitFor(() => expect(asked).toHaveLength(1), 20_000);
    await front.stop(0);
    answer(Buffer.from('late'));
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(sendmmsg).not.toHaveBeenCalled();
  });

  test('a thread that fails is told of and started anew; the sockets stay, and nothing is lost', async () => {
    const onThreadFault = vi.fn();
    const threadFile = new URL('./failing-thread.mjs', import.meta.url);
    const { ports } = await open({ onThreadFault, threadFile });
    const socket = await client(ports[0]!);
    const reply = await exchange(socket, query);
    expect(readMessage(reply).flags.response).toBe(true);
    expect(onThreadFault).toHaveBeenCalledWith(expect.objectContaining({ message: 'as it was told to' }));
  });
});

test.each([
  ['one socket', ['127.0.0.1']],
  ['several sockets', ['127.0.0.1', '127.0.0.2']],
])('a thread whose system calls fail does not spin in silence: it is told of and started anew (%s)', async (_, addresses) => {
  const onThreadFault = vi.fn();
  const threadFile = new URL('./deaf-thread.mjs', import.meta.url);
  const { ports } = await open({ addresses, onThreadFault, threadFile });
  await vi.waitFor(
    () => expect(onThreadFault).toHaveBeenCalledWith(expect.objectContaining({ message: expect.stringMatching(/ EBADF$/) })),
    20_000,
  );
  expect(readMessage(await exchange(await client(ports[0]!), query)).flags.response).toBe(true);
});

test('where one endpoint cannot be had, the sockets of the others are closed by whoever stops the servers', async () => {
  const { ports } = await open(); // whose port is taken
  const service: Answer = async () => undefined;
  const front = createUdpFront(libc, new AnswerTable(1_000_000), service, frontDefaults);
  const bound: number[] = [];
  const watched: UdpFront = {
    ...front,
    bind(endpoint) {
      const socket = front.bind(endpoint);
      bound.push(socket.port);
      return socket;
    },
  };
  const servers: Stoppable[] = [];
  const dns = [0, ports[0]!].map((port) => ({ address: '127.0.0.1', port }));
  await expect(
    listenDns(
      { dns, byDefault: false, http: undefined },
      service,
      { mayAsk: () => true },
      openLog({ level: 'silent', file: undefined }).log,
      servers,
      watched,
    ),
  ).rejects.toThrow(BindError);
  for (const server of servers) await server.stop(0);
  const next = createSocket('udp4');
  next.bind(bound[0], '127.0.0.1');
  await once(next, 'listening');
  next.close();
});

test('a query that takes long holds its own octets alone, not those of all that came with it', () => {
  const batch = new Batch(libc, 4, 4_096);
  for (let place = 0; place < 4; place++) batch.memory.words[place * 16 + 14] = 4_000;
  const { octets, ...rest } = packMisses(0, batch, [0, 1, 2, 3], 4);
  const [miss] = unpackMisses({ octets, ...rest });
  expect(octets.byteLength).toBeGreaterThan(16_000);
  expect(miss!.query.buffer.byteLength + miss!.name.buffer.byteLength + miss!.control.buffer.byteLength).toBeLessThan(4_200);
});

test.each([
  ['2001:db8::1', 0],
  ['fe80::1', 7],
  ['febf::1', 7],
  ['fec0::1', 0],
])('asked at %s, a reply names interface %i', (asked, sent) => {
  const batch = new Batch(libc, 1, 64);
  const control = batch.octets.subarray(batch.controlAt(0), batch.controlAt(0) + 36); // cmsghdr, in6_pktinfo
  control.writeInt32LE(SocketConstant.SOL_IPV6, 8);
  control.set(addressOctets(asked), 16);
  control.writeInt32LE(7, 32);
  batch.size(0, 12, 28, 36);
  expect(control.readInt32LE(32)).toBe(sent);
});

test('threads that end leave no descriptor behind', async () => {
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const before = descriptors();
  const { front } = await open({ addresses: ['127.0.0.1', '127.0.0.2'], threads: 2 });
  await front.stop();
  expect(descriptors()).toBeLessThanOrEqual(before);
});

test('a system that refuses the calls which its library has is served by node:dgram', () => {
  const named: Record<string, () => number> = { socket: () => 5, close: () => 0 };
  const koffi = {
    load: () => ({ func: (signature: string) => named[/(\w+)\(/.exec(signature)![1]!] ?? (() => -1) }),
    address: () => 0n,
    errno: () => 38,
  };
  expect(loadLibc(() => koffi as never)).toEqual({ missing: 'recvmmsg ENOSYS' });
});

test('without koffi there is no Libc, and a reason why', () => {
  const failing = () => {
    throw new Error("Cannot find module 'koffi'\nRequire stack: ...");
  };
  expect(loadLibc(failing)).toEqual({ missing: "koffi: Cannot find module 'koffi'" });
});
