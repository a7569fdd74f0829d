/** What is made of an RRset, and of an alias, by the chain of trust above it. */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';
import { Validator } from '../../src/validator/validate.ts';
import { rrset } from '../scenario/rrset.ts';
import { anchorOf } from '../scenario/world.ts';
import { makeKey, NOW, plainRRset } from '../vectors/signed-zone.ts';
import { again, answer, bare, denial, limitSpent, named, overspent, SECURE, secureZone, setUpValidator, spoil } from './judging.ts';
import { setUp, truth, work, world } from './walk.ts';

describe('an RRset', () => {
  const www = answer('www.secure.test.', 'A').rrset;

  test('signed by its zone is secure, for as long as its signature says', async () => {
    const { judge, events } = setUpValidator();
    const verdict = await judge(www, 'secure.test.');
    expect(verdict).toEqual({ validation: SECURE, ttl: 3600, proof: [] });
    expect(events.at(-1)).toMatchObject({ event: 'validated', owner: www.owner, type: Type.A, validation: SECURE });
    expect(await judge(again(www, { expiration: NOW + 20 }), 'secure.test.')).toMatchObject({ validation: SECURE, ttl: 20 });
  });

  test('of type RRSIG is not signed, and so insecure', async () => {
    const rrsigs = { ...www, type: Type.RRSIG };
    expect(await setUpValidator().judge(rrsigs, 'secure.test.')).toEqual({
      validation: { state: 'insecure', zone: named('secure.test.'), reason: 'signatures-asked' },
      ttl: 3600,
      proof: [],
    });
  });

  test('of an unsigned zone is insecure', async () => {
    const { rrset: plain } = answer('www.plain.test.', 'A');
    expect(await setUpValidator().judge(plain, 'plain.test.', [www])).toEqual({
      validation: { state: 'insecure', zone: named('plain.test.'), reason: 'unsigned-delegation' },
      ttl: 3600,
      proof: [www],
    });
  });

  test('of a bogus zone is bogus no longer than the zone', async () => {
    const { clock, judge } = setUpValidator();
    const { rrset: given } = answer('www.bogus.test.', 'A');
    expect(await judge(given, 'bogus.test.')).toMatchObject({ validation: { state: 'bogus', reason: 'dnskey-missing' }, ttl: 60 });
    clock.now += 50;
    expect(await judge(given, 'bogus.test.')).toMatchObject({ validation: { state: 'bogus' }, ttl: 10 });
  });

  test.each<[string, RRset, string, string]>([
    ['without signature', bare(www), 'signature-missing', 'www.secure.test. A has no RRSIG'],
    [
      'signed by another zone',
      again(www, { signer: parseName('evil.') }),
      'signer-wrong',
      'www.secure.test. A is not signed by its zone secure.test.',
    ],
    [
      'signed by a zone above the one walked to',
      world.zone('test.').signed.sign(bare(www)),
      'signer-wrong',
      'www.secure.test. A is not signed by its zone secure.test.',
    ],
    [
      'signed by a name that is no zone',
      again(www, { signer: www.owner }),
      'signer-wrong',
      'www.secure.test. A is not signed by its zone secure.test.',
    ],
    ['wrongly signed', spoil(www), 'signature-wrong', `RRSIG over www.secure.test. A by key ${secureZone.signed.key.tag} does not verify`],
  ])('%s is bogus', async (_title, given, reason, detail) => {
    expect(await setUpValidator().judge(given, 'secure.test.')).toEqual({
      validation: { state: 'bogus', zone: named('secure.test.'), reason, detail },
      ttl: 3600,
      proof: [],
      isDoubtful: true,
    });
  });

  test('a zone above an anchor may not sign for what is below it', async () => {
    const anchors = () => [anchorOf(world.root), anchorOf(secureZone)];
    const byParent = world.zone('test.').signed.sign(bare(www));
    expect(await setUpValidator({ anchors }).judge(byParent, 'test.')).toMatchObject({ validation: { reason: 'signer-wrong' } });
    expect(await setUpValidator({ anchors }).judge(www, 'test.')).toMatchObject({ validation: SECURE });
  });

  test('the same from a zone that was not walked past its cut: the chain of trust finds the cut', async () => {
    const byParent = world.zone('test.').signed.sign(bare(www));
    expect(await setUpValidator().judge(byParent, 'test.')).toMatchObject({ validation: SECURE });
  });

  test('DS is signed by the zone above', async () => {
    const { rrset: ds } = answer('secure.test.', 'DS');
    expect(await setUpValidator().judge(ds, 'test.')).toMatchObject({ validation: SECURE });
    expect(await setUpValidator().judge(again(ds, {}), 'test.')).toMatchObject({ validation: { state: 'bogus', reason: 'signer-wrong' } });
  });

  test('under a negative trust anchor is insecure, and not kept past it', async () => {
    const negativeTrustAnchors = () => [{ zone: parseName('secure.test.'), until: NOW + 40, reason: 'broken' }];
    expect(await setUpValidator({ negativeTrustAnchors }).judge(spoil(www), 'secure.test.')).toMatchObject({
      validation: { state: 'insecure', reason: 'negative-trust-anchor' },
      ttl: 40,
    });
  });

  test('is judged by the signatures that can be read', async () => {
    const broken = { ...www, signatures: [Uint8Array.of(0, 1), ...www.signatures] };
    expect(await setUpValidator().judge(broken, 'secure.test.')).toMatchObject({ validation: SECURE });
  });

  test('is judged alike where nobody listens', async () => {
    const validator = new Validator(setUp().chain);
    expect(await validator.judgeRRset(www, secureZone.apex, [], work)).toMatchObject({ validation: SECURE });
  });

  test('whose anchor goes while it is looked at is judged as without one', async () => {
    let left = 1;
    const anchors = () => (left-- > 0 ? [anchorOf(world.root)] : []);
    expect(await setUpValidator({ anchors }).judge(www, 'secure.test.')).toMatchObject({
      validation: { state: 'insecure', reason: 'no-trust-anchor' },
    });
  });

  test('with more signatures to try than are tried: no verdict', async () => {
    const { judge, reported } = setUpValidator();
    expect(await judge(overspent(www), 'secure.test.')).toMatchObject({ validation: limitSpent, ttl: 3600, proof: [], isDoubtful: true });
    expect(reported).toEqual(['signatures']);
  });
});

describe('who has signed is read out of 32 signatures, of three zones', () => {
  const deep = plainRRset('a.b.c.d.secure.test.', 'A', [Uint8Array.of(192, 0, 2, 1)]);
  const signedBy = (given: RRset, ...signers: string[]): RRset =>
    signers.reduce((signed, signer) => secureZone.signed.sign(signed, { signer: parseName(signer) }), given);
  const strangers = (count: number) => signedBy(deep, ...Array.from({ length: count }, () => 'evil.'));

  test.each([
    [31, SECURE],
    [32, limitSpent],
  ])('behind %i of another zone', async (count, want) => {
    const { judge, reported } = setUpValidator();
    expect(await judge(signedBy(strangers(count), 'secure.test.'), 'secure.test.')).toMatchObject({ validation: want });
    expect(reported).toEqual(want === SECURE ? [] : ['signaturesRead']);
  });

  test('32 of another zone and no more are all there is: bogus', async () => {
    expect(await setUpValidator().judge(strangers(32), 'secure.test.')).toMatchObject({
      validation: { state: 'bogus', reason: 'signer-wrong' },
    });
  });

  test.each([
    ['two', ['a.b.c.d.secure.test.', 'b.c.d.secure.test.'], SECURE],
    ['three', ['a.b.c.d.secure.test.', 'b.c.d.secure.test.', 'c.d.secure.test.'], limitSpent],
  ])('%s deeper names that are no zones before the zone', async (_title, deeper, want) => {
    expect(await setUpValidator().judge(signedBy(deep, 'secure.test.', ...deeper), 'secure.test.')).toMatchObject({ validation: want });
  });

  test('three names that are no zones and no more are all there is: bogus', async () => {
    const given = signedBy(deep, 'a.b.c.d.secure.test.', 'b.c.d.secure.test.', 'c.d.secure.test.');
    expect(await setUpValidator().judge(given, 'secure.test.')).toMatchObject({ validation: { state: 'bogus', reason: 'signer-wrong' } });
  });

  test('a denial with too many is not judged either', async () => {
    const [soa, ...rest] = denial('none.secure.test.', 'A').map(bare) as [RRset, ...RRset[]];
    const { judgeDenial, reported } = setUpValidator();
    const given = [{ ...soa, signatures: strangers(33).signatures }, ...rest];
    expect(await judgeDenial('nxdomain', 'none.secure.test.', 'A', 'secure.test.', given)).toMatchObject({
      validation: limitSpent,
      ttl: 300,
    });
    expect(reported).toEqual(['signaturesRead']);
  });
});

describe('an RRset made by a wildcard (RFC 4035 §5.3.4)', () => {
  const made = answer('x.wild.secure.test.', 'A');
  const [cover] = made.proof as [RRset];
  const elsewhere = secureZone.signed.nsec('y.secure.test.', 'z.secure.test.', 'A');

  test('is secure with its proof, and kept no longer than that', async () => {
    const { judge } = setUpValidator();
    const verdict = await judge(made.rrset, 'secure.test.', made.proof);
    expect(verdict).toMatchObject({ validation: SECURE, ttl: 3600, isDoubtful: false });
    expect(verdict.proof).toEqual(made.proof);
    const soon = again(cover, { expiration: NOW + 30 });
    expect(await judge(made.rrset, 'secure.test.', [soon])).toMatchObject({ validation: SECURE, ttl: 30 });
    const sooner = again({ ...made.rrset, owner: parseName('*.wild.secure.test.') }, { expiration: NOW + 10 });
    expect(await judge({ ...sooner, owner: made.rrset.owner }, 'secure.test.', [soon])).toMatchObject({ validation: SECURE, ttl: 10 });
  });

  test.each<[string, readonly RRset[], string, RegExp]>([
    ['without proof', [], 'denial-missing', /no NSEC/],
    ['with a proof that is not signed', [bare(cover)], 'signature-missing', /no usable RRSIG/],
    ['with a proof of another name', [elsewhere], 'denial-incomplete', /^x\.wild\.secure\.test\. is made by a wildcard: /],
  ])('%s is bogus', async (_title, proof, reason, detail) => {
    expect(await setUpValidator().judge(made.rrset, 'secure.test.', proof)).toMatchObject({
      validation: { state: 'bogus', zone: named('secure.test.'), reason, detail: expect.stringMatching(detail) },
      proof,
      isDoubtful: true,
    });
  });

  test('with its proof behind more denials than are read: no verdict', async () => {
    const { judge, reported } = setUpValidator();
    const padding = Array.from({ length: 16 }, () => elsewhere);
    expect(await judge(made.rrset, 'secure.test.', [...padding, cover])).toMatchObject({ validation: limitSpent, ttl: 3600 });
    expect(reported).toEqual(['denialRRsets']);
    expect(await judge(made.rrset, 'secure.test.', [cover, ...padding]), 'proved by what was read').toMatchObject({ validation: SECURE });
  });

  test('in an opt-out span is insecure (RFC 5155 §9.2)', async () => {
    const zone = world.zone('three.test.');
    const { rrset: given } = answer('x.wild.three.test.', 'A');
    const chain = zone.signed.nsec3({ names: { 'three.test.': 'SOA NS', 'wild.three.test.': '' }, optOut: true });
    expect(await setUpValidator().judge(given, 'three.test.', [chain.cover('x.wild.three.test.')])).toMatchObject({
      validation: { state: 'insecure', zone: named('three.test.'), reason: 'nsec3-opt-out' },
      isDoubtful: false,
    });
  });
});

describe('an RRset signed by a key that is not among those known (RFC 6781 §4.1)', () => {
  const next = makeKey({ algorithm: 13, flags: 256 });
  const www = again(answer('www.secure.test.', 'A').rrset, { key: next });
  const { rrset: known } = answer('secure.test.', 'DNSKEY');
  const renewed = again({ ...known, rdata: [...known.rdata, next.rdata] }, {});

  function rollingOver(after: RRset) {
    let forgotten = false;
    return setUpValidator({
      forget: () => {
        forgotten = true;
      },
      lookUp: async (name, type) => {
        const found = truth(name, type);
        return found.kind === 'rrset' && found.rrset.owner.key === known.owner.key && type === Type.DNSKEY && forgotten
          ? { ...found, rrset: after }
          : found;
      },
    });
  }

  test('is secure where keys fetched anew have it', async () => {
    expect(await rollingOver(renewed).judge(www, 'secure.test.')).toMatchObject({ validation: SECURE });
  });

  test('is bogus where they have not', async () => {
    expect(await rollingOver(known).judge(www, 'secure.test.')).toMatchObject({ validation: { state: 'bogus', reason: 'dnskey-missing' } });
  });

  test('is bogus by the keys that were known, where none came', async () => {
    const { judge, asked } = rollingOver(spoil(renewed));
    expect(await judge(www, 'secure.test.')).toMatchObject({ validation: { state: 'bogus', reason: 'dnskey-missing' } });
    const before = asked.length;
    expect(await judge(answer('www.secure.test.', 'A').rrset, 'secure.test.')).toMatchObject({ validation: SECURE });
    expect(asked.length, 'nothing need be asked').toBe(before);
  });

  const signed = answer('www.secure.test.', 'A').rrset;
  test.each<[string, RRset, object]>([
    ['no fault', signed, SECURE],
    ['another fault', spoil(signed), { state: 'bogus' }],
    ['a limit of another kind', overspent(signed), limitSpent],
  ])('%s is no reason to fetch keys', async (_title, given, want) => {
    const { asked, judge } = rollingOver(renewed);
    expect(await judge(given, 'secure.test.')).toMatchObject({ validation: want });
    expect(asked.filter((question) => question === 'secure.test. DNSKEY').length).toBe(1);
  });

  test('keys beyond those held may be the ones: they are fetched anew too', async () => {
    const many = again({ ...known, rdata: [...known.rdata, ...Array.from({ length: 64 }, () => makeKey({ algorithm: 13 }).rdata)] }, {});
    let answered = 0;
    const { judge } = setUpValidator({
      lookUp: async (name, type) => {
        const found = truth(name, type);
        if (found.kind !== 'rrset' || found.rrset.owner.key !== known.owner.key || type !== Type.DNSKEY) return found;
        return { ...found, rrset: answered++ < 2 ? many : renewed };
      },
    });
    expect(await judge(www, 'secure.test.')).toMatchObject({ validation: SECURE });
  });
});

describe('a DNAME as what makes an alias (RFC 6672 §2.4)', () => {
  const anchors = () => [anchorOf(world.root), anchorOf(world.zone('deep.plain.test.'))];
  const unsigned = rrset('plain.test.', 'DNAME', ['evil.test.']);

  test('unsigned above the zone of a trust anchor is bogus for names in that zone', async () => {
    expect(await setUpValidator({ anchors }).judgeDname(unsigned, 'www.deep.plain.test.', 'plain.test.')).toMatchObject({
      validation: {
        state: 'bogus',
        zone: named('deep.plain.test.'),
        reason: 'signature-missing',
        detail: 'an unsigned DNAME at plain.test. denies the zone of a trust anchor',
      },
      ttl: 3600,
      isDoubtful: true,
    });
  });

  test('and insecure for others', async () => {
    const insecure = { validation: { state: 'insecure', reason: 'unsigned-delegation' } };
    expect(await setUpValidator({ anchors }).judgeDname(unsigned, 'www.beside.plain.test.', 'plain.test.')).toMatchObject(insecure);
    expect(await setUpValidator().judgeDname(unsigned, 'www.deep.plain.test.', 'plain.test.')).toMatchObject(insecure);
  });

  test('insecure too where a negative trust anchor lies on that zone', async () => {
    const negativeTrustAnchors = () => [{ zone: parseName('deep.plain.test.'), until: NOW + 40, reason: 'broken' }];
    const { judgeDname } = setUpValidator({ anchors, negativeTrustAnchors });
    expect(await judgeDname(unsigned, 'www.deep.plain.test.', 'plain.test.')).toMatchObject({ validation: { state: 'insecure' } });
  });

  test('signed it is secure, whatever anchor is below', async () => {
    const { rrset: moved } = answer('moved.secure.test.', 'DNAME');
    const island = { ...anchorOf(world.zone('deep.plain.test.')), zone: parseName('x.moved.secure.test.') };
    const { judgeDname } = setUpValidator({ anchors: () => [anchorOf(world.root), island] });
    expect(await judgeDname(moved, 'a.x.moved.secure.test.', 'secure.test.')).toMatchObject({ validation: SECURE });
  });
});
