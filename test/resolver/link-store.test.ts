/** Where links are kept, for how long, and how they are found again. */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { SECURE, type Validation } from '../../src/base/validation.ts';
import { aliasByDname } from '../../src/iterator/response-class.ts';
import type { LinkContent, RawLink } from '../../src/resolver/link.ts';
import { LinkStore } from '../../src/resolver/link-store.ts';
import { rrset, textOf } from '../scenario/rrset.ts';
import { typeNumber } from '../vectors/read-records.ts';

const NOW = 1_000_000;
const zone = parseName('test.');
const insecure: Validation = { state: 'insecure', zone, reason: 'unsigned-delegation' };
const bogus: Validation = { state: 'bogus', zone, reason: 'signature-wrong' };
const indeterminate: Validation = { state: 'indeterminate', reason: 'servers-unreachable' };

function newStore({ minTtl = 0, maxTtl = 86_400 } = {}): LinkStore {
  return new LinkStore({ maxOctets: 1_000_000, minTtl, maxTtl });
}

const raw = (content: LinkContent, authority: readonly RRset[] = []): RawLink => ({ content, authority, zone, server: '192.0.2.1' });

function keep(
  store: LinkStore,
  name: string,
  type: string,
  content: LinkContent,
  validation: Validation | undefined = SECURE,
  lifetime = 300,
): void {
  store.keep(parseName(name), typeNumber(type), raw(content), lifetime, validation, NOW);
}

function find(store: LinkStore, name: string, type: string, now = NOW): string {
  const found = store.find(parseName(name), typeNumber(type), now);
  if (!found) return 'nothing';
  const state = found.validation?.state ?? 'not judged';
  if (found.content.kind !== 'alias') return `${found.content.kind} ${state}`;
  return `alias to ${textOf(found.content.alias.target)} ${state}`;
}

const answer = (...rrsets: RRset[]): LinkContent => ({ kind: 'answer', rrsets });
const a = rrset('www.test.', 'A', ['192.0.2.1']);
const cname = rrset('alias.test.', 'CNAME', ['www.test.']);
const aliased: LinkContent = { kind: 'alias', alias: { owner: cname.owner, target: parseName('www.test.'), cname, dname: undefined } };
const dname = rrset('old.test.', 'DNAME', ['new.test.']);
const redirected: LinkContent = {
  kind: 'alias',
  alias: aliasByDname(parseName('x.old.test.'), dname) as Extract<LinkContent, { kind: 'alias' }>['alias'],
};

describe('finding', () => {
  test.each<[string, string, string, LinkContent, string, string, string]>([
    ['the RRset itself', 'www.test.', 'A', answer(a), 'www.test.', 'A', 'answer secure'],
    ['in any letter case', 'www.test.', 'A', answer(a), 'WWW.test.', 'A', 'answer secure'],
    ['not another type', 'www.test.', 'A', answer(a), 'www.test.', 'AAAA', 'nothing'],
    ['not another name', 'www.test.', 'A', answer(a), 'x.www.test.', 'A', 'nothing'],
    ['NODATA of that type alone', 'www.test.', 'MX', { kind: 'nodata' }, 'www.test.', 'MX', 'nodata secure'],
    ['NODATA says nothing of other types', 'www.test.', 'MX', { kind: 'nodata' }, 'www.test.', 'A', 'nothing'],
    ['NXDOMAIN holds for all types', 'www.test.', 'MX', { kind: 'nxdomain' }, 'www.test.', 'A', 'nxdomain secure'],
    ['NXDOMAIN says nothing of names below (no RFC 8020)', 'www.test.', 'MX', { kind: 'nxdomain' }, 'x.www.test.', 'A', 'nothing'],
    ['an alias for every type', 'alias.test.', 'A', aliased, 'alias.test.', 'MX', 'alias to www.test. secure'],
    ['an alias asked for itself is an answer', 'alias.test.', 'A', aliased, 'alias.test.', 'CNAME', 'answer secure'],
    ["an alias does not answer for DS, which is the parent's", 'alias.test.', 'A', aliased, 'alias.test.', 'DS', 'nothing'],
    ['nor for ANY', 'alias.test.', 'A', aliased, 'alias.test.', 'ANY', 'nothing'],
    ['DNAME redirects names below', 'x.old.test.', 'A', redirected, 'y.z.old.test.', 'MX', 'alias to y.z.new.test. secure'],
    ['DNAME does not redirect its owner', 'x.old.test.', 'A', redirected, 'old.test.', 'MX', 'nothing'],
    ['DNAME asked for itself', 'x.old.test.', 'A', redirected, 'old.test.', 'DNAME', 'answer secure'],
    ['ANY is not kept', 'www.test.', 'ANY', answer(a), 'www.test.', 'ANY', 'nothing'],
    ['RRSIG by itself is not kept', 'www.test.', 'RRSIG', answer(a), 'www.test.', 'RRSIG', 'nothing'],
  ])('%s', (_title, name, type, content, askedName, askedType, want) => {
    const store = newStore();
    keep(store, name, type, content);
    expect(find(store, askedName, askedType)).toBe(want);
  });

  test('TTLs count down, proofs included', () => {
    const store = newStore();
    const nsec = rrset('a.test.', 'NSEC', ['b.test. A'], 900);
    store.keep(a.owner, a.type, raw(answer(a), [nsec]), 300, SECURE, NOW);
    const found = store.find(a.owner, a.type, NOW + 100);
    expect(found?.expires).toBe(NOW + 300);
    expect(found?.content.kind === 'answer' && found.content.rrsets[0]?.ttl).toBe(200);
    expect(found?.authority.map(({ ttl }) => ttl)).toEqual([200]);
    expect(store.find(a.owner, a.type, NOW + 300)).toBeUndefined();
  });

  test('a DNAME counts down too, in the CNAME made of it', () => {
    const store = newStore();
    keep(store, 'x.old.test.', 'A', redirected);
    const found = store.find(parseName('y.old.test.'), a.type, NOW + 100);
    expect(found?.content.kind === 'alias' && [found.content.alias.cname.ttl, found.content.alias.dname?.ttl]).toEqual([200, 200]);
  });

  test('an alias that nobody judged is one for itself alone, and kept only where it was asked for', () => {
    const store = newStore();
    keep(store, 'alias.test.', 'CNAME', answer(cname), indeterminate);
    keep(store, 'x.old.test.', 'A', redirected, SECURE, 10);
    store.rrsets.delete(dname.owner, dname.type);
    keep(store, 'old.test.', 'DNAME', answer(dname), indeterminate);
    expect([find(store, 'alias.test.', 'CNAME'), find(store, 'alias.test.', 'A')]).toEqual(['answer not judged', 'nothing']);
    expect([find(store, 'old.test.', 'DNAME'), find(store, 'y.old.test.', 'A')]).toEqual(['answer not judged', 'nothing']);
    const other = newStore();
    keep(other, 'x.old.test.', 'A', redirected, indeterminate);
    keep(other, 'alias.test.', 'A', aliased, indeterminate);
    keep(other, 'www.test.', 'A', answer(a), { state: 'indeterminate', reason: 'limit-spent' });
    expect(other.rrsets.size).toBe(0);
  });

  test('a DNAME under which the name would be too long is no alias', () => {
    const store = newStore();
    const long = rrset('old.test.', 'DNAME', [`${'d'.repeat(63)}.${'e'.repeat(63)}.test.`]);
    const alias = aliasByDname(parseName('x.old.test.'), long);
    keep(store, 'x.old.test.', 'A', { kind: 'alias', alias: alias as Extract<LinkContent, { kind: 'alias' }>['alias'] });
    expect(find(store, `${'a'.repeat(63)}.${'b'.repeat(63)}.old.test.`, 'A')).toBe('nothing');
    expect(find(store, 'y.old.test.', 'A')).toContain('alias to y.d');
  });

  test('a lifetime of 0 is not kept', () => {
    const store = newStore();
    keep(store, 'www.test.', 'A', answer(a), SECURE, 0);
    expect(find(store, 'www.test.', 'A')).toBe('nothing');
  });

  test('an indeterminate verdict is none: the data is kept as not judged', () => {
    const store = newStore();
    keep(store, 'www.test.', 'A', answer(a), indeterminate);
    expect(find(store, 'www.test.', 'A')).toBe('answer not judged');
  });

  test('neither bogus nor unjudged data takes the place of secure data', () => {
    const store = newStore();
    keep(store, 'www.test.', 'A', answer(a), SECURE);
    keep(store, 'www.test.', 'A', answer(a), bogus);
    keep(store, 'www.test.', 'A', answer(a), undefined);
    expect(find(store, 'www.test.', 'A')).toBe('answer secure');
  });

  test('forgetting takes both data and denial', () => {
    const store = newStore();
    keep(store, 'www.test.', 'A', answer(a));
    keep(store, 'none.test.', 'A', { kind: 'nxdomain' });
    for (const name of ['www.test.', 'none.test.']) store.forget(parseName(name), a.type);
    expect([find(store, 'www.test.', 'A'), find(store, 'none.test.', 'A')]).toEqual(['nothing', 'nothing']);
  });

  test('a success ends a remembered failure', () => {
    const store = newStore();
    store.failures.put(a.owner, a.type, indeterminate as never, NOW);
    keep(store, 'www.test.', 'A', answer(a));
    expect(store.failures.get(a.owner, a.type, NOW)).toBeUndefined();
  });
});

describe('lifetimes', () => {
  test.each<[string, number, Validation | undefined, object, number]>([
    ['by the TTL', 300, SECURE, {}, 300],
    ['at most maxTtl', 300, SECURE, { maxTtl: 100 }, 100],
    ['minTtl lifts insecure data', 5, insecure, { minTtl: 60 }, 60],
    ['but not TTL 0', 0, insecure, { minTtl: 60 }, 0],
    ['nor secure data', 5, SECURE, { minTtl: 60 }, 5],
    ['nor what was not judged', 5, undefined, { minTtl: 60 }, 5],
    ['nor what is indeterminate', 5, indeterminate, { minTtl: 60 }, 5],
    ['and never over maxTtl', 5, insecure, { minTtl: 60, maxTtl: 30 }, 30],
    ['bogus data 60 s at most (RFC 4035 §4.7)', 86_400, bogus, {}, 60],
    ['bogus data 1 s at least', 0, bogus, {}, 1],
    ['bogus data by its TTL between', 30, bogus, {}, 30],
  ])('%s', (_title, ttl, validation, options, want) => {
    expect(newStore(options).lifetime(ttl, validation)).toBe(want);
  });
});

describe('proofs of a referral', () => {
  const child = parseName('child.test.');
  const ds = { ...rrset('child.test.', 'DS', ['1 13 2 00'], 300), signatures: [Uint8Array.of(1)] };
  const nsec = { ...rrset('child.test.', 'NSEC', ['d.test. NS'], 200), signatures: [Uint8Array.of(1)] };

  test('DS is kept, not judged, and found as DS alone', () => {
    const store = newStore();
    store.keepReferralProof(child, zone, [rrset('child.test.', 'NS', ['ns.child.test.']), ds], '192.0.2.1', NOW);
    expect([find(store, 'child.test.', 'DS'), find(store, 'child.test.', 'NS')]).toEqual(['answer not judged', 'nothing']);
    expect(find(store, 'child.test.', 'DS', NOW + 300)).toBe('nothing');
  });

  test('a signed denial is kept as NODATA of DS, and of nothing else', () => {
    const store = newStore();
    store.keepReferralProof(child, zone, [nsec], '192.0.2.1', NOW);
    expect([find(store, 'child.test.', 'DS'), find(store, 'child.test.', 'A')]).toEqual(['nodata not judged', 'nothing']);
    expect(find(store, 'child.test.', 'DS', NOW + 200)).toBe('nothing');
  });

  test('an unsigned denial, or the DS of another zone, is not', () => {
    const store = newStore();
    store.keepReferralProof(
      child,
      zone,
      [
        { ...nsec, signatures: [] },
        { ...ds, owner: parseName('other.test.') },
      ],
      '192.0.2.1',
      NOW,
    );
    expect([find(store, 'child.test.', 'DS'), find(store, 'other.test.', 'DS')]).toEqual(['nothing', 'nothing']);
  });

  test('validated DS is not replaced by that of a referral', () => {
    const store = newStore();
    keep(store, 'child.test.', 'DS', answer(ds));
    store.keepReferralProof(child, zone, [{ ...ds, rdata: [Uint8Array.of(9)] }], '192.0.2.1', NOW);
    expect(find(store, 'child.test.', 'DS')).toBe('answer secure');
  });

  test('maxTtl caps them', () => {
    const store = newStore({ maxTtl: 100 });
    store.keepReferralProof(child, zone, [ds], '192.0.2.1', NOW);
    expect(find(store, 'child.test.', 'DS', NOW + 100)).toBe('nothing');
  });
});

describe('what is past its TTL', () => {
  const LATER = NOW + 400;
  const left = (store: LinkStore): boolean => store.rrsets.recall(parseName('www.test.'), typeNumber('A'), LATER) !== undefined;
  const learn = (content: LinkContent, validation: Validation | undefined): boolean => {
    const store = newStore();
    keep(store, 'www.test.', 'A', answer(a));
    store.keep(parseName('www.test.'), typeNumber('A'), raw(content), 300, validation, LATER);
    return left(store);
  };
  const huge: RRset = { ...a, rdata: Array.from({ length: 2_000 }, (_, i) => Buffer.alloc(100, i)) };

  test('goes when an answer comes that is too large to keep', () => {
    expect(learn(answer(huge), SECURE)).toBe(false);
  });

  test.each<[string, Validation | undefined, boolean]>([
    ['holds', SECURE, false],
    ['is insecure', insecure, false],
    ['was not judged', undefined, true],
    ['could not be judged', indeterminate, true],
  ])('stands when a denial comes that %s: %o, %s', (_title, validation, want) => {
    expect(learn({ kind: 'nodata' }, validation)).toBe(want);
  });

  test('and nothing that is not', () => {
    const store = newStore();
    keep(store, 'www.test.', 'A', answer(a));
    store.dropExpired(parseName('www.test.'), typeNumber('A'), NOW + 299);
    expect(find(store, 'www.test.', 'A', NOW + 299)).toBe('answer secure');
  });
});
