/** Zones in order that are dear to check, from cold: a limit which they pass would be a SERVFAIL that holds mail. */

import { describe, expect, test } from 'vitest';
import type { Limit } from '../../src/base/budget.ts';
import type { RRset } from '../../src/base/record.ts';
import { makeBench, makeWorld, on, said } from './world.ts';
import type { ZoneText } from './zone.ts';

const P384 = { key: { algorithm: 14 } } as const;
const root = (more: Partial<ZoneText> = {}): ZoneText => ({ apex: '.', at: ['192.0.2.10'], ...more });

function makeCold(zones: readonly ZoneText[]) {
  const limits: Limit[] = [];
  return { bench: makeBench(makeWorld(zones), { onLimit: (limit) => limits.push(limit) }), limits };
}

/** Each zone's `w` is an alias of the next one's; the last has an address. */
const chain = (length: number, more: Partial<ZoneText>): ZoneText[] =>
  Array.from({ length }, (_, i) => ({
    apex: `z${i}.`,
    at: [`192.0.2.${40 + i}`],
    records: [i === length - 1 ? 'w A 10.0.0.1' : `w CNAME ${i === length - 2 ? 'x' : 'w'}.z${i + 1}.`, 'x A 10.0.0.2'],
    ...P384,
    ...more,
  }));

describe('zones of P-384 keys', () => {
  test.each([3, 4])('NXDOMAIN by NSEC3 behind aliases over %i zones, the root of that algorithm too', async (length) => {
    const zones = chain(length, { signing: 'nsec3' });
    const last = zones[length - 1] as ZoneText;
    const { bench, limits } = makeCold([root(P384), ...zones.slice(0, -1), { ...last, records: ['v A 10.0.0.1'] }]);
    expect([said(await bench.ask('w.z0.')), limits]).toEqual(['nxdomain secure', []]);
  });

  test('five aliases over zones of their own', async () => {
    const { bench, limits } = makeCold([root(), ...chain(6, {})]);
    expect([said(await bench.ask('w.z0.')), limits]).toEqual(['answer secure', []]);
  });

  test('ANY at an apex of fourteen RRsets', async () => {
    const world = makeWorld([root(), { apex: 'leaf.', at: ['192.0.2.30'], ...P384 }]);
    const { signed } = world.zone('leaf.');
    const answer = Array.from({ length: 14 }, (_, i) => {
      const plain: RRset = { owner: signed.apex, type: 65_280 + i, class: 1, ttl: 60, rdata: [Uint8Array.of(i)], signatures: [] };
      return signed.sign(plain);
    });
    const limits: Limit[] = [];
    const behaviours = [on('leaf.', 'ANY', (reply) => ({ ...reply, rcode: 0, answer, authority: [] }))];
    const bench = makeBench(world, { behaviours, onLimit: (limit) => limits.push(limit) });
    expect([said(await bench.ask('leaf.', 'ANY')), limits]).toEqual(['answer secure', []]);
  });
});
