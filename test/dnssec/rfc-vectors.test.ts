/** The published examples, end to end: RFC 4035 Appendix B, RFC 5155 Appendices A and B, RFC 5702, RFC 6605, RFC 8080. */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';
import { nsec3Hash } from '../../src/crypto/digest.ts';
import { createNobleVerifier } from '../../src/crypto/noble-verifier.ts';
import { createVerifier } from '../../src/crypto/verifier.ts';
import { decodeHash } from '../../src/dnssec/base32hex.ts';
import { authenticateDnskeys } from '../../src/dnssec/delegation.ts';
import {
  collectDenial,
  type DenialRecords,
  proveNoDs,
  proveNodata,
  proveNxdomain,
  proveWildcardExpansion,
} from '../../src/dnssec/denial.ts';
import { verifyRRset, type ZoneKeys } from '../../src/dnssec/rrset-signature.ts';
import { readZoneKeys } from '../../src/dnssec/zone-keys.ts';
import { readDnskey } from '../../src/wire/rdata/dnskey.ts';
import { algorithmVectors } from '../vectors/algorithms.ts';
import { contextAt, type TestContext } from '../vectors/context.ts';
import { readRecords, rrsetOf } from '../vectors/read-records.ts';
import { rfc4035Now, rfc4035Records } from '../vectors/rfc4035.ts';
import { rfc5155Hashes, rfc5155Now, rfc5155Records } from '../vectors/rfc5155.ts';

const example = parseName('example.');

function keysOf(records: readonly RRset[], context: TestContext): ZoneKeys {
  const dnskeys = rrsetOf(records, 'example.', 'DNSKEY');
  const ksk = dnskeys.rdata.filter((rdata) => readDnskey(rdata).isSecureEntryPoint);
  const verdict = authenticateDnskeys(example, dnskeys, { ds: [], dnskeys: ksk }, context);
  if (verdict.verdict !== 'secure') throw new Error(`the keys of the example zone are ${verdict.verdict}`);
  return verdict.keys;
}

describe.each([
  { rfc: 'RFC 4035', text: rfc4035Records, now: rfc4035Now, tags: [38519, 9465] },
  { rfc: 'RFC 5155', text: rfc5155Records, now: rfc5155Now, tags: [40430, 12708] },
])('$rfc Appendix A', ({ text, now, tags }) => {
  const records = readRecords(text);
  const context = contextAt(now);
  const keys = keysOf(records, context);

  test('key tags are those that its RRSIGs name', () => {
    expect(keys.keys.map((key) => key.keyTag)).toEqual(tags);
  });

  test.each(records.map((rrset) => ({ title: `${rrset.owner.key.slice(1)} type ${rrset.type}`, rrset })))(
    '$title verifies',
    ({ rrset }) => {
      expect(verifyRRset(rrset, keys, context)).toMatchObject({ verdict: 'secure', ttl: 3600 });
    },
  );

  test.each(records.map((rrset) => ({ title: `${rrset.owner.key.slice(1)} type ${rrset.type}`, rrset })))(
    '$title with one bit of its RDATA changed is bogus',
    ({ rrset }) => {
      const [first, ...others] = rrset.rdata as [Uint8Array, ...Uint8Array[]];
      const changed = Uint8Array.from(first);
      changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
      expect(verifyRRset({ ...rrset, rdata: [changed, ...others] }, keys, context)).toMatchObject({ verdict: 'bogus' });
    },
  );

  test('RSA/SHA-1 makes the zone insecure by default (RFC 9905)', () => {
    const dnskeys = rrsetOf(records, 'example.', 'DNSKEY');
    expect(authenticateDnskeys(example, dnskeys, { ds: [], dnskeys: dnskeys.rdata }, contextAt(now, { sha1: false }))).toEqual({
      verdict: 'insecure',
      reason: 'unsupported-algorithm',
    });
  });
});

const b4035 = readRecords(rfc4035Records);
const b5155 = readRecords(rfc5155Records);

interface ProofRow {
  readonly title: string;
  /** Owners of the NSEC or NSEC3 records of the response. */
  readonly proof: readonly string[];
  readonly prove: (records: DenialRecords, context: TestContext) => { readonly verdict: string };
  readonly want: object;
  /** The record without which opt-out alone remains: insecure, as the name might be delegated (RFC 5155 §7.1, §9.2). */
  readonly optOutWithout?: string;
}

const nsecRows: readonly ProofRow[] = [
  {
    title: 'B.2 name error',
    proof: ['b.example.', 'example.'],
    prove: (records, context) => proveNxdomain(parseName('ml.example.'), records, context),
    want: { verdict: 'proved' },
  },
  {
    title: 'B.3 no data error',
    proof: ['ns1.example.'],
    prove: (records, context) => proveNodata(parseName('ns1.example.'), Type.MX, records, context),
    want: { verdict: 'proved' },
  },
  {
    title: 'B.5 referral to an unsigned zone',
    proof: ['b.example.'],
    prove: (records, context) => proveNoDs(parseName('b.example.'), records, context),
    want: { verdict: 'no-ds' },
  },
  {
    title: 'B.6 wildcard expansion',
    proof: ['x.y.w.example.'],
    prove: (records, context) => {
      const answer = verifyRRset(rrsetOf(b4035, 'a.z.w.example.', 'MX'), keysOf(b4035, context), context);
      if (answer.verdict !== 'secure' || answer.wildcard === undefined) throw new Error('the answer is no expansion');
      expect(answer.wildcard.key).toBe(parseName('w.example.').key);
      return proveWildcardExpansion(parseName('a.z.w.example.'), answer.wildcard, records, context);
    },
    want: { verdict: 'proved' },
  },
  {
    title: 'B.7 wildcard no data error',
    proof: ['x.y.w.example.', '*.w.example.'],
    prove: (records, context) => proveNodata(parseName('a.z.w.example.'), Type.AAAA, records, context),
    want: { verdict: 'proved' },
  },
];

const h = {
  apex: '0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.',
  xw: 'b4um86eghhds6nea196smvmlo4ors995.example.',
  a: '35mthgpgcu1qg68fab165klnsnk3dpvl.example.',
  ns1: '2t7b4g4vsa5smi47k61mv5bv1a22bojr.example.',
  yw: 'ji6neoaepv8b5o6k4ev33abha8ht9fgc.example.',
  ns2: 'q04jkcevqvmu85r014c7dkba38o0ji5r.example.',
  w: 'k8udemvp1j2f7eg6jebps17vp3n8i58h.example.',
  wildcard: 'r53bq7cc2uvmubfu5ocmm6pers9tk9en.example.',
};

/** All NSEC3 records of that zone have opt-out, so a proof with a next closer name is insecure (RFC 5155 §9.2). */
const optOut = { verdict: 'insecure', reason: 'nsec3-opt-out' };

const nsec3Rows: readonly ProofRow[] = [
  {
    title: 'B.1 name error',
    proof: [h.apex, h.xw, h.a],
    prove: (records, context) => proveNxdomain(parseName('a.c.x.w.example.'), records, context),
    want: optOut,
  },
  {
    title: 'B.2 no data error',
    proof: [h.ns1],
    prove: (records, context) => proveNodata(parseName('ns1.example.'), Type.MX, records, context),
    want: { verdict: 'proved' },
  },
  {
    title: 'B.2.1 no data error, empty non-terminal',
    proof: [h.yw],
    prove: (records, context) => proveNodata(parseName('y.w.example.'), Type.A, records, context),
    want: { verdict: 'proved' },
  },
  {
    title: 'B.3 referral to an opt-out unsigned zone',
    proof: [h.a, h.apex],
    prove: (records, context) => proveNoDs(parseName('c.example.'), records, context),
    want: { verdict: 'opt-out' },
  },
  {
    title: 'B.4 wildcard expansion',
    proof: [h.ns2],
    prove: (records, context) => proveWildcardExpansion(parseName('a.z.w.example.'), parseName('w.example.'), records, context),
    want: optOut,
  },
  {
    title: 'B.5 wildcard no data error',
    proof: [h.w, h.ns2, h.wildcard],
    prove: (records, context) => proveNodata(parseName('a.z.w.example.'), Type.AAAA, records, context),
    want: optOut,
    optOutWithout: h.wildcard,
  },
];

describe.each([
  { rfc: 'RFC 4035', type: 'NSEC', now: rfc4035Now, records: b4035, rows: nsecRows },
  { rfc: 'RFC 5155', type: 'NSEC3', now: rfc5155Now, records: b5155, rows: nsec3Rows },
])('$rfc Appendix B', ({ type, now, records, rows }) => {
  const collect = (owners: readonly string[], context: TestContext): DenialRecords => {
    const rrsets = owners.map((owner) => rrsetOf(records, owner, type));
    return collectDenial(rrsets, keysOf(records, context), context);
  };

  test.each(rows)('$title', ({ proof, prove, want }) => {
    const context = contextAt(now);
    expect(prove(collect(proof, context), context)).toEqual(want);
  });

  const partial = rows.flatMap((row) => row.proof.map((left) => ({ ...row, left, proof: row.proof.filter((owner) => owner !== left) })));
  test.each(partial)('$title without $left is not proved', ({ proof, prove, left, optOutWithout }) => {
    const context = contextAt(now);
    expect(prove(collect(proof, context), context)).toMatchObject({ verdict: left === optOutWithout ? 'insecure' : 'unproved' });
  });
});

test('RFC 4035 B.8 and RFC 5155 B.6: a child zone is no witness against its own DS', () => {
  for (const [records, owner, type, now] of [
    [b4035, 'example.', 'NSEC', rfc4035Now],
    [b5155, h.apex, 'NSEC3', rfc5155Now],
  ] as const) {
    const context = contextAt(now);
    const denial = collectDenial([rrsetOf(records, owner, type)], keysOf(records, context), context);
    expect(proveNodata(example, Type.DS, denial, context)).toMatchObject({ verdict: 'unproved' });
    expect(proveNoDs(example, denial, context)).toMatchObject({ verdict: 'unproved' });
  }
});

test.each(rfc5155Hashes)('RFC 5155 Appendix A, H(%s) = %s', (name, hash) => {
  expect(nsec3Hash(parseName(name), Buffer.from('aabbccdd', 'hex'), 12)).toEqual(decodeHash(Buffer.from(hash)));
});

describe.each(algorithmVectors)('$source', ({ now, zone, records: text }) => {
  const records = readRecords(text);
  const apex = parseName(zone);
  const dnskeys = rrsetOf(records, zone, 'DNSKEY');
  const signed = records.find((rrset) => rrset.signatures.length > 0) as RRset;

  test.each([
    { engine: 'node:crypto', verifier: createVerifier() },
    { engine: 'noble', verifier: createNobleVerifier() },
  ])('the signature verifies by $engine (RSA: by the first alone)', ({ engine, verifier }) => {
    const context = contextAt(now, { verifier, sha1: false });
    const keys = readZoneKeys(apex, dnskeys.rdata, context);
    const isRsa = (keys.keys[0]?.algorithm ?? 0) < 13;
    expect(verifyRRset(signed, keys, context)).toMatchObject({ verdict: engine === 'noble' && isRsa ? 'bogus' : 'secure' });
  });

  const ds = records.find((rrset) => rrset.type === Type.DS);
  test.runIf(ds)('the DS names the key', () => {
    const trusted = { ds: ds?.rdata ?? [], dnskeys: [] };
    // The example has no signature over the DNSKEY RRset: that it is missed shows that the DS matched.
    expect(authenticateDnskeys(apex, dnskeys, trusted, contextAt(now))).toMatchObject({ verdict: 'bogus', reason: 'signature-missing' });
    const [wrong] = (ds?.rdata ?? []).map((rdata) => Uint8Array.from(rdata, (octet, i) => (i === rdata.length - 1 ? octet ^ 1 : octet)));
    const mismatched = { ds: [wrong as Uint8Array], dnskeys: [] };
    expect(authenticateDnskeys(apex, dnskeys, mismatched, contextAt(now))).toMatchObject({ verdict: 'bogus', reason: 'dnskey-missing' });
  });
});
