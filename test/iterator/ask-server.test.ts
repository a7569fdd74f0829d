import { expect, test } from 'vitest';
import { parseName, ROOT } from '../../src/base/name.ts';
import type { Work } from '../../src/base/work.ts';
import { ServerCache } from '../../src/cache/server-cache.ts';
import { askServer } from '../../src/iterator/ask-server.ts';
import type { UpstreamQuery } from '../../src/net/exchange.ts';

/** A truncating server of which nothing comes over TCP, asked with so much time left; what was waited for each try. */
async function waits(remainingMs: number): Promise<[string, number][]> {
  const asked: UpstreamQuery[] = [];
  let left = remainingMs;
  const work = { spend: () => {}, remainingMs: () => left, trace: undefined } as unknown as Work;
  const flags = { response: true, truncated: true } as never;
  const message = { id: 0, opcode: 0, rcode: 0, flags, question: [], answer: [], authority: [], additional: [], edns: undefined };
  await askServer({ address: '192.0.2.1', port: 53 }, { qname: parseName('www.test.'), qtype: 1, qclass: 1 }, ROOT, false, work, {
    exchange: async (query) => {
      asked.push(query);
      if (query.transport === 'udp') return { outcome: 'response', message, octets: 50, rttMs: 1, nearMisses: 0 };
      left -= query.timeoutMs;
      return { outcome: 'timeout', nearMisses: 0 };
    },
    servers: new ServerCache(),
    now: () => 0,
    caseRandomisation: false,
    cookies: false,
    randomInt: () => 0,
  });
  return asked.map(({ transport, timeoutMs }) => [transport, timeoutMs]);
}

test('no TCP connection takes more than half of the time that is left: another server can still be asked, at the next zone cut too', async () => {
  expect(await waits(7_700)).toEqual([
    ['udp', 400],
    ['tcp', 3_000],
  ]);
  expect(await waits(4_000)).toEqual([
    ['udp', 400],
    ['tcp', 2_000],
  ]);
});
