/** What is made of an RRset, an alias and a denial by the chain of trust above them, and how long each may be kept. */

import { describe, expect, test } from 'vitest';
import type { Limit } from '../../src/base/budget.ts';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';
import type { TraceEvent } from '../../src/base/trace.ts';
import type { ValidatorDeps } from '../../src/validator/looked-up.ts';
import { denialTtl, Validator } from '../../src/validator/validate.ts';
import { rrset } from '../scenario/rrset.ts';
import { anchorOf, flip } from '../scenario/world.ts';
import { typeNumber } from '../vectors/read-records.ts';
import { makeKey, NOW, plainRRset, type SignOptions } from '../vectors/signed-zone.ts';
import { setUp, truth, work, world } from './walk.ts';

const secureZone = world.zone('secure.test.');
const walkedTo = (zone: string) => parseName(zone);
/** A name, whatever octets hold it. */
const named = (text: string) => expect.objectContaining({ key: parseName(text).key });
const SECURE = { state: 'secure' };

function setUpValidator(more: Partial<ValidatorDeps> = {}) {
  const walk = setUp(more);
  const validator = new Validator(walk.chain);
  const reported: Limit[] = [];
  const events: TraceEvent[] = [];
  const own = { ...work, report: (limit: Limit) => reported.push(limit), trace: (event: TraceEvent) => events.push(event) };
  return {
    ...walk,
    reported,
    events,
    judge: (given: RRset, walked: string, authority: readonly RRset[] = []) =>
      validator.judgeRRset(given, walkedTo(walked), authority, own),
    judgeDname: (dname: RRset, name: string, walked: string) => validator.judgeDname(dname, parseName(name), walkedTo(walked), [], own),
    judgeDenial: (kind: 'nodata' | 'nxdomain', name: string, type: string, walked: string, authority: readonly RRset[]) =>
      validator.judgeDenial(kind, parseName(name), typeNumber(type), walkedTo(walked), authority, own),
  };
}

/** What a server answers: the RRset, and the NSEC or NSEC3 beside it. */
function answer(name: string, type: string): { rrset: RRset; proof: readonly RRset[] } {
  const found = truth(parseName(name), typeNumber(type));
  if (found.kind !== 'rrset') throw new Error(`no ${name} ${type}`);
  return found;
}

/** The authority section of a server's denial. */
function denial(name: string, type: string): readonly RRset[] {
  const found = truth(parseName(name), typeNumber(type));
  if (found.kind !== 'nodata' && found.kind !== 'nxdomain') throw new Error(`${name} ${type} is not denied`);
  return found.authority;
}

const bare = (given: RRset): RRset => ({ ...given, signatures: [] });
const spoil = (given: RRset): RRset => ({ ...given, signatures: given.signatures.map(flip) });
const again = (given: RRset, options: SignOptions, zone = secureZone): RRset => zone.signed.sign(bare(given), options);
/** More signatures that do not verify than are tried. */
const overspent = (given: RRset): RRset =>
  Array.from({ length: 9 }).reduce((signed: RRset) => secureZone.signed.sign(signed, { corrupt: true }), bare(given));
const limitSpent = { state: 'indeterminate', reason: 'limit-spent' };

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

  test('another fault is no reason to fetch keys', async () => {
    const { asked, judge } = rollingOver(renewed);
    expect(await judge(spoil(answer('www.secure.test.', 'A').rrset), 'secure.test.')).toMatchObject({ validation: { state: 'bogus' } });
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

describe('a denial', () => {
  const nodata = denial('www.secure.test.', 'MX');
  const nxdomain = denial('none.secure.test.', 'A');
  const [soa, ...nsecs] = nxdomain as [RRset, ...RRset[]];
  const stray = bare(rrset('www.evil.', 'NSEC', ['x.evil. A']));

  test.each<['nodata' | 'nxdomain', string, string, readonly RRset[]]>([
    ['nodata', 'www.secure.test.', 'MX', nodata],
    ['nxdomain', 'none.secure.test.', 'A', nxdomain],
  ])('%s with its proof is secure, for the MINIMUM of the SOA', async (kind, name, type, authority) => {
    const { judgeDenial, events } = setUpValidator();
    const verdict = await judgeDenial(kind, name, type, 'secure.test.', authority);
    expect(verdict).toMatchObject({ validation: SECURE, ttl: 300, isDoubtful: false });
    expect(verdict.proof).toEqual(authority);
    expect(events.at(-1)).toMatchObject({ event: 'validated', owner: parseName(name), type: typeNumber(type), validation: SECURE });
  });

  test('what of its authority section did not validate is no part of the proof', async () => {
    const verdict = await setUpValidator().judgeDenial('nodata', 'www.secure.test.', 'MX', 'secure.test.', [...nodata, stray]);
    expect(verdict).toMatchObject({ validation: SECURE });
    expect(verdict.proof).toEqual(nodata);
  });

  test.each<[string, readonly RRset[], number]>([
    ['the SOA', [again(soa, { expiration: NOW + 20 }), ...nsecs], 20],
    ['a proof', [soa, ...nsecs.map((nsec) => again(nsec, { expiration: NOW + 30 }))], 30],
  ])('ends with the signature of %s', async (_title, authority, ttl) => {
    expect(await setUpValidator().judgeDenial('nxdomain', 'none.secure.test.', 'A', 'secure.test.', authority)).toMatchObject({
      validation: SECURE,
      ttl,
    });
  });

  test.each<['nodata' | 'nxdomain', string, string, string, readonly RRset[]]>([
    ['nodata', 'nothing signed denies www.secure.test. MX', 'www.secure.test.', 'MX', nodata.map(bare)],
    ['nxdomain', 'nothing signed denies none.secure.test.', 'none.secure.test.', 'A', nxdomain.map(bare)],
  ])('%s not signed at all is bogus', async (kind, detail, name, type, authority) => {
    expect(await setUpValidator().judgeDenial(kind, name, type, 'secure.test.', authority)).toEqual({
      validation: { state: 'bogus', zone: named('secure.test.'), reason: 'denial-missing', detail },
      ttl: 300,
      proof: [],
      isDoubtful: true,
    });
  });

  test.each<[string, 'nodata' | 'nxdomain', readonly RRset[], string, RegExp]>([
    ['whose SOA is wrongly signed', 'nxdomain', [spoil(soa), ...nsecs], 'signature-wrong', /SOA/],
    ['whose SOA is not signed', 'nxdomain', [bare(soa), ...nsecs], 'signature-missing', /SOA/],
    ['whose NSEC are wrongly signed', 'nxdomain', [soa, ...nsecs.map(spoil)], 'signature-wrong', /NSEC/],
    ['without NSEC', 'nxdomain', [soa], 'denial-missing', /no NSEC/],
    ['of the type where the name is not', 'nodata', nxdomain, 'denial-incomplete', /^none\.secure\.test\. A: /],
    ['of the name where the type is not', 'nxdomain', denial('alias.secure.test.', 'DS'), 'denial-incomplete', /^none\.secure\.test\.: /],
  ])('%s is bogus', async (_title, kind, authority, reason, detail) => {
    expect(await setUpValidator().judgeDenial(kind, 'none.secure.test.', 'A', 'secure.test.', authority)).toMatchObject({
      validation: { state: 'bogus', zone: named('secure.test.'), reason, detail: expect.stringMatching(detail) },
      isDoubtful: true,
    });
  });

  test('unproved keeps what was sent', async () => {
    const authority = [soa, stray];
    const verdict = await setUpValidator().judgeDenial('nxdomain', 'none.secure.test.', 'A', 'secure.test.', authority);
    expect(verdict.proof).toEqual(authority);
  });

  test('with a SOA of more signatures than are tried: no verdict', async () => {
    const { judgeDenial, reported } = setUpValidator();
    expect(await judgeDenial('nxdomain', 'none.secure.test.', 'A', 'secure.test.', [overspent(soa), ...nsecs])).toMatchObject({
      validation: limitSpent,
      ttl: 300,
    });
    expect(reported).toEqual(['signatures']);
  });

  test('with its proof behind more denials than are read: no verdict', async () => {
    const { judgeDenial, reported } = setUpValidator();
    const padding = Array.from({ length: 16 }, () => secureZone.signed.nsec('y.secure.test.', 'z.secure.test.', 'A'));
    expect(await judgeDenial('nxdomain', 'none.secure.test.', 'A', 'secure.test.', [soa, ...padding, ...nsecs])).toMatchObject({
      validation: limitSpent,
      ttl: 300,
    });
    expect(reported).toEqual(['denialRRsets']);
    const proved = await judgeDenial('nxdomain', 'none.secure.test.', 'A', 'secure.test.', [soa, ...nsecs, ...padding]);
    expect(proved, 'proved by what was read').toMatchObject({ validation: SECURE });
  });

  test('of an unsigned zone is insecure', async () => {
    const authority = denial('none.plain.test.', 'A');
    expect(await setUpValidator().judgeDenial('nxdomain', 'none.plain.test.', 'A', 'plain.test.', authority)).toEqual({
      validation: { state: 'insecure', zone: named('plain.test.'), reason: 'unsigned-delegation' },
      ttl: 300,
      proof: authority,
    });
  });

  test('of a bogus zone is bogus no longer than the zone', async () => {
    const authority = denial('none.bogus.test.', 'A');
    expect(await setUpValidator().judgeDenial('nxdomain', 'none.bogus.test.', 'A', 'bogus.test.', authority)).toMatchObject({
      validation: { state: 'bogus', reason: 'dnskey-missing' },
      ttl: 60,
    });
  });

  test('in an opt-out span is insecure', async () => {
    const authority = denial('none.opt.', 'A');
    expect(await setUpValidator().judgeDenial('nxdomain', 'none.opt.', 'A', 'opt.', authority)).toMatchObject({
      validation: { state: 'insecure', zone: named('opt.'), reason: 'nsec3-opt-out' },
      isDoubtful: false,
    });
  });

  test('of DS is the zone above to give', async () => {
    const { judgeDenial } = setUpValidator();
    const authority = denial('plain.test.', 'DS');
    expect(await judgeDenial('nodata', 'plain.test.', 'DS', 'test.', authority)).toMatchObject({ validation: SECURE });
    const byChild = denial('secure.test.', 'MX');
    expect(await judgeDenial('nodata', 'secure.test.', 'DS', 'test.', byChild)).toMatchObject({ validation: { state: 'bogus' } });
  });

  test('of DS at the root is its own to give', async () => {
    const authority = denial('.', 'MX');
    expect(await setUpValidator().judgeDenial('nodata', '.', 'DS', '.', authority)).toMatchObject({ validation: SECURE });
  });
});

describe('how long a denial may be kept (RFC 2308 §5, RFC 9077 §3)', () => {
  const soa = (ttl: number, minimum: number): RRset => rrset('test.', 'SOA', [`ns.test. host.test. 1 2 3 4 ${minimum}`], ttl);
  const nsec = (ttl: number): RRset => rrset('a.test.', 'NSEC', ['b.test. A'], ttl);

  test.each<[string, readonly RRset[], number]>([
    ['the TTL of the SOA', [soa(100, 300)], 100],
    ['its MINIMUM, where that is less', [soa(300, 100)], 100],
    ['the TTL of NSEC, where that is less', [soa(300, 300), nsec(50)], 50],
    ['not that of NSEC, where that is more (RFC 9077)', [soa(300, 60), nsec(86_400)], 60],
    ['three hours at most', [soa(86_400, 86_400)], 10_800],
    ['a proof alone', [nsec(200)], 200],
    ['nothing at all is not kept', [], 0],
    ['a MINIMUM of 0 is not kept', [soa(300, 0)], 0],
    ['a malformed SOA is not kept', [{ ...soa(300, 300), rdata: [Uint8Array.of(9)] }], 0],
  ])('%s', (_title, authority, want) => {
    expect(denialTtl(authority)).toBe(want);
  });
});
