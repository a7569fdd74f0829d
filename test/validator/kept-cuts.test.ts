/** How long, for whom and how much the chain of trust remembers. */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { ZoneKey } from '../../src/dnssec/zone-keys.ts';
import { KeptCuts, MAX_ZONES } from '../../src/validator/kept-cuts.ts';
import type { Cut, Kept, ZoneSecurity } from '../../src/validator/zone-security.ts';
import { NOW, signedZone } from '../vectors/signed-zone.ts';

const above = parseName('test.');
const zone = parseName('leaf.test.');
const noCut: Cut = { at: 'no-cut' };
const bogus: ZoneSecurity = { state: 'bogus', zone, reason: 'dnskey-missing', detail: 'none' };
const bogusCut: Cut = { at: 'zone', security: bogus };
const { keys } = signedZone('leaf.test.');
const secureCut = (octets: number): Cut => {
  const key = { ...(keys.keys[0] as ZoneKey), rdata: new Uint8Array(octets) };
  return { at: 'zone', security: { state: 'secure', keys: { zone, keys: [key, key] } } };
};

function setUp() {
  const clock = { now: NOW };
  const kept = new KeptCuts(() => clock.now);
  const remember = (key: string, value: Cut, expires = Number.POSITIVE_INFINITY) =>
    kept.remember(key, above, Promise.resolve({ value, expires }));
  return { clock, kept, remember };
}

describe('how long', () => {
  test.each<[string, Cut, number, number]>([
    ['as long as its proof', noCut, NOW + 100, 100],
    ['an hour at most', noCut, NOW + 10_000, 3_600],
    ['an hour at most where the zone is secure', secureCut(40), NOW + 10_000, 3_600],
    ['60 s where it is bogus', bogusCut, Number.POSITIVE_INFINITY, 60],
    ['less where a bogus one ends before', bogusCut, NOW + 10, 10],
  ])('%s', async (_title, cut, expires, seconds) => {
    const { clock, kept, remember } = setUp();
    expect(await remember('leaf', cut, expires)).toBe(cut);
    clock.now = NOW + seconds - 1;
    expect(kept.recall('leaf', above)).toBe(cut);
    clock.now = NOW + seconds;
    expect(kept.recall('leaf', above)).toBeUndefined();
    expect(kept.peek('leaf'), 'what has expired is still told to who asks for the newest').toMatchObject({ value: cut, received: NOW });
  });

  test.each([
    ['nothing to be kept', 0],
    ['what ends now', NOW],
  ])('%s is not kept', async (_title, expires) => {
    const { kept, remember } = setUp();
    expect(await remember('leaf', noCut, expires)).toBe(noCut);
    expect(kept.size).toBe(0);
  });

  test('what is bogus by a verdict ends with it', async () => {
    const { clock, kept, remember } = setUp();
    await remember('leaf', bogusCut);
    clock.now = NOW + 20;
    expect(kept.longestFor(bogus)).toBe(40);
    clock.now = NOW + 90;
    expect(kept.longestFor(bogus)).toBe(0);
  });

  test('no other verdict limits what rests on it', async () => {
    const { kept, remember } = setUp();
    const insecure: ZoneSecurity = { state: 'insecure', zone, reason: 'unsigned-delegation' };
    await remember('leaf', { at: 'zone', security: insecure });
    expect(kept.longestFor(insecure)).toBe(Number.POSITIVE_INFINITY);
    expect(kept.longestFor({ ...bogus }), 'nor one that was never kept').toBe(Number.POSITIVE_INFINITY);
  });

  test.each([
    [10, true],
    [11, false],
  ])('a clock set back by %i s: recalled %s', async (seconds, isRecalled) => {
    const { clock, kept, remember } = setUp();
    await remember('leaf', noCut);
    clock.now = NOW - seconds;
    expect(kept.recall('leaf', above) === noCut).toBe(isRecalled);
  });
});

test('a cut is recalled by the zone that it was judged by alone', async () => {
  const { kept, remember } = setUp();
  await remember('leaf', noCut);
  expect(kept.recall('leaf', parseName('TEST.'))).toBe(noCut);
  expect(kept.recall('leaf', parseName('.'))).toBeUndefined();
  expect(kept.recall('other', above)).toBeUndefined();
});

describe('how much', () => {
  test('a zone with long keys takes the room of many', async () => {
    const { kept, remember } = setUp();
    // Each key counts twice: as it came, and as it was read.
    const octets = 60_000;
    const fitting = Math.floor((16 * 1024 * 1024) / (500 + 4 * octets));
    for (let i = 0; i < fitting; i++) await remember(`z${i}`, secureCut(octets));
    expect(kept.size).toBe(fitting);
    await remember('one more', secureCut(octets));
    expect(kept.size).toBe(fitting);
    expect(kept.peek('z0'), 'the oldest went').toBeUndefined();
  });

  test('zones without keys are held up to a number', async () => {
    const { kept, remember } = setUp();
    for (let i = 0; i <= MAX_ZONES; i++) await remember(`z${i}`, i % 2 ? noCut : bogusCut);
    expect(kept.size).toBe(MAX_ZONES);
  });
});

describe('forgetting', () => {
  test('all, also what is being judged', async () => {
    const { kept, remember } = setUp();
    await remember('leaf', noCut);
    const { promise, resolve } = deferred<Kept<Cut>>();
    const judging = kept.remember('late', above, promise);
    const epoch = kept.epoch;
    kept.clear();
    expect(kept.epoch).not.toBe(epoch);
    resolve({ value: bogusCut, expires: NOW + 100 });
    expect(await judging).toBe(bogusCut);
    expect(kept.size).toBe(0);
    expect(kept.longestFor(bogus)).toBe(Number.POSITIVE_INFINITY);
  });

  test('some, and putting them back', async () => {
    const { kept, remember } = setUp();
    await remember('leaf', noCut);
    await remember('other', noCut);
    const putBack = kept.setAside(['leaf', 'unknown']);
    expect(kept.recall('leaf', above)).toBeUndefined();
    expect(kept.size).toBe(1);
    putBack();
    expect(kept.recall('leaf', above)).toBe(noCut);
    expect(kept.size).toBe(2);
  });

  test('what was set aside is not put back once all was forgotten', async () => {
    const { kept, remember } = setUp();
    await remember('leaf', noCut);
    const putBack = kept.setAside(['leaf']);
    kept.clear();
    putBack();
    expect(kept.size).toBe(0);
  });
});

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
