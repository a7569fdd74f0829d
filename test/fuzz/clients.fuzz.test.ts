/** Hostile clients against the running service: it answers what is a query of any kind, keeps silent to the rest, and lives on. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { askTcp, askUdp, readReply } from '../whole/client.ts';
import { openStage, type Stage } from '../whole/stage.ts';
import { isWellFormed, openBurstClient } from './burst-client.ts';
import { playHostileStream } from './hostile-stream.ts';
import { deservesAnswer, hostileQuery } from './mutate.ts';
import { createRandom } from './random.ts';

let stage: Stage;
const faults: unknown[] = [];
const onFault = (error: unknown) => faults.push(error);
beforeAll(async () => {
  process.on('uncaughtException', onFault).on('unhandledRejection', onFault);
  stage = await openStage({ addressBase: '127.62.1' });
});
afterAll(async () => {
  await stage.close();
  process.off('uncaughtException', onFault).off('unhandledRejection', onFault);
});

async function expectAlive(): Promise<void> {
  expect(faults).toEqual([]);
  for (const ask of [askUdp, askTcp]) {
    expect(await ask(stage.dnsPort, { name: 'secure.sandbox', type: 'MX', ad: true })).toMatchObject({ rcode: 'NOERROR', ad: true });
    expect(await ask(stage.dnsPort, { name: 'expired.sandbox', type: 'MX' })).toMatchObject({ rcode: 'SERVFAIL', ede: [{ code: 7 }] });
  }
}

test('5,000 random and mutated queries over UDP: an answer to each that has a header and is no answer itself', {
  timeout: 60_000,
}, async () => {
  const seed = 1;
  const random = createRandom(seed);
  const clients = await Promise.all(Array.from({ length: 10 }, () => openBurstClient(stage.dnsPort)));
  for (let round = 0; round < 10; round++) {
    await Promise.all(
      clients.map(async (client) => {
        const datagrams = Array.from({ length: 50 }, () => hostileQuery(random)).filter(({ length }) => length > 0);
        const deserving = datagrams.filter(deservesAnswer);
        const replies = await client.throwAt(datagrams, deserving.length, 9_000);
        expect(replies.length).toBe(deserving.length);
        const ids = deserving.map((octets) => octets.readUInt16BE(0)).toSorted();
        expect(replies.map((octets) => octets.readUInt16BE(0)).toSorted()).toEqual(ids);
        for (const octets of replies) {
          expect(octets.length).toBeLessThanOrEqual(1232);
          expect(octets[2]! & 0x80, 'QR').toBe(0x80);
          expect(isWellFormed(octets), octets.toString('hex')).toBe(true);
          const { rcode, answer, authority } = readReply(octets);
          if (rcode !== 'NOERROR' && rcode !== 'NXDOMAIN') expect([...answer, ...authority]).toEqual([]);
        }
      }),
    );
  }
  for (const client of clients) client.close();
  await expectAlive();
});

test('500 hostile TCP streams', { timeout: 60_000 }, async () => {
  const random = createRandom(2);
  const streams = Array.from({ length: 500 }).values();
  let messages = 0;
  const worker = async () => {
    for (const _ of streams) {
      const sent = await playHostileStream(stage.dnsPort, random);
      messages += sent;
    }
  };
  await Promise.all(Array.from({ length: 40 }, worker));
  expect(messages).toBeGreaterThan(500);
  await expectAlive();
});
