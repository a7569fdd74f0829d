/**
 * The root's rollover as published, a day a step: 38696 signs since 2026-10-11, 20326 is revoked on 2027-01-11 and gone afterwards. Keys
 * are made here and go by the names of those; the clock is set, nothing sleeps.
 */

import { describe, expect, test } from 'vitest';
import { formatName, parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';
import type { TrustAnchor } from '../../src/base/trust-anchor.ts';
import type { LoadedState } from '../../src/trust/anchor-store.ts';
import type { StoredPoint } from '../../src/trust/state-text.ts';
import { formatState, parseState } from '../../src/trust/state-text.ts';
import { AnchorTracker, type StateStore, type TrustEvent } from '../../src/trust/tracker.ts';
import { makeKey, rrsigOf, type TestKey } from '../vectors/signed-zone.ts';
import { type Behaviour, makeBench, makeWorld, rewrite, said, silent } from './world.ts';

const DAY = 86_400;
const at = (day: string) => Date.parse(`${day}T12:00:00Z`) / 1000;
const BEGIN = at('2026-10-01');
const END = at('2027-03-01');
const SIGNS = at('2026-10-11');
const REVOKED = at('2027-01-11');
const GONE = at('2027-02-10');

const root = parseName('.');
const ksk2017 = makeKey({ algorithm: 13 });
const ksk2024 = makeKey({ algorithm: 13 });
const names = new Map([
  [Buffer.from(ksk2017.rdata).toString('hex'), '20326'],
  [Buffer.from(ksk2024.rdata).toString('hex'), '38696'],
]);
const revoked = (key: TestKey): TestKey => {
  const rdata = Buffer.from(key.rdata);
  rdata[1] = (rdata[1] as number) | 0x80;
  let tag = 0;
  rdata.forEach((octet, i) => {
    tag += i & 1 ? octet : octet << 8;
  });
  return { ...key, rdata, tag: (tag + (tag >> 16)) & 0xffff };
};

/** The world of all days: its root's own key is the ZSK. */
const sign = { inception: BEGIN - 60 * DAY, expiration: END + 60 * DAY };
const world = makeWorld([
  { apex: '.', at: ['192.0.2.1', '192.0.2.2'], key: { flags: 256 }, sign },
  { apex: 'test.', at: ['192.0.2.10'], records: ['www A 192.0.2.80'], sign },
]);
const zsk = world.root.signed.key;

/** What stands at the root's apex on a day, and who signs it. */
function keySetOn(now: number): { readonly keys: readonly TestKey[]; readonly signers: readonly TestKey[] } {
  if (now < SIGNS) return { keys: [zsk, ksk2017, ksk2024], signers: [ksk2017] };
  if (now < REVOKED) return { keys: [zsk, ksk2017, ksk2024], signers: [ksk2024] };
  if (now < GONE) return { keys: [zsk, revoked(ksk2017), ksk2024], signers: [ksk2024, revoked(ksk2017)] };
  return { keys: [zsk, ksk2024], signers: [ksk2024] };
}

function dnskeys(now: number, { keys, signers } = keySetOn(now)): RRset {
  const plain: RRset = { owner: root, type: Type.DNSKEY, class: 1, ttl: 172_800, rdata: keys.map(({ rdata }) => rdata), signatures: [] };
  // Signed for three weeks, as the root's is.
  const options = { inception: now - 10 * DAY, expiration: now + 11 * DAY };
  return { ...plain, signatures: signers.map((key) => rrsigOf(plain, root, key, { ...options, key })) };
}

/** A file of one state, which a service that is started anew reads. */
function memoryStore(): StateStore & { text: string | undefined } {
  const store = {
    text: undefined as string | undefined,
    load: (): LoadedState =>
      store.text === undefined ? { points: [], from: 'none', faults: [] } : { points: parseState(store.text), from: 'file', faults: [] },
    save: (points: readonly StoredPoint[]) => {
      store.text = formatState(points);
    },
  };
  return store;
}

const anchorFor = (...keys: TestKey[]): TrustAnchor => ({ zone: root, ds: [], dnskeys: keys.map(({ rdata }) => new Uint8Array(rdata)) });

/** A service that begins on a day with these anchors and this state. */
function begin(now: number, anchor: TrustAnchor, store: StateStore = memoryStore(), set: typeof keySetOn = keySetOn) {
  const events: TrustEvent[] = [];
  const anchors = [anchor];
  let clock = now;
  const tracker = new AnchorTracker({ configured: () => anchors, store, now: () => clock, tell: (event) => void events.push(event) });
  const ofTheDay: Behaviour = rewrite((rrset) =>
    rrset.type === Type.DNSKEY && rrset.owner.labels === 0 ? dnskeys(clock, set(clock)) : rrset,
  );
  const bench = makeBench(world, { now, behaviours: [ofTheDay], anchors: () => tracker.anchors() });
  return {
    bench,
    events,
    tracker,
    async day(next: number) {
      clock = next;
      bench.clock.now = next;
      const { anchors: change } = await tracker.refresh(root, bench.resolver.fetchKeys);
      if (change !== 'same') bench.resolver.anchorsChanged(change);
      return said(await bench.ask('www.test.'));
    },
    states: () =>
      Object.fromEntries(
        (tracker.status()[0]?.keys ?? []).map(({ rdata, state }) => [names.get(Buffer.from(rdata).toString('hex')) ?? 'other', state]),
      ),
  };
}

const days = (from: number, to: number) => Array.from({ length: Math.round((to - from) / DAY) + 1 }, (_, i) => from + i * DAY);
const dayOf = (now: number) => new Date(now * 1000).toISOString().slice(0, 10);
/** The first day of each state of a key. */
function changes(log: readonly (readonly [number, Record<string, string>])[], key: string): string[] {
  return log
    .map(([now, states]) => [dayOf(now), states[key] ?? 'start'] as const)
    .filter(([, state], i, all) => state !== all[i - 1]?.[1])
    .map(([day, state]) => `${day} ${state}`);
}

describe('the rollover, a look a day until after 2027-03-01', () => {
  test.each<[string, TrustAnchor, string[], string[]]>([
    [
      'with both keys configured, as they come with zeker',
      anchorFor(ksk2017, ksk2024),
      ['2026-10-01 valid', '2027-01-11 revoked', '2027-03-11 removed'],
      ['2026-10-01 valid'],
    ],
    [
      'with the old key alone, 40 days before the new one signs',
      anchorFor(ksk2017),
      ['2026-09-01 valid', '2027-01-11 revoked', '2027-03-11 removed'],
      ['2026-09-01 add-pending', '2026-10-01 valid'],
    ],
  ])('%s: every answer of every day is secure', async (_title, anchor, old, fresh) => {
    const from = anchor.dnskeys.length > 1 ? BEGIN : at('2026-09-01');
    const service = begin(from, anchor);
    const log: [number, Record<string, string>][] = [];
    for (const now of days(from, END + 20 * DAY)) {
      expect([dayOf(now), await service.day(now)]).toEqual([dayOf(now), 'answer secure']);
      log.push([now, service.states()]);
    }
    expect(changes(log, '20326')).toEqual(old);
    expect(changes(log, '38696')).toEqual(fresh);
  });
});

describe('looks that were missed', () => {
  test('begun long before, off from before the signing to after the revocation: the state on disk carries it', async () => {
    const store = memoryStore();
    const before = begin(at('2026-08-20'), anchorFor(ksk2017), store);
    for (const now of days(at('2026-08-20'), at('2026-10-01'))) await before.day(now);
    expect(before.states()).toEqual({ 20326: 'valid', 38696: 'valid' });
    const after = begin(at('2027-01-20'), anchorFor(ksk2017), store);
    expect(await after.day(at('2027-01-20'))).toBe('answer secure');
    expect(after.states()).toEqual({ 20326: 'revoked', 38696: 'valid' });
    // The operator's file still names 20326 alone: the state wins.
    const again = begin(at('2027-03-01'), anchorFor(ksk2017), store);
    expect(said(await again.bench.ask('www.test.'))).toBe('answer secure');
    expect(await again.day(at('2027-03-01'))).toBe('answer secure');
  });

  test('off during the hold-down: the next look after it makes the key valid (§2.4.1)', async () => {
    const store = memoryStore();
    await begin(at('2026-08-20'), anchorFor(ksk2017), store).day(at('2026-08-20'));
    const service = begin(at('2026-10-10'), anchorFor(ksk2017), store);
    expect(service.states()).toEqual({ 20326: 'valid', 38696: 'add-pending' });
    expect(await service.day(at('2026-10-10'))).toBe('answer secure');
    expect(service.states()).toEqual({ 20326: 'valid', 38696: 'valid' });
    expect(await service.day(at('2026-10-11'))).toBe('answer secure');
  });

  test('off until the new key signs and the hold-down was never begun: bogus, never secure by a key that nobody vouched for', async () => {
    const service = begin(SIGNS, anchorFor(ksk2017));
    expect(await service.day(SIGNS)).toMatch(/^answer bogus/);
    expect(service.states()).toEqual({ 20326: 'valid' });
    expect(service.events).toContainEqual(expect.objectContaining({ event: 'refresh-failed' }));
  });

  test('begun just before the revocation with both keys', async () => {
    const service = begin(at('2027-01-10'), anchorFor(ksk2017, ksk2024));
    expect(await service.day(at('2027-01-10'))).toBe('answer secure');
    expect(await service.day(REVOKED)).toBe('answer secure');
    expect(service.states()).toEqual({ 20326: 'revoked', 38696: 'valid' });
    expect(service.bench.resolver.rootKeyTags()).toEqual([ksk2024.tag]);
    expect(service.events).toContainEqual({ event: 'key-state', zone: '.', keyTag: ksk2017.tag, from: 'valid', to: 'revoked' });
  });

  test('servers that are silent change nothing', async () => {
    const service = begin(BEGIN, anchorFor(ksk2017, ksk2024));
    await service.day(BEGIN);
    const before = service.states();
    service.bench.behave(silent);
    await service.day(BEGIN + DAY);
    expect(service.states()).toEqual(before);
    expect(service.tracker.status()[0]?.fault).toBe('no server gave its keys');
  });
});

describe('what somebody else might send', () => {
  const both = anchorFor(ksk2017, ksk2024);
  const stranger = makeKey({ algorithm: 13 });
  test.each<[string, ReturnType<typeof keySetOn>, Record<string, string>]>([
    ['a stranger alone signs', { keys: [zsk, stranger], signers: [stranger] }, { 20326: 'valid', 38696: 'valid' }],
    [
      'a revocation that the key itself did not sign',
      { keys: [zsk, revoked(ksk2017), ksk2024], signers: [ksk2024] },
      { 20326: 'missing', 38696: 'valid' },
    ],
    [
      'a revocation and nobody else signs it',
      { keys: [zsk, revoked(ksk2017)], signers: [revoked(ksk2017)] },
      { 20326: 'revoked', 38696: 'valid' },
    ],
    [
      'a revocation signed by the key without its bit',
      { keys: [zsk, revoked(ksk2017), ksk2024], signers: [ksk2017] },
      { 20326: 'valid', 38696: 'valid' },
    ],
    [
      'a stranger revokes himself',
      { keys: [zsk, ksk2017, ksk2024, revoked(stranger)], signers: [ksk2024, revoked(stranger)] },
      { 20326: 'valid', 38696: 'valid' },
    ],
  ])('%s', async (_title, set, want) => {
    const service = begin(BEGIN, both, memoryStore(), () => set);
    await service.day(BEGIN);
    expect(service.states()).toEqual(want);
  });

  test('an RRset of before the revocation, sent again, takes nothing back', async () => {
    const service = begin(REVOKED, both);
    await service.day(REVOKED);
    service.bench.behave(
      rewrite((rrset) => (rrset.type === Type.DNSKEY && rrset.owner.labels === 0 ? dnskeys(REVOKED, keySetOn(SIGNS)) : rrset)),
    );
    await service.day(REVOKED + DAY);
    expect(service.states()).toEqual({ 20326: 'revoked', 38696: 'valid' });
    expect(service.bench.resolver.rootKeyTags()).toEqual([ksk2024.tag]);
  });

  test('all keys revoked: the trust point is deleted, and told (§5)', async () => {
    const all = { keys: [zsk, revoked(ksk2017), revoked(ksk2024)], signers: [revoked(ksk2017), revoked(ksk2024)] };
    const service = begin(BEGIN, both, memoryStore(), () => all);
    expect(await service.day(BEGIN)).toBe('answer insecure no-trust-anchor');
    expect(service.events).toContainEqual({ event: 'trust-point-deleted', zone: '.' });
    expect(service.tracker.zones()).toEqual([]);
  });

  test('one server of the root lies: another is asked', async () => {
    const service = begin(REVOKED, both);
    const lie = { keys: [zsk, stranger], signers: [stranger] };
    const isKeys = (rrset: RRset) => rrset.type === Type.DNSKEY && rrset.owner.labels === 0;
    let liar: string | undefined;
    service.bench.behave((reply, query) => {
      liar ??= query.server.address;
      const set = query.server.address === liar ? lie : keySetOn(REVOKED);
      return rewrite((rrset) => (isKeys(rrset) ? dnskeys(REVOKED, set) : rrset))(reply, query);
    });
    expect(await service.day(REVOKED)).toBe('answer secure');
    expect(service.states()).toEqual({ 20326: 'revoked', 38696: 'valid' });
  });
});

test('a disk that is full: what was seen counts, and is saved as soon as there is room', async () => {
  const store = memoryStore();
  const { save } = store;
  store.save = () => {
    throw new Error('ENOSPC: no space left on device');
  };
  const service = begin(REVOKED, anchorFor(ksk2017, ksk2024), store);
  expect(await service.day(REVOKED)).toBe('answer secure');
  expect(service.tracker.saveFault).toMatch('ENOSPC');
  expect(service.states()).toEqual({ 20326: 'revoked', 38696: 'valid' });
  store.save = save;
  await service.day(REVOKED + DAY);
  expect(service.tracker.saveFault).toBeUndefined();
  expect(parseState(store.text ?? '')[0]?.keys.map(({ state }) => state)).toEqual(['revoked', 'valid']);
  expect(formatName(parseState(store.text ?? '')[0]?.zone ?? parseName('x.'))).toBe('.');
});
