/**
 * One hostile query, case by case: the limit that ends it is named to the client and counted, is no verdict and is kept nowhere, costs a
 * neighbour below the same TLD at the same moment nothing, and leaves the event loop to others in between.
 */

import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { clientLimits, describeLimit, type Limit } from '../../src/base/budget.ts';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';
import { checkCost, importCost } from '../../src/crypto/cost.ts';
import { makeKey, NOW } from '../vectors/signed-zone.ts';
import { healthyZones } from './healthy.ts';
import { rrset, textOf } from './rrset.ts';
import { at, type Behaviour, makeBench, makeWorld, on, rewrite, said, type World } from './world.ts';
import type { Zone, ZoneText } from './zone.ts';

const EVIL_AT = ['192.0.2.66', '192.0.2.67'];

const worldWith = (more: Partial<ZoneText> = {}): World =>
  makeWorld([...healthyZones, { apex: 'evil.test.', at: EVIL_AT, records: ['www A 10.0.0.66', 'other A 10.0.0.67'], ...more }]);

/** Signatures by the zone's key that do not verify, each another. */
function wrong(zone: Zone, over: RRset, count: number): Uint8Array[] {
  const [signature] = zone.signed.sign({ ...over, signatures: [] }, { corrupt: true }).signatures as [Uint8Array];
  return Array.from({ length: count }, (_, i) => {
    const twisted = Uint8Array.from(signature);
    twisted[twisted.length - 2] = ((twisted.at(-2) as number) + i) & 0xff;
    return twisted;
  });
}

/** Keys of the tag and algorithm of the zone's own: two octets of the same weight changed against each other. */
function twins(zone: Zone, count: number): Uint8Array[] {
  const { rdata } = zone.signed.key;
  const places = [...rdata.keys()].filter((place) => place >= 8 && place % 2 === 0);
  const up = places.find((place) => (rdata[place] as number) < 200) as number;
  const down = places.find((place) => place !== up && (rdata[place] as number) > 50) as number;
  return Array.from({ length: count }, (_, i) => {
    const twin = Uint8Array.from(rdata);
    twin[up] = (twin[up] as number) + i + 1;
    twin[down] = (twin[down] as number) - i - 1;
    return twin;
  });
}

/** The zone's DNSKEY RRset with others before its key, signed by that. */
const keysBefore = (zone: Zone, others: readonly Uint8Array[]): Behaviour =>
  on('evil.test.', 'DNSKEY', (reply) => {
    const keys = { ...rrset('evil.test.', 'A', []), type: Type.DNSKEY, rdata: [...others, zone.signed.key.rdata] };
    return { ...reply, answer: [zone.signed.sign(keys)] };
  });

/** Denials of the zone, signed as told, before those of the answer. */
const padding = (count: number, sign: (nsec: RRset) => RRset): Behaviour =>
  on('none.evil.test.', 'A', (reply) => {
    const nsecs = Array.from({ length: count }, (_, i) => sign(rrset(`n${i}.evil.test.`, 'NSEC', [`n${i}a.evil.test. A`])));
    return { ...reply, authority: [...nsecs, ...reply.authority] };
  });

const onWww = (change: (signed: RRset) => readonly Uint8Array[]): Behaviour =>
  rewrite((r) => (textOf(r.owner) === 'www.evil.test.' && r.type === Type.A ? { ...r, signatures: change(r) } : r));

interface Case {
  readonly title: string;
  readonly limit: Limit;
  readonly world?: Partial<ZoneText>;
  readonly hostile: (world: World) => Behaviour;
  readonly ask?: string;
  /** What the zone says once it behaves. */
  readonly later?: string;
  /** Seconds until keys that the zone did sign are fetched anew. */
  readonly waits?: number;
}

const evilOf = (world: World) => world.zone('evil.test.');

const cases: readonly Case[] = [
  {
    title: 'nine wrong signatures before the good one',
    limit: 'signatures',
    hostile: (world) => onWww((r) => [...wrong(evilOf(world), r, 9), ...r.signatures]),
  },
  {
    title: 'sixty-five signatures that expired before the good one',
    limit: 'signaturesRead',
    hostile: (world) =>
      onWww((r) => {
        const [old] = evilOf(world).signed.sign({ ...r, signatures: [] }, { expiration: NOW - 1 }).signatures as [Uint8Array];
        return [...Array.from({ length: 65 }, () => old), ...r.signatures];
      }),
  },
  {
    title: 'signatures by forty other zones before the good one',
    limit: 'signaturesRead',
    hostile: (world) =>
      onWww((r) => {
        const by = (i: number) => evilOf(world).signed.sign({ ...r, signatures: [] }, { signer: parseName(`z${i}.`) }).signatures;
        return [...Array.from({ length: 40 }, (_, i) => by(i)).flat(), ...r.signatures];
      }),
  },
  {
    title: 'KeyTrap (CVE-2023-50387): forty keys of the tag that the DS names before the one',
    limit: 'keysOfOneTag',
    hostile: (world) => keysBefore(evilOf(world), twins(evilOf(world), 40)),
  },
  {
    title: 'sixty-four other keys before the one',
    limit: 'zoneKeys',
    waits: 31,
    hostile: (world) =>
      keysBefore(
        evilOf(world),
        Array.from({ length: 64 }, () => makeKey({ algorithm: 15 }).rdata),
      ),
  },
  {
    title: 'twenty denials that were not asked for before the proof',
    limit: 'denialRRsets',
    hostile: (world) => padding(20, (nsec) => evilOf(world).signed.sign(nsec)),
    ask: 'none.evil.test.',
    later: 'nxdomain secure',
  },
  {
    title: 'sixteen denials of eight wrong signatures each',
    limit: 'failedChecks',
    hostile: (world) => padding(16, (nsec) => ({ ...nsec, signatures: wrong(evilOf(world), nsec, 8) })),
    ask: 'none.evil.test.',
    later: 'nxdomain secure',
  },
  {
    title: 'the same in P-384, of which each check is as dear as eight of P-256',
    limit: 'failedWork',
    world: { key: { algorithm: 14 } },
    hostile: (world) => padding(16, (nsec) => ({ ...nsec, signatures: wrong(evilOf(world), nsec, 8) })),
    ask: 'none.evil.test.',
    later: 'nxdomain secure',
  },
  {
    title: 'a server whose answers are a megabyte long',
    limit: 'upstreamOctets',
    hostile: () => at(EVIL_AT, (reply) => ({ ...reply, octets: 900_000 })),
  },
];

function makeHostile({ world: more, hostile }: Pick<Case, 'world' | 'hostile'>, world = worldWith(more)) {
  const limits: Limit[] = [];
  const bench = makeBench(world, { behaviours: [hostile(world)], onLimit: (limit) => limits.push(limit) });
  return { bench, limits };
}

describe.each(cases)('$title: $limit', ({ limit, ask = 'www.evil.test.', later = 'answer secure', waits = 0, ...one }) => {
  test('is named, counted, no verdict, and kept nowhere', async () => {
    const { bench, limits } = makeHostile(one);
    const result = await bench.ask(ask);
    expect(result.validation).toEqual({ state: 'indeterminate', reason: 'limit-spent', detail: describeLimit(limit) });
    expect(limits).toContain(limit);
    expect(bench.resolver.figures().entries).toMatchObject({ bogus: 0, failure: 0 });
    bench.behave();
    bench.clock.now += waits;
    expect(said(await bench.ask(ask)), 'at the same moment, once the zone behaves').toBe(later);
  });

  test('costs the neighbour below the TLD, asked at the same moment, neither its answer nor its denial', async () => {
    const { bench } = makeHostile(one);
    const [, answer, denial, parent] = await Promise.all([
      bench.ask(ask),
      bench.ask('www.secure.test.'),
      bench.ask('none.three.test.'),
      bench.ask('test.', 'SOA'),
    ]);
    expect([answer, denial, parent].map((each) => said(each as NonNullable<typeof each>))).toEqual([
      'answer secure',
      'nxdomain secure',
      'answer secure',
    ]);
  });

  test('stays within what one query may cost', async () => {
    const { bench, limits } = makeHostile(one);
    const spent = await checksDuring(() => bench.ask(ask));
    expect(spent.checks).toBeLessThanOrEqual(limit === 'failedChecks' ? 50 : clientLimits.signatureChecks);
    expect(spent.micros, 'half of what a chain of dear zones in order may cost').toBeLessThanOrEqual(clientLimits.cryptoWork / 2);
    expect(bench.sent.length).toBeLessThanOrEqual(30);
    expect(limits.length).toBeLessThanOrEqual(8);
  });
});

test('another server of the zone that gives less to look at is asked, and wins', async () => {
  for (const bad of EVIL_AT) {
    const { bench, limits } = makeHostile({
      hostile: (world) =>
        at(
          [bad],
          onWww((r) => [...wrong(evilOf(world), r, 9), ...r.signatures]),
        ),
    });
    expect(said(await bench.ask('www.evil.test.')), bad).toBe('answer secure');
    expect(limits.every((limit) => limit === 'signatures')).toBe(true);
  }
});

/** What a check costs by the table, whichever key, on a clock that only checks move. */
const CHECK_MS = (algorithm: number) => checkCost(algorithm, Buffer.alloc(96), 200) / 1000;

/** Hears of each SHA-1 of NSEC3. */
const sha1 = vi.hoisted(() => ({ heard: () => {} }));
vi.mock('../../src/crypto/sha1.ts', async (original) => {
  const real = await original<typeof import('../../src/crypto/sha1.ts')>();
  return {
    sha1(data: Uint8Array, digest: Uint8Array) {
      sha1.heard();
      real.sha1(data, digest);
    },
  };
});

afterEach(() => {
  sha1.heard = () => {};
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

/** Counts the checks that the platform is asked for, and what they come to with the key of each made ready anew. */
async function checksDuring(work: () => Promise<unknown>): Promise<{ checks: number; micros: number }> {
  const counted = { checks: 0, micros: 0 };
  const real = crypto.verify;
  vi.spyOn(crypto, 'verify').mockImplementation(((hash: string, data: Uint8Array, key: never, signature: Uint8Array) => {
    counted.checks++;
    counted.micros += hash === 'sha384' ? CHECK_MS(14) * 1000 : 30;
    return real(hash, data, key, signature);
  }) as never);
  syncBuiltinESMExports();
  await work();
  return counted;
}

describe('slices of the event loop', () => {
  test.each([13, 14])('algorithm %i: whoever checks signatures by the dozen lets others have their turn', async (algorithm) => {
    const clock = { ms: 0, began: 0 };
    const slices: number[] = [];
    const turn = (): void => {
      slices.push(clock.ms - clock.began);
      clock.began = clock.ms;
    };
    const afterOthers = (run: () => void): void => {
      setImmediate(() => {
        turn();
        run();
      });
    };
    const world = worldWith({ key: { algorithm } });
    const bench = makeBench(world, {
      behaviours: [padding(16, (nsec) => ({ ...nsec, signatures: wrong(evilOf(world), nsec, 8) }))],
      turns: { monotonicMs: () => clock.ms, afterOthers },
    });
    const real = crypto.verify;
    vi.spyOn(crypto, 'verify').mockImplementation(((hash: string, data: Uint8Array, key: never, signature: Uint8Array) => {
      clock.ms += CHECK_MS(hash === 'sha384' ? 14 : 13) + importCost(hash === 'sha384' ? 14 : 13) / 1000;
      return real(hash, data, key, signature);
    }) as never);
    syncBuiltinESMExports();
    const results = await Promise.all([bench.ask('none.evil.test.'), bench.ask('www.secure.test.')]);
    turn();
    expect(said(results[0])).toContain('limit-spent');
    expect(said(results[1])).toBe('answer secure');
    expect(clock.ms, 'it was work').toBeGreaterThan(5);
    expect(Math.max(...slices)).toBeLessThan(5);
  });

  test('hashing the labels of a deep name (CVE-2023-50868) does so too', async () => {
    const clock = { ms: 0, began: 0 };
    const slices: number[] = [];
    const afterOthers = (run: () => void): void => {
      setImmediate(() => {
        slices.push(clock.ms - clock.began);
        clock.began = clock.ms;
        run();
      });
    };
    const bench = makeBench(worldWith({ signing: 'nsec3', iterations: 40 }), { turns: { monotonicMs: () => clock.ms, afterOthers } });
    sha1.heard = () => {
      clock.ms += 0.002;
    };
    expect(said(await bench.ask(`${'a.'.repeat(60)}evil.test.`))).toBe('nxdomain secure');
    slices.push(clock.ms - clock.began);
    expect(clock.ms).toBeGreaterThan(4);
    expect(Math.max(...slices)).toBeLessThan(3.5);
  });
});
