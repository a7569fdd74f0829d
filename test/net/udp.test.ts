import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Class, Type } from '../../src/base/registry.ts';
import type { ClosableExchange } from '../../src/net/attempt.ts';
import { createExchange } from '../../src/net/create-exchange.ts';
import type { UpstreamQuery } from '../../src/net/exchange.ts';
import { createUdpExchange } from '../../src/net/udp.ts';
import { addressReply, invertCase, nobody, questionEnd, replyTo, type TestServer, udpServer } from './servers.ts';

const SHORT_MS = 300;
const LONG_MS = 10_000;
const question = { qname: parseName('Mail.Example.ORG'), qtype: Type.A, qclass: Class.IN };
const base = { question, transport: 'udp', edns: true, recursionDesired: false, caseRandomisation: true, timeoutMs: LONG_MS } as const;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function makeExchange(): ClosableExchange {
  const exchange = createExchange();
  closers.push(exchange.close);
  return exchange;
}

async function ask(answer: Parameters<typeof udpServer>[0], change: Partial<UpstreamQuery> = {}) {
  const server = await udpServer(answer);
  closers.push(server.close);
  const outcome = await makeExchange()({ ...base, server, ...change });
  return { outcome, server };
}

async function findFreePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

const wrongId = (query: Buffer) =>
  replyTo(query, (reply) => {
    reply.writeUInt16BE(reply.readUInt16BE(0) ^ 1, 0);
    return undefined;
  });
const setOctet = (at: number, value: number) => (query: Buffer) =>
  replyTo(query, (reply) => {
    reply[at] = value;
    return undefined;
  });
const withoutQuestion =
  (rcode: number, answers = 0) =>
  (query: Buffer) => {
    const reply = replyTo(query).subarray(0, 12);
    reply[3] = rcode;
    reply.writeUInt16BE(0, 4);
    reply.writeUInt16BE(answers, 6);
    return reply;
  };
const twoQuestions = (query: Buffer) =>
  replyTo(query, (reply) => {
    reply.writeUInt16BE(2, 4);
    return Buffer.concat([reply, reply.subarray(12)]);
  });
const otherType = (query: Buffer) =>
  replyTo(query, (reply) => {
    reply[questionEnd(query) - 3] = Type.AAAA;
    return undefined;
  });
const otherClass = (query: Buffer) =>
  replyTo(query, (reply) => {
    reply[questionEnd(query) - 1] = Class.CH;
    return undefined;
  });

const notOurs = [
  { title: 'no octets', reply: () => Buffer.alloc(0) },
  { title: 'eleven octets', reply: (query: Buffer) => replyTo(query).subarray(0, 11) },
  { title: 'garbage', reply: () => Buffer.alloc(300, 0xa5) },
  { title: 'another ID', reply: wrongId },
  { title: 'QR clear (CVE-2026-42389)', reply: setOctet(2, 0x04) },
  { title: 'another opcode', reply: setOctet(2, 0xa0) },
  { title: 'another name', reply: setOctet(13, 0x78) },
  { title: 'another name that differs in bit 0x20 of no letter', reply: setOctet(12, 4 ^ 0x20) },
  { title: 'another type', reply: otherType },
  { title: 'another class', reply: otherClass },
  { title: 'two questions', reply: twoQuestions },
  { title: 'a question cut short', reply: (query: Buffer) => replyTo(query).subarray(0, questionEnd(query) - 1) },
  { title: 'no question and NOERROR (CVE-2026-123578)', reply: withoutQuestion(0) },
  { title: 'no question and NXDOMAIN', reply: withoutQuestion(3) },
  { title: 'no question and SERVFAIL with an answer', reply: withoutQuestion(2, 1) },
];

describe('a reply that is not ours', () => {
  test.each(notOurs)('does not end the wait and is counted: $title', async ({ reply }) => {
    const { outcome } = await ask((query, send) => {
      send(reply(query));
      send(addressReply(query));
    });
    expect(outcome).toMatchObject({ outcome: 'response', nearMisses: 1 });
  });

  test.each(notOurs)('is no reply: $title', async ({ reply }) => {
    const { outcome } = await ask((query, send) => send(reply(query)), { timeoutMs: SHORT_MS });
    expect(outcome).toEqual({ outcome: 'timeout', nearMisses: 1 });
  });

  test('bit 0x20 is a matter of case in letters of the name alone, not in the type', async () => {
    const answer: Parameters<typeof udpServer>[0] = (query, send) => {
      const reply = replyTo(query);
      reply[questionEnd(query) - 3] = Type.HTTPS ^ 0x20;
      send(reply);
    };
    const change = { question: { ...question, qtype: Type.HTTPS }, caseRandomisation: false, timeoutMs: SHORT_MS };
    expect((await ask(answer, change)).outcome).toEqual({ outcome: 'timeout', nearMisses: 1 });
  });

  test('eight of them are borne, the ninth is an attack', async () => {
    const flood = (count: number) => (query: Buffer, send: (reply: Buffer) => void) => {
      for (let i = 0; i < count; i++) send(wrongId(query));
      send(addressReply(query));
    };
    expect((await ask(flood(8))).outcome).toMatchObject({ outcome: 'response', nearMisses: 8 });
    expect((await ask(flood(9))).outcome).toEqual({ outcome: 'forged' });
  });

  test('from another port or address it is not even seen', async () => {
    const others = [createSocket('udp4'), createSocket('udp4')];
    for (const [at, socket] of others.entries()) {
      socket.bind(0, at === 0 ? '127.0.0.1' : '127.0.0.2');
      await once(socket, 'listening');
      closers.push(() => socket.close());
    }
    const { outcome } = await ask(
      (query, _send, from) => {
        for (const socket of others) socket.send(addressReply(query), from.port, from.address);
      },
      { timeoutMs: SHORT_MS },
    );
    expect(outcome).toEqual({ outcome: 'timeout', nearMisses: 0 });
  });
});

describe('a reply that is ours', () => {
  test('is read whole, with size and time', async () => {
    const { outcome } = await ask((query, send) => send(addressReply(query)));
    expect(outcome).toMatchObject({ outcome: 'response', octets: 50, nearMisses: 0, rttMs: expect.any(Number) });
    expect(outcome).toMatchObject({ message: { rcode: 0, answer: [{ type: Type.A, rdata: [Uint8Array.of(192, 0, 2, 1)] }] } });
  });

  test('has the letter case of the caller in its question and in owners that point there', async () => {
    const { outcome } = await ask((query, send) => send(addressReply(query)));
    const message = outcome.outcome === 'response' ? outcome.message : undefined;
    expect(message?.question[0]?.qname.wire).toEqual(question.qname.wire);
    expect(message?.answer[0]?.owner.wire).toEqual(question.qname.wire);
  });

  test.each([1, 2, 4, 5])('may lack the question where RCODE is %i', async (rcode) => {
    const { outcome } = await ask((query, send) => send(withoutQuestion(rcode)(query)));
    expect(outcome).toMatchObject({ outcome: 'response', message: { rcode, question: [] } });
  });

  test('with TC is handed over as it is', async () => {
    const { outcome } = await ask((query, send) => send(setOctet(2, 0x86)(query)));
    expect(outcome).toMatchObject({ outcome: 'response', message: { flags: { truncated: true } } });
  });

  test('with TC that was cut inside a record is handed over without records', async () => {
    const { outcome } = await ask((query, send) => {
      const reply = addressReply(query);
      reply[2] = 0x86;
      send(reply.subarray(0, reply.length - 2));
    });
    expect(outcome).toMatchObject({ outcome: 'response', message: { flags: { truncated: true }, answer: [] } });
  });

  test('but no message is malformed', async () => {
    const { outcome } = await ask((query, send) => send(addressReply(query).subarray(0, -1)));
    expect(outcome).toEqual({ outcome: 'malformed', fault: 'truncated' });
  });

  test('in another letter case is a case mismatch where the case was mixed', async () => {
    const { outcome } = await ask((query, send) => send(invertCase(addressReply(query))));
    expect(outcome).toEqual({ outcome: 'case-mismatch' });
  });

  test('in another letter case is taken where it was not', async () => {
    const { outcome } = await ask((query, send) => send(invertCase(addressReply(query))), { caseRandomisation: false });
    expect(outcome).toMatchObject({ outcome: 'response', nearMisses: 0 });
  });
});

describe('the query', () => {
  const sent = async (change: Partial<UpstreamQuery>) => {
    const { server } = await ask((query, send) => send(addressReply(query)), change);
    return server.queries[0] as Buffer;
  };

  test('asks for 1232 octets and DO (RFC 6891, RFC 3225)', async () => {
    const query = await sent({});
    expect(query.subarray(questionEnd(query)).toString('hex')).toBe('00002904d0000080000000');
    expect(query.readUInt16BE(10)).toBe(1);
  });

  test('has no OPT where EDNS is off', async () => {
    const query = await sent({ edns: false });
    expect(query.length).toBe(questionEnd(query));
  });

  test.each([
    { recursionDesired: false, flags: 0x0000 },
    { recursionDesired: true, flags: 0x0110 }, // RD, CD
  ])('with RD $recursionDesired has the flags $flags', async ({ recursionDesired, flags }) => {
    expect((await sent({ recursionDesired })).readUInt16BE(2)).toBe(flags);
  });

  test('keeps the letter case where it is not to be mixed', async () => {
    expect((await sent({ caseRandomisation: false })).subarray(12, 30)).toEqual(Buffer.from(question.qname.wire));
  });

  test('varies ID, source port and letter case from one to the next', async () => {
    const server = await udpServer((query, send) => send(addressReply(query)));
    closers.push(server.close);
    const exchange = makeExchange();
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => exchange({ ...base, server })));
    expect(outcomes.filter(({ outcome }) => outcome === 'response')).toHaveLength(40);
    // Of 40 draws out of 65,536, or of 2^14 cases, 10 that are equal never happen.
    expect(new Set(server.queries.map((query) => query.readUInt16BE(0))).size).toBeGreaterThan(30);
    expect(new Set(server.queries.map((query) => query.subarray(12, 30).toString())).size).toBeGreaterThan(30);
    expect(new Set(server.peers).size).toBeGreaterThan(30);
    expect(Math.min(...server.peers)).toBeGreaterThanOrEqual(1024);
  });
});

describe('the network', () => {
  test('a silent server is a timeout', async () => {
    expect((await ask(() => {}, { timeoutMs: SHORT_MS })).outcome).toEqual({ outcome: 'timeout', nearMisses: 0 });
  });

  test('a closed port is unreachable', async () => {
    expect(await makeExchange()({ ...base, server: nobody })).toEqual({ outcome: 'unreachable', code: 'ECONNREFUSED' });
  });

  test.each(['ns.example.org', '', '127.0.0.1 ', '999.0.0.1'])('%j is no address and is never looked up', async (address) => {
    expect(await makeExchange()({ ...base, server: { address, port: 53 } })).toEqual({ outcome: 'unreachable', code: 'EINVAL' });
  });

  test.each([0, -1, 65_536, 53.5, Number.NaN])('%d is no port', async (port) => {
    expect(await makeExchange()({ ...base, server: { address: '127.0.0.1', port } })).toEqual({ outcome: 'unreachable', code: 'EINVAL' });
  });

  test('an IPv6 server is asked from any form of its address', async () => {
    const server = await udpServer((query, send) => send(addressReply(query)), '::1');
    closers.push(server.close);
    const outcome = await makeExchange()({ ...base, server: { address: '0:0:0:0:0:0:0:1', port: server.port } });
    expect(outcome).toMatchObject({ outcome: 'response', nearMisses: 0 });
  });

  test('a taken port is drawn anew, and not without end', async () => {
    const server: TestServer = await udpServer((query, send) => send(addressReply(query)));
    closers.push(server.close);
    const taken = server.port - 1024;
    // Draws, in order: ID, then ports.
    const drawing = (...numbers: number[]) => createUdpExchange({ random: () => numbers.shift() ?? taken, monotonicMs: () => 0 });
    const query = { ...base, server, caseRandomisation: false };
    const freePort = await findFreePort();
    expect(await drawing(7, taken, taken, freePort - 1024)(query)).toMatchObject({ outcome: 'response' });
    expect(server.peers).toEqual([freePort]);
    expect(await drawing(7)(query)).toEqual({ outcome: 'unreachable', code: 'EADDRINUSE' });
  });

  test('ports known from amplification are not used', async () => {
    const server = await udpServer((query, send) => send(addressReply(query)));
    closers.push(server.close);
    const freePort = await findFreePort();
    const numbers = [7, 1900 - 1024, 5353 - 1024, 11211 - 1024, freePort - 1024];
    const exchange = createUdpExchange({ random: () => numbers.shift() ?? 0, monotonicMs: () => 0 });
    await exchange({ ...base, server, caseRandomisation: false });
    expect(server.peers).toEqual([freePort]);
  });
});
