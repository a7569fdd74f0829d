import { once } from 'node:events';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Class, Type } from '../../src/base/registry.ts';
import type { ClosableExchange } from '../../src/net/attempt.ts';
import { createExchange } from '../../src/net/create-exchange.ts';
import type { UpstreamQuery } from '../../src/net/exchange.ts';
import { FrameReader } from '../../src/net/tcp.ts';
import { addressReply, framed, invertCase, nobody, questionEnd, replyTo, tcpServer } from './servers.ts';

const SHORT_MS = 300;
const LONG_MS = 10_000;
const question = { qname: parseName('mail.example.org'), qtype: Type.A, qclass: Class.IN };
const base = { question, transport: 'tcp', edns: true, recursionDesired: false, caseRandomisation: true, timeoutMs: LONG_MS } as const;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function makeExchange(): ClosableExchange {
  const exchange = createExchange();
  closers.push(exchange.close);
  return exchange;
}

async function ask(answer: (query: Buffer, socket: Socket) => void, change: Partial<UpstreamQuery> = {}) {
  const server = await tcpServer(answer);
  closers.push(server.close);
  const outcome = await makeExchange()({ ...base, server, ...change });
  return { outcome, server };
}

/** A reply of exactly 65,535 octets: one record of an unknown type. */
function longestReply(query: Buffer): Buffer {
  return replyTo(query, (reply) => {
    reply.writeUInt16BE(1, 6);
    const rdataOctets = 65_535 - reply.length - 12;
    const record = Buffer.from('c00cff2a00010000001400000000', 'hex').subarray(0, 12);
    record.writeUInt16BE(rdataOctets, 10);
    return Buffer.concat([reply, record, Buffer.alloc(rdataOctets, 7)]);
  });
}

function otherName(query: Buffer): Buffer {
  const reply = addressReply(query);
  reply[13] = 0x78;
  return reply;
}

function wrongId(query: Buffer): Buffer {
  const reply = addressReply(query);
  reply.writeUInt16BE(reply.readUInt16BE(0) ^ 1, 0);
  return reply;
}

describe('a reply', () => {
  test('in one piece is read', async () => {
    const { outcome } = await ask((query, socket) => socket.write(framed(addressReply(query))));
    expect(outcome).toMatchObject({ outcome: 'response', octets: 50, message: { answer: [{ type: Type.A }] } });
  });

  test('in single octets is read', async () => {
    const { outcome } = await ask((query, socket) => {
      const octets = [...framed(addressReply(query))];
      const next = () => {
        const octet = octets.shift();
        if (octet !== undefined) socket.write(Uint8Array.of(octet), () => setImmediate(next));
      };
      next();
    });
    expect(outcome).toMatchObject({ outcome: 'response', octets: 50 });
  });

  test('of 65,535 octets is read', async () => {
    const { outcome } = await ask((query, socket) => socket.write(framed(longestReply(query))));
    expect(outcome).toMatchObject({ outcome: 'response', octets: 65_535 });
  });

  test('is the first message; what follows is left alone', async () => {
    const { outcome } = await ask((query, socket) => socket.write(Buffer.concat([framed(addressReply(query)), framed(wrongId(query))])));
    expect(outcome).toMatchObject({ outcome: 'response', octets: 50 });
  });

  test('followed by the end of the connection is read', async () => {
    const { outcome } = await ask((query, socket) => socket.end(framed(addressReply(query))));
    expect(outcome).toMatchObject({ outcome: 'response' });
  });

  test('may change the letter case: nobody can guess into a connection', async () => {
    const { outcome, server } = await ask((query, socket) => socket.write(framed(invertCase(addressReply(query)))));
    expect(outcome).toMatchObject({ outcome: 'response' });
    expect(server.queries[0]?.subarray(12, 30)).toEqual(Buffer.from(question.qname.wire));
  });

  test.each([
    { title: 'another ID', reply: (query: Buffer) => framed(wrongId(query)), fault: 'mismatch' },
    { title: 'QR clear', reply: (query: Buffer) => framed(query), fault: 'mismatch' },
    { title: 'another question', reply: (query: Buffer) => framed(otherName(query)), fault: 'mismatch' },
    { title: 'no question', reply: (query: Buffer) => framed(addressReply(query).subarray(0, 12)), fault: 'mismatch' },
    { title: 'length 0', reply: () => Buffer.alloc(2), fault: 'truncated' },
    { title: 'length 11', reply: (query: Buffer) => framed(query.subarray(0, 11)), fault: 'truncated' },
    { title: 'a record cut short', reply: (query: Buffer) => framed(addressReply(query).subarray(0, -1)), fault: 'truncated' },
    { title: 'HTTP', reply: () => Buffer.from(`HTTP/1.1 400 Bad Request\r\n\r\n${'x'.repeat(20_000)}`), fault: 'mismatch' },
  ])('with $title is malformed', async ({ reply, fault }) => {
    const { outcome } = await ask((query, socket) => socket.write(reply(query)));
    expect(outcome).toEqual({ outcome: 'malformed', fault });
  });
});

describe('the connection', () => {
  test.each([
    { title: 'nothing', part: 0 },
    { title: 'half a length', part: 1 },
    { title: 'half a message', part: 20 },
  ])('closed after $title is unreachable', async ({ part }) => {
    const { outcome } = await ask((query, socket) => socket.end(framed(addressReply(query)).subarray(0, part)));
    expect(outcome).toEqual({ outcome: 'unreachable', code: 'ECONNRESET' });
  });

  test('reset is unreachable', async () => {
    const { outcome } = await ask((_query, socket) => socket.resetAndDestroy());
    expect(outcome).toEqual({ outcome: 'unreachable', code: 'ECONNRESET' });
  });

  test.each([
    { title: 'nothing', octets: () => Buffer.alloc(0) },
    { title: 'a length and no message', octets: () => Buffer.from('ffff', 'hex') },
    { title: 'less than it announced', octets: (query: Buffer) => framed(addressReply(query)).subarray(0, -1) },
  ])('on which $title comes is a timeout', async ({ octets }) => {
    const { outcome } = await ask((query, socket) => socket.write(octets(query)), { timeoutMs: SHORT_MS });
    expect(outcome).toEqual({ outcome: 'timeout', nearMisses: 0 });
  });

  test('that drips is cut off at the deadline all the same', async () => {
    let timer: NodeJS.Timeout | undefined;
    const { outcome } = await ask(
      (_query, socket) => {
        socket.write(Buffer.from('ffff', 'hex'));
        timer = setInterval(() => socket.write(Buffer.alloc(1)), 20);
      },
      { timeoutMs: SHORT_MS },
    );
    clearInterval(timer);
    expect(outcome).toEqual({ outcome: 'timeout', nearMisses: 0 });
  });

  test('to a closed port is unreachable', async () => {
    expect(await makeExchange()({ ...base, server: nobody })).toEqual({ outcome: 'unreachable', code: 'ECONNREFUSED' });
  });

  test('never goes to a name', async () => {
    expect(await makeExchange()({ ...base, server: { address: 'localhost', port: 53 } })).toEqual({
      outcome: 'unreachable',
      code: 'EINVAL',
    });
  });

  test('goes to IPv6 too', async () => {
    const server = await tcpServer((query, socket) => socket.write(framed(addressReply(query))), '::1');
    closers.push(server.close);
    expect(await makeExchange()({ ...base, server })).toMatchObject({ outcome: 'response' });
  });

  test('is closed by us after the reply', async () => {
    let closed: Promise<unknown> | undefined;
    const { outcome } = await ask((query, socket) => {
      closed = once(socket, 'close');
      socket.write(framed(addressReply(query)));
    });
    expect(outcome).toMatchObject({ outcome: 'response' });
    expect(await closed).toEqual([false]); // without an error
  });

  test('carries the query as over UDP, with EDNS', async () => {
    const { server } = await ask((query, socket) => socket.write(framed(addressReply(query))));
    const query = server.queries[0] as Buffer;
    expect(query.subarray(questionEnd(query)).toString('hex')).toBe('00002904d0000080000000');
  });
});

test('a message comes out of its pieces as it went in, however it was cut', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 9_000 }), fc.array(fc.integer({ min: 1, max: 4_000 })), (message, cuts) => {
      const stream = Buffer.concat([framed(Buffer.from(message)), Buffer.from('behind it')]);
      const reader = new FrameReader();
      let got: Uint8Array | undefined;
      for (let at = 0; at < stream.length && !got; ) {
        const octets = cuts.shift() ?? stream.length;
        got = reader.push(stream.subarray(at, at + octets));
        at += octets;
      }
      expect(Buffer.from(got ?? [])).toEqual(Buffer.from(message));
    }),
  );
});
