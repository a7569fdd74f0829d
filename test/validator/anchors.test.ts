/** Which trust anchor a name is judged by, and where none counts (RFC 4033 §2, RFC 7646). */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Type } from '../../src/base/registry.ts';
import type { NegativeTrustAnchor, TrustAnchor } from '../../src/base/trust-anchor.ts';
import type { ValidatorDeps } from '../../src/validator/looked-up.ts';
import { textOf } from '../scenario/rrset.ts';
import { anchorOf } from '../scenario/world.ts';
import { NOW } from '../vectors/signed-zone.ts';
import { setUp, truth, wordsOf, work, world } from './walk.ts';

const root = anchorOf(world.root);
const secure = anchorOf(world.zone('secure.test.'));
/** Keys that nothing is signed with. */
const anchorFor = (zone: string): TrustAnchor => ({ ...anchorOf(world.zone('three.test.')), zone: parseName(zone) });
const negative = (zone: string, more: Partial<NegativeTrustAnchor> = {}): NegativeTrustAnchor => ({
  zone: parseName(zone),
  reason: 'broken',
  until: NOW + 1000,
  ...more,
});

describe('the anchor of a name is the deepest at or above it', () => {
  const anchors = [anchorFor('test.'), root, secure, anchorFor('x.secure.test.'), anchorFor('evil.')];
  test.each([
    ['www.secure.test.', 'secure.test.'],
    ['secure.test.', 'secure.test.'],
    ['a.x.secure.test.', 'x.secure.test.'],
    ['plain.test.', 'test.'],
    ['org.', '.'],
  ])('%s: %s, in whatever order they are given', (name, want) => {
    for (const given of [anchors, anchors.toReversed()]) {
      const anchor = setUp({ anchors: () => given }).chain.anchorFor(parseName(name));
      expect(anchor && textOf(anchor.zone)).toBe(want);
    }
  });

  test('there may be none', () => {
    expect(setUp({ anchors: () => [secure] }).chain.anchorFor(parseName('plain.test.'))).toBeUndefined();
  });
});

describe('no name is secure', () => {
  const exemption = (name: string, deps: Partial<ValidatorDeps>) => {
    const found = setUp(deps).chain.exemption(parseName(name));
    return found && `${textOf(found.zone)} ${found.reason}`;
  };

  test.each<[string, string, NegativeTrustAnchor[], TrustAnchor[], string | undefined]>([
    ['without an anchor', 'www.plain.test.', [], [secure], '. no-trust-anchor'],
    ['below a negative anchor', 'www.secure.test.', [negative('secure.test.')], [root], 'secure.test. negative-trust-anchor'],
    ['at a negative anchor', 'secure.test.', [negative('secure.test.')], [root], 'secure.test. negative-trust-anchor'],
    [
      'at a negative anchor on a positive one',
      'www.secure.test.',
      [negative('secure.test.')],
      [secure],
      'secure.test. negative-trust-anchor',
    ],
    [
      'where the configuration has switched validation off',
      'secure.test.',
      [negative('secure.test.', { insecureReason: 'validation-disabled' })],
      [root],
      'secure.test. validation-disabled',
    ],
    ['but beside a negative anchor', 'www.plain.test.', [negative('secure.test.')], [root], undefined],
    ['but once it is over', 'secure.test.', [negative('secure.test.', { until: NOW })], [root], undefined],
    ['but until it is over', 'secure.test.', [negative('secure.test.', { until: NOW + 1 })], [root], 'secure.test. negative-trust-anchor'],
    ['but below a positive anchor that is below it', 'secure.test.', [negative('test.')], [root, secure], undefined],
    ['but with an anchor', 'www.secure.test.', [], [root], undefined],
  ])('%s', (_title, name, negatives, anchors, want) => {
    expect(exemption(name, { anchors: () => anchors, negativeTrustAnchors: () => negatives })).toBe(want);
  });
});

describe('what rests on a negative anchor is kept', () => {
  const longest = (negatives: NegativeTrustAnchor[], reason: 'negative-trust-anchor' | 'unsigned-delegation' = 'negative-trust-anchor') =>
    setUp({ negativeTrustAnchors: () => negatives }).chain.longestFor({ state: 'insecure', zone: parseName('secure.test.'), reason });

  test.each([
    ['as long as it stands', [negative('test.'), negative('secure.test.', { until: NOW + 100 })], 100],
    ['five minutes at most, for it may be lifted', [negative('secure.test.', { until: NOW + 1000 })], 300],
    ['not at all once it was lifted', [negative('test.')], 0],
    ['not at all once it is over', [negative('secure.test.', { until: NOW - 5 })], 0],
  ])('%s', (_title, negatives, seconds) => expect(longest(negatives)).toBe(seconds));

  test('what is insecure for another reason is not limited by it', () => {
    expect(longest([negative('secure.test.', { until: NOW + 100 })], 'unsigned-delegation')).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('an anchor for a zone that does not exist', () => {
  const judgedBy = async (name: string, anchors: TrustAnchor[], more: Partial<ValidatorDeps> = {}) => {
    const living = await setUp({ anchors: () => anchors, ...more }).chain.livingAnchorFor(parseName(name), work);
    return living && `${textOf(living.anchor.zone)}: ${wordsOf(living.security)}`;
  };
  const bare: ValidatorDeps['lookUp'] = async (name, type) => {
    const found = truth(name, type);
    return found.kind === 'nxdomain' ? { ...found, authority: found.authority.map((rrset) => ({ ...rrset, signatures: [] })) } : found;
  };

  test.each<[string, string, TrustAnchor[], string | undefined]>([
    ['gives way to the one above, whose chain proves it', 'www.none.secure.test.', [root, anchorFor('none.secure.test.')], '.: secure .'],
    ['gives way where the name is its zone', 'none.secure.test.', [root, anchorFor('none.secure.test.')], '.: secure .'],
    [
      'gives way where the one above it is dead too',
      'www.x.none.secure.test.',
      [root, anchorFor('none.secure.test.'), anchorFor('x.none.secure.test.')],
      '.: secure .',
    ],
    [
      'stands where the zone above is insecure, and so proves nothing',
      'none.plain.test.',
      [root, anchorFor('none.plain.test.')],
      'none.plain.test.: bogus dnskey-missing',
    ],
    [
      'stands where it is the highest',
      'www.none.secure.test.',
      [anchorFor('none.secure.test.')],
      'none.secure.test.: bogus dnskey-missing',
    ],
    [
      'is no other than one whose keys are wrong',
      'www.secure.test.',
      [root, anchorFor('secure.test.')],
      'secure.test.: bogus dnskey-missing',
    ],
    [
      'nor one that names an existing name',
      'www.secure.test.',
      [root, anchorFor('www.secure.test.')],
      'www.secure.test.: bogus dnskey-missing',
    ],
    ['and one that is good is good', 'www.secure.test.', [root, secure], 'secure.test.: secure secure.test.'],
    ['and without any there is none', 'www.secure.test.', [], undefined],
  ])('%s', async (_title, name, anchors, want) => expect(await judgedBy(name, anchors)).toBe(want));

  test('is the only one that makes anything be asked above it', async () => {
    const { asked, chain } = setUp({ anchors: () => [root, secure] });
    await chain.livingAnchorFor(parseName('www.secure.test.'), work);
    expect(asked).toEqual(['secure.test. DNSKEY']);
  });

  test('stands where its denial is not signed', async () => {
    expect(await judgedBy('none.secure.test.', [root, anchorFor('none.secure.test.')], { lookUp: bare })).toBe(
      'none.secure.test.: bogus dnskey-missing',
    );
  });

  test('stands where its keys could not be fetched: that is no denial', async () => {
    const failing: ValidatorDeps['lookUp'] = async (name, type) =>
      type === Type.DNSKEY && name.labels === 3
        ? { kind: 'failure', validation: { state: 'indeterminate', reason: 'servers-unreachable' } }
        : truth(name, type);
    expect(await judgedBy('none.secure.test.', [root, anchorFor('none.secure.test.')], { lookUp: failing })).toBe(
      'none.secure.test.: indeterminate servers-unreachable',
    );
  });

  test('stands where the anchor above it is bogus itself', async () => {
    expect(await judgedBy('none.secure.test.', [anchorFor('secure.test.'), anchorFor('none.secure.test.')])).toBe(
      'none.secure.test.: bogus dnskey-missing',
    );
  });
});

test('where the anchors go while a name is looked at, there is no verdict', async () => {
  let given = [root];
  const { verdict } = setUp({
    anchors: () => {
      const now = given;
      given = [];
      return now;
    },
  });
  expect(await verdict('secure.test.')).toBe('indeterminate not-ready');
});
