import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { BindError } from '../../../src/server/bind-error.ts';
import { startUdp, type UdpServer } from '../../../src/server/udp/dgram.ts';
import type { Answer } from '../../../src/service/answer.ts';

const cleanUp: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function start(answer: Answer, options?: Parameters<typeof startUdp>[2], address = '127.0.0.1'): Promise<UdpServer> {
  const server = await startUdp({ address, port: 0 }, answer, options);
  cleanUp.push(() => server.stop(0));
  return server;
}

async function client(server: UdpServer, address = server.address): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.connect(server.port, address);
  await once(socket, 'connect');
  cleanUp.push(() => {
    socket.close();
  });
  return socket;
}

const received = async (socket: Socket) => ((await once(socket, 'message')) as [Buffer])[0].toString();
/** Answers when told to. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const echo: Answer = async (query) => Buffer.from(`re ${Buffer.from(query)}`);

describe('startUdp', () => {
  test.each(['127.0.0.1', '::1'])('answers on %s and says who asked', async (address) => {
    const clients: unknown[] = [];
    const answer: Answer = (query, from) => {
      clients.push(from);
      return echo(query, from);
    };
    const server = await start(answer, {}, address);
    const socket = await client(server);
    socket.send('query');
    expect(await received(socket)).toBe('re query');
    expect(clients).toEqual([{ address, transport: 'udp' }]);
  });

  test.each([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '::1'],
  ])('%s is bound as each address of its family, %s among them', async (wildcard, address) => {
    const server = await start(echo, {}, wildcard);
    const socket = await client(server, address); // connected: a reply from elsewhere would not be let through
    socket.send('query');
    expect(await received(socket)).toBe('re query');
  });

  test('silence, faults of ours and answers that cannot be sent do not stop it', async () => {
    const errors: unknown[] = [];
    const answer: Answer = async (query, from) => {
      const text = Buffer.from(query).toString();
      if (text === 'fault') throw new Error('ours');
      return text === 'silence' ? undefined : text === 'huge' ? Buffer.alloc(70_000) : echo(query, from);
    };
    const server = await start(answer, { onError: (error) => errors.push(error) });
    const socket = await client(server);
    for (const query of ['silence', 'fault', 'huge', '', 'last']) socket.send(query);
    expect(await received(socket)).toBe('re ');
    expect(await received(socket)).toBe('re last');
    expect(errors).toEqual([new Error('ours')]);
  });

  test.each([
    { title: 'in all', options: { maxInFlight: 2 } },
    { title: 'for one client', options: { maxInFlightPerClient: 2 } },
  ])('DNSBomb: of more queries in flight than allowed $title, the newest are dropped', async ({ options }) => {
    const { open, opened } = gate();
    let dropped = 0;
    const third = gate();
    const seen: string[] = [];
    const answer: Answer = async (query) => {
      seen.push(Buffer.from(query).toString());
      await opened;
      return query;
    };
    const server = await start(answer, { ...options, onDrop: () => (++dropped === 2 ? third.open() : undefined) });
    const socket = await client(server);
    for (const query of ['one', 'two', 'three', 'four']) socket.send(query);
    await third.opened;
    expect(seen).toEqual(['one', 'two']);
    const first = received(socket);
    open();
    expect(await first).toBe('one');
    // Places are free again once the answers are out.
    const sendAgain = () => {
      socket.send('five');
      return seen;
    };
    await expect.poll(sendAgain).toContain('five');
  });

  test('stop() answers what is in flight and takes nothing new', async () => {
    const { open, opened } = gate();
    const asked = gate();
    const seen: string[] = [];
    const server = await start(async (query) => {
      seen.push(Buffer.from(query).toString());
      asked.open();
      await opened;
      return query;
    });
    const socket = await client(server);
    socket.send('before');
    await asked.opened;
    const stopped = server.stop(60_000);
    socket.send('after');
    const other = await client(await start(echo));
    other.send('by now the one before has arrived');
    await received(other);
    const reply = received(socket);
    open();
    expect(await reply).toBe('before');
    await stopped;
    expect(seen).toEqual(['before']);
  });

  test('stop() does not wait longer than the grace for what never ends', async () => {
    const asked = gate();
    const server = await startUdp({ address: '127.0.0.1', port: 0 }, () => new Promise(() => asked.open()));
    const socket = await client(server);
    socket.send('query');
    await asked.opened;
    await server.stop(10);
  });

  test('a port that is taken, an address that is not ours: one sentence', async () => {
    const server = await start(echo);
    const taken = startUdp({ address: '127.0.0.1', port: server.port }, echo);
    await expect(taken).rejects.toThrow(BindError);
    await expect(taken).rejects.toThrow(`cannot listen on 127.0.0.1:${server.port} (UDP): another program listens there already`);
    const strange = startUdp({ address: '192.0.2.1', port: 0 }, echo);
    await expect(strange).rejects.toThrow('cannot listen on 192.0.2.1:0 (UDP): this machine has no such address');
  });
});
