/** Replies are held to the cookie of the query (RFC 7873 §5.3), over real sockets. */

import { afterEach, describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Class, Type } from '../../src/base/registry.ts';
import { createExchange } from '../../src/net/create-exchange.ts';
import type { UpstreamQuery } from '../../src/net/exchange.ts';
import { addressReply, framed, tcpServer, udpServer } from './servers.ts';

const SHORT_MS = 300;
const client = Buffer.from('a1a2a3a4a5a6a7a8', 'hex');
const server = Buffer.from('b1b2b3b4b5b6b7b8b9babbbcbdbebfc0', 'hex');
const question = { qname: parseName('mail.example.org'), qtype: Type.A, qclass: Class.IN };
const base = { question, transport: 'udp', edns: true, recursionDesired: false, caseRandomisation: true, timeoutMs: 10_000 } as const;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A good reply with an OPT record that holds these options: codes and octets. */
function replyWith(query: Buffer, ...options: readonly (readonly [number, Buffer])[]): Buffer {
  const rdata = Buffer.concat(
    options.map(([code, data]) => {
      const head = Buffer.alloc(4);
      head.writeUInt16BE(code, 0);
      head.writeUInt16BE(data.length, 2);
      return Buffer.concat([head, data]);
    }),
  );
  const opt = Buffer.from('0000290400000080000000', 'hex');
  opt.writeUInt16BE(rdata.length, 9);
  const reply = Buffer.concat([addressReply(query), opt, rdata]);
  reply.writeUInt16BE(1, 10);
  return reply;
}

const COOKIE = 10;
const withCookie = (query: Buffer, data: Buffer) => replyWith(query, [COOKIE, data]);

async function ask(answer: Parameters<typeof udpServer>[0], cookie: UpstreamQuery['cookie'], timeoutMs = 10_000) {
  const peer = await udpServer(answer);
  const exchange = createExchange();
  closers.push(peer.close, exchange.close);
  return { outcome: await exchange({ ...base, server: peer, cookie, timeoutMs }), queries: peer.queries };
}

test('the COOKIE option of the query holds the client cookie, and the server cookie behind it', async () => {
  const first = await ask((query, send) => send(withCookie(query, Buffer.concat([client, server]))), { client, server: undefined });
  expect(first.outcome.outcome).toBe('response');
  expect(first.queries[0]?.subarray(-12)).toEqual(Buffer.concat([Buffer.from('000a0008', 'hex'), client]));
  const second = await ask((query, send) => send(withCookie(query, Buffer.concat([client, server]))), { client, server });
  expect(second.queries[0]?.subarray(-28)).toEqual(Buffer.concat([Buffer.from('000a0018', 'hex'), client, server]));
});

describe('over UDP', () => {
  const wrong = [
    { title: 'another client cookie', data: Buffer.concat([Buffer.alloc(8, 1), server]) },
    { title: 'a server cookie that is too short', data: Buffer.concat([client, server.subarray(0, 7)]) },
    { title: 'a server cookie that is too long', data: Buffer.concat([client, Buffer.alloc(33)]) },
    { title: 'less than a client cookie', data: client.subarray(0, 7) },
  ];
  test.each(wrong)('$title is not our reply: the right one behind it is taken', async ({ data }) => {
    const { outcome } = await ask(
      (query, send) => {
        send(withCookie(query, data));
        send(withCookie(query, Buffer.concat([client, server])));
      },
      { client, server: undefined },
    );
    expect(outcome).toMatchObject({ outcome: 'response', nearMisses: 1 });
  });

  test('wrong cookies alone are a timeout with near misses', async () => {
    const { outcome } = await ask((query, send) => send(withCookie(query, Buffer.alloc(8, 1))), { client, server }, SHORT_MS);
    expect(outcome).toEqual({ outcome: 'timeout', nearMisses: 1 });
  });

  test('no cookie where the server has given one is told, whether or not there is an OPT record', async () => {
    expect((await ask((query, send) => send(addressReply(query)), { client, server })).outcome).toEqual({ outcome: 'cookie-missing' });
    const other = await ask((query, send) => send(replyWith(query, [3, Buffer.from('id')])), { client, server });
    expect(other.outcome).toEqual({ outcome: 'cookie-missing' });
  });

  test('our own option sent back as it came is no cookie: a reply where none was given before, else one that lacks it', async () => {
    const echo = (query: Buffer, send: (reply: Buffer) => void) => send(withCookie(query, client));
    expect((await ask(echo, { client, server: undefined })).outcome.outcome).toBe('response');
    expect((await ask(echo, { client, server })).outcome).toEqual({ outcome: 'cookie-missing' });
  });

  test('no cookie where none was given yet is a reply', async () => {
    const { outcome } = await ask((query, send) => send(addressReply(query)), { client, server: undefined });
    expect(outcome.outcome).toBe('response');
  });

  test('a cookie that nobody asked for is no matter', async () => {
    const { outcome } = await ask((query, send) => send(withCookie(query, client)), undefined);
    expect(outcome.outcome).toBe('response');
  });
});

describe('over TCP', () => {
  async function askTcp(reply: (query: Buffer) => Buffer) {
    const peer = await tcpServer((query, socket) => socket.write(framed(reply(query))));
    const exchange = createExchange();
    closers.push(peer.close, exchange.close);
    return exchange({ ...base, transport: 'tcp', server: peer, cookie: { client, server } });
  }

  test('a reply without cookie is taken: nobody else speaks there', async () => {
    expect((await askTcp(addressReply)).outcome).toBe('response');
  });

  test('another client cookie is malformed', async () => {
    const outcome = await askTcp((query) => withCookie(query, Buffer.concat([Buffer.alloc(8), server])));
    expect(outcome).toEqual({ outcome: 'malformed', fault: 'mismatch' });
  });
});
