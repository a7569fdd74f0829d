import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import {
  type KeyState,
  MAX_TRACKED_KEYS,
  observe,
  queryInterval,
  retryTime,
  type SeenKeys,
  type TrackedKey,
  type TrustPoint,
} from '../../src/trust/rfc5011.ts';
import { anchorOf, keyTagLabel, openPoint } from '../../src/trust/trust-point.ts';
import { makeKey } from '../vectors/signed-zone.ts';

const DAY = 86_400;
const T0 = 1_790_000_000;
const zone = parseName('.');
const keyOf = () => new Uint8Array(makeKey({ algorithm: 13 }).rdata);
const [trusted, other] = [keyOf(), keyOf()];
const nobody = () => false;

function tracked(rdata: Uint8Array, state: KeyState, more: Partial<TrackedKey> = {}): TrackedKey {
  return { rdata, state, since: T0, lastSeen: T0, holdDownEnds: undefined, origin: 'learned', ...more };
}
const pointWith = (...keys: TrackedKey[]): TrustPoint => ({ zone, keys, clock: T0 });
const sees = (keys: readonly Uint8Array[], revoked: readonly Uint8Array[] = [], revokedKeys = revoked): SeenKeys => ({
  revoked,
  validated: { keys, revokedKeys, originalTtl: 172_800 },
});
const stateOf = ({ keys }: TrustPoint, rdata = other): KeyState | 'start' =>
  keys.find((key) => Buffer.compare(key.rdata, rdata) === 0)?.state ?? 'start';

type Event = 'NewKey/KeyPres' | 'KeyRem' | 'AddTime' | 'RevBit' | 'RemTime';
const pending = { holdDownEnds: T0 + 30 * DAY };

/** Every state with every event (RFC 5011 §4.1, §4.2); an empty field of the RFC's table means that nothing changes. */
test.each<[KeyState | 'start', Event, KeyState | 'start']>([
  ['start', 'NewKey/KeyPres', 'add-pending'],
  ['start', 'KeyRem', 'start'],
  ['start', 'AddTime', 'add-pending'],
  ['start', 'RevBit', 'start'],
  ['start', 'RemTime', 'start'],
  ['add-pending', 'NewKey/KeyPres', 'add-pending'],
  ['add-pending', 'KeyRem', 'start'],
  ['add-pending', 'AddTime', 'valid'],
  ['add-pending', 'RevBit', 'start'],
  ['add-pending', 'RemTime', 'start'],
  ['valid', 'NewKey/KeyPres', 'valid'],
  ['valid', 'KeyRem', 'missing'],
  ['valid', 'AddTime', 'valid'],
  ['valid', 'RevBit', 'revoked'],
  ['valid', 'RemTime', 'missing'],
  ['missing', 'NewKey/KeyPres', 'valid'],
  ['missing', 'KeyRem', 'missing'],
  ['missing', 'AddTime', 'valid'],
  ['missing', 'RevBit', 'revoked'],
  ['missing', 'RemTime', 'missing'],
  ['revoked', 'NewKey/KeyPres', 'revoked'],
  ['revoked', 'KeyRem', 'revoked'],
  ['revoked', 'AddTime', 'revoked'],
  ['revoked', 'RevBit', 'revoked'],
  ['revoked', 'RemTime', 'removed'],
  ['removed', 'NewKey/KeyPres', 'removed'],
  ['removed', 'KeyRem', 'removed'],
  ['removed', 'AddTime', 'removed'],
  ['removed', 'RevBit', 'removed'],
  ['removed', 'RemTime', 'removed'],
])('RFC 5011 §4: %s, %s: %s', (from, event, to) => {
  const holdDown = from === 'add-pending' || from === 'revoked' ? pending : {};
  const point = pointWith(tracked(trusted, 'valid'), ...(from === 'start' ? [] : [tracked(other, from, holdDown)]));
  const isTrusted = from === 'valid' || from === 'missing'; // who reads the RRset calls only trusted keys revoked
  const [seen, now] = (
    {
      'NewKey/KeyPres': [sees([trusted, other]), T0 + 1],
      KeyRem: [sees([trusted]), T0 + 1],
      AddTime: [sees([trusted, other]), T0 + 30 * DAY],
      RevBit: [sees([trusted], isTrusted ? [other] : [], [other]), T0 + 1],
      RemTime: [sees([trusted]), T0 + 30 * DAY],
    } as const
  )[event];
  const after = observe(point, seen, nobody, now);
  expect(stateOf(after)).toBe(to);
  expect(stateOf(after, trusted)).toBe('valid');
});

describe('hold-downs', () => {
  const begun = observe(pointWith(tracked(trusted, 'valid')), sees([trusted, other]), nobody, T0);
  const later = (point: TrustPoint, now: number, keys: readonly Uint8Array[] = [trusted, other]) => observe(point, sees(keys), nobody, now);

  test('a key is trusted after 30 days and not a second before (§2.4.1)', () => {
    expect(stateOf(later(begun, T0 + 30 * DAY - 1))).toBe('add-pending');
    expect(stateOf(later(begun, T0 + 30 * DAY))).toBe('valid');
  });

  test('a TTL that is longer than 30 days is the hold-down (§2.4.1)', () => {
    const seen: SeenKeys = { revoked: [], validated: { keys: [trusted, other], revokedKeys: [], originalTtl: 40 * DAY } };
    const point = observe(pointWith(tracked(trusted, 'valid')), seen, nobody, T0);
    expect(stateOf(later(point, T0 + 40 * DAY - 1))).toBe('add-pending');
    expect(stateOf(later(point, T0 + 40 * DAY))).toBe('valid');
  });

  test('a key that goes meanwhile begins anew', () => {
    const gone = later(begun, T0 + 29 * DAY, [trusted]);
    const back = later(gone, T0 + 29 * DAY + 1);
    expect(stateOf(later(back, T0 + 31 * DAY))).toBe('add-pending');
    expect(stateOf(later(back, T0 + 59 * DAY + 1))).toBe('valid');
  });

  test('time that passes without a look does not make a key valid; the next look does (§2.4.1)', () => {
    const blind = observe(begun, { revoked: [], validated: undefined }, nobody, T0 + 60 * DAY);
    expect(stateOf(blind)).toBe('add-pending');
    expect(stateOf(later(blind, T0 + 60 * DAY))).toBe('valid');
  });

  test('a clock that is set back after the first look shortens nothing', () => {
    const back = later(begun, T0 - 20 * DAY);
    expect(stateOf(later(back, T0 + 10 * DAY))).toBe('add-pending');
    expect(stateOf(later(back, T0 + 30 * DAY))).toBe('valid');
  });

  test('a key first seen while the clock is behind waits as long as any other', () => {
    const point = later(pointWith(tracked(trusted, 'valid')), T0 - 100 * DAY); // the point was looked at before, at T0
    expect(stateOf(later(point, T0 + 1))).toBe('add-pending');
    expect(stateOf(later(point, T0 + 30 * DAY - 1))).toBe('add-pending');
    expect(stateOf(later(point, T0 + 30 * DAY))).toBe('valid');
  });

  test('a revoked key is removed 30 days after it was last seen, and stays removed (§2.4.2)', () => {
    const revoked = observe(pointWith(tracked(trusted, 'valid'), tracked(other, 'valid')), sees([trusted], [other]), nobody, T0);
    const still = observe(revoked, sees([trusted], [], [other]), nobody, T0 + 20 * DAY);
    expect(stateOf(observe(still, sees([trusted]), nobody, T0 + 50 * DAY - 1))).toBe('revoked');
    const removed = observe(still, sees([trusted]), nobody, T0 + 50 * DAY);
    expect(stateOf(removed)).toBe('removed');
    expect(stateOf(observe(removed, sees([trusted, other]), () => true, T0 + 99 * DAY))).toBe('removed');
  });
});

test('an RRset that did not validate changes nothing but what revoked itself', () => {
  const point = pointWith(tracked(trusted, 'valid'), tracked(other, 'add-pending', pending));
  expect(observe(point, { revoked: [], validated: undefined }, nobody, T0 + 60 * DAY)).toEqual(point);
  const revoked = observe(point, { revoked: [trusted], validated: undefined }, nobody, T0 + DAY);
  expect([stateOf(revoked, trusted), stateOf(revoked)]).toEqual(['revoked', 'add-pending']);
});

test('a key that is no secure entry point is not new (§2.2); one that the operator names is trusted at once', () => {
  const zsk = new Uint8Array(makeKey({ algorithm: 13, flags: 256 }).rdata);
  expect(stateOf(observe(pointWith(), sees([zsk]), nobody, T0), zsk)).toBe('start');
  expect(
    stateOf(
      observe(pointWith(), sees([zsk]), () => true, T0),
      zsk,
    ),
  ).toBe('valid');
  expect(stateOf(observe(pointWith(tracked(other, 'add-pending', pending)), sees([other]), () => true, T0))).toBe('valid');
});

test('keys of one trust point are bounded; revocations are never left out', () => {
  const many = Array.from({ length: 40 }, keyOf);
  const point = observe(pointWith(tracked(trusted, 'valid')), sees([trusted, ...many]), nobody, T0);
  expect(point.keys.length).toBe(MAX_TRACKED_KEYS);
  expect(stateOf(point, trusted)).toBe('valid');
  expect(stateOf(observe(point, sees([trusted, ...many], [other]), nobody, T0))).toBe('revoked');
});

describe('anchors', () => {
  const anchor = { zone, ds: [], dnskeys: [trusted] };

  test('configured keys, without those revoked, with those learned', () => {
    const point = pointWith(tracked(trusted, 'revoked'), tracked(other, 'valid'));
    expect(anchorOf(anchor, point)).toEqual({ zone, ds: [], dnskeys: [other] });
    expect(anchorOf(anchor, pointWith(tracked(other, 'missing')))?.dnskeys).toEqual([other, trusted]);
    expect(anchorOf(anchor, pointWith(tracked(other, 'add-pending')))).toEqual(anchor);
  });

  test('a trust point whose keys are all revoked is as if never configured (§5)', () => {
    expect(anchorOf(anchor, pointWith(tracked(trusted, 'revoked'), tracked(other, 'removed')))).toBeUndefined();
  });

  test('a key that was configured and is so no longer is dropped; learned and revoked ones stay', () => {
    const stored = pointWith(tracked(other, 'valid', { origin: 'configured' }));
    expect(openPoint(anchor, stored, T0).keys.map(({ rdata }) => rdata)).toEqual([trusted]);
    expect(stateOf(openPoint(anchor, pointWith(tracked(other, 'valid')), T0))).toBe('valid');
    expect(stateOf(openPoint(anchor, pointWith(tracked(other, 'revoked', { origin: 'configured' })), T0))).toBe('revoked');
    expect(stateOf(openPoint(anchor, pointWith(tracked(trusted, 'revoked', { origin: 'configured' })), T0), trusted)).toBe('revoked');
  });
});

test.each([
  [172_800, 20 * DAY, 86_400, 17_280],
  [300, 20 * DAY, 3_600, 3_600],
  [90 * DAY, 90 * DAY, 15 * DAY, DAY],
  [172_800, 3_600, 3_600, 3_600],
  [0, 0, 3_600, 3_600],
])('RFC 5011 §2.3: TTL %i, signature for %i: next look after %i, retry after %i', (ttl, left, query, retry) => {
  expect([queryInterval(ttl, left), retryTime(ttl, left)]).toEqual([query, retry]);
});

test('RFC 8145 §5.1: the label of the key tag query', () => {
  expect(keyTagLabel([0x4a5c])).toBe('_ta-4a5c');
  expect(keyTagLabel([0x0042, 0x1cbf])).toBe('_ta-0042-1cbf');
});
