/** DNS cookies for clients over real sockets (RFC 7873 §5.2, RFC 9018): learnt over UDP or TCP, known again, and known by a sister server. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { encode, type OptAnswer } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Service } from '../../src/main.ts';
import { framed, onFrames, readReply } from './client.ts';
import { openStage, type Stage, startOn } from './stage.ts';

const COOKIE = 10;
/** BADCOOKIE is 23: 7 in the header, 1 above it in OPT (RFC 6891 §6.1.3). */
const BADCOOKIE = 23;
const codes: Readonly<Record<string, number>> = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, YXRRSET: 7 };
const secret = '00112233445566778899aabbccddeeff';
const other = 'ff'.repeat(16);
const CLIENT = '0102030405060708';

let stage: Stage;
let renewed: Service;
let stranger: Service;
beforeAll(async () => {
  stage = await openStage({ addressBase: '127.61.11', config: { cookies: { secret, require: true } } });
  renewed = await startOn(stage.sandbox, { cookies: { secret: other, previousSecret: secret, require: true } });
  stranger = await startOn(stage.sandbox, { cookies: { secret: other, require: true } });
});
afterAll(async () => {
  await Promise.all([renewed.stop(), stranger.stop()]);
  await stage.close();
});

const portOf = (service: Service): number => service.dns[0]!.port;

function query(cookie: string | undefined): Buffer {
  const options = cookie === undefined ? [] : [{ code: COOKIE, data: Buffer.from(cookie, 'hex') }];
  const opt = { type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options } as unknown as OptAnswer;
  return encode({ type: 'query', id: 77, flags: 0x0100, questions: [{ name: 'secure.sandbox', type: 'MX' }], additionals: [opt] });
}

async function overUdp(port: number, cookie?: string) {
  const socket = createSocket('udp4');
  try {
    const reply = once(socket, 'message', { signal: AbortSignal.timeout(10_000) });
    socket.send(query(cookie), port, '127.0.0.1');
    return read(((await reply) as [Buffer])[0]);
  } finally {
    socket.close();
  }
}

async function overTcp(port: number, cookie?: string) {
  const socket = connect(port, '127.0.0.1');
  try {
    const reply = new Promise<Buffer>((resolve, reject) => {
      onFrames(socket, resolve);
      socket.on('close', () => reject(new Error('closed')));
    });
    socket.write(framed(query(cookie)));
    return read(await reply);
  } finally {
    socket.destroy();
  }
}

function read(octets: Buffer) {
  const { rcode, answer, opt } = readReply(octets);
  const { extendedRcode = 0, options = [] } = (opt ?? {}) as { extendedRcode?: number; options?: { code: number; data?: Buffer }[] };
  const cookies = options.filter(({ code }) => code === COOKIE).map(({ data }) => data?.toString('hex') ?? '');
  return { rcode: (extendedRcode << 4) | (codes[rcode] ?? -1), answers: answer.length, cookies };
}

describe('a client that shows a client cookie alone', () => {
  test('over UDP: BADCOOKIE without data, and a cookie that is taken from then on', async () => {
    const first = await overUdp(stage.dnsPort, CLIENT);
    expect(first).toEqual({
      rcode: BADCOOKIE,
      answers: 0,
      cookies: [expect.stringMatching(new RegExp(`^${CLIENT}01000000[0-9a-f]{24}$`))],
    });
    const second = await overUdp(stage.dnsPort, first.cookies[0]);
    expect(second).toMatchObject({ rcode: 0, answers: 1 });
    expect(second.cookies[0]).toHaveLength(48);
    expect((await overUdp(stage.dnsPort, second.cookies[0])).rcode).toBe(0);
  });

  test('over TCP: the answer at once, for its address is no forgery; and the cookie is good over UDP', async () => {
    const first = await overTcp(stage.dnsPort, CLIENT);
    expect(first).toMatchObject({ rcode: 0, answers: 1 });
    expect((await overUdp(stage.dnsPort, first.cookies[0])).rcode).toBe(0);
  });
});

test('a client without the option is answered, and none is sent to it', async () => {
  for (const ask of [overUdp, overTcp]) expect(await ask(stage.dnsPort)).toEqual({ rcode: 0, answers: 1, cookies: [] });
});

test.each([
  ['a server cookie that another server made up', `${CLIENT}01000000${'00'.repeat(12)}`],
  ['one of another length', `${CLIENT}${'00'.repeat(32)}`],
])('%s: BADCOOKIE over UDP, no matter over TCP', async (_title, cookie) => {
  expect(await overUdp(stage.dnsPort, cookie)).toMatchObject({ rcode: BADCOOKIE, answers: 0, cookies: [expect.any(String)] });
  expect(await overTcp(stage.dnsPort, cookie)).toMatchObject({ rcode: 0, answers: 1 });
});

test.each([1, 7, 9, 15, 41])('an option of %i octets is FORMERR over UDP and TCP, and not echoed (§5.2.2)', async (octets) => {
  for (const ask of [overUdp, overTcp])
    expect(await ask(stage.dnsPort, 'ab'.repeat(octets))).toEqual({ rcode: 1, answers: 0, cookies: [] });
});

test('a sister server that has the secret as its previous one knows the cookie; one that has not, does not (RFC 9018 §5)', async () => {
  const [cookie] = (await overUdp(stage.dnsPort, CLIENT)).cookies;
  const known = await overUdp(portOf(renewed), cookie);
  expect(known).toMatchObject({ rcode: 0, answers: 1 });
  expect((await overUdp(portOf(stranger), cookie)).rcode).toBe(BADCOOKIE);
  expect((await overUdp(portOf(stranger), known.cookies[0])).rcode, 'its own answers are by the new secret').toBe(0);
});

test('the cookie of one address is worth nothing at another', async () => {
  const [cookie] = (await overUdp(stage.dnsPort, CLIENT)).cookies;
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.2');
  await once(socket, 'listening');
  const reply = once(socket, 'message', { signal: AbortSignal.timeout(10_000) });
  socket.send(query(cookie), stage.dnsPort, '127.0.0.1');
  const [octets] = (await reply) as [Buffer];
  socket.close();
  expect(read(octets).rcode).toBe(BADCOOKIE);
});
