/** What was known is given no more where something has ended it since, though nobody can be reached now. */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { Resolution } from '../../src/resolver/resolution.ts';
import { typeNumber } from '../vectors/read-records.ts';
import { at, type Bench, makeBench, makeWorld, said, silent, type World } from './world.ts';
import type { ZoneText } from './zone.ts';

const LEAF = '192.0.2.21';
const out = at([LEAF], silent);
const lost = 'failure indeterminate servers-unreachable';

const records = ['www A 10.0.0.1', 'zzz A 10.0.0.2'];

/** Every such leaf. has keys of its own; the root has always the same. */
const root = makeWorld([{ apex: '.', at: ['192.0.2.1'], ttl: 600 }]).zone('.');
function worldOf(leaf: Partial<ZoneText> = {}): World {
  return makeWorld([
    { apex: '.', at: ['192.0.2.1'], ttl: 600, like: root },
    { apex: 'leaf.', at: [LEAF], ttl: 600, records, ...leaf },
  ]);
}
const home = worldOf();
const unsigned = worldOf({ signing: 'unsigned' });

const benchOf = (world: World): Bench => makeBench(world, { settings: { maxStale: 86_400 } });

function ask({ resolver }: Bench, name: string, type = 'A'): Promise<Resolution> {
  return resolver.resolve({ qname: parseName(name), qtype: typeNumber(type), qclass: 1 }, { acceptsStale: true });
}

const told = (result: Resolution): string => `${said(result)}${result.isStale ? ' stale' : ''}`;

describe('by what the chain of trust has learned since', () => {
  test.each<[string, World, World, string, string]>([
    ['the zone is signed', unsigned, home, 'www.leaf.', 'A'],
    ['the zone is signed: a denial, as of TLSA', unsigned, home, '_25._tcp.www.leaf.', 'TLSA'],
    ['its key is withdrawn', home, worldOf(), 'www.leaf.', 'A'],
    ['its key is withdrawn: a denial', home, worldOf(), 'none.leaf.', 'A'],
    ['the zone is no longer signed', home, unsigned, 'www.leaf.', 'A'],
  ])('%s', async (_title, before, after, name, type) => {
    const bench = benchOf(before);
    await ask(bench, name, type);
    bench.moveTo(after);
    bench.clock.now += 4_000;
    expect(said(await ask(bench, 'zzz.leaf.'))).toContain('answer');
    bench.behave(out);
    expect(told(await ask(bench, name, type))).toBe(lost);
  });

  test.each<[string, World, string]>([
    ['signed', home, 'answer secure stale'],
    ['unsigned', unsigned, 'answer insecure unsigned-delegation stale'],
    ['signed, with NSEC3', worldOf({ signing: 'nsec3' }), 'answer secure stale'],
  ])('what it confirms stands: %s', async (_title, world, want) => {
    const bench = benchOf(world);
    await ask(bench, 'www.leaf.');
    bench.clock.now += 4_000;
    await ask(bench, 'zzz.leaf.');
    bench.behave(out);
    expect(told(await ask(bench, 'www.leaf.'))).toBe(want);
    bench.clock.now += 4_000;
    expect(told(await ask(bench, 'www.leaf.')), 'the keys are forgotten').toBe(want);
  });
});
