/** The bound on queries at one name server. */

import { expect, test, vi } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { Exchange, UpstreamOutcome, UpstreamQuery } from '../../src/net/exchange.ts';
import { limitPerServer } from '../../src/preflight/per-server.ts';

const queryTo = (address: string, timeoutMs = 1_000): UpstreamQuery => ({
  server: { address, port: 53 },
  question: { qname: parseName('a.example'), qtype: 15, qclass: 1 },
  transport: 'udp',
  edns: true,
  recursionDesired: false,
  caseRandomisation: true,
  timeoutMs,
});

/** An exchange whose queries end when told. */
function held() {
  const open: { readonly address: string; readonly end: (outcome?: UpstreamOutcome) => void }[] = [];
  const exchange: Exchange = ({ server }) =>
    new Promise((resolve) =>
      open.push({ address: server.address, end: (outcome = { outcome: 'timeout', nearMisses: 0 }) => resolve(outcome) }),
    );
  return { open, exchange };
}

test('so many at one server, others are not held up, and who waited goes in order', async () => {
  const { open, exchange } = held();
  const limited = limitPerServer(exchange, 2);
  const ended: number[] = [];
  const all = [0, 1, 2, 3].map((n) => limited(queryTo('192.0.2.1')).then(() => ended.push(n)));
  const other = limited(queryTo('192.0.2.2'));
  expect(open.map(({ address }) => address)).toEqual(['192.0.2.1', '192.0.2.1', '192.0.2.2']);
  open[0]?.end();
  await all[0];
  await vi.waitFor(() => expect(open.length).toBe(4), 20_000);
  for (let i = 1; i < 5; i++) {
    await vi.waitFor(() => expect(open[i]).toBeDefined(), 20_000);
    open[i]?.end();
  }
  await Promise.all([...all, other]);
  expect(ended).toEqual([0, 1, 2, 3]);
});

test('who waits in vain is told of a fault of this machine, and takes nobody else’s place', async () => {
  vi.useFakeTimers();
  try {
    const { open, exchange } = held();
    const limited = limitPerServer(exchange, 1);
    const first = limited(queryTo('192.0.2.1', 5_000));
    const second = limited(queryTo('192.0.2.1', 100));
    const third = limited(queryTo('192.0.2.1', 5_000));
    await vi.advanceTimersByTimeAsync(100);
    expect(await second).toEqual({ outcome: 'unreachable', code: 'EBUSY' });
    open[0]?.end();
    await first;
    await vi.advanceTimersByTimeAsync(0);
    open[1]?.end();
    expect(await third).toEqual({ outcome: 'timeout', nearMisses: 0 });
    expect(open.length).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});

test('a query that rejects gives its place back', async () => {
  let calls = 0;
  const limited = limitPerServer(() => (calls++ === 0 ? Promise.reject(new Error('ours')) : Promise.resolve({ outcome: 'forged' })), 1);
  await expect(limited(queryTo('192.0.2.1'))).rejects.toThrow('ours');
  expect(await limited(queryTo('192.0.2.1'))).toEqual({ outcome: 'forged' });
});
