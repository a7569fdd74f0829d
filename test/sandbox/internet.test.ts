import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { faults } from '../../src/sandbox/fault.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/internet.ts';
import { addressOf, askTcp, askUdp, exchangeUdp, framed, queryOctets, readPacket, summary } from './client.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, now: 1_800_000_000, addressBase: '127.53.4' });
});
afterAll(() => sandbox.stop());

const secure = 'ns1.secure.sandbox';
const question = { server: secure, name: 'secure.sandbox', type: 'MX' };

test('hints name the root servers and their addresses', () => {
  expect(sandbox.hints.trim().split('\n')).toEqual([
    '. 3600000 IN NS a.root-servers.',
    'a.root-servers. 3600000 IN A 127.53.4.1',
    '. 3600000 IN NS b.root-servers.',
    'b.root-servers. 3600000 IN A 127.53.4.2',
  ]);
});

test('every server answers over UDP and TCP at its own address, but for those that are broken', async () => {
  const broken = ['ns3.two-of-four.sandbox', 'ns1.lame.sandbox', 'ns2.lame.sandbox', 'ns1.silent.sandbox'];
  const addresses = new Set(sandbox.servers.map(({ address }) => address));
  expect(addresses.size).toBe(sandbox.servers.length);
  for (const { name } of sandbox.servers.filter((server) => !broken.includes(server.name))) {
    expect(await askUdp(sandbox, { server: name, name, type: 'A' })).toMatchObject({ rcode: 'NOERROR' });
    expect(await askTcp(sandbox, { server: name, name, type: 'A' })).toMatchObject({ rcode: 'NOERROR' });
  }
});

test('queries are counted', async () => {
  const before = sandbox.queries();
  await askUdp(sandbox, question);
  await askTcp(sandbox, question);
  expect(sandbox.queries()).toBe(before + 2);
});

test('two-of-four.sandbox: a stale server has signatures that ended', async () => {
  const { answers = [] } = await askUdp(sandbox, { server: 'ns4.two-of-four.sandbox', name: 'two-of-four.sandbox', type: 'MX' });
  expect(answers.find(({ type }) => type === 'RRSIG')).toMatchObject({ data: { expiration: 1_800_000_000 - 30 * 86_400 } });
});

describe('faults', () => {
  const query = queryOctets(question);
  const replyUnder = async (fault: (typeof faults)[number]) => {
    sandbox.setFault(secure, fault);
    try {
      return await exchangeUdp(sandbox, secure, [query]);
    } finally {
      sandbox.setFault(secure, undefined);
    }
  };

  test.each([
    ['refused', { rcode: 'REFUSED', answers: [] }],
    ['servfail', { rcode: 'SERVFAIL', answers: [] }],
    ['always-truncated', { flag_tc: true, answers: [] }],
    ['wrong-id', { id: 4711 ^ 0xff }],
    ['wrong-question', { id: 4711, questions: [{ name: 'tecure.sandbox' }] }],
  ] as const)('%s', async (fault, want) => {
    expect(readPacket(await replyUnder(fault))).toMatchObject(want);
  });

  test('unsigned: data alone', async () => {
    expect(summary(readPacket(await replyUnder('unsigned')).answers)).toEqual(['secure.sandbox MX']);
  });

  test.each(['cut', 'garbage'] as const)('%s: no message', async (fault) => {
    const octets = await replyUnder(fault);
    expect(() => readPacket(octets)).toThrow();
  });

  test('wrong-address: the right reply, from where nobody asked', async () => {
    sandbox.setFault(secure, 'wrong-address');
    const socket = createSocket('udp4');
    const reply = once(socket, 'message');
    socket.send(query, sandbox.port, addressOf(sandbox, secure));
    const [octets, from] = await reply;
    socket.close();
    sandbox.setFault(secure, undefined);
    expect(from).toMatchObject({ address: '127.0.0.53', port: sandbox.port });
    expect(readPacket(octets)).toMatchObject({ id: 4711, rcode: 'NOERROR' });
  });

  test.each([
    ['half-over-tcp', 'ended'],
    ['slow-over-tcp', 'open'],
  ] as const)('%s: truncated over UDP, and over TCP part of the reply', async (fault, stream) => {
    const whole = (await askTcp(sandbox, question)).octets;
    expect(readPacket(await replyUnder(fault))).toMatchObject({ flag_tc: true, answers: [] });
    sandbox.setFault(secure, fault);
    const socket = connect(sandbox.port, addressOf(sandbox, secure));
    socket.write(framed(query));
    const chunks: Buffer[] = [];
    let ended = false;
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => {
      ended = true;
    });
    await expect.poll(() => ended || chunks.length >= 3).toBe(true);
    sandbox.setFault(secure, undefined);
    socket.destroy();
    const octets = Buffer.concat(chunks);
    expect(ended ? 'ended' : 'open').toBe(stream);
    expect(octets.readUInt16BE(0)).toBe(whole);
    expect(octets.length).toBeLessThan(2 + whole);
  });

  test('silent: the first reply is to a query after the fault', async () => {
    sandbox.setFault(secure, 'silent');
    const socket = createSocket('udp4');
    const reply = once(socket, 'message');
    const before = sandbox.queries();
    socket.send(queryOctets(question, 1), sandbox.port, addressOf(sandbox, secure));
    await expect.poll(() => sandbox.queries()).toBe(before + 1);
    sandbox.setFault(secure, undefined);
    socket.send(queryOctets(question, 2), sandbox.port, addressOf(sandbox, secure));
    const [octets] = await reply;
    socket.close();
    expect(readPacket(octets).id).toBe(2);
  });

  test('a server that does not exist is a mistake of the caller', () => {
    expect(() => sandbox.setFault('ns9.secure.sandbox', 'silent')).toThrow('ns9.secure.sandbox');
  });
});

describe('start and stop', () => {
  test('a port that is taken: one sentence that names it', async () => {
    const { port } = sandbox;
    await expect(startSandbox({ port, addressBase: '127.53.4' })).rejects.toThrow(
      new RegExp(
        `^the sandbox cannot listen on 127\\.53\\.4\\.1 to 127\\.53\\.4\\.\\d+, port ${port}: another program listens there already$`,
      ),
    );
  });

  test('after stop the port can be taken again', async () => {
    const first = await startSandbox({ port: 0, addressBase: '127.53.5' });
    await first.stop();
    const second = await startSandbox({ port: first.port, addressBase: '127.53.5' });
    expect(second.port).toBe(first.port);
    expect(second.anchors).not.toBe(first.anchors); // fresh keys
    await second.stop();
  });

  test('an open TCP connection does not hold up stop', { timeout: 5000 }, async () => {
    const brief = await startSandbox({ port: 0, addressBase: '127.53.6' });
    const client = connect(brief.port, addressOf(brief, secure));
    client.on('error', () => undefined);
    await once(client, 'connect');
    const closed = once(client, 'close');
    await brief.stop();
    await closed;
    expect(client.destroyed).toBe(true);
  });
});
