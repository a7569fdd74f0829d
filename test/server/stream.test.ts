import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createBacklog } from '../../src/server/backlog.ts';
import { BindError } from '../../src/server/bind-error.ts';
import { createFrameReader } from '../../src/server/frame-reader.ts';
import { startTcp, type TcpOptions, type TcpServer } from '../../src/server/stream.ts';
import type { Answer } from '../../src/service/answer.ts';

const cleanUp: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

const echo: Answer = async (query) => Buffer.concat([Buffer.from('re '), query]);

async function start(answer: Answer = echo, options: TcpOptions = {}): Promise<TcpServer> {
  const server = await startTcp({ address: '127.0.0.1', port: 0 }, answer, options);
  cleanUp.push(() => server.stop(0));
  return server;
}

interface TestClient {
  readonly socket: Socket;
  /** The next answer. */
  receive(): Promise<string>;
  readonly closed: Promise<unknown>;
}

async function open(server: TcpServer): Promise<TestClient> {
  const socket = connect({ port: server.port, host: server.address, allowHalfOpen: true });
  socket.on('error', () => {});
  cleanUp.push(() => {
    socket.destroy();
  });
  const frames = createFrameReader();
  const answers: string[] = [];
  const waiting: ((answer: string) => void)[] = [];
  socket.on('data', (chunk) => {
    frames.feed(chunk);
    for (let frame = frames.next(); frame; frame = frames.next()) {
      const next = waiting.shift();
      if (next) next(frame.toString());
      else answers.push(frame.toString());
    }
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.once('end', () => socket.end());
  await once(socket, 'connect');
  return {
    socket,
    closed,
    receive() {
      const answer = answers.shift();
      return answer === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(answer);
    },
  };
}

/** A query of at least twelve octets that says `text`. */
const queryOf = (text: string) => Buffer.from(text.padEnd(12, '.'));
const frame = (octets: Uint8Array) => Buffer.concat([Buffer.from([octets.length >> 8, octets.length & 0xff]), octets]);
const frames = (...texts: string[]) => Buffer.concat(texts.map((text) => frame(queryOf(text))));
const answerTo = (text: string) => `re ${queryOf(text)}`;

/** Answers each query when told to. */
function held() {
  const release = new Map<string, () => void>();
  const arrived: (() => void)[] = [];
  const answer: Answer = (query, client) =>
    new Promise((resolve) => {
      release.set(Buffer.from(query).toString().replaceAll('.', ''), () => resolve(echo(query, client)));
      for (const heard of arrived.splice(0)) heard();
    });
  const until = async (count: number) => {
    while (release.size < count) await new Promise<void>((resolve) => arrived.push(resolve));
  };
  return { answer, release: (text: string) => release.get(text)?.(), until, seen: () => [...release.keys()] };
}

describe('a connection (RFC 7766)', () => {
  test('§6.2.1: stays open for more than one query', async () => {
    const { socket, receive } = await open(await start());
    for (const text of ['one', 'two']) {
      socket.write(frames(text));
      expect(await receive()).toBe(answerTo(text));
    }
  });

  test('§6.2.1.1: takes queries before the first is answered, and answers as they come ready', async () => {
    const { answer, release, until } = held();
    const { socket, receive } = await open(await start(answer));
    socket.write(frames('one', 'two', 'three'));
    await until(3);
    for (const text of ['three', 'one', 'two']) {
      release(text);
      expect(await receive()).toBe(answerTo(text));
    }
  });

  test('§8: a query may come octet by octet', async () => {
    const { socket, receive } = await open(await start());
    socket.setNoDelay(true);
    for (const octet of frames('slow')) await new Promise((resolve) => socket.write(Buffer.from([octet]), resolve));
    expect(await receive()).toBe(answerTo('slow'));
  });

  test('a long answer comes whole', async () => {
    const { socket, receive } = await open(await start(async () => Buffer.alloc(65_535, 'x')));
    socket.write(frames('long'));
    expect((await receive()).length).toBe(65_535);
  });

  test('silence and faults of ours do not end it', async () => {
    const errors: unknown[] = [];
    const answer: Answer = async (query, client) => {
      if (query[0] === 0x66) throw new Error('ours');
      return query[0] === 0x73 ? undefined : echo(query, client);
    };
    const { socket, receive } = await open(await start(answer, { onError: (error) => errors.push(error) }));
    socket.write(frames('silence', 'fault', 'last'));
    expect(await receive()).toBe(answerTo('last'));
    expect(errors).toEqual([new Error('ours')]);
  });

  test('a client that closes its half still gets its answers, then the connection ends', async () => {
    const { answer, release, until } = held();
    const { socket, receive, closed } = await open(await start(answer));
    socket.end(Buffer.concat([frames('one', 'two'), Buffer.from([0, 50, 1])]));
    await until(2);
    release('two');
    release('one');
    expect([await receive(), await receive()]).toEqual([answerTo('two'), answerTo('one')]);
    await closed;
  });

  test('a message too short for a header ends it', async () => {
    const { socket, closed } = await open(await start());
    socket.write(Buffer.from([0, 11, ...Buffer.alloc(11)]));
    await closed;
  });
});

describe('limits', () => {
  test('queries in flight: no more is taken until one is answered', async () => {
    const { answer, release, until, seen } = held();
    const { socket, receive } = await open(await start(answer, { maxPipelined: 2 }));
    socket.write(frames('one', 'two', 'three', 'four'));
    await until(2);
    expect(seen()).toEqual(['one', 'two']);
    release('one');
    expect(await receive()).toBe(answerTo('one'));
    await until(3);
    expect(seen()).toEqual(['one', 'two', 'three']);
    for (const text of ['two', 'three']) release(text);
    await until(4);
    release('four');
    expect([await receive(), await receive(), await receive()]).toEqual(['two', 'three', 'four'].map(answerTo));
  });

  test('many more queries than may be in flight are all answered', async () => {
    const { socket, receive } = await open(await start());
    const texts = Array.from({ length: 5_000 }, (_, i) => `q${i}`);
    socket.write(frames(...texts));
    for (const text of texts) expect(await receive()).toBe(answerTo(text));
  });

  test('RFC 7766 §6.2.3: an idle connection is closed', async () => {
    const { socket, receive, closed } = await open(await start(echo, { idleTimeoutMs: 30 }));
    socket.write(frames('one'));
    await receive();
    await closed;
  });

  test('octets that make no query do not count as life', async () => {
    const { socket, closed } = await open(await start(echo, { idleTimeoutMs: 60 }));
    const drip = setInterval(() => socket.write(Buffer.from([0])), 5);
    cleanUp.push(() => clearInterval(drip));
    await closed;
  });

  test('a connection that waits for us is not idle', async () => {
    const { answer, release, until } = held();
    const server = await start(answer, { idleTimeoutMs: 500 });
    const idle = await open(server);
    const { socket, receive } = await open(server);
    socket.write(frames('one'));
    await until(1);
    await idle.closed; // so the idle time has passed at least once
    release('one');
    expect(await receive()).toBe(answerTo('one'));
  });

  test('under pressure the idle time is shorter', async () => {
    const options = { maxConnections: 4, idleTimeoutMs: 600_000, idleTimeoutUnderPressureMs: 20 };
    const server = await start(echo, options);
    const clients = [await open(server), await open(server), await open(server), await open(server)];
    for (const { socket } of clients) socket.write(frames('one'));
    await Promise.race(clients.map(({ closed }) => closed));
  });

  test('a client that floods a hundred connections does not hold up one that asks once', async () => {
    let flooded = 0;
    const answer: Answer = async (query) => {
      if (Buffer.from(query).includes('once')) return Buffer.from(`behind ${flooded}`);
      flooded++;
      return Buffer.alloc(16_000, 7);
    };
    const server = await start(answer);
    const flooders = await Promise.all(Array.from({ length: 50 }, () => open(server)));
    for (const { socket } of flooders) {
      socket.pause();
      socket.write(frames(...Array.from({ length: 100 }, (_, i) => `q${i}`)));
    }
    const { socket, receive } = await open(server);
    socket.write(frames('once'));
    const [, behind] = /behind (\d+)/.exec(await receive()) ?? [];
    expect(Number(behind)).toBeLessThan(1_000); // of 5,000
  });

  test('nobody stays for ever, but what is in flight is answered', async () => {
    const { answer, release, until } = held();
    const holdsOne: Answer = (query, client) => (Buffer.from(query).includes('one') ? answer(query, client) : echo(query, client));
    const { socket, receive, closed } = await open(await start(holdsOne, { maxLifetimeMs: 20 }));
    socket.write(frames('one'));
    await until(1);
    socket.write(frames('two')); // may come too late, and then is not taken
    release('one');
    expect([answerTo('one'), answerTo('two')]).toContain(await receive());
    await closed;
  });

  test('a client that does not close when we have closed is cut', async () => {
    const server = await start(echo, { maxLifetimeMs: 20, writeTimeoutMs: 20 });
    const { socket, receive } = await open(server);
    socket.removeAllListeners('end');
    socket.write(frames('one'));
    expect(await receive()).toBe(answerTo('one'));
    await expect.poll(() => server.connections()).toBe(0);
  });

  test.each([
    { title: 'the time to read', options: { writeTimeoutMs: 30, maxBufferedOctets: 1e9 } },
    // Less than one answer: with more, no query is taken that might be one too many.
    { title: 'the octets that wait', options: { writeTimeoutMs: 600_000, maxBufferedOctets: 50_000 } },
  ])('CVE-2024-0760: a client that never reads is cut, by $title', async ({ options }) => {
    const server = await start(async () => Buffer.alloc(60_000, 7), options);
    const { socket } = await open(server);
    socket.pause();
    const queries = Array.from({ length: 5_000 }, (_, i) => `q${i}`);
    socket.write(frames(...queries));
    await expect.poll(() => server.connections(), { timeout: 5_000 }).toBe(0);
  });

  test('a client that never reads: answers are made for what may wait, and it is told', async () => {
    let answered = 0;
    let stalls = 0;
    const answer: Answer = async () => {
      answered++;
      return Buffer.alloc(65_535, 7);
    };
    const server = await start(answer, { writeTimeoutMs: 100, onStall: () => stalls++ });
    const { socket } = await open(server);
    socket.pause();
    socket.write(frames('one'));
    await expect.poll(() => answered).toBe(1);
    // The size of an answer is known now, so a hundred more queries at once do not make a hundred answers wait.
    socket.write(frames(...Array.from({ length: 5_000 }, (_, i) => `q${i}`)));
    await expect.poll(() => server.connections(), { timeout: 5_000 }).toBe(0);
    expect(stalls).toBe(1);
  });

  test('many clients that never read: over all connections no more waits than the limit', async () => {
    const backlog = createBacklog(400_000);
    let most = 0;
    const answer: Answer = async () => {
      most = Math.max(most, backlog.octets);
      return Buffer.alloc(60_000, 7);
    };
    const server = await start(answer, { writeTimeoutMs: 600_000, maxPipelined: 3, backlog });
    const clients = await Promise.all(Array.from({ length: 12 }, () => open(server)));
    for (const { socket } of clients) {
      socket.pause();
      socket.write(frames(...Array.from({ length: 2_000 }, (_, i) => `q${i}`)));
    }
    await expect.poll(() => server.connections(), { timeout: 5_000 }).toBeLessThan(12);
    expect(most).toBeLessThanOrEqual(400_000);
  });

  test('a client that never reads makes us stop answering, not hoard', async () => {
    let answered = 0;
    const answer: Answer = async () => {
      answered++;
      return Buffer.alloc(60_000, 7);
    };
    const server = await start(answer, { maxPipelined: 4 });
    const { socket, receive } = await open(server);
    socket.pause();
    socket.write(frames(...Array.from({ length: 2_000 }, (_, i) => `q${i}`)));
    let before = -1;
    const settled = () => {
      const same = answered === before;
      before = answered;
      return same;
    };
    await expect.poll(settled, { interval: 50, timeout: 5_000 }).toBe(true);
    expect(answered).toBeLessThan(2_000);
    socket.resume();
    for (let i = 0; i < 2_000; i++) await receive();
    expect(answered).toBe(2_000);
  });

  test.each([
    { title: 'in all', options: { maxConnections: 2, idleTimeoutUnderPressureMs: 600_000 } },
    { title: 'for each client', options: { maxConnectionsPerClient: 2 } },
  ])('connections $title: one too many is closed, the others stay, and a place left is taken again', async ({ options }) => {
    const server = await start(echo, options);
    const [one, two] = [await open(server), await open(server)];
    await (await open(server)).closed;
    one.socket.write(frames('one'));
    expect(await one.receive()).toBe(answerTo('one'));
    two.socket.end();
    await two.closed;
    await expect.poll(() => server.connections()).toBe(1);
    const next = await open(server);
    next.socket.write(frames('next'));
    expect(await next.receive()).toBe(answerTo('next'));
  });
});

describe('stop()', () => {
  test('answers what is in flight, takes nothing new, and closes what is idle', async () => {
    const { answer, release, until, seen } = held();
    const server = await start(answer, { maxPipelined: 1 });
    const idle = await open(server);
    const { socket, receive, closed } = await open(server);
    socket.write(frames('one', 'queued'));
    await until(1);
    const stopped = server.stop(60_000);
    await idle.closed;
    await expect(open(server), 'it listens no more').rejects.toThrow();
    await new Promise((resolve) => socket.write(frames('two'), resolve)); // too late, so not taken
    await expect(open(server)).rejects.toThrow(); // gives it time to arrive
    release('one');
    expect(await receive()).toBe(answerTo('one'));
    await closed;
    await stopped;
    expect(seen()).toEqual(['one']);
  });

  test('cuts what has not ended after the grace', async () => {
    const server = await startTcp({ address: '127.0.0.1', port: 0 }, () => new Promise(() => {}));
    const { socket, closed } = await open(server);
    socket.write(frames('one'));
    await server.stop(20);
    await closed;
  });
});

test('random streams: no fault, and the next client is answered', async () => {
  const errors: unknown[] = [];
  const server = await start(echo, { onError: (error) => errors.push(error) });
  let state = 1;
  const random = (bound: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % bound;
  };
  for (let i = 0; i < 300; i++) {
    const { socket } = await open(server);
    for (let chunks = random(4); chunks >= 0; chunks--) {
      const octets = Buffer.from(Array.from({ length: random(300) }, () => random(random(2) === 0 ? 256 : 20)));
      socket.write(octets);
    }
    const ends = [() => socket.destroy(), () => socket.resetAndDestroy(), () => socket.end()];
    ends[random(3)]?.();
  }
  const { socket, receive } = await open(server);
  socket.write(frames('last'));
  expect(await receive()).toBe(answerTo('last'));
  expect(errors).toEqual([]);
  socket.destroy();
  await expect.poll(() => server.connections(), { timeout: 5_000 }).toBe(0);
});

test('a port that is taken, an address that is not ours: one sentence', async () => {
  const server = await start();
  const taken = startTcp({ address: '127.0.0.1', port: server.port }, echo);
  await expect(taken).rejects.toThrow(BindError);
  await expect(taken).rejects.toThrow(`cannot listen on 127.0.0.1:${server.port} (TCP): another program listens there already`);
  await expect(startTcp({ address: '192.0.2.1', port: 0 }, echo)).rejects.toThrow('(TCP): this machine has no such address');
});
