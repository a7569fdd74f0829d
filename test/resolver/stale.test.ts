/** How many resolutions may go on behind clients that have had a stale answer. */

import { afterEach, expect, test, vi } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { Type } from '../../src/base/registry.ts';
import type { Shared } from '../../src/base/work.ts';
import type { LinkSource } from '../../src/resolver/judge.ts';
import { LinkStore } from '../../src/resolver/link-store.ts';
import type { Resolution } from '../../src/resolver/resolution.ts';
import { CLIENT_TIMER_MS, StaleLinks } from '../../src/resolver/stale.ts';
import { rrset } from '../scenario/rrset.ts';

const NOW = 1_000_000;
const zone = parseName('test.');
const question = { qname: parseName('www.test.'), qtype: 1 satisfies typeof Type.A, qclass: 1 };

afterEach(() => {
  vi.useRealTimers();
});

test('CVE-2022-3924: a thousand; further clients wait for the outcome, and room comes back when one ends', async () => {
  vi.useFakeTimers();
  const store = new LinkStore({ maxOctets: 1_000_000, minTtl: 0, maxTtl: 86_400 });
  const content = { kind: 'answer', rrsets: [rrset('www.test.', 'A', ['192.0.2.1'])] } as const;
  const validation = { state: 'insecure', zone, reason: 'unsigned-delegation' } as const;
  store.keep(question.qname, question.qtype, { content, authority: [], zone, server: undefined }, 300, validation, NOW);
  const now = () => NOW + 400;
  const judge: LinkSource = { get: () => Promise.reject(new Error('asked')) };
  const stale = new StaleLinks({ store, judge, maxOctets: 10_000, maxAge: 86_400, now, signatureTime: now });

  const ends: ((outcome: Shared<Resolution>) => void)[] = [];
  const wait = () => stale.whenItTakesLong(question, new Promise((resolve) => ends.push(resolve)));
  const all = Promise.all(Array.from({ length: 1_001 }, wait));
  await vi.advanceTimersByTimeAsync(CLIENT_TIMER_MS);
  expect((await all).filter((answer) => answer?.isStale).length).toBe(1_000);

  ends[0]?.({ outcome: 'cycle' });
  await vi.advanceTimersByTimeAsync(0);
  const next = wait();
  await vi.advanceTimersByTimeAsync(CLIENT_TIMER_MS);
  expect((await next)?.isStale).toBe(true);
});
