/** What spent a limit before it could be judged: it is kept by nobody, whatever TTL its sender chose. */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Class, Type } from '../../src/base/registry.ts';
import { at, type Behaviour, makeBench, makeWorld, said } from './world.ts';

const LEAF = '192.0.2.21';
const OTHER = '192.0.2.99';

const world = makeWorld([
  { apex: '.', at: ['192.0.2.1'] },
  { apex: 'leaf.', at: [LEAF], records: ['ns9 A 192.0.2.99', 'x A 10.0.0.1', 'y A 10.0.0.2'] },
  { apex: 'other.', at: [OTHER], ns: ['ns9.leaf.'], records: ['www A 10.0.0.3'] },
]);

/** As many signatures as nobody verifies, each of them wrong, made of one that was seen. */
function junk(signature: Uint8Array, type: number, labels: number): Uint8Array[] {
  return Array.from({ length: 70 }, (_, i) => {
    const copy = Uint8Array.from(signature);
    copy.set([type >> 8, type & 255], 0);
    copy[3] = labels;
    copy[copy.length - 1] = i;
    return copy;
  });
}

/** Instead of every address an alias of that type with a long TTL and junk for signatures. */
function aliasAt(owner: string, type: number): Behaviour {
  return (reply, { question }) => {
    const signature = reply.answer[0]?.signatures[0];
    if (question.qtype !== Type.A || !signature) return undefined;
    const name = parseName(owner);
    const answer = [
      { owner: name, type, class: Class.IN, ttl: 80_000, rdata: [parseName('evil.').wire], signatures: junk(signature, type, name.labels) },
    ];
    return { ...reply, answer, authority: [] };
  };
}

describe('an alias that spent a limit', () => {
  test.each([
    ['x.leaf.', 'leaf.', Type.DNAME],
    ['ns9.leaf.', 'ns9.leaf.', Type.CNAME],
  ])('at %s: %s does not stand in the way of server addresses', async (name, owner, type) => {
    const bench = makeBench(world);
    await bench.ask('y.leaf.');
    bench.behave(at([LEAF], aliasAt(owner, type)));
    const spent = await bench.ask(name);
    expect(spent.validation.state === 'indeterminate' && spent.validation.reason).toBe('limit-spent');
    bench.behave();
    bench.clock.now += 1;
    expect(said(await bench.ask('www.other.'))).toBe('answer secure');
    expect(said(await bench.ask(name))).toBe('answer secure');
  });
});
